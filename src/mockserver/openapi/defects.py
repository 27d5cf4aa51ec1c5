"""Defects of documents, with their severity."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Defect:
    """One defect of a document.

    Attributes:
        rule: the kind of defect, in few words joined by dashes.
        severity: `error` when part of the document cannot be served or validated.
        pointer: its place in the document, including bundled files.
        message: one sentence.
    """

    rule: str
    severity: Severity
    pointer: str
    message: str

    def __str__(self) -> str:
        return f"{self.pointer}: {self.message}"
