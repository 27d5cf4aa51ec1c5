"""Sessions as a whole: created, cloned, dropped; changes undone; snapshots; what goes on in them."""

import re
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from types import TracebackType
from typing import Literal, Protocol

from mockserver.errors import SessionFullError
from mockserver.state.baseline import (
    DEFAULT_SESSION,
    Baseline,
    CollectionId,
    Record,
    SessionSummary,
    SessionView,
    Store,
)
from mockserver.state.clock import Clock, timestamp
from mockserver.state.overlay import Fits, Overlay
from mockserver.state.session_overrides import ORDINARY, Entry, RecordId, Replaced, SessionOverrides

DROPPED = 20_000
"""So many dropped sessions are remembered."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def is_session_name(text: str) -> bool:
    """Whether a session can be called this."""
    return _NAME.fullmatch(text) is not None


DropReason = Literal["idle", "count", "size", "request"]

_REASONS: Mapping[DropReason, str] = {
    "idle": "nobody used it for longer than session_seconds",
    "count": "there were more sessions than session_limit",
    "size": "all sessions together held more than sessions_bytes",
    "request": "the admin API was asked to drop idle sessions",
}


@dataclass(slots=True)
class _Total:
    """How much all sessions hold, in bytes."""

    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Dropped:
    """A session that the store dropped by itself: when, and why."""

    session: str
    reason: DropReason
    at: datetime

    def __str__(self) -> str:
        reason = _REASONS[self.reason]
        return f"The session {self.session} was dropped at {timestamp(self.at)}, with its changes: {reason}."


class SessionContents(Protocol):
    """Everything in a session: records, snapshots, undo steps, conditions. Only its store looks inside."""

    @property
    def size(self) -> int:
        """Bytes that it holds."""
        ...


class SessionStore(Store, Protocol):
    """A store that also keeps what goes on in sessions."""

    @property
    def dropped(self) -> Mapping[DropReason, int]:
        """How many sessions were dropped since the start, by reason."""
        ...

    def use(self, session: str, now: datetime) -> Dropped | None:
        """Note that a request came for a session: it is idle from now on, not from its latest change.

        Returns:
            What dropped the session, if something did, until somebody acknowledges it.
        """
        ...

    def acknowledge(self, session: str) -> None:
        """Forget that a session was dropped."""
        ...

    def keep(self, session: str) -> None:
        """Never drop a session unless somebody asks for it by name."""
        ...

    def conditions(self, session: str) -> SessionOverrides | None:
        """What is out of the ordinary in a session; None when nothing is."""
        ...

    def set_conditions(self, session: str, conditions: SessionOverrides) -> None:
        """Put other conditions in place; ordinary ones are forgotten."""
        ...

    def count(self, session: str, name: str) -> int:
        """Count one more of something, and say how many there have been."""
        ...

    def counted(self, session: str, name: str) -> int:
        """How many of something there have been."""
        ...

    def changes(self, session: str) -> Mapping[CollectionId, Mapping[str, Record | None]]:
        """The records that are the session's own; None where one was deleted."""
        ...

    def watch(self, session: str) -> None:
        """Remember the session's changes from now on, so that they can be undone."""
        ...

    def apply(self, session: str, entries: Mapping[RecordId, Entry]) -> Replaced:
        """Put several entries in place as one change; return what they took the place of."""
        ...

    def undo(self, session: str) -> Replaced | None:
        """Take the latest change back and return what is there again; None when there is none."""
        ...

    def undoable(self, session: str) -> int:
        """How many changes can be taken back."""
        ...

    def snapshot(self, session: str, name: str) -> bool:
        """Remember the session's records under a name; False when there are too many already."""
        ...

    def snapshots(self, session: str) -> list[str]:
        """The names under which records are remembered, the oldest first."""
        ...

    def restore(self, session: str, name: str) -> bool:
        """Make the records what they were, as one change; False when there is no such snapshot."""
        ...

    def forget_snapshot(self, session: str, name: str) -> bool:
        """Drop a snapshot; False when there is none of this name."""
        ...

    def create(self, session: str, source: str | None = None) -> bool:
        """Open a session, as a copy of another one if it is named; False when it is there already."""
        ...

    def clear(self, session: str) -> SessionContents | None:
        """Reset a session like `reset`, and return what it had; None when there was nothing."""
        ...

    def drop(self, session: str) -> SessionContents | None:
        """Remove a session altogether and return what it had; None when there was none."""
        ...

    def expire(self, idle: timedelta) -> Mapping[str, SessionContents]:
        """Drop the sessions that nobody used for that long, not the default one; return them by name."""
        ...

    def put_back(self, session: str, contents: SessionContents) -> SessionContents | None:
        """Put what was cleared or dropped in place again; return what it replaced, if anything."""
        ...


