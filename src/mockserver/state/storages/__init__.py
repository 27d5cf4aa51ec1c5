"""The storages of sessions, what they keep of events, and which one the settings ask for."""
