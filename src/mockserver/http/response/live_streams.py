"""Keep a stream of events open, and tell in it what changes in the records that it shows.

The stream is the answer of its operation again and again: whenever the session has changed, the records that
are shown now are compared with those that were shown before. The id of an event has a mark of the records as
they were then, so that a client that comes back with `Last-Event-ID` misses nothing and hears nothing twice.
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
from mockserver.http.exchange import Exchange, RawHeaders, Receive, Send, disconnected, overridden
from mockserver.openapi import streams
from mockserver.resources.plan import Watch
from mockserver.state.clock import Sleep
from mockserver.state.session_store import Sessions

RawAnswer = tuple[int, RawHeaders, bytes]

MOST_STREAMS = 100
"""So many streams are open at once; the answer to another one ends with what there is."""
LONGEST_SECONDS = 3600.0
"""So long a stream is open at most; clients connect again by themselves."""
_KEEP_ALIVE_SECONDS = 15.0
_LOOK_SECONDS = 1.0
"""So often the storage is asked whether another process has changed the session."""
_KEPT = 64 * 1024
"""Bytes of a stream that the journal is shown."""
_ID = re.compile(r"(\d{1,15})(?:-([0-9a-f]{16}))?")


@dataclass(frozen=True, slots=True)
class EventValues:
    """The values of a stream as what they say of records.

    Attributes:
        key: the property that identifies a record.
        fits: whether a value fits the document.
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
        """What tells whether the records are the same."""
        records = [(key, self._record(value)) for key, value in values.items()]
        return hashlib.sha256(orjson.dumps(records, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]

    def changes(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Any]:
        """The values that tell what became of the records."""
        for key, value in after.items():
            if key not in before:
                yield self._said("created", value)
            elif self._record(before[key]) != self._record(value):
                yield self._said("updated", value)
        for key in before.keys() - after.keys():
            if "deleted" in self.watch.changes:
                yield self._said("deleted", before[key])

    def _said(self, change: str, value: Any) -> Any:
        """A value that says what happened, where it has a word for that and may have it here."""
        name, word = self.watch.change, self.watch.changes.get(change)
        if name is None or word is None:
            return value
        new = {**value, name: word}
        # The data of a whole event is text by now, whatever its schema is.
        return new if self.watch.is_event or self.fits(new) else value


class LiveStreams:
    """The streams that are open."""

    def __init__(self, sessions: Sessions, sleep: Sleep) -> None:
        self._sessions = sessions
        self._sleep = sleep
        self._open = 0

    @property
    def is_full(self) -> bool:
        """Whether there may be no more."""
        return self._open >= MOST_STREAMS

    async def send(
        self,
        exchange: Exchange,
        receive: Receive,
        send: Send,
        answer: RawAnswer,
        values: EventValues,
        again: Callable[[Any], RawAnswer],
    ) -> None:
        """Send an answer, and what changes, until the client goes away.

        Args:
            exchange: the request.
            receive: tells when the client has gone.
            send: sends.
            answer: the first one.
            values: reads what answers say of records.
            again: answers in a unit of work of the session.
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
        again: Callable[[Any], RawAnswer],
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
                except ApiError:  # what it tells of is gone
                    await stream.tell({})
                    return
                if await stream.tell(stream.values.by_key(answer[2])):
                    quiet = 0.0
            if quiet >= _KEEP_ALIVE_SECONDS:
                quiet = 0.0
                await stream.write(streams.KEEP_ALIVE)


class _Stream:
    """One stream: what it has told, and what it tells next."""

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
        """Tell what there is, unless the client has seen just that."""
        await self.write(streams.OPENING)
        if not self._has_seen:
            await self._events(self._shown.values())

    async def tell(self, now: Mapping[str, Any]) -> bool:
        """Tell what has changed; False when nothing has."""
        changes = list(self.values.changes(self._shown, now))
        self._shown = dict(now)
        await self._events(changes)
        return bool(changes)

    async def _events(self, values: Iterable[Any]) -> None:
        mark = self.values.mark(self._shown)
        events = []
        for value in values:
            self._number += 1
            events.append(streams.event(value, f"{self._number}-{mark}", whole=self.values.watch.is_event))
        if events:
            await self.write(b"".join(events))

    async def write(self, content: bytes) -> None:
        """Send a piece, which the journal is shown as long as it is not too much."""
        room = _KEPT - len(self._exchange.reply_body)
        self._exchange.reply_body += content[: max(room, 0)]
        await self._send({"type": "http.response.body", "body": content, "more_body": True})
