"""What one connection writes for what an application sends: the bytes, and in how many pieces."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from mockserver.config import Settings
from mockserver.http.exchange import Message, Receive, Scope, Send
from mockserver.http.server.connection_limits import ConnectionLimits
from mockserver.http.server.http_protocol import protocol

App = Callable[[Scope, Receive, Send], Awaitable[None]]
REQUEST = b"GET /a%20b?c=d HTTP/1.1\r\nHost: x\r\n\r\n"


class _Pipe(asyncio.Transport):
    """A connection that keeps what is written, a list of pieces."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 1) if name in {"sockname", "peername"} else default

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def pause_reading(self) -> None:
        """Nothing more arrives in any case."""

    def resume_reading(self) -> None:
        """See `pause_reading`."""

    def get_write_buffer_size(self) -> int:
        return 0


async def _served(app: App, *requests: bytes) -> _Pipe:
    """Send requests on one connection; wait until the application has ended for each of them."""
    config = uvicorn.Config(app, lifespan="off", proxy_headers=False, log_config=None)
    config.load()
    state = ServerState()
    connection: Any = protocol(ConnectionLimits.of(Settings()))(config, state, {})
    pipe = _Pipe()
    connection.connection_made(pipe)
    for request in requests:
        connection.data_received(request)
    while state.tasks:
        await asyncio.wait([*state.tasks])
        await asyncio.sleep(0)
    connection.connection_lost(None)
    return pipe


def _served_by(app: App, *requests: bytes) -> _Pipe:
    return asyncio.run(_served(app, *(requests or (REQUEST,))))


def _start(status: int = 200, *fields: tuple[bytes, bytes]) -> Message:
    return {"type": "http.response.start", "status": status, "headers": [*fields]}


def _body(content: bytes, *, more: bool = False) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": more}


def test_head_and_body_are_one_piece() -> None:
    """An answer whose body follows at once is written with one call, so it costs one system call."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await send(_start(200, (b"Content-Length", b"2"), (b"content-length", b"2")))
        await send(_body(b"{}"))

    (piece,) = _served_by(app).written
    assert piece == b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\n{}"


def test_the_head_does_not_wait_for_a_late_body() -> None:
    """When the application waits after the head, the client gets the head before the body."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await send(_start())
        for _ in range(3):  # what is written leaves at the end of a turn of the event loop
            await asyncio.sleep(0)
        await send(_body(b"late", more=True))
        await send(_body(b""))

    head, body = _served_by(app).written
    assert head == b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    assert body == b"4\r\nlate\r\n0\r\n\r\n"


def test_the_target_is_split_as_received() -> None:
    """The path is decoded, the raw path and the query are kept; a fragment is removed."""
    seen: list[tuple[str, bytes, bytes]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        seen.append((scope["path"], scope["raw_path"], scope["query_string"]))
        await send(_start(204))
        await send(_body(b""))

    absolute = b"GET http://y/e?f#g HTTP/1.1\r\nHost: x\r\n\r\n"
    _served_by(app, REQUEST, b"GET /a#b?c HTTP/1.1\r\nHost: x\r\n\r\n", absolute)
    assert seen == [("/a b", b"/a%20b", b"c=d"), ("/a", b"/a", b""), ("/e", b"http://y/e", b"f")]


@pytest.mark.parametrize(
    "field",
    [(b"a b", b"c"), (b"a", b"b\r\nc: d"), (b"", b"c"), (b"a", b"b\x00")],
    ids=["name", "value", "nothing", "null"],
)
def test_fields_that_http_cannot_carry_are_never_written(field: tuple[bytes, bytes]) -> None:
    """A header field that would split the answer makes it a 500; it is not cached as a valid one."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await send(_start(200, field))
        await send(_body(b""))

    for _ in range(2):
        pipe = _served_by(app)
        assert b"".join(pipe.written).startswith(b"HTTP/1.1 500 ")
        assert pipe.closed


@pytest.mark.parametrize(
    ("content", "more"),
    [(b"", False), (b"abc", False), (b"abc", True)],
    ids=["short", "long", "long before its end"],
)
def test_a_body_of_another_length_is_never_written(content: bytes, more: bool) -> None:
    """A body that is not as long as announced would spoil the next answer: this one is a 500."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await send(_start(200, (b"content-length", b"2")))
        await send(_body(content, more=more))

    pipe = _served_by(app)
    assert pipe.closed
    assert b"".join(pipe.written).startswith(b"HTTP/1.1 500 ")


def test_a_body_is_received_once_and_then_the_end() -> None:
    """The content comes in one message; the next one says that the answer is complete."""
    received: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del scope
        received.append(await receive())
        await send(_start(204))
        await send(_body(b""))
        received.append(await receive())

    _served_by(app, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n", b"body")
    first, last = received
    assert first == {"type": "http.request", "body": b"body", "more_body": False}
    assert last == {"type": "http.disconnect"}


def test_an_application_that_sends_nothing_is_answered_500() -> None:
    """A client gets an answer in any case."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive, send

    pipe = _served_by(app)
    assert b"".join(pipe.written).startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
