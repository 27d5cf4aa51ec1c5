"""Try who may call: strangers, and every identity on every kind of record."""

from collections.abc import Iterator, Sequence

from mockserver.contract.addresses import Address
from mockserver.contract.cases import Scenario
from mockserver.contract.messages import Caller
from mockserver.contract.planning.ground import Ground, Place
from mockserver.openapi.model import Operation

_PER_OUTCOME = 2


def strangers(ground: Ground, operation: Operation, unknown: Sequence[Caller]) -> Iterator[Scenario]:
    """Requests that are in order but for the credential."""
    places = ground.places(operation)
    if not places or not operation.security or {} in [dict(entry) for entry in operation.security]:
        return
    place = places[0]
    for caller in unknown:
        case = ground.filled(operation, place).by(caller, "auth", f"{operation.id} by {caller.name}")
        yield ground.followed(operation, place, case, group="auth")


def roles(ground: Ground, operation: Operation) -> Iterator[Scenario]:
    """Every identity on records of each kind that makes a difference to it."""
    if not operation.security or not ground.places(operation):
        return
    for caller in ground.callers:
        seen: dict[tuple[int, str], int] = {}
        for address in _addresses(ground, operation):
            place = Place(address, caller)
            case = ground.filled(operation, place, topic="role").by(
                caller, "role", f"{operation.id} by {caller.name}"
            )
            opinion, _ = ground.opinion(case)
            outcome = (opinion.answer.status, address.what.partition(",")[0])
            seen[outcome] = seen.get(outcome, 0) + 1
            if seen[outcome] <= _PER_OUTCOME:
                yield ground.followed(operation, place, case, group="role")


def _addresses(ground: Ground, operation: Operation) -> Iterator[Address]:
    for address in ground.addresses.known(operation):
        yield address
        for number, foreign in enumerate(ground.addresses.foreign(operation, address)):
            if number < _PER_OUTCOME:
                yield foreign
