"""Answer a request that has passed every check: the handler, or what the document itself offers."""

import inspect
import re
from collections.abc import Iterable, Mapping
from typing import Any

from mockserver.behaviour.backend import Backend, Handler
from mockserver.errors import ConfigurationError, NotImplementedByMockError
from mockserver.openapi.model import Operation
from mockserver.server.answers import AnswerChecker
from mockserver.server.exchange import EXCHANGE, Exchange, Receive, Scope, Send, send_answer
from mockserver.server.service import Service

_SHADOWED = {"id", "type", "format", "filter", "hash", "input", "object", "range", "max", "min", "from", "in"}


def keyword_of(parameter: str) -> str:
    """The keyword by which handlers know a parameter: `userId` is `user_id`, `id` is `id_`."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", parameter).lower()
    snake = re.sub(r"\W", "_", snake)
    return snake + "_" if snake in _SHADOWED else snake


class _Call:
    """A handler with the parameters it names, bound to one operation."""

    def __init__(self, handler: Handler, operation: Operation, service: Service) -> None:
        self._handler = handler
        self._service = service
        self._answers = AnswerChecker(operation, service)
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

    def run(self, exchange: Exchange) -> tuple[int, Any, bytes]:
        service = self._service
        clock = service.clock
        if exchange.staged is not None:
            forced = exchange.staged.response()
            if forced is not None:
                return self._answers.encode(forced)
            clock = exchange.staged.clock
        backend = Backend(service.store, exchange.session, service.name, clock, exchange.identity)
        arguments = {name: exchange.arguments.get(key) for name, key in self._arguments}
        if self._takes_body:
            arguments["body"] = exchange.body_value
        return self._answers.encode(self._handler(backend, **arguments))


class Dispatcher:
    """The application inside Connexion's middleware.

    A handler runs to its end before another starts: it is called from the event loop and never awaits.
    """

    def __init__(self, services: Iterable[Service]) -> None:
        self._services: Mapping[str, Service] = {service.name: service for service in services}
        self._calls: dict[tuple[str | None, str | None], _Call] = {}
        for service in self._services.values():
            _match_handlers(service)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange: Exchange = scope[EXCHANGE]
        key = (exchange.api, exchange.operation_id)
        call = self._calls.get(key) or self._bind(*key)
        status, headers, body = call.run(exchange)
        await send_answer(exchange, send, status, headers, body)

    def _bind(self, api: str | None, operation_id: str | None) -> _Call:
        service = self._services[str(api)]
        operation = service.document.operation(str(operation_id))
        handler = service.behaviour.handlers.get(operation.overrides or operation.id)
        if handler is None:
            raise NotImplementedByMockError(f"{operation.id} has no handler.")
        call = self._calls[api, operation_id] = _Call(handler, operation, service)
        return call


def _match_handlers(service: Service) -> None:
    """Refuse handlers for operations that the document does not have: one of the two was renamed."""
    unknown = sorted(set(service.behaviour.handlers) - set(service.document.index))
    if unknown:
        raise ConfigurationError(
            f"{service.document.file} has no operation for the handlers {', '.join(unknown)}."
        )
    for operation_id, handler in service.behaviour.handlers.items():
        _Call(handler, service.document.operation(operation_id), service)
