"""What came of a check."""

import time
from dataclasses import dataclass, field

from mockserver.check.check_options import Options
from mockserver.check.findings.issues import Finding, Verdict
from mockserver.http.served_api import Service
from mockserver.openapi.document import Document
from mockserver.openapi.operation import Operation

_TURNED_AWAY = {401, 407}


@dataclass(slots=True)
class OperationRecord:
    """What was done about one operation.

    Attributes:
        tried: how many requests were sent to it.
        served: how many of them were answered with success.
        groups: what about it was tried.
        answers: the statuses of the answers to requests in order.
        unreached: why it was not tried; empty when it was.
    """

    operation: Operation
    tried: int = 0
    served: int = 0
    groups: set[str] = field(default_factory=set)
    answers: set[int] = field(default_factory=set)
    unreached: str = ""

    @property
    def was_turned_away(self) -> bool:
        """Whether nobody was let in."""
        return not self.served and bool(self.answers) and self.answers <= _TURNED_AWAY

    def explain(self) -> None:
        """Say why nothing was reached where every request in order was turned away."""
        if self.unreached or self.served or not self.answers:
            return
        shown = ", ".join(map(str, sorted(self.answers)))
        if self.was_turned_away:
            self.unreached = f"credentials refused ({shown})"
        elif self.answers <= {401, 403, 407}:
            self.unreached = f"refused ({shown}): the caller may not do this, or there is no such record"
        elif self.answers <= {404, 410}:
            self.unreached = (
                f"no data: {shown} for every record that was asked for (--fixtures says which there are)"
            )
        elif all(400 <= status < 500 for status in self.answers):
            self.unreached = f"every request in order is refused ({shown})"


@dataclass(slots=True)
class ApiOutcome:
    """What came of one document.

    Attributes:
        unstable: findings that did not come again when they were repeated.
        notes: what was not tested, and why.
        planned: what would be sent, where nothing is.
        no_verdict: why nothing can be said; empty when something can.
    """

    service: Service
    base_url: str
    operations: dict[str, OperationRecord]
    findings: list[Finding] = field(default_factory=list)
    unstable: list[Finding] = field(default_factory=list)
    accepted: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    planned: list[str] = field(default_factory=list)
    no_verdict: str = ""


@dataclass(slots=True)
class Outcome:
    """What came of a check of one or more documents.

    Attributes:
        untried: documents whose turn did not come before the check was interrupted.
    """

    options: Options
    apis: list[ApiOutcome] = field(default_factory=list)
    untried: list[Document] = field(default_factory=list)
    requests: int = 0
    seconds: float = 0.0
    is_interrupted: bool = False

    @property
    def findings(self) -> list[Finding]:
        """Everything found, of all documents."""
        return [finding for api in self.apis for finding in api.findings]

    @property
    def exit_code(self) -> int:
        """What the process says: see `mockserver check --help`."""
        if any(finding.issue.verdict is not Verdict.MOCK for finding in self.findings):
            return 1
        if self.is_interrupted:
            return 130
        if self.findings:
            return 4
        return 3 if any(api.no_verdict for api in self.apis) else 0


class TimeBudget:
    """When to stop."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """How many seconds are left; never less than 0."""
        return max(0.0, self._end - time.monotonic())
