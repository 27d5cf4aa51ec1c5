"""One session's state over the baseline: changed records, undo steps, snapshots, and their total size.

Nothing here suspends or reads a clock. The size of a session is the length of the JSON text of each record
that it keeps, counted once even if several snapshots share it, plus 100 bytes and the key for each place
where a record is kept. Forced responses and the records that scenarios replaced are counted the same way.
"""

import json
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from mockserver.errors import SessionFullError
from mockserver.state.baseline import Baseline, CollectionId, Record, Results, Rows, SessionView, WorkedOut
from mockserver.state.session_fields import conditions_of, conditions_value, entry_of, row_of
from mockserver.state.session_overrides import (
    ORDINARY,
    UNCHANGED,
    AddedRule,
    Entry,
    ForcedAnswer,
    RecordId,
    Replaced,
    SessionOverrides,
    Unchanged,
)
from mockserver.state.storage import NO_SESSION, Delta, Field, Loaded

UNDOABLE = 20
"""Maximum number of undo steps of a session."""
SNAPSHOTS = 20
"""Maximum number of snapshots of a session."""

_PLACE = 100
"""Bytes counted for each place in which a record is kept."""
_LONG_TEXT = 64 * 1024
_MEGABYTE = 1024 * 1024

Fits = Callable[[CollectionId, Record | None], bool]
"""Whether a record, or its deletion, is valid under the served documents."""


