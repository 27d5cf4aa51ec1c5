"""Annotations and a job summary for GitHub Actions."""

import re
from collections.abc import Iterator

from mockserver.check.findings.issues import Finding
from mockserver.check.outcome import Outcome
from mockserver.check.reports.json_report import unreached, verdict
from mockserver.check.reports.sarif_report import location
from mockserver.printing import printable

_SHOWN = 10
"""GitHub shows so many annotations per step, and silently drops the others."""


def annotations(outcome: Outcome) -> Iterator[str]:
    """Workflow commands for the first findings."""
    for finding in outcome.findings[:_SHOWN]:
        issue = finding.issue
        place = f"file={_property(location(finding.file))},line={finding.line or 1}"
        title = _property(f"{issue.operation.id}: {issue.rule}")
        text = _data(f"{issue.message.rstrip('.')}. Expected {issue.expected}, got {issue.got}")
        yield f"::error {place},title={title}::{text}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def text(outcome: Outcome) -> str:
    """The job summary, in Markdown."""
    left = unreached(outcome)
    lines = [f"## mockserver check: {verdict(outcome)}{f' ({left})' if left else ''}", ""]
    for api in outcome.apis:
        lines += [f"### {markdown_text(api.service.document.title)}", ""]
        if api.no_verdict:
            lines += [f"No verdict: {markdown_text(api.no_verdict)}", ""]
        lines += ["| operation | requests | findings |", "| --- | ---: | ---: |"]
        for record in api.operations.values():
            count = sum(finding.issue.operation.id == record.operation.id for finding in api.findings)
            tried = (
                str(record.tried)
                if not record.unreached
                else f"not reached: {markdown_text(record.unreached)}"
            )
            lines.append(f"| {_code(record.operation.id)} | {tried} | {count} |")
        lines += ["", *(f"- {markdown_text(note)}" for note in api.notes), ""]
        lines += [row for finding in api.findings for row in _details(finding)]
    return "\n".join(lines) + "\n"


def _details(finding: Finding) -> list[str]:
    issue = finding.issue
    place = markdown_text(f"{finding.file}:{finding.line or 1}")
    rule, operation, message = map(markdown_text, (issue.rule, issue.operation.id, issue.message))
    head = f"<b>{rule}</b> · {operation} · {message}"
    return [
        f"<details><summary>{head}</summary>",
        "",
        f"Expected {_code(issue.expected)}, got {_code(issue.got)}; {place}",
        *(
            [f"<br>The document could say: {markdown_text(issue.suggested_clause)}"]
            if issue.suggested_clause
            else []
        ),
        "",
        # Lines indented by four spaces are code: Markdown in them is not interpreted.
        *(f"    {printable(step)}" for step in finding.steps),
        "",
        "</details>",
    ]


_MARKUP = re.compile(r"[^\w\s.,;:/%'\"=?+-]|_")


def markdown_text(text: str) -> str:
    """Escape text for Markdown and HTML: possible markup becomes character references."""
    return _MARKUP.sub(lambda found: f"&#{ord(found[0])};", printable(text))


def _code(text: str) -> str:
    return f"<code>{markdown_text(text)}</code>"
