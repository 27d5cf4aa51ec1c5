"""The summary that a person reads."""

from collections import Counter
from collections.abc import Iterable, Iterator

from mockserver.contract.findings import Finding
from mockserver.contract.outcome import ApiOutcome, OperationRecord, Outcome
from mockserver.contract.reports.as_json import counted, unreached, verdict
from mockserver.printing import Styled, line, style

_SHOWN = 3
_NAMED = 6
_COLOURS = {"conforms": "green", "broken": "red"}


def lines(outcome: Outcome) -> Iterator[Styled]:
    """The summary, line by line, in colours."""
    for api in outcome.apis:
        yield from _api(api)
    for document in outcome.untried:
        title = style(document.title, bold=True)
        reason = style("not tried", fg="yellow")
        yield line(title, f" · {document.file} · ", reason, ": interrupted before its turn")
    options = outcome.options
    if options.repro and not any(finding.id == options.repro for finding in outcome.findings):
        yield line(f"{options.repro} was not found: it is mended, or no finding has this id")
    count = len(outcome.findings)
    word = verdict(outcome)
    left = unreached(outcome)
    run = f"{outcome.requests} requests · {outcome.seconds:.1f} s · {options.profile} · seed {options.seed}"
    yield line()
    shown = style(word, fg=_COLOURS.get(word, "yellow"), bold=True)
    yield line(shown, f" · {counted(count)} · ", *([style(left, fg="yellow"), " · "] if left else []), run)


def _api(api: ApiOutcome) -> Iterator[Styled]:
    document = api.service.document
    yield line(style(document.title, bold=True), f" · {document.file} · {api.base_url}")
    width = max((len(record.operation.path) for record in api.operations.values()), default=0)
    for record in api.operations.values():
        yield _operation(api, record, min(width, 60))
    for note in api.notes:
        yield line(f"  note: {note}")
    if api.no_verdict:
        yield line("  ", style("no verdict", fg="yellow", bold=True), f": {api.no_verdict}")
    yield from _findings(api)
    if api.accepted:
        yield line(f"  {len(api.accepted)} accepted by the baseline")
    for finding in api.unstable:
        yield line(f"  unstable: {finding.blame.message} It did not come again.")


def _operation(api: ApiOutcome, record: OperationRecord, width: int) -> Styled:
    operation = record.operation
    head = f"  {operation.method.upper():6} {operation.path:{width}} "
    if record.unreached:
        return line(f"{head} ", style("not reached", fg="yellow"), f": {record.unreached}")
    found = sum(finding.blame.operation.id == operation.id for finding in api.findings)
    said = style(f" · {counted(found)}", fg="red") if found else ""
    requests = "request, " if record.tried == 1 else "requests,"
    return line(f"{head} {record.tried:5} {requests} {record.served} served", said)


def _findings(api: ApiOutcome) -> Iterator[Styled]:
    shown: Counter[tuple[str, str]] = Counter()
    following = Counter(finding.follows for finding in api.findings if finding.follows is not None)
    for alike in _alike(api.findings):
        group = (alike[0].blame.operation.id, alike[0].blame.rule)
        shown[group] += 1
        if shown[group] <= _SHOWN:
            yield from _finding(alike[0])
            if len(alike) > 1:
                yield line(f"    the same  {_others(alike)}")
    more = [(group, number - _SHOWN) for group, number in shown.items() if number > _SHOWN]
    if more or following:
        yield line()
    for (name, rule), number in more:
        yield line(f"  … and {number} more of {rule} in {name} (--report json has all)")
    for cause, number in following.items():
        yield line(f"  … and {number} that follow from {cause}")


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


def _finding(finding: Finding) -> Iterator[Styled]:
    blame = finding.blame
    yield line()
    head = style(blame.rule, fg="red", bold=True)
    yield line("  ", head, f" · {blame.operation.id} · {blame.verdict} · {finding.id}")
    yield line(f"    {blame.message}")
    yield line(f"    expected  {blame.expected}")
    yield line(f"    got       {blame.got}")
    yield line(f"    document  {finding.file}{f':{finding.line}' if finding.line else ''} {blame.pointer}")
    if blame.sentence:
        yield line(f"    could say {blame.sentence}")
    for step in finding.steps:
        yield line(f"    $ {step}")
