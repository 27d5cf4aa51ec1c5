"""Decide which issues are findings, and note what was not tested."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace
from functools import partial

from mockserver.check.findings.issues import Category, Finding, Issue, Rule, Subject, Verdict, merged
from mockserver.check.outcome import ApiOutcome
from mockserver.check.planning.situations import CallerKind, SituationKind
from mockserver.check.reference.paired_run import PairedRun
from mockserver.check.target.credentials import callers
from mockserver.check.target.http_messages import Caller


def finalise(
    outcome: ApiOutcome,
    found: Iterable[Finding],
    run: PairedRun,
    tokens: Mapping[str, str],
    repro: str | None,
    *,
    warnings_fail: bool = False,
) -> None:
    """Complete an outcome; with `repro` only that finding is kept."""
    for finding in (_with_rate(one, outcome) for one in found):
        if repro not in {None, finding.id}:
            continue
        reason = _excuse(finding.issue, run)
        if reason:
            note_once(outcome, reason)
        elif finding.issue.verdict is Verdict.WARNING and not warnings_fail:
            outcome.warnings.append(finding)
        elif finding.is_stable or finding.issue.verdict is Verdict.WARNING:
            outcome.findings.append(finding)
        else:
            outcome.unstable.append(finding)
    outcome.findings = merged(ordered(outcome.findings))
    outcome.unstable = merged(outcome.unstable)
    outcome.warnings = merged(outcome.warnings)
    for record in outcome.operations.values():
        record.explain()
    records = list(outcome.operations.values())
    if (
        records
        and not (outcome.no_verdict or outcome.findings)
        and all(record.unreached for record in records)
    ):
        outcome.no_verdict = f"no operation could be tried: {records[0].unreached}"
    _tell_refused_tokens(outcome, run, tokens)
    for identity in outcome.service.fixture.identities:
        if identity.name not in tokens:
            missing = f"{identity.name} has no token (--identity {identity.name}=TOKEN)"
            note_once(outcome, f"{missing}: what it may do was not tested")


def _with_rate(finding: Finding, outcome: ApiOutcome) -> Finding:
    """An error of the server that did not recur as a warning that says how often the operation fails."""
    issue, status = finding.issue, finding.issue.subject.status
    record = outcome.operations.get(issue.operation.id)
    if finding.is_stable or record is None or status is None or issue.category is not Category.SERVER_ERROR:
        return finding
    rate = f"{record.failures[status]} of {record.tried} requests"
    sometimes = replace(
        issue,
        category=Category.FAILS_SOMETIMES,
        subject=Subject(status=status),
        message=f"{issue.operation.id} failed with {status} in {rate}; the same request succeeded later.",
        verdict=Verdict.WARNING,
    )
    return replace(finding, issue=sometimes)


def _tell_refused_tokens(outcome: ApiOutcome, run: PairedRun, tokens: Mapping[str, str]) -> None:
    """Note each token that is refused everywhere; no verdict if an operation needs it to be reached."""
    refused = [
        caller.name
        for caller in callers(outcome.service.fixture.identities, tokens, outcome.service.clock)
        if caller in run.refused_callers - run.known_callers
    ]
    for name in refused:
        note_once(outcome, _refused_everywhere(name))
    untried = [record for record in outcome.operations.values() if record.was_turned_away]
    if refused and untried and not outcome.no_verdict:
        ids = ", ".join(record.operation.id for record in untried)
        names = ", ".join(refused)
        outcome.no_verdict = f"the token of {names} is refused, and without it {ids} cannot be reached"


def _refused_everywhere(name: str) -> str:
    return f"the token of {name} is refused with 401 everywhere: what it may do was not tested"


def note_once(outcome: ApiOutcome, note: str) -> None:
    """Add a note unless the outcome already has it."""
    if note not in outcome.notes:
        outcome.notes.append(note)


def _why_not_recognized(issue: Issue, run: PairedRun) -> str:
    """Why a 401 says nothing about the implementation; empty when it does."""
    caller = Caller(CallerKind.IDENTITY, issue.subject.identity)
    if issue.subject.caller is CallerKind.IDENTITY:
        return "" if caller in run.known_callers else _refused_everywhere(caller.name)
    if run.service.document.security_schemes:
        return ""
    return (
        f"{issue.operation.id} answers 401, and the document declares no security: "
        "give one with --identity NAME=TOKEN"
    )


def _excuse(issue: Issue, run: PairedRun) -> str:
    """A note that something was not tested, if that explains the issue; empty if it is a real issue."""
    if issue.category is Category.CALLER_NOT_RECOGNIZED:
        reason = _why_not_recognized(issue, run)
        if reason:
            return reason
    if issue.absent is not None and issue.absent not in run.shown:
        return f"{issue.operation.id} never shows {issue.absent}, so whether it is stored was not tested"
    return ""


_EXPLAINED = {Category.STILL_THERE, Category.REACHED_THROUGH_ANOTHER}
_OPEN = (CallerKind.ANONYMOUS, CallerKind.INVENTED_TOKEN)
"""An operation that serves one of these callers serves everyone; the first explains the second."""
_PLAIN = {SituationKind.PLAIN, SituationKind.FILLED}


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Sort findings so that those that follow from another one come last."""
    found = list(findings)
    causes = _Causes(found)
    known = {one.id for one in found}
    marked = [
        replace(one, follows=causes.of(one) or (one.follows if one.follows in known else None))
        for one in found
    ]
    return sorted(marked, key=lambda one: one.follows is not None)


