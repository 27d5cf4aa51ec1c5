"""Bounded logs of events, for all who watch a session, and counters that outlive them."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

CountName = tuple[str, ...]
"""The name of a counter; its first part is the session."""

LATEST = 2**62
"""Higher than the number of any event: a request for the events after it returns only the totals."""


class Event(Protocol):
    """An event in a session."""

    session: str
    number: int
    """The number of the event within its kind, counted from one; assigned by the storage."""


def _number(event: Any) -> int:
    number: int = event.number
    return number


def _whole(event: Any) -> None:
    """Do nothing: the event has no droppable part."""


@dataclass(frozen=True, slots=True)
class EventKind:
    """A kind of events.

    Attributes:
        name: its name in the storage.
        limit: how many of the latest events are kept.
        write: converts an event to a JSON value.
        read: converts the JSON value to an event.
        bytes: the maximum size of the droppable parts of all events.
        shrink: drops the droppable part of an event.
        droppable: the properties of the JSON value that `shrink` replaces by an empty string.
    """

    name: str
    limit: int
    write: Callable[[Any], Any]
    read: Callable[[Any], Any]
    bytes: int = 0
    shrink: Callable[[Any], None] = _whole
    droppable: tuple[str, ...] = ()

    def parts(self, event: Any) -> tuple[Any, Any]:
        """Split an event into its JSON value without the droppable part, and that part, or None."""
        value = self.write(event)
        if not self.droppable:
            return value, None
        large = {name: value[name] for name in self.droppable if value[name]}
        value.update(dict.fromkeys(large, ""))
        return value, large or None

    def event(self, number: int, value: Any, large: Any) -> Any:
        """Build an event from its parts."""
        event = self.read(value if large is None else {**value, **large})
        event.number = number
        return event


@dataclass(slots=True)
class Events:
    """Some events of a kind, and the totals of all.

    Attributes:
        entries: the requested events, the oldest first.
        total: the number of the latest event; numbers are never reused.
        removed: how many events were deleted on request.
        dropped: how many events were evicted because of the limit.
        lost: the number of the latest evicted event.
        clearings: how many times events were deleted.
    """

    entries: list[Any]
    total: int = 0
    removed: int = 0
    dropped: int = 0
    lost: int = 0
    clearings: int = 0


@dataclass(slots=True)
class Counts:
    """Counters, and the total of the increments that were not counted because there were too many names."""

    counts: Mapping[CountName, int]
    uncounted: int = 0


class EventLog:
    """The events of one kind, in this process's memory."""

    def __init__(self, kind: EventKind) -> None:
        self._kind = kind
        self._entries: deque[Any] = deque()
        #: The events that still have their droppable part, with its size, and the sum of these sizes.
        self._large: deque[tuple[Any, int]] = deque()
        self._bytes = 0
        self._total = self._removed = self._dropped = self._lost = self._clearings = 0
        self._waiting: set[asyncio.Event] = set()

    def append(self, event: Any, size: int) -> None:
        """Store an event, whose droppable part has a size, and assign its number."""
        self._total = event.number = self._total + 1
        self._entries.append(event)
        if size:
            self._bytes += size
            self._large.append((event, size))
        if len(self._entries) > self._kind.limit:
            self._drop_oldest()
        while self._bytes > self._kind.bytes:
            large, size = self._large.popleft()
            self._bytes -= size
            self._kind.shrink(large)
        for waiting in self._waiting:
            waiting.set()

    def _drop_oldest(self) -> None:
        oldest = self._entries.popleft()
        self._dropped += 1
        self._lost = oldest.number
        if self._large and self._large[0][0] is oldest:
            self._bytes -= self._large.popleft()[1]

    def events(self, after: int) -> Events:
        """The events after a number."""
        found: list[Any] = []
        for event in reversed(self._entries):
            if event.number <= after:
                break
            found.append(event)
        return Events(found[::-1], self._total, self._removed, self._dropped, self._lost, self._clearings)

    def forget(self, session: str | None, numbers: Collection[int] | None = None) -> list[Any]:
        """Delete and return the events of a session, with some numbers, or all."""
        if session is None and numbers is None:
            gone = list(self._entries)
            self._removed, self._dropped, self._lost = self._total, 0, 0
        else:
            gone = [
                event
                for event in self._entries
                if session in {None, event.session} and (numbers is None or event.number in numbers)
            ]
            self._removed += len(gone)
        known = {id(event) for event in gone}
        self._entries = deque(event for event in self._entries if id(event) not in known)
        self._large = deque(entry for entry in self._large if id(entry[0]) not in known)
        self._changed()
        return gone

    def restore(self, events: Iterable[tuple[Any, int]]) -> None:
        """Restore deleted events in their places, each with the size of its droppable part."""
        known = {event.number for event in self._entries}
        back = [(event, size) for event, size in events if event.number not in known]
        self._removed -= len(back)
        self._entries = deque(sorted([*self._entries, *(event for event, _ in back)], key=_number))
        large = [*self._large, *(entry for entry in back if entry[1])]
        self._large = deque(sorted(large, key=lambda entry: _number(entry[0])))
        while len(self._entries) > self._kind.limit:
            self._drop_oldest()
        self._changed()

    def _changed(self) -> None:
        self._bytes = sum(size for _, size in self._large)
        self._clearings += 1
        for waiting in self._waiting:
            waiting.set()

    async def wait(self, after: int, clearings: int, seconds: float) -> None:
        """Wait for events after a number or for a deletion, for at most `seconds`."""
        if self._total > after or self._clearings != clearings:
            return
        news = asyncio.Event()
        self._waiting.add(news)
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), seconds)
        finally:
            self._waiting.discard(news)
