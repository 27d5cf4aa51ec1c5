"""Filter, sort, paginate and project records by query parameters."""
