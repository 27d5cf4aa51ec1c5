"""Storage of sessions: the protocol that every storage implements, and the values that it exchanges.

A storage keeps each session as *fields*: a name of several parts, and a JSON value.

| field | value |
|---|---|
| `("record", API, COLLECTION, KEY)` | a record; null where the session deleted it |
| `("hidden", API, COLLECTION, KEY)` | the same, for one that is invalid under the current documents |
| `("number", API, COLLECTION)` | the latest number that was assigned to a record |
| `("count", NAME)` | a counter |
| `("conditions",)` | the clock, faults, forced answers and scenarios: see `session_fields` |
| `("snapshot", NAME)` | `[[API, COLLECTION, KEY, RECORD], …]` |
| `("undo", NUMBER)` | entries that a change replaced, as in a snapshot; without RECORD for the baseline's |

A storage never interprets values; a list of sessions returns the value of `conditions` unchanged.
"""

from collections.abc import Awaitable, Collection, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, TypeVar

from mockserver.state.baseline import DEFAULT_SESSION
from mockserver.state.clock import timestamp
from mockserver.state.storages.events import CountName, Counts, EventKind, Events

Result = TypeVar("Result")

Field = tuple[str, ...]
"""The name of a field, its kind first."""

NO_SESSION = 0
"""The version of a session that is not stored: it equals the baseline."""

RECORDING_SESSION = "recording"
"""The session that holds a proxy's recordings."""

LASTING = frozenset({DEFAULT_SESSION, RECORDING_SESSION})
"""Sessions that are never evicted; only a request that names them drops them."""

DROPPED = 20_000
"""Maximum number of dropped sessions that are remembered."""

DropReason = Literal["idle", "count", "size", "request"]

