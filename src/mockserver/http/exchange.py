"""One request and its answer, shared by all layers of the server."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from mockserver.errors import ApiError, Violation
from mockserver.http.interception.intervention import Intervention
from mockserver.http.journal.secret_names import NO_API_KEYS, ApiKeyNames
from mockserver.http.suggestions import NearMiss
from mockserver.state.baseline import DEFAULT_SESSION
from mockserver.state.identities import ANYONE, Identity
from mockserver.state.session_store import NOT_OPENED, Opened

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]
RawHeaders = list[tuple[bytes, bytes]]
RawResponse = tuple[int, RawHeaders, bytes]
"""A response as it is sent: status, header fields, body."""
SendWhole = Callable[[int, RawHeaders, bytes], Awaitable[None]]
"""Sends status, header fields and body: the attribute `whole` of those `Send`s that have it."""

NOSNIFF = (b"x-content-type-options", b"nosniff")
"""Browsers must not guess another media type than the declared one (Fetch standard)."""

EXCHANGE = "mockserver.exchange"
"""The key of the exchange in the ASGI scope."""

AUTHORITY = "mockserver.authority"
"""The key in the ASGI scope for the host of a request target that is an absolute URL."""

NOTHING: dict[Any, Any] = {}
"""Shared empty default for unset attributes of an exchange; must not be changed."""

_NONE: Any = ()
_EVERY_ANSWER: RawHeaders = [NOSNIFF]


class Exchange:
    """A request being processed; each layer fills in its attributes."""

    __slots__ = (
        "_query",
        "api",
        "api_keys",
        "arguments",
        "base_path",
        "body",
        "body_size",
        "body_value",
        "cause",
        "context",
        "decided",
        "duration",
        "emitted",
        "endpoint",
        "faults",
        "forced",
        "headers",
        "identity",
        "intervention",
        "is_answered",
        "method",
        "near",
        "notes",
        "number",
        "opened",
        "operation_id",
        "overriding",
        "path",
        "path_parameters",
        "prefix",
        "query_string",
        "reason",
        "replica",
        "reply_body",
        "reply_fields",
        "reply_headers",
        "reply_size",
        "rule",
        "run",
        "scenario",
        "scheme",
        "session",
        "setup",
        "shown_reason",
        "started",
        "state",
        "status",
        "tried",
        "unread",
        "unrouted",
        "violations",
    )

    #: Its number in the journal, counted from one, and the run of the server: set by the journal.
    number: int
    run: str
    #: The names of the documented API keys, which are masked when the request is shown; set by the journal.
    api_keys: ApiKeyNames
    #: Length of the bodies before the journal cut them; -1 if the length was not announced and the body was
    #: not received completely. Set by the journal.
    body_size: int
    reply_size: int
    #: The path prefix that named the session and was removed: `/~NAME`.
    prefix: str
    #: Seconds from first byte in to last byte out.
    duration: float
    #: Why the request was refused, in a sentence.
    reason: str | None
    #: The reason with secrets masked; computed when it is first shown.
    shown_reason: str | None
    #: Operations that the client probably meant, if the path and method match none.
    near: Sequence[NearMiss]
    #: Further remarks of the journal about the request, in sentences.
    notes: Sequence[str]
    #: The rule that answered; empty when none did.
    rule: str
    #: The rules that were tried before and did not match, and why.
    tried: Sequence[tuple[str, str]]
    #: Whether the request passed every check and the operation, or an override of it, answered; set by the
    #: journal.
    is_answered: bool
    #: The webhooks that the handler emitted, to be sent after the answer: names and bodies.
    emitted: Sequence[tuple[str, Any]]
    #: The fields that the handler set although the document does not define them: dotted names.
    decided: Sequence[str]
    #: The header fields of the answer, as handed to the server.
    reply_fields: RawHeaders
    #: The session's facts that are needed before its unit of work.
    opened: Opened
    #: The `Overlay` of the session during its unit of work: handlers read and change it.
    state: Any
    #: The process that answered, where several share a store; set by the journal.
    replica: str | None
    #: Id by which the requests that the mock sent because of this one refer to it; None before it sent any.
    cause: str | None
    #: Whether it got a forced answer, and the kinds of the faults applied to it; set by the journal.
    forced: bool
    faults: Sequence[str]
    #: The scenario that gave the answer; set by the journal.
    scenario: str | None
    #: The admin API calls that reproduce the answer; set by the journal.
    setup: Sequence[tuple[str, dict[str, Any]]]
    #: Header fields of the answer that replace those of the same names.
    overriding: RawHeaders
    #: The session's faults, forced answer and clock for this request; usually None.
    intervention: Intervention | None
    #: The `Endpoint` that it was routed to; untyped here to avoid an import cycle.
    endpoint: Any
    #: Why it has no endpoint: an unknown path or method, a broken operation.
    unrouted: ApiError | None

    def __init__(self, method: str, path: str, query_string: bytes, headers: Mapping[bytes, bytes]) -> None:
        self.method = method
        #: The path, percent-encoded as received.
        self.path = path
        self.query_string = query_string
        #: Header fields by lower-case name; fields on several lines are joined to one list.
        self.headers = headers
        self.session = DEFAULT_SESSION
        self.prefix = ""
        #: When it was received, by the server's clock; set by the gateway.
        self.started: datetime | None = None
        self.duration = 0.0
        self.scheme = "http"
        self.endpoint = self.unrouted = None
        #: The base path of the document that matched, once routed.
        self.base_path = ""
        #: Connexion's routing context, once routed.
        self.context: Mapping[str, str] = NOTHING
        #: The document's name, once routed.
        self.api: str | None = None
        self.operation_id: str | None = None
        self.path_parameters: Mapping[str, str] = NOTHING
        self.identity: Identity = ANYONE
        self.rule = ""
        #: Validated parameters by location and name.
        self.arguments: dict[tuple[str, str], Any] = {}
        self.body = b""
        #: Whether the body has not been received, or not completely.
        self.unread = False
        self.body_value: Any = None
        self.status = 0
        self.violations: tuple[Violation, ...] = ()
        self.reason = None
        self.shown_reason = None
        self.near = self.notes = self.reply_fields = self.emitted = self.decided = self.overriding = _NONE
        self.tried = _NONE
        self.reply_body = b""
        self.intervention = self.cause = self.replica = None
        self.forced = self.is_answered = False
        self.faults = self.setup = _NONE
        self.scenario = None
        self.opened = NOT_OPENED
        self.state = None
        self.api_keys = NO_API_KEYS
        #: Header fields that every answer to this request carries; layers append to them.
        self.reply_headers: RawHeaders = _EVERY_ANSWER
        self._query: dict[str, list[str]] | None = None

    @property
    def id(self) -> str:
        """The request's id, unique across all runs of the server."""
        return f"{self.run}-{self.number}"

    @property
    def query(self) -> Mapping[str, list[str]]:
        """The query parameters as text; each name with all its values."""
        if self._query is None:
            if not self.query_string:
                return {}
            self._query = {}
            text = self.query_string.decode("latin-1")
            for name, value in parse_qsl(text, keep_blank_values=True, errors="replace"):
                self._query.setdefault(name, []).append(value)
        return self._query

    @property
    def is_cut(self) -> bool:
        """Whether the journal stores only a part of the request body."""
        return self.body_size != len(self.body)

    @property
    def is_reply_cut(self) -> bool:
        """Whether the journal stores only a part of the response body."""
        return self.reply_size != len(self.reply_body)

    def header(self, name: str) -> str | None:
        """A header field's value, or None; `name` in lower case."""
        value = self.headers.get(name.encode())
        return None if value is None else value.decode("latin-1")


