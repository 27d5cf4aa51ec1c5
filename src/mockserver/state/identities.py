"""Who calls: named identities with roles, known by a static token."""

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
    """

    name: str
    subject: str
    roles: frozenset[str]
    token: str | None = None
    expires: datetime | None = None
    claims: Mapping[str, Any] = field(default_factory=dict)
    unrestricted: bool = False
    scopes: frozenset[str] | None = None

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

    def with_token(self, token: str) -> Identity | None:
        """The identity whose static token this is, or None; whether it has expired is not asked."""
        return self._by_token.get(token)
