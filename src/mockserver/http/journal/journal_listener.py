"""Listen to the journal: what came since somebody last asked, and how much of it was dropped meanwhile."""

import asyncio
from collections.abc import Callable

from mockserver.errors import StoreUnavailableError
from mockserver.http.exchange import Exchange
from mockserver.state.storage import SessionStorage
from mockserver.state.storages.events import EventKind, Events

_PAUSE = 1.0
"""So long nothing is asked of a storage that did not answer."""


class Listener:
    """Somebody who watches; one who is too slow misses requests, and is told how many."""

    def __init__(
        self, storage: SessionStorage, kind: EventKind, begun: Events, leave: Callable[["Listener"], None]
    ) -> None:
        self._storage = storage
        self._kind = kind
        self._leave = leave
        self._last = begun.total
        self._forgettings = begun.forgettings
        self._end = asyncio.Event()
        #: How many requests were left out because they were dropped before they were asked for.
        self.missed = 0
        #: Whether requests were forgotten since it was last asked, some or all.
        self.forgotten = False

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self._end.is_set()

    async def next(self, seconds: float) -> list[tuple[int, Exchange]]:
        """Wait for requests; an empty list when none came in that time, or none will."""
        if not self.ended:
            await self._wait(seconds)
        try:
            events = await self._storage.events(self._kind, self._last)
        except StoreUnavailableError:
            await asyncio.sleep(_PAUSE)
            return []
        if events.forgettings != self._forgettings:
            self._forgettings, self.forgotten = events.forgettings, True
            if events.total < self._last:
                self._last = 0
                events = await self._storage.events(self._kind, 0)
        self.missed += max(0, events.lost - self._last)
        self._last = events.total
        return [(exchange.number, exchange) for exchange in events.entries]

    async def _wait(self, seconds: float) -> None:
        news = asyncio.ensure_future(self._storage.wait(self._kind, self._last, self._forgettings, seconds))
        end = asyncio.ensure_future(self._end.wait())
        try:
            await asyncio.wait({news, end}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (news, end):
                task.cancel()

    def end(self) -> None:
        """Let the one who waits go."""
        self._end.set()

    def close(self) -> None:
        """Listen no more."""
        self._leave(self)
