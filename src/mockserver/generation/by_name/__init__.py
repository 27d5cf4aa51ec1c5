"""Generate values by the names of properties: people, countries, timestamps, texts."""
