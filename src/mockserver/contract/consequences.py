"""Mark the findings that another finding explains."""

from collections.abc import Iterable
from dataclasses import replace

from mockserver.contract import refusals
from mockserver.contract.findings import Finding

_EXPLAINED = {refusals.STILL_THERE, refusals.REACHED}


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """The findings, those last that follow from another one."""
    found = list(findings)
    careless = {
        finding.blame.operation.id: finding.id
        for finding in found
        if finding.blame.locus == refusals.SERVES_NOTHING
    }
    marked = [replace(finding, follows=_cause(finding, careless)) for finding in found]
    return sorted(marked, key=lambda finding: finding.follows is not None)


def _cause(finding: Finding, careless: dict[str, str]) -> str | None:
    """Whoever serves what does not exist serves what was deleted, too."""
    blame = finding.blame
    return careless.get(blame.seen_by or blame.operation.id) if blame.locus in _EXPLAINED else None
