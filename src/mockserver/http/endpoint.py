"""One operation as one value: how requests are read, who may call, what answers, how responses are checked.

Every front end uses endpoints: the mock runs them, the admin API is made of them, the proxy validates both
directions with them, and `check` asks them as its model. Nothing else puts these parts together.
"""

import inspect
import logging
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, TypeVar

from mockserver.behaviour.backend import Backend, Handler, Response
from mockserver.behaviour.callbacks import Callbacks
from mockserver.behaviour.handler_request import Request
from mockserver.behaviour.outgoing_requests import OutgoingRequest
from mockserver.behaviour.preferences import Preferences
from mockserver.errors import (
    CHALLENGE,
    ApiError,
    ConfigurationError,
    DocumentError,
    HandlerFailedError,
    MethodNotAllowedError,
    MockserverError,
    NotImplementedByMockError,
    PathNotFoundError,
)
from mockserver.http import json_text
from mockserver.http.access.access_rules import AccessRule, SecuritySchemes
from mockserver.http.exchange import Exchange, RawHeaders, base_url_of
from mockserver.http.request.request_contract import RequestContract
from mockserver.http.response.response_contract import ResponseContract
from mockserver.http.router import Router
from mockserver.http.served_api import Service
from mockserver.openapi import media_types
from mockserver.openapi.names import snake_case
from mockserver.openapi.operation import Operation
from mockserver.resources.operations.executor import combined
from mockserver.state.session_overrides import ForcedAnswer

_SHADOWED = {"id", "type", "format", "filter", "hash", "input", "object", "range", "max", "min", "from", "in"}

RawResponse = tuple[int, RawHeaders, bytes]
"""A response as it is sent: status, header fields, body."""

Responder = Callable[[Exchange], Any]
"""Answers a request that has passed every check: a `Response`, or an awaitable of one."""

Behave = Callable[[Operation, Service], Responder]
"""Chooses the behaviour of an operation."""

Part = TypeVar("Part")

log = logging.getLogger("mockserver")


class part(cached_property[Part]):  # noqa: N801  a decorator, as `cached_property` is
    """A part of an endpoint, compiled at its first use.

    Raises:
        NotImplementedByMockError: the document breaks the operation; the other operations are served.
    """

    def __get__(self, endpoint: object, owner: Any = None) -> Part:  # type: ignore[override]
        try:
            compiled: Part = super().__get__(endpoint, owner)
        except (DocumentError, ValueError, LookupError, RecursionError) as error:
            operation: Operation = vars(endpoint)["operation"]
            raise _broken(operation.id, error) from None
        return compiled


def _broken(operation_id: str, error: Exception) -> NotImplementedByMockError:
    return NotImplementedByMockError(f"{operation_id} cannot be served as it is documented: {error}")


