"""HTTP/1.1 as uvicorn reads it, and the limits of connections."""
