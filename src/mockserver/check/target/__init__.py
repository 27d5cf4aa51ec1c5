"""The implementation under test: its URL, requests to it, credentials, reset."""
