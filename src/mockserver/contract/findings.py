"""Findings: what an implementation is blamed for, under an id that stays the same from run to run."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mockserver.contract.cases import Case
from mockserver.contract.messages import Answer
from mockserver.contract.shadow import Opinion, Records
from mockserver.errors import ConfigurationError
from mockserver.openapi.model import Operation

Rule = Literal[
    "status",
    "schema",
    "media-type",
    "header",
    "body-validation",
    "auth",
    "role",
    "ownership",
    "state",
    "value",
    "server-error",
    "method",
]
Verdict = Literal["contract", "drift", "mock"]
RULES: dict[Rule, str] = {
    "status": "The status is one that the document has for such a request.",
    "schema": "The body of an answer fits its schema.",
    "media-type": "Bodies have a documented media type, and no other is accepted.",
    "header": "An answer has the header fields that the document, or HTTP, asks for.",
    "body-validation": "What the document does not allow in a request is refused, what it allows is served.",
    "auth": "Without a valid credential nothing is served, and 401 says so.",
    "role": "Each role may do what the document says, and no more.",
    "ownership": "What belongs to somebody else cannot be reached.",
    "state": "What an operation did is there afterwards, and nothing else has changed.",
    "value": "A value that was sent or stored is shown as it is.",
    "server-error": "No request ends in an error of the server that the document does not describe.",
    "method": "A path takes the documented methods, and no others.",
}


@dataclass(frozen=True, slots=True)
class Step:
    """A case that was tried, what came of it, and what the model held before.

    Attributes:
        has_written: whether it changed something, according to the model.
        alone: the status that the model would have given on fresh records, where that was asked.
        writer: the step of an earlier scenario that last changed the same record.
        is_known_to_work: whether the implementation has served this operation, now or before.
    """

    case: Case
    answer: Answer
    opinion: Opinion | None
    before: Records = field(default_factory=dict)
    has_written: bool = False
    alone: int | None = None
    writer: "Step | None" = None
    is_known_to_work: bool = False


@dataclass(frozen=True, slots=True)
class Blame:
    """One disagreement, as it was seen.

    Attributes:
        locus: what it is about, such as a field; the same from run to run.
        pointer: the place in the document that says otherwise.
        absent: a field that is not shown, which counts only where it is shown otherwise.
        place: where in the answer, when it is about a part of it.
        keyword: the schema keyword that is broken there.
        seen_by: the operation whose answer shows it, where that is another one.
        sentence: what the document could say, and then nobody would have to ask who is right.
    """

    operation: Operation
    rule: Rule
    verdict: Verdict
    locus: str
    message: str
    expected: str
    got: str
    pointer: str
    absent: str | None = None
    place: tuple[str, ...] = ()
    keyword: str = ""
    seen_by: str = ""
    sentence: str = ""

    @property
    def id(self) -> str:
        """A short name for it: operation, rule and what it is about."""
        text = f"{self.operation.api}\0{self.operation.id}\0{self.rule}\0{self.locus}"
        return hashlib.sha256(text.encode()).hexdigest()[:10]


@dataclass(frozen=True, slots=True)
class Finding:
    """A disagreement with the requests that show it.

    Attributes:
        line: the line of the document at which the pointer's value stands.
        steps: the fewest requests that show it, as curl commands.
        is_stable: it came again when it was repeated.
        follows: the id of the finding that explains this one.
        count: how many scenarios showed it.
    """

    blame: Blame
    file: str
    line: int | None
    steps: tuple[str, ...]
    title: str
    is_stable: bool = True
    follows: str | None = None
    count: int = 1

    @property
    def id(self) -> str:
        """See `Blame.id`."""
        return self.blame.id

    def as_json(self) -> dict[str, Any]:
        """The finding as the JSON report has it."""
        blame = self.blame
        return {
            "id": self.id,
            "rule": blame.rule,
            "verdict": blame.verdict,
            "api": blame.operation.api,
            "operation": blame.operation.id,
            "method": blame.operation.method.upper(),
            "path": blame.operation.path,
            "document": {"file": self.file, "line": self.line, "pointer": blame.pointer},
            "tried": self.title,
            "message": blame.message,
            "expected": blame.expected,
            "got": blame.got,
            "sentence": blame.sentence or None,
            "steps": list(self.steps),
            "stable": self.is_stable,
            "follows": self.follows,
            "scenarios": self.count,
        }


def read_baseline(file: Path | None) -> frozenset[str]:
    """The ids of the findings that a baseline accepts; a JSON report of an earlier run is one.

    Raises:
        ConfigurationError: the file cannot be read, or is none.
    """
    if file is None or not file.exists():
        return frozenset()
    try:
        content = json.loads(file.read_text("utf-8"))
        entries = content["findings"] if isinstance(content, dict) else content
        return frozenset(entry if isinstance(entry, str) else entry["id"] for entry in entries)
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigurationError(
            f"{file} is no baseline: a JSON report of an earlier check is expected, or a list of ids."
        ) from None


def write_baseline(file: Path, findings: Iterable[Finding]) -> None:
    """Accept these findings from now on."""
    entries = [
        {
            "id": one.id,
            "operation": one.blame.operation.id,
            "rule": one.blame.rule,
            "message": one.blame.message,
        }
        for one in findings
    ]
    file.write_text(json.dumps({"findings": entries}, indent=2, ensure_ascii=False) + "\n", "utf-8")
