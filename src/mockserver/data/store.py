"""Sessions: isolated worlds over one shared baseline, copied on write.

A session holds only what was changed in it, so that thousands are cheap and a reset is forgetting
the changes. Records are values: whoever changes one puts a new one in its place.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import RLock
from typing import Any, Protocol

from mockserver.data.clock import Clock
from mockserver.data.conditions import UNCHANGED, Conditions, Entry, Replaced, Unchanged

# Generated records are made once, by whoever comes first: a request, or the warm-up beside it.
_MAKING = RLock()

Record = Mapping[str, Any]
CollectionId = tuple[str, str]
"""The API's name and the collection's."""

DEFAULT_SESSION = "default"
UNDOABLE = 20
"""So many changes of a session can be undone."""


@dataclass(slots=True)
class BaselineCollection:
    """What a collection holds before anybody changes it.

    Attributes:
        key: the field that identifies a record.
        records: the records that were written down, by key.
        more: makes the generated ones; asked at most once, when a key is not among `records` or all
            records are wanted.
    """

    key: str
    records: dict[str, Record]
    more: Callable[[], Mapping[str, Record]] | None = None

    def get(self, key: str) -> Record | None:
        """The record with this key, or None."""
        found = self.records.get(key)
        return found if found is not None or self.more is None else self.all().get(key)

    def has(self, key: str) -> bool:
        """Whether there is a record with this key."""
        return self.get(key) is not None

    def all(self) -> Mapping[str, Record]:
        """All records, the written ones first."""
        if self.more is not None:
            with _MAKING:
                if self.more is not None:
                    self.records = {**self.records, **_new(self.more(), self.records)}
                    self.more = None
        return self.records


def _new(more: Mapping[str, Record], known: Mapping[str, Record]) -> dict[str, Record]:
    return {key: record for key, record in more.items() if key not in known}


class BaseCollection(Protocol):
    """What a collection holds before anybody changes it: records that were written down, or any at all."""

    @property
    def key(self) -> str:
        """The field that identifies a record."""
        ...

    def get(self, key: str) -> Record | None:
        """The record with this key, or None."""
        ...

    def has(self, key: str) -> bool:
        """Whether there is a record with this key; it need not be made to know that."""
        ...

    def all(self) -> Mapping[str, Record]:
        """The records that show when all are asked for, by key."""
        ...


Baseline = Mapping[CollectionId, BaseCollection]


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """What is known of a session that differs from the baseline."""

    name: str
    changes: int
    used: datetime


class Store(Protocol):
    """Where state lives. Nothing outside this package may assume that it is this process."""

    def get(self, session: str, collection: CollectionId, key: str) -> Record | None:
        """The record as the session sees it, or None."""
        ...

    def put(self, session: str, collection: CollectionId, key: str, record: Record) -> None:
        """Create or replace a record in the session; the record is not to be changed afterwards."""
        ...

    def delete(self, session: str, collection: CollectionId, key: str) -> bool:
        """Remove a record from the session; False when there was none."""
        ...

    def records(self, session: str, collection: CollectionId) -> Iterator[tuple[str, Record]]:
        """All records with their keys: the baseline's in its order, then the new ones in theirs."""
        ...

    def has(self, session: str, collection: CollectionId, key: str) -> bool:
        """Whether the session has a record with this key."""
        ...

    def shows(self, session: str, collection: CollectionId, key: str) -> bool:
        """Whether a record is among those that show when all are asked for."""
        ...

    def collections(self) -> Mapping[CollectionId, str]:
        """Every closed collection, and every changed one, with the field that identifies records."""
        ...

    def key_of(self, collection: CollectionId) -> str | None:
        """The field that identifies a collection's records; None when there can be no such collection."""
        ...

    def next_number(self, session: str, collection: CollectionId) -> int:
        """A number that the session did not have for the collection before: 1, 2, 3 and so on."""
        ...

    def reset(self, session: str) -> None:
        """Forget everything that was changed in the session."""
        ...

    def sessions(self) -> list[SessionSummary]:
        """The sessions that differ from the baseline, the longest unused first."""
        ...


@dataclass(slots=True)
class Changes:
    """One session: its overlay, in which a record of None was deleted, and what goes on in it."""

    used: datetime
    records: dict[CollectionId, dict[str, Record | None]] = field(default_factory=dict)
    numbers: dict[CollectionId, int] = field(default_factory=dict)
    conditions: Conditions | None = None
    counts: dict[str, int] = field(default_factory=dict)
    #: Whether somebody looks: only then are changes remembered, and can be undone.
    watched: bool = False
    #: What each of the latest changes took the place of; the last is undone first.
    history: list[Replaced] = field(default_factory=list)
    snapshots: dict[str, dict[CollectionId, dict[str, Record | None]]] = field(default_factory=dict)

    def change(self, collection: CollectionId, key: str, entry: Entry) -> None:
        """Put one entry in place, as a change of its own."""
        before = self.replace(collection, key, entry)
        if self.watched:
            self.remember((((collection, key), before),))

    def replace(self, collection: CollectionId, key: str, entry: Entry) -> Entry:
        """Put an entry in place and return what was there."""
        changed = self.records.setdefault(collection, {})
        before: Entry = changed.get(key, UNCHANGED)
        if isinstance(entry, Unchanged):
            changed.pop(key, None)
        else:
            changed[key] = entry
        return before

    def remember(self, replaced: Replaced) -> None:
        """Make a change one that can be undone."""
        self.history.append(replaced)
        if len(self.history) > UNDOABLE:
            del self.history[0]