class _Causes:
    """Findings that explain others, by operation."""

    def __init__(self, found: list[Finding]) -> None:
        def first(is_cause: Callable[[Issue], bool]) -> dict[str, str]:
            return {one.issue.operation.id: one.id for one in reversed(found) if is_cause(one.issue)}

        self._unknown = first(lambda issue: issue.category is Category.UNKNOWN_SERVED)
        self._failing = first(_always_fails)
        self._astray = first(lambda issue: issue.category is Category.OTHER_RECORD_CHANGED)
        self._open = [first(partial(_serves, kind)) for kind in _OPEN]
        self._shared = _shared(found)

    def of(self, finding: Finding) -> str | None:
        """The id of the finding that explains this one.

        An operation that serves missing records also serves deleted ones; one that fails on plain input
        also fails on special input; one that changes the wrong record has not changed the right one.
        """
        cause = self._cause(finding.issue)
        return None if cause == finding.id else cause

    def _cause(self, issue: Issue) -> str | None:
        operation = issue.operation.id
        if issue.category is Category.FIELD_UNCHANGED and operation in self._astray:
            return self._astray[operation]
        shared = next((self._shared[mark] for mark in _marks(issue) if mark in self._shared), None)
        if shared is not None:
            return shared
        if issue.category in _EXPLAINED:
            return self._unknown.get(issue.subject.other or operation)
        if issue.category is Category.CALLER_SERVED:
            return next((found[operation] for found in self._open if operation in found), None)
        return self._failing.get(operation) if issue.rule is Rule.SERVER_ERROR else None


_MANY = 3
"""So many findings of one kind share a cause, such as lost writes or a cached response."""
_OF_RECORDS = {Rule.STATE, Rule.VALUE}


def _marks(issue: Issue) -> list[tuple[str, ...]]:
    """Keys shared by issues of one cause: the writer that loses fields, or the reader that omits them."""
    if issue.rule not in _OF_RECORDS or issue.verdict is not Verdict.DRIFT:
        return []
    shown_by = issue.subject.other or issue.operation.id
    return [("reader", shown_by), ("writer", issue.operation.id, issue.subject.other)]


def _shared(found: Iterable[Finding]) -> dict[tuple[str, ...], str]:
    """The first finding of each key that findings about many operations, or many fields, share."""
    groups: dict[tuple[str, ...], dict[Hashable, str]] = {}
    for one in found:
        for mark in _marks(one.issue):
            subject = one.issue.operation.id if mark[0] == "reader" else one.issue.subject.place
            groups.setdefault(mark, {}).setdefault(subject, one.id)
    return {mark: next(iter(group.values())) for mark, group in groups.items() if len(group) >= _MANY}


def _always_fails(issue: Issue) -> bool:
    situation = issue.subject.situation
    is_plain = situation is not None and situation.kind in _PLAIN
    return issue.rule is Rule.SERVER_ERROR and is_plain


def _serves(kind: CallerKind, issue: Issue) -> bool:
    return issue.category is Category.CALLER_SERVED and issue.subject.caller is kind
