"""Storage on a Redis or Valkey server, shared by any number of processes and machines."""

import re
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from mockserver.state.storage import (
    NO_SESSION,
    Committed,
    Delta,
    DropReason,
    Field,
    Limits,
    Loaded,
    SessionSummary,
    StorageConflictError,
    counts_of,
)
from mockserver.state.storages import redis_scripts as scripts
from mockserver.state.storages.events import CountName, Counts, EventKind, Events
from mockserver.state.storages.json_values import (
    dropped_of,
    microseconds,
    moment_of,
    read_field,
    read_value,
    write_value,
)
from mockserver.state.storages.redis_connection import RedisConnection, RedisReplies, Word
from mockserver.state.storages.replicas import LIVE_SECONDS, OtherDocumentsError
from mockserver.state.storages.shared_events import EventBatches, EventWaiting

_CONDITIONS = write_value(("conditions",))
_AT_ONCE = 500
"""Sessions read per script call for a list; the server is blocked during a call."""
_BATCH_SECONDS = 0.004
_SCRIPTS = tuple(script for script in vars(scripts).values() if isinstance(script, scripts.Script))
_RUN_ID = re.compile(rb"run_id:(\w+)")

_BITS = 48
_NUMBER = (1 << _BITS) - 1
_START = 2 * _BITS
"""First bit of the start count. A version combines it with a session number and a commit number."""


