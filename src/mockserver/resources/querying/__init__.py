"""Select, sort, page and project records as query parameters ask for it."""
