"""Credentials for the implementation and the model, and invalid credentials that both must refuse."""

import base64
import json
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from mockserver.behaviour.access_tokens import claims_of, issue_token, tampered
from mockserver.check.planning.situations import CallerKind
from mockserver.check.target.http_messages import (
    ANONYMOUS,
    NEAR_MISSES,
    OWN_NAME,
    Caller,
    HttpRequest,
    basic,
    is_basic,
)
from mockserver.config import Settings
from mockserver.errors import ConfigurationError
from mockserver.http.access.provider_keys import provider_keys
from mockserver.state.clock import Clock
from mockserver.state.identities import Identities, Identity

HEADER_FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:\s*(\S.*)")
"""Format of a header field on the command line."""
_NUMBER = re.compile("[0-9a-fA-F-]+")
_LONG_ENOUGH = 8
HEADER_IDENTITY = "caller"
"""Name of the identity that uses the credential of --auth-header."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The tokens for the implementation or the model, and the security schemes that carry them.

    Attributes:
        tokens: by identity, or by identity and scheme as in `admin.AppKey`, where one token is not enough.
        header: the header field that carries every credential; empty to use the security schemes.
    """

    tokens: Mapping[str, str]
    schemes: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    header: str = ""

    def of(self, caller: Caller, scheme: str = "") -> str | None:
        """The caller's credential for a scheme; None when none is sent."""
        if caller.credential is not None or caller.identity is None:
            return caller.credential
        token = self.tokens.get(f"{caller.identity}.{scheme}", self.tokens.get(caller.identity))
        return token if token is None else nearly(caller.kind, token)

    def apply(self, request: HttpRequest) -> tuple[str, list[tuple[str, str]]]:
        """The query and the header fields of a request, with the caller's credential added."""
        query, headers = request.query, list(request.headers)
        for scheme in self.used(request):
            value = self.of(request.caller, scheme.get(OWN_NAME, ""))
            if value is None:
                continue
            if scheme.get("in") == "query":
                part = f"{quote(str(scheme['name']), safe='')}={quote(value, safe='')}"
                query = f"{query}&{part}" if query else part
            else:
                headers.append(_field(scheme, value, announced=request.caller.scheme))
        return query, headers

    def used(self, request: HttpRequest) -> Sequence[Mapping[str, Any]]:
        """The schemes for a credential: the operation's, else the first API key or Basic one, else bearer.

        A scheme for which the caller has a separate token contains its name under `OWN_NAME`.
        """
        if self.header:
            return [{"type": "apiKey", "in": "header", "name": self.header}]
        who = request.caller.identity if request.caller.credential is None else None
        named = [
            self.schemes[name] | ({OWN_NAME: name} if f"{who}.{name}" in self.tokens else {})
            for name in request.schemes
            if name in self.schemes
        ]
        own_place = [one for one in self.schemes.values() if one.get("type") == "apiKey" or is_basic(one)]
        return named or own_place[:1] or [{}]


def _field(scheme: Mapping[str, Any], value: str, *, announced: bool) -> tuple[str, str]:
    if scheme.get("in") == "cookie":
        return "Cookie", f"{scheme['name']}={value}"
    if scheme.get("in") == "header":
        return str(scheme["name"]), value
    word = "Bearer"
    if is_basic(scheme) and announced:
        word, value = "Basic", basic(value)
    return "Authorization", f"{word} {value}".strip() if announced else value


def by_identity(tokens: Mapping[str, str]) -> dict[str, str]:
    """The given tokens; the first scheme-specific token of an identity is also its default token."""
    first = {name.partition(".")[0]: token for name, token in reversed([*tokens.items()]) if "." in name}
    return {**first, **tokens}


def split_header(text: str) -> tuple[str, str]:
    """Parse the header field of `--auth-header` into its name and value.

    Raises:
        ConfigurationError: it is not written `NAME: VALUE`.
    """
    match = HEADER_FIELD.fullmatch(text.strip())
    if match is None:  # not repeated: it may be a secret
        raise ConfigurationError("--auth-header: write 'NAME: VALUE'; is the variable set?")
    return match[1], match[2]


def callers(identities: Identities, tokens: Mapping[str, str], clock: Clock) -> list[Caller]:
    """The identities that can be tried: those with a valid token."""
    return [
        Caller(CallerKind.IDENTITY, identity.name)
        for identity in identities
        if identity.name in tokens and identity.refusal(clock.now()) is None
    ]


