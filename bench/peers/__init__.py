"""Servers that the mock is compared with, as uvicorn can import them."""
