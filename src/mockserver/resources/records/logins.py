"""Logins of users and identities by name and password, and their tokens."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from mockserver.behaviour.access_tokens import REFRESH, issue_token, read_token, seconds_left
from mockserver.behaviour.backend import Backend
from mockserver.resources.plan import Resource
from mockserver.resources.records.record_writer import RecordWriter
from mockserver.resources.records.users import Users, is_same
from mockserver.state.baseline import Record
from mockserver.state.identities import Identities, Identity

_REFRESH_SECONDS = 30 * 24 * 3600


class Logins:
    """The identities and users of one document, and the key that signs their tokens."""

    def __init__(self, records: RecordWriter, identities: Identities, signing_key: str) -> None:
        self._records = records
        self._signing_key = signing_key
        self._users: dict[str, Users] = {}
        self.identities = identities

    def users(self, resource: Resource) -> Users:
        """The users of a resource."""
        if resource.name not in self._users:
            self._users[resource.name] = Users(resource, self._records, self.identities)
        return self._users[resource.name]

    def known(
        self, backend: Backend, users: Users | None, texts: Iterable[str], password: str
    ) -> tuple[Identity, bool] | None:
        """The user with one of these names, and whether the password is right; None without such a user."""
        texts = [text for text in texts if text]
        identity = next(filter(None, map(self.identities.known_as, texts)), None)
        found = users.find(backend, texts) if users is not None else None
        if identity is None:
            if found is None or users is None:
                return None
            return users.identity_of(*found), users.has_password(backend, *found, password)
        if users is None:
            return identity, identity.has_password(password)
        own = users.own_password(backend, identity.subject)
        if own is not None or identity.password is not None:
            return identity, is_same(own if own is not None else str(identity.password), password)
        record = backend.collection(users.name).get(identity.subject)
        return identity, record is None or users.has_password(backend, identity.subject, record, password)

    def sample(self, resource: Resource) -> Mapping[str, str] | None:
        """Credentials of a user who can log in, by meaning; None when any credentials are accepted."""
        identity = next((one for one in self.identities if one.password is not None), None)
        identity = identity or next(iter(self.identities), None)
        if identity is not None:
            password = identity.password or "password"
            said = {"user": identity.name, "email": identity.email or identity.name}
            return {**said, "password": password, "client": identity.name, "secret": password}
        found = None if resource.single else self.users(resource).sample()
        return None if found is None else {"client": "client", "secret": "secret", **found}

    def token(self, identity: Identity, now: datetime) -> tuple[str, int]:
        """A token for an identity, and its lifetime in seconds."""
        seconds = seconds_left(identity, now)
        return issue_token(identity, signing_key=self._signing_key, now=now, seconds=seconds), seconds

    def refresh_token(self, identity: Identity, now: datetime) -> str:
        """A refresh token, which can be exchanged for a token but calls no operation."""
        claims = {"token_use": REFRESH}
        key = self._signing_key
        return issue_token(identity, signing_key=key, now=now, seconds=_REFRESH_SECONDS, claims=claims)

    def refreshed(self, backend: Backend, users: Users | None, token: str, now: datetime) -> Identity | None:
        """The identity of a refresh token; None when the mock has not issued it, or it has expired."""
        claims = read_token(token, self._signing_key)
        if claims is None or claims.get("token_use") != REFRESH or not _holds(claims, now):
            return None
        subject = str(claims.get("sub", ""))
        identity = self.identities.with_subject(subject)
        if identity is not None:
            return identity
        record: Record | None = backend.collection(users.name).get(subject) if users is not None else None
        if users is None or record is None:
            return Identity(str(claims.get("name", subject)), subject, frozenset())
        return users.identity_of(subject, record)


def _holds(claims: Mapping[str, Any], now: datetime) -> bool:
    expires = claims.get("exp")
    return isinstance(expires, int | float) and now.timestamp() < expires
