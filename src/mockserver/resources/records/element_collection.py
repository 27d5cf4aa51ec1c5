"""The elements of a list in a record as a collection: `/orders/{id}/items` are the `items` of an order."""

from collections.abc import Callable, Hashable, Iterator
from typing import Any, NamedTuple

from mockserver.behaviour.backend import Collection
from mockserver.resources.plan import text_of
from mockserver.state.baseline import Record, Rows


class Holder(NamedTuple):
    """The record that has the list.

    Attributes:
        collection: its collection.
        key: its key.
        name: the property that holds the list.
        changed: makes the record with another list.
    """

    collection: Collection
    key: str
    name: str
    changed: Callable[[Record, list[Any]], Record]


class ElementCollection(Collection):
    """The elements of a list, each with an id. An id that the list does not have is one of the open world."""

    __slots__ = ("_holder", "_id_property")

    def __init__(self, holder: Holder, id_property: str, others: Collection) -> None:
        """`others` is the collection of the same records outside the list."""
        super().__init__(*others.place)
        self._holder = holder
        self._id_property = id_property

    def _elements(self) -> list[Any]:
        record = self._holder.collection.get(self._holder.key)
        found = None if record is None else record.get(self._holder.name)
        return found if isinstance(found, list) else []

    def _store(self, elements: list[Any]) -> None:
        holder = self._holder
        record = holder.collection.get(holder.key)
        if record is not None:
            holder.collection.change(holder.key, record, holder.changed(record, elements))

    def _key_of(self, element: Any) -> str | None:
        value = element.get(self._id_property) if isinstance(element, dict) else None
        return None if value is None else text_of(value)

    def get(self, key: object) -> Record | None:
        """See `Collection.get`."""
        found = (element for element in self._elements() if self._key_of(element) == str(key))
        return next(found, None) or super().get(key)

    def put(self, key: object, record: Record) -> Record:
        """See `Collection.put`; the record that has the list changes."""
        elements = self._elements()
        places = [place for place, element in enumerate(elements) if self._key_of(element) == str(key)]
        at = places[0] if places else len(elements)
        self._store([*elements[:at], dict(record), *elements[at + 1 :]])
        return record

    def delete(self, key: object) -> bool:
        """See `Collection.delete`."""
        elements = self._elements()
        kept = [element for element in elements if self._key_of(element) != str(key)]
        if len(kept) < len(elements):
            self._store(kept)
        return super().delete(key) or len(kept) < len(elements)

    def __iter__(self) -> Iterator[Record]:
        """See `Collection.__iter__`."""
        return (record for _, record in self.items())

    def items(self) -> Iterator[tuple[str, Record]]:
        """See `Collection.items`."""
        for element in self._elements():
            key = self._key_of(element)
            if key is not None:
                yield key, element

    def derived(self, place: Hashable, work_out: Callable[[], Rows]) -> Rows:
        """See `Collection.derived`."""
        return self._holder.collection.derived((self._holder.key, self._holder.name, place), work_out)

    def has(self, key: object) -> bool:
        """See `Collection.has`."""
        return self.get(key) is not None

    def shows(self, key: object) -> bool:
        """See `Collection.shows`."""
        return any(self._key_of(element) == str(key) for element in self._elements())

    def is_written(self, key: object) -> bool:
        """See `Collection.is_written`."""
        return self._holder.collection.is_written(self._holder.key)
