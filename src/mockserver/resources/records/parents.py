"""Parents of nested resources, each of which must exist."""

from mockserver.behaviour.backend import Backend, Collection
from mockserver.errors import ResourceNotFoundError
from mockserver.openapi.names import singular
from mockserver.resources.infer.inference import ResourceInference
from mockserver.resources.plan import BORN, EMPTY, Resource


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
