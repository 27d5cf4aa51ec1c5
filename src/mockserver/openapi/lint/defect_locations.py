"""Say where the defects of a document stand: in which file, on which line."""

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
    """A finding with the file, the pointer in it, and the line that a person can open."""

    finding: Defect
    file: Path
    pointer: str
    line: int | None

    @property
    def where(self) -> str:
        """File and line, as editors and terminals take them."""
        return f"{self.file}:{self.line}" if self.line else str(self.file)

    @property
    def sentence(self) -> str:
        """The message on one line."""
        return " ".join(self.finding.message.split())


def locate(document: Document, findings: Iterable[Defect]) -> list[LocatedDefect]:
    """Find the place of each finding; a file is read once for all of them."""
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
    """Every defect of a document, in the order of its files and lines."""
    located = locate(document, lint(document, progress))
    for part in document.files:
        for pointer, line in duplicate_keys(document_files.read_bytes(part)):
            name = pointers.split(pointer)[-1]
            message = f"the key {name!r} stands twice; the last one counts, what the first says is lost"
            located.append(
                LocatedDefect(Defect("duplicate-key", "error", pointer, message), part, pointer, line)
            )
    return sorted(located, key=lambda entry: (str(entry.file), entry.line or 0, entry.pointer))
