"""Access to an operation: who calls (`security`), and which roles may call (`x-access`)."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any
from urllib.parse import quote

from mockserver.behaviour.access_tokens import digest_of
from mockserver.errors import ForbiddenError, UnauthorizedError
from mockserver.http.access.bearer_tokens import TokenReader, refusal
from mockserver.http.access.provider_keys import provider_keys
from mockserver.http.exchange import Exchange
from mockserver.http.request.parameter_styles import cookies
from mockserver.http.served_api import Service
from mockserver.openapi.operation import Operation
from mockserver.state.identities import ANYONE, Identity

_BEARER = re.compile(r"(?i:bearer) +([^ ](?:.*[^ ])?) *")
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750 section 2.1
_SEVERAL = re.compile(r"[A-Za-z0-9._~+/-]+=* *,")  # two header fields, joined
_BASIC = re.compile(r"(?i:basic) +([^ ]+) *")  # RFC 7617 section 2

_USER = re.compile(r'\busername="([^"]*)"')  # RFC 7616 section 3.4
_NONCE = "bW9jayBub25jZQ"
"""The nonce of a Digest challenge; the mock does not verify what a client computes from it."""
_PLAIN = "!#$&'()*+,/:;=?@[]^`{|}<> "
"""Characters of a name in a challenge that are not percent-encoded."""

Credential = Callable[[Exchange], Identity]
"""Reads the credential of one scheme from a request, or raises `UnauthorizedError`."""


class SecuritySchemes:
    """The security schemes of one document: creates a credential reader for each."""

    def __init__(self, service: Service) -> None:
        settings = service.settings
        self._documented = service.document.security_schemes
        self._clock = service.clock
        self._identities = service.fixture.identities
        self._tokens = TokenReader(
            self._identities,
            settings.auth,
            settings.signing_key,
            provider_keys(settings),
            settings.oidc_issuer,
        )
        #: Static tokens that never expire, by Authorization header value: a fast path for the usual case.
        self._static: dict[bytes | None, Identity] = {
            b"Bearer " + identity.token.encode(): identity
            for identity in self._identities
            if identity.token and identity.expires is None and not identity.revoked
        }
        #: Whether the fixtures name no identities, so that any credential is accepted.
        self._takes_all = len(self._identities) == 0
        self._verifies = settings.auth == "mock"
        self._lenient = settings.auth == "any" or len(self._identities) == 0

    def alternative(self, names: Mapping[str, Sequence[str]], *, with_scopes: bool) -> "_Alternative":
        """The credential readers and scopes of one alternative of `security`."""
        readers = tuple(self.reader(name) for name in names)
        if not with_scopes:
            return _Alternative(readers)
        known = {"oauth2", "openIdConnect"}
        roles = (
            scopes
            for name, scopes in names.items()
            if self._documented.get(name, {}).get("type") not in known
        )
        return _Alternative(readers, frozenset(chain(*names.values())), frozenset(chain(*roles)))

    def any_of_them(self) -> list[Credential]:
        """A credential reader for each scheme of the document, or one for a bearer token if it has none."""
        return [self.reader(name) for name in self._documented or ("",)]

    def reader(self, name: str) -> Credential:
        """The credential reader of a scheme; an unknown scheme is treated as a bearer token."""
        scheme = self._documented.get(name, {})
        kind = scheme.get("type")
        if kind == "apiKey":
            return self._api_key(scheme)
        if kind == "mutualTLS":
            return _anyone
        written = str(scheme.get("scheme", "bearer")).lower() if kind == "http" else "bearer"
        if written == "basic":
            return self._basic
        return self._bearer if written in {"bearer", ""} else self._of_scheme(str(scheme["scheme"]))

    def _bearer(self, exchange: Exchange) -> Identity:
        known = self._static.get(exchange.headers.get(b"authorization"))
        if known is not None and exchange.intervention is None:
            return known
        value = exchange.header("authorization")
        if value is None:
            raise UnauthorizedError("A bearer token is needed.", headers=[("WWW-Authenticate", "Bearer")])
        match = _BEARER.fullmatch(value)
        if match is None or not self._is_token(match[1]):
            several = match is not None and _SEVERAL.match(match[1]) is not None
            what = "several credentials" if several else "no bearer token"
            detail = f"The Authorization header holds {what}"
            raise UnauthorizedError(detail, headers=[("WWW-Authenticate", 'Bearer error="invalid_request"')])
        return self._identify(match[1], exchange)

    def _identify(self, token: str, exchange: Exchange) -> Identity:
        """The identity that a token of the request names.

        Raises:
            UnauthorizedError: the token is unknown or has been revoked.
        """
        intervention = exchange.intervention
        if intervention is None:
            return self._tokens.identify(token, self._clock.now())
        if intervention.revoked and digest_of(token) in intervention.revoked:
            raise refusal("The token has been revoked")
        return self._tokens.identify(token, intervention.now)

    def _is_token(self, text: str) -> bool:
        """Whether a text may be a token: blanks are allowed in fixture tokens, or without identities."""
        if _TOKEN.fullmatch(text) or self._identities.with_token(text) is not None:
            return True
        return self._takes_all and _SEVERAL.match(text) is None

    def _basic(self, exchange: Exchange) -> Identity:
        challenge = [("WWW-Authenticate", 'Basic realm="mock", charset="UTF-8"')]
        match = _BASIC.fullmatch(exchange.header("authorization") or "")
        name, separator, password = _user_name(match[1]) if match else ("", "", "")
        if not separator and not (match and self._takes_all):
            raise UnauthorizedError("A user name and a password are needed.", headers=challenge)
        identity = self._identities.known_as(name)
        if identity is None and not self._lenient:
            raise UnauthorizedError(f"There is no user {name!r}.", headers=challenge)
        if identity is not None and self._verifies and not identity.has_password(password):
            raise UnauthorizedError(f"The password of {name!r} is another one.", headers=challenge)
        return identity or ANYONE

    def _of_scheme(self, scheme: str) -> Credential:
        """Credential reader for another HTTP scheme, such as Digest; the credentials are not verified."""
        asked = f'{scheme.capitalize()} realm="mock"'
        if scheme.lower() == "digest":
            asked += f', qop="auth", algorithm=MD5, nonce="{_NONCE}"'

        def read(exchange: Exchange) -> Identity:
            name, _, credentials = (exchange.header("authorization") or "").strip().partition(" ")
            if name.lower() != scheme.lower() or not credentials.strip():
                detail = f"Credentials of the scheme {scheme.capitalize()} are needed."
                raise UnauthorizedError(detail, headers=[("WWW-Authenticate", asked)])
            user = _USER.search(credentials)
            identity = self._identities.named(user[1]) if user else None
            identity = identity or self._identities.with_token(credentials.strip())
            if identity is None and not self._lenient:
                raise UnauthorizedError("The credentials are unknown.", headers=[("WWW-Authenticate", asked)])
            return identity or ANYONE

        return read

    def _api_key(self, scheme: Mapping[str, Any]) -> Credential:
        name, location = str(scheme["name"]), scheme["in"]

        def read(exchange: Exchange) -> Identity:
            value = _read_api_key(exchange, name, location)
            challenge = [("WWW-Authenticate", f'ApiKey in="{location}", name="{quote(name, _PLAIN)}"')]
            try:
                identity = self._of_key(value, exchange) if value else None
            except UnauthorizedError as error:
                raise UnauthorizedError(error.detail, headers=challenge) from None
            if not value or (identity is None and not self._lenient):
                detail = f"An API key is needed in the {location} parameter {name!r}."
                raise UnauthorizedError(detail, headers=challenge)
            return identity or ANYONE

        return read

    def _of_key(self, value: str, exchange: Exchange) -> Identity | None:
        """The identity of an API key: one of the mock's tokens, with or without a scheme name before it."""
        for text in dict.fromkeys([value, value.strip().rpartition(" ")[2]]):
            is_web_token = text.count(".") == 2 and " " not in text
            if is_web_token or self._identities.with_token(text) is not None:
                return self._identify(text, exchange)
        return None