class Overlay:
    """A session: the baseline, and the changes of the session.

    A record of None was deleted. Writes are collected until `commit` turns them into one undo step and a
    delta for the storage, or `rollback` reverts them.
    """

    __slots__ = (
        "_baseline",
        "_changed",
        "_derived",
        "_fits",
        "_held",
        "_hidden",
        "_history",
        "_history_size",
        "_is_reset",
        "_kept",
        "_limit",
        "_log",
        "_old_conditions",
        "_snapshots",
        "_step",
        "_touched",
        "_undone",
        "_worked_out",
        "conditions",
        "counts",
        "numbers",
        "records_changed",
        "version",
        "watched",
    )

    def __init__(
        self,
        baseline: Baseline,
        limit: int,
        *,
        watched: bool = False,
        fits: Fits | None = None,
        worked_out: WorkedOut | None = None,
    ) -> None:
        """Start a session that equals the baseline.

        Args:
            baseline: what the session sees where it has no changes.
            limit: the maximum size of the session in bytes.
            watched: whether changes are recorded as undo steps.
            fits: decides which earlier records may be restored; all by default.
            worked_out: cache of results computed from collections; by default one for this session.
        """
        self._baseline = baseline
        self._worked_out = worked_out or WorkedOut()
        self._limit = limit
        self._fits = fits
        self.watched = watched
        #: The version of the session in the storage.
        self.version = NO_SESSION
        self.records_changed: dict[CollectionId, dict[str, Record | None]] = {}
        self._changed = 0
        self.numbers: dict[CollectionId, int] = {}
        self.counts: dict[str, int] = {}
        #: The session's overrides; None when there are none.
        self.conditions: SessionOverrides | None = None
        self._old_conditions: tuple[SessionOverrides | None] | None = None
        # The writes since the last commit: for each the record, the entry that it replaced, that entry's
        # size, the hidden record that it replaced, and the previous mark in `_touched`.
        self._log: list[tuple[RecordId, Entry, int, Entry, bool | None]] = []
        # The fields to write at the next commit, and whether each moves to the end of the order.
        self._touched: dict[Field, bool] = {}
        #: The entries that each change replaced, and their size, by the number of the change.
        self._history: dict[int, tuple[Replaced, int]] = {}
        self._history_size = 0
        self._step = 0
        self._undone = self._is_reset = False
        self._snapshots: dict[str, dict[CollectionId, dict[str, Record | None]]] = {}
        # Changed records that are invalid under the current documents; they are restored when valid again.
        self._hidden: dict[RecordId, Record | None] = {}
        self._derived: dict[CollectionId, Results] = {}
        # By identity: the value, its size, and the number of places where it is kept.
        self._held: dict[int, tuple[object, int, int]] = {}
        self._kept = 0

    @property
    def size(self) -> int:
        """Bytes that the session holds, including undo steps and snapshots."""
        return self._kept + self._history_size

    @property
    def changed(self) -> int:
        """Number of records that differ from the baseline."""
        return self._changed

    def get(self, collection: CollectionId, key: str) -> Record | None:
        """The record as the session sees it, or None."""
        changed = self.records_changed.get(collection)
        if changed is not None and key in changed:
            return changed[key]
        return self._baseline[collection].get(key)

    def has(self, collection: CollectionId, key: str) -> bool:
        """Whether there is a record with this key."""
        changed = self.records_changed.get(collection)
        if changed is not None and key in changed:
            return changed[key] is not None
        return self._baseline[collection].has(key)

    def is_written(self, collection: CollectionId, key: str) -> bool:
        """Whether the session has an entry of its own for a record, or for its deletion."""
        return key in self.records_changed.get(collection, _NOTHING)

    def shows(self, collection: CollectionId, key: str) -> bool:
        """Whether a record is among those that a list shows."""
        changed = self.records_changed.get(collection)
        if changed is not None and key in changed:
            return changed[key] is not None
        return self._baseline[collection].shows(key)

    def records(self, collection: CollectionId) -> Iterator[tuple[str, Record]]:
        """All records as they are when the iteration begins: the baseline's, then the new ones."""
        base = self._baseline[collection]
        return iter(SessionView(base.key, base.all(), self.records_changed.get(collection, _NOTHING)))

    def view(self, collection: CollectionId) -> SessionView:
        """A collection as it is now; a thread may read it while the session changes."""
        base = self._baseline[collection]
        return SessionView(base.key, base.all(), dict(self.records_changed.get(collection, ())))

    def derived(self, collection: CollectionId, place: Hashable, work_out: Callable[[], Rows]) -> Rows:
        """Return a result computed from a collection's current records; cached until a write or eviction."""
        results = self._derived.get(collection)
        if results is None:
            results = self._derived[collection] = Results()
        return self._worked_out.result(results, place, work_out)

    def collections(self) -> Mapping[CollectionId, str]:
        """Every closed collection and the changed ones, with the field that identifies records."""
        changed = sorted(name for name in self.records_changed if not is_note(name))
        return {name: self._baseline[name].key for name in (*self._baseline, *changed)}

    def put(self, collection: CollectionId, key: str, record: Record) -> None:
        """Create or replace a record.

        Raises:
            SessionFullError: the session would exceed its maximum size; nothing was changed.
        """
        kept = self._kept
        self._replace(collection, key, record)
        if self._kept > self._limit:
            self._refuse_growth(kept, 1)

    def delete(self, collection: CollectionId, key: str) -> bool:
        """Remove a record; False when there was none.

        Raises:
            SessionFullError: see `put`.
        """
        if self.get(collection, key) is None:
            return False
        kept = self._kept
        in_baseline = self._baseline[collection].get(key) is not None
        self._replace(collection, key, None if in_baseline else UNCHANGED)
        if self._kept > self._limit:
            self._refuse_growth(kept, 1)
        return True

    def apply(self, entries: Mapping[RecordId, Entry]) -> Replaced:
        """Write several entries, hiding those that are no longer valid; return the entries they replaced.

        Raises:
            SessionFullError: see `put`.
        """
        kept, begin = self._kept, len(self._log)
        for (collection, key), entry in entries.items():
            self._restore_entry(collection, key, entry)
        if self._kept > self._limit:
            self._refuse_growth(kept, len(entries))
        return tuple((record, before) for record, before, *_ in self._log[begin:])

    def next_number(self, collection: CollectionId) -> int:
        """The next number of a collection in this session: 1, 2, 3 and so on.

        Raises:
            SessionFullError: see `put`.
        """
        number = self.numbers.get(collection, 0) + 1
        if number == 1:
            size = _PLACE + len(collection[1])
            if self._kept + size > self._limit:
                raise self._full()
            self._kept += size
        self.numbers[collection] = number
        self._touched["number", *collection] = False
        return number

    def count(self, name: str) -> int:
        """Increment a counter and return its value; also works when the session is full."""
        number = self.counts.get(name, 0) + 1
        if number == 1:
            self._kept += _PLACE + len(name)
        self.counts[name] = number
        self._touched["count", name] = False
        return number

    def set_count(self, name: str, number: int) -> None:
        """Set a counter; like counting, this cannot be undone."""
        if name not in self.counts:
            self._kept += _PLACE + len(name)
        self.counts[name] = number
        self._touched["count", name] = False

    def set_conditions(self, conditions: SessionOverrides | None) -> None:
        """Replace the session's overrides; empty ones are removed.

        Raises:
            SessionFullError: see `put`.
        """
        if conditions == ORDINARY:
            conditions = None
        kept, old, was_touched = self._kept, self.conditions, ("conditions",) in self._touched
        self._exchange_conditions(conditions)
        if self._kept > self._limit and self._kept > kept:
            self._exchange_conditions(old)
            if not was_touched:
                del self._touched["conditions",]
            raise self._full()
        if self._old_conditions is None:
            self._old_conditions = (old,)

    def commit(self) -> Delta | None:
        """Turn the writes since the last commit into one change, with an undo step if the session is watched.

        Returns:
            The delta for the storage; None when nothing was written.
        """
        self._old_conditions = None
        if self._log:
            if self.watched and not self._undone:
                self._remember()
            self._log.clear()
        self._undone = False
        is_reset, self._is_reset = self._is_reset, False
        # Old undo steps are evicted before a write is refused.
        while self._history and (len(self._history) > UNDOABLE or self.size > self._limit):
            self._forget_step(next(iter(self._history)))
        if is_reset and self._kept == 0 and not self._snapshots and self.conditions is None:
            self._touched.clear()
            return None if self.version == NO_SESSION else Delta(drop=True)
        return self._delta() if self._touched else None

    def _remember(self) -> None:
        """Record the writes since the last commit as an undo step."""
        size = sum(size + _PLACE + len(key) for (_, key), _, size, _, _ in self._log)
        self._step += 1
        self._history[self._step] = (tuple((record, before) for record, before, *_ in self._log), size)
        self._history_size += size
        self._touched["undo", str(self._step)] = True

    def _forget_step(self, step: int) -> Replaced:
        replaced, size = self._history.pop(step)
        self._history_size -= size
        self._touched["undo", str(step)] = False
        return replaced

    def _delta(self) -> Delta:
        delta = Delta([], {}, self._kept + self._history_size, self._changed)
        for field, is_new in self._touched.items():
            value = self._value(field)
            if is_new or value is UNCHANGED:
                delta.removed.append(field)
            if value is not UNCHANGED:
                delta.fields[field] = value
        self._touched = {}
        return delta

    def _value(self, field: Field) -> Any:
        """The storage's value for a field; `UNCHANGED` for none."""
        if field[0] == "record":
            _, api, name, key = field
            return self.records_changed.get((api, name), _NOTHING).get(key, UNCHANGED)
        return _VALUES[field[0]](self, *field[1:])

    def load(self, loaded: Loaded) -> None:
        """Apply loaded fields, all or only changed ones; there must be no writes since the last commit."""
        for field in loaded.removed:
            self._take(field, UNCHANGED)
        for field, value in loaded.fields.items():
            self._take(field, value)
        self.version = self.version if loaded.version is None else loaded.version
        self._log.clear()
        self._touched.clear()
        self._old_conditions = None

    def _take(self, field: Field, value: Any) -> None:
        """Set a field to the value from the storage."""
        kind, *names = field
        if kind == "record":
            self._replace((names[0], names[1]), names[2], self._known(names, value))
        elif kind == "hidden":
            self._hide(((names[0], names[1]), names[2]), self._known(names, value))
        elif kind == "snapshot":
            self._take_snapshot(names[0], value)
        elif kind == "undo":
            self._take_step(int(names[0]), value)
        elif kind == "conditions":
            self._exchange_conditions(None if value is UNCHANGED else conditions_of(value))
        else:
            self._take_counter(kind, names, value)

    def _known(self, names: Sequence[str], value: Any) -> Any:
        """Return the session's own equal record if it has one, so that it is counted once; else the value."""
        if value is None or value is UNCHANGED:
            return value
        api, name, key = names
        for records in (self.records_changed, *self._snapshots.values()):
            there = records.get((api, name), _NOTHING).get(key)
            if there is not None and there == value:
                return there
        return value

    def _take_snapshot(self, name: str, rows: Any) -> None:
        self._release_all(self._snapshots.pop(name, {}))
        if rows is UNCHANGED:
            return
        taken: dict[CollectionId, dict[str, Record | None]] = {}
        for api, collection, key, record in rows:
            taken.setdefault((api, collection), {})[key] = self._known((api, collection, key), record)
        self._hold_all(taken)
        self._snapshots[name] = taken

    def _take_step(self, step: int, rows: Any) -> None:
        if step in self._history:
            self._forget_step(step)
        if rows is UNCHANGED:
            return
        replaced = tuple(map(entry_of, rows))
        size = sum(_size_of(entry) + _PLACE + len(key) for (_, key), entry in replaced)
        self._history[step] = (replaced, size)
        self._history_size += size
        self._step = max(self._step, step)

    def _take_counter(self, kind: str, names: list[str], value: Any) -> None:
        self._kept -= self._counters_size
        if kind == "number":
            self.numbers.pop((names[0], names[1]), None)
            if value is not UNCHANGED:
                self.numbers[names[0], names[1]] = value
        else:
            self.counts.pop(names[0], None)
            if value is not UNCHANGED:
                self.counts[names[0]] = value
        self._kept += self._counters_size

    def rollback(self) -> None:
        """Revert the writes since the last commit; counters keep their values."""
        self._take_back(len(self._log))
        if self._old_conditions is not None:
            self._exchange_conditions(self._old_conditions[0])
            self._old_conditions = None
            if not self._is_reset:
                self._touched.pop(("conditions",), None)

    def undo(self) -> Replaced | None:
        """Revert the latest change and return the entries that it had replaced; None when there is none."""
        if not self._history:
            return None
        replaced = self._forget_step(next(reversed(self._history)))
        for (collection, key), entry in reversed(replaced):
            self._restore_entry(collection, key, entry)
        self._undone = True
        return replaced

    @property
    def undoable(self) -> int:
        """Number of changes that can be undone."""
        return len(self._history)

    @property
    def snapshots(self) -> list[str]:
        """The names of the snapshots, the oldest first."""
        return list(self._snapshots)

    def snapshot(self, name: str) -> bool:
        """Save the records under a name; False when there are too many snapshots already.

        Raises:
            SessionFullError: see `put`.
        """
        if name not in self._snapshots and len(self._snapshots) >= SNAPSHOTS:
            return False
        kept, old = self._kept, self._snapshots.get(name, {})
        taken = {collection: dict(records) for collection, records in self.records_changed.items()}
        self._hold_all(taken)
        self._release_all(old)
        if self._kept > self._limit and self._kept > kept:
            self._hold_all(old)
            self._release_all(taken)
            raise self._full()
        self._touched["snapshot", name] = name not in self._snapshots
        self._snapshots[name] = taken
        return True

    def restore(self, name: str) -> bool:
        """Restore the records of a snapshot, hiding those that are no longer valid; False when there is none.

        Raises:
            SessionFullError: see `put`.
        """
        wanted = self._snapshots.get(name)
        if wanted is None:
            return False
        entries: dict[RecordId, Entry] = {
            (collection, key): UNCHANGED
            for collection, records in self.records_changed.items()
            for key in records
        }
        for collection, records in wanted.items():
            entries |= {(collection, key): record for key, record in records.items()}
        self.apply(entries)
        return True

    def forget_snapshot(self, name: str) -> bool:
        """Delete a snapshot; False when there is none of this name."""
        if name not in self._snapshots:
            return False
        self._release_all(self._snapshots.pop(name))
        self._touched["snapshot", name] = False
        return True

    def reset(self) -> None:
        """Delete everything but the snapshots."""
        for collection, key in [(name, key) for name, found in self.records_changed.items() for key in found]:
            self._replace(collection, key, UNCHANGED)
        for collection, key in list(self._hidden):
            self._hide((collection, key), UNCHANGED)
        if self.conditions is not None:
            self._exchange_conditions(None)
        self._old_conditions = None
        self._log.clear()
        for step in list(self._history):
            self._forget_step(step)
        self._kept -= self._counters_size
        self._touched |= dict.fromkeys((("number", *name) for name in self.numbers), False)
        self._touched |= dict.fromkeys((("count", name) for name in self.counts), False)
        self.numbers.clear()
        self.counts.clear()
        self._is_reset = True

    def settle(self) -> None:
        """Accept the writes since the last commit, so that they are neither reverted nor an undo step."""
        self._log.clear()
        self._old_conditions = None

    def take_copy(self, other: "Overlay") -> None:
        """Copy the records, overrides and counters of another session, but no undo steps or snapshots."""
        for collection, records in other.records_changed.items():
            for key, record in records.items():
                self._replace(collection, key, record, size=other._size(record))
        self._log.clear()
        self._exchange_conditions(other.conditions)
        self._kept -= self._counters_size
        self.numbers, self.counts = dict(other.numbers), dict(other.counts)
        self._kept += self._counters_size
        self._touched |= dict.fromkeys((("number", *name) for name in self.numbers), False)
        self._touched |= dict.fromkeys((("count", name) for name in self.counts), False)

    def rebase(self, fits: Fits) -> tuple[int, int]:
        """Hide changed records that are invalid under the new baseline, until they are valid again.

        Returns:
            How many records were hidden, and how many are shown again.
        """
        self._fits = fits
        shown = [record for record, entry in self._hidden.items() if fits(record[0], entry)]
        hidden = [
            (collection, key)
            for collection, records in self.records_changed.items()
            for key, entry in records.items()
            if not fits(collection, entry)
        ]
        for collection, key in shown:
            self._replace(collection, key, self._hidden[collection, key])
        for collection, key in hidden:
            self._replace(collection, key, UNCHANGED, hidden=self.records_changed[collection][key])
        self._log.clear()
        return len(hidden), len(shown)

    @property
    def _counters_size(self) -> int:
        names = [*self.counts, *(name for _, name in self.numbers)]
        return sum(_PLACE + len(name) for name in names)

    def _restore_entry(self, collection: CollectionId, key: str, entry: Entry) -> None:
        """Restore an earlier entry; hide it if it is no longer valid."""
        if isinstance(entry, Unchanged) or self._fits is None or self._fits(collection, entry):
            self._replace(collection, key, entry)
        else:
            self._replace(collection, key, UNCHANGED, hidden=entry)

    def _replace(
        self,
        collection: CollectionId,
        key: str,
        entry: Entry,
        *,
        hidden: Entry = UNCHANGED,
        size: int | None = None,
    ) -> None:
        """Set an entry; the size of its record is measured unless it is given."""
        changed = self.records_changed.get(collection)
        if changed is None:
            changed = self.records_changed[collection] = {}
        if self._derived and (results := self._derived.pop(collection, None)) is not None:
            self._worked_out.forget(results)
        before: Entry = changed.get(key, UNCHANGED)
        field = ("record", collection[0], collection[1], key)
        touched = self._touched.get(field)
        if entry is UNCHANGED:
            if before is not UNCHANGED:
                del changed[key]
                self._kept -= _PLACE + len(key)
                self._changed -= 1
                self._touched[field] = False
            if not changed:
                del self.records_changed[collection]
        else:
            changed[key] = entry
            self._hold(entry, size)
            if before is UNCHANGED:
                self._kept += _PLACE + len(key)
                self._changed += 1
                if touched is not None:  # it moves to the end of the order
                    del self._touched[field]
                self._touched[field] = True
            elif touched is None:
                self._touched[field] = False
        old_size = self._release(before)
        record = (collection, key)
        old_hidden: Entry = UNCHANGED
        if self._hidden or not isinstance(hidden, Unchanged):
            old_hidden = self._hide(record, hidden)
        self._log.append((record, before, old_size, old_hidden, touched))

    def _hide(self, record: RecordId, entry: Entry) -> Entry:
        before: Entry = self._hidden.pop(record, UNCHANGED)
        self._touched["hidden", *record[0], record[1]] = True
        if not isinstance(entry, Unchanged):
            self._hidden[record] = entry
            self._hold(entry)
            self._kept += _PLACE
        if not isinstance(before, Unchanged):
            self._release(before)
            self._kept -= _PLACE
        return before

    def _refuse_growth(self, kept: int, writes: int) -> None:
        """Revert the latest writes if the session grew by them."""
        if self._kept > kept:
            self._take_back(writes)
            raise self._full()

    def _take_back(self, writes: int) -> None:
        log, begin = self._log, len(self._log) - writes
        taken = log[begin:]
        for (collection, key), before, _, hidden, touched in reversed(taken):
            self._replace(collection, key, before, hidden=hidden)
            self._touched.pop(("record", *collection, key), None)
            if touched is not None:
                self._touched["record", *collection, key] = touched
        del log[begin:]

    def _full(self) -> SessionFullError:
        size = f"{self._limit / _MEGABYTE:.4g} MB" if self._limit >= _MEGABYTE else f"{self._limit} bytes"
        return SessionFullError(
            f"The session is full: its maximum size is {size}. Delete records or snapshots, "
            "reset the session, or raise session_bytes."
        )

    def _exchange_conditions(self, conditions: SessionOverrides | None) -> None:
        for value in _values_of(conditions):
            self._hold(value)
            self._kept += _PLACE
        for value in _values_of(self.conditions):
            self._release(value)
            self._kept -= _PLACE
        self.conditions = conditions
        self._touched["conditions",] = False

    def _hold_all(self, snapshot: Mapping[CollectionId, Mapping[str, Record | None]]) -> None:
        for records in snapshot.values():
            self._kept += _PLACE * len(records)
            for record in records.values():
                self._hold(record)

    def _release_all(self, snapshot: Mapping[CollectionId, Mapping[str, Record | None]]) -> None:
        for records in snapshot.values():
            self._kept -= _PLACE * len(records)
            for record in records.values():
                self._release(record)

    def _hold(self, value: object, size: int | None = None) -> None:
        """Count one more place where a value is kept."""
        if value is None:
            return
        held = self._held.get(id(value))
        if held is None:
            size = _size_of(value) if size is None else size
            self._held[id(value)] = (value, size, 1)
            self._kept += size
        else:
            self._held[id(value)] = (value, held[1], held[2] + 1)

    def _release(self, value: object) -> int:
        """Count one place less where a value is kept; return its size."""
        held = self._held.get(id(value))
        if held is None:
            return 0
        _, size, places = held
        if places == 1:
            del self._held[id(value)]
            self._kept -= size
        else:
            self._held[id(value)] = (value, size, places - 1)
        return size

    def _size(self, value: object) -> int:
        held = self._held.get(id(value))
        return 0 if held is None else held[1]


