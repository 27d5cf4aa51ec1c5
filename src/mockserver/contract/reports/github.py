"""Annotations and a job summary for GitHub Actions."""

from collections.abc import Iterator

from mockserver.contract.findings import Finding
from mockserver.contract.outcome import Outcome
from mockserver.contract.reports.as_json import unreached, verdict
from mockserver.contract.reports.sarif import location

_SHOWN = 10
"""GitHub shows so many annotations of one step, and drops the others without a word."""


def annotations(outcome: Outcome) -> Iterator[str]:
    """Workflow commands for the first findings."""
    for finding in outcome.findings[:_SHOWN]:
        blame = finding.blame
        place = f"file={_property(location(finding.file))},line={finding.line or 1}"
        title = _property(f"{blame.operation.id}: {blame.rule}")
        told = _data(f"{blame.message.rstrip('.')}. Expected {blame.expected}, got {blame.got}")
        yield f"::error {place},title={title}::{told}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def text(outcome: Outcome) -> str:
    """The job summary, in Markdown."""
    left = unreached(outcome)
    lines = [f"## mockserver check: {verdict(outcome)}{f' ({left})' if left else ''}", ""]
    for api in outcome.apis:
        lines += [f"### {api.service.document.title}", ""]
        if api.no_verdict:
            lines += [f"No verdict: {_cell(api.no_verdict)}", ""]
        lines += ["| operation | requests | findings |", "| --- | ---: | ---: |"]
        for record in api.operations.values():
            count = sum(finding.blame.operation.id == record.operation.id for finding in api.findings)
            tried = str(record.tried) if not record.unreached else f"not reached: {_cell(record.unreached)}"
            lines.append(f"| `{record.operation.id}` | {tried} | {count} |")
        lines += ["", *(f"- {note}" for note in api.notes), ""]
        lines += [row for finding in api.findings for row in _details(finding)]
    return "\n".join(lines) + "\n"


def _details(finding: Finding) -> list[str]:
    blame = finding.blame
    steps = "\n".join(finding.steps).replace("```", "` ` `")
    return [
        f"<details><summary><b>{blame.rule}</b> · {blame.operation.id} · {_html(blame.message)}</summary>",
        "",
        f"Expected `{_cell(blame.expected)}`, got `{_cell(blame.got)}`; {finding.file}:{finding.line or 1}",
        *([f"<br>The document could say: {_html(blame.sentence)}"] if blame.sentence else []),
        "",
        f"```sh\n{steps}\n```",
        "</details>",
    ]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("`", "'")


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