class RedisStorage:
    """See `SessionStorage`. Each call is one script and one round trip."""

    def __init__(self, url: str, limits: Limits | None = None) -> None:
        """Store sessions on the server of a URL."""
        self._server = RedisConnection(url, self._greet)
        self._limits = limits or Limits()
        self._batches = EventBatches(self._write_events, _BATCH_SECONDS)
        self._waiting = EventWaiting(self.events)
        self.run = ""
        #: How often this process saw the server start: older versions may have been lost.
        self._starts = 0
        self._server_run = b""
        # The most common results of `load`, created once.
        self._same = {watched: Loaded(None, watched=bool(watched)) for watched in (0, 1)}

    async def _greet(self, replies: RedisReplies) -> None:
        for script in _SCRIPTS:
            # Replies are not awaited one by one: the last one arrives after all others.
            replies.send(("SCRIPT", "LOAD", script.text)).add_done_callback(lambda done: done.exception())
        info = await replies.send(("INFO", "server"))
        found = _RUN_ID.search(info)
        server_run = found[1] if found else b""
        if server_run != self._server_run:
            self._starts, self._server_run = self._starts + 1, server_run
        words = ("EVALSHA", scripts.AGREE.digest, "0", "run", secrets.token_hex(4))
        self.run = (await replies.send(words)).decode()

    def _text(self, version: int) -> str:
        """Format a version for the server; one from before its start never matches."""
        if version == NO_SESSION:
            return "0"
        if version >> _START != self._starts:
            return "?"
        return f"{version >> _BITS & _NUMBER}.{version & _NUMBER}"

    def _version(self, text: bytes) -> int:
        base, _, number = text.partition(b".")
        return self._starts << _START | int(base) << _BITS | int(number) if number else NO_SESSION

    def check(self) -> None:
        """See `SharedStorage.check`; does nothing, as a server that is down may come back."""

    async def load(self, session: str, known: int, now: datetime) -> Loaded:
        """See `SessionStorage.load`."""
        if not self._server.is_open:
            await self._server.connect()  # first: a restart of the server invalidates known versions
        moment = microseconds(now)
        before = moment - self._idle
        found = await self._server.run(scripts.LOAD, session, self._text(known), moment, before)
        if type(found) is int:
            return self._same[found]
        watched, version, kind, content, *others = found
        if kind == b"none":
            return Loaded(NO_SESSION, watched=bool(watched), dropped=_dropped(session, content))
        number = self._version(version)
        if kind == b"changed":
            removed = list(map(read_field, others[0]))
            return Loaded(number, _fields(content), removed, whole=False, watched=bool(watched))
        return Loaded(number, _fields(content), watched=bool(watched))

    @property
    def _idle(self) -> int:
        return int(self._limits.idle.total_seconds() * 1_000_000)

    async def commit(self, session: str, expected: int, delta: Delta, now: datetime) -> Committed:
        """See `SessionStorage.commit`."""
        if not self._server.is_open:
            await self._server.connect()
        moment = microseconds(now)
        words: list[Word] = [
            session,
            self._text(expected),
            moment,
            moment - self._idle,
            self._limits.sessions,
            self._limits.bytes,
            delta.size,
            delta.changes,
            int(delta.drop),
            len(delta.removed),
        ]
        words += map(write_value, delta.removed)
        for name, value in delta.fields.items():
            words += (write_value(name), write_value(value))
        found = await self._server.run(scripts.COMMIT, *words)
        if found == 0:
            raise StorageConflictError(session)
        version, *gone = found
        return Committed(self._version(version), tuple(name.decode() for name in gone))

    async def sessions(self, now: datetime) -> list[SessionSummary]:
        """See `SessionStorage.sessions`; with many sessions it is atomic only for some hundreds at a time."""
        moment = microseconds(now)
        await self._server.run(scripts.DROP_UNUSED, moment - self._idle, "idle", moment)
        names = await self._server.run(scripts.NAMES)
        found: list[SessionSummary] = []
        for begin in range(0, len(names), _AT_ONCE):
            some = names[begin : begin + _AT_ONCE]
            found += map(_summary, await self._server.run(scripts.SUMMARIES, _CONDITIONS, *some))
        return found

    async def fields(self, session: str) -> Mapping[Field, Any]:
        """See `SessionStorage.fields`."""
        return _fields(await self._server.run(scripts.FIELDS, session))

    async def drop(self, session: str) -> bool:
        """See `SessionStorage.drop`."""
        return bool(await self._server.run(scripts.DROP, session))

    async def expire(self, before: datetime, now: datetime) -> tuple[str, ...]:
        """See `SessionStorage.expire`."""
        gone = await self._server.run(scripts.DROP_UNUSED, microseconds(before), "request", microseconds(now))
        return tuple(name.decode() for name in gone)

    async def watch(self, session: str) -> None:
        """See `SessionStorage.watch`; beyond the session limit, earlier watches are cleared."""
        await self._server.run(scripts.WATCH, session, self._limits.sessions)

    async def acknowledge(self, session: str) -> None:
        """See `SessionStorage.acknowledge`."""
        await self._server.run(scripts.ACKNOWLEDGE, session)

    async def dropped(self) -> Mapping[DropReason, int]:
        """See `SessionStorage.dropped`."""
        found = await self._server.run(scripts.REASONS)
        return {cast("DropReason", name.decode()): int(number) for name, number in _pairs(found)}

    async def publish(self, kind: EventKind, event: Any, size: int = 0) -> None:
        """See `SessionStorage.publish`; under load one script stores several events."""
        await self._batches.add(kind, event, size)

    async def _write_events(self, kind: EventKind, events: list[tuple[Any, int]]) -> None:
        words: list[Word] = []
        for event, size in events:
            words += _event_words(kind, event, size)
        first = await self._server.run(scripts.PUBLISH, *_kind_words(kind), *words)
        for number, (event, _) in enumerate(events, first):
            event.number = number
        self._waiting.wake()

    async def update(self, kind: EventKind, event: Any) -> None:
        """See `SessionStorage.update`."""
        _, value, large, _ = _event_words(kind, event, 0)
        await self._server.run(scripts.UPDATE, *_kind_words(kind), event.number, value, large)

    async def events(self, kind: EventKind, after: int = 0) -> Events:
        """See `SessionStorage.events`."""
        totals, found = await self._server.run(scripts.READ, *_kind_words(kind), after)
        return Events([_event(kind, *entry) for entry in found], *totals)

    async def wait(self, kind: EventKind, after: int, clearings: int, seconds: float) -> None:
        """See `SessionStorage.wait`."""
        await self._waiting.wait(kind, after, clearings, seconds)

    async def forget(
        self, kind: EventKind, session: str | None, numbers: Collection[int] | None = None
    ) -> list[Any]:
        """See `SessionStorage.forget`."""
        some = "all" if numbers is None else "some"
        found = await self._server.run(
            scripts.FORGET, *_kind_words(kind), session or "", some, *(numbers or ())
        )
        self._waiting.wake()
        return [_event(kind, *entry) for entry in found]

    async def restore(self, kind: EventKind, events: Iterable[tuple[Any, int]]) -> None:
        """See `SessionStorage.restore`."""
        words: list[Word] = []
        for event, size in events:
            words += (event.number, *_event_words(kind, event, size))
        await self._server.run(scripts.RESTORE, *_kind_words(kind), *words)
        self._waiting.wake()

    async def add_counts(self, counts: Mapping[CountName, int]) -> None:
        """See `SessionStorage.add_counts`."""
        words: list[Word] = []
        for (session, *others), number in counts.items():
            words += (session, write_value(others), number)
        if words:
            await self._server.run(scripts.ADD_COUNTS, self._limits.counts, *words)

    async def counts(self) -> Counts:
        """See `SessionStorage.counts`."""
        uncounted, *found = await self._server.run(scripts.COUNTS)
        counts = {
            (session.decode(), *read_value(name)): int(number)
            for session, entries in found
            for name, number in _pairs(entries)
        }
        return Counts(counts, uncounted)

    async def forget_counts(self, session: str | None) -> None:
        """See `SessionStorage.forget_counts`."""
        await self._server.run(scripts.FORGET_COUNTS, session or "")

    async def join(self, replica: str, fingerprint: str) -> bool:
        """See `SharedStorage.join`; uses the server's clock."""
        found = await self._server.run(scripts.JOIN, str(LIVE_SECONDS), replica, fingerprint)
        if isinstance(found, bytes):
            raise OtherDocumentsError(found.decode())
        return bool(found)

    async def renew(self, replica: str, fingerprint: str) -> bool:
        """See `SharedStorage.renew`."""
        return bool(await self._server.run(scripts.RENEW, str(LIVE_SECONDS), replica, fingerprint))

    async def leave(self, replica: str) -> None:
        """See `SharedStorage.leave`."""
        await self._server.run(scripts.LEAVE, replica)

    async def replicas(self) -> Sequence[str]:
        """See `SharedStorage.replicas`."""
        found = await self._server.run(scripts.REPLICAS, str(LIVE_SECONDS))
        return sorted(name.decode() for name in found)

    async def agree(self, name: str, value: str) -> str:
        """See `SharedStorage.agree`."""
        agreed: bytes = await self._server.run(scripts.AGREE, f"agreed:{name}", value)
        return agreed.decode()

    async def close(self) -> None:
        """See `SharedStorage.close`."""
        try:
            await self._batches.write_now()
        finally:
            await self._server.close()


