"""The users of a session: find them by login name, and find the caller's own record."""

import hmac
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mockserver.behaviour.backend import Backend, Collection
from mockserver.openapi.names import normalised
from mockserver.resources.conventions import login_words
from mockserver.resources.infer.accounts.user_inference import login_names
from mockserver.resources.plan import BORN, OWN, PASSWORDS, Resource
from mockserver.resources.records.record_writer import RecordWriter
from mockserver.state.baseline import Record
from mockserver.state.identities import Identities, Identity


class OwnRecord(Collection):
    """The record of a caller who is not among the users: generated until the caller changes it."""

    __slots__ = ("_made",)

    def __init__(self, plain: Collection, made: Callable[[], Record | None]) -> None:
        super().__init__(plain._session, plain._id)
        self._made = made

    def get(self, key: object) -> Record | None:
        """See `Collection.get`."""
        known = super().get(key)
        return self._made() if known is None else known or None

    def delete(self, key: object) -> bool:
        """See `Collection.delete`: the record is not generated again."""
        self.put(key, {})
        return True

    def shows(self, key: object) -> bool:
        """See `Collection.shows`."""
        return self.get(key) is not None


class Users:
    """The records of users of one document."""

    def __init__(self, resource: Resource, records: RecordWriter, identities: Identities) -> None:
        self._resource = resource
        self._records = records
        self._identities = identities
        #: The collection that has the records.
        self.name = resource.fixture or resource.name
        #: The properties that users log in with.
        self.names = login_names(resource)

    def collection_of(self, backend: Backend, identity: Identity) -> tuple[Collection, str]:
        """The collection with the record of an identity, and its name."""
        users, key = backend.collection(self.name), identity.subject
        is_known = (
            users.has(key)
            or self._resource.fixture is None
            or self._records.is_in_fixture(self.name, key)
            or backend.collection(BORN).has(f"{self.name}/{key}")
        )
        if is_known:
            return users, self.name
        return OwnRecord(backend.collection(OWN), lambda: self.made_up(identity)), OWN

    def made_up(self, identity: Identity) -> Record | None:
        """Generate a record for an identity that is not among the users."""
        resource, key = self._resource, identity.subject
        made = self._records.object_of(resource.record, OWN, key, resource.word)
        if made is None:
            return None
        ids = self._records.ids(resource, (), key)
        return self._records.mended(resource.record, {**made, **self._facts(identity), **ids}, made)

    def _facts(self, identity: Identity) -> dict[str, Any]:
        """The properties of a record that its identity decides: name, address, roles, claims."""
        found: dict[str, Any] = {}
        roles = sorted(identity.roles)
        for name, schema in self._resource.properties.items():
            word = normalised(name)
            values: list[Any] = []
            if name in identity.claims:
                values.append(identity.claims[name])
            if word in login_words.ADDRESSES:
                values.append(identity.email)
            elif word in login_words.LOGIN_NAMES | login_words.NAMES:
                values.append(identity.name)
            elif word in login_words.ROLES:
                values += [roles, *roles]
            fitting = [one for one in values if one is not None and self._records.fits(schema, one)]
            if fitting:
                found[name] = fitting[0]
        return found

    def find(self, backend: Backend, texts: Iterable[str]) -> tuple[str, Record] | None:
        """The key and record of the first user with one of these login names, ignoring case; else None."""
        wanted = {text.casefold() for text in texts if text}
        users = backend.collection(self.name).items()
        known = ((key, record) for key, record in users if wanted)
        return next(
            (
                (key, record)
                for key, record in known
                if any(str(record.get(name, "")).casefold() in wanted for name in self.names)
            ),
            None,
        )

    def sample(self) -> Mapping[str, str] | None:
        """The credentials of the first user of the fixture file, by meaning; None without one."""
        record = next(iter(self._records.in_fixture(self.name)), None)
        if record is None:
            return None
        texts = [str(record[name]) for name in self.names if record.get(name)]
        mails = [str(record[name]) for name in self.names if "@" in str(record.get(name))]
        password = next((str(record[name]) for name in filter(is_password, record)), "password")
        first = next(iter(texts), "user")
        return {"user": first, "email": next(iter(mails), first), "password": password}

    def has_password(self, backend: Backend, key: str, record: Record, password: str) -> bool:
        """Whether a password is right: the one set in the session, else the record's, else any."""
        known = self.own_password(backend, key)
        if known is None:
            names = filter(is_password, record)
            known = next((record[name] for name in names if isinstance(record[name], str)), None)
        return known is None or is_same(known, password)

    def own_password(self, backend: Backend, key: str) -> str | None:
        """The password that a user set last in the session; None when it set none."""
        own = backend.collection(PASSWORDS).get(f"{self.name}/{key}")
        return None if own is None else str(own["password"])

    def keep_password(self, backend: Backend, key: str, sent: Mapping[str, Any]) -> None:
        """Store the password that a request sends for a user, if it sends one."""
        for name, value in sent.items():
            if is_password(name) and isinstance(value, str):
                backend.collection(PASSWORDS).put(f"{self.name}/{key}", {"password": value})

    def identity_of(self, key: str, record: Record) -> Identity:
        """The identity of a user's record: the configured one with its id, else one of its name and roles."""
        known = self._identities.with_subject(key)
        if known is not None:
            return known
        named = {normalised(name): value for name, value in record.items() if isinstance(value, str)}
        order = (*login_words.LOGIN_NAMES, *login_words.NAMES, *login_words.ADDRESSES)
        name = next((named[word] for word in order if named.get(word)), key)
        email = next((named[word] for word in sorted(login_words.ADDRESSES) if named.get(word)), None)
        return Identity(name, key, frozenset(_roles(record)), email=email)


def is_password(name: str) -> bool:
    """Whether a property has a usual name for passwords."""
    return normalised(name) in login_words.SENT["password"]


def is_same(one: str, other: str) -> bool:
    """Whether two passwords are equal, compared in constant time."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def _roles(record: Record) -> Iterable[str]:
    for name, value in record.items():
        if normalised(name) in login_words.ROLES:
            yield from (
                one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)
            )
