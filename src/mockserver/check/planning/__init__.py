"""Plan the scenarios for an operation, from the document and the fixtures."""
