"""Answer a valid request: with a forced answer, as the caller prefers, or as the operation behaves."""

from functools import partial

from mockserver.behaviour.preferences import NO_PREFERENCES, Preferences, parse
from mockserver.behaviour.scenario_player import FORCED, ScenarioPlayer
from mockserver.errors import error_of
from mockserver.http.endpoint import Endpoint, RawResponse
from mockserver.http.exchange import EXCHANGE, Exchange, RawHeaders, Receive, Scope, Send, send_answer
from mockserver.http.outgoing.outbox import Outbox
from mockserver.http.response.paced_streams import send_paced
from mockserver.openapi import media_types
from mockserver.state.clock import Sleep
from mockserver.state.overlay import Overlay
from mockserver.state.session_store import Sessions

# RFC 9745 wants the moment of deprecation, which documents do not tell: it was before anybody asked.
_DEPRECATED = (b"deprecation", b"@0")


class Dispatcher:
    """The application inside Connexion's middleware: a request's unit of work.

    A handler runs to its end before another starts: it is called from the event loop and never awaits.
    """

    def __init__(self, sessions: Sessions, player: ScenarioPlayer, sleep: Sleep, outbox: Outbox) -> None:
        self._sessions = sessions
        self._player = player
        self._sleep = sleep
        self._outbox = outbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange: Exchange = scope[EXCHANGE]
        endpoint: Endpoint = exchange.endpoint
        if exchange.intervention is None and b"prefer" not in exchange.headers and endpoint.is_plain:
            answer = await self._sessions.run(
                exchange.session, partial(endpoint.answer, exchange), exchange.opened, exchange.started
            )
            await self._send_and_emit(endpoint, exchange, answer, receive, send)
            return
        await self._answer_specially(endpoint, exchange, receive, send)

    async def _answer_specially(
        self, endpoint: Endpoint, exchange: Exchange, receive: Receive, send: Send
    ) -> None:
        """Answer where the session, the caller or the document wants more than the answer itself."""
        if endpoint.operation.deprecated:
            exchange.reply_headers = [*exchange.reply_headers, _DEPRECATED]
        others = exchange.reply_headers
        preferences = await self._preferences(exchange)
        forced, answer = await self._sessions.run(
            exchange.session,
            partial(self._work, endpoint, exchange, preferences),
            exchange.opened,
            exchange.started,
        )
        if not forced and preferences is not NO_PREFERENCES:
            exchange.reply_headers = [*others, *_applied(preferences)]
        interval = preferences.interval
        if interval is None:
            interval = endpoint.service.settings.stream_interval
        await self._send_and_emit(endpoint, exchange, answer, receive, send, interval)
        if not forced and endpoint.callbacks and answer[0] < 400:
            await self._outbox.send(endpoint.outgoing(exchange, answer), exchange)

    async def _send_and_emit(
        self,
        endpoint: Endpoint,
        exchange: Exchange,
        answer: RawResponse,
        receive: Receive,
        send: Send,
        interval: int = 0,
    ) -> None:
        """Answer, then send the webhooks that the handler emitted; `interval` is for values of streams."""
        if interval and _is_stream(answer):
            seconds = interval / 1000
            await send_paced(exchange, receive, send, answer, sleep=self._sleep, seconds=seconds)
        else:
            await send_answer(exchange, send, *answer)
        if exchange.emitted:
            await self._outbox.send(endpoint.emitted(exchange), exchange)

    async def _preferences(self, exchange: Exchange) -> Preferences:
        """What the caller prefers, after the delay that it prefers; a forced answer heeds nothing."""
        prefer = exchange.header("prefer")
        if prefer is None or (exchange.intervention is not None and exchange.intervention.answer is not None):
            return NO_PREFERENCES
        preferences = parse(prefer)
        exchange.reply_headers = [*exchange.reply_headers, *_applied(_heeded(preferences))]
        if preferences.delay:
            await self._sleep(preferences.delay / 1000)
        return preferences

    def _work(
        self, endpoint: Endpoint, exchange: Exchange, preferences: Preferences, session: Overlay
    ) -> tuple[bool, RawResponse]:
        """Answer, and say whether the answer is a forced one; a preference for it ignores the state."""
        if exchange.intervention is not None:
            operation = endpoint.operation
            forced = exchange.intervention.answer = self._player.call(session, operation.api, operation.id)
            exchange.intervention.is_given = forced is not None
            if forced is not None and forced.own_words:
                raise error_of(forced.status, FORCED)
            if forced is not None:
                return True, endpoint.forced(forced)
        if preferences == _heeded(preferences):
            return False, endpoint.answer(exchange, session)
        return False, endpoint.documented(exchange, preferences)


def _heeded(preferences: Preferences) -> Preferences:
    """Those preferences that concern any answer; the others ignore the state."""
    return Preferences(delay=preferences.delay, interval=preferences.interval, handling=preferences.handling)


def _is_stream(answer: RawResponse) -> bool:
    content_type = dict(answer[1]).get(b"content-type", b"")
    return media_types.is_stream(content_type.decode("latin-1"))


def _applied(preferences: Preferences) -> RawHeaders:
    """`Preference-Applied`, where anything was."""
    stated = preferences.applied().encode("latin-1", "replace")
    return [(b"preference-applied", stated)] if stated else []
