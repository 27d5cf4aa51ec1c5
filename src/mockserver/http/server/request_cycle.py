"""One request and its answer on a connection: what an ASGI application receives and sends.

Does what uvicorn's cycle does with fewer steps: header lines are validated once and cached, an answer's head
is written together with the first piece of its body, and a body that has arrived is received without waiting.
"""

import asyncio
import logging
import re
from collections.abc import Generator
from types import MappingProxyType
from typing import Any

from uvicorn.protocols.http.flow_control import FlowControl

from mockserver.http.exchange import ASGIApp, Message, RawHeaders, Scope
from mockserver.http.response.problems import phrase_of

log = logging.getLogger("uvicorn.error")

_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FORBIDDEN = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_LINES = 1_000
"""Maximum number of cached header lines."""
_LONGEST = 200
"""Maximum length of a cached header line."""
_FAILED: MappingProxyType[str, Any] = MappingProxyType(
    {
        "type": "http.response.start",
        "status": 500,
        "headers": [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", b"21"),
            (b"connection", b"close"),
        ],
    }
)

_STATUS_LINES = {
    status: b"HTTP/1.1 %d %s\r\n" % (status, phrase_of(status).encode()) for status in range(100, 600)
}

_lines: dict[tuple[bytes, bytes], bytes] = {}


def _line(field: tuple[bytes, bytes]) -> bytes:
    """A header line.

    Raises:
        RuntimeError: HTTP cannot carry the field.
    """
    name, value = field
    if _NAME.fullmatch(name) is None or _FORBIDDEN.search(value) is not None:
        raise RuntimeError(f"The header field {name!r}: {value!r} is not valid in HTTP.")
    line = b"%s: %s\r\n" % (name.lower(), value)
    if len(line) <= _LONGEST:
        if len(_lines) >= _LINES:
            _lines.clear()
        _lines[field] = line
    return line


