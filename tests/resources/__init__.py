"""State that a document implies."""
