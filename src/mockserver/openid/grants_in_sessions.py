"""The OpenID provider's data in a session: codes and refresh tokens, each usable once."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from mockserver.behaviour.access_tokens import digest_of
from mockserver.state.baseline import CollectionId
from mockserver.state.open_world import OPENID
from mockserver.state.overlay import Overlay
from mockserver.state.session_overrides import ORDINARY

_CODES: CollectionId = (OPENID, "~codes")
_REFRESH_TOKENS: CollectionId = (OPENID, "~refresh-tokens")
_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Grant:
    """The grant behind an authorization code or a refresh token.

    Attributes:
        user: the API, name and subject of the identity.
        family: an id shared by all refresh tokens of one login.
        expires: in seconds since 1970.
        used: whether the code or refresh token has been exchanged already.
        digest: the digest of the code or token, by which the session stores it.
    """

    client_id: str
    user: Mapping[str, str]
    scope: str
    family: str
    expires: int
    redirect_uri: str = ""
    nonce: str = ""
    auth_time: int = 0
    code_challenge: str = ""
    code_challenge_method: str = ""
    used: bool = False
    digest: str = ""

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """The grant stored in a record."""
        return cls(**record)

    # Authlib's interface of codes and refresh tokens.

    def get_redirect_uri(self) -> str:
        """The URI that the code was sent to."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """The granted scopes."""
        return self.scope

    def get_nonce(self) -> str:
        """The nonce of the client's request, for the ID token."""
        return self.nonce

    def get_auth_time(self) -> int:
        """The time of the login."""
        return self.auth_time

    def get_acr(self) -> None:
        """The authentication context class: none."""

    def get_amr(self) -> None:
        """The authentication methods: none."""

    def check_client(self, client: Any) -> bool:
        """Whether the grant belongs to this client."""
        return bool(client.get_client_id() == self.client_id)


class SessionGrants:
    """The codes and refresh tokens of one session, during a unit of work."""

    def __init__(self, session: Overlay) -> None:
        self._session = session

    def add_code(self, code: str, grant: Grant) -> None:
        """Store a code until it is exchanged for tokens."""
        self._add(_CODES, code, grant)

    def take_code(self, code: str) -> Grant | None:
        """Use a code and return its grant; using a code twice revokes the refresh tokens it led to."""
        found = self._find(_CODES, code)
        if found is None:
            return None
        if found.used:
            self.end(found.family)
            return None
        self._session.put(_CODES, found.digest, {**asdict(found), "used": True})
        return found

    def add_refresh_token(self, token: str, grant: Grant) -> None:
        """Store a refresh token."""
        self._add(_REFRESH_TOKENS, token, grant)

    def refresh_token(self, token: str) -> Grant | None:
        """The grant of a refresh token, even if it was used."""
        return self._find(_REFRESH_TOKENS, token)

    def use(self, grant: Grant) -> None:
        """Mark a refresh token as exchanged for another one."""
        self._session.put(_REFRESH_TOKENS, grant.digest, {**asdict(grant), "used": True})

    def end(self, family: str) -> None:
        """Remove all refresh tokens of one login."""
        for key, record in list(self._session.records(_REFRESH_TOKENS)):
            if record["family"] == family:
                self._session.delete(_REFRESH_TOKENS, key)

    def end_of(self, client_id: str | None, subject: str) -> None:
        """Remove an identity's refresh tokens, at one client or at all."""
        for key, grant in list(self._all(_REFRESH_TOKENS)):
            if grant.user["subject"] == subject and client_id in {None, grant.client_id}:
                self._session.delete(_REFRESH_TOKENS, key)

    def revoke(self, token: str) -> None:
        """Revoke an access token."""
        conditions = self._session.conditions or ORDINARY
        self._session.set_conditions(conditions.revoking(digest_of(token)))

    def is_revoked(self, token: str) -> bool:
        """Whether an access token was revoked."""
        return digest_of(token) in (self._session.conditions or ORDINARY).revoked

    def _add(self, collection: CollectionId, text: str, grant: Grant) -> None:
        known = [key for key, _ in self._session.records(collection)]
        for key in known[: max(0, len(known) - _MOST + 1)]:
            self._session.delete(collection, key)
        digest = digest_of(text)
        self._session.put(collection, digest, {**asdict(grant), "digest": digest})

    def _find(self, collection: CollectionId, text: str) -> Grant | None:
        record = self._session.get(collection, digest_of(text))
        return None if record is None else Grant.of(record)

    def _all(self, collection: CollectionId) -> Iterator[tuple[str, Grant]]:
        return ((key, Grant.of(record)) for key, record in self._session.records(collection))
