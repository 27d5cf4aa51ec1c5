"""Answer a valid request: with a forced answer, as the caller prefers, or with the operation's behaviour."""

from dataclasses import replace
from functools import partial

from mockserver.behaviour.preferences import NO_PREFERENCES, Preferences, parse
from mockserver.behaviour.scenario_player import FORCED, ScenarioPlayer
from mockserver.errors import error_of
from mockserver.http.endpoint import Endpoint
from mockserver.http.exchange import (
    EXCHANGE,
    Exchange,
    RawHeaders,
    RawResponse,
    Receive,
    Scope,
    Send,
    send_answer,
)
from mockserver.http.outgoing.outbox import Outbox
from mockserver.http.response.live_streams import EventValues, LiveStreams
from mockserver.http.response.paced_streams import send_paced
from mockserver.openapi import media_types, streams
from mockserver.state.clock import Sleep
from mockserver.state.fault_model import SPOILING
from mockserver.state.overlay import Overlay
from mockserver.state.session_store import Sessions

# RFC 9745 wants the date of deprecation, which documents do not have: the epoch means "in the past".
_DEPRECATED = (b"deprecation", b"@0")


class Dispatcher:
    """The application inside Connexion's middleware: runs a request's unit of work and sends the answer.

    Handlers are called from the event loop and never await, so one handler runs at a time.
    """

    def __init__(self, sessions: Sessions, player: ScenarioPlayer, sleep: Sleep, outbox: Outbox) -> None:
        self._sessions = sessions
        self._player = player
        self._sleep = sleep
        self._outbox = outbox
        self._live = LiveStreams(sessions, sleep)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        exchange: Exchange = scope[EXCHANGE]
        endpoint: Endpoint = exchange.endpoint
        if exchange.intervention is None and b"prefer" not in exchange.headers and endpoint.is_plain:
            answer = await self._sessions.run(
                exchange.session, partial(endpoint.answer, exchange), exchange.opened, exchange.started
            )
            await send_answer(exchange, send, *answer)
            if exchange.emitted:
                await self._outbox.send(endpoint.emitted(exchange), exchange)
            return
        await self._answer_specially(endpoint, exchange, receive, send)

    async def _answer_specially(
        self, endpoint: Endpoint, exchange: Exchange, receive: Receive, send: Send
    ) -> None:
        """Answer a request that involves overrides, preferences, callbacks, deprecation or streams."""
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
        if not forced and endpoint.live and preferences.events is not None and _is_stream(answer):
            answer = _first_events(answer, preferences.events)
        if not forced and endpoint.live and self._stays_open(endpoint.live, exchange, preferences, answer):
            again = partial(endpoint.answer, exchange)
            await self._live.send(exchange, receive, send, answer, endpoint.live, again)
            return
        await self._send_and_emit(endpoint, exchange, answer, receive, send, interval)
        if not forced and endpoint.callbacks and answer[0] < 400:
            await self._outbox.send(endpoint.outgoing(exchange, answer), exchange)

    def _stays_open(
        self, values: EventValues, exchange: Exchange, preferences: Preferences, answer: RawResponse
    ) -> bool:
        """Whether a response is the stream that stays open: no fault or preference cuts it short."""
        is_cut = exchange.intervention is not None and bool(SPOILING & set(exchange.intervention.faults))
        if is_cut or self._live.is_full or preferences.events is not None:
            return False
        content_type = dict(answer[1]).get(b"content-type", b"").decode("latin-1")
        watched = media_types.plain(values.watch.media_type)
        return answer[0] < 300 and media_types.plain(content_type) == watched

    async def _send_and_emit(
        self,
        endpoint: Endpoint,
        exchange: Exchange,
        answer: RawResponse,
        receive: Receive,
        send: Send,
        interval: int = 0,
    ) -> None:
        """Send the answer, then webhooks that the handler emitted; `interval` (ms) paces stream values."""
        if interval and _is_stream(answer):
            seconds = interval / 1000
            await send_paced(exchange, receive, send, answer, sleep=self._sleep, seconds=seconds)
        else:
            await send_answer(exchange, send, *answer)
        if exchange.emitted:
            await self._outbox.send(endpoint.emitted(exchange), exchange)

    async def _preferences(self, exchange: Exchange) -> Preferences:
        """The caller's preferences, after the preferred delay; a forced answer ignores preferences."""
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
        """Answer, and return whether the answer is forced; preferences for an answer bypass the state."""
        endpoint.limit(exchange, session)
        if exchange.intervention is not None:
            operation = endpoint.operation
            forced = exchange.intervention.answer = self._player.call(session, operation.api, operation.id)
            exchange.intervention.is_given = forced is not None
            if forced is not None and forced.own_words:
                raise error_of(forced.status, FORCED)
            if forced is not None:
                return True, endpoint.forced(exchange, forced)
        if preferences == _heeded(preferences) or (endpoint.live and preferences == _of_streams(preferences)):
            return False, endpoint.answer_once(exchange, session)
        return False, endpoint.documented(exchange, preferences)


def _heeded(preferences: Preferences) -> Preferences:
    """The preferences that apply to any answer; the others bypass the session's state."""
    return Preferences(delay=preferences.delay, interval=preferences.interval, handling=preferences.handling)


def _of_streams(preferences: Preferences) -> Preferences:
    """The preferences that apply to a stream of records: those of any answer, and the number of events."""
    return replace(_heeded(preferences), events=preferences.events)


def _first_events(answer: RawResponse, count: int) -> RawResponse:
    """A stream response cut to at most `count` values."""
    status, headers, body = answer
    content_type = dict(headers)[b"content-type"].decode("latin-1")
    kept: list[bytes] = []
    for piece in streams.pieces(content_type, body):
        count -= streams.has_value(content_type, piece)
        if count < 0:
            break
        kept.append(piece)
    return status, headers, b"".join(kept)


def _is_stream(answer: RawResponse) -> bool:
    content_type = dict(answer[1]).get(b"content-type", b"")
    return media_types.is_stream(content_type.decode("latin-1"))


def _applied(preferences: Preferences) -> RawHeaders:
    """The `Preference-Applied` header field, if any preference was applied."""
    stated = preferences.applied().encode("latin-1", "replace")
    return [(b"preference-applied", stated)] if stated else []
