"""Answer a valid request: with a forced answer, as the caller prefers, or as the operation behaves."""

import asyncio
from collections.abc import Awaitable

from mockserver.behaviour.preferences import NO_PREFERENCES, Preferences, parse
from mockserver.http.endpoint import Endpoint, RawResponse
from mockserver.http.exchange import EXCHANGE, Exchange, RawHeaders, Receive, Scope, Send, send_answer
from mockserver.http.outgoing.outbox import Outbox
from mockserver.state.clock import Sleep

# RFC 9745 wants the moment of deprecation, which documents do not tell: it was before anybody asked.
_DEPRECATED = (b"deprecation", b"@0")


class Dispatcher:
    """The application inside Connexion's middleware.

    A handler runs to its end before another starts: it is called from the event loop and never awaits.
    """

    def __init__(self, sleep: Sleep = asyncio.sleep, outbox: Outbox | None = None) -> None:
        self._sleep = sleep
        self._outbox = outbox or Outbox()

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer one request."""
        exchange: Exchange = scope[EXCHANGE]
        endpoint: Endpoint = exchange.endpoint
        if exchange.intervention is None and b"prefer" not in exchange.headers and endpoint.is_plain:
            answer = endpoint.answer(exchange)
            if not exchange.emitted:
                return send_answer(exchange, send, *answer)
            return self._send_and_emit(endpoint, exchange, answer, send)
        return self._answer_specially(endpoint, exchange, send)

    async def _answer_specially(self, endpoint: Endpoint, exchange: Exchange, send: Send) -> None:
        """Answer where the session, the caller or the document wants more than the answer itself."""
        if endpoint.operation.deprecated:
            exchange.reply_headers = [*exchange.reply_headers, _DEPRECATED]
        forced = None if exchange.intervention is None else exchange.intervention.given()
        if forced is not None:
            await send_answer(exchange, send, *endpoint.forced(forced))
            return
        prefer = exchange.header("prefer")
        preferences = NO_PREFERENCES if prefer is None else parse(prefer)
        if preferences is NO_PREFERENCES:
            answer = endpoint.answer(exchange)
        else:
            answer = await self._preferred(endpoint, exchange, preferences)
        await self._send_and_emit(endpoint, exchange, answer, send)
        if endpoint.callbacks and answer[0] < 400:
            self._outbox.send(endpoint.outgoing(exchange, answer), exchange)

    async def _send_and_emit(
        self, endpoint: Endpoint, exchange: Exchange, answer: RawResponse, send: Send
    ) -> None:
        """Answer, then send the webhooks that the handler emitted."""
        await send_answer(exchange, send, *answer)
        if exchange.emitted:
            self._outbox.send(endpoint.emitted(exchange), exchange)

    async def _preferred(
        self, endpoint: Endpoint, exchange: Exchange, preferences: Preferences
    ) -> RawResponse:
        """Answer as the caller prefers; a preference for anything but a delay ignores the state."""
        others, delay = exchange.reply_headers, Preferences(delay=preferences.delay)
        exchange.reply_headers = [*others, *_applied(delay)]
        if preferences.delay:
            await self._sleep(preferences.delay / 1000)
        if preferences == delay:
            return endpoint.answer(exchange)
        answer = endpoint.documented(exchange, preferences)
        exchange.reply_headers = [*others, *_applied(preferences)]
        return answer


def _applied(preferences: Preferences) -> RawHeaders:
    """`Preference-Applied`, where anything was."""
    stated = preferences.applied().encode("latin-1", "replace")
    return [(b"preference-applied", stated)] if stated else []
