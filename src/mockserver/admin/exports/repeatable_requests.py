"""Build a repeatable form of a journalled request, and say what is missing from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mockserver.admin.admin_context import AdminContext
from mockserver.admin.journal_views import whole
from mockserver.curl import variable
from mockserver.http.exchange import Exchange
from mockserver.http.journal.masking import MASK
from mockserver.openapi.versions.openapi_3 import FRAMING

JournalEntries = Sequence[tuple[int, Exchange]]

# Header fields that the sending client writes itself, or that only browsers send.
_NOT_REPEATED = FRAMING | {"host", "expect", "accept-encoding", "user-agent", "priority", "x-mock-session"}

# Schemes of `Authorization` that are shown; any other first word may be part of the secret.
_SCHEMES = {"basic", "bearer", "digest", "dpop", "apikey", "token", "negotiate"}


def target(shown: Mapping[str, Any]) -> str:
    """The path and the query."""
    return str(shown["path"]) + (f"?{shown['query']}" if shown["query"] else "")


def is_text(content: bytes) -> bool:
    """Whether a body can be written as text."""
    try:
        return "\0" not in content.decode()
    except UnicodeDecodeError:
        return False


@dataclass(frozen=True, slots=True)
class HeaderField:
    """A header field.

    Attributes:
        value: its value, decoded as Latin-1; for a secret, only the part before it.
        variable: the environment variable that holds the secret.
    """

    name: str
    value: str
    variable: str = ""

    @property
    def raw(self) -> bytes:
        """The bytes of the value."""
        return self.value.encode("latin-1", "replace")


@dataclass(frozen=True, slots=True)
class RepeatableRequest:
    """A request that can be sent again.

    Attributes:
        body: the original body, with secrets masked.
        lacking: why it differs from the original request; empty if it does not.
        cut: whether a part of the body is missing.
    """

    number: int
    method: str
    target: str
    fields: tuple[HeaderField, ...]
    body: bytes
    lacking: str
    cut: bool


def repeated(context: AdminContext, number: int, exchange: Exchange) -> RepeatableRequest:
    """The request to send in order to repeat a journalled one."""
    shown = whole(number, exchange, None)
    shown_target = target(shown)
    masked = (MASK in shown["body"] and shown["body"] != exchange.body.decode("utf-8", "replace")) or (
        MASK in shown_target and shown["query"] != exchange.query_string.decode("latin-1")
    )
    cut = exchange.is_cut
    lacking = "its secrets are masked: put them in" if masked else ""
    if cut:
        size = f"{exchange.body_size:,}" if exchange.body_size >= 0 else "unknown number of"
        lacking = f"only {len(exchange.body):,} of the {size} bytes of its body were kept"
    body = shown["body"].encode() if masked else exchange.body
    return RepeatableRequest(
        number, exchange.method, shown_target, _fields(context, exchange, shown), body, lacking, cut
    )


def _fields(context: AdminContext, exchange: Exchange, shown: Mapping[str, Any]) -> tuple[HeaderField, ...]:
    """The relevant header fields; a secret that no fixture contains becomes a variable."""
    fields = [
        _field(context, exchange, name, value)
        for name, value in shown["headers"].items()
        if name not in _NOT_REPEATED and not name.startswith("sec-") and (name, value) != ("accept", "*/*")
    ]
    if exchange.session != "default":
        fields.append(HeaderField("x-mock-session", exchange.session))
    return tuple(fields)


def _field(context: AdminContext, exchange: Exchange, name: str, value: str) -> HeaderField:
    if value != MASK:
        return HeaderField(name, value)
    sent = exchange.header(name) or ""
    scheme, space, secret = sent.partition(" ") if name == "authorization" else ("", "", sent)
    if scheme.lower() not in _SCHEMES:
        scheme, space, secret = "", "", sent
    published = _published(context, exchange, secret, is_bearer=scheme.lower() == "bearer")
    if published is not None:
        return HeaderField(name, scheme + space + published)
    return HeaderField(name, scheme + space, "TOKEN" if name == "authorization" else variable(name))


def _published(context: AdminContext, exchange: Exchange, secret: str, *, is_bearer: bool) -> str | None:
    """The token sent, or another one of the caller, if a fixture contains it; else None."""
    if any(service.fixture.identities.with_token(secret) for service in context.services.values()):
        return secret
    service = context.services.get(exchange.api or "")
    identity = service.fixture.identities.named(exchange.identity.name) if service and is_bearer else None
    return identity.token if identity is not None else None