def _rows(snapshot: Mapping[CollectionId, Mapping[str, Record | None]]) -> list[Any]:
    return [[*name, key, record] for name, records in snapshot.items() for key, record in records.items()]


_NOTHING: Mapping[str, Any] = {}
_VALUES: Mapping[str, Callable[..., Any]] = {
    "hidden": lambda overlay, api, name, key: overlay._hidden.get(((api, name), key), UNCHANGED),
    "number": lambda overlay, api, name: overlay.numbers.get((api, name), UNCHANGED),
    "count": lambda overlay, name: overlay.counts.get(name, UNCHANGED),
    "conditions": lambda overlay: (
        UNCHANGED if overlay.conditions is None else conditions_value(overlay.conditions)
    ),
    "snapshot": lambda overlay, name: (
        _rows(overlay._snapshots[name]) if name in overlay._snapshots else UNCHANGED
    ),
    "undo": lambda overlay, step: (
        [row_of(*entry) for entry in overlay._history[int(step)][0]]
        if int(step) in overlay._history
        else UNCHANGED
    ),
}
"""For each kind of field except records, a function that returns the session's value."""


def is_note(collection: CollectionId) -> bool:
    """Whether a collection holds internal notes of inferred operations instead of records."""
    return collection[1].startswith("~")


def _values_of(conditions: SessionOverrides | None) -> Iterable[object]:
    """The counted values of overrides: faults, forced responses, rules, records that scenarios replaced."""
    if conditions is None:
        return
    yield from conditions.faults
    yield from conditions.answers
    yield from conditions.rules
    # The values themselves, not copies: they are counted by identity.
    yield from (names for names in (conditions.revoked, conditions.rules_off) if names)
    yield from (entry for entry in conditions.originals.values() if not isinstance(entry, Unchanged))


def _size_of(value: object) -> int:
    """Bytes of a value as JSON; for long texts, such as uploaded files, their characters."""
    if isinstance(value, AddedRule):
        return len(value.when) + _encoded_size(value.answer.body)
    if not isinstance(value, dict):
        body = value.body if isinstance(value, ForcedAnswer) else value
        return _encoded_size(body) if isinstance(value, ForcedAnswer | tuple) else 0
    size = _encoded_size(value)
    if size <= _LONG_TEXT:
        return size
    long = {name: text for name, text in value.items() if isinstance(text, str) and len(text) > _LONG_TEXT}
    if not long:
        return size
    rest = {name: entry for name, entry in value.items() if name not in long}
    return sum(map(len, long.values())) + _encoded_size(rest)


def _encoded_size(value: Any) -> int:
    try:
        return len(orjson.dumps(value))
    except TypeError:
        # Integers beyond 64 bits, text with lone surrogates, handlers' values that JSON cannot represent.
        return len(json.dumps(value, default=str, skipkeys=True))
