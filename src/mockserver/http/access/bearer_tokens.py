"""Bearer tokens: the fixtures' static ones, and JSON Web Tokens (RFC 7519) signed by the mock."""

import contextlib
import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mockserver.behaviour.access_tokens import HS256, REFRESH, signing_secret
from mockserver.config import AuthMode
from mockserver.errors import UnauthorizedError
from mockserver.http.access.provider_keys import RS256, ProviderKeys, is_issuer
from mockserver.state.identities import ANYONE, Identities, Identity

if TYPE_CHECKING:
    from jwt.types import Options

_ROLE_CLAIMS = ("roles", "role", "groups", "cognito:groups")
_SCOPE_CLAIMS = ("scope", "scopes", "scp")
_CACHED_TOKENS = 1_000
_LATEST = 253_402_300_799
"""The last second of the year 9999."""
# PyJWT compares times with the machine's clock, and has one message for every claim of a wrong type.
_CLAIMS_ARE_OURS: "Options" = {
    "verify_sub": False,
    "verify_jti": False,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
}


def _challenge(error: str, detail: str) -> list[tuple[str, str]]:
    return [("WWW-Authenticate", f'Bearer error="{error}", error_description="{detail}"')]


def refusal(detail: str) -> UnauthorizedError:
    """The error for a rejected token."""
    return UnauthorizedError(detail, headers=_challenge("invalid_token", detail))


def _moment(claims: Mapping[str, Any], name: str, default: float) -> float:
    """Read a time from the claims, in seconds since 1970 (RFC 7519 section 2, NumericDate).

    Raises:
        UnauthorizedError: the claim is not a time.
    """
    value = claims.get(name)
    if name not in claims:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LATEST:
        raise refusal(f"The token's claim {name} is not a time: a number of seconds since 1970 is expected")
    return float(value)


class TokenReader:
    """Finds the identity that a bearer token belongs to."""

    def __init__(
        self,
        identities: Identities,
        mode: AuthMode,
        signing_key: str,
        keys: ProviderKeys | None = None,
        issuer: str | None = None,
    ) -> None:
        """`keys` belong to the OpenID provider; `issuer` is the issuer of its tokens if it is not its URL."""
        self._keys = keys
        self._issuer = issuer
        self._identities = identities
        self._mode = mode
        # Without identities there is nothing to look tokens up in, so any token is accepted.
        self._lenient = mode == "any" or len(identities) == 0
        self._key = signing_secret(signing_key)
        self._read = lru_cache(_CACHED_TOKENS)(self._read_uncached)

    def identify(self, token: str, now: datetime) -> Identity:
        """The identity that a token belongs to.

        Raises:
            UnauthorizedError: the token is unknown, expired, not yet valid, or has a wrong signature.
        """
        identity = self._identities.with_token(token)
        if identity is not None:
            reason = identity.refusal(now)
            if reason is not None:
                raise refusal(reason)
            return identity
        identity, not_before, expires = self._read(token)
        moment = now.timestamp()
        if moment >= expires:
            raise refusal("The token has expired")
        if moment < not_before:
            raise refusal("The token is not valid yet")
        return identity

    def _read_uncached(self, token: str) -> tuple[Identity, float, float]:
        """The identity that a token names, and the start and end of its validity.

        Without identities, the validity of tokens that this server signed still counts.
        """
        if not self._lenient:
            return self._verify(token)
        begins, ends = -math.inf, math.inf
        if self._mode == "mock":
            with contextlib.suppress(UnauthorizedError):
                _, begins, ends = self._verify(token)
        return self._read_unverified(token), begins, ends

    def _verify(self, token: str) -> tuple[Identity, float, float]:
        """Check the signature and read the claims; the caller compares the times at each use."""
        claims = self._claims(token)
        if claims.get("token_use") == REFRESH:
            raise refusal("The token is a refresh token: change it for another one")
        not_before, expires = _moment(claims, "nbf", -math.inf), _moment(claims, "exp", math.inf)
        _moment(claims, "iat", 0)
        if not isinstance(claims.get("sub", ""), str):
            raise refusal("The token's claim sub is not a string (RFC 7519 section 4.1.2)")
        return self._identity(claims), not_before, expires

    def _claims(self, token: str) -> Mapping[str, Any]:
        """The claims of a token that this server signed: with the HS256 key, or as OpenID provider."""
        import jwt

        found = None
        try:
            algorithm = jwt.get_unverified_header(token).get("alg")
            if algorithm == RS256 and self._keys is not None:
                found = self._keys.claims(token)
            else:
                found = jwt.decode(token, self._key, algorithms=[HS256], options=_CLAIMS_ARE_OURS)
        except (jwt.InvalidTokenError, TypeError, ValueError, RecursionError):
            pass
        if found is None:
            raise refusal("The token is malformed, or not signed by this server")
        if algorithm == RS256 and not is_issuer(str(found.get("iss", "")), self._issuer):
            raise refusal("The token is of another issuer")
        if found.get("nonce") is not None or found.get("at_hash") is not None:
            raise refusal("The token is an ID token: it calls no operation")
        return found

    def _read_unverified(self, token: str) -> Identity:
        import jwt

        try:
            claims = jwt.decode(token, options={"verify_signature": False})
        except jwt.InvalidTokenError:
            return ANYONE
        identity = self._identity(claims)
        # The roles of a token without role claims are unknown, so it is not restricted by role.
        return identity if identity.roles else replace(identity, unrestricted=True)

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        subject = str(claims.get("sub", ""))
        roles: set[str] = set()
        for name in _ROLE_CLAIMS:
            value = claims.get(name)
            if isinstance(value, str):
                roles.add(value)
            elif isinstance(value, list):
                roles.update(entry for entry in value if isinstance(entry, str))
        return Identity(str(claims.get("name", subject)), subject, frozenset(roles), scopes=_scopes(claims))


def _scopes(claims: Mapping[str, Any]) -> frozenset[str] | None:
    """The scopes of a token (RFC 8693 section 4.2, or a list); None if it has no scope claim."""
    value = next((claims[name] for name in _SCOPE_CLAIMS if name in claims), None)
    if isinstance(value, str):
        return frozenset(value.split())
    return frozenset(map(str, value)) if isinstance(value, list) else None
