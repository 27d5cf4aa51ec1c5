"""The bundled APIs: for each, plain handler functions and a table of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mockserver.apis import citas, reservations, sqod
from mockserver.behaviour.backend import Handlers, Response
from mockserver.errors import ApiError


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What an API does beyond its document.

    Attributes:
        handlers: by operationId.
        collections: the collections that the handlers use, with the field that identifies a record.
        describe: turns an error into the answer its page documents; None leaves it to the document.
    """

    handlers: Handlers = field(default_factory=dict)
    collections: Mapping[str, str] = field(default_factory=dict)
    describe: Callable[[ApiError], Response | None] = lambda _: None


BEHAVIOURS: Mapping[str, Behaviour] = {
    "sqod": Behaviour(sqod.HANDLERS, sqod.COLLECTIONS),
    "reservations": Behaviour(reservations.HANDLERS, reservations.COLLECTIONS, reservations.describe),
    "citas": Behaviour(citas.HANDLERS, citas.COLLECTIONS, citas.describe),
}
"""By the name of the document."""
