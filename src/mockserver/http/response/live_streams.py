"""Keep an event stream open and send an event for each change in the records that it shows.

The operation is run again whenever the session has changed, and its records are compared with the previous
ones. Each event id contains a hash of the records at that time, so that a client that reconnects with
`Last-Event-ID` neither misses nor repeats events.
"""

import asyncio
import contextlib
import hashlib
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from mockserver.errors import ApiError
from mockserver.http.exchange import Exchange, RawResponse, Receive, Send, disconnected, overridden
from mockserver.openapi import media_types, streams
from mockserver.resources.plan import Watch
from mockserver.state.clock import Sleep
from mockserver.state.session_store import Sessions

MOST_STREAMS = 100
"""Maximum number of open streams; above it, the answer ends after the current records."""
LONGEST_SECONDS = 3600.0
"""Maximum duration of a stream; clients reconnect by themselves."""
_KEEP_ALIVE_SECONDS = 15.0
_LOOK_SECONDS = 1.0
"""Interval of checks whether another process has changed the session."""
_KEPT = 64 * 1024
"""Bytes of a stream that the journal stores."""
_ID = re.compile(r"(\d{1,15})(?:-([0-9a-f]{16}))?")


@dataclass(frozen=True, slots=True)
class EventValues:
    """Extracts and compares the records in the values of a stream.

    Attributes:
        key: the property that identifies a record.
        fits: whether a value is valid by the document.
    """

    watch: Watch
    key: str
    fits: Callable[[Any], bool]

    def by_key(self, body: bytes) -> dict[str, Any]:
        """The values of a framed body by the keys of their records."""
        values = streams.read(self.watch.media_type, body, events=self.watch.is_event)
        found = {}
        for number, value in enumerate(values):
            record = self._record(value)
            key = record.get(self.key) if isinstance(record, Mapping) else None
            found[str(number if key is None else key)] = value
        return found

    def _record(self, value: Any) -> Any:
        for name in self.watch.within:
            value = value.get(name) if isinstance(value, Mapping) else None
        if (self.watch.is_text or self.watch.is_event) and isinstance(value, str):
            with contextlib.suppress(ValueError):
                return orjson.loads(value)
        return value

    def mark(self, values: Mapping[str, Any]) -> str:
        """A hash of the records, for comparison."""
        records = [(key, self._record(value)) for key, value in values.items()]
        return hashlib.sha256(orjson.dumps(records, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]

    def changes(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Any]:
        """The stream values for records that were created, updated or deleted."""
        for key, value in after.items():
            if key not in before:
                yield self._said("created", value)
            elif self._record(before[key]) != self._record(value):
                yield self._said("updated", value)
        for key in before.keys() - after.keys():
            if "deleted" in self.watch.changes:
                yield self._said("deleted", before[key])

    def _said(self, change: str, value: Any) -> Any:
        """The value with its change property set, if the document has one and the value stays valid."""
        name, word = self.watch.change, self.watch.changes.get(change)
        if name is None or word is None:
            return value
        new = {**value, name: word}
        # The data of a whole event is already serialized to text here, so it cannot be validated.
        return new if self.watch.is_event or self.fits(new) else value


class LiveStreams:
    """All open streams."""

    def __init__(self, sessions: Sessions, sleep: Sleep) -> None:
        self._sessions = sessions
        self._sleep = sleep
        self._open = 0

    @property
    def is_full(self) -> bool:
        """Whether the maximum number of streams is open."""
        return self._open >= MOST_STREAMS

    async def send(
        self,
        exchange: Exchange,
        receive: Receive,
        send: Send,
        answer: RawResponse,
        values: EventValues,
        again: Callable[[Any], RawResponse],
    ) -> None:
        """Send an answer and then its changes until the client disconnects.

        Args:
            exchange: the request.
            receive: reports when the client disconnects.
            send: sends ASGI messages.
            answer: the first answer.
            values: extracts the records of answers.
            again: runs the operation again in a unit of work of the session.
        """
        status, headers, body = answer
        headers = overridden([*headers, *exchange.reply_headers], [(b"cache-control", b"no-store")])
        exchange.status, exchange.reply_fields = status, headers
        gone = asyncio.ensure_future(disconnected(receive))
        self._open += 1
        try:
            await send({"type": "http.response.start", "status": status, "headers": headers})
            if exchange.method != "HEAD":
                stream = _Stream(exchange, send, values, body)
                with self._sessions.watching(exchange.session) as changed:
                    await stream.begin()
                    await self._go_on(exchange.session, stream, again, gone, changed)
            await send({"type": "http.response.body", "body": b""})
        finally:
            self._open -= 1
            gone.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await gone

    async def _go_on(
        self,
        session: str,
        stream: "_Stream",
        again: Callable[[Any], RawResponse],
        gone: asyncio.Future[None],
        changed: asyncio.Event,
    ) -> None:
        version, quiet, total = -1, 0.0, 0.0
        while total < LONGEST_SECONDS:
            waiting: list[Awaitable[Any]] = [self._sleep(_LOOK_SECONDS), changed.wait()]
            tasks = [asyncio.ensure_future(one) for one in waiting]
            await asyncio.wait({*tasks, gone}, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            if gone.done() or self._sessions.has_ended:
                return
            total, quiet = total + _LOOK_SECONDS, quiet + _LOOK_SECONDS
            if changed.is_set() or await self._sessions.has_changed(session, version):
                changed.clear()
                try:
                    version, answer = await self._sessions.run(
                        session, lambda overlay: (overlay.version, again(overlay))
                    )
                except ApiError:  # the records no longer exist
                    await stream.tell({})
                    return
                if await stream.tell(stream.values.by_key(answer[2])):
                    quiet = 0.0
            if quiet >= _KEEP_ALIVE_SECONDS:
                quiet = 0.0
                await stream.write(streams.keep_alive(stream.values.watch.media_type))


class _Stream:
    """One open stream, with the records that it has sent."""

    def __init__(self, exchange: Exchange, send: Send, values: EventValues, body: bytes) -> None:
        self.values = values
        self._exchange = exchange
        self._send = send
        self._shown = values.by_key(body)
        last = _ID.fullmatch(exchange.header("last-event-id") or "")
        self._number = int(last[1]) if last else 0
        self._has_seen = last is not None and last[2] == values.mark(self._shown)
        exchange.reply_body = b""

    async def begin(self) -> None:
        """Send the current records, unless the client has them already by its Last-Event-ID."""
        if media_types.is_event_stream(self.values.watch.media_type):
            await self.write(streams.OPENING)
        if not self._has_seen:
            await self._events(self._shown.values())

    async def tell(self, now: Mapping[str, Any]) -> bool:
        """Send the changes; return False if there are none."""
        changes = list(self.values.changes(self._shown, now))
        self._shown = dict(now)
        await self._events(changes)
        return bool(changes)

    async def _events(self, values: Iterable[Any]) -> None:
        mark = self.values.mark(self._shown)
        events = []
        for value in values:
            self._number += 1
            watch, event_id = self.values.watch, f"{self._number}-{mark}"
            events.append(streams.piece(watch.media_type, value, event_id, whole=watch.is_event))
        if events:
            await self.write(b"".join(events))

    async def write(self, content: bytes) -> None:
        """Send a piece; the journal stores it up to a limit."""
        room = _KEPT - len(self._exchange.reply_body)
        self._exchange.reply_body += content[: max(room, 0)]
        await self._send({"type": "http.response.body", "body": content, "more_body": True})
