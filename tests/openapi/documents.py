"""Small documents for the tests of reading them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from mockserver.openapi.document import Document, load


def written(folder: Path, files: Mapping[str, str]) -> Path:
    """Write files below a folder, and return the first of them."""
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text), "utf-8")
    return folder / next(iter(files))


def loaded(folder: Path, text: str) -> Document:
    """Read a document of one file."""
    return load(written(folder, {"api.yaml": text}))