_REASONS: Mapping[DropReason, str] = {
    "idle": "no request used it for longer than session_seconds",
    "count": "there were more sessions than session_limit",
    "size": "all sessions together held more than sessions_bytes",
    "request": "the admin API was asked to drop idle sessions",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a storage; beyond them the least recently used sessions are evicted.

    Attributes:
        sessions: the maximum number of sessions.
        idle: how long a session is kept without a request, by the system clock.
        bytes: the maximum size of all sessions together.
        counts: the maximum number of counter names.
    """

    sessions: int = 20_000
    idle: timedelta = timedelta(days=1)
    bytes: int = 512 * 1024 * 1024
    counts: int = 100_000


@dataclass(frozen=True, slots=True)
class Dropped:
    """A session that the storage dropped: when, and why."""

    session: str
    reason: DropReason
    at: datetime

    def __str__(self) -> str:
        reason = _REASONS[self.reason]
        return f"The session {self.session} was dropped at {timestamp(self.at)}, with its changes: {reason}."


@dataclass(slots=True)
class Delta:
    """The changes of a session by one unit of work.

    Attributes:
        removed: fields to remove before others are set: one that is set again moves to the end.
        fields: fields to set, in this order.
        size: the size of the session in bytes afterwards, by its own count.
        changes: how many records differ from the baseline afterwards.
        drop: whether to delete the whole session.
    """

    removed: list[Field] = field(default_factory=list)
    fields: dict[Field, Any] = field(default_factory=dict)
    size: int = 0
    changes: int = 0
    drop: bool = False

    def followed_by(self, later: "Delta") -> "Delta":
        """Combine two deltas, applied one after the other; neither may drop the session."""
        fields = dict(self.fields)
        for name in later.removed:
            fields.pop(name, None)
        removed = list(dict.fromkeys([*self.removed, *later.removed]))
        return Delta(removed, fields | later.fields, later.size, later.changes)


@dataclass(slots=True)
class Loaded:
    """A session, or its changes, as loaded from the storage.

    Attributes:
        version: None when it is the known one, `NO_SESSION` when the session is not stored; else a number
            that no other state of any session has, and greater than that of each earlier state of this one.
        fields: the fields to set, in the order in which they were first set.
        removed: fields that were removed since the known version.
        whole: whether `fields` is everything, and not only the changes since the known version.
        watched: whether changes are recorded as undo steps.
        dropped: when and why the session was dropped, until `acknowledge`.
    """

    version: int | None
    fields: Mapping[Field, Any] = field(default_factory=dict)
    removed: Iterable[Field] = ()
    whole: bool = True
    watched: bool = False
    dropped: Dropped | None = None


@dataclass(slots=True)
class Committed:
    """Result of a commit: the session's new version, and the sessions that were evicted for it."""

    version: int
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """An entry in the list of sessions.

    Attributes:
        conditions: the value of that field, None without it.
        counts: the session's counters, if it has conditions.
    """

    name: str
    changes: int = 0
    used: datetime | None = None
    conditions: Any = None
    counts: Mapping[str, int] = field(default_factory=dict)


def counts_of(fields: Mapping[Field, Any]) -> dict[str, int]:
    """The counters of a session that has conditions, such as how often faults applied."""
    if ("conditions",) not in fields:
        return {}
    return {name[1]: value for name, value in fields.items() if name[0] == "count"}


class StorageConflictError(Exception):
    """Another process committed to the session first: nothing was changed, and the unit must run again."""


class SessionStorage(Protocol):
    """Stores sessions, events and counts, for one process or several.

    Every method is atomic. A storage inside the process never suspends, so that its coroutines can be run by
    `completed`; other storages may wait for a server or another process.
    """

    @property
    def run(self) -> str:
        """Id of the stored data: a storage that starts empty has another id than the one before."""
        ...

    async def load(self, session: str, known: int, now: datetime) -> Loaded:
        """Load the changes since the known version, and record that the session is used now.

        A session that was idle for too long by `now`, a time of the system clock, is dropped first.
        Recording the use may lag by a second.
        """
        ...

    async def commit(self, session: str, expected: int, delta: Delta, now: datetime) -> Committed:
        """Change a session, or create it if `expected` is `NO_SESSION`.

        Raises:
            StorageConflictError: the session has another version.
        """
        ...

    async def sessions(self, now: datetime) -> list[SessionSummary]:
        """The stored sessions, the least recently used first; idle ones are dropped before."""
        ...

    async def fields(self, session: str) -> Mapping[Field, Any]:
        """All fields of a session; does not count as use. Empty when it is not stored."""
        ...

    async def drop(self, session: str) -> bool:
        """Delete a session, and the note that it was dropped; False when there is none."""
        ...

    async def expire(self, before: datetime, now: datetime) -> tuple[str, ...]:
        """Drop the sessions that were not used since a moment, except the lasting ones; return their names.

        The reason is `request`; sessions that exceed `Limits.idle` are dropped without a call.
        """
        ...

    async def watch(self, session: str) -> None:
        """Record the session's changes as undo steps from now on; this alone does not create a session."""
        ...

    async def acknowledge(self, session: str) -> None:
        """Delete the note that a session was dropped."""
        ...

    async def dropped(self) -> Mapping[DropReason, int]:
        """How many sessions were dropped, by reason."""
        ...

    async def publish(self, kind: EventKind, event: Any, size: int = 0) -> None:
        """Store an event, assign its number, and wake those who wait for it.

        A storage keeps `kind.write(event)`, or the event itself. It drops the oldest events beyond the kind's
        limit, and the droppable parts of the oldest ones beyond its bytes: `size` is that of this event.
        """
        ...

    async def update(self, kind: EventKind, event: Any) -> None:
        """Replace the event with the same number, if it is still stored."""
        ...

    async def events(self, kind: EventKind, after: int = 0) -> Events:
        """The stored events with a number above `after`, and the totals of all."""
        ...

    async def wait(self, kind: EventKind, after: int, clearings: int, seconds: float) -> None:
        """Wait until there is an event above `after`, or events were deleted again, for at most `seconds`."""
        ...

    async def forget(
        self, kind: EventKind, session: str | None, numbers: Collection[int] | None = None
    ) -> list[Any]:
        """Delete and return the events of a session, with some numbers, or all; numbering continues."""
        ...

    async def restore(self, kind: EventKind, events: Iterable[tuple[Any, int]]) -> None:
        """Restore deleted events in their places, each with the size of its droppable part."""
        ...

    async def add_counts(self, counts: Mapping[CountName, int]) -> None:
        """Add to counters; increments of names beyond `Limits.counts` are only counted as a total."""
        ...

    async def counts(self) -> Counts:
        """All counters."""
        ...

    async def forget_counts(self, session: str | None) -> None:
        """Delete the counters of a session, or all."""
        ...


def completed(work: Coroutine[Any, Any, Result] | Awaitable[Result]) -> Result:
    """Run a coroutine that never suspends, without an event loop or while another one is running.

    Raises:
        RuntimeError: it suspends: its storage is not inside this process.
    """
    running = work.__await__()
    try:
        next(running)
    except StopIteration as end:
        result: Result = end.value
        return result
    raise RuntimeError("The storage suspends; this call needs a storage inside this process.")
