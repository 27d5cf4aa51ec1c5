"""Access to an operation: who calls (`security`), and which roles may call (`x-access`)."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from mockserver.errors import ForbiddenError, UnauthorizedError
from mockserver.http.access.bearer_tokens import TokenReader
from mockserver.http.exchange import Exchange
from mockserver.http.request.parameter_styles import cookies
from mockserver.http.served_api import Service
from mockserver.openapi.operation import Operation
from mockserver.state.identities import ANYONE, Identity

_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/-]+=*) *")  # RFC 6750 section 2.1
_BASIC = re.compile(r"[Bb][Aa][Ss][Ii][Cc] +([A-Za-z0-9+/]+=*) *")  # RFC 7617 section 2

_USER = re.compile(r'\busername="([^"]*)"')  # RFC 7616 section 3.4
_NONCE = "bW9jayBub25jZQ"
"""The nonce of a Digest challenge; what a client makes of it is not verified."""
_PLAIN = "!#$&'()*+,/:;=?@[]^`{|}<> "
"""What of a name in a challenge is not percent-encoded."""

Credential = Callable[[Exchange], Identity]
"""Takes the credential of one scheme from a request, or raises `UnauthorizedError`."""


class SecuritySchemes:
    """The security schemes of one document: makes a reader of credentials for each."""

    def __init__(self, service: Service) -> None:
        settings = service.settings
        self._documented = service.document.security_schemes
        self._clock = service.clock
        self._identities = service.fixture.identities
        self._tokens = TokenReader(self._identities, settings.auth, settings.signing_key)
        #: Static tokens that never expire, as they stand in the header: the usual case, found at once.
        self._static: dict[bytes | None, Identity] = {
            b"Bearer " + identity.token.encode(): identity
            for identity in self._identities
            if identity.token and identity.expires is None
        }
        self._lenient = settings.auth == "any" or len(self._identities) == 0

    def reader(self, name: str) -> Credential:
        """What takes the credential of a scheme from a request; an unknown scheme wants a bearer token."""
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
        if known is not None:
            return known
        value = exchange.header("authorization")
        if value is None:
            raise UnauthorizedError("A bearer token is needed.", headers=[("WWW-Authenticate", "Bearer")])
        match = _BEARER.fullmatch(value)
        if match is None:
            several = "," in value and _BEARER.match(value) is not None
            what = "several credentials" if several else "no bearer token"
            detail = f"The Authorization header holds {what}"
            raise UnauthorizedError(detail, headers=[("WWW-Authenticate", 'Bearer error="invalid_request"')])
        now = self._clock.now() if exchange.intervention is None else exchange.intervention.now
        return self._tokens.identify(match[1], now)

    def _basic(self, exchange: Exchange) -> Identity:
        challenge = [("WWW-Authenticate", 'Basic realm="mock", charset="UTF-8"')]
        match = _BASIC.fullmatch(exchange.header("authorization") or "")
        name, separator = _user_name(match[1]) if match else ("", "")
        if not separator:
            raise UnauthorizedError("A user name and a password are needed.", headers=challenge)
        identity = self._identities.named(name)
        if identity is None and not self._lenient:
            raise UnauthorizedError(f"There is no user {name!r}.", headers=challenge)
        return identity or ANYONE

    def _of_scheme(self, scheme: str) -> Credential:
        """Another HTTP scheme, such as Digest: what follows its name is taken as it is, and not verified."""
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
            identity = self._identities.with_token(value) if value else None
            if not value or (identity is None and not self._lenient):
                detail = f"An API key is needed in the {location} parameter {name!r}."
                challenge = f'ApiKey in="{location}", name="{quote(name, _PLAIN)}"'
                raise UnauthorizedError(detail, headers=[("WWW-Authenticate", challenge)])
            return identity or ANYONE

        return read


def _anyone(_: Exchange) -> Identity:
    """Nobody is asked for a client's certificate (`mutualTLS`): the mock speaks plain HTTP."""
    return ANYONE


def _user_name(credentials: str) -> tuple[str, str]:
    """The user name in Basic credentials, and the colon that must follow it."""
    try:
        name, separator, _ = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, separator


def _read_api_key(exchange: Exchange, name: str, location: str) -> str | None:
    if location == "header":
        return exchange.header(name.lower())
    if location == "query":
        return next(iter(exchange.query.get(name, ())), None)
    return next(iter(cookies(exchange).get(name, ())), None)


class AccessRule:
    """Who may call one operation: as the fixture file says, else as the document does."""

    def __init__(self, operation: Operation, schemes: SecuritySchemes, service: Service) -> None:
        mode = service.settings.auth
        said = service.access_of(operation)
        self._roles = service.roles_of(operation)
        self._needed = ", ".join(sorted(self._roles or ()))
        enforced = mode == "mock" and any(one.scopes is not None for one in service.fixture.identities)
        self._scopes = said.scopes if said is not None and enforced else frozenset()
        alternatives = operation.security if mode != "off" else ()
        if said is not None and mode != "off" and not alternatives:
            alternatives = ({"": ()},)  # whoever is to have a role has to say who it is: by a bearer token
        self._alternatives = [[schemes.reader(name) for name in names] for names in alternatives]
        # The usual case, one scheme, is asked directly.
        single = len(self._alternatives) == 1 and len(self._alternatives[0]) == 1
        self._identify: Credential = self._alternatives[0][0] if single else self._identify_any

    def check(self, exchange: Exchange) -> None:
        """Identify the caller, and put the identity into the exchange.

        Raises:
            UnauthorizedError: the credentials are missing or unknown.
            ForbiddenError: the caller has none of the roles that may call, or not the scopes.
        """
        if exchange.intervention is not None:
            exchange.intervention.refuse()
        identity = exchange.identity = self._identify(exchange)
        if self._roles is not None and not identity.unrestricted and self._roles.isdisjoint(identity.roles):
            raise ForbiddenError(f"{identity.name} has none of the roles that may do this: {self._needed}.")
        if (
            self._scopes
            and not identity.unrestricted
            and not self._scopes <= (identity.scopes or frozenset())
        ):
            missing = ", ".join(sorted(self._scopes - (identity.scopes or frozenset())))
            raise ForbiddenError(f"The token of {identity.name} is not for this; it has no scope {missing}.")

    def _identify_any(self, exchange: Exchange) -> Identity:
        """Try the alternatives in their order; of one alternative every scheme has to hold (4.7.30)."""
        refusals: list[UnauthorizedError] = []
        for readers in self._alternatives:
            try:
                identities = [read(exchange) for read in readers]
            except UnauthorizedError as error:
                refusals.append(error)
            else:
                return next((found for found in identities if found is not ANYONE), ANYONE)
        if refusals:
            challenges = dict.fromkeys(value for refusal in refusals for _, value in refusal.headers)
            joined = ", ".join(sorted(challenges, key=_is_our_own))
            raise UnauthorizedError(refusals[0].detail, headers=[("WWW-Authenticate", joined)])
        return ANYONE


def _is_our_own(challenge: str) -> bool:
    """Whether a challenge is of no HTTP scheme; those that clients know come first (RFC 9110, 11.6.1)."""
    return challenge.startswith("ApiKey ")
