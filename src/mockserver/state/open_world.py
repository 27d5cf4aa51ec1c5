"""Open worlds: collections that have a record for any key, generated on first access."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from mockserver.state.baseline import BaseCollection, BaselineCollection, CollectionId, Record

_REMEMBERED = 2_000

Key = TypeVar("Key")
Value = TypeVar("Value")


class OpenCollection:
    """A collection that has a record for any key: always the same record for the same key."""

    __slots__ = ("_keys", "_made", "_make", "key")

    def __init__(
        self, key: str, make: Callable[[str], Record | None], keys: Callable[[], tuple[str, ...]]
    ) -> None:
        """Create a collection.

        Args:
            key: the field that identifies a record; empty when records have none.
            make: generates the record of a key; None when it cannot be generated.
            keys: returns the keys of the records that a list shows.
        """
        self.key = key
        self._make = make
        self._keys = keys
        self._made: OrderedDict[str, Record | None] = OrderedDict()

    def get(self, key: str) -> Record | None:
        """The record with this key; None when it cannot be generated."""
        if key not in self._made:
            _remember(self._made, key, self._make(key))
        return self._made[key]

    def has(self, key: str) -> bool:
        """Whether there is a record with this key: always true."""
        return True

    def shows(self, key: str) -> bool:
        """Whether a list shows the record with this key."""
        return key in self._keys() and self.get(key) is not None

    def all(self) -> Mapping[str, Record]:
        """The records that a list shows."""
        shown = ((key, self.get(key)) for key in self._keys())
        return {key: record for key, record in shown if record is not None}


EMPTY_COLLECTION = BaselineCollection("", {})
"""The empty baseline of a new collection."""

OPENID = "~openid"
"""Used as the API's name for the OpenID provider's collections in a session."""


class Baselines(Mapping[CollectionId, BaseCollection]):
    """A baseline of closed collections, and of open ones that are created on first access."""

    def __init__(
        self,
        closed: Mapping[CollectionId, BaseCollection],
        opened: Mapping[str, Callable[[str], BaseCollection | None]],
    ) -> None:
        """Create a baseline; `opened` has for each API a function that creates a collection by its name."""
        self._closed = closed
        self._open = opened
        self._known: OrderedDict[CollectionId, BaseCollection | None] = OrderedDict()

    def __getitem__(self, collection: CollectionId) -> BaseCollection:
        """The collection, closed or open."""
        found = self._closed.get(collection) or self._opened(collection)
        if found is None:
            raise KeyError(collection)
        return found

    def _opened(self, collection: CollectionId) -> BaseCollection | None:
        api, name = collection
        if collection not in self._known:
            opens = self._open.get(api)
            _remember(self._known, collection, opens(name) if opens else None)
        return self._known[collection]

    def __iter__(self) -> Iterator[CollectionId]:
        """Iterate over the closed collections; open ones are unlimited."""
        return iter(self._closed)

    def __len__(self) -> int:
        return len(self._closed)

    def __contains__(self, collection: object) -> bool:
        return isinstance(collection, tuple) and self.get(collection) is not None


def _remember(known: OrderedDict[Key, Value], key: Key, value: Value) -> None:
    """Cache a value, and evict the oldest ones beyond the limit; they can be generated again."""
    while len(known) >= _REMEMBERED:
        known.popitem(last=False)
    known[key] = value
