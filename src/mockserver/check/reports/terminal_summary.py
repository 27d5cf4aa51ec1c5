"""The summary in the terminal."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator

from mockserver.check.findings import phrases
from mockserver.check.findings.issues import Finding, Rule
from mockserver.check.outcome import ApiOutcome, OperationRecord, Outcome
from mockserver.check.reports.json_report import counted, coverage, reasons, unreached, verdict
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
        yield line(f"{options.repro} was not found: it is fixed, or no finding has this id")
    count = len(outcome.findings)
    word = verdict(outcome)
    left = unreached(outcome)
    run = f"{outcome.requests} requests · {outcome.seconds:.1f} s · {options.profile} · seed {options.seed}"
    if outcome.requests:
        yield line(f"reached: {coverage(outcome)}")
    if outcome.exit_code == 3:
        known = {api.no_verdict for api in outcome.apis}
        for text in (one for one in reasons(outcome) if one not in known):
            yield line("no verdict: ", style(text, fg="yellow"))
    yield line()
    shown = style(word, fg=_COLOURS.get(word, "yellow"), bold=True)
    yield line(shown, f" · {counted(count)} · ", *([style(left, fg="yellow"), " · "] if left else []), run)


def _api(api: ApiOutcome) -> Iterator[Styled]:
    document = api.service.document
    yield line(style(document.title, bold=True), f" · {document.file} · {api.base_url}")
    if api.planned:
        yield from (line(f"  would send {text}") for text in api.planned)
        return
    width = max((len(record.operation.path) for record in api.operations.values()), default=0)
    for record in api.operations.values():
        yield _operation(api, record, min(width, 60))
    for note in api.notes:
        yield line(f"  note: {note}")
    if api.no_verdict:
        yield line("  ", style("no verdict", fg="yellow", bold=True), f": {api.no_verdict}")
    yield from _findings(api)
    for finding in api.warnings:
        issue = finding.issue
        yield line(
            "  ", style("warning", fg="yellow"), f" · {issue.operation.id} · {issue.message} ({finding.id})"
        )
    if api.accepted:
        yield line(f"  {len(api.accepted)} accepted by the baseline")
    for finding in api.unstable:
        yield line(f"  unstable: {finding.issue.message} It did not come again.")


def _operation(api: ApiOutcome, record: OperationRecord, width: int) -> Styled:
    operation = record.operation
    head = f"  {operation.method.upper():6} {operation.path:{width}} "
    found = sum(finding.issue.operation.id == operation.id for finding in api.findings)
    said = style(f" · {counted(found)}", fg="red") if found else ""
    if record.unreached:
        return line(f"{head} ", style("not reached", fg="yellow"), f": {record.unreached}", said)
    requests = "request, " if record.tried == 1 else "requests,"
    return line(f"{head} {record.tried:5} {requests} {record.served} served", said)


def _findings(api: ApiOutcome) -> Iterator[Styled]:
    shown: Counter[tuple[str, str]] = Counter()
    following = Counter(finding.follows for finding in api.findings if finding.follows is not None)
    for alike in _alike(api.findings):
        group = (alike[0].issue.operation.id, alike[0].issue.rule)
        shown[group] += 1
        if shown[group] <= _SHOWN:
            yield from _finding(alike[0])
            for others in _others(alike):
                yield line(f"    the same  {others}")
    more = [(group, number - _SHOWN) for group, number in shown.items() if number > _SHOWN]
    if more or following:
        yield line()
    for (name, rule), number in more:
        yield line(f"  … and {number} more of {rule} in {name} (--report json has all)")
    for cause, number in following.items():
        yield line(f"  … and {number} that follow from {cause}")


def _alike(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Findings that follow from no other one; the same one in several operations is grouped."""
    groups: dict[Hashable, list[Finding]] = {}
    for finding in findings:
        if finding.follows is None:
            groups.setdefault(_mark(finding), []).append(finding)
    return list(groups.values())


def _mark(finding: Finding) -> Hashable:
    issue = finding.issue
    if issue.rule is Rule.SERVER_ERROR:
        return finding.id
    is_shared = issue.pointer.startswith("/components/")
    return issue.rule, issue.verdict, issue.defect, issue.pointer if is_shared else issue.got


def _others(alike: list[Finding]) -> Iterator[str]:
    """Other findings of the group: other values and requests, then other operations, each with its id."""
    first, *rest = alike
    if first.alike:
        yield "with " + _listed([(_tried(one, first), one.id) for one in first.alike])
    if rest:
        yield "in " + _listed([(one.issue.operation.id, one.id) for one in rest])


def _tried(finding: Finding, first: Finding) -> str:
    """The tried value if the field is the same, else the whole situation."""
    own, other = finding.issue.subject.situation, first.issue.subject.situation
    is_same_field = own is not None and other is not None and own.name == other.name
    return (phrases.sample(own.sample, own.about) if own and is_same_field else "") or finding.title


def _listed(named: list[tuple[str, str]]) -> str:
    ids: dict[str, str] = {}
    for name, identifier in named:
        ids.setdefault(name, identifier)
    shown = [f"{name} ({identifier})" for name, identifier in [*ids.items()][:_NAMED]]
    more = f" and {len(named) - len(shown)} more" if len(named) > len(shown) else ""
    return ", ".join(shown) + more


def _finding(finding: Finding) -> Iterator[Styled]:
    issue = finding.issue
    yield line()
    head = style(issue.rule, fg="red", bold=True)
    yield line("  ", head, f" · {issue.operation.id} · {issue.verdict} · {finding.id}")
    yield line(f"    {issue.message}")
    yield line(f"    expected  {issue.expected}")
    yield line(f"    got       {issue.got}")
    yield line(f"    document  {finding.file}{f':{finding.line}' if finding.line else ''} {issue.pointer}")
    if issue.suggested_clause:
        yield line(f"    could say {issue.suggested_clause}")
    for step in finding.steps:
        yield line(f"    $ {step}")
