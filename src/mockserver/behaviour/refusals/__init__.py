"""Describe errors in the document's own error format."""
