"""Sequences: an operation on every record, repeated, followed by other operations, next to other records."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mockserver.check.planning.cases import Case, CaseSequence, schemes_of
from mockserver.check.planning.planning_context import PlanningContext, RecordAndCaller
from mockserver.check.planning.situations import Situation, SituationKind
from mockserver.check.target.http_messages import HttpRequest
from mockserver.openapi.operation import METHODS, Operation

_NEIGHBOURS = 10
_ANOTHER_RECORD = Situation(SituationKind.ANOTHER_RECORD)
_TRIED = ("get", "post", "put", "patch", "delete")


def reach(context: PlanningContext, operation: Operation) -> Iterator[CaseSequence]:
    """A valid request on the first record, with and without optional fields."""
    yield from _reached(context, operation, context.places(operation)[:1])


def reach_others(context: PlanningContext, operation: Operation) -> Iterator[CaseSequence]:
    """The same on each other record."""
    yield from _reached(context, operation, context.places(operation)[1:])


def _reached(
    context: PlanningContext, operation: Operation, places: Sequence[RecordAndCaller]
) -> Iterator[CaseSequence]:
    for place in places:
        plain = context.cases.plain(operation, place.address, place.caller)
        yield context.followed(operation, place, plain, group="reach")
        filled = context.filled(operation, place, topic="reach")
        if filled.request.body != plain.request.body:
            yield context.followed(operation, place, filled, group="reach")


def paths(context: PlanningContext, operation: Operation) -> Iterator[CaseSequence]:
    """Path parameters that name no record, or are not of their type."""
    places = context.places(operation)
    if not places:
        return
    place = places[0]
    addresses = [
        *context.addresses.unknown(operation, place.address),
        *context.addresses.malformed(operation, place.address),
    ]
    for address in addresses:
        case = context.filled(operation, RecordAndCaller(address, place.caller), topic="path")
        situation = Situation(SituationKind.PATH, address.parameter, address.kind, address.sample)
        yield CaseSequence((replace(case, situation=situation, is_promised=False),), "path")


def impossible(context: PlanningContext, operation: Operation) -> Iterator[CaseSequence]:
    """Records that the operation refuses, such as protected ones, by every caller."""
    possible = {place.address.key for place in context.places(operation)}
    for address in context.addresses.known(operation):
        if address.key is None or address.key in possible or not context.places(operation):
            continue
        for caller in context.callers:
            case = context.filled(operation, RecordAndCaller(address, caller))
            yield context.followed(operation, RecordAndCaller(address, caller), case, group="sequence")


def repeated(context: PlanningContext, operation: Operation) -> Iterator[CaseSequence]:
    """The operation twice on one record, then each related operation after it."""
    for place in context.places(operation)[:2]:
        first = context.filled(operation, place)
        for number, other in enumerate(context.related(operation)):
            again = _after(context, other, place, number + 1)
            if again is not None:
                after = replace(again, situation=Situation(SituationKind.AFTER, operation.id))
                yield context.followed(operation, place, first, after, group="sequence")


def _after(context: PlanningContext, other: Operation, place: RecordAndCaller, variant: int) -> Case | None:
    for address in context.addresses.known(other):
        if address.key == place.address.key:
            # One caller has to be allowed both operations; the model decides whether the second one succeeds.
            return context.filled(other, RecordAndCaller(address, place.caller), variant)
    return None


def neighbours(context: PlanningContext, operation: Operation) -> Iterator[CaseSequence]:
    """The operation on one record, then a read of each of the others."""
    places = context.places(operation)
    if len(places) < 2:
        return
    first, *others = places
    looks = []
    for place in others[:_NEIGHBOURS]:
        look = context.probe(operation, place)
        looks.append(
            look or replace(context.filled(operation, place), topic="read", situation=_ANOTHER_RECORD)
        )
    yield CaseSequence((context.filled(operation, first), *looks), "sequence")
    yield CaseSequence((context.filled(operation, others[-1]), *(look for look in looks[:-1])), "sequence")


def methods(context: PlanningContext, operation: Operation) -> Iterator[CaseSequence]:
    """Undocumented methods, then the operation itself, to see whether they changed anything."""
    siblings = [entry for entry in context.service.document.understood() if entry.path == operation.path]
    places = context.places(operation)
    if not places or siblings[0].id != operation.id:
        return
    key = context.service.document.index[operation.id]
    documented = set(context.service.document.root["paths"][key.path])  # those that cannot be read, too
    place = places[0]
    for method in METHODS:
        if method in documented or method not in _TRIED:
            continue
        path, schemes = place.address.path(operation.path), schemes_of(operation)
        bare = HttpRequest(method.upper(), path, caller=place.caller, schemes=schemes)
        whole = replace(context.filled(operation, place).request, method=method.upper())
        situation = Situation(SituationKind.METHOD, method.upper())
        follow = context.probe(operation, place) or context.filled(operation, place)
        for request in dict.fromkeys([bare, whole]):
            case = Case(operation, situation, "method", request, place.address, is_promised=False)
            yield CaseSequence((case, follow), "method")
