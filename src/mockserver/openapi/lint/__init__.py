"""Find what is wrong with a document: its structure, its references, its paths, schemas and examples."""

from mockserver.openapi.lint.checks import lint

__all__ = ["lint"]
