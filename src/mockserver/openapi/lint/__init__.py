"""Lint a document: check its structure, references, paths, schemas and examples for defects."""

from mockserver.openapi.lint.defect_locations import LocatedDefect, defects, locate
from mockserver.openapi.lint.linter import lint

__all__ = ["LocatedDefect", "defects", "lint", "locate"]
