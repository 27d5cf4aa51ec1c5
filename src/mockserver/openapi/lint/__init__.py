"""Find what is wrong with a document: its structure, its references, its paths, schemas and examples."""

from mockserver.openapi.lint.defect_locations import LocatedDefect, defects, locate
from mockserver.openapi.lint.linter import lint

__all__ = ["LocatedDefect", "defects", "lint", "locate"]
