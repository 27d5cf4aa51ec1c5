"""The summary that a person reads."""

from collections.abc import Iterator

from mockserver.contract.findings import Finding
from mockserver.contract.outcome import ApiOutcome, Outcome

_SHOWN = 3


def lines(outcome: Outcome) -> Iterator[str]:
    """The summary, line by line."""
    for api in outcome.apis:
        yield from _api(api)
    count = len(outcome.findings)
    yield ""
    found = f"{count or 'no'} finding{'' if count == 1 else 's'}"
    yield f"{found} · {outcome.requests} requests · {outcome.seconds:.1f} s"


def _api(api: ApiOutcome) -> Iterator[str]:
    yield f"{api.service.document.title} · {api.service.document.file} · {api.base_url}"
    for record in api.operations.values():
        operation = record.operation
        found = sum(finding.blame.operation.id == operation.id for finding in api.findings)
        what = (
            f"not reached: {record.unreached}"
            if record.unreached
            else f"{record.tried} requests, {record.served} served"
        )
        yield f"  {operation.method.upper():6} {operation.path}  {what}" + (
            f", {found} findings" if found else ""
        )
    for note in api.notes:
        yield f"  note: {note}"
    shown: dict[tuple[str, str], int] = {}
    for finding in api.findings:
        group = (finding.blame.operation.id, finding.blame.rule)
        shown[group] = shown.get(group, 0) + 1
        if shown[group] <= _SHOWN:
            yield from _finding(finding)
    for (name, rule), number in shown.items():
        if number > _SHOWN:
            yield f"  … and {number - _SHOWN} more of {rule} in {name}"
    for finding in api.unstable:
        yield f"  unstable: {finding.blame.message}"
    if api.no_verdict:
        yield f"  no verdict: {api.no_verdict}"


def _finding(finding: Finding) -> Iterator[str]:
    blame = finding.blame
    yield ""
    yield f"  {blame.rule} · {blame.operation.id} · {blame.verdict} · {finding.id}"
    yield f"    {blame.message}"
    yield f"    expected  {blame.expected}"
    yield f"    got       {blame.got}"
    yield f"    document  {finding.file}{f':{finding.line}' if finding.line else ''} {blame.pointer}"
    for step in finding.steps:
        yield f"    $ {step}"
