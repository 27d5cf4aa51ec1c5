"""Mark the findings that another finding explains."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from mockserver.contract import bodies, refusals
from mockserver.contract.findings import Finding

_EXPLAINED = {refusals.STILL_THERE, refusals.REACHED}
_CARELESS = ("serves nobody", "serves somebody with an invented token")
"""Whoever serves these serves everybody; the first explains the second."""


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """The findings, those last that follow from another one."""
    found = list(findings)
    careless = {one.blame.operation.id: one.id for one in found if one.blame.locus == refusals.SERVES_NOTHING}
    broken = {
        one.blame.operation.id: one.id
        for one in reversed(found)
        if one.blame.rule == "server-error" and one.title == one.blame.operation.id
    }
    astray = {one.blame.operation.id: one.id for one in found if one.blame.keyword == bodies.ELSEWHERE}
    marked = [
        replace(one, follows=_cause(one, careless, broken, astray) or _open_to_all(one, found))
        for one in found
    ]
    return sorted(marked, key=lambda one: one.follows is not None)


def _cause(
    finding: Finding, careless: Mapping[str, str], broken: Mapping[str, str], astray: Mapping[str, str]
) -> str | None:
    """What else explains a finding.

    Whoever serves what does not exist serves what was deleted, too; whoever always fails fails always;
    and whoever changes another record has not changed this one.
    """
    blame = finding.blame
    if blame.keyword == bodies.UNCHANGED:
        return astray.get(blame.operation.id)
    if blame.locus in _EXPLAINED:
        return careless.get(blame.seen_by or blame.operation.id)
    cause = broken.get(blame.operation.id) if blame.rule == "server-error" else None
    return None if cause == finding.id else cause


def _open_to_all(finding: Finding, found: Sequence[Finding]) -> str | None:
    """The finding that an operation serves whoever calls, for those about particular callers."""
    operation = finding.blame.operation.id
    if finding.blame.rule != "auth" or not finding.blame.locus.startswith("serves "):
        return None
    doors = {one.blame.locus: one.id for one in found if one.blame.operation.id == operation}
    cause = next((doors[locus] for locus in _CARELESS if locus in doors), None)
    return None if cause == finding.id else cause
