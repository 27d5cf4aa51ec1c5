"""What is wrong with a document, and how badly."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Defect:
    """One defect of a document.

    Attributes:
        rule: the kind of defect, in few words joined by dashes.
        severity: `error` when part of the document cannot be served or held to what it says.
        pointer: where it stands in the document, other files bundled in.
        message: one sentence.
    """

    rule: str
    severity: Severity
    pointer: str
    message: str

    def __str__(self) -> str:
        return f"{self.pointer}: {self.message}"
