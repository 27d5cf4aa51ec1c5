"""Locate the defects of a document: the file and the line of each."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mockserver.openapi import pointers
from mockserver.openapi.defects import Defect
from mockserver.openapi.document import Document
from mockserver.openapi.lint.linter import LintProgress, lint
from mockserver.openapi.reading import document_files
from mockserver.openapi.reading.source_lines import duplicate_keys, lines_of


@dataclass(frozen=True, slots=True)
class LocatedDefect:
    """A defect with its file, the pointer in that file, and its line."""

    finding: Defect
    file: Path
    pointer: str
    line: int | None

    @property
    def where(self) -> str:
        """File and line, in the format that editors and terminals open."""
        return f"{self.file}:{self.line}" if self.line else str(self.file)

    @property
    def sentence(self) -> str:
        """The message as one line."""
        return " ".join(self.finding.message.split())


def locate(document: Document, findings: Iterable[Defect]) -> list[LocatedDefect]:
    """Find the place of each defect; each file is read only once."""
    found = list(dict.fromkeys(findings))
    origins = [document.origin(finding.pointer) for finding in found]
    lines = {
        file: lines_of(file, [pointer for other, pointer in origins if other == file])
        for file in dict.fromkeys(file for file, _ in origins)
    }
    return [
        LocatedDefect(finding, file, pointer, lines[file].get(pointer))
        for finding, (file, pointer) in zip(found, origins, strict=True)
    ]


def defects(document: Document, progress: LintProgress | None = None) -> list[LocatedDefect]:
    """Every defect of a document, sorted by files and lines."""
    located = locate(document, lint(document, progress))
    for part in document.files:
        for pointer, line in duplicate_keys(document_files.read_bytes(part)):
            name = pointers.split(pointer)[-1]
            message = f"duplicate key {name!r}: the last value is used, the first is ignored"
            located.append(
                LocatedDefect(Defect("duplicate-key", "error", pointer, message), part, pointer, line)
            )
    return sorted(located, key=lambda entry: (str(entry.file), entry.line or 0, entry.pointer))
