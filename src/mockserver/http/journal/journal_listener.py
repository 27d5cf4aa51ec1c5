"""Listen to the journal: new requests since the last read, and how many were dropped before that."""

import asyncio
from collections.abc import Callable

from mockserver.errors import StoreUnavailableError
from mockserver.http.exchange import Exchange
from mockserver.state.storage import SessionStorage
from mockserver.state.storages.events import EventKind, Events

_PAUSE = 1.0
"""Seconds to wait before reading again from a storage that did not respond."""


class Listener:
    """A subscriber to the journal; one that reads too slowly misses requests and gets their number."""

    def __init__(
        self, storage: SessionStorage, kind: EventKind, begun: Events, leave: Callable[["Listener"], None]
    ) -> None:
        self._storage = storage
        self._kind = kind
        self._leave = leave
        self._last = begun.total
        self._clearings = begun.clearings
        self._end = asyncio.Event()
        #: How many requests were dropped before this listener read them.
        self.missed = 0
        #: Whether requests were removed since the last read, some or all.
        self.forgotten = False

    @property
    def ended(self) -> bool:
        """Whether the listener was ended and will return nothing more."""
        return self._end.is_set()

    async def next(self, seconds: float) -> list[tuple[int, Exchange]]:
        """Wait for requests; an empty list after `seconds`, or when the listener has ended."""
        if not self.ended:
            await self._wait(seconds)
        try:
            events = await self._storage.events(self._kind, self._last)
        except StoreUnavailableError:
            await asyncio.sleep(_PAUSE)
            return []
        if events.clearings != self._clearings:
            self._clearings, self.forgotten = events.clearings, True
            if events.total < self._last:
                self._last = 0
                events = await self._storage.events(self._kind, 0)
        self.missed += max(0, events.lost - self._last)
        self._last = events.total
        return [(exchange.number, exchange) for exchange in events.entries]

    async def _wait(self, seconds: float) -> None:
        news = asyncio.ensure_future(self._storage.wait(self._kind, self._last, self._clearings, seconds))
        end = asyncio.ensure_future(self._end.wait())
        try:
            await asyncio.wait({news, end}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (news, end):
                task.cancel()

    def end(self) -> None:
        """End the listener and wake up its reader."""
        self._end.set()

    def close(self) -> None:
        """Unsubscribe."""
        self._leave(self)
