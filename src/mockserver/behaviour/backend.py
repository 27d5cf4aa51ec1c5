"""The backend that handlers receive: one session's records, the caller's identity and the clock."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from mockserver.errors import DuplicateError, Violation
from mockserver.state.baseline import CollectionId, Record, Rows
from mockserver.state.clock import Clock, timestamp
from mockserver.state.collection_rules import CollectionRules, value_of
from mockserver.state.identities import Identity
from mockserver.state.overlay import Overlay

if TYPE_CHECKING:
    from faker import Faker

_RANDOM = ".random"
"""Name for the counter of random draws; not a collection of records."""


class Response(NamedTuple):
    """The response of an operation.

    Attributes:
        status: the HTTP status code, which must be documented for the operation.
        body: a JSON value; None sends no body when the document has none for the status.
        media_type: None uses the documented one; may be one inside a documented range.
        headers: further response headers, as a mapping or as pairs.
        checked: whether the body is already known to match the document.
    """

    status: int
    body: Any = None
    media_type: str | None = None
    headers: Mapping[str, str] | tuple[tuple[str, str], ...] = ()
    checked: bool = False

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """The response headers as pairs."""
        return self.headers if isinstance(self.headers, tuple) else tuple(self.headers.items())


class Collection:
    """The records of one collection in one session."""

    __slots__ = ("_id", "_session")

    def __init__(self, session: Overlay, collection: CollectionId) -> None:
        self._session = session
        self._id = collection

    @property
    def place(self) -> tuple[Overlay, CollectionId]:
        """The session and the name of the collection."""
        return self._session, self._id

    def get(self, key: object) -> Record | None:
        """The record with this key, or None. Do not modify it: use `put` to replace it."""
        return self._session.get(self._id, str(key))

    def put(self, key: object, record: Record) -> Record:
        """Create or replace the record with this key, and return it."""
        self._session.put(self._id, str(key), record)
        return record

    def change(self, key: object, old: Record, record: Record) -> Record:
        """Replace a record that was read before, and return the new one."""
        return self.put(key, record)

    def delete(self, key: object) -> bool:
        """Remove the record with this key; False when there is none."""
        return self._session.delete(self._id, str(key))

    @property
    def owner(self) -> str | None:
        """The field with the owner's subject, if the caller sees only own records; else None."""
        return None

    def is_for_caller(self, record: Record) -> bool:
        """Whether the caller may see a record; without rules, always."""
        return True

    def __iter__(self) -> Iterator[Record]:
        """All records, in their order."""
        return (record for _, record in self._session.records(self._id))

    def items(self) -> Iterator[tuple[str, Record]]:
        """All records with their keys, in their order."""
        return self._session.records(self._id)

    def derived(self, place: Hashable, work_out: Callable[[], Rows]) -> Rows:
        """The cached result of a computation on the current records; see `Overlay.derived`."""
        return self._session.derived(self._id, place, work_out)

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
        """Whether a list shows the record with this key; in an open world more records can be read."""
        return self._session.shows(self._id, str(key))

    def is_written(self, key: object) -> bool:
        """Whether the session has created, changed or deleted the record with this key."""
        return self._session.is_written(self._id, str(key))

    def next_number(self) -> int:
        """A number for a new record, not used before in this collection of the session."""
        return self._session.next_number(self._id)


