"""One connection to a Redis server, shared by all requests of a process: commands are pipelined.

redis-py connects: it reads the URL, and handles TLS, sockets and passwords. Replies are then read by our
own protocol with hiredis, because redis-py awaits each command separately.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import hiredis
from redis.asyncio.connection import Connection, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from mockserver.errors import ConfigurationError, StoreUnavailableError
from mockserver.state.storages.redis_scripts import Script

ANSWER_SECONDS = 0.6
"""Timeout for a reply or a connection."""
_LOOK_SECONDS = 0.1
_PAUSE_SECONDS = 0.1
_NO_REPLY = object()

Word = bytes | str | int
Reply = Any
Greet = Callable[["RedisReplies"], Awaitable[None]]
"""Initialises a new connection: loads the scripts and identifies the server."""


class RedisReplies(asyncio.Protocol):
    """The protocol of a connection: matches replies to commands in their order."""

    def __init__(self, connection: Any) -> None:
        """Take over an open connection of redis-py."""
        self._writer = connection._writer  # it closes the transport when it is garbage-collected
        self._transport: Any = self._writer.transport
        connection._reader = connection._writer = None
        self.loop = asyncio.get_running_loop()
        self._reader = hiredis.Reader(notEnoughData=_NO_REPLY)
        self._unsent: list[bytes] = []
        #: The futures that wait for a reply, and since when.
        self._waiting: deque[tuple[asyncio.Future[Reply], float]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._is_late = False
        self.is_open = True
        self._transport.set_protocol(self)

    def send(self, words: tuple[Word, ...]) -> asyncio.Future[Reply]:
        """Send a command, batched with others of this turn of the event loop; the future gets its reply."""
        reply: asyncio.Future[Reply] = self.loop.create_future()
        if not self._unsent:
            self.loop.call_soon(self._flush)
        self._unsent.append(hiredis.pack_command(words))  # type: ignore[arg-type]  # its stub knows one word
        self._waiting.append((reply, self.loop.time()))
        if self._timer is None:
            self._timer = self.loop.call_later(_LOOK_SECONDS, self._look)
        return reply

    def _flush(self) -> None:
        unsent, self._unsent = self._unsent, []
        if self.is_open:
            self._transport.write(b"".join(unsent))

    def data_received(self, data: bytes) -> None:
        """Set the replies on the waiting futures."""
        self._is_late = False
        self._reader.feed(data)
        while (reply := self._reader.gets()) is not _NO_REPLY:
            future, _ = self._waiting.popleft()
            if future.done():
                continue
            if isinstance(reply, hiredis.ReplyError):
                future.set_exception(reply)
            else:
                future.set_result(reply)

    def _look(self) -> None:
        """Close a connection whose reply is late at two checks; once may be a delay of this process."""
        self._timer = None
        if not self._waiting:
            return
        if self.loop.time() - self._waiting[0][1] < ANSWER_SECONDS:
            self._is_late = False
        elif self._is_late:
            self.connection_lost(None)
            self._transport.abort()
            return
        else:
            self._is_late = True
        self._timer = self.loop.call_later(_LOOK_SECONDS / 2 if self._is_late else _LOOK_SECONDS, self._look)

    def connection_lost(self, error: Exception | None) -> None:
        """Fail the futures that wait for a reply."""
        self.is_open = False
        if self._timer is not None:
            self._timer.cancel()
        waiting, self._waiting = self._waiting, deque()
        for future, _ in waiting:
            if not future.done():
                future.set_exception(ConnectionError(str(error) if error else "it did not answer in time"))

    def close(self) -> None:
        """Close the connection."""
        self.is_open = False
        if self._timer is not None:
            self._timer.cancel()
        with contextlib.suppress(RuntimeError):  # its event loop may be closed
            self._transport.close()


class RedisConnection:
    """A connection that is opened on demand, and reopened after it was lost.

    While the server cannot be reached, calls fail at once, and a task retries the connection.
    """

    def __init__(self, url: str, greet: Greet) -> None:
        """Prepare a connection to a URL; `greet` is awaited with each new connection.

        Raises:
            ConfigurationError: the URL is invalid.
        """
        self.shown = _shown(url)
        try:
            self._options: dict[str, Any] = dict(parse_url(url))
            self._make = self._options.pop("connection_class", Connection)
            self._new()
        except (ValueError, TypeError) as error:
            raise ConfigurationError(f"--store {self.shown} cannot be read: {error}") from None
        self._greet = greet
        self._replies: RedisReplies | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._attempted: asyncio.Event = asyncio.Event()
        #: Why there is no connection; None before the first attempt has ended.
        self._failure: str | None = None

    def _new(self) -> Any:
        return self._make(
            **{"socket_connect_timeout": ANSWER_SECONDS, **self._options},
            protocol=2,
            retry=Retry(NoBackoff(), 0),
        )

    @property
    def is_open(self) -> bool:
        """Whether the connection is open."""
        replies = self._replies
        return replies is not None and replies.is_open and replies.loop is asyncio.get_running_loop()

    async def connect(self) -> None:
        """Open the connection, if it is not open.

        Raises:
            StoreUnavailableError: the server cannot be reached.
        """
        await self._connected()

    async def run(self, script: Script, *words: Word) -> Reply:
        """Run a script on the server.

        Raises:
            StoreUnavailableError: the server cannot be reached, does not answer in time, or refuses.
        """
        try:
            replies = self._replies
            if replies is None or not replies.is_open or replies.loop is not asyncio.get_running_loop():
                replies = await self._connected()
            try:
                return await replies.send(("EVALSHA", script.digest, "0", *words))
            except hiredis.ReplyError as error:
                if not str(error).startswith("NOSCRIPT"):
                    raise
                return await replies.send(("EVAL", script.text, "0", *words))
        except (ConnectionError, hiredis.HiredisError) as error:
            raise self.unavailable(str(error)) from None

    async def _connected(self) -> RedisReplies:
        loop = asyncio.get_running_loop()
        if self._connecting is None or self._connecting.get_loop() is not loop or self._connecting.done():
            self._failure = None
            self._attempted = asyncio.Event()
            self._connecting = loop.create_task(self._connect())
        if self._failure is None:
            await self._attempted.wait()
        replies = self._replies
        if self._failure is not None or replies is None:
            raise self.unavailable(self._failure or "it was closed")
        return replies

    async def _connect(self) -> None:
        """Retry until the connection is open."""
        while True:
            try:
                replies = await self._attempt()
            except (RedisError, hiredis.HiredisError, OSError, TimeoutError) as error:
                self._failure = str(error) or "it did not answer in time"
                self._attempted.set()
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                self._replies, self._failure = replies, None
                self._attempted.set()
                return

    async def _attempt(self) -> RedisReplies:
        connection = self._new()
        async with asyncio.timeout(ANSWER_SECONDS):
            try:
                await connection.connect()
            except BaseException:
                await connection.disconnect(nowait=True)
                raise
        replies = RedisReplies(connection)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._greet(replies)
        except BaseException:
            replies.close()
            raise
        return replies

    def unavailable(self, reason: str) -> StoreUnavailableError:
        """Return the error for a server that failed or cannot be reached."""
        return StoreUnavailableError(f"The store {self.shown} cannot be used: {reason.rstrip('.')}.")

    async def close(self) -> None:
        """Close the connection; it is reopened on demand."""
        if self._connecting is not None and self._connecting.get_loop() is asyncio.get_running_loop():
            self._connecting.cancel()
        self._connecting = None
        if self._replies is not None:
            self._replies.close()
            self._replies = None


def _shown(url: str) -> str:
    """A URL without its password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
