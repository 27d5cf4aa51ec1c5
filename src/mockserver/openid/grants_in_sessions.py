"""What a session keeps for the OpenID provider: codes, and refresh tokens, each good once."""

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
    """What somebody allowed a client: behind a code, or behind a refresh token.

    Attributes:
        user: the identity's API and name, and the subject.
        family: one for all refresh tokens that follow from one login.
        expires: in seconds since 1970.
        used: whether a code or a refresh token was changed for tokens already.
        digest: what the session keeps of the code or the token itself.
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
        """The grant that a session has as a record."""
        return cls(**record)

    # What Authlib asks of codes and of refresh tokens.

    def get_redirect_uri(self) -> str:
        """Where the code was sent to."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """What was allowed."""
        return self.scope

    def get_nonce(self) -> str:
        """What ties the ID token to the client's request."""
        return self.nonce

    def get_auth_time(self) -> int:
        """When somebody logged in."""
        return self.auth_time

    def get_acr(self) -> None:
        """The class of the login: none."""

    def get_amr(self) -> None:
        """The methods of the login: none."""

    def check_client(self, client: Any) -> bool:
        """Whether it is this client's."""
        return bool(client.get_client_id() == self.client_id)


class SessionGrants:
    """The codes and refresh tokens of one session, inside of a unit of work."""

    def __init__(self, session: Overlay) -> None:
        self._session = session

    def add_code(self, code: str, grant: Grant) -> None:
        """Keep a code until it is changed for tokens."""
        self._add(_CODES, code, grant)

    def take_code(self, code: str) -> Grant | None:
        """The grant of a code that was not tried before; the second who tries one ends what came of it."""
        found = self._find(_CODES, code)
        if found is None:
            return None
        if found.used:
            self.end(found.family)
            return None
        self._session.put(_CODES, found.digest, {**asdict(found), "used": True})
        return found

    def add_refresh_token(self, token: str, grant: Grant) -> None:
        """Keep a refresh token."""
        self._add(_REFRESH_TOKENS, token, grant)

    def refresh_token(self, token: str) -> Grant | None:
        """The grant of a refresh token, a used one too."""
        return self._find(_REFRESH_TOKENS, token)

    def use(self, grant: Grant) -> None:
        """Note that a refresh token was changed for another one."""
        self._session.put(_REFRESH_TOKENS, grant.digest, {**asdict(grant), "used": True})

    def end(self, family: str) -> None:
        """Forget the refresh tokens that follow from one login."""
        for key, record in list(self._session.records(_REFRESH_TOKENS)):
            if record["family"] == family:
                self._session.delete(_REFRESH_TOKENS, key)

    def end_of(self, client_id: str | None, subject: str) -> None:
        """Forget the refresh tokens of somebody, at one client or at all."""
        for key, grant in list(self._all(_REFRESH_TOKENS)):
            if grant.user["subject"] == subject and client_id in {None, grant.client_id}:
                self._session.delete(_REFRESH_TOKENS, key)

    def revoke(self, token: str) -> None:
        """Refuse an access token from now on."""
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
