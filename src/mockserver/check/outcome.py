"""The outcome of a check."""

import time
from collections import Counter
from dataclasses import dataclass, field

from mockserver.check.check_options import Options
from mockserver.check.findings.issues import Finding, Verdict
from mockserver.check.reached_parts import OperationCoverage, percent
from mockserver.http.served_api import Service
from mockserver.openapi.document import Document
from mockserver.openapi.operation import Operation

_TURNED_AWAY = {401, 407}


@dataclass(slots=True)
class OperationRecord:
    """How one operation was checked.

    Attributes:
        tried: how many requests were sent to it.
        served: how many of them were answered with success.
        groups: the topics of the scenarios that were tried.
        failures: how many requests were answered with each status of 500 or more.
        answers: the response statuses to valid requests.
        unreached: why it was not tried, or never served; empty when it was.
        is_left_alone: whether an option excludes it: it is not counted.
        coverage: which of its statuses, parameters and body fields were reached.
    """

    operation: Operation
    coverage: OperationCoverage
    tried: int = 0
    served: int = 0
    groups: set[str] = field(default_factory=set)
    failures: Counter[int] = field(default_factory=Counter)
    answers: set[int] = field(default_factory=set)
    unreached: str = ""
    is_left_alone: bool = False

    @property
    def was_turned_away(self) -> bool:
        """Whether every valid request was refused for its credentials."""
        return not self.served and bool(self.answers) and self.answers <= _TURNED_AWAY

    def explain(self) -> None:
        """Set `unreached` to the reason why the operation never succeeded."""
        if self.unreached or self.served:
            return
        if not self.answers:
            self.unreached = "the time was up" if not self.tried else "never served"
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
        elif self.answers == {429}:
            self.unreached = "the implementation asks to wait longer (429)"
        elif all(400 <= status < 500 for status in self.answers):
            self.unreached = f"every request in order is refused ({shown})"
        else:
            self.unreached = f"never served ({shown})"


@dataclass(slots=True)
class ApiOutcome:
    """The outcome for one document.

    Attributes:
        unstable: findings that did not recur when their requests were repeated.
        warnings: findings beyond the document's promises, if they do not fail the check.
        notes: what was not tested, and why.
        planned: the requests of a dry run.
        no_verdict: why there is no verdict; empty if there is one.
        can_reset: whether the records were reset before each scenario.
    """

    service: Service
    base_url: str
    operations: dict[str, OperationRecord]
    findings: list[Finding] = field(default_factory=list)
    unstable: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    accepted: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    planned: list[str] = field(default_factory=list)
    no_verdict: str = ""
    can_reset: bool = False

    def shortfalls(self, options: Options) -> list[str]:
        """Which of the required minimum shares were not reached."""
        records = [one for one in self.operations.values() if not one.is_left_alone]
        if not records or options.dry_run or options.repro is not None:
            return []
        served = sum(one.served > 0 for one in records)
        shares = {
            "operations": (options.min_operations, percent([(served, len(records))])),
            "statuses": (options.min_statuses, percent(one.coverage.status_share for one in records)),
            "coverage": (options.min_coverage, percent(one.coverage.share for one in records)),
        }
        what = {
            "operations": f"{served} of {len(records)} operations were served",
            "statuses": "of the documented statuses came",
            "coverage": "of statuses, parameters and body fields were reached",
        }
        return [
            f"{what[name]} ({share:.0f} %, --min-{name} {least})"
            if name == "operations"
            else f"{share:.0f} % {what[name]} (--min-{name} {least})"
            for name, (least, share) in shares.items()
            if share < least
        ]


@dataclass(slots=True)
class Outcome:
    """The outcome for one or more documents.

    Attributes:
        untried: documents that were not checked because the check was interrupted.
    """

    options: Options
    apis: list[ApiOutcome] = field(default_factory=list)
    untried: list[Document] = field(default_factory=list)
    requests: int = 0
    seconds: float = 0.0
    is_interrupted: bool = False

    @property
    def findings(self) -> list[Finding]:
        """All findings, of all documents."""
        return [finding for api in self.apis for finding in api.findings]

    @property
    def exit_code(self) -> int:
        """The exit code of the process: see `mockserver check --help`."""
        if any(finding.issue.verdict is not Verdict.MOCK for finding in self.findings):
            return 1
        if self.is_interrupted:
            return 130
        if self.findings:
            return 4
        return 3 if any(api.no_verdict or api.shortfalls(self.options) for api in self.apis) else 0


class TimeBudget:
    """The remaining time of a check."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """How many seconds are left; never less than 0."""
        return max(0.0, self._end - time.monotonic())