def _anyone(_: Exchange) -> Identity:
    """Accept any caller for `mutualTLS`: the mock speaks plain HTTP, so there is no client certificate."""
    return ANYONE


def _user_name(credentials: str) -> tuple[str, str, str]:
    """The user name in Basic credentials, the colon that must follow it, and the password."""
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return "", "", ""


def _read_api_key(exchange: Exchange, name: str, location: str) -> str | None:
    if location == "header":
        return exchange.header(name.lower())
    if location == "query":
        return next(iter(exchange.query.get(name, ())), None)
    return next(iter(cookies(exchange).get(name, ())), None)


@dataclass(frozen=True, slots=True)
class _Alternative:
    """One of the alternatives of `security`, ready to be checked.

    Attributes:
        readers: credential readers of its schemes; a request needs all of them.
        scopes: scopes that a caller needs, all of them.
        roles: scopes that may be role names, because the scheme defines no scopes (4.8.30 of 3.1).
    """

    readers: tuple[Credential, ...]
    scopes: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()

    def identify(self, exchange: Exchange) -> Identity:
        """Identify the caller.

        Raises:
            UnauthorizedError: a credential is missing or unknown.
            ForbiddenError: the caller lacks a scope.
        """
        found, refusals = ANYONE, list[UnauthorizedError]()
        for read in self.readers:
            try:
                identity = read(exchange)
            except UnauthorizedError as error:
                refusals.append(error)
            else:
                found = identity if found is ANYONE else found
        if refusals:
            headers = [field for refusal in refusals for field in refusal.headers]
            raise UnauthorizedError(refusals[0].detail, headers=headers)
        exchange.identity = found
        if self.scopes and not found.unrestricted:
            _require(found, self.scopes - (self.roles & found.roles))
        return found


