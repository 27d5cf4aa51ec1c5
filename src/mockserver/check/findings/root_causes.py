"""Mark the findings that another finding explains."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from mockserver.check.findings.issues import Category, Finding, Issue, Rule
from mockserver.check.planning.situations import CallerKind, SituationKind

_EXPLAINED = {Category.STILL_THERE, Category.REACHED_THROUGH_ANOTHER}
_OPEN = (CallerKind.NOBODY, CallerKind.INVENTED_TOKEN)
"""An operation that serves one of these serves every caller; the first explains the second."""
_PLAIN = {SituationKind.PLAIN, SituationKind.FILLED}


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """The findings, those last that follow from another one."""
    found = list(findings)
    causes = _Causes(found)
    marked = [replace(one, follows=causes.of(one)) for one in found]
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

    def of(self, finding: Finding) -> str | None:
        """The id of the finding that explains this one.

        An operation that serves what does not exist serves what was deleted, too; one that fails without any
        special input fails with it; one that changes another record has not changed this one.
        """
        cause = self._cause(finding.issue)
        return None if cause == finding.id else cause

    def _cause(self, issue: Issue) -> str | None:
        operation = issue.operation.id
        if issue.category is Category.FIELD_UNCHANGED:
            return self._astray.get(operation)
        if issue.category in _EXPLAINED:
            return self._unknown.get(issue.subject.other or operation)
        if issue.category is Category.CALLER_SERVED:
            return next((found[operation] for found in self._open if operation in found), None)
        return self._failing.get(operation) if issue.rule is Rule.SERVER_ERROR else None


def _always_fails(issue: Issue) -> bool:
    situation = issue.subject.situation
    is_plain = situation is not None and situation.kind in _PLAIN
    return issue.rule is Rule.SERVER_ERROR and is_plain


def _serves(kind: CallerKind, issue: Issue) -> bool:
    return issue.category is Category.CALLER_SERVED and issue.subject.caller is kind
