"""Reports of a check, for people and for tools."""
