"""How an operation is answered: the backend that handlers see, preferences, negotiation, fallback."""
