"""What a resource belongs to: items of items, each of which must exist."""

from mockserver.behaviour.backend import Backend, Collection
from mockserver.errors import ResourceNotFoundError
from mockserver.resources.infer.inference import ResourceInference
from mockserver.resources.plan import BORN, EMPTY, Resource


class Parents:
    """A resource and those above it, the innermost first."""

    def __init__(self, resource: Resource, inference: ResourceInference) -> None:
        self._is_written = inference.has_fixture
        self._line = [resource]
        above = inference.above(resource)
        while above is not None and not above.single:
            self._line.append(above)
            above = inference.above(above)

    def collection(self, backend: Backend, parents: tuple[str, ...], level: int = 0) -> str:
        """The collection for what belongs to these parents; a new parent had nothing before."""
        resource = self._line[level]
        name = resource.collection(parents)
        if level + 1 == len(self._line) or resource.single or resource.fixture is not None:
            return name
        depth = self._line[level + 1].depth
        outer = self.collection(backend, parents[:depth], level + 1)
        is_new = backend.collection(BORN).has(f"{outer}/{parents[depth]}")
        return name + EMPTY if is_new else name

    def is_new(self, backend: Backend, values: tuple[str, ...]) -> bool:
        """Whether an item was created in this session; the last of the ids is its own."""
        depth = self._line[0].depth
        return backend.collection(BORN).has(f"{self.collection(backend, values[:depth])}/{values[depth]}")

    def above(self, backend: Backend, parents: tuple[str, ...]) -> tuple[str, str] | None:
        """The collection and the key of the record above; None where there is none."""
        if len(self._line) < 2 or not parents:
            return None
        depth = self._line[1].depth
        return self.collection(backend, parents[:depth], 1), parents[depth]

    def require_item(self, backend: Backend, values: tuple[str, ...]) -> None:
        """Refuse what belongs to an item that does not exist; the last of the ids is its own.

        Raises:
            ResourceNotFoundError: it, or one of its parents, does not exist.
        """
        resource, parents = self._line[0], values[: self._line[0].depth]
        self.require(backend, parents)
        if not _is_there(backend.collection(self.collection(backend, parents)), values[resource.depth]):
            raise missing(resource, values[resource.depth])

    def require(self, backend: Backend, parents: tuple[str, ...]) -> None:
        """Refuse what belongs to something that does not exist.

        Raises:
            ResourceNotFoundError: one of the parents does not exist.
        """
        for level, above in enumerate(self._line[1:], 1):
            outer, key = parents[: above.depth], parents[above.depth]
            if _is_there(backend.collection(self.collection(backend, outer, level)), key):
                continue
            # Where a fixture has a collection for this one alone, it is there.
            below = self._line[level - 1]
            is_shared = below.fixture is not None
            if is_shared or not self._is_written(below.collection(parents[: above.depth + 1])):
                raise missing(above, key)


def _is_there(collection: Collection, key: str) -> bool:
    """Whether a record is there for the caller to see; where records have no owners none is made for this."""
    if collection.owner is None:
        return collection.has(key)
    record = collection.get(key)
    return record is not None and collection.is_for_caller(record)


def missing(resource: Resource, key: str) -> ResourceNotFoundError:
    """The error for a record that does not exist."""
    if resource.single:
        return ResourceNotFoundError(f"There is no {resource.word} here.")
    return ResourceNotFoundError(f"{resource.word} has no {key!r}.")
