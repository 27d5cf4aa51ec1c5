"""What to try on an operation: scenarios derived from the document and the fixtures."""
