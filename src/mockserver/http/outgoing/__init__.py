"""Requests that the mock sends: callbacks and webhooks, to allowed targets only."""
