"""Events in a shared storage: writing them in batches, and waiting for them by polling."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from mockserver.errors import StoreUnavailableError
from mockserver.state.storages.events import LATEST, EventKind, Events

_POLL_SECONDS = 0.1
"""Interval at which the storage is polled for events of other processes."""
Unwritten = tuple[EventKind, Any, int]
"""An event with the size of its droppable part."""


class EventBatches:
    """Queue of events that are written together."""

    def __init__(
        self, write: Callable[[EventKind, list[tuple[Any, int]]], Awaitable[None]], seconds: float
    ) -> None:
        """Create a queue.

        Args:
            write: writes events of a kind, and assigns their numbers.
            seconds: minimum interval between batches under load; a single event is written at once.
                at once.
        """
        self._write = write
        self._seconds = seconds
        self._unwritten: list[Unwritten] = []
        self._writing: asyncio.Task[None] | None = None
        self._last = 0.0

    async def add(self, kind: EventKind, event: Any, size: int) -> None:
        """Queue an event, and wait until it is written."""
        self._unwritten.append((kind, event, size))
        writing, loop = self._writing, asyncio.get_running_loop()
        if writing is None or writing.done() or writing.get_loop() is not loop:
            writing = self._writing = loop.create_task(self._write_later(loop))
        await asyncio.shield(writing)

    async def _write_later(self, loop: asyncio.AbstractEventLoop) -> None:
        wait = self._last + self._seconds - loop.time()
        await asyncio.sleep(min(max(0.0, wait), self._seconds))
        self._last = loop.time()
        await self.write_now()

    async def write_now(self) -> None:
        """Write all queued events; events added meanwhile are written the next time."""
        self._writing = None
        unwritten, self._unwritten = self._unwritten, []
        kinds = {kind.name: kind for kind, _, _ in unwritten}
        for name, kind in kinds.items():
            await self._write(kind, [(event, size) for known, event, size in unwritten if known.name == name])


class EventWaiting:
    """The waiters of this process: woken at once by its own events, by polling for those of others."""

    def __init__(self, events: Callable[[EventKind, int], Awaitable[Events]]) -> None:
        """Create it; `events` reads events from the storage."""
        self._events = events
        self._waiting: set[asyncio.Event] = set()

    def wake(self) -> None:
        """Wake all waiters, so that they check again."""
        for waiting in self._waiting:
            waiting.set()

    async def wait(self, kind: EventKind, after: int, clearings: int, seconds: float) -> None:
        """See `SessionStorage.wait`."""
        news = asyncio.Event()
        self._waiting.add(news)
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        try:
            while not await self._is_news(kind, after, clearings) and (left := end - loop.time()) > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(news.wait(), min(left, _POLL_SECONDS))
                news.clear()
        finally:
            self._waiting.discard(news)

    async def _is_news(self, kind: EventKind, after: int, clearings: int) -> bool:
        try:
            found = await self._events(kind, LATEST)
        except StoreUnavailableError:
            return False
        return found.total > after or found.clearings != clearings
