"""Sessions as a whole: created, cloned, dropped; changes undone; snapshots; what goes on in them."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Protocol

from mockserver.data.clock import Clock
from mockserver.data.conditions import ORDINARY, UNCHANGED, Conditions, Entry, RecordId, Replaced
from mockserver.data.store import DEFAULT_SESSION, Baseline, Changes, CollectionId, MemoryStore, Record, Store

SNAPSHOTS = 20
"""No session has more snapshots than this."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def is_session_name(text: str) -> bool:
    """Whether a session can be called this."""
    return _NAME.fullmatch(text) is not None


class SessionStore(Store, Protocol):
    """A store that also keeps what goes on in sessions."""

    @property
    def evicted(self) -> int:
        """How many sessions gave way because there were too many."""
        ...

    def conditions(self, session: str) -> Conditions | None:
        """What is out of the ordinary in a session; None when nothing is."""
        ...

    def set_conditions(self, session: str, conditions: Conditions) -> None:
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

    def drop(self, session: str) -> bool:
        """Forget a session altogether; False when there was none."""
        ...

    def expire(self, idle: timedelta) -> int:
        """Drop the sessions that nobody changed for that long, not the default one; say how many."""
        ...


class MemorySessions(MemoryStore):
    """Sessions in this process's memory."""

    def __init__(
        self, baseline: Baseline, clock: Clock, *, session_limit: int = 20_000, session_seconds: int = 86_400
    ) -> None:
        super().__init__(baseline, clock, session_limit=session_limit, session_seconds=session_seconds)
        self._watched: set[str] = set()

    def watch(self, session: str) -> None:
        """See `SessionStore.watch`; looking alone makes no session."""
        if session in self._watched:
            return
        if len(self._watched) >= self._limit:
            self._watched.clear()
        self._watched.add(session)
        changes = self._changes.get(session)
        if changes is not None:
            changes.watched = True

    def _begin(self, session: str) -> Changes:
        changes = super()._begin(session)
        changes.watched = session in self._watched
        return changes

    def conditions(self, session: str) -> Conditions | None:
        """See `SessionStore.conditions`; every request asks, and the usual answer is quick."""
        changes = self._changes.get(session)
        if changes is None or changes.conditions is None or self._current(session) is None:
            return None
        return changes.conditions

    def set_conditions(self, session: str, conditions: Conditions) -> None:
        """See `SessionStore.set_conditions`."""
        self._open(session).conditions = None if conditions == ORDINARY else conditions

    def count(self, session: str, name: str) -> int:
        """See `SessionStore.count`."""
        counts = self._open(session).counts
        counts[name] = counts.get(name, 0) + 1
        return counts[name]

    def counted(self, session: str, name: str) -> int:
        """See `SessionStore.counted`."""
        changes = self._current(session)
        return 0 if changes is None else changes.counts.get(name, 0)

    def changes(self, session: str) -> Mapping[CollectionId, Mapping[str, Record | None]]:
        """See `SessionStore.changes`."""
        changes = self._current(session)
        return {} if changes is None else changes.records

    def apply(self, session: str, entries: Mapping[RecordId, Entry]) -> Replaced:
        """See `SessionStore.apply`."""
        if not entries:
            return ()
        changes = self._open(session)
        replaced = tuple((record, changes.replace(*record, entry)) for record, entry in entries.items())
        changes.remember(replaced)
        return replaced

    def undo(self, session: str) -> Replaced | None:
        """See `SessionStore.undo`."""
        changes = self._current(session)
        if changes is None or not changes.history:
            return None
        replaced = changes.history.pop()
        for record, entry in reversed(replaced):
            changes.replace(*record, entry)
        return replaced

    def undoable(self, session: str) -> int:
        """See `SessionStore.undoable`."""
        changes = self._current(session)
        return 0 if changes is None else len(changes.history)

    def snapshot(self, session: str, name: str) -> bool:
        """See `SessionStore.snapshot`."""
        changes = self._open(session)
        if name not in changes.snapshots and len(changes.snapshots) >= SNAPSHOTS:
            return False
        changes.snapshots[name] = {
            collection: dict(records) for collection, records in changes.records.items()
        }
        return True

    def snapshots(self, session: str) -> list[str]:
        """See `SessionStore.snapshots`."""
        changes = self._current(session)
        return [] if changes is None else list(changes.snapshots)

    def restore(self, session: str, name: str) -> bool:
        """See `SessionStore.restore`."""
        changes = self._current(session)
        if changes is None or name not in changes.snapshots:
            return False
        wanted = changes.snapshots[name]
        entries: dict[RecordId, Entry] = {
            (collection, key): wanted.get(collection, {}).get(key, UNCHANGED)
            for collection, records in changes.records.items()
            for key in records
        }
        for collection, records in wanted.items():
            entries |= {(collection, key): record for key, record in records.items()}
        self.apply(session, entries)
        return True

    def forget_snapshot(self, session: str, name: str) -> bool:
        """See `SessionStore.forget_snapshot`."""
        changes = self._current(session)
        return changes is not None and changes.snapshots.pop(name, None) is not None

    def reset(self, session: str) -> None:
        """See `Store.reset`; snapshots stay, so that one can go back to them."""
        changes = self._changes.pop(session, None)
        if changes is not None and changes.snapshots:
            self._open(session).snapshots = changes.snapshots

    def create(self, session: str, source: str | None = None) -> bool:
        """See `SessionStore.create`."""
        if self._current(session) is not None:
            return False
        changes = self._open(session)
        copied = None if source is None else self._current(source)
        if copied is not None:
            changes.records = {name: dict(records) for name, records in copied.records.items()}
            changes.conditions = copied.conditions
            changes.counts = dict(copied.counts)
        return True

    def drop(self, session: str) -> bool:
        """See `SessionStore.drop`."""
        return self._changes.pop(session, None) is not None

    def take_over(self, other: MemoryStore, fits: Callable[[CollectionId, Record | None], bool]) -> int:
        """See `MemoryStore.take_over`; what goes on in the sessions goes on."""
        dropped = super().take_over(other, fits)
        for name, changes in other._changes.items():
            if changes.conditions is not None:
                taken = self._open(name)
                taken.conditions, taken.counts = changes.conditions, changes.counts
        return dropped

    def expire(self, idle: timedelta) -> int:
        """See `SessionStore.expire`."""
        oldest = self._clock.now() - idle
        names = [name for name, changes in self._changes.items() if changes.used <= oldest]
        names = [name for name in names if name != DEFAULT_SESSION]
        for name in names:
            del self._changes[name]
        return len(names)
