"""Identities of callers: named, with roles, recognised by a static token."""

import hmac
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Identity:
    """An identity that can call an API.

    Attributes:
        name: its name in the fixture file.
        subject: the `sub` claim: the id by which the API knows this person.
        roles: the roles that this person has.
        token: a static bearer token, if any.
        expires: when the static token expires; None for never.
        claims: further claims of tokens issued for this identity.
        unrestricted: whether role and ownership checks are skipped (`--auth off`, or a foreign token
            without any role claim).
        scopes: the scopes of this person's tokens; None when the file names no scopes.
        password: the password to log in with; None accepts any.
        email: an e-mail address to log in with, as an alternative to the name.
        revoked: whether the static token was revoked; this person's other tokens stay valid.
    """

    name: str
    subject: str
    roles: frozenset[str]
    token: str | None = None
    expires: datetime | None = None
    claims: Mapping[str, Any] = field(default_factory=dict)
    unrestricted: bool = False
    scopes: frozenset[str] | None = None
    password: str | None = None
    email: str | None = None
    revoked: bool = False

    def refusal(self, now: datetime) -> str | None:
        """Return why the static token is refused; None while it is valid."""
        if self.revoked:
            return "The token has been revoked"
        return "The token has expired" if self.expires is not None and self.expires <= now else None

    def has_password(self, password: str) -> bool:
        """Whether this password is accepted for this identity."""
        return self.password is None or hmac.compare_digest(self.password.encode(), password.encode())

    @property
    def mailbox(self) -> str | None:
        """The e-mail address, case-folded for comparison."""
        return None if self.email is None else self.email.casefold()

    @property
    def facts(self) -> dict[str, Any]:
        """The properties of a caller that answer rules can test."""
        return {
            "name": self.name,
            "subject": self.subject,
            "roles": sorted(self.roles),
            "scopes": sorted(self.scopes or ()),
            "claims": dict(self.claims),
        }


ANYONE = Identity("anyone", "", frozenset(), unrestricted=True)
"""The caller when no authentication is required."""


@dataclass(frozen=True, slots=True)
class Access:
    """Roles and scopes that a caller of an operation must have.

    Attributes:
        roles: the caller must have one of them, if there are any; None leaves the check to the document.
        scopes: the caller must have all of them.
    """

    roles: frozenset[str] | None = None
    scopes: frozenset[str] = frozenset()


class Identities:
    """The identities of one API."""

    def __init__(self, identities: Iterable[Identity] = ()) -> None:
        self._by_name = {identity.name: identity for identity in identities}
        self._by_token = {identity.token: identity for identity in self._by_name.values() if identity.token}

    def __iter__(self) -> Iterator[Identity]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)

    def named(self, name: str) -> Identity | None:
        """The identity of this name, or None."""
        return self._by_name.get(name)

    def known_as(self, text: str) -> Identity | None:
        """Find the identity with this name or e-mail address, ignoring case; None when there is none."""
        found = self._by_name.get(text)
        if found is None and text:
            plain = text.casefold()
            found = next((one for one in self if plain in {one.name.casefold(), one.mailbox}), None)
        return found

    def with_subject(self, subject: str) -> Identity | None:
        """The first identity with this subject, or None."""
        return next((one for one in self if one.subject == subject), None)

    @property
    def have_scopes(self) -> bool:
        """Whether scopes are checked: if any identity has scopes, one without them has none."""
        return any(one.scopes is not None for one in self)

    def with_token(self, token: str) -> Identity | None:
        """The identity with this static token, or None; does not check whether it has expired."""
        return self._by_token.get(token)


NO_IDENTITIES = Identities()
