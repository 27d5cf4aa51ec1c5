"""JSON Web Tokens (RFC 7519) that the mock signs: HS256, with the key of the settings."""

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
"""The claim `token_use` of a token that can be changed for another one, and calls no operation."""


def signing_secret(text: str) -> bytes:
    """Stretch a key to the 256 bits that HS256 asks for (RFC 7518 section 3.2)."""
    return hashlib.sha256(text.encode()).digest()


def seconds_left(identity: Identity, now: datetime) -> int:
    """The default lifetime of a token: an hour, or until its identity expires."""
    return TOKEN_SECONDS if identity.expires is None else int((identity.expires - now).total_seconds())


def claims_of(identity: Identity, now: datetime, seconds: int) -> dict[str, Any]:
    """What a token says of an identity."""
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
        identity: whose `sub`, `name`, `email`, `roles` and `scope` it carries, with its further claims.
        signing_key: the key of the server that is to accept it.
        now: when it is issued (`iat`).
        seconds: how long it holds; a negative number makes one that has expired.
        claims: claims that take the place of the identity's.
    """
    import jwt

    content = {**claims_of(identity, now, seconds), **(claims or {})}
    return jwt.encode(content, signing_secret(signing_key), algorithm=HS256)


def tampered(token: str) -> str:
    """A token whose claims somebody has changed, but not its signature; of another text one character."""
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
    """What a session keeps of a token that was revoked."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()[:32]


def read_token(token: str, signing_key: str) -> dict[str, Any] | None:
    """The claims of a token that the mock signed, whatever the time is; None of any other."""
    import jwt

    options: Any = {f"verify_{name}": False for name in ("exp", "nbf", "iat", "aud", "sub", "jti")}
    try:
        return jwt.decode(token, signing_secret(signing_key), algorithms=[HS256], options=options)
    except (jwt.InvalidTokenError, TypeError, ValueError, RecursionError):
        return None
