"""Send bytes to the server over a socket, and read what comes back as strictly as HTTP is written."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5]\d\d) [^\r\n]*\Z")
_START = b"HTTP/1."
_READ = 65_536
_MOMENT = 2.0


class WireError(Exception):
    """The server broke a connection that it was to answer on, or sent what is no HTTP."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One final answer (no 1xx)."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; None when it is something else."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the bytes that were sent on one connection.

    Attributes:
        is_closed: whether the server closed the connection.
        rest: what came and is no complete answer.
        seconds: from the first byte sent to the last event.
    """

    replies: tuple[Reply, ...]
    is_closed: bool
    rest: bytes
    seconds: float


def parse(data: bytes, *, is_head: bool = False, is_closed: bool = False) -> tuple[list[Reply], bytes]:
    """Split what a server sent into its answers, and what is left over.

    Raises:
        WireError: it is no HTTP.
    """
    replies: list[Reply] = []
    while data:
        if not data.startswith(_START[: len(data)]):
            raise WireError(f"the server sent what is no HTTP: {data[:80]!r}")
        head, end, rest = data.partition(b"\r\n\r\n")
        if not end:
            break
        status, headers = _head(head)
        if status < 200:
            data = rest
            continue
        body = _body(status, headers, rest, is_head=is_head, is_closed=is_closed)
        if body is None:
            break
        content, data = body
        replies.append(Reply(status, headers, content))
    return replies, data


def _head(head: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = head.split(b"\r\n")
    found = _STATUS_LINE.match(first)
    if found is None:
        raise WireError(f"the server sent the status line {first[:80]!r}")
    headers = {}
    for line in lines:
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or not name or name != name.strip() or "\n" in line.decode("latin-1"):
            raise WireError(f"the server sent the header line {line[:80]!r}")
        headers[name.lower()] = value.strip()
    return int(found[1]), headers


def _body(
    status: int, headers: Mapping[str, str], rest: bytes, *, is_head: bool, is_closed: bool
) -> tuple[bytes, bytes] | None:
    """The body and what follows it; None while it is incomplete."""
    if is_head or status in {204, 304}:
        return b"", rest
    if headers.get("transfer-encoding") == "chunked":
        return _chunks(rest)
    if "content-length" not in headers:
        return (rest, b"") if is_closed else None
    length = int(headers["content-length"])
    return (rest[:length], rest[length:]) if len(rest) >= length else None


def _chunks(rest: bytes) -> tuple[bytes, bytes] | None:
    content = b""
    while True:
        size, end, after = rest.partition(b"\r\n")
        if not end:
            return None
        length = int(size, 16)
        if len(after) < length + 2:
            return None
        content, rest = content + after[:length], after[length + 2 :]
        if length == 0:
            return content, rest


def _announced(data: bytes | bytearray) -> int:
    """How many bytes the first answer has, by its Content-Length; 0 when that is not known."""
    head, end, _ = data.partition(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE) if end else None
    return len(head) + len(end) + int(length[1]) if length else 0


async def listen(port: int, target: str) -> str:
    """Read an event stream for as long as the server sends it; what comes is not kept.

    Returns:
        How it ended.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        first = await reader.read(_READ)
        if not first.startswith(b"HTTP/1.1 200 "):
            return repr(first[:300])
        while await reader.read(_READ):
            pass
    except OSError as error:
        return repr(error)
    finally:
        writer.transport.abort()
    return "the server closed it"


async def exchange(
    port: int,
    pieces: Sequence[bytes],
    *,
    pause: float = 0,
    ends: bool = True,
    wanted: int = 1,
    seconds: float = 30,
) -> Outcome:
    """Send pieces on a connection of its own and read until the answers are there or the server closes.

    Args:
        port: where the server listens, on 127.0.0.1.
        pieces: what is written, one after the other.
        pause: seconds between the pieces.
        ends: whether our half of the connection is closed when nothing has come for a moment.
        wanted: how many answers are waited for.
        seconds: how long the server may take, counted from the last piece.

    Raises:
        WireError: what the server sent is no HTTP.
        OSError: it cannot be reached.
    """
    begun = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sending = asyncio.create_task(_send(writer, pieces, pause, ends=ends))
    data, is_closed, is_head = bytearray(), False, pieces[0].startswith(b"HEAD")
    try:
        async with asyncio.timeout(seconds + pause * len(pieces)):
            while not is_closed:
                try:
                    part = await reader.read(_READ)
                except ConnectionError:
                    part = b""
                data += part
                is_closed = not part
                if len(parse(bytes(data), is_head=is_head)[0]) >= wanted:
                    break
    except TimeoutError:
        pass
    finally:
        sending.cancel()
        writer.transport.abort()
    replies, rest = parse(bytes(data), is_head=is_head, is_closed=is_closed)
    return Outcome(tuple(replies), is_closed, rest, time.monotonic() - begun)


async def _send(writer: asyncio.StreamWriter, pieces: Sequence[bytes], pause: float, *, ends: bool) -> None:
    try:
        for number, piece in enumerate(pieces):
            if number:
                await asyncio.sleep(pause)
            writer.write(piece)
            await writer.drain()
        if ends:
            # A server may drop an answer that is under way when the client closes: it gets a moment first.
            await asyncio.sleep(_MOMENT)
            writer.write_eof()
    except OSError:
        return  # the server may close whenever it has seen enough


class Client:
    """A connection that is kept, for one request after another."""

    def __init__(self, port: int, seconds: float = 60) -> None:
        self._port = port
        self._seconds = seconds
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Send a request and read its answer.

        Raises:
            WireError: there is none, in time or at all.
        """
        fields = {"Host": f"127.0.0.1:{self._port}", **(headers or {}), "Content-Length": str(len(body))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        message = f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode() + body
        try:
            async with asyncio.timeout(self._seconds):
                return await self._exchange(message)
        except TimeoutError:
            self.close()
            raise WireError(f"no answer within {self._seconds:g} s to {message[:200]!r}") from None
        except OSError as error:
            self.close()
            raise WireError(f"{type(error).__name__} at {message[:200]!r}") from None

    async def _exchange(self, message: bytes) -> Reply:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        if self._streams[0].at_eof():  # the server has closed the idle connection, as it may
            self.close()
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(message)
        data, awaited = bytearray(), 0
        while True:
            part = await reader.read(_READ)
            data += part
            if part and len(data) < awaited:
                continue
            awaited = awaited or _announced(data)
            replies, rest = parse(bytes(data), is_closed=not part)
            if replies:
                if rest or len(replies) > 1:
                    raise WireError(f"more than one answer to {message[:200]!r}: {data[:400]!r}")
                if not part or replies[0].headers.get("connection") == "close":
                    self.close()
                return replies[0]
            if not part:
                raise ConnectionResetError(f"closed after {data[:80]!r}")

    def close(self) -> None:
        """Let the connection go."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None
