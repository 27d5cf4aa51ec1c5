"""The behaviour of an operation, its handler or what its document implies, and what it gets of a request."""

import copy
import inspect
import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from mockserver.behaviour.backend import Backend, Handler, Response
from mockserver.behaviour.handler_files import failure, handler_name, place, wanted
from mockserver.behaviour.handler_request import Request, UploadedFile
from mockserver.behaviour.response_choice import choose
from mockserver.errors import HandlerFailedError, MockserverError
from mockserver.http.exchange import NOTHING, Exchange, base_url_of
from mockserver.http.request.form_bodies import read_multipart
from mockserver.http.served_api import Service
from mockserver.openapi import media_types, streams
from mockserver.openapi.operation import Operation
from mockserver.resources.fallback import Answerer
from mockserver.state.clock import Clock

_SLOW_SECONDS = 0.1
"""Handlers that take longer are logged, because they block the event loop."""

log = logging.getLogger("mockserver")

Responder = Callable[[Exchange], Any]
"""Answers a request that has passed every check: returns a `Response`, or an awaitable of one."""


def bind(operation: Operation, service: Service) -> Responder:
    """The behaviour of an operation: its handler, else inferred state, else a documented response."""
    handler = handler_of(operation, service)
    if handler is not None:
        return bind_handler(handler, operation, service)
    respond, backend_of = service.fallback.bind(operation), backends(service)
    return lambda exchange: respond(backend_of(exchange), request_of(exchange, service))


def handler_of(operation: Operation, service: Service) -> Handler | None:
    """The API's handler of an operation, or of the operation that it overrides."""
    return service.handlers.handlers.get(operation.behaviour_id)


def backends(service: Service) -> Callable[[Exchange], Backend]:
    """A function that makes the backend of a request."""
    name, own_clock, seed = service.name, service.clock, service.settings.seed
    locale, rules = service.fixture.locale, service.fallback.rules

    def backend_of(exchange: Exchange) -> Backend:
        intervention = exchange.intervention
        clock = own_clock if intervention is None else intervention.clock
        return Backend(exchange.state, name, clock, exchange.identity, seed, locale, rules)

    return backend_of


def clock_of(exchange: Exchange, service: Service) -> Clock:
    """The session's clock."""
    return service.clock if exchange.intervention is None else exchange.intervention.clock


def now_of(exchange: Exchange, service: Service) -> datetime:
    """The current time of the session."""
    return clock_of(exchange, service).now()


def request_of(exchange: Exchange, service: Service) -> Request:
    """Convert a valid request into the form that behaviours get."""
    accept, body = exchange.header("accept"), exchange.body_value
    body_type = None
    uploads: tuple[tuple[str, UploadedFile], ...] = ()
    if exchange.body:
        content_type = exchange.header("content-type")
        body_type = media_types.plain(content_type) if content_type else None
        if isinstance(body, dict):
            if "stream" in body:
                accept = streams.wanted(exchange.endpoint.operation, body, accept)
            if body_type is not None and media_types.is_multipart_form(body_type):
                uploads = _uploads(exchange.body, str(content_type))
    return Request(
        base_url_of(exchange, service.settings.public_url),
        exchange.prefix + exchange.path,
        exchange.method,
        exchange.prefix + exchange.base_path,
        exchange.query if exchange.query_string else NOTHING,
        exchange.arguments,
        body,
        exchange.body,
        body_type,
        accept,
        exchange.headers,
        dict(reversed(uploads)) if uploads else NOTHING,
        uploads,
    )


def _uploads(content: bytes, content_type: str) -> tuple[tuple[str, UploadedFile], ...]:
    """The files of a multipart form, each with its field's name."""
    found = read_multipart(content, content_type)
    return tuple((name.removesuffix("[]"), value) for name, value in found if isinstance(value, UploadedFile))