class MemoryStore:
    """Sessions in this process's memory."""

    def __init__(
        self, baseline: Baseline, clock: Clock, *, session_limit: int = 20_000, session_seconds: int = 86_400
    ) -> None:
        self._baseline = baseline
        self._clock = clock
        self._limit = session_limit
        self._keep = timedelta(seconds=session_seconds)
        self._changes: OrderedDict[str, Changes] = OrderedDict()
        #: How many sessions gave way because there were too many.
        self.evicted = 0

    def get(self, session: str, collection: CollectionId, key: str) -> Record | None:
        """See `Store.get`."""
        changes = self._current(session)
        if changes is not None:
            changed = changes.records.get(collection)
            if changed is not None and key in changed:
                return changed[key]
        return self._baseline[collection].get(key)

    def put(self, session: str, collection: CollectionId, key: str, record: Record) -> None:
        """See `Store.put`."""
        changes = self._open(session)
        if changes.watched:
            changes.change(collection, key, record)
        else:
            changes.records.setdefault(collection, {})[key] = record

    def delete(self, session: str, collection: CollectionId, key: str) -> bool:
        """See `Store.delete`."""
        if self.get(session, collection, key) is None:
            return False
        in_baseline = self._baseline[collection].get(key) is not None
        self._open(session).change(collection, key, None if in_baseline else UNCHANGED)
        return True

    def records(self, session: str, collection: CollectionId) -> Iterator[tuple[str, Record]]:
        """See `Store.records`."""
        changes = self._current(session)
        changed = changes.records.get(collection, {}) if changes is not None else {}
        baseline = self._baseline[collection].all()
        for key, record in baseline.items():
            current = changed.get(key, record)
            if current is not None:
                yield key, current
        for key, new in changed.items():
            if new is not None and key not in baseline:
                yield key, new

    def has(self, session: str, collection: CollectionId, key: str) -> bool:
        """See `Store.has`."""
        changes = self._current(session)
        changed = changes.records.get(collection, {}) if changes is not None else {}
        return changed[key] is not None if key in changed else self._baseline[collection].has(key)

    def shows(self, session: str, collection: CollectionId, key: str) -> bool:
        """See `Store.shows`."""
        changes = self._current(session)
        changed = changes.records.get(collection, {}) if changes is not None else {}
        if key in changed:
            return changed[key] is not None
        return key in self._baseline[collection].all()

    def collections(self) -> Mapping[CollectionId, str]:
        """See `Store.collections`."""
        changed = {name for changes in self._changes.values() for name in changes.records}
        changed = {name for name in changed if not name[1].startswith("~")}  # notes, not records
        return {name: self._baseline[name].key for name in (*self._baseline, *sorted(changed))}

    def next_number(self, session: str, collection: CollectionId) -> int:
        """See `Store.next_number`."""
        numbers = self._open(session).numbers
        numbers[collection] = numbers.get(collection, 0) + 1
        return numbers[collection]

    def key_of(self, collection: CollectionId) -> str | None:
        """See `Store.key_of`."""
        return self._baseline[collection].key if collection in self._baseline else None

    def reset(self, session: str) -> None:
        """See `Store.reset`."""
        self._changes.pop(session, None)

    def sessions(self) -> list[SessionSummary]:
        """See `Store.sessions`."""
        self._expire()
        return [
            SessionSummary(name, sum(map(len, changes.records.values())), changes.used)
            for name, changes in self._changes.items()
        ]

    def warm_up(self) -> None:
        """Make the generated records now rather than at their first use; raises what making them raises."""
        for collection in self._baseline.values():
            collection.all()

    def take_over(self, other: "MemoryStore", fits: Callable[[CollectionId, Record | None], bool]) -> int:
        """Take the changes of another store, those that fit; return how many did not."""
        dropped = 0
        for name, changes in other._changes.items():
            for collection, records in changes.records.items():
                kept = {key: record for key, record in records.items() if fits(collection, record)}
                dropped += len(records) - len(kept)
                if kept:
                    taken = self._changes.setdefault(name, Changes(changes.used))
                    taken.records[collection] = kept
                    taken.numbers |= changes.numbers
        return dropped

    def _current(self, session: str) -> Changes | None:
        """The session's changes, unless nobody wrote to it for too long."""
        changes = self._changes.get(session)
        if changes is None or session == DEFAULT_SESSION or changes.used > self._clock.now() - self._keep:
            return changes
        del self._changes[session]
        return None

    def _open(self, session: str) -> Changes:
        changes = self._current(session)
        if changes is None:
            self._expire()
            self._evict()
            changes = self._begin(session)
        else:
            changes.used = self._clock.now()
            self._changes.move_to_end(session)
        return changes

    def _begin(self, session: str) -> Changes:
        changes = self._changes[session] = Changes(self._clock.now())
        return changes

    def _evict(self) -> None:
        """Make room for one more; the default session stays."""
        while len(self._changes) >= self._limit:
            longest_idle = next((name for name in self._changes if name != DEFAULT_SESSION), None)
            if longest_idle is None:
                return
            del self._changes[longest_idle]
            self.evicted += 1

    def _expire(self) -> None:
        """Drop the sessions that nobody wrote to for too long; the default one stays."""
        oldest = self._clock.now() - self._keep
        for name in list(self._changes):
            if self._changes[name].used > oldest:
                break
            if name != DEFAULT_SESSION:
                del self._changes[name]
