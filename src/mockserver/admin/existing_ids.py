"""Find path parameter values that name existing records of a session."""

import re
from collections.abc import Iterator, Mapping

from mockserver.http.example_requests import value_of
from mockserver.http.served_api import Service
from mockserver.openapi.names import normalised
from mockserver.openapi.operation import Operation, path_parameters
from mockserver.resources.plan import Resource, text_of
from mockserver.state.overlay import Overlay

_PARAMETER = re.compile(r"\{([^}]*)\}")


def existing_ids(service: Service, operation: Operation, session: Overlay) -> Mapping[str, str]:
    """Path parameters by name, with values that name existing records, where records are known.

    If a record with the id in the document's example exists, that id is used, else the first record's.
    """
    names = path_parameters(operation.path)
    plan = service.fallback.plan(operation)
    if plan is None or plan.resource.fixture is not None:
        return _of_closed(service, operation, session)
    found: dict[str, str] = {}
    for name, prefix in zip(names, _prefixes(operation.path), strict=True):
        resource = _item_at(service, prefix)
        if resource is None and plan.resource.depth == len(found):
            resource = plan.resource
        if resource is None or resource.key is None or resource.depth != len(found):
            break
        collection = (service.name, resource.collection(tuple(found.values())))
        key = _key(session, collection, _example(service, operation, name))
        if key is None:
            break
        found[name] = key
    return found


def _of_closed(service: Service, operation: Operation, session: Overlay) -> dict[str, str]:
    """The ids of one record in a fixture's collection: the last that the path names.

    Other path parameters take the value of the record's field of the same name: `userId` is `user_id`.
    """
    names = path_parameters(operation.path)
    collections = {name for api, name in session.collections() if api == service.name}
    addressed = service.fallback.addressed(operation, collections)
    for name in (one for one in reversed(names) if one in addressed):
        collection = (service.name, addressed[name])
        key = _key(session, collection, _example(service, operation, name))
        record = None if key is None else session.get(collection, key)
        if key is not None and record is not None:
            fields = {normalised(field): value for field, value in record.items()}
            others = [other for other in names if normalised(other) in fields]
            return {other: text_of(fields[normalised(other)]) for other in others} | {name: key}
    return {}


def _key(session: Overlay, collection: tuple[str, str], wanted: str) -> str | None:
    if session.shows(collection, wanted):
        return wanted
    return next((key for key, _ in session.records(collection)), None)


def _example(service: Service, operation: Operation, name: str) -> str:
    for parameter in operation.parameters:
        if (parameter.location, parameter.name) == ("path", name):
            return text_of(value_of(service, parameter))
    return ""


def _prefixes(path: str) -> Iterator[str]:
    """The prefixes of a path that end with each of its parameters."""
    for found in _PARAMETER.finditer(path):
        yield path[: found.end()]


def _item_at(service: Service, path: str) -> Resource | None:
    """The resource whose items have this path."""
    for operation_id, key in service.document.index.items():
        if key.path == path:
            plan = service.fallback.plan(service.document.operation(operation_id))
            if plan is not None and plan.resource.item_path == path:
                return plan.resource
    return None