def _pairs(flat: list[bytes]) -> Iterable[tuple[bytes, bytes]]:
    return zip(flat[::2], flat[1::2], strict=True)


def _fields(flat: list[bytes]) -> dict[Field, Any]:
    """Decode the fields of a session, in their order."""
    placed = []
    for name, value in _pairs(flat):
        place, _, text = value.partition(b":")
        placed.append((int(place), name, text))
    placed.sort()
    return {read_field(name): read_value(text) for _, name, text in placed}


def _dropped(session: str, text: bytes) -> Any:
    reason, _, at = text.decode().partition(" ")
    return dropped_of(session, cast("DropReason", reason), int(at)) if reason else None


def _summary(row: list[Any]) -> SessionSummary:
    name, changes, used, conditions, fields = row
    summary = SessionSummary(name.decode(), int(changes), moment_of(int(float(used))))
    if not conditions:
        return summary
    value = read_value(conditions.partition(b":")[2])
    return replace(summary, conditions=value, counts=counts_of(_fields(fields)))


def _kind_words(kind: EventKind) -> tuple[Word, ...]:
    return kind.name, kind.limit, kind.bytes


def _event_words(kind: EventKind, event: Any, size: int) -> tuple[Word, Word, Word, Word]:
    value, large = kind.parts(event)
    return event.session, write_value(value), b"" if large is None else write_value(large), size


def _event(kind: EventKind, number: bytes, value: bytes, large: bytes) -> Any:
    return kind.event(int(number), read_value(value), read_value(large) if large else None)
