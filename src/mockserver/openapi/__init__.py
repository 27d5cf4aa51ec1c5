"""OpenAPI documents as values: reading, operations, schemas, compiled validators."""
