"""Make and change the records of resources."""
