"""Behaviour: how operations are answered: handlers' backend, preferences, negotiation, callbacks."""