def strangers(
    identities: Identities, tokens: Mapping[str, str], clock: Clock, settings: Settings
) -> list[Caller]:
    """Callers without a valid credential: an operation that requires one has to refuse them.

    Tokens are signed according to the mock's settings: an implementation that trusts the mock takes those.
    """
    found = [
        ANONYMOUS,
        Caller(CallerKind.EMPTY_TOKEN, credential=""),
        Caller(CallerKind.INVENTED_TOKEN, credential="mockserver-check-invented-token"),
    ]
    now = clock.now()
    known = [identity for identity in identities if identity.name in tokens]
    found += [
        Caller(CallerKind.REVOKED_TOKEN if one.revoked else CallerKind.EXPIRED_TOKEN, one.name)
        for one in known
        if one.refusal(now) is not None
    ]
    valid = [one for one in known if one.refusal(now) is None]
    for identity in valid[:1]:
        kinds = [kind for kind in NEAR_MISSES if _is_another(kind, tokens[identity.name])]
        found += [Caller(kind, identity.name) for kind in kinds]
    for identity in valid:
        found += [
            Caller(CallerKind.FORGED_TOKEN, identity.name, _forged(identity, clock)),
            Caller(CallerKind.UNSIGNED_TOKEN, identity.name, _unsigned(identity, clock)),
            Caller(CallerKind.TOKEN_WITHOUT_SCHEME, identity.name),
        ]
    for identity in valid[:1]:
        found += _spoilt(identity, tokens[identity.name], clock, settings)
    return found


def _spoilt(identity: Identity, token: str, clock: Clock, settings: Settings) -> Iterator[Caller]:
    """An identity with invalid tokens: tampered with, expired, or of another issuer."""
    yield Caller(CallerKind.TAMPERED_TOKEN, identity.name)
    now = clock.now()
    keys = provider_keys(settings)
    if not keys.is_made:
        old = issue_token(identity, signing_key=settings.signing_key, now=now, seconds=-60)
        yield Caller(CallerKind.OUTDATED_TOKEN, identity.name, old)
        return
    claims = {**claims_of(identity, now, -60), "iss": settings.oidc_issuer or "http://127.0.0.1:8080/__oidc"}
    yield Caller(CallerKind.OUTDATED_TOKEN, identity.name, keys.signed(claims, "at+jwt"))
    claims = {**claims_of(identity, now, 3600), "iss": "https://another-issuer.invalid"}
    yield Caller(CallerKind.ISSUER_TOKEN, identity.name, keys.signed(claims, "at+jwt"))


def nearly(kind: CallerKind, token: str) -> str:
    """The token changed as this kind of caller sends it."""
    if kind is CallerKind.TOKEN_CUT:
        return token[: len(token) // 2]
    if kind is CallerKind.TOKEN_WITH_MORE:
        return token + "x1y2"
    if kind is CallerKind.TAMPERED_TOKEN:
        return tampered(token)
    return token.swapcase() if kind is CallerKind.TOKEN_IN_OTHER_CASE else token


def _is_another(kind: CallerKind, token: str) -> bool:
    """Whether the changed token certainly differs: hexadecimal numbers ignore case."""
    if kind is CallerKind.TOKEN_IN_OTHER_CASE:
        return token.swapcase() != token and ":" not in token and not _NUMBER.fullmatch(token)
    return len(token) >= _LONG_ENOUGH


def _claims(identity: Identity, clock: Clock) -> dict[str, Any]:
    issued = int(clock.now().timestamp())
    return {
        "sub": identity.subject,
        "name": identity.name,
        "roles": sorted(identity.roles),
        "role": next(iter(sorted(identity.roles)), ""),
        "iat": issued,
        "exp": issued + 3600,
        **identity.claims,
    }


def _forged(identity: Identity, clock: Clock) -> str:
    import jwt

    return jwt.encode(_claims(identity, clock), secrets.token_bytes(32), algorithm="HS256")


def _unsigned(identity: Identity, clock: Clock) -> str:
    header = {"alg": "none", "typ": "JWT"}
    parts = [json.dumps(part).encode() for part in (header, _claims(identity, clock))]
    encoded = [base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, ""])
