"""One served API: its document and everything that was made of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from mockserver.apis import Behaviour
from mockserver.behaviour.fallback import Fallback
from mockserver.config import Settings
from mockserver.data.clock import Clock
from mockserver.data.fixtures import Fixture
from mockserver.data.store import Store
from mockserver.errors import DocumentError, NotImplementedByMockError
from mockserver.openapi.document import Document
from mockserver.openapi.schemas import Checker, SchemaCompiler

_SEPARATOR = "."


@dataclass(frozen=True, slots=True)
class Service:
    """An API as the server's layers need it."""

    document: Document
    compiler: SchemaCompiler
    fixture: Fixture
    behaviour: Behaviour
    store: Store
    clock: Clock
    settings: Settings
    fallback: Fallback

    @property
    def name(self) -> str:
        """The document's name."""
        return self.document.name

    def checker_of(self, collection: str) -> Checker | None:
        """What holds the records of a collection to the document, where something does."""
        return self.fixture.checkers.get(collection) or self.fallback.checker_of(collection)

    def full_id(self, operation_id: str) -> str:
        """An id that no other document has: Connexion looks operations up by it."""
        return f"{self.name}{_SEPARATOR}{operation_id}"


def split_id(full_id: str) -> tuple[str, str]:
    """Take an id made by `Service.full_id` apart: the API's name and the operationId."""
    name, _, operation_id = full_id.partition(_SEPARATOR)
    return name, operation_id


Compiled = TypeVar("Compiled")


class CompiledOperations(dict[str, Compiled]):
    """What a layer makes of each operation, made at the operation's first request.

    Connexion's middleware looks operations up in it by their full id.

    Raises:
        NotImplementedByMockError: the document breaks the operation that is looked up.
    """

    def __init__(self, service: Service, compile_operation: Callable[[str], Compiled]) -> None:
        super().__init__()
        self._service = service
        self._compile = compile_operation

    def __missing__(self, full_id: Any) -> Compiled:
        name, operation_id = split_id(str(full_id))
        if name != self._service.name:
            raise KeyError(full_id)
        try:
            compiled = self[full_id] = self._compile(operation_id)
        except (DocumentError, ValueError, LookupError, RecursionError) as error:
            # One operation that its document breaks leaves the others as they are.
            reason = f"{operation_id} cannot be served as it is documented: {error}"
            raise NotImplementedByMockError(reason) from None
        return compiled