class Endpoint:
    """One operation of a served API.

    Attributes:
        operation: what the document says.
        service: the API that it belongs to.
        access: who may call it.
        request: how its requests are read and validated.
        behaviour: what answers a valid request.
        response: how its responses are validated and encoded.
        callbacks: the requests that it sends after a response.
    """

    def __init__(
        self, operation: Operation, service: Service, schemes: SecuritySchemes, behave: Behave
    ) -> None:
        self.operation = operation
        self.service = service
        self._schemes = schemes
        self._behave = behave

    @part
    def access(self) -> AccessRule:
        """See the class."""
        return AccessRule(self.operation, self._schemes, self.service.settings.auth)

    @part
    def request(self) -> RequestContract:
        """See the class."""
        return RequestContract(self.operation, self.service)

    @part
    def behaviour(self) -> Responder:
        """See the class."""
        return self._behave(self.operation, self.service)

    @part
    def response(self) -> ResponseContract:
        """See the class."""
        return ResponseContract(self.operation, self.service)

    @part
    def callbacks(self) -> Callbacks:
        """See the class."""
        return self.service.fallback.callbacks(self.operation)

    @part
    def is_plain(self) -> bool:
        """Whether the answer is all there is: no callbacks, no note that the operation is deprecated."""
        return not self.operation.deprecated and not self.callbacks

    def compile(self) -> None:
        """Compile what the document says, which is otherwise done at the first use of each part.

        Raises:
            NotImplementedByMockError: the document breaks the operation.
        """
        _ = self.access, self.request, self.response

    @property
    def is_informed(self) -> bool:
        """Whether a handler knows how the operation behaves, beyond what its document says."""
        return handler_of(self.operation, self.service) is not None

    def answer(self, exchange: Exchange) -> RawResponse:
        """Answer a valid request; what it writes is one unit."""
        behaviour = self.behaviour
        with self.service.store.unit(exchange.session):
            response = behaviour(exchange)
        return self.response.encode(response)

    def documented(self, exchange: Exchange, preferences: Preferences) -> RawResponse:
        """Answer a valid request with what the document has, whatever the state is."""
        response = self.service.fallback.documented(
            self.operation, preferences, request_of(exchange, self.service)
        )
        return self.response.encode(response)

    def forced(self, forced: ForcedAnswer) -> RawResponse:
        """Encode a forced answer, which was validated when it was set."""
        negotiator, status = self.service.fallback.negotiator, forced.status
        body, media_type = forced.body, forced.media_type
        if forced.made:
            made = negotiator.answer(self.operation, Preferences(code=status), media_type)
            body, media_type = made.body, made.content_type
        headers = combined(CHALLENGE.get(status, ()), negotiator.headers(self.operation, status))
        return self.response.encode(Response(status, body, media_type, headers, checked=True))

    def outgoing(self, exchange: Exchange, answer: RawResponse) -> list[OutgoingRequest]:
        """The requests that the operation's callbacks send after an answer."""
        status, headers, content = answer
        fields = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
        media_type = dict(fields).get("content-type", "")
        body = json_text.decode(content) if content and media_types.is_json(media_type) else None
        response = Response(status, body, headers=fields)
        try:
            return list(
                self.callbacks.outgoing(request_of(exchange, self.service), response, exchange.method)
            )
        except (KeyError, TypeError, ValueError, RecursionError):  # the document's defect harms no answer
            log.warning("The callbacks of %s cannot be made", self.operation.id, exc_info=True)
            return []


class Endpoints:
    """The endpoints of served APIs: each is made when its operation is first asked for."""

    def __init__(self, services: Mapping[str, Service], router: Router, behave: Behave | None = None) -> None:
        """`behave` chooses what answers; by default the API's handler, else what its document implies."""
        self.router = router
        self._services = services
        self._behave = behave or bind
        self._schemes = {name: SecuritySchemes(service) for name, service in services.items()}
        self._endpoints: dict[tuple[str, str], Endpoint] = {}

    def route(self, exchange: Exchange) -> None:
        """Find the endpoint of a request: put it, or why there is none, into the exchange."""
        try:
            route, exchange.path_parameters = self.router.find(exchange.method, exchange.path, exchange)
        except (PathNotFoundError, MethodNotAllowedError) as error:
            exchange.unrouted = error
            return
        key = exchange.api, exchange.operation_id = route.api, route.operation_id
        exchange.base_path, exchange.context = route.base_path, route.context
        try:
            exchange.endpoint = self._endpoints.get(key) or self.endpoint(*key)
        except NotImplementedByMockError as error:
            exchange.unrouted = error

    def endpoint(self, api: str, operation_id: str) -> Endpoint:
        """The endpoint of an operation.

        Raises:
            NotImplementedByMockError: the document breaks the operation.
            KeyError: there is no such operation.
        """
        key = (api, operation_id)
        if key not in self._endpoints:
            service = self._services[api]
            try:
                operation = service.document.operation(operation_id)
            except (DocumentError, ValueError, RecursionError) as error:
                raise _broken(operation_id, error) from None
            self._endpoints[key] = Endpoint(operation, service, self._schemes[api], self._behave)
        return self._endpoints[key]

    def refusal(self, exchange: Exchange) -> ApiError | None:
        """Why a request has no endpoint; notes in the exchange which operations were probably meant."""
        error = exchange.unrouted
        if isinstance(error, PathNotFoundError | MethodNotAllowedError):
            exchange.near = self.router.near(exchange.method, exchange.path)
        return error


