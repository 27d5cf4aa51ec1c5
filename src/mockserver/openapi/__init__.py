"""OpenAPI documents: reading, operations, schemas, compiled validators."""