async def disconnected(receive: Receive) -> None:
    """Wait until the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def base_url_of(exchange: Exchange, public_url: str | None) -> str:
    """The base of absolute URLs: --public-url, else the scheme and Host of the request."""
    return public_url or f"{exchange.scheme}://{exchange.header('host') or 'localhost'}"


@lru_cache(maxsize=1_024)
def _length_field(length: int) -> tuple[bytes, bytes]:
    """The Content-Length field; cached, because the journal keeps many fields of few lengths."""
    return b"content-length", b"%d" % length


def overridden(headers: RawHeaders, own: RawHeaders) -> RawHeaders:
    """Header fields, replaced by those in `own` that have the same names."""
    names = {name for name, _ in own}
    return [*(field for field in headers if field[0] not in names), *own]


def send_whole(send: Send, status: int, headers: RawHeaders, body: bytes) -> Awaitable[None]:
    """Send a whole answer; with one call if `send` takes it, which costs less than two ASGI messages."""
    whole: SendWhole | None = getattr(send, "whole", None)
    return _in_messages(send, status, headers, body) if whole is None else whole(status, headers, body)


async def _in_messages(send: Send, status: int, headers: RawHeaders, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def send_answer(
    exchange: Exchange, send: Send, status: int, headers: RawHeaders, body: bytes, *, piece: int = 0
) -> None:
    """Send a whole answer and note it in the exchange; `headers` without Content-Length.

    With `piece`, the body is sent in pieces of that many bytes: a large body then neither blocks the event
    loop nor is held twice in memory while the client reads.
    """
    exchange.status = status
    exchange.reply_body = body
    if exchange.overriding:
        headers = overridden(headers, exchange.overriding)
    exchange.reply_fields = sent = [*headers, *exchange.reply_headers]
    if status not in {204, 304} and status >= 200:  # RFC 9110 section 8.6
        sent.append(_length_field(len(body)))
    if exchange.method == "HEAD":
        body = b""
    if not piece:
        await send_whole(send, status, sent, body)
        return
    await send({"type": "http.response.start", "status": status, "headers": sent})
    start = 0
    while len(body) - start > piece:
        part = body[start : start + piece]
        await send({"type": "http.response.body", "body": part, "more_body": True})
        # If the client reads fast, `send` never waits, so yield to other requests here.
        await asyncio.sleep(0)
        start += piece
    await send({"type": "http.response.body", "body": body[start:]})
