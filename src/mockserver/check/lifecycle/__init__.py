"""Create, read, update and delete records, and check that an implementation is consistent with itself."""
