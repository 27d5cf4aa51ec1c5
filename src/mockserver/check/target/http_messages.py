"""Requests and responses as values, and requests as curl commands."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from mockserver import curl as curl_writer
from mockserver.check.findings import phrases
from mockserver.check.planning.situations import CallerKind
from mockserver.curl import Secret, Value
from mockserver.openapi import media_types

MISSING: Any = object()
"""Marks an absent body, or an absent part of one."""


NEAR_MISSES = (CallerKind.TOKEN_CUT, CallerKind.TOKEN_WITH_MORE, CallerKind.TOKEN_IN_OTHER_CASE)
"""Credentials that are derived from an identity's token, and could be mistaken for it."""
_MADE_OF_A_TOKEN = {*NEAR_MISSES, CallerKind.TAMPERED_TOKEN}
"""Reports show none of these: each is written as a separate shell variable."""

OWN_NAME = "x-own-name"
"""Key in a security scheme for its name, set if the caller has a token for this scheme only."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request, and with which credential.

    Attributes:
        identity: the name of an identity of the fixtures; None when there is none.
        credential: sent instead of the identity's token; None sends that token, or nothing without identity.
    """

    kind: CallerKind
    identity: str | None = None
    credential: str | None = None

    @property
    def name(self) -> str:
        """The caller's name, for people."""
        return phrases.caller(self.kind, self.identity)

    @property
    def is_identity(self) -> bool:
        """Whether this is a known identity with a valid credential."""
        return self.kind is CallerKind.IDENTITY

    @property
    def scheme(self) -> bool:
        """Whether the scheme's name, such as `Bearer`, is sent before the credential."""
        return self.kind is not CallerKind.TOKEN_WITHOUT_SCHEME


ANONYMOUS = Caller(CallerKind.ANONYMOUS)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request, without host and token, which differ between the implementation and the model.

    Attributes:
        path: percent-encoded, from the root of the API.
        query: percent-encoded, without the question mark.
        schemes: names of the security schemes that carry the caller's credential.
    """

    method: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    caller: Caller = ANONYMOUS
    schemes: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        """The path and the query."""
        return f"{self.path}?{self.query}" if self.query else self.path

    def header(self, name: str) -> str | None:
        """A header field's value, or None; `name` in lower case."""
        return next((value for key, value in self.headers if key.lower() == name), None)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A complete response; header names in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def media_type(self) -> str:
        """The media type without its parameters, in lower case; empty when none is named."""
        return media_types.plain(self.headers.get("content-type", ""))

    @property
    def succeeded(self) -> bool:
        """Whether the status is one of success."""
        return 200 <= self.status < 300

    def value(self) -> Any:
        """The body parsed as JSON, or `MISSING` when it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return MISSING


def variable(identity: str) -> str:
    """The shell variable for an identity's token, written in reports in its place."""
    return curl_writer.variable("TOKEN", identity)


def is_basic(scheme: Mapping[str, Any]) -> bool:
    """Whether a security scheme is HTTP Basic (RFC 7617)."""
    return scheme.get("type") == "http" and str(scheme.get("scheme", "")).lower() == "basic"


def basic(credential: str) -> str:
    """Encode a name and a password for HTTP Basic; a name alone has an empty password."""
    pair = credential if ":" in credential else f"{credential}:"
    return base64.b64encode(pair.encode()).decode()


@dataclass(frozen=True, slots=True)
class WrittenRequest:
    """A request with its credentials added, as reports show it.

    Attributes:
        headers: header fields; the credential of a known identity is a `Secret`.
        query_secrets: query parameters whose values are secrets.
        user: the name and password for HTTP Basic.
    """

    target: str
    headers: tuple[tuple[str | bytes, Value], ...]
    query_secrets: tuple[tuple[str, Secret], ...]
    user: Secret | None


def written(request: HttpRequest, schemes: Sequence[Mapping[str, Any]] = ({},)) -> WrittenRequest:
    """The request as reports show it.

    The security schemes carry the credential; without any it is a bearer token.
    """
    headers: list[tuple[str | bytes, Value]] = [*request.headers]
    query: list[tuple[str, Secret]] = []
    target, user = request.target, None
    for scheme in schemes:
        shown = _credential(request.caller, scheme)
        place, name = scheme.get("in"), str(scheme.get("name"))
        if shown is None:
            continue
        if place == "query" and isinstance(shown, Secret):
            query.append((quote(name, safe=""), shown))
        elif place == "query":
            separator = "&" if "?" in target else "?"
            target += f"{separator}{quote(name, safe='')}={quote(str(shown), safe='')}"
        elif place == "cookie":
            headers.append(("Cookie", _behind(f"{name}=", shown)))
        elif place == "header":
            headers.append((name, shown))
        elif is_basic(scheme) and request.caller.scheme:
            user = shown if isinstance(shown, Secret) else None
            headers += [] if user else [("Authorization", _behind("Basic ", basic(str(shown))))]
        else:
            headers.append(("Authorization", _behind("Bearer ", shown) if request.caller.scheme else shown))
    return WrittenRequest(target, tuple(headers), tuple(query), user)


def curl(
    request: HttpRequest,
    base_url: str,
    schemes: Sequence[Mapping[str, Any]] = ({},),
    tls: Sequence[str] = (),
) -> str:
    """The request as a curl command, with options for TLS; tokens are variables such as `$TOKEN_AGENT`."""
    shown = written(request, schemes)
    return curl_writer.command(
        request.method,
        base_url,
        shown.target,
        shown.headers,
        request.body,
        user=shown.user,
        query_secrets=shown.query_secrets,
        tls=tls,
    )


def _credential(caller: Caller, scheme: Mapping[str, Any]) -> str | Secret | None:
    """The caller's credential for a scheme; a known identity's token is a `Secret`."""
    if caller.credential is not None or caller.identity is None:
        return caller.credential
    changed = caller.kind.removeprefix("token-") if caller.kind in _MADE_OF_A_TOKEN else ""
    return Secret(variable(".".join(filter(None, [caller.identity, scheme.get(OWN_NAME), changed]))))


def _behind(prefix: str, shown: str | Secret) -> str | Secret:
    return Secret(shown.variable, prefix) if isinstance(shown, Secret) else prefix + shown
