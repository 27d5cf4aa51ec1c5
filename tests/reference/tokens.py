"""Who is calling: static tokens of the seed, and HS256 tokens signed with our key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt

from .faults import active

DEFAULT_KEY = "reference-backend-signing-key-for-tests-only"


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody whose token was believed."""

    subject: str
    roles: frozenset[str]
    expires: datetime | None = None


EVERYBODY = Caller("0", frozenset({"administrator", "admin"}))


class Unauthenticated(Exception):  # noqa: N818 - it is an answer, not a mistake of ours
    """No token, or one that is not believed."""


class Directory:
    """The people of one API and the key that signs their tokens."""

    def __init__(self, identities: Mapping[str, Mapping[str, Any]], key: str) -> None:
        self._key = key
        self._known = {
            str(person["token"]): _person(person) for person in identities.values() if "token" in person
        }

    def caller(self, authorization: str | None) -> Caller:
        """Name who sends this Authorization header, or raise Unauthenticated."""
        try:
            return self._believed(authorization or "")
        except Unauthenticated:
            if active("no-auth"):
                return EVERYBODY
            raise

    def _believed(self, authorization: str) -> Caller:
        scheme, _, token = authorization.strip().partition(" ")
        if active("any-scheme"):
            scheme, token = "Bearer", token or scheme
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthenticated
        person = self._known.get(token.strip()) or self._signed(token.strip())
        if person is None:
            if active("any-token"):
                return EVERYBODY
            raise Unauthenticated
        if person.expires and person.expires <= datetime.now(UTC) and not active("expired-token"):
            raise Unauthenticated
        return person

    def _signed(self, token: str) -> Caller | None:
        options: dict[str, Any] = {"verify_signature": False} if active("signature-ignored") else {}
        try:
            claims = jwt.decode(token, self._key, algorithms=["HS256"], options=options)  # type: ignore[arg-type]
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
            return None
        return Caller(str(claims.get("sub", "")), frozenset(_roles(claims)))


def _person(identity: Mapping[str, Any]) -> Caller:
    expires = identity.get("expires")
    until = datetime.fromisoformat(str(expires).replace("Z", "+00:00")) if expires else None
    return Caller(str(identity.get("subject", "")), frozenset(_roles(identity)), until)


def _roles(claims: Mapping[str, Any]) -> Iterable[str]:
    roles = claims.get("roles") or claims.get("role") or []
    return [roles] if isinstance(roles, str) else [str(role) for role in roles if isinstance(role, str)]
