"""HTTP/1.1 protocols for uvicorn, with limits, and with trailer fields kept apart from header fields."""

from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import h11
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.h11_impl import H11Protocol

from mockserver.http.server.connection_limits import (
    BODY,
    CHUNK,
    NOTHING,
    Connection,
    ConnectionLimits,
    Fields,
    RefusedError,
    origin_form,
)
from mockserver.http.server.request_cycle import RequestCycle

if TYPE_CHECKING:
    from collections.abc import Callable

try:
    import httptools
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
except ImportError:
    httptools = None  # type: ignore[assignment]
    HttpToolsProtocol = object  # type: ignore[assignment,misc]


_ASGI = {"version": "3.0", "spec_version": "2.3"}
_FRAMING = {b"content-length", b"transfer-encoding"}
_FIELDS = 1_000
"""Maximum number of cached header fields."""
_LONGEST = 300
"""Maximum length of a cached header field."""
_METHODS = {name.encode(): name for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")}
_NONE: Fields = []
_SLASH = ord("/")


_fields: dict[tuple[bytes, bytes], tuple[bytes, bytes]] = {}
"""The latest header fields, as received and as handed on.

Clients repeat most of their fields, and the journal keeps them. An entry that it drops is no longer in the
processor's cache, so that every object that only this entry has costs time.
"""


class HttpToolsConnection(Connection, HttpToolsProtocol):  # type: ignore[misc]  # narrower, on purpose
    """A connection that httptools parses."""

    _trailers: Fields = _NONE
    #: Framing header fields of a body that the parser skips because an upgrade was offered.
    _framing: Fields = _NONE
    url: bytes

    def __init__(self, *arguments: Any, limits: ConnectionLimits, **named: Any) -> None:
        self.limits = limits
        super().__init__(*arguments, **named)

    def _feed(self, piece: bytes) -> None:
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade as upgrade:
            # Upgrades are ignored: the body, or the next request, follows.
            if self._framing:
                self.parser = _parser_in_body(self, self._framing)
                self._framing = _NONE
            if more := piece[upgrade.args[0] :]:
                self._feed(more)
        except httptools.HttpParserError as error:
            cause = error.__context__
            if isinstance(cause, RefusedError):
                self._refuse(cause.status, cause.detail)
            elif cause is not None:
                self._refuse(400, "The request target cannot be read.")
            else:
                self._refuse(400, f"This is not HTTP/1.1: {error}.")

    def on_message_begin(self) -> None:
        """Begin a request."""
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_url(self, url: bytes) -> None:
        """Receive a piece of the request target."""
        self.url += url
        if len(self.url) > self.limits.target:
            raise RefusedError(414, self._target_detail())

    def on_header(self, name: bytes, value: bytes) -> None:
        """Receive a header field."""
        self.headers.append(_fields.get((name, value)) or self._new_field(name, value))

    def _new_field(self, name: bytes, value: bytes) -> tuple[bytes, bytes]:
        """A header field with its name in lower case, cached unless it is long."""
        field = (name.lower(), value)
        if field[0] == b"expect":
            self.expect_100_continue = value.lower() == b"100-continue"
        elif len(name) + len(value) <= _LONGEST:
            if len(_fields) >= _FIELDS:
                _fields.clear()
            _fields[name, value] = field
        return field

    def on_headers_complete(self) -> None:
        """Start the request, if its head is within the limits."""
        target = self.url
        if len(self.headers) > self.limits.fields or self._counted > self.limits.head:
            self._check_head(len(target), self.headers)
        parser, method = self.parser, self.parser.get_method()
        raw_path, _, query = target.partition(b"?") if b"#" not in target else _without_fragment(target)
        if target[0] == _SLASH:
            path = raw_path.decode("ascii")
        else:
            self._check_target(method, target)
            own_path, _, query = _without_fragment(origin_form(target))
            path = own_path.decode("ascii")
        version = parser.get_http_version()
        self._begin(
            RequestCycle(
                self,
                {
                    "type": "http",
                    "asgi": _ASGI,
                    "http_version": version,
                    "method": _METHODS.get(method) or method.decode("ascii"),
                    "scheme": self.scheme,
                    "path": path if "%" not in path else unquote(path),
                    "raw_path": raw_path,  # as received
                    "query_string": query,
                    "root_path": "",
                    "headers": self.headers,
                    "server": self.server,
                    "client": self.client,
                },
                keep_alive=version != "1.0" and parser.should_keep_alive(),
                expects_continue=self.expect_100_continue,
            )
        )
        self._stage = BODY
        self._since = self._now
        self._counted = 0

    def _begin(self, cycle: RequestCycle) -> None:
        """Run the application, now or after the answers before."""
        earlier, self.cycle = self.cycle, cycle
        if earlier is None or earlier.response_complete:
            cycle.start(self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        """Run the application for a request that waited; uvicorn calls this."""
        cycle.start(app)

    def on_chunk_header(self) -> None:
        """Discard trailer fields (RFC 9110 section 6.5.1); called for chunked bodies only."""
        self._counted -= CHUNK
        self.headers = self._trailers = []

    def on_body(self, body: bytes) -> None:
        """Receive a piece of the body."""
        self._counted -= len(body)
        self._since = self._now
        cycle = self.cycle
        if cycle.response_complete:
            return
        cycle.take(body)
        if len(cycle.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()

    def on_message_complete(self) -> None:
        """End the request, if its trailers are within the limits."""
        if self.parser.should_upgrade():
            self._framing = [field for field in self.headers if field[0] in _FRAMING]
            if self._framing:
                return  # the body still follows
        if self._trailers:
            self._check_trailers(self._trailers)
            self._trailers = _NONE
        self._stage = NOTHING
        self._counted = 0
        cycle = self.cycle
        if not cycle.response_complete:
            cycle.more_body = False
            cycle.set()

    def on_response_complete(self) -> None:
        """Continue after an answer, without uvicorn's keep-alive timer: a connection has one timer."""
        if self.pipeline:
            HttpToolsProtocol.on_response_complete(self)
        else:
            self.server_state.total_requests += 1
            if self.flow.read_paused and not self.transport.is_closing():
                self.flow.resume_reading()
        self._since = self.loop.time()
        if self.flow.held or self._has_ended or self._refusal is not None:
            self._go_on_after_answer()


def _without_fragment(target: bytes) -> tuple[bytes, bytes, bytes]:
    """The path and query of a target, which should have no fragment (RFC 9112 section 3.2)."""
    return target.partition(b"#")[0].partition(b"?")


class _AfterHead:
    """Forwards a parser's callbacks to a connection, except those for the artificial head."""

    def __init__(self, connection: HttpToolsConnection) -> None:
        self._connection = connection
        self.is_in_head = True

    def __getattr__(self, name: str) -> Any:
        callback = getattr(self._connection, name)
        return lambda *arguments: None if self.is_in_head else callback(*arguments)


def _parser_in_body(connection: HttpToolsConnection, framing: Fields) -> Any:
    """A new parser for the body of a request whose head another parser has read."""
    events = _AfterHead(connection)
    parser = httptools.HttpRequestParser(events)
    parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
    lines = b"".join(b"%s: %s\r\n" % field for field in framing)
    parser.feed_data(b"POST / HTTP/1.1\r\n" + lines + b"\r\n")
    events.is_in_head = False
    return parser


class _Parser(h11.Connection):
    """h11's connection, reporting its events to ours."""

    def __init__(self, connection: "H11Connection", size: int) -> None:
        super().__init__(h11.SERVER, size)
        self._connection = connection

    def next_event(self) -> Any:
        """The next event, if it is within the limits."""
        event = super().next_event()
        try:
            return self._connection.received(event)
        except RefusedError as refused:
            self._connection.refuse(refused)
            # uvicorn stops processing these bytes when it gets this error.
            raise h11.RemoteProtocolError(refused.detail, error_status_hint=refused.status) from None


class H11Connection(Connection, H11Protocol):  # type: ignore[misc]  # the same
    """A connection that h11 parses, used if httptools is missing."""

    def __init__(self, *arguments: Any, limits: ConnectionLimits, **named: Any) -> None:
        self.limits = limits
        super().__init__(*arguments, **named)
        self.conn = _Parser(self, limits.head + limits.target)

    def _feed(self, piece: bytes) -> None:
        self.conn.receive_data(piece)
        self.handle_events()

    def received(self, event: Any) -> Any:
        """Check the limits of an event, and return it."""
        if isinstance(event, h11.Request):
            if len(event.target) > self.limits.target:
                raise RefusedError(414, self._target_detail())
            if event.target[:1] != b"/":
                self._check_target(event.method, event.target)
            self._check_head(len(event.target), list(event.headers))
            self._stage = BODY
            self._since = self._now
            self._counted = 0
        elif isinstance(event, h11.Data):
            self._counted -= len(event.data) + (CHUNK if event.chunk_start else 0)
            self._since = self._now
        elif isinstance(event, h11.EndOfMessage):
            self._check_trailers(list(event.headers))
            self._stage = NOTHING
            self._counted = 0
        return event

    def on_response_complete(self) -> None:
        """Continue after an answer, without uvicorn's keep-alive timer: a connection has one timer."""
        H11Protocol.on_response_complete(self)
        self._unset_keepalive_if_required()
        self._since = self.loop.time()
        self._go_on_after_answer()

    def refuse(self, refused: RefusedError) -> None:
        """Answer a request that exceeds a limit."""
        self._refuse(refused.status, refused.detail)


def protocol(limits: ConnectionLimits) -> "Callable[..., Connection]":
    """The protocol factory for connections: httptools if it is installed, else h11."""
    return partial(H11Connection if httptools is None else HttpToolsConnection, limits=limits)
