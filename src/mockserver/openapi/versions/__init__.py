"""The differences between Swagger 2.0, OpenAPI 3.0 and OpenAPI 3.1."""
