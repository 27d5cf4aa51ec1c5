"""The records that all sessions begin with, and a collection as one session sees it.

Records are values: whoever changes one puts a new one in its place.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sized
from dataclasses import dataclass
from threading import RLock
from typing import Any, Protocol

# Generated records are made once, by whoever comes first: a request, or the warm-up beside it.
_MAKING = RLock()

Record = Mapping[str, Any]
CollectionId = tuple[str, str]
"""The API's name and the collection's."""

DEFAULT_SESSION = "default"


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

_RESULTS = 4
"""So many results are kept of one collection in one session."""
Rows = tuple[Sized, ...]


class Results(dict[Hashable, Rows]):
    """What was worked out of one collection in one session."""

    __slots__ = ("size",)

    def __init__(self) -> None:
        super().__init__()
        self.size = 0


class WorkedOut:
    """What was worked out of the collections of all sessions of a process: so many rows, the latest used.

    Sessions do not count it: it goes when there is more, and is worked out again.
    """

    def __init__(self, rows: int = 500_000) -> None:
        """A row is a record with its key in a list: about 80 bytes."""
        self._most = rows
        self._used: OrderedDict[int, Results] = OrderedDict()
        #: How many rows there are.
        self.rows = 0

    def result(self, results: Results, place: Hashable, work_out: Callable[[], Rows]) -> Rows:
        """One of the results, worked out if it is not known."""
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
        """Keep nothing of a collection in a session."""
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
        changed: the session's own records by key; None where it deleted one.
    """

    key: str
    baseline: Mapping[str, Record]
    changed: Mapping[str, Record | None]

    def __iter__(self) -> Iterator[tuple[str, Record]]:
        """The records with their keys: the baseline's in its order, then the new ones in theirs."""
        baseline, changed = self.baseline, self.changed
        if not changed:
            return iter(baseline.items())
        kept = [
            (key, record) for key, old in baseline.items() if (record := changed.get(key, old)) is not None
        ]
        kept += [(key, new) for key, new in changed.items() if new is not None and key not in baseline]
        return iter(kept)
