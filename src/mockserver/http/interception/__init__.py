"""Apply a session's faults, forced responses, scenario and clock to its requests."""
