"""Validate and encode responses; errors as responses."""