def handler_of(operation: Operation, service: Service) -> Handler | None:
    """The API's handler of an operation, or of the one that it stands in for."""
    return service.behaviour.handlers.get(operation.overrides or operation.id)


def bind(operation: Operation, service: Service) -> Responder:
    """What answers an operation: its handler, else inferred state, else what the document has."""
    handler = handler_of(operation, service)
    if handler is not None:
        return bind_handler(handler, operation, service)
    respond = service.fallback.bind(operation)
    return lambda exchange: respond(_backend(exchange, service), request_of(exchange, service))


def keyword_of(parameter: str) -> str:
    """The keyword by which handlers know a parameter: `userId` is `user_id`, `id` is `id_`."""
    name = snake_case(parameter)
    return name + "_" if name in _SHADOWED else name


def bind_handler(handler: Handler, operation: Operation, service: Service) -> Responder:
    """Bind a handler to the parameters that it names.

    Raises:
        ConfigurationError: it is a coroutine or a generator, or names what the operation does not have.
    """
    name = f"The handler {handler.__name__} of {operation.id}"
    if inspect.iscoroutinefunction(handler) or inspect.isgeneratorfunction(handler):
        kind = "async def" if inspect.iscoroutinefunction(handler) else "a generator"
        raise ConfigurationError(f"{name} is {kind}. Handlers are plain functions: write def, and return.")
    known = {keyword_of(entry.name): (entry.location, entry.name) for entry in operation.parameters}
    wanted = list(inspect.signature(handler).parameters)[1:]
    unknown = next((entry for entry in wanted if entry not in known and entry != "body"), None)
    if unknown is not None:
        names = ", ".join(known)
        raise ConfigurationError(
            f"{name} asks for {unknown!r}; the operation has {names or 'no parameters'}."
        )
    keys = [(entry, known[entry]) for entry in wanted if entry in known]
    takes_body = "body" in wanted and "body" not in known

    def behave(exchange: Exchange) -> Response:
        arguments = {entry: exchange.arguments.get(key) for entry, key in keys}
        if takes_body:
            arguments["body"] = exchange.body_value
        try:
            return handler(_backend(exchange, service), **arguments)
        except MockserverError:
            raise
        except Exception as error:
            raise HandlerFailedError(_failure(handler, error)) from error

    return behave


def _failure(handler: Handler, error: Exception) -> str:
    """What went wrong in a handler, with the place in its file."""
    code = getattr(handler, "__code__", None)
    trace, line = error.__traceback__, 0
    while trace is not None:
        if code is None or trace.tb_frame.f_code.co_filename == code.co_filename:
            line = trace.tb_lineno
        trace = trace.tb_next
    file = code.co_filename.rpartition("/")[2] if code is not None else "?"
    return f"{file}:{line} in {handler.__name__}: {type(error).__name__}. The log has the traceback."


def _backend(exchange: Exchange, service: Service) -> Backend:
    clock = service.clock if exchange.intervention is None else exchange.intervention.clock
    return Backend(service.store, exchange.session, service.name, clock, exchange.identity)


def request_of(exchange: Exchange, service: Service) -> Request:
    """A valid request as behaviours see it."""
    content_type = exchange.header("content-type") if exchange.body else None
    return Request(
        origin=base_url_of(exchange, service.settings.public_url),
        path=exchange.prefix + exchange.path,
        prefix=exchange.prefix + exchange.base_path,
        query=exchange.query,
        arguments=exchange.arguments,
        body=exchange.body_value,
        body_type=media_types.plain(content_type) if content_type else None,
        accept=exchange.header("accept"),
        headers=exchange.headers,
    )
