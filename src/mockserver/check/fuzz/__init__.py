"""Requests that Schemathesis generates, sent to the implementation and the model alike."""
