"""The handlers of the admin API, by subject."""
