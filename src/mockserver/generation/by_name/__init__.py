"""Values by the names of properties: people, countries, timestamps, texts."""
