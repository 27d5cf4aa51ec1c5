"""Nodes that generate values, one class for each kind of schema."""