def _require(identity: Identity, scopes: frozenset[str]) -> None:
    missing = " ".join(sorted(scopes - (identity.scopes or frozenset())))
    if missing:
        detail = f"The token of {identity.name} is not for this; it has no scope {missing}."
        challenge = f'Bearer error="insufficient_scope", scope="{quote(missing, _PLAIN)}"'
        raise ForbiddenError(detail, headers=[("WWW-Authenticate", challenge)])


class AccessRule:
    """Who may call one operation: by the fixture file if it has a rule, else by the document."""

    def __init__(self, operation: Operation, schemes: SecuritySchemes, service: Service) -> None:
        mode = service.settings.auth
        said = service.access_of(operation)
        self._roles = service.roles_of(operation)
        self._needed = ", ".join(sorted(self._roles or ()))
        enforced = mode == "mock" and service.fixture.identities.have_scopes
        self._scopes = said.scopes if said is not None and enforced else frozenset()
        security = operation.security if mode != "off" else ()
        if said is not None and mode != "off" and not security:
            security = ({"": ()},)  # a caller who needs a role must identify itself: by a bearer token
        plan = None if security else service.fallback.plan(operation)
        if plan is not None and plan.caller:
            # A credential is optional; a caller who sends one gets its own record.
            self._alternatives: list[_Alternative] = []
            self._identify: Credential = _if_known(schemes.any_of_them())
            return
        self._alternatives = [schemes.alternative(names, with_scopes=enforced) for names in security]
        # The usual case, one scheme, is asked directly.
        first = self._alternatives[0] if len(self._alternatives) == 1 else None
        single = first is not None and len(first.readers) == 1 and not first.scopes
        self._identify = first.readers[0] if first is not None and single else self._identify_any
        if not self._alternatives:
            self._identify = _anyone

    def check(self, exchange: Exchange) -> None:
        """Identify the caller, and put the identity into the exchange.

        Raises:
            UnauthorizedError: the credentials are missing or unknown.
            ForbiddenError: the caller has none of the required roles, or lacks a scope.
        """
        if exchange.intervention is not None:
            exchange.intervention.refuse()
        identity = exchange.identity = self._identify(exchange)
        if self._roles is not None and not identity.unrestricted and self._roles.isdisjoint(identity.roles):
            raise ForbiddenError(f"{identity.name} has none of the roles that may do this: {self._needed}.")
        if self._scopes and not identity.unrestricted:
            _require(identity, self._scopes)

    def _identify_any(self, exchange: Exchange) -> Identity:
        """Try the alternatives in order; a request must satisfy every scheme of one alternative (4.7.30)."""
        refusals: list[UnauthorizedError] = []
        forbidden: ForbiddenError | None = None
        for alternative in self._alternatives:
            try:
                return alternative.identify(exchange)
            except UnauthorizedError as error:
                refusals.append(error)
            except ForbiddenError as error:
                forbidden = forbidden or error
        if forbidden is not None:
            raise forbidden
        if refusals:
            challenges = dict.fromkeys(value for refusal in refusals for _, value in refusal.headers)
            joined = ", ".join(sorted(challenges, key=_is_our_own))
            raise UnauthorizedError(refusals[0].detail, headers=[("WWW-Authenticate", joined)])
        return ANYONE


def _if_known(readers: Sequence[Credential]) -> Credential:
    """A reader that returns the first identity it finds; a request without credentials is anonymous."""

    def read(exchange: Exchange) -> Identity:
        for reader in readers:
            with suppress(UnauthorizedError):
                return reader(exchange)
        return ANYONE

    return read


def _is_our_own(challenge: str) -> bool:
    """Whether a challenge uses the mock's `ApiKey` scheme; standard schemes come first (RFC 9110, 11.6.1)."""
    return challenge.startswith("ApiKey ")
