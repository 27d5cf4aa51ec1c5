"""The admin API's handlers for rate limits: how many requests operations answer in a period."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mockserver.admin.admin_context import NOTHING, AdminContext, AdminHandler, Session
from mockserver.behaviour.backend import Response
from mockserver.behaviour.request_rules.request_limits import forget_use, limit_name, use_of
from mockserver.errors import ConflictError, MockserverError, ResourceNotFoundError
from mockserver.http.served_api import Service
from mockserver.openapi import pointers
from mockserver.openapi.extensions import MOCK
from mockserver.openapi.operation import Operation
from mockserver.state.clock import timestamp
from mockserver.state.session_overrides import RequestLimit


def list_limits(context: AdminContext, session: Session) -> Response:
    """The active rate limits and their current use."""
    shown = [
        _shown(context, session, operation, limit, source)
        for service in context.services.values()
        for operation, limit, source in _in_force(session, service)
    ]
    return Response(200, {"session": session.name, "limits": shown})


def _in_force(session: Session, service: Service) -> Iterator[tuple[Operation, RequestLimit, str]]:
    """The operations with a rate limit, and its source."""
    limits = session.conditions.limits
    for operation_id in _candidates(session, service):
        try:
            operation = service.document.operation(operation_id)
        except MockserverError:
            continue
        name = limit_name(service.name, operation_id)
        limit, source = service.limit_of(operation)
        if name in limits:
            limit, source = limits[name], "session"
        if limit is not None:
            yield operation, limit, source


def _candidates(session: Session, service: Service) -> list[str]:
    """The ids of operations that may have a rate limit, in the document's order."""
    root, limits = service.document.root, session.conditions.limits
    found = []
    for operation_id, key in service.document.index.items():
        way = pointers.split(key.pointer)
        is_said = MOCK in root
        with contextlib.suppress(KeyError):  # a broken operation
            holders = (pointers.resolve(root, pointers.join(way[:depth])) for depth in (2, len(way)))
            is_said = is_said or any(isinstance(holder, Mapping) and MOCK in holder for holder in holders)
        name = limit_name(service.name, operation_id)
        if is_said or name in limits or operation_id in service.fixture.limits:
            found.append(operation_id)
    return found


def _shown(
    context: AdminContext, session: Session, operation: Operation, limit: RequestLimit, source: str
) -> dict[str, Any]:
    use = use_of(session.state, limit_name(operation.api, operation.id), limit, context.now(session.state))
    return {
        "api": operation.api,
        "operation": operation.id,
        "requests": limit.requests,
        "seconds": limit.seconds,
        "used": use.used,
        "remaining": use.remaining,
        "resets_at": timestamp(use.resets),
        "source": source,
    }


def put_limit(
    context: AdminContext, session: Session, *, api: str, operation: str, body: dict[str, Any]
) -> Response:
    """Set an operation's rate limit in the session.

    Raises:
        ResourceNotFoundError: there is no such operation.
        ConflictError: it documents no 429 response.
    """
    found = _operation(context, api, operation)
    if found.response(429) is None:
        raise ConflictError(f"{operation} documents no 429, so it cannot refuse a request so. Set a fault.")
    limit = RequestLimit(body["requests"], float(body["seconds"]))
    _keep(session, {**session.conditions.limits, limit_name(api, operation): limit})
    forget_use(session.state, limit_name(api, operation))
    return Response(200, _shown(context, session, found, limit, "session"))


def _operation(context: AdminContext, api: str, operation: str) -> Operation:
    service = context.service(api)
    if operation not in service.document.index:
        raise ResourceNotFoundError(f"{api} has no operation {operation!r}.")
    found = service.document.operation(operation)
    return found if found.overrides is None else service.document.operation(found.overrides)


def remove_limit(context: AdminContext, session: Session, *, api: str, operation: str) -> Response:
    """Remove an operation's rate limit in the session, including one of its fixture file or document."""
    found = _operation(context, api, operation)
    left = {**session.conditions.limits, limit_name(api, found.id): None}
    if context.services[api].limit_of(found)[0] is None:
        del left[limit_name(api, found.id)]
    _keep(session, left)
    forget_use(session.state, limit_name(api, found.id))
    return NOTHING


def remove_limits(context: AdminContext, session: Session) -> Response:
    """Restore the rate limits of fixture files and documents, and reset all counts."""
    for name in session.conditions.limits:
        forget_use(session.state, name)
    for service in context.services.values():
        for operation, _, _ in _in_force(session, service):
            forget_use(session.state, limit_name(service.name, operation.id))
    _keep(session, {})
    return NOTHING


def _keep(session: Session, limits: Mapping[str, RequestLimit | None]) -> None:
    """Set the session's limits, unless nothing changes."""
    if limits != session.conditions.limits:
        session.state.set_conditions(replace(session.conditions, limits=limits))


HANDLERS: Mapping[str, AdminHandler] = {
    "listLimits": list_limits,
    "putLimit": put_limit,
    "removeLimit": remove_limit,
    "removeLimits": remove_limits,
}
