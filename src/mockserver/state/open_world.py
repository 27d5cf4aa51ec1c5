"""Open worlds: collections that have a record for any key, made when it is asked for."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from mockserver.state.baseline import BaseCollection, BaselineCollection, CollectionId, Record

_REMEMBERED = 2_000

Key = TypeVar("Key")
Value = TypeVar("Value")


class OpenCollection:
    """A collection that answers for any key: the same record for the same key, every time."""

    __slots__ = ("_keys", "_made", "_make", "key")

    def __init__(
        self, key: str, make: Callable[[str], Record | None], keys: Callable[[], tuple[str, ...]]
    ) -> None:
        """Make a collection.

        Args:
            key: the field that identifies a record; empty where records have none.
            make: makes the record of a key; None when there cannot be one.
            keys: the few that show when all records are asked for.
        """
        self.key = key
        self._make = make
        self._keys = keys
        self._made: OrderedDict[str, Record | None] = OrderedDict()

    def get(self, key: str) -> Record | None:
        """The record with this key; None when there cannot be one."""
        if key not in self._made:
            _remember(self._made, key, self._make(key))
        return self._made[key]

    def has(self, key: str) -> bool:
        """Whether there is a record with this key: always."""
        return True

    def all(self) -> Mapping[str, Record]:
        """The few that show."""
        shown = ((key, self.get(key)) for key in self._keys())
        return {key: record for key, record in shown if record is not None}


EMPTY_COLLECTION = BaselineCollection("", {})
"""What something new begins with."""

OPENID = "~openid"
"""In place of an API's name in the collections that a session keeps for the OpenID provider."""


class Baselines(Mapping[CollectionId, BaseCollection]):
    """A baseline of closed collections, and of open ones that come to be when they are asked for."""

    def __init__(
        self,
        closed: Mapping[CollectionId, BaseCollection],
        opened: Mapping[str, Callable[[str], BaseCollection | None]],
    ) -> None:
        """Make a baseline; `opened` has for each API what opens a collection by its name."""
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
        """The closed collections; open ones have no end."""
        return iter(self._closed)

    def __len__(self) -> int:
        return len(self._closed)

    def __contains__(self, collection: object) -> bool:
        return isinstance(collection, tuple) and self.get(collection) is not None


def _remember(known: OrderedDict[Key, Value], key: Key, value: Value) -> None:
    """Keep what was made last; making it again gives the same."""
    while len(known) >= _REMEMBERED:
        known.popitem(last=False)
    known[key] = value
