"""Tests that do what somebody with bad intentions would do."""
