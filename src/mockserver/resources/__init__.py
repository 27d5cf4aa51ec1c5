"""State without code: resources inferred from paths and schemas."""
