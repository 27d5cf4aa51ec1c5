"""`mockserver check`: test an implementation against its OpenAPI documents."""
