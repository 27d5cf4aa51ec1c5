"""Records above others: each must exist, and may hold the list that the records below it are."""

from collections.abc import Callable, Hashable, Iterator
from typing import Any, NamedTuple

from mockserver.behaviour.backend import Backend, Collection
from mockserver.errors import ResourceNotFoundError
from mockserver.openapi.names import singular
from mockserver.resources.infer.inference import ResourceInference
from mockserver.resources.plan import BORN, EMPTY, Resource, text_of
from mockserver.state.baseline import Record, Rows


class Parents:
    """A resource and its parent resources, the innermost first."""

    def __init__(self, resource: Resource, inference: ResourceInference) -> None:
        self._is_written = inference.has_fixture
        self._line = [resource]
        above = inference.above(resource)
        while above is not None and not above.single:
            self._line.append(above)
            above = inference.above(above)

    def collection(self, backend: Backend, parents: tuple[str, ...], level: int = 0) -> str:
        """The collection of the records below these parents; empty at first for a new parent."""
        resource = self._line[level]
        name = resource.collection(parents)
        if level + 1 == len(self._line) or resource.single or resource.fixture is not None:
            return name
        depth = self._line[level + 1].depth
        outer = self.collection(backend, parents[:depth], level + 1)
        is_new = backend.collection(BORN).has(f"{outer}/{parents[depth]}")
        return name + EMPTY if is_new else name

    def is_new(self, backend: Backend, values: tuple[str, ...]) -> bool:
        """Whether an item was created in this session; the last value is its own id."""
        return backend.collection(BORN).has("/".join(self.item(backend, values)))

    def item(self, backend: Backend, values: tuple[str, ...]) -> tuple[str, str]:
        """The collection and the key of an item; the last value is its own id."""
        depth = self._line[0].depth
        return self.collection(backend, values[:depth]), values[depth]

    def above(self, backend: Backend, parents: tuple[str, ...]) -> tuple[str, str] | None:
        """The collection and the key of the parent record; None when there is none."""
        if len(self._line) < 2 or not parents:
            return None
        depth = self._line[1].depth
        return self.collection(backend, parents[:depth], 1), parents[depth]

    def require_item(self, backend: Backend, values: tuple[str, ...]) -> None:
        """Refuse a request below an item that does not exist; the last value is the item's id.

        Raises:
            ResourceNotFoundError: it, or one of its parents, does not exist.
        """
        resource, parents = self._line[0], values[: self._line[0].depth]
        self.require(backend, parents)
        if not _is_there(backend.collection(self.collection(backend, parents)), values[resource.depth]):
            raise missing(resource, values[resource.depth])

    def require(self, backend: Backend, parents: tuple[str, ...]) -> None:
        """Refuse a request below parents that do not exist.

        Raises:
            ResourceNotFoundError: one of the parents does not exist.
        """
        for level, above in enumerate(self._line[1:], 1):
            outer, key = parents[: above.depth], parents[above.depth]
            if _is_there(backend.collection(self.collection(backend, outer, level)), key):
                continue
            # A parent with a fixture collection of its own records exists.
            below = self._line[level - 1]
            is_shared = below.fixture is not None
            if is_shared or not self._is_written(below.collection(parents[: above.depth + 1])):
                raise missing(above, key)


def _is_there(collection: Collection, key: str) -> bool:
    """Whether a record exists and is visible to the caller; without owners none is generated for this."""
    if collection.owner is None:
        return collection.has(key)
    record = collection.get(key)
    return record is not None and collection.is_for_caller(record)


def missing(resource: Resource, key: str) -> ResourceNotFoundError:
    """The error for a record that does not exist."""
    if resource.single:
        return ResourceNotFoundError(f"No {resource.word} here.")
    return ResourceNotFoundError(f"No {singular(resource.word)} with id {key!r}.")


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
