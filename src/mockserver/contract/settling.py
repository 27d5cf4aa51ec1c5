"""Decide what of the disagreements is a finding, and say what was not tested."""

from collections.abc import Iterable, Mapping

from mockserver.contract import refusals
from mockserver.contract.consequences import ordered
from mockserver.contract.credentials import callers
from mockserver.contract.findings import Blame, Finding
from mockserver.contract.outcome import ApiOutcome
from mockserver.contract.world import World


def settle(
    outcome: ApiOutcome,
    found: Iterable[Finding],
    world: World,
    tokens: Mapping[str, str],
    repro: str | None,
) -> None:
    """Complete an outcome; with `repro` by that one finding alone."""
    for finding in found:
        if repro not in {None, finding.id}:
            continue
        reason = _excuse(finding.blame, world)
        if reason:
            note_once(outcome, reason)
        elif finding.is_stable:
            outcome.findings.append(finding)
        else:
            outcome.unstable.append(finding)
    outcome.findings = ordered(outcome.findings)
    blamed = {finding.blame.operation.id for finding in outcome.findings}
    for record in outcome.operations.values():
        if record.operation.id not in blamed:
            record.explain()
    records = list(outcome.operations.values())
    if records and not outcome.no_verdict and all(record.unreached for record in records):
        outcome.no_verdict = f"no operation could be tried: {records[0].unreached}"
    _tell_refused_tokens(outcome, world, tokens)
    for identity in outcome.service.fixture.identities:
        if identity.name not in tokens:
            missing = f"{identity.name} has no token (--identity {identity.name}=TOKEN)"
            note_once(outcome, f"{missing}: what it may do was not tested")


def _tell_refused_tokens(outcome: ApiOutcome, world: World, tokens: Mapping[str, str]) -> None:
    """Name each token that nothing takes; there is no verdict where that left an operation untried."""
    refused = [
        caller.name
        for caller in callers(outcome.service.fixture.identities, tokens, outcome.service.clock)
        if caller.name in world.refused_callers - world.known_callers
    ]
    for name in refused:
        note_once(outcome, _refused_everywhere(name))
    untried = [record for record in outcome.operations.values() if record.was_turned_away]
    if refused and untried and not outcome.no_verdict:
        ids = ", ".join(record.operation.id for record in untried)
        names = ", ".join(refused)
        outcome.no_verdict = f"the token of {names} is refused, and without it nobody reaches {ids}"


def _refused_everywhere(name: str) -> str:
    return f"the token of {name} is refused with 401 everywhere: what it may do was not tested"


def note_once(outcome: ApiOutcome, note: str) -> None:
    """Note something unless it is noted already."""
    if note not in outcome.notes:
        outcome.notes.append(note)


def _excuse(blame: Blame, world: World) -> str:
    """What was not tested, rather than broken; empty when it was broken."""
    if blame.keyword == refusals.UNKNOWN_CALLER:
        name = blame.locus.removesuffix(" refused")
        if name not in world.known_callers:  # the token is wrong, and nobody else to blame
            return _refused_everywhere(name)
    if blame.absent is not None and blame.absent not in world.shown:
        return f"{blame.operation.id} never shows {blame.absent}, so what becomes of it was not tested"
    return ""
