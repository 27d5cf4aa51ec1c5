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
    closed = plan.resource.fixture if plan is not None else None
    if closed is not None or plan is None:
        return _of_closed(service, operation, closed, session)
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


def _of_closed(
    service: Service, operation: Operation, closed: str | None, session: Overlay
) -> dict[str, str]:
    """The ids of one record in a fixture's collection: the last that the path names.

    Other path parameters take the value of the record's field of the same name: `userId` is `user_id`.
    """
    collections = session.collections()
    for prefix in reversed([*_prefixes(operation.path)]):
        word, name = prefix.split("/")[-2:] if prefix.count("/") > 1 else ("", prefix[1:])
        collection = (service.name, closed or word)
        key = None
        if collection in collections and name[:1] == "{":
            key = _key(session, collection, _example(service, operation, name[1:-1]))
        record = None if key is None else session.get(collection, key)
        if key is not None and record is not None:
            fields = {normalised(field): value for field, value in record.items()}
            others = [found for found in path_parameters(operation.path) if normalised(found) in fields]
            return {found: text_of(fields[normalised(found)]) for found in others} | {name[1:-1]: key}
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
