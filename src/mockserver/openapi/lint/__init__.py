"""Find what is wrong with a document: its structure, its references, its paths, schemas and examples."""

from mockserver.openapi.lint.checks import lint
from mockserver.openapi.lint.locating import Located, defects, locate

__all__ = ["Located", "defects", "lint", "locate"]
