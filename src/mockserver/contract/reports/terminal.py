"""The summary that a person reads."""

from collections import Counter
from collections.abc import Iterable, Iterator

import click

from mockserver.contract.findings import Finding
from mockserver.contract.outcome import ApiOutcome, OperationRecord, Outcome
from mockserver.contract.reports.as_json import counted, unreached, verdict

_SHOWN = 3
_NAMED = 6
_COLOURS = {"conforms": "green", "broken": "red"}


def lines(outcome: Outcome) -> Iterator[str]:
    """The summary, line by line; colours are for whoever writes it to keep or to drop."""
    for api in outcome.apis:
        yield from _api(api)
    for document in outcome.untried:
        reason = f"{click.style('not tried', fg='yellow')}: interrupted before its turn"
        yield f"{click.style(document.title, bold=True)} · {document.file} · {reason}"
    options = outcome.options
    if options.repro and not any(finding.id == options.repro for finding in outcome.findings):
        yield f"{options.repro} was not found: it is mended, or no finding has this id"
    count = len(outcome.findings)
    word = verdict(outcome)
    left = unreached(outcome)
    run = f"{outcome.requests} requests · {outcome.seconds:.1f} s · {options.profile} · seed {options.seed}"
    yield ""
    shown = click.style(word, fg=_COLOURS.get(word, "yellow"), bold=True)
    yield " · ".join([shown, counted(count), *([click.style(left, fg="yellow")] if left else []), run])


def _api(api: ApiOutcome) -> Iterator[str]:
    document = api.service.document
    yield f"{click.style(document.title, bold=True)} · {document.file} · {api.base_url}"
    width = max((len(record.operation.path) for record in api.operations.values()), default=0)
    for record in api.operations.values():
        yield _operation(api, record, min(width, 60))
    for note in api.notes:
        yield f"  note: {note}"
    if api.no_verdict:
        yield f"  {click.style('no verdict', fg='yellow', bold=True)}: {api.no_verdict}"
    yield from _findings(api)
    if api.accepted:
        yield f"  {len(api.accepted)} accepted by the baseline"
    for finding in api.unstable:
        yield f"  unstable: {finding.blame.message} It did not come again."


def _operation(api: ApiOutcome, record: OperationRecord, width: int) -> str:
    operation = record.operation
    head = f"  {operation.method.upper():6} {operation.path:{width}} "
    if record.unreached:
        return f"{head} {click.style('not reached', fg='yellow')}: {record.unreached}"
    found = sum(finding.blame.operation.id == operation.id for finding in api.findings)
    said = click.style(f" · {counted(found)}", fg="red") if found else ""
    requests = "request, " if record.tried == 1 else "requests,"
    return f"{head} {record.tried:5} {requests} {record.served} served{said}"


def _findings(api: ApiOutcome) -> Iterator[str]:
    shown: Counter[tuple[str, str]] = Counter()
    following = Counter(finding.follows for finding in api.findings if finding.follows is not None)
    for alike in _alike(api.findings):
        group = (alike[0].blame.operation.id, alike[0].blame.rule)
        shown[group] += 1
        if shown[group] <= _SHOWN:
            yield from _finding(alike[0])
            if len(alike) > 1:
                yield f"    the same  {_others(alike)}"
    more = [(group, number - _SHOWN) for group, number in shown.items() if number > _SHOWN]
    if more or following:
        yield ""
    for (name, rule), number in more:
        yield f"  … and {number} more of {rule} in {name} (--report json has all)"
    for cause, number in following.items():
        yield f"  … and {number} that follow from {cause}"


def _alike(findings: Iterable[Finding]) -> list[list[Finding]]:
    """The findings that no other explains; the same one about several operations or inputs is one entry."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        if finding.follows is None:
            groups.setdefault(_mark(finding), []).append(finding)
    return list(groups.values())


def _mark(finding: Finding) -> tuple[str, ...]:
    blame = finding.blame
    if blame.rule == "server-error":
        return blame.rule, finding.title.partition(": ")[0], blame.operation.id, blame.got
    is_shared = blame.pointer.startswith("/components/")
    return blame.rule, blame.verdict, blame.locus, blame.pointer if is_shared else blame.got


def _others(alike: list[Finding]) -> str:
    first, *rest = alike
    names = [one.blame.operation.id for one in rest]
    word = "in"
    if set(names) == {first.blame.operation.id}:
        word, names = "with", [one.title.partition(": ")[2] or one.title for one in rest]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{word} {', '.join(names[:_NAMED])}{more}"


def _finding(finding: Finding) -> Iterator[str]:
    blame = finding.blame
    yield ""
    head = click.style(blame.rule, fg="red", bold=True)
    yield f"  {head} · {blame.operation.id} · {blame.verdict} · {finding.id}"
    yield f"    {blame.message}"
    yield f"    expected  {blame.expected}"
    yield f"    got       {blame.got}"
    yield f"    document  {finding.file}{f':{finding.line}' if finding.line else ''} {blame.pointer}"
    if blame.sentence:
        yield f"    could say {blame.sentence}"
    for step in finding.steps:
        yield f"    $ {step}"
