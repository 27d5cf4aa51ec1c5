"""Fuzzing: requests that Schemathesis generates, sent to both the implementation and the model."""
