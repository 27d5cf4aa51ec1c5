"""Conventions of vendors, frameworks and formats: names and shapes from which meaning is inferred."""
