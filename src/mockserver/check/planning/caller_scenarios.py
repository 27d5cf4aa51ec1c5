"""Scenarios for authentication and authorisation: invalid credentials, and every identity on records."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mockserver.check.planning.cases import CaseSequence
from mockserver.check.planning.path_values import PathValues
from mockserver.check.planning.planning_context import PlanningContext, RecordAndCaller
from mockserver.check.planning.situations import PathValueKind, Situation, SituationKind
from mockserver.check.target.http_messages import Caller
from mockserver.openapi.operation import Operation

_PER_OUTCOME = 2
_CALLER = Situation(SituationKind.CALLER)


def strangers(
    context: PlanningContext, operation: Operation, unknown: Sequence[Caller]
) -> Iterator[CaseSequence]:
    """Requests that are valid except for the credential."""
    places = context.places(operation)
    if not places or not operation.security or {} in [dict(entry) for entry in operation.security]:
        return
    place = places[0]
    for caller in unknown:
        case = context.filled(operation, place).by(caller, "auth", _CALLER)
        yield context.followed(operation, place, case, group="auth")


def roles(context: PlanningContext, operation: Operation) -> Iterator[CaseSequence]:
    """Every identity on records of each kind that its access may depend on."""
    if not operation.security or not context.places(operation):
        return
    for caller in context.callers:
        seen: dict[tuple[int, PathValueKind, str], int] = {}
        for address in _addresses(context, operation):
            place = RecordAndCaller(address, caller)
            case = context.filled(operation, place, topic="role").by(
                caller, "role", replace(_CALLER, address=address.kind, name=address.parameter)
            )
            model, _ = context.ask_model(case)
            outcome = (model.answer.status, address.kind, address.parameter)
            seen[outcome] = seen.get(outcome, 0) + 1
            if seen[outcome] <= _PER_OUTCOME:
                yield context.followed(operation, place, case, group="role")


def _addresses(context: PlanningContext, operation: Operation) -> Iterator[PathValues]:
    for address in context.addresses.known(operation):
        yield address
        for number, foreign in enumerate(context.addresses.foreign(operation, address)):
            if number < _PER_OUTCOME:
                yield foreign
