"""Storage in an SQLite file: it survives restarts, and the processes of one machine can share it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from mockserver.state.storage import (
    LASTING,
    Committed,
    Delta,
    DropReason,
    Field,
    Limits,
    Loaded,
    SessionSummary,
)
from mockserver.state.storages import sqlite_events, sqlite_sessions
from mockserver.state.storages.events import CountName, Counts, EventKind, Events
from mockserver.state.storages.json_values import SECOND, microseconds
from mockserver.state.storages.replicas import LIVE_SECONDS, OtherDocumentsError
from mockserver.state.storages.shared_events import EventBatches, EventWaiting
from mockserver.state.storages.sqlite_connection import SqliteConnection

_BATCH_SECONDS = 0.05
"""Minimum interval between batches: a transaction costs as much as writing several events."""
_HERE = "INSERT OR REPLACE INTO replicas VALUES (?, ?, julianday('now') * 86400)"
_GONE = "DELETE FROM replicas WHERE seen < julianday('now') * 86400 - ?"
_LIVE = "SELECT name FROM replicas WHERE seen >= julianday('now') * 86400 - ? ORDER BY name"


class SqliteStorage:
    """See `SessionStorage`. A session is read again only when its version has changed."""

    def __init__(self, file: Path, limits: Limits | None = None) -> None:
        """Store sessions in a file, which is created at its first use."""
        self._file = SqliteConnection(file)
        self._limits = limits or Limits()
        #: Times of use of sessions that are not written to the file yet.
        self._used: dict[str, int] = {}
        self._batches = EventBatches(self._write_events, _BATCH_SECONDS)
        self._waiting = EventWaiting(self.events)
        self._run: str | None = None

    @property
    def run(self) -> str:
        """Id of the file's contents: a new file has another id."""
        if self._run is None:
            with self._file.reading() as db:
                self._run = str(db.execute("SELECT value FROM facts WHERE name = 'run'").fetchone()[0])
        return self._run

    def check(self) -> None:
        """See `SharedStorage.check`."""
        self._file.check()
        self._file.close()

    async def load(self, session: str, known: int, now: datetime) -> Loaded:
        """See `SessionStorage.load`."""
        with self._file.reading() as db:
            version, used, watched, reason, _ = db.execute(sqlite_sessions.FIND, (session,)).fetchone()
        if version is not None:
            moment = microseconds(now)
            used = max(used, self._used.get(session, 0))
            if used <= microseconds(now - self._limits.idle) and session not in LASTING:
                return await self._file.write(partial(self._load_or_drop, session, known, now))
            if moment - used >= SECOND:
                self._used[session] = moment
        if known == (version or 0) and reason is None:
            return Loaded(None, watched=bool(watched))
        return self._file.read(lambda db: sqlite_sessions.load(db, session, known))

    def _load_or_drop(self, session: str, known: int, now: datetime, db: Any) -> Loaded:
        """Load a session that was idle for too long, unless another process has used it meanwhile."""
        self._write_used(db)
        before = microseconds(now - self._limits.idle)
        found = db.execute("SELECT used FROM sessions WHERE name = ?", (session,)).fetchone()
        if found is not None and found[0] <= before:
            sqlite_sessions.drop(db, session, "idle", now)
        return sqlite_sessions.load(db, session, known)

    async def commit(self, session: str, expected: int, delta: Delta, now: datetime) -> Committed:
        """See `SessionStorage.commit`."""

        def work(db: Any) -> Committed:
            if expected == 0:
                self._write_used(db)  # other sessions may have to be evicted
            return sqlite_sessions.commit(db, session, expected, delta, now, self._limits)

        self._used.pop(session, None)
        return await self._file.write(work)

    async def sessions(self, now: datetime) -> list[SessionSummary]:
        """See `SessionStorage.sessions`."""

        def work(db: Any) -> list[SessionSummary]:
            self._write_used(db)
            sqlite_sessions.drop_unused(db, now - self._limits.idle, "idle", now)
            return sqlite_sessions.summaries(db)

        return await self._file.write(work)

    async def fields(self, session: str) -> Mapping[Field, Any]:
        """See `SessionStorage.fields`."""
        return self._file.read(lambda db: sqlite_sessions.fields_of(db, session))

    async def drop(self, session: str) -> bool:
        """See `SessionStorage.drop`."""

        def work(db: Any) -> bool:
            db.execute("DELETE FROM drops WHERE name = ?", (session,))
            return sqlite_sessions.forget(db, session)

        return await self._file.write(work)

    async def expire(self, before: datetime, now: datetime) -> tuple[str, ...]:
        """See `SessionStorage.expire`."""

        def work(db: Any) -> tuple[str, ...]:
            self._write_used(db)
            return tuple(sqlite_sessions.drop_unused(db, before, "request", now))

        return await self._file.write(work)

    async def watch(self, session: str) -> None:
        """See `SessionStorage.watch`; beyond the session limit, earlier watches are cleared."""

        def work(db: Any) -> None:
            if db.execute("SELECT count(*) FROM watched").fetchone()[0] >= self._limits.sessions:
                db.execute("DELETE FROM watched")
            db.execute("INSERT OR IGNORE INTO watched VALUES (?)", (session,))

        await self._file.write(work)

    async def acknowledge(self, session: str) -> None:
        """See `SessionStorage.acknowledge`."""
        await self._file.write(lambda db: db.execute("DELETE FROM drops WHERE name = ?", (session,)))

    async def dropped(self) -> Mapping[DropReason, int]:
        """See `SessionStorage.dropped`."""
        return self._file.read(lambda db: dict(db.execute("SELECT reason, number FROM dropped").fetchall()))

    def _write_used(self, db: Any) -> None:
        if self._used:
            used, self._used = self._used, {}
            sqlite_sessions.use(db, used.items())

    async def publish(self, kind: EventKind, event: Any, size: int = 0) -> None:
        """See `SessionStorage.publish`; under load one transaction writes several events."""
        await self._batches.add(kind, event, size)

    async def _write_events(self, kind: EventKind, events: list[tuple[Any, int]]) -> None:
        def work(db: Any) -> None:
            self._write_used(db)
            sqlite_events.publish(db, kind, events)

        await self._file.write(work)
        self._waiting.wake()

    async def update(self, kind: EventKind, event: Any) -> None:
        """See `SessionStorage.update`."""
        await self._file.write(lambda db: sqlite_events.update(db, kind, event))

    async def events(self, kind: EventKind, after: int = 0) -> Events:
        """See `SessionStorage.events`; includes this process's unwritten events."""
        await self._batches.write_now()
        return self._file.read(lambda db: sqlite_events.read(db, kind, after))

    async def wait(self, kind: EventKind, after: int, clearings: int, seconds: float) -> None:
        """See `SessionStorage.wait`."""
        await self._waiting.wait(kind, after, clearings, seconds)

    async def forget(
        self, kind: EventKind, session: str | None, numbers: Collection[int] | None = None
    ) -> list[Any]:
        """See `SessionStorage.forget`."""
        gone = await self._file.write(lambda db: sqlite_events.forget(db, kind, session, numbers))
        self._waiting.wake()
        return gone

    async def restore(self, kind: EventKind, events: Iterable[tuple[Any, int]]) -> None:
        """See `SessionStorage.restore`."""
        await self._file.write(lambda db: sqlite_events.restore(db, kind, events))
        self._waiting.wake()

    async def add_counts(self, counts: Mapping[CountName, int]) -> None:
        """See `SessionStorage.add_counts`."""
        if counts:
            await self._file.write(lambda db: sqlite_events.add_counts(db, counts, self._limits.counts))

    async def counts(self) -> Counts:
        """See `SessionStorage.counts`."""
        return self._file.read(sqlite_events.counts)

    async def forget_counts(self, session: str | None) -> None:
        """See `SessionStorage.forget_counts`."""
        await self._file.write(lambda db: sqlite_events.forget_counts(db, session))

    async def join(self, replica: str, fingerprint: str) -> bool:
        """See `SharedStorage.join`; uses the clock of the machine, on which all replicas run."""

        def work(db: Any) -> bool:
            db.execute(_GONE, (LIVE_SECONDS,))
            other = db.execute(
                "SELECT name FROM replicas WHERE name <> ? AND fingerprint <> ?", (replica, fingerprint)
            ).fetchone()
            if other is not None:
                raise OtherDocumentsError(other[0])
            before = db.execute("SELECT value FROM facts WHERE name = 'fingerprint'").fetchone()
            db.execute("INSERT OR REPLACE INTO facts VALUES ('fingerprint', ?)", (fingerprint,))
            db.execute(_HERE, (replica, fingerprint))
            return before is not None and before[0] != fingerprint

        return await self._file.write(work)

    async def renew(self, replica: str, fingerprint: str) -> bool:
        """See `SharedStorage.renew`."""

        def work(db: Any) -> bool:
            db.execute("INSERT OR IGNORE INTO facts VALUES ('fingerprint', ?)", (fingerprint,))
            (kept,) = db.execute("SELECT value FROM facts WHERE name = 'fingerprint'").fetchone()
            if kept == fingerprint:
                db.execute(_HERE, (replica, fingerprint))
            return bool(kept == fingerprint)

        return await self._file.write(work)

    async def leave(self, replica: str) -> None:
        """See `SharedStorage.leave`."""
        await self._file.write(lambda db: db.execute("DELETE FROM replicas WHERE name = ?", (replica,)))

    async def replicas(self) -> Sequence[str]:
        """See `SharedStorage.replicas`."""
        return self._file.read(lambda db: [name for (name,) in db.execute(_LIVE, (LIVE_SECONDS,))])

    async def agree(self, name: str, value: str) -> str:
        """See `SharedStorage.agree`."""

        def work(db: Any) -> str:
            db.execute("INSERT OR IGNORE INTO facts VALUES (?, ?)", (f"agreed:{name}", value))
            return str(
                db.execute("SELECT value FROM facts WHERE name = ?", (f"agreed:{name}",)).fetchone()[0]
            )

        return await self._file.write(work)

    async def close(self) -> None:
        """See `SharedStorage.close`."""
        try:
            await self._batches.write_now()
            if self._used:
                await self._file.write(self._write_used)
        finally:
            self._file.close()
