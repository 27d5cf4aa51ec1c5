"""What happened, for everybody who watches: bounded logs of events, and counts that outlive them."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

CountName = tuple[str, ...]
"""What is counted; the session comes first."""

LATEST = 2**62
"""No event has so high a number: who asks for those after it is told the totals alone."""


class Event(Protocol):
    """Something that happened in a session."""

    session: str
    number: int
    """Which event of its kind it is, counted from one; the storage says so."""


def _number(event: Any) -> int:
    number: int = event.number
    return number


def _whole(event: Any) -> None:
    """Leave an event that has no part to drop as it is."""


@dataclass(frozen=True, slots=True)
class EventKind:
    """A kind of events.

    Attributes:
        name: what a storage knows it by.
        limit: how many events are kept, the latest.
        write: makes a JSON value of an event.
        read: makes an event of the JSON value.
        bytes: how many bytes the droppable parts of all events may have.
        shrink: drops the droppable part of an event.
        droppable: the properties of the JSON value that `shrink` makes empty text.
    """

    name: str
    limit: int
    write: Callable[[Any], Any]
    read: Callable[[Any], Any]
    bytes: int = 0
    shrink: Callable[[Any], None] = _whole
    droppable: tuple[str, ...] = ()

    def parts(self, event: Any) -> tuple[Any, Any]:
        """The JSON value of an event without its droppable part, and that part; None for none."""
        value = self.write(event)
        if not self.droppable:
            return value, None
        large = {name: value[name] for name in self.droppable if value[name]}
        value.update(dict.fromkeys(large, ""))
        return value, large or None

    def event(self, number: int, value: Any, large: Any) -> Any:
        """The event of its parts."""
        event = self.read(value if large is None else {**value, **large})
        event.number = number
        return event


@dataclass(slots=True)
class Events:
    """Events of a kind, and what is known of the others.

    Attributes:
        entries: the events that were asked for, the oldest first.
        total: the number of the latest; numbers are never given again.
        removed: how many of them were forgotten on demand.
        dropped: how many of them were dropped because there were more than the limit.
        lost: the number of the latest that was dropped so.
        forgettings: how often somebody had events forgotten.
    """

    entries: list[Any]
    total: int = 0
    removed: int = 0
    dropped: int = 0
    lost: int = 0
    forgettings: int = 0


@dataclass(slots=True)
class Counts:
    """How often what happened, and how much was not counted because too much else was."""

    counts: Mapping[CountName, int]
    uncounted: int = 0


class EventLog:
    """The events of one kind, in this process's memory."""

    def __init__(self, kind: EventKind) -> None:
        self._kind = kind
        self._entries: deque[Any] = deque()
        #: The events that still have their droppable part, with its size, and how many bytes these are.
        self._large: deque[tuple[Any, int]] = deque()
        self._bytes = 0
        self._total = self._removed = self._dropped = self._lost = self._forgettings = 0
        self._waiting: set[asyncio.Event] = set()

    def append(self, event: Any, size: int) -> None:
        """Keep an event, whose droppable part has a size, and give it its number."""
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
        return Events(found[::-1], self._total, self._removed, self._dropped, self._lost, self._forgettings)

    def forget(self, session: str | None, numbers: Collection[int] | None = None) -> list[Any]:
        """Forget the events of a session, or with some numbers, or all; return them."""
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
        """Put forgotten events back in their places, each with the size of its droppable part."""
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
        self._forgettings += 1
        for waiting in self._waiting:
            waiting.set()

    async def wait(self, after: int, forgettings: int, seconds: float) -> None:
        """Wait for events after a number or for a forgetting; not longer than some seconds."""
        if self._total > after or self._forgettings != forgettings:
            return
        news = asyncio.Event()
        self._waiting.add(news)
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), seconds)
        finally:
            self._waiting.discard(news)
