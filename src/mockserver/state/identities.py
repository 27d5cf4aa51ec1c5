"""Who calls: named identities with roles, known by a static token."""

import hmac
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody who may call an API.

    Attributes:
        name: as the fixtures name it.
        subject: the `sub` claim: the id the API knows this person by.
        roles: what this person may be taken for.
        token: a static bearer token, if any.
        expires: from when the static token is refused; None is never.
        claims: further claims of tokens issued for this identity.
        unrestricted: roles and ownership are not asked for (`--auth off`, or a foreign token
            without any role claim).
        scopes: what this person's tokens are for; None where the file says nothing of scopes.
        password: what this person logs in with; None takes any.
        email: what this person may log in as, besides the name.
        revoked: whether the static token was revoked: it is refused, and others of this person are not.
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
        """Why the static token is refused; None while it holds."""
        if self.revoked:
            return "The token has been revoked"
        return "The token has expired" if self.expires is not None and self.expires <= now else None

    def has_password(self, password: str) -> bool:
        """Whether somebody who says this password may be this person."""
        return self.password is None or hmac.compare_digest(self.password.encode(), password.encode())

    @property
    def mailbox(self) -> str | None:
        """The e-mail address, in small letters."""
        return None if self.email is None else self.email.casefold()

    @property
    def facts(self) -> dict[str, Any]:
        """What rules may ask of a caller."""
        return {
            "name": self.name,
            "subject": self.subject,
            "roles": sorted(self.roles),
            "scopes": sorted(self.scopes or ()),
            "claims": dict(self.claims),
        }


ANYONE = Identity("anyone", "", frozenset(), unrestricted=True)
"""Who calls when nobody has to say who they are."""


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call an operation.

    Attributes:
        roles: a caller has one of them, where there are any; None leaves it to the document.
        scopes: a caller has all of them.
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
        """The identity that is called so, or has this e-mail address, in whatever case; or None."""
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
        """Whether scopes are asked for: one identity has some; another one without has none."""
        return any(one.scopes is not None for one in self)

    def with_token(self, token: str) -> Identity | None:
        """The identity whose static token this is, or None; whether it has expired is not asked."""
        return self._by_token.get(token)


NO_IDENTITIES = Identities()
