"""Try one thing after another: every record, twice, crossed with other operations, beside other records."""

from collections.abc import Iterator
from dataclasses import replace

from mockserver.contract.cases import Case, Scenario, schemes_of
from mockserver.contract.messages import Request
from mockserver.contract.planning.ground import Ground, Place
from mockserver.openapi.model import METHODS, Operation

_NEIGHBOURS = 10
_TRIED = ("get", "post", "put", "patch", "delete")


def reach(ground: Ground, operation: Operation) -> Iterator[Scenario]:
    """A request in order on each record, with and without something to say."""
    for place in ground.places(operation):
        plain = ground.cases.plain(operation, place.address, place.caller, title=operation.id)
        yield ground.followed(operation, place, plain, group="reach")
        filled = ground.filled(operation, place, topic="reach")
        if filled.request.body != plain.request.body:
            yield ground.followed(operation, place, filled, group="reach")


def paths(ground: Ground, operation: Operation) -> Iterator[Scenario]:
    """Path parameters that name nothing, or are not of their type."""
    places = ground.places(operation)
    if not places:
        return
    place = places[0]
    addresses = [
        *ground.addresses.unknown(operation, place.address),
        *ground.addresses.malformed(operation, place.address),
    ]
    for address in addresses:
        case = ground.filled(operation, Place(address, place.caller), topic="path")
        yield Scenario(
            (replace(case, title=f"{operation.id} with {address.what}", is_promised=False),), "path"
        )


def impossible(ground: Ground, operation: Operation) -> Iterator[Scenario]:
    """Records that nobody can do this to, such as protected ones, by everybody."""
    possible = {place.address.key for place in ground.places(operation)}
    for address in ground.addresses.known(operation):
        if address.key is None or address.key in possible or not ground.places(operation):
            continue
        for caller in ground.callers:
            case = ground.filled(operation, Place(address, caller))
            yield ground.followed(operation, Place(address, caller), case, group="sequence")


def repeated(ground: Ground, operation: Operation) -> Iterator[Scenario]:
    """The operation twice on one record, then each related operation after it."""
    for place in ground.places(operation)[:2]:
        first = ground.filled(operation, place)
        for number, other in enumerate(ground.related(operation)):
            again = _after(ground, other, place, number + 1)
            if again is not None:
                title = f"{operation.id}, then {other.id}"
                yield ground.followed(operation, place, first, replace(again, title=title), group="sequence")


def _after(ground: Ground, other: Operation, place: Place, variant: int) -> Case | None:
    for address in ground.addresses.known(other):
        if address.key == place.address.key:
            # The last caller of an operation has to be one who may do both; the model says what comes of it.
            return ground.filled(other, Place(address, place.caller), variant)
    return None


def neighbours(ground: Ground, operation: Operation) -> Iterator[Scenario]:
    """The operation on one record, then a look at each of the others."""
    places = ground.places(operation)
    if len(places) < 2:
        return
    first, *others = places
    looks = []
    for place in others[:_NEIGHBOURS]:
        look = ground.probe(operation, place)
        looks.append(
            look or replace(ground.filled(operation, place), topic="read", title="the same on another record")
        )
    yield Scenario((ground.filled(operation, first), *looks), "sequence")
    yield Scenario((ground.filled(operation, others[-1]), *(look for look in looks[:-1])), "sequence")


def methods(ground: Ground, operation: Operation) -> Iterator[Scenario]:
    """Methods that the path does not have, then the operation itself, to see whether they did something."""
    siblings = [entry for entry in ground.service.document.operations() if entry.path == operation.path]
    places = ground.places(operation)
    if not places or siblings[0].id != operation.id:
        return
    documented = {entry.method for entry in siblings}
    place = places[0]
    for method in METHODS:
        if method in documented or method not in _TRIED:
            continue
        path, schemes = place.address.path(operation.path), schemes_of(operation)
        bare = Request(method.upper(), path, caller=place.caller, schemes=schemes)
        whole = replace(ground.filled(operation, place).request, method=method.upper())
        title = f"{method.upper()}, which the path does not have"
        follow = ground.probe(operation, place) or ground.filled(operation, place)
        for request in dict.fromkeys([bare, whole]):
            case = Case(operation, title, "method", request, place.address, is_promised=False)
            yield Scenario((case, follow), "method")
