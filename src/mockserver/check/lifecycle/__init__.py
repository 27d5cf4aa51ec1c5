"""Create, read, update and delete: whether an implementation agrees with itself."""
