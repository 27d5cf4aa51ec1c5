"""Storage in this process's memory: it never suspends, and its data is lost when the process ends."""

import secrets
from collections import Counter, OrderedDict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from typing import Any

from mockserver.state.storage import (
    DROPPED,
    LASTING,
    NO_SESSION,
    Committed,
    Delta,
    Dropped,
    DropReason,
    Field,
    Limits,
    Loaded,
    SessionSummary,
    StorageConflictError,
    counts_of,
)
from mockserver.state.storages.events import CountName, Counts, EventKind, EventLog, Events

_CONDITIONS: Field = ("conditions",)


@dataclass(slots=True)
class _Session:
    """One stored session."""

    version: int
    used: datetime
    fields: dict[Field, Any] = field(default_factory=dict)
    size: int = 0
    changes: int = 0


class MemoryStorage:
    """See `SessionStorage`. Values are stored without copying: callers must not change committed values."""

    def __init__(self, limits: Limits | None = None) -> None:
        """Create an empty storage with limits."""
        self._limits = limits or Limits()
        self.run = secrets.token_hex(4)
        #: By name, the least recently used first.
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        self._version = NO_SESSION
        self._bytes = 0
        self._watched: set[str] = set()
        self._drops: OrderedDict[str, Dropped] = OrderedDict()
        self._dropped: Counter[DropReason] = Counter()
        self._logs: dict[str, EventLog] = {}
        self._counts: dict[CountName, int] = {}
        self._uncounted = 0
        # The most common results of `load`, created once.
        self._same = {watched: Loaded(None, watched=watched) for watched in (False, True)}

    async def load(self, session: str, known: int, now: datetime) -> Loaded:
        """See `SessionStorage.load`; called for every request, so the common case must be fast."""
        found = self._sessions.get(session)
        watched = session in self._watched
        if found is not None:
            if found.used <= now - self._limits.idle and session not in LASTING:
                self._drop(session, "idle", now)
            else:
                found.used = now
                self._sessions.move_to_end(session)
                if found.version == known:
                    return self._same[watched]
                return Loaded(found.version, found.fields.copy(), watched=watched)
        dropped = self._drops.get(session) if self._drops else None
        if known == NO_SESSION and dropped is None:
            return self._same[watched]
        return Loaded(NO_SESSION, watched=watched, dropped=dropped)

    async def commit(self, session: str, expected: int, delta: Delta, now: datetime) -> Committed:
        """See `SessionStorage.commit`."""
        found = self._sessions.get(session)
        if expected != (NO_SESSION if found is None else found.version):
            raise StorageConflictError(session)
        if delta.drop:
            self._forget(session)
            return Committed(NO_SESSION)
        gone: tuple[str, ...] = ()
        if found is None:
            gone = tuple(self._make_room(now))
            found = self._sessions[session] = _Session(NO_SESSION, now)
        fields = found.fields
        for name in delta.removed:
            fields.pop(name, None)
        fields.update(delta.fields)
        self._version = found.version = self._version + 1
        self._bytes += delta.size - found.size
        found.size, found.changes = delta.size, delta.changes
        found.used = now
        self._sessions.move_to_end(session)
        if self._bytes > self._limits.bytes:
            gone += tuple(self._free_bytes(session, now))
        return Committed(found.version, gone)

    async def sessions(self, now: datetime) -> list[SessionSummary]:
        """See `SessionStorage.sessions`."""
        self._drop_unused_since(now - self._limits.idle, "idle", now)
        return [
            SessionSummary(
                name, found.changes, found.used, found.fields.get(_CONDITIONS), counts_of(found.fields)
            )
            for name, found in self._sessions.items()
        ]

    async def fields(self, session: str) -> Mapping[Field, Any]:
        """See `SessionStorage.fields`."""
        found = self._sessions.get(session)
        return {} if found is None else found.fields.copy()

    async def drop(self, session: str) -> bool:
        """See `SessionStorage.drop`."""
        self._drops.pop(session, None)
        return self._forget(session)

    async def expire(self, before: datetime, now: datetime) -> tuple[str, ...]:
        """See `SessionStorage.expire`."""
        return tuple(self._drop_unused_since(before, "request", now))

    async def watch(self, session: str) -> None:
        """See `SessionStorage.watch`; beyond the session limit, earlier watches are cleared."""
        if session not in self._watched and len(self._watched) >= self._limits.sessions:
            self._watched.clear()
        self._watched.add(session)

    async def acknowledge(self, session: str) -> None:
        """See `SessionStorage.acknowledge`."""
        self._drops.pop(session, None)

    async def dropped(self) -> Mapping[DropReason, int]:
        """See `SessionStorage.dropped`."""
        return dict(self._dropped)

    async def publish(self, kind: EventKind, event: Any, size: int = 0) -> None:
        """See `SessionStorage.publish`; stores the event itself."""
        log = self._logs.get(kind.name)
        (log or self._log(kind)).append(event, size)

    async def update(self, kind: EventKind, event: Any) -> None:
        """See `SessionStorage.update`; does nothing, as the stored event is the one that was changed."""

    async def events(self, kind: EventKind, after: int = 0) -> Events:
        """See `SessionStorage.events`."""
        return self._log(kind).events(after)

    async def wait(self, kind: EventKind, after: int, clearings: int, seconds: float) -> None:
        """See `SessionStorage.wait`; nothing else of this storage suspends."""
        await self._log(kind).wait(after, clearings, seconds)

    async def forget(
        self, kind: EventKind, session: str | None, numbers: Collection[int] | None = None
    ) -> list[Any]:
        """See `SessionStorage.forget`."""
        return self._log(kind).forget(session, numbers)

    async def restore(self, kind: EventKind, events: Iterable[tuple[Any, int]]) -> None:
        """See `SessionStorage.restore`."""
        self._log(kind).restore(events)

    async def add_counts(self, counts: Mapping[CountName, int]) -> None:
        """See `SessionStorage.add_counts`."""
        for name, count in counts.items():
            if name in self._counts or len(self._counts) < self._limits.counts:
                self._counts[name] = self._counts.get(name, 0) + count
            else:
                self._uncounted += count

    async def counts(self) -> Counts:
        """See `SessionStorage.counts`."""
        return Counts(dict(self._counts), self._uncounted)

    async def forget_counts(self, session: str | None) -> None:
        """See `SessionStorage.forget_counts`."""
        if session is None:
            self._uncounted = 0
        self._counts = {name: count for name, count in self._counts.items() if session not in {None, name[0]}}

    def _log(self, kind: EventKind) -> EventLog:
        if kind.name not in self._logs:
            self._logs[kind.name] = EventLog(kind)
        return self._logs[kind.name]

    def _make_room(self, now: datetime) -> list[str]:
        """Drop idle sessions, then others until there is room for one more; the lasting ones stay."""
        gone = self._drop_unused_since(now - self._limits.idle, "idle", now)
        while len(self._sessions) >= self._limits.sessions:
            longest_unused = next((name for name in self._sessions if name not in LASTING), None)
            if longest_unused is None:
                break
            self._drop(longest_unused, "count", now)
            gone.append(longest_unused)
        return gone

    def _free_bytes(self, session: str, now: datetime) -> list[str]:
        """Evict other sessions until all together are within the limit."""
        gone: list[str] = []
        while self._bytes > self._limits.bytes:
            spared = {*LASTING, session}
            others = (name for name, other in self._sessions.items() if other.size and name not in spared)
            found = next(others, None)
            if found is None:
                break
            self._drop(found, "size", now)
            gone.append(found)
        return gone

    def _drop_unused_since(self, moment: datetime, reason: DropReason, now: datetime) -> list[str]:
        unused = takewhile(lambda item: item[1].used <= moment, self._sessions.items())
        names = [name for name, _ in unused if name not in LASTING]
        for name in names:
            self._drop(name, reason, now)
        return names

    def _drop(self, session: str, reason: DropReason, now: datetime) -> None:
        """Drop a session for a reason other than a request by name, and remember that."""
        self._forget(session)
        self._dropped[reason] += 1
        self._drops.pop(session, None)
        self._drops[session] = Dropped(session, reason, now)
        if len(self._drops) > DROPPED:
            self._drops.popitem(last=False)

    def _forget(self, session: str) -> bool:
        found = self._sessions.pop(session, None)
        if found is None:
            return False
        self._bytes -= found.size
        return True
