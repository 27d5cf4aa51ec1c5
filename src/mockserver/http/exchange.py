"""One request and its answer, as every layer of the server sees it."""

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

NOSNIFF = (b"x-content-type-options", b"nosniff")
"""Browsers take an answer for the media type that it names, and for no other (Fetch standard)."""

EXCHANGE = "mockserver.exchange"
"""The key in the ASGI scope under which the exchange travels."""

AUTHORITY = "mockserver.authority"
"""The key in the ASGI scope for the host of a request target that is a whole URL."""

NOTHING: dict[Any, Any] = {}
"""What an exchange has of what it does not have; not to be changed."""

_NONE: Any = ()
_EVERY_ANSWER: RawHeaders = [NOSNIFF]


class Exchange:
    """A request on its way, filled by each layer that it passes."""

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

    #: Its place in the journal, counted from one, and the run of the server: set by the journal.
    number: int
    run: str
    #: The names of the documented API keys, which are masked where the request is shown; set by the journal.
    api_keys: ApiKeyNames
    #: How long the bodies were before the journal cut them; -1 when the length was not announced and the rest
    #: of the body did not come. Set by the journal.
    body_size: int
    reply_size: int
    #: What stood before the path and named the session: `/~NAME`.
    prefix: str
    #: Seconds from first byte in to last byte out.
    duration: float
    #: Why the request was refused, in a sentence.
    reason: str | None
    #: The reason as it is shown, without secrets; made when it is first shown.
    shown_reason: str | None
    #: The operations that were probably meant, when there is none for the path and method.
    near: Sequence[NearMiss]
    #: What else the journal says of the request, in sentences.
    notes: Sequence[str]
    #: The rule that answered; empty when none did.
    rule: str
    #: The rules that were tried before and did not match, and why not.
    tried: Sequence[tuple[str, str]]
    #: Whether the operation answered, or what stands in for it: no check refused the request; set by the
    #: journal.
    is_answered: bool
    #: The webhooks that the handler emits, to be sent after the answer: names and bodies.
    emitted: Sequence[tuple[str, Any]]
    #: The fields that the handler decided on, though its document is silent: dotted names.
    decided: Sequence[str]
    #: The header fields of the answer, as they were handed to the server.
    reply_fields: RawHeaders
    #: What has to be known of the session before its unit of work.
    opened: Opened
    #: The `Overlay` of the session inside of its unit of work: handlers read and change it.
    state: Any
    #: The process that answered, where several share a store; set by the journal.
    replica: str | None
    #: By which what it made the mock send refers to it; None before something was sent.
    cause: str | None
    #: Whether it got a forced answer, and the kinds of the faults that struck it; set by the journal.
    forced: bool
    faults: Sequence[str]
    #: The scenario that gave the answer; set by the journal.
    scenario: str | None
    #: The calls of the admin API that have it answered so again; set by the journal.
    setup: Sequence[tuple[str, dict[str, Any]]]
    #: Header fields of the answer that take the place of those of the same names.
    overriding: RawHeaders
    #: The session's faults, forced answer and clock for this request; usually none.
    intervention: Intervention | None
    #: The `Endpoint` that it was routed to: each use names the type, which is made of what takes exchanges.
    endpoint: Any
    #: Why it has no endpoint: an unknown path or method, a broken operation.
    unrouted: ApiError | None

    def __init__(self, method: str, path: str, query_string: bytes, headers: Mapping[bytes, bytes]) -> None:
        self.method = method
        #: The path, percent-encoding as it came.
        self.path = path
        self.query_string = query_string
        #: Header fields by lower-case name; those that stand on several lines as one list.
        self.headers = headers
        self.session = DEFAULT_SESSION
        self.prefix = ""
        #: When it came, by the clock that is handed in; None until the gateway says so.
        self.started: datetime | None = None
        self.duration = 0.0
        self.scheme = "http"
        self.endpoint = self.unrouted = None
        #: What the document's paths begin with here, once routed.
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
        #: Whether there is a body that has not been received, or not all of it.
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
        #: Header fields that every answer to this request carries; layers add to them, and replace none.
        self.reply_headers: RawHeaders = _EVERY_ANSWER
        self._query: dict[str, list[str]] | None = None

    @property
    def id(self) -> str:
        """The name that the journal has for it, and for no other request of any run."""
        return f"{self.run}-{self.number}"

    @property
    def query(self) -> Mapping[str, list[str]]:
        """The query parameters as text; each name has all its values."""
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
        """Whether the journal has not kept the whole body of the request."""
        return self.body_size != len(self.body)

    @property
    def is_reply_cut(self) -> bool:
        """Whether the journal has not kept the whole body of the answer."""
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
    """What every absolute URL begins with: --public-url, else the scheme and Host of the request."""
    return public_url or f"{exchange.scheme}://{exchange.header('host') or 'localhost'}"


@lru_cache(maxsize=1_024)
def _length_field(length: int) -> tuple[bytes, bytes]:
    """The field with the length of a body; the journal keeps it, mostly of few lengths."""
    return b"content-length", b"%d" % length


def overridden(headers: RawHeaders, own: RawHeaders) -> RawHeaders:
    """Header fields with others in the place of those of the same names."""
    names = {name for name, _ in own}
    return [*(field for field in headers if field[0] not in names), *own]


async def send_answer(
    exchange: Exchange, send: Send, status: int, headers: RawHeaders, body: bytes, *, piece: int = 0
) -> None:
    """Send a whole answer and note it in the exchange; `headers` without Content-Length.

    With `piece`, so many bytes of the body are sent at once: a large one does not keep the event loop from
    other requests, nor lie twice in memory while the client reads.
    """
    exchange.status = status
    exchange.reply_body = body
    if exchange.overriding:
        headers = overridden(headers, exchange.overriding)
    exchange.reply_fields = sent = [*headers, *exchange.reply_headers]
    if status not in {204, 304} and status >= 200:  # RFC 9110 section 8.6
        sent.append(_length_field(len(body)))
    await send({"type": "http.response.start", "status": status, "headers": sent})
    if exchange.method == "HEAD":
        body = b""
    start = 0
    if piece:
        while len(body) - start > piece:
            part = body[start : start + piece]
            await send({"type": "http.response.body", "body": part, "more_body": True})
            # A client that reads as fast as this is written never makes `send` wait.
            await asyncio.sleep(0)
            start += piece
    await send({"type": "http.response.body", "body": body[start:]})
