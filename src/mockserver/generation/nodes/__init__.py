"""Generators of values, one class for each form a schema can have."""