class _Unit:
    """What is written in a session inside of a `with` statement."""

    __slots__ = ("_session", "_store")

    def __init__(self, store: "MemorySessions", session: str) -> None:
        self._store = store
        self._session = session

    def __enter__(self) -> None:
        self._store._begin_unit(self._session)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._store._end_unit(self._session, failed=isinstance(error, SessionFullError))


class MemorySessions:
    """Sessions in this process's memory."""

    def __init__(
        self,
        baseline: Baseline,
        clock: Clock,
        *,
        session_limit: int = 20_000,
        session_seconds: int = 86_400,
        session_bytes: int = 64 * 1024 * 1024,
        sessions_bytes: int = 512 * 1024 * 1024,
    ) -> None:
        """Make a store; the parameters are those of `Settings`."""
        self._baseline = baseline
        self._clock = clock
        self._limit = session_limit
        self._longest_idle = timedelta(seconds=session_seconds)
        self._total_bytes = sessions_bytes
        # The lasting sessions and the one that is written to must fit, whichever others give way.
        self._session_bytes = min(session_bytes, sessions_bytes // 3)
        #: By name, the longest unused first.
        self._overlays: OrderedDict[str, Overlay] = OrderedDict()
        self._total = _Total()
        self._unit: str | None = None
        self._watched: set[str] = set()
        self._lasting = {DEFAULT_SESSION}
        self._drops: OrderedDict[str, Dropped] = OrderedDict()
        self._dropped: Counter[DropReason] = Counter()
        # What sessions without changes see.
        self._unchanged = self._new_overlay("")

    @property
    def dropped(self) -> Mapping[DropReason, int]:
        """See `SessionStore.dropped`."""
        return self._dropped

    def use(self, session: str, now: datetime) -> Dropped | None:
        """See `SessionStore.use`; every request asks, and the usual answer is quick."""
        overlay = self._overlays.get(session)
        if overlay is not None:
            if overlay.used <= now - self._longest_idle and session not in self._lasting:
                self._drop(session, "idle")
            else:
                overlay.used = now
                self._overlays.move_to_end(session)
        return self._drops.get(session) if self._drops else None

    def acknowledge(self, session: str) -> None:
        """See `SessionStore.acknowledge`."""
        self._drops.pop(session, None)

    def keep(self, session: str) -> None:
        """See `SessionStore.keep`."""
        self._lasting.add(session)

    def unit(self, session: str) -> AbstractContextManager[None]:
        """See `Store.unit`."""
        return _Unit(self, session)

    def _begin_unit(self, session: str) -> None:
        self._unit = session

    def _end_unit(self, session: str, *, failed: bool) -> None:
        self._unit = None
        overlay = self._overlays.get(session)
        if overlay is not None:
            if failed:
                overlay.rollback()
            self._commit(session, overlay)

    def get(self, session: str, collection: CollectionId, key: str) -> Record | None:
        """See `Store.get`."""
        return self._overlays.get(session, self._unchanged).get(collection, key)

    def put(self, session: str, collection: CollectionId, key: str, record: Record) -> None:
        """See `Store.put`."""
        overlay = self._overlays.get(session) or self._new_overlay(session)
        overlay.put(collection, key, record)
        self._written(session, overlay)

    def delete(self, session: str, collection: CollectionId, key: str) -> bool:
        """See `Store.delete`."""
        overlay = self._overlays.get(session) or self._new_overlay(session)
        if not overlay.delete(collection, key):
            return False
        self._written(session, overlay)
        return True

    def records(self, session: str, collection: CollectionId) -> Iterator[tuple[str, Record]]:
        """See `Store.records`."""
        return self._overlays.get(session, self._unchanged).records(collection)

    def frozen(self, session: str, names: Iterable[CollectionId]) -> Mapping[CollectionId, SessionView]:
        """See `Store.frozen`."""
        overlay = self._overlays.get(session, self._unchanged)
        return {name: overlay.view(name) for name in names}

    def has(self, session: str, collection: CollectionId, key: str) -> bool:
        """See `Store.has`."""
        return self._overlays.get(session, self._unchanged).has(collection, key)

    def shows(self, session: str, collection: CollectionId, key: str) -> bool:
        """See `Store.shows`."""
        return self._overlays.get(session, self._unchanged).shows(collection, key)

    def collections(self, session: str) -> Mapping[CollectionId, str]:
        """See `Store.collections`."""
        return self._overlays.get(session, self._unchanged).collections()

    def next_number(self, session: str, collection: CollectionId) -> int:
        """See `Store.next_number`."""
        return self._open(session).next_number(collection)

    def key_of(self, collection: CollectionId) -> str | None:
        """See `Store.key_of`."""
        return self._baseline[collection].key if collection in self._baseline else None

    def reset(self, session: str) -> None:
        """See `Store.reset`; snapshots stay, so that one can go back to them."""
        self.acknowledge(session)
        overlay = self._overlays.get(session)
        if overlay is None:
            return
        overlay.reset()
        if overlay.snapshots:
            self._commit(session, overlay)
        else:
            self._forget(session)

    def sessions(self) -> list[SessionSummary]:
        """See `Store.sessions`."""
        self._expire()
        return [SessionSummary(name, found.changed, found.used) for name, found in self._overlays.items()]

    def watch(self, session: str) -> None:
        """See `SessionStore.watch`; looking alone makes no session."""
        if session in self._watched:
            return
        if len(self._watched) >= self._limit:
            self._watched.clear()
        self._watched.add(session)
        overlay = self._overlays.get(session)
        if overlay is not None:
            overlay.watched = True

    def conditions(self, session: str) -> SessionOverrides | None:
        """See `SessionStore.conditions`; every request asks, and the usual answer is quick."""
        overlay = self._overlays.get(session)
        return None if overlay is None else overlay.conditions

    def set_conditions(self, session: str, conditions: SessionOverrides) -> None:
        """See `SessionStore.set_conditions`."""
        overlay = self._overlays.get(session) or self._new_overlay(session)
        overlay.set_conditions(None if conditions == ORDINARY else conditions)
        self._written(session, overlay)

    def count(self, session: str, name: str) -> int:
        """See `SessionStore.count`."""
        return self._open(session).count(name)

    def counted(self, session: str, name: str) -> int:
        """See `SessionStore.counted`."""
        overlay = self._overlays.get(session)
        return 0 if overlay is None else overlay.counts.get(name, 0)

    def changes(self, session: str) -> Mapping[CollectionId, Mapping[str, Record | None]]:
        """See `SessionStore.changes`."""
        return self._overlays.get(session, self._unchanged).records_changed

    def apply(self, session: str, entries: Mapping[RecordId, Entry]) -> Replaced:
        """See `SessionStore.apply`."""
        if not entries:
            return ()
        overlay = self._overlays.get(session) or self._new_overlay(session)
        replaced = overlay.apply(entries)
        self._written(session, overlay)
        return replaced

    def undo(self, session: str) -> Replaced | None:
        """See `SessionStore.undo`."""
        overlay = self._overlays.get(session)
        replaced = None if overlay is None else overlay.undo()
        if overlay is not None and replaced is not None:
            self._written(session, overlay)
        return replaced

    def undoable(self, session: str) -> int:
        """See `SessionStore.undoable`."""
        return self._overlays.get(session, self._unchanged).undoable

    def snapshot(self, session: str, name: str) -> bool:
        """See `SessionStore.snapshot`."""
        overlay = self._overlays.get(session) or self._new_overlay(session)
        if not overlay.snapshot(name):
            return False
        self._written(session, overlay)
        return True

    def snapshots(self, session: str) -> list[str]:
        """See `SessionStore.snapshots`."""
        return self._overlays.get(session, self._unchanged).snapshots

    def restore(self, session: str, name: str) -> bool:
        """See `SessionStore.restore`."""
        overlay = self._overlays.get(session)
        if overlay is None or not overlay.restore(name):
            return False
        self._written(session, overlay)
        return True

    def forget_snapshot(self, session: str, name: str) -> bool:
        """See `SessionStore.forget_snapshot`."""
        overlay = self._overlays.get(session)
        if overlay is None or not overlay.forget_snapshot(name):
            return False
        self._written(session, overlay)
        return True

    def create(self, session: str, source: str | None = None) -> bool:
        """See `SessionStore.create`."""
        self._expire()
        if session in self._overlays:
            return False
        copied = None if source is None else self._overlays.get(source)
        if copied is None:
            overlay = self._new_overlay(session)
        else:
            overlay = copied.copy(self._clock.now(), watched=session in self._watched)
        self.acknowledge(session)
        self._written(session, overlay)
        return True

    def clear(self, session: str) -> Overlay | None:
        """See `SessionStore.clear`."""
        contents = self.drop(session)
        if contents is not None and contents.snapshots:
            self._written(session, contents.fresh(self._clock.now()))
        return contents

    def drop(self, session: str) -> Overlay | None:
        """See `SessionStore.drop`."""
        self.acknowledge(session)
        return self._forget(session) if session in self._overlays else None

    def put_back(self, session: str, contents: SessionContents) -> Overlay | None:
        """See `SessionStore.put_back`."""
        if not isinstance(contents, Overlay):
            raise TypeError("Only what this store has returned can be put back.")
        replaced = self.drop(session)
        contents.counted = 0
        self._written(session, contents)
        return replaced

    def expire(self, idle: timedelta) -> Mapping[str, Overlay]:
        """See `SessionStore.expire`."""
        return self._drop_unused_since(self._clock.now() - idle, "request")

    def warm_up(self) -> None:
        """Make the generated records now rather than at their first use; raises what making them raises."""
        for collection in self._baseline.values():
            collection.all()

    def take_over(self, other: "MemorySessions", fits: Fits) -> tuple[int, int]:
        """Take the sessions of another store, with all that goes on in them.

        Both stores have the same sessions from then on, so that requests under way at the other one lose
        nothing. Changed records that do not fit are hidden until they fit again.

        Returns:
            How many records are hidden by this, and how many are shown again.
        """
        self._overlays, self._watched, self._total = other._overlays, other._watched, other._total
        self._drops, self._dropped = other._drops, other._dropped
        counts = [overlay.rebase(self._baseline, fits) for overlay in self._overlays.values()]
        for name, overlay in list(self._overlays.items()):
            self._commit(name, overlay)
        return sum(hidden for hidden, _ in counts), sum(shown for _, shown in counts)

    def _new_overlay(self, session: str) -> Overlay:
        watched = session in self._watched
        return Overlay(self._baseline, self._session_bytes, self._clock.now(), watched=watched)

    def _open(self, session: str) -> Overlay:
        overlay = self._overlays.get(session)
        if overlay is None:
            overlay = self._new_overlay(session)
            self._written(session, overlay)
        return overlay

    def _written(self, session: str, overlay: Overlay) -> None:
        """Keep a session that was written to, and commit the change unless its unit goes on."""
        if session not in self._overlays:
            self._expire()
            self._evict()
            self._overlays[session] = overlay
        if self._unit != session:
            overlay.used = self._clock.now()
            self._overlays.move_to_end(session)
            self._commit(session, overlay)

    def _commit(self, session: str, overlay: Overlay) -> None:
        """Commit what was written, and let others give way if all sessions together hold too much."""
        overlay.commit()
        self._total.bytes += overlay.size - overlay.counted
        overlay.counted = overlay.size
        while self._total.bytes > self._total_bytes:
            spared = {*self._lasting, session}
            others = ((name, other) for name, other in self._overlays.items() if name not in spared)
            found = next((name for name, other in others if other.counted), None)
            if found is None:
                return
            self._drop(found, "size")

    def _evict(self) -> None:
        """Make room for one more; the lasting sessions stay."""
        while len(self._overlays) >= self._limit:
            longest_unused = next((name for name in self._overlays if name not in self._lasting), None)
            if longest_unused is None:
                return
            self._drop(longest_unused, "count")

    def _expire(self) -> None:
        """Drop the sessions that nobody used for too long; the lasting ones stay."""
        self._drop_unused_since(self._clock.now() - self._longest_idle, "idle")

    def _drop_unused_since(self, moment: datetime, reason: DropReason) -> dict[str, Overlay]:
        unused = takewhile(lambda item: item[1].used <= moment, self._overlays.items())
        names = [name for name, _ in unused if name not in self._lasting]
        return {name: self._drop(name, reason) for name in names}

    def _drop(self, session: str, reason: DropReason) -> Overlay:
        """Drop a session that nobody asked to drop, and remember that."""
        contents = self._forget(session)
        self._dropped[reason] += 1
        self._drops.pop(session, None)
        self._drops[session] = Dropped(session, reason, self._clock.now())
        if len(self._drops) > DROPPED:
            self._drops.popitem(last=False)
        return contents

    def _forget(self, session: str) -> Overlay:
        contents = self._overlays.pop(session)
        self._total.bytes -= contents.counted
        return contents
