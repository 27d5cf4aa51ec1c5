"""Storages of sessions, events and counters, and the selection of one by the settings."""
