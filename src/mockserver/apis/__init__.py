"""The bundled APIs: for each, plain handler functions and a table of them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from mockserver.apis import citas, reservations, sqod
from mockserver.behaviour.backend import Handlers, Response
from mockserver.errors import ApiError


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What an API does beyond its document.

    Attributes:
        title: of the document that it is written for.
        handlers: by operationId.
        collections: the collections that the handlers use, with the field that identifies a record.
        describe: turns an error into the answer its page documents; None leaves it to the document.
    """

    title: str = ""
    handlers: Handlers = field(default_factory=dict)
    collections: Mapping[str, str] = field(default_factory=dict)
    describe: Callable[[ApiError], Response | None] = lambda _: None

    def is_for(self, title: str, operation_ids: Iterable[str]) -> bool:
        """Whether a document is the one this is written for, renamed or changed as it may be.

        A stranger's document that happens to have the name of one of ours is not.
        """
        return title == self.title or not set(self.handlers).isdisjoint(operation_ids)


BEHAVIOURS: Mapping[str, Behaviour] = {
    "sqod": Behaviour("SQOD API", sqod.HANDLERS, sqod.COLLECTIONS),
    "reservations": Behaviour(
        "Reservations API", reservations.HANDLERS, reservations.COLLECTIONS, reservations.describe
    ),
    "citas": Behaviour("Citas API", citas.HANDLERS, citas.COLLECTIONS, citas.describe),
}
"""By the name of the document."""
