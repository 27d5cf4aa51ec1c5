"""What runs when a request has passed every check: a handler, or the fallback, bound to one operation."""

import inspect
import logging
import re
from typing import Any, Protocol

from connexion.middleware.abstract import ROUTING_CONTEXT

from mockserver.behaviour.backend import Backend, Handler, Response
from mockserver.behaviour.callbacks import Callbacks
from mockserver.behaviour.outgoing import Outgoing
from mockserver.behaviour.preferences import Preferences
from mockserver.behaviour.requests import Request
from mockserver.behaviour.resources.answering import combined
from mockserver.data.conditions import ForcedAnswer
from mockserver.errors import ConfigurationError
from mockserver.openapi.model import Operation
from mockserver.server import json_text
from mockserver.server.answers import AnswerChecker
from mockserver.server.exchange import Exchange, RawHeaders, Scope
from mockserver.server.service import Service

_SHADOWED = {"id", "type", "format", "filter", "hash", "input", "object", "range", "max", "min", "from", "in"}

CHALLENGE = {401: (("WWW-Authenticate", 'Bearer error="invalid_token"'),)}
"""What an answer of a status carries when somebody wants it (RFC 9110 section 15.5.2)."""

Answer = tuple[int, RawHeaders, bytes]

log = logging.getLogger("mockserver")


def keyword_of(parameter: str) -> str:
    """The keyword by which handlers know a parameter: `userId` is `user_id`, `id` is `id_`."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", parameter).lower()
    snake = re.sub(r"\W", "_", snake)
    return snake + "_" if snake in _SHADOWED else snake


class Call(Protocol):
    """One operation, ready to answer."""

    operation: Operation
    callbacks: Callbacks
    #: Whether the document wants more than the answer: a note that it is deprecated, callbacks.
    is_special: bool

    def run(self, exchange: Exchange, scope: Scope) -> Answer:
        """Answer one request."""
        ...

    def prefer(self, exchange: Exchange, scope: Scope, preferences: Preferences) -> Answer:
        """Answer one request with what the document offers, as the caller prefers it."""
        ...

    def force(self, forced: ForcedAnswer) -> Answer:
        """Answer what somebody wants it to, whatever was asked."""
        ...

    def outgoing(self, exchange: Exchange, scope: Scope, answer: Answer) -> list[Outgoing]:
        """The requests that its callbacks send after an answer."""
        ...


class _Documented:
    """An operation that can answer with what its document offers."""

    def __init__(self, operation: Operation, service: Service) -> None:
        self.operation = operation
        self._service = service
        self._answers = AnswerChecker(operation, service)
        self.callbacks = service.fallback.callbacks(operation)
        self.is_special = operation.deprecated or bool(self.callbacks)

    def outgoing(self, exchange: Exchange, scope: Scope, answer: Answer) -> list[Outgoing]:
        """See `Call.outgoing`."""
        status, headers, content = answer
        fields = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
        media_type = dict(fields).get("content-type", "").partition(";")[0]
        body = json_text.decode(content) if content and media_type.endswith("json") else None
        response = Response(status, body, headers=fields)
        request = request_of(exchange, scope)
        try:
            return list(self.callbacks.outgoing(request, response, exchange.method))
        except (KeyError, TypeError, ValueError, RecursionError):  # the document's defect harms no answer
            log.warning("The callbacks of %s cannot be made", self.operation.id, exc_info=True)
            return []

    def prefer(self, exchange: Exchange, scope: Scope, preferences: Preferences) -> Answer:
        """See `Call.prefer`."""
        request = request_of(exchange, scope)
        return self._answers.encode(self._service.fallback.documented(self.operation, preferences, request))

    def force(self, forced: ForcedAnswer) -> Answer:
        """See `Call.force`; what was said has been held to the document before."""
        negotiator, status = self._service.fallback.negotiator, forced.status
        body, media_type = forced.body, forced.media_type
        if forced.made:
            made = negotiator.answer(self.operation, Preferences(code=status), media_type)
            body, media_type = made.body, made.content_type
        headers = combined(CHALLENGE.get(status, ()), negotiator.headers(self.operation, status))
        return self._answers.encode(Response(status, body, media_type, headers, checked=True))

    def _backend(self, exchange: Exchange) -> Backend:
        service = self._service
        clock = service.clock if exchange.staged is None else exchange.staged.clock
        return Backend(service.store, exchange.session, service.name, clock, exchange.identity)


class HandlerCall(_Documented):
    """A handler with the parameters it names, bound to one operation."""

    def __init__(self, handler: Handler, operation: Operation, service: Service) -> None:
        super().__init__(operation, service)
        self._handler = handler
        known = {keyword_of(entry.name): (entry.location, entry.name) for entry in operation.parameters}
        wanted = list(inspect.signature(handler).parameters)[1:]
        self._takes_body = "body" in wanted
        self._arguments: list[tuple[str, Any]] = []
        for name in wanted:
            if name in known:
                self._arguments.append((name, known[name]))
            elif name != "body":
                names = ", ".join(known)
                raise ConfigurationError(
                    f"The handler {handler.__name__} of {operation.id} asks for {name!r}; "
                    f"the operation has {names or 'no parameters'}."
                )

    def run(self, exchange: Exchange, scope: Scope) -> Answer:
        """See `Call.run`."""
        arguments = {name: exchange.arguments.get(key) for name, key in self._arguments}
        if self._takes_body:
            arguments["body"] = exchange.body_value
        return self._answers.encode(self._handler(self._backend(exchange), **arguments))


class FallbackCall(_Documented):
    """An operation without a handler: inferred state, or what the document offers."""

    def __init__(self, operation: Operation, service: Service) -> None:
        super().__init__(operation, service)
        self._answer = service.fallback.bind(operation)

    def run(self, exchange: Exchange, scope: Scope) -> Answer:
        """See `Call.run`."""
        return self._answers.encode(self._answer(self._backend(exchange), request_of(exchange, scope)))


def request_of(exchange: Exchange, scope: Scope) -> Request:
    """What the fallback sees of a request."""
    content_type = exchange.header("content-type") if exchange.body else None
    host = exchange.header("host") or "localhost"
    return Request(
        origin=f"{scope.get('scheme', 'http')}://{host}",
        path=exchange.prefix + exchange.path,
        prefix=exchange.prefix + scope["extensions"][ROUTING_CONTEXT]["base_path"],
        query=exchange.query,
        arguments=exchange.arguments,
        body=exchange.body_value,
        body_type=content_type.partition(";")[0].strip().lower() if content_type else None,
        accept=exchange.header("accept"),
        headers=exchange.headers,
    )
