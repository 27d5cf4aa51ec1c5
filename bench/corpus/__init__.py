"""Serve real documents, thousands of them, and see what every operation answers."""