def bind_handler(handler: Handler, operation: Operation, service: Service) -> Callable[[Exchange], Response]:
    """Bind a handler to the parameters and helpers that it takes.

    Raises:
        ConfigurationError: the handler takes an argument that the operation does not have.
    """
    parameters, others = wanted(handler, operation)
    defaults = _defaults(handler, operation, service)
    keys = tuple((name, key, defaults[name]) for name, key in parameters)
    more = _Others(operation, service, others) if others - {"body"} else None
    takes_body = "body" in others
    backend_of = backends(service)

    def behave(exchange: Exchange) -> Response:
        sent = exchange.arguments
        arguments = {name: sent.get(key, default) for name, key, default in keys}
        if takes_body:
            arguments["body"] = exchange.body_value
        backend = backend_of(exchange)
        if more is not None:
            more.add(arguments, backend, exchange)
        started = time.perf_counter()
        try:
            returned = handler(backend, **arguments)
        except MockserverError:
            raise
        except Exception as error:
            raise HandlerFailedError(f"The handler failed: {failure(handler, error)}") from error
        taken = time.perf_counter() - started
        if taken > _SLOW_SECONDS:
            _tell_slow(handler, taken, exchange)
        exchange.emitted, exchange.decided = backend.emitted, backend.decided
        return returned if isinstance(returned, Response) else _response(returned, handler, operation)

    return behave


def _defaults(handler: Handler, operation: Operation, service: Service) -> dict[str, Any]:
    """Values of keywords that a request omits: the document's default, else the handler's, else None."""
    documented: dict[tuple[str, str], Any] = {
        (entry.location, entry.name): entry.schema for entry in operation.parameters
    }
    own = inspect.signature(handler).parameters
    found = {}
    for name, key in wanted(handler, operation).parameters:
        default = None if own[name].default is inspect.Parameter.empty else own[name].default
        found[name] = service.document.schemas.target(documented[key]).get("default", default)
    return found


class _Others:
    """Arguments that a handler may take in addition to parameters and body."""

    def __init__(self, operation: Operation, service: Service, names: frozenset[str]) -> None:
        self._service = service
        self._names = names
        self._respond = service.fallback.bind(operation) if "default" in names else None

    def add(self, arguments: dict[str, Any], backend: Backend, exchange: Exchange) -> None:
        """Add the arguments that the handler takes to a call."""
        request = request_of(exchange, self._service)
        if "request" in self._names:
            arguments["request"] = request
        if "files" in self._names:
            arguments["files"] = _files(exchange)
        if self._respond is not None:
            arguments["default"] = partial(_changeable, self._respond, backend, request)


def _changeable(respond: Answerer, backend: Backend, request: Request) -> Response:
    """The default response with a body that a handler may change; others may be cached."""
    response = respond(backend, request)
    return response._replace(body=copy.deepcopy(response.body))


def _files(exchange: Exchange) -> dict[str, Any]:
    """The files of a multipart form by field name; a list if a field has several."""
    content_type = exchange.header("content-type") or ""
    if not media_types.is_multipart_form(media_types.plain(content_type)):
        return {}
    found: dict[str, list[UploadedFile]] = {}
    for name, value in read_multipart(exchange.body, content_type):
        if isinstance(value, UploadedFile):
            found.setdefault(name, []).append(value)
    return {name: files[0] if len(files) == 1 else files for name, files in found.items()}


def _tell_slow(handler: Handler, seconds: float, exchange: Exchange) -> None:
    note = (
        f"The handler {handler_name(handler)} took {seconds * 1000:,.0f} ms: "
        "other requests wait while a handler runs."
    )
    exchange.notes = (*exchange.notes, note)
    log.warning("%s (%s)", note, place(handler))


def _response(returned: Any, handler: Handler, operation: Operation) -> Response:
    """Convert a handler's return value into the documented success response.

    Raises:
        HandlerFailedError: the handler returned an unsupported type.
    """
    choice = choose(operation)
    if isinstance(returned, Mapping | list) or (returned is None and choice.media_type is None):
        return Response(choice.status, returned)
    raise HandlerFailedError(
        f"The handler {handler_name(handler)} ({place(handler)}) returned {type(returned).__name__}. "
        "Return a Response, or a dict or a list for the documented success."
    )
