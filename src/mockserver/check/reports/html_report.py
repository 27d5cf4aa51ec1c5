"""The HTML report, a single file: a table of operations and rules, then each finding with its requests."""

from mockserver import __version__
from mockserver.check.findings.issues import RULES, Finding
from mockserver.check.outcome import ApiOutcome, OperationRecord, Outcome
from mockserver.check.reports.json_report import counted, coverage, reasons, unreached, verdict
from mockserver.html_templates import render


def text(outcome: Outcome) -> str:
    """The report as an HTML page."""
    return render(
        "check_report",
        verdict=verdict(outcome),
        summary=_summary(outcome),
        apis=outcome.apis,
        rules=RULES,
        findings_of=_findings_of,
        reached=coverage(outcome),
        reasons=reasons(outcome),
    )


def _summary(outcome: Outcome) -> str:
    options = outcome.options
    parts = [
        counted(len(outcome.findings)),
        unreached(outcome),
        f"{outcome.requests} requests",
        f"{outcome.seconds:.1f} s",
        f"profile {options.profile}",
        f"seed {options.seed}",
        f"mockserver {__version__}",
    ]
    return " · ".join(filter(None, parts))


def _findings_of(api: ApiOutcome, record: OperationRecord, rule: str) -> list[Finding]:
    return [
        finding
        for finding in api.findings
        if finding.issue.rule == rule and finding.issue.operation.id == record.operation.id
    ]
