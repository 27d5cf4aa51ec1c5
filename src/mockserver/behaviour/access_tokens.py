"""JSON Web Tokens (RFC 7519) signed by the mock: HS256, with the signing key of the settings."""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mockserver.state.identities import Identity

HS256 = "HS256"
TOKEN_SECONDS = 3_600
REFRESH = "refresh"
"""Value of the claim `token_use` of refresh tokens, which cannot be used to call operations."""


def signing_secret(text: str) -> bytes:
    """Hash a key to the 256 bits that HS256 requires (RFC 7518 section 3.2)."""
    return hashlib.sha256(text.encode()).digest()


def seconds_left(identity: Identity, now: datetime) -> int:
    """The default lifetime of a token: an hour, or until its identity expires."""
    return TOKEN_SECONDS if identity.expires is None else int((identity.expires - now).total_seconds())


def claims_of(identity: Identity, now: datetime, seconds: int) -> dict[str, Any]:
    """The claims of a token for an identity."""
    issued = int(now.timestamp())
    return {
        "sub": identity.subject,
        "name": identity.name,
        **({} if identity.email is None else {"email": identity.email}),
        "roles": sorted(identity.roles),
        **({} if identity.scopes is None else {"scope": " ".join(sorted(identity.scopes))}),
        **identity.claims,
        "iat": issued,
        "exp": issued + seconds,
    }


def issue_token(
    identity: Identity,
    *,
    signing_key: str,
    now: datetime,
    seconds: int,
    claims: Mapping[str, Any] | None = None,
) -> str:
    """Sign a token for an identity.

    Args:
        identity: its `sub`, `name`, `email`, `roles`, `scope` and further claims are included.
        signing_key: the signing key of the server that will verify the token.
        now: when it is issued (`iat`).
        seconds: its lifetime; negative for a token that has expired.
        claims: claims that override the identity's.
    """
    import jwt

    content = {**claims_of(identity, now, seconds), **(claims or {})}
    return jwt.encode(content, signing_secret(signing_key), algorithm=HS256)


def tampered(token: str) -> str:
    """Change a token's claims but not its signature; in a text that is not a JWT, change one character."""
    head, _, rest = token.partition(".")
    body, _, signature = rest.partition(".")
    try:
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        changed = {**claims, "sub": f"{claims.get('sub', '')}-tampered"}
    except (ValueError, TypeError):
        return token[:-1] + ("x" if token[-1:] != "x" else "y")
    written = base64.urlsafe_b64encode(json.dumps(changed).encode()).rstrip(b"=").decode()
    return f"{head}.{written}.{signature}"


def digest_of(token: str) -> str:
    """The digest by which a session stores a revoked token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()[:32]


def read_token(token: str, signing_key: str) -> dict[str, Any] | None:
    """The claims of a token signed by the mock, even if expired; None for any other token."""
    import jwt

    options: Any = {f"verify_{name}": False for name in ("exp", "nbf", "iat", "aud", "sub", "jti")}
    try:
        return jwt.decode(token, signing_secret(signing_key), algorithms=[HS256], options=options)
    except (jwt.InvalidTokenError, TypeError, ValueError, RecursionError):
        return None
