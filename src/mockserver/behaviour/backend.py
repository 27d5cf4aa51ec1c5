"""What a handler sees: one session's records, who calls, and what time it is."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from mockserver.state.baseline import CollectionId, Record, Store
from mockserver.state.clock import Clock, timestamp
from mockserver.state.identities import Identity


class Response(NamedTuple):
    """An operation's answer.

    Attributes:
        status: the HTTP status code; one that the document has for the operation.
        body: a JSON value; None sends no body when the document has none for the status.
        media_type: None lets the document say; it may be one inside of a documented range.
        headers: further header fields.
        checked: whether the body is known to fit the document.
    """

    status: int
    body: Any = None
    media_type: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    checked: bool = False


class Collection:
    """The records of one kind, as one session sees them."""

    __slots__ = ("_id", "_session", "_store")

    def __init__(self, store: Store, session: str, collection: CollectionId) -> None:
        self._store = store
        self._session = session
        self._id = collection

    def get(self, key: object) -> Record | None:
        """The record with this key, or None. It is a value: change it by putting another one."""
        return self._store.get(self._session, self._id, str(key))

    def put(self, key: object, record: Record) -> Record:
        """Create or replace the record with this key, and return it."""
        self._store.put(self._session, self._id, str(key), record)
        return record

    def delete(self, key: object) -> bool:
        """Remove the record with this key; False when there is none."""
        return self._store.delete(self._session, self._id, str(key))

    def __iter__(self) -> Iterator[Record]:
        """All records, in their order."""
        return (record for _, record in self._store.records(self._session, self._id))

    def items(self) -> Iterator[tuple[str, Record]]:
        """All records with their keys, in their order."""
        return self._store.records(self._session, self._id)

    def has(self, key: object) -> bool:
        """Whether there is a record with this key."""
        return self._store.has(self._session, self._id, str(key))

    def shows(self, key: object) -> bool:
        """Whether the record with this key is among all records; in an open world more can be asked for."""
        return self._store.shows(self._session, self._id, str(key))

    def next_number(self) -> int:
        """A number for a new record: the session had no such number here before."""
        return self._store.next_number(self._session, self._id)


class Backend:
    """One session of one API during one request.

    Handlers are synchronous and run to their end before another starts, so they need no locks.
    """

    __slots__ = ("_api", "_clock", "_session", "_store", "identity")

    def __init__(self, store: Store, session: str, api: str, clock: Clock, identity: Identity) -> None:
        self._store = store
        self._session = session
        self._api = api
        self._clock = clock
        #: Who calls.
        self.identity = identity

    def collection(self, name: str) -> Collection:
        """The collection of this name in the API's fixture."""
        return Collection(self._store, self._session, (self._api, name))

    @property
    def moment(self) -> datetime:
        """The present moment, in UTC."""
        return self._clock.now()

    def now(self) -> str:
        """The present moment, RFC 3339 in UTC with milliseconds."""
        return timestamp(self._clock.now())


Handler = Callable[..., Response]
"""Takes the backend first, then the operation's parameters and `body` by keyword, those it names."""

Handlers = Mapping[str, Handler]
"""Handlers by operationId."""
