"""Carry out the plans of operations."""
