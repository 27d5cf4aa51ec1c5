"""Infer who the users of an API are, and the operations that log them in, out and show them."""