class RuledCollection(Collection):
    """A collection with rules: writes compute fields, check unique fields and run hooks."""

    __slots__ = ("_backend", "_rules")

    def __init__(
        self, session: Overlay, collection: CollectionId, rules: CollectionRules, backend: "Backend"
    ) -> None:
        super().__init__(session, collection)
        self._rules = rules
        self._backend = backend

    def put(self, key: object, record: Record) -> Record:
        """See `Collection.put`.

        Raises:
            DuplicateError: another record has the same value of a unique field.
        """
        return self._write(str(key), record, self.get(key) if self.shows(key) else None)

    def change(self, key: object, old: Record, record: Record) -> Record:
        """See `Collection.change`.

        Raises:
            DuplicateError: another record has the same value of a unique field.
        """
        return self._write(str(key), record, old)

    def delete(self, key: object) -> bool:
        """See `Collection.delete`; a record that `before_delete` returns replaces the deleted one."""
        old = self.get(key)
        if old is None:
            return False
        kept = self._run("before_delete", old, old, str(key))
        if isinstance(kept, Mapping):
            self._store(str(key), kept, old)
        else:
            super().delete(key)
        self._run("after_delete", old, old, str(key))
        return True

    @property
    def owner(self) -> str | None:
        """See `Collection.owner`."""
        owner = self._rules.owner
        return owner.field if owner is not None and owner.limits(self._backend.identity) else None

    def is_for_caller(self, record: Record) -> bool:
        """See `Collection.is_for_caller`."""
        return self._rules.owner is None or self._rules.owner.allows(record, self._backend.identity)

    def _write(self, key: str, record: Record, old: Record | None) -> Record:
        what = "create" if old is None else "update"
        changed = self._run(f"before_{what}", record, old, key)
        stored = self._store(key, changed if isinstance(changed, Mapping) else record, old)
        self._run(f"after_{what}", stored, old, key)
        return self.get(key) or stored

    def _store(self, key: str, record: Record, old: Record | None) -> Record:
        owner = self._rules.owner
        if owner is not None and old is not None and owner.field in old and owner.field not in record:
            record = {**record, owner.field: old[owner.field]}  # a replaced record keeps its owner
        complete = self._rules.complete(record, key, self._backend.moment)
        for name in self._rules.unique:
            value = value_of(complete, name)
            if value is None or (old is not None and value_of(old, name) == value):
                continue
            if any(other != key and value_of(found, name) == value for other, found in self.items()):
                raise _duplicate(self._id[1], name, value)
        return super().put(key, complete)

    def _run(self, hook: str, record: Record, old: Record | None, key: str) -> Any:
        """Run a hook; its own writes to the same collection run no hooks."""
        function = self._rules.hooks.get(hook)
        if function is None or self._id in self._backend.hooked:
            return None
        self._backend.hooked.add(self._id)
        try:
            return function(self._backend, record, old, key)
        finally:
            self._backend.hooked.discard(self._id)


def _duplicate(collection: str, name: str, value: Any) -> DuplicateError:
    detail = f"{collection} already has a record with the {name} {value!r}."
    pointer = "/" + name.replace(".", "/")
    return DuplicateError(detail, violations=[Violation("body", pointer, detail, "unique")])


Rules = Callable[[str], CollectionRules | None]
"""Returns the rules of a collection by its name; None when it has none."""


class Backend:
    """One session of one API during one request.

    Handlers are synchronous and run to completion before another starts, so they need no locks. When another
    process changes the session at the same time, a handler is run again on the changed session.
    """

    __slots__ = (
        "_api",
        "_clock",
        "_locale",
        "_random",
        "_rules",
        "_seed",
        "_session",
        "decided",
        "emitted",
        "hooked",
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
        rules: Rules | None = None,
    ) -> None:
        self._session = session
        self._rules = rules
        #: The collections whose hook is running.
        self.hooked: set[CollectionId] = set()
        self._api = api
        self._clock = clock
        #: The caller.
        self.identity = identity
        self._seed = seed
        self._locale = locale
        self._random: Random | None = None
        #: The webhooks to send after the response: names and bodies.
        self.emitted: tuple[tuple[str, Any], ...] = ()
        #: Fields whose values this handler decides where the document does not determine them; dotted names.
        self.decided: tuple[str, ...] = ()

    def collection(self, name: str) -> Collection:
        """The collection of this name in the API's fixture."""
        rules = None if self._rules is None else self._rules(name)
        if rules is None:
            return Collection(self._session, (self._api, name))
        return RuledCollection(self._session, (self._api, name), rules, self)

    @property
    def moment(self) -> datetime:
        """The session's current time, in UTC."""
        return self._clock.now()

    def now(self) -> str:
        """The session's current time, RFC 3339 in UTC with milliseconds."""
        return timestamp(self._clock.now())

    @property
    def random(self) -> Random:
        """Random generator: different for each request, repeated after a reset of the session."""
        if self._random is None:
            number = self._session.next_number((self._api, _RANDOM))
            self._random = Random(f"{self._seed}/{self._api}/{number}")
        return self._random

    @property
    def fake(self) -> "Faker":
        """Faker with the locale of the API's fixture, seeded by `random`."""
        from faker import Faker

        fake = Faker(self._locale)
        fake.seed_instance(self.random.getrandbits(64))
        return fake

    def emit(self, webhook: str, body: Any = None) -> None:
        """Send a webhook of the document once, after the response of this request.

        Args:
            webhook: its name in the document.
            body: its request body; by default a generated one.
        """
        self.emitted = (*self.emitted, (webhook, body))

    def decide(self, *fields: str) -> None:
        """Declare that the document does not determine these fields: `check` accepts any value of them.

        Args:
            fields: fields of the record of this request, as dotted names; valid until they are sent again.
        """
        self.decided = (*self.decided, *fields)


Handler = Callable[..., Any]
"""Called with the backend first, and by keyword with the parameters and others that it names.

It returns a `Response`, or a dict or a list as the body of the documented success response.
"""

Handlers = Mapping[str, Handler]
"""Handlers by operationId."""
