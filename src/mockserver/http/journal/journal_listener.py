"""Listen to the journal: a bounded queue between the requests and somebody who watches them."""

import asyncio
from collections import deque
from collections.abc import Callable

from mockserver.http.exchange import Exchange

_WAITING = 1_000


class Listener:
    """Somebody who watches; one who is too slow misses requests, and is told how many."""

    def __init__(self, leave: Callable[["Listener"], None]) -> None:
        self._leave = leave
        self._queue: deque[tuple[int, Exchange]] = deque()
        self._news = asyncio.Event()
        #: How many requests were left out because too many were waiting.
        self.missed = 0
        #: Whether requests were forgotten since it was last asked, some or all.
        self.forgotten = False
        #: Whether nothing more will come.
        self.ended = False

    def tell(self, number: int, exchange: Exchange) -> None:
        """Say that a request was answered."""
        if len(self._queue) >= _WAITING:
            self.missed += 1
            return
        self._queue.append((number, exchange))
        self._news.set()

    def forget(self) -> None:
        """Say that requests were forgotten."""
        self.forgotten = True
        self._news.set()

    async def next(self, seconds: float) -> list[tuple[int, Exchange]]:
        """Wait for requests; an empty list when none came in that time, or none will."""
        if not self._queue and not self.ended and not self.forgotten:
            try:
                await asyncio.wait_for(self._news.wait(), seconds)
            except TimeoutError:
                return []
        self._news.clear()
        waiting = list(self._queue)
        self._queue.clear()
        return waiting

    def end(self) -> None:
        """Let the one who waits go."""
        self.ended = True
        self._news.set()

    def close(self) -> None:
        """Listen no more."""
        self._leave(self)
