"""The implementation under test: where it is, requests to it, credentials, reset."""
