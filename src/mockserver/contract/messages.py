"""Requests and answers as values, and how a request is written as a curl command."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mockserver.openapi import media_types

MISSING: Any = object()
"""Stands for a body, or a part of one, that is not there."""


OWN_NAME = "x-own-name"
"""In a security scheme, its name, where a caller has a token for this scheme alone."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request, and what they show for it.

    Attributes:
        name: for people, as in "agent" or "nobody".
        identity: the fixture's identity whose token is sent; None when there is none.
        credential: what is sent in place of a token; None sends the identity's, or nothing.
        scheme: whether the credential is announced with the word that its scheme asks for.
    """

    name: str
    identity: str | None = None
    credential: str | None = None
    scheme: bool = True

    @property
    def is_identity(self) -> bool:
        """Whether this is somebody known, with a credential in order."""
        return self.identity is not None and self.credential is None and self.scheme


NOBODY = Caller("nobody")


@dataclass(frozen=True, slots=True)
class Request:
    """One request, without what differs between the implementation and the model: host and token.

    Attributes:
        path: percent-encoded, from the root of the API.
        query: percent-encoded, without the question mark.
        schemes: names of the security schemes that say where the caller's credential is put.
    """

    method: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    caller: Caller = NOBODY
    schemes: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        """The path and the query."""
        return f"{self.path}?{self.query}" if self.query else self.path

    def header(self, name: str) -> str | None:
        """A header field's value, or None; `name` in lower case."""
        return next((value for key, value in self.headers if key.lower() == name), None)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, whole; header names in lower case."""

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
        """The body read as JSON, or `MISSING` when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return MISSING


def variable(identity: str) -> str:
    """The shell variable that stands for an identity's token, so that no report carries one."""
    return "TOKEN_" + "".join(sign if sign.isalnum() else "_" for sign in identity).upper()


def is_basic(scheme: Mapping[str, Any]) -> bool:
    """Whether a security scheme is HTTP Basic (RFC 7617)."""
    return scheme.get("type") == "http" and str(scheme.get("scheme", "")).lower() == "basic"


def _credential(caller: Caller, scheme: Mapping[str, Any]) -> tuple[str, list[str]]:
    """What stands after the URL, and curl's words, for the caller's credential."""
    if caller.identity is None and caller.credential is None:
        return "", []
    whose = ".".join(filter(None, [caller.identity, scheme.get(OWN_NAME)]))
    value = f"${variable(whose)}" if caller.credential is None else caller.credential
    place, name = scheme.get("in"), scheme.get("name")
    if place == "query":
        return f'{name}="{value}"', []
    if place == "cookie":
        return "", ["-H", f'"Cookie: {name}={value}"']
    if place == "header":
        return "", ["-H", f'"{name}: {value}"']
    if is_basic(scheme) and caller.scheme:
        return "", ["-u", f'"{value}"']
    return "", ["-H", f'"Authorization: {"Bearer " if caller.scheme else ""}{value}"']


def _text(body: bytes) -> str:
    """A body as one shell word; what a shell cannot carry is escaped (bash's $'…')."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = ""
    if body and (not text or any(ord(sign) < 32 for sign in text)):
        escaped = "".join(
            f"\\x{byte:02x}" if byte < 32 or byte in b"'\\" or byte > 126 else chr(byte) for byte in body
        )
        return f"$'{escaped}'"
    return shlex.quote(text)


def curl(request: Request, base_url: str, schemes: Sequence[Mapping[str, Any]] = ({},)) -> str:
    """The request as a curl command; tokens stay variables such as `$TOKEN_AGENT`.

    Where the credential stands, the security schemes say; without any it is a bearer token.
    """
    shown = [_credential(request.caller, scheme) for scheme in schemes]
    query = "\\&".join(part for part, _ in shown if part)
    words = ["curl", "-i"]
    if request.method == "HEAD":
        words = ["curl", "-I"]
    elif request.method != "GET":
        words += ["-X", request.method]
    separator = "\\&" if request.query else "\\?"
    words.append(shlex.quote(base_url + request.target) + (separator + query if query else ""))
    words += [word for _, part in shown for word in part]
    for name, value in request.headers:
        words += ["-H", shlex.quote(f"{name}: {value}")]
    if request.body is not None:
        if request.header("content-type") is None:
            words += ["-H", "Content-Type:"]
        words += ["--data-binary", _text(request.body)]
    return " ".join(words)
