"""How an operation is answered: which response, with what in it."""
