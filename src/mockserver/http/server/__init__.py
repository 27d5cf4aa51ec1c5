"""HTTP/1.1 protocols for uvicorn, with connection limits."""
