"""Find what is wrong with a document: its structure, its references, its paths, schemas and examples."""

from mockserver.openapi.lint.defect_locations import Located, defects, locate
from mockserver.openapi.lint.linter import lint

__all__ = ["Located", "defects", "lint", "locate"]