class RequestCycle:
    """A request that is being answered.

    Attributes:
        body: the content that arrived since the application last received some.
        more_body: whether the content is incomplete.
        keep_alive: whether the connection takes further requests after the answer.
        disconnected: whether the client has gone, or the request was refused.
    """

    __slots__ = (
        "_arrival",
        "_connection",
        "_expected",
        "_has_news",
        "_head",
        "_is_chunked",
        "_scope",
        "_task",
        "body",
        "disconnected",
        "keep_alive",
        "more_body",
        "response_complete",
        "response_started",
        "waiting_for_100_continue",
    )

    def __init__(self, connection: Any, scope: Scope, *, keep_alive: bool, expects_continue: bool) -> None:
        self._connection = connection
        self._scope = scope
        self.keep_alive = keep_alive
        self.waiting_for_100_continue = expects_continue
        self.body: bytes | bytearray = b""
        self.more_body = True
        self.disconnected = self.response_started = self.response_complete = False
        #: Whether something happened that the application has not received.
        self._has_news = False
        #: Set when something happens; made when the application first waits.
        self._arrival: asyncio.Event | None = None
        #: The lines of the answer's head, until they are written.
        self._head: list[bytes] | None = None
        self._is_chunked = False
        #: Number of bytes of the answer's body that are still to be sent.
        self._expected = 0
        self._task: asyncio.Task[None] | None = None

    @property
    def message_event(self) -> "RequestCycle":
        """What uvicorn's protocol sets when something happens."""
        return self

    def take(self, body: bytes) -> None:
        """Add content that arrived."""
        if not self.body:
            self.body = body
        else:
            if isinstance(self.body, bytes):
                self.body = bytearray(self.body)
            self.body += body
        self.set()

    def set(self) -> None:
        """Wake the application if it waits for more."""
        self._has_news = True
        if self._arrival is not None:
            self._arrival.set()

    def start(self, app: ASGIApp) -> None:
        """Run the application in a task."""
        task = self._task = self._connection.loop.create_task(self._run(app))
        self._connection.tasks.add(task)

    async def _run(self, app: ASGIApp) -> None:
        connection = self._connection
        try:
            coroutine: Any = app(self._scope, self.receive, self)
            awaited = _first_wait(coroutine)
            if awaited is not _ENDED:
                await _Rest(self, coroutine, awaited)
        except BaseException as error:  # also cancellation: the connection ends with the task
            log.error("Exception in ASGI application\n", exc_info=error)  # noqa: TRY400  uvicorn's words
            await self._fail()
        else:
            if not self.response_complete and not self.disconnected:
                done = "completing" if self.response_started else "starting"
                log.error("ASGI callable returned without %s response.", done)
                await self._fail()
        finally:
            connection.tasks.discard(self._task)
            self._connection = self._task = None  # they refer to this cycle, and would outlive it

    async def _fail(self) -> None:
        """Answer 500 if nothing was written; else close the connection."""
        if self.response_started and self._head is None:
            self._connection.transport.close()
        else:
            self.response_started = False
            await self(dict(_FAILED))
            await self({"type": "http.response.body", "body": b"Internal Server Error"})

    async def receive(self) -> Message:
        """The content that arrived, as an ASGI message; waits for it."""
        connection = self._connection
        if connection is None:  # the application has ended
            return {"type": "http.disconnect"}
        if self.waiting_for_100_continue and not connection.transport.is_closing():
            connection.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.waiting_for_100_continue = False
        if not self.disconnected and not self.response_complete:
            if connection.flow.read_paused:
                connection.flow.resume_reading()
            if not self._has_news:
                await self._wait()
            self._has_news = False
        if self.disconnected or self.response_complete:
            return {"type": "http.disconnect"}
        body, self.body = self.body, b""
        return {"type": "http.request", "body": bytes(body), "more_body": self.more_body}

    async def _wait(self) -> None:
        if self._arrival is None:
            self._arrival = asyncio.Event()
        self._arrival.clear()
        await self._arrival.wait()

    async def whole(self, status: int, headers: RawHeaders, body: bytes) -> None:
        """Send a whole answer; see `send_whole`."""
        connection = self._connection
        if connection is None or connection.flow.write_paused or self.response_started:
            await self({"type": "http.response.start", "status": status, "headers": headers})
            await self({"type": "http.response.body", "body": body})
        elif not self.disconnected:
            self._begin(status, headers)
            self._send_body(body, more=False)

    async def __call__(self, message: Message) -> None:
        """Send the head of the answer, or a piece of its body, given as an ASGI message.

        Raises:
            RuntimeError: the message is not the one that must follow, or HTTP cannot carry it.
        """
        if self._connection is not None and not self.disconnected:
            flow: FlowControl = self._connection.flow
            if flow.write_paused:
                await flow.drain()
        if self.disconnected:
            return
        if self.response_complete:
            raise RuntimeError(f"The answer is complete, but {message['type']!r} was sent.")
        if not self.response_started:
            if message["type"] != "http.response.start":
                raise RuntimeError(f"An answer starts with 'http.response.start', not {message['type']!r}.")
            self._begin(message["status"], message.get("headers", ()))
        elif message["type"] == "http.response.body":
            self._send_body(message.get("body", b""), message.get("more_body", False))
        else:
            raise RuntimeError(
                f"After its start, an answer has 'http.response.body', not {message['type']!r}."
            )

    def _begin(self, status: int, headers: RawHeaders) -> None:
        head = [_STATUS_LINES[status]]
        length = None
        is_closing = self._is_chunked = False
        default_headers: RawHeaders = self._connection.server_state.default_headers
        head += [_lines.get(field) or _line(field) for field in default_headers]
        for field in headers:
            head.append(_lines.get(field) or _line(field))
            name = field[0]
            if name == b"content-length":
                length = int(field[1])
            elif name == b"connection":
                is_closing = b"close" in {token.strip() for token in field[1].lower().split(b",")}
            elif name == b"transfer-encoding":
                self._is_chunked = field[1].lower() == b"chunked"
        if is_closing:
            self.keep_alive = False
        elif not self.keep_alive:
            head.append(b"connection: close\r\n")
        if length is not None:
            self._is_chunked = False
            self._expected = length
        elif not self._is_chunked and self._scope["method"] != "HEAD" and status not in {204, 304}:
            self._is_chunked = True
            head.append(b"transfer-encoding: chunked\r\n")
        head.append(b"\r\n")
        self._head = head
        self.response_started = True
        self.waiting_for_100_continue = False

    def write_head(self) -> None:
        """Write the head of the answer, if it is not written yet."""
        if self._head is not None:
            self._connection.transport.write(b"".join(self._head))
            self._head = None

    def _send_body(self, body: bytes, more: bool) -> None:
        if self._scope["method"] == "HEAD":
            self._expected = 0
            body = b""
        elif self._is_chunked:
            body = b"%x\r\n%s\r\n" % (len(body), body) if body else b""
            body = body if more else body + b"0\r\n\r\n"
        else:
            self._expected -= len(body)
            if self._expected < 0:
                raise RuntimeError("The body is longer than the answer's Content-Length.")
        if not more and self._expected:
            raise RuntimeError("The body is shorter than the answer's Content-Length.")
        connection = self._connection
        if self._head is not None:
            self._head.append(body)
            self.write_head()
        elif body:
            connection.transport.write(body)
        if more:
            return
        self.response_complete = True
        self.set()
        if not self.keep_alive:
            connection.transport.close()
        connection.on_response_complete()


_ENDED = object()


def _first_wait(coroutine: Any) -> Any:
    """Run an application until it waits, and return what for; most end without that."""
    try:
        return coroutine.send(None)
    except StopIteration:
        return _ENDED


class _Rest:
    """The rest of an application that waits; whenever it does, the head of its answer is written."""

    __slots__ = ("_awaited", "_coroutine", "_cycle")

    def __init__(self, cycle: RequestCycle, coroutine: Any, awaited: Any) -> None:
        """`awaited` is what the application waits for now."""
        self._cycle = cycle
        self._coroutine = coroutine
        self._awaited = awaited

    def __await__(self) -> Generator[Any, Any, None]:
        coroutine, awaited = self._coroutine, self._awaited
        try:
            while True:
                self._cycle.write_head()
                try:
                    result = yield awaited
                except BaseException as error:  # noqa: BLE001  the application handles it
                    awaited = coroutine.throw(error)
                else:
                    awaited = coroutine.send(result)
        except StopIteration:
            return
