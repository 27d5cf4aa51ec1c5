"""Baseline records that all sessions start with, and a collection as one session sees it.

Records are immutable: to change one, replace it with a new one.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sized
from dataclasses import dataclass
from threading import RLock
from typing import Any, Protocol

# Generated records are made once, by the first thread that needs them: a request's or the warm-up's.
_MAKING = RLock()

Record = Mapping[str, Any]
CollectionId = tuple[str, str]
"""The API's name and the collection's."""

DEFAULT_SESSION = "default"


@dataclass(slots=True)
class BaselineCollection:
    """The records of a collection before any session changes it.

    Attributes:
        key: the field that identifies a record.
        records: the records from the fixture file, by key.
        more: generates further records; called at most once, when a key is not among `records` or all
            records are requested.
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

    def shows(self, key: str) -> bool:
        """Whether a list shows the record with this key."""
        return key in self.all()

    def all(self) -> Mapping[str, Record]:
        """All records: first those from the fixture file, then the generated ones."""
        if self.more is not None:
            with _MAKING:
                if self.more is not None:
                    self.records = {**self.records, **_new(self.more(), self.records)}
                    self.more = None
        return self.records


def _new(more: Mapping[str, Record], known: Mapping[str, Record]) -> dict[str, Record]:
    return {key: record for key, record in more.items() if key not in known}


class BaseCollection(Protocol):
    """The baseline of a collection: either a fixed set of records, or a record for any key."""

    @property
    def key(self) -> str:
        """The field that identifies a record."""
        ...

    def get(self, key: str) -> Record | None:
        """The record with this key, or None."""
        ...

    def has(self, key: str) -> bool:
        """Whether there is a record with this key; may be known without generating the record."""
        ...

    def shows(self, key: str) -> bool:
        """Whether a list shows the record with this key."""
        ...

    def all(self) -> Mapping[str, Record]:
        """The records to list, by key."""
        ...


Baseline = Mapping[CollectionId, BaseCollection]

_RESULTS = 4
"""Maximum number of cached results of one collection in one session."""
Rows = tuple[Sized, ...]


class Results(dict[Hashable, Rows]):
    """Cached results of computations on one collection in one session."""

    __slots__ = ("size",)

    def __init__(self) -> None:
        super().__init__()
        self.size = 0


class WorkedOut:
    """Least-recently-used cache of results computed from collections, shared by all sessions of a process.

    Its rows do not count for the size of sessions; evicted results are computed again.
    """

    def __init__(self, rows: int = 500_000) -> None:
        """Create a cache of at most `rows`; a row is a record with its key in a list: about 80 bytes."""
        self._most = rows
        self._used: OrderedDict[int, Results] = OrderedDict()
        #: The current number of rows.
        self.rows = 0

    def result(self, results: Results, place: Hashable, work_out: Callable[[], Rows]) -> Rows:
        """Return a cached result, or compute it."""
        found = results.get(place)
        if found is not None:
            self._used.move_to_end(id(results))
            return found
        found = work_out()
        size = 1 + len(found[0])
        if size > self._most:
            return found
        if len(results) >= _RESULTS:
            self.forget(results)
        self._used[id(results)] = results
        self._used.move_to_end(id(results))
        results[place] = found
        results.size += size
        self.rows += size
        while self.rows > self._most:
            self.forget(next(iter(self._used.values())))
        return found

    def forget(self, results: Results) -> None:
        """Evict all results of one collection in a session."""
        if self._used.pop(id(results), None) is not None:
            self.rows -= results.size
            results.size = 0
            results.clear()


@dataclass(slots=True)
class SessionView:
    """A collection as one session sees it.

    Attributes:
        key: the field that identifies a record.
        baseline: the records before the session changed any.
        changed: the session's own records by key; None for a deleted record.
    """

    key: str
    baseline: Mapping[str, Record]
    changed: Mapping[str, Record | None]

    def __iter__(self) -> Iterator[tuple[str, Record]]:
        """Iterate over the records with their keys: the baseline's in its order, then the new ones."""
        baseline, changed = self.baseline, self.changed
        if not changed:
            return iter(baseline.items())
        kept = [
            (key, record) for key, old in baseline.items() if (record := changed.get(key, old)) is not None
        ]
        kept += [(key, new) for key, new in changed.items() if new is not None and key not in baseline]
        return iter(kept)
