"""What a handler sees: one session's records, who calls, and what time it is."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from mockserver.state.baseline import CollectionId, Record
from mockserver.state.clock import Clock, timestamp
from mockserver.state.identities import Identity
from mockserver.state.overlay import Overlay

if TYPE_CHECKING:
    from faker import Faker

_RANDOM = ".random"
"""No collection of a fixture or a resource: it only counts what was drawn."""


class Response(NamedTuple):
    """An operation's answer.

    Attributes:
        status: the HTTP status code; one that the document has for the operation.
        body: a JSON value; None sends no body when the document has none for the status.
        media_type: None lets the document say; it may be one inside of a documented range.
        headers: further header fields, as a mapping or as pairs.
        checked: whether the body is known to fit the document.
    """

    status: int
    body: Any = None
    media_type: str | None = None
    headers: Mapping[str, str] | tuple[tuple[str, str], ...] = ()
    checked: bool = False

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """The header fields as pairs."""
        return tuple(self.headers.items()) if isinstance(self.headers, Mapping) else self.headers


class Collection:
    """The records of one kind, as one session sees them."""

    __slots__ = ("_id", "_session")

    def __init__(self, session: Overlay, collection: CollectionId) -> None:
        self._session = session
        self._id = collection

    def get(self, key: object) -> Record | None:
        """The record with this key, or None. It is a value: change it by putting another one."""
        return self._session.get(self._id, str(key))

    def put(self, key: object, record: Record) -> Record:
        """Create or replace the record with this key, and return it."""
        self._session.put(self._id, str(key), record)
        return record

    def delete(self, key: object) -> bool:
        """Remove the record with this key; False when there is none."""
        return self._session.delete(self._id, str(key))

    def __iter__(self) -> Iterator[Record]:
        """All records, in their order."""
        return (record for _, record in self._session.records(self._id))

    def items(self) -> Iterator[tuple[str, Record]]:
        """All records with their keys, in their order."""
        return self._session.records(self._id)

    def where(self, **fields: Any) -> Iterator[Record]:
        """The records that have these values: `orders.where(status="open")`."""
        return (record for record in self if all(record.get(name) == value for name, value in fields.items()))

    def find(self, **fields: Any) -> Record | None:
        """The first record that has these values, or None."""
        return next(self.where(**fields), None)

    def has(self, key: object) -> bool:
        """Whether there is a record with this key."""
        return self._session.has(self._id, str(key))

    def shows(self, key: object) -> bool:
        """Whether the record with this key is among all records; in an open world more can be asked for."""
        return self._session.shows(self._id, str(key))

    def next_number(self) -> int:
        """A number for a new record: the session had no such number here before."""
        return self._session.next_number(self._id)


class Backend:
    """One session of one API during one request.

    Handlers are synchronous and run to their end before another starts, so they need no locks. When another
    process changes the session at the same time, a handler is run again on the changed session.
    """

    __slots__ = (
        "_api",
        "_clock",
        "_locale",
        "_random",
        "_seed",
        "_session",
        "decided",
        "emitted",
        "identity",
    )

    def __init__(
        self,
        session: Overlay,
        api: str,
        clock: Clock,
        identity: Identity,
        seed: int = 0,
        locale: str | None = None,
    ) -> None:
        self._session = session
        self._api = api
        self._clock = clock
        #: Who calls.
        self.identity = identity
        self._seed = seed
        self._locale = locale
        self._random: Random | None = None
        #: The webhooks to send once the answer is known: names and bodies.
        self.emitted: tuple[tuple[str, Any], ...] = ()
        #: The fields that this handler decides on, though its document is silent; dotted names.
        self.decided: tuple[str, ...] = ()

    def collection(self, name: str) -> Collection:
        """The collection of this name in the API's fixture."""
        return Collection(self._session, (self._api, name))

    @property
    def moment(self) -> datetime:
        """The present moment, in UTC."""
        return self._clock.now()

    def now(self) -> str:
        """The present moment, RFC 3339 in UTC with milliseconds."""
        return timestamp(self._clock.now())

    @property
    def random(self) -> Random:
        """Random numbers: other ones for each request, the same again after a reset of the session."""
        if self._random is None:
            number = self._session.next_number((self._api, _RANDOM))
            self._random = Random(f"{self._seed}/{self._api}/{number}")
        return self._random

    @property
    def fake(self) -> "Faker":
        """Faker in the language of the API's fixture; its values depend on `random`."""
        from faker import Faker

        fake = Faker(self._locale)
        fake.seed_instance(self.random.getrandbits(64))
        return fake

    def emit(self, webhook: str, body: Any = None) -> None:
        """Send a webhook of the document, once, after the response of this request.

        Args:
            webhook: its name in the document.
            body: what it carries; by default something that fits.
        """
        self.emitted = (*self.emitted, (webhook, body))

    def decide(self, *fields: str) -> None:
        """Say that the document is silent about these fields: `check` accepts every value of them.

        Args:
            fields: of the record that the request is about, as dotted names; until they are sent again.
        """
        self.decided = (*self.decided, *fields)


Handler = Callable[..., Any]
"""Takes the backend first, and by keyword the parameters and whatever else it names.

It returns a `Response`, or a dict or a list for the documented success.
"""

Handlers = Mapping[str, Handler]
"""Handlers by operationId."""
