"""One connection to a Redis server for all requests of a process: what they ask at one time is sent at once.

redis-py connects: it reads the URL, and knows TLS, sockets and passwords. The replies are then read by a
protocol of ours with hiredis, because redis-py awaits each command by itself.
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
"""A reply or a connection is waited for so long."""
_LOOK_SECONDS = 0.1
_PAUSE_SECONDS = 0.1
_NO_REPLY = object()

Word = bytes | str | int
Reply = Any
Greet = Callable[["RedisReplies"], Awaitable[None]]
"""Asks what has to be known of a server when a connection to it has been made."""


class RedisReplies(asyncio.Protocol):
    """The replies of a connection, in the order of the commands."""

    def __init__(self, connection: Any) -> None:
        """Take over a connection of redis-py that has been made."""
        self._writer = connection._writer  # it closes the transport when it is forgotten
        self._transport: Any = self._writer.transport
        connection._reader = connection._writer = None
        self.loop = asyncio.get_running_loop()
        self._reader = hiredis.Reader(notEnoughData=_NO_REPLY)
        self._unsent: list[bytes] = []
        #: Who waits for a reply, and since when.
        self._waiting: deque[tuple[asyncio.Future[Reply], float]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._is_late = False
        self.is_open = True
        self._transport.set_protocol(self)

    def send(self, words: tuple[Word, ...]) -> asyncio.Future[Reply]:
        """Send a command, with others of this turn of the event loop; the future gets its reply."""
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
        """Give replies to those who wait."""
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
        """End a connection that does not answer in time; one late look may be this process's own fault."""
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
        """Tell those who wait that there will be no reply."""
        self.is_open = False
        if self._timer is not None:
            self._timer.cancel()
        waiting, self._waiting = self._waiting, deque()
        for future, _ in waiting:
            if not future.done():
                future.set_exception(ConnectionError(str(error) if error else "it did not answer in time"))

    def close(self) -> None:
        """End the connection."""
        self.is_open = False
        if self._timer is not None:
            self._timer.cancel()
        with contextlib.suppress(RuntimeError):  # its event loop may be closed
            self._transport.close()


class RedisConnection:
    """Connects when it is needed, and anew when the connection is lost.

    While the server cannot be reached, calls fail at once, and a task tries to connect again and again.
    """

    def __init__(self, url: str, greet: Greet) -> None:
        """Connect to a URL; `greet` is awaited with each new connection.

        Raises:
            ConfigurationError: the URL cannot be read.
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
        """Whether there is a connection."""
        replies = self._replies
        return replies is not None and replies.is_open and replies.loop is asyncio.get_running_loop()

    async def connect(self) -> None:
        """Have a connection.

        Raises:
            StoreUnavailableError: the server cannot be reached.
        """
        await self._connected()

    async def run(self, script: Script, *words: Word) -> Reply:
        """Have the server run a script.

        Raises:
            StoreUnavailableError: it cannot be reached, does not answer in time, or refuses.
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
        """Try until there is a connection."""
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
        """Say that the server does not do what it is asked."""
        return StoreUnavailableError(f"The store {self.shown} cannot be used: {reason.rstrip('.')}.")

    async def close(self) -> None:
        """End the connection; it is made anew when it is needed."""
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
