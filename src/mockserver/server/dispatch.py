"""Answer a request that has passed every check: the handler, or what the document itself offers."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

from mockserver.behaviour.preferences import NO_PREFERENCES, Preferences, parse
from mockserver.server.calls import Answer, Call, FallbackCall, HandlerCall
from mockserver.server.exchange import EXCHANGE, Exchange, RawHeaders, Receive, Scope, Send, send_answer
from mockserver.server.outbox import Outbox
from mockserver.server.service import Service

Sleep = Callable[[float], Awaitable[None]]

# RFC 9745 wants the moment of deprecation, which documents do not tell: it was before anybody asked.
_DEPRECATED = (b"deprecation", b"@0")


class Dispatcher:
    """The application inside Connexion's middleware.

    A handler runs to its end before another starts: it is called from the event loop and never awaits.
    """

    def __init__(
        self, services: Iterable[Service], sleep: Sleep = asyncio.sleep, outbox: Outbox | None = None
    ) -> None:
        self._services: Mapping[str, Service] = {service.name: service for service in services}
        self._sleep = sleep
        self._outbox = outbox or Outbox()
        self._calls: dict[tuple[str | None, str | None], Call] = {}
        for service in self._services.values():
            _match_handlers(service)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer one request."""
        exchange: Exchange = scope[EXCHANGE]
        key = (exchange.api, exchange.operation_id)
        call = self._calls.get(key) or self._bind(*key)
        if exchange.staged is None and b"prefer" not in exchange.headers and not call.is_special:
            return send_answer(exchange, send, *call.run(exchange, scope))
        return self._answer_specially(call, exchange, scope, send)

    async def _answer_specially(self, call: Call, exchange: Exchange, scope: Scope, send: Send) -> None:
        """Answer where the session, the caller or the document wants more than the answer itself."""
        if call.operation.deprecated:
            exchange.reply_headers = [*exchange.reply_headers, _DEPRECATED]
        forced = None if exchange.staged is None else exchange.staged.given()
        if forced is not None:
            await send_answer(exchange, send, *call.force(forced))
            return
        prefer = exchange.header("prefer")
        preferences = NO_PREFERENCES if prefer is None else parse(prefer)
        if preferences is NO_PREFERENCES:
            status, headers, body = call.run(exchange, scope)
        else:
            status, headers, body = await self._preferred(call, exchange, scope, preferences)
        await send_answer(exchange, send, status, headers, body)
        if call.callbacks and status < 400:
            self._outbox.send(call.outgoing(exchange, scope, (status, headers, body)), exchange)

    async def _preferred(
        self, call: Call, exchange: Exchange, scope: Scope, preferences: Preferences
    ) -> Answer:
        """Answer as the caller prefers; a preference for anything but a delay passes the state by."""
        others, delay = exchange.reply_headers, Preferences(delay=preferences.delay)
        exchange.reply_headers = [*others, *_applied(delay)]
        if preferences.delay:
            await self._sleep(preferences.delay / 1000)
        if preferences == delay:
            return call.run(exchange, scope)
        answer = call.prefer(exchange, scope, preferences)
        exchange.reply_headers = [*others, *_applied(preferences)]
        return answer

    def _bind(self, api: str | None, operation_id: str | None) -> Call:
        service = self._services[str(api)]
        operation = service.document.operation(str(operation_id))
        handler = service.behaviour.handlers.get(operation.overrides or operation.id)
        call: Call = (
            FallbackCall(operation, service) if handler is None else HandlerCall(handler, operation, service)
        )
        self._calls[api, operation_id] = call
        return call


def _applied(preferences: Preferences) -> RawHeaders:
    """`Preference-Applied`, where anything was."""
    stated = preferences.applied().encode("latin-1", "replace")
    return [(b"preference-applied", stated)] if stated else []


def _match_handlers(service: Service) -> None:
    """Refuse handlers that do not take what their operation gives."""
    for operation_id, handler in service.behaviour.handlers.items():
        HandlerCall(handler, service.document.operation(operation_id), service)
