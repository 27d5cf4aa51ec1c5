"""The server: Connexion's middleware around our own ASGI application, everything compiled once."""
