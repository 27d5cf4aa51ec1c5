"""Where sessions are kept: the port that every storage implements, and the values that pass through it.

A storage keeps each session as *fields*: a name of several parts, and a JSON value.

| field | value |
|---|---|
| `("record", API, COLLECTION, KEY)` | a record; null where the session deleted it |
| `("hidden", API, COLLECTION, KEY)` | the same, where it does not fit the documents of now |
| `("number", API, COLLECTION)` | the latest number that was given to a record |
| `("count", NAME)` | how often something happened |
| `("conditions",)` | the clock, faults, forced answers and scenarios: see `session_fields` |
| `("snapshot", NAME)` | `[[API, COLLECTION, KEY, RECORD], …]` |
| `("undo", NUMBER)` | what a change replaced, as in a snapshot; without RECORD where the baseline's was |

A storage never looks into values; a list of sessions shows the value of `conditions` as it is.
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
"""The version of a session that is not kept: it sees the baseline."""

RECORDING_SESSION = "recording"
"""The session of what a proxy records."""

LASTING = frozenset({DEFAULT_SESSION, RECORDING_SESSION})
"""Sessions that are dropped only by name, however long they are idle and whatever they hold."""

DROPPED = 20_000
"""So many dropped sessions are remembered."""

DropReason = Literal["idle", "count", "size", "request"]

_REASONS: Mapping[DropReason, str] = {
    "idle": "no request used it for longer than session_seconds",
    "count": "there were more sessions than session_limit",
    "size": "all sessions together held more than sessions_bytes",
    "request": "the admin API was asked to drop idle sessions",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a storage keeps; sessions give way when there is more, the longest unused first.

    Attributes:
        sessions: how many sessions.
        idle: how long a session is kept without a request, by the machine's clock.
        bytes: what all of them hold together.
        counts: how many names of counts.
    """

    sessions: int = 20_000
    idle: timedelta = timedelta(days=1)
    bytes: int = 512 * 1024 * 1024
    counts: int = 100_000


@dataclass(frozen=True, slots=True)
class Dropped:
    """A session that the storage dropped by itself: when, and why."""

    session: str
    reason: DropReason
    at: datetime

    def __str__(self) -> str:
        reason = _REASONS[self.reason]
        return f"The session {self.session} was dropped at {timestamp(self.at)}, with its changes: {reason}."


@dataclass(slots=True)
class Delta:
    """What a unit of work changes in a session.

    Attributes:
        removed: fields to forget, before others are set: one that is set again becomes the latest.
        fields: fields to set, in this order.
        size: how many bytes the session holds afterwards, by its own count.
        changes: how many records differ from the baseline afterwards.
        drop: whether the session is forgotten altogether.
    """

    removed: list[Field] = field(default_factory=list)
    fields: dict[Field, Any] = field(default_factory=dict)
    size: int = 0
    changes: int = 0
    drop: bool = False

    def followed_by(self, later: "Delta") -> "Delta":
        """The change that both come to, one after the other; neither drops the session."""
        fields = dict(self.fields)
        for name in later.removed:
            fields.pop(name, None)
        removed = list(dict.fromkeys([*self.removed, *later.removed]))
        return Delta(removed, fields | later.fields, later.size, later.changes)


@dataclass(slots=True)
class Loaded:
    """A session as it is in the storage.

    Attributes:
        version: None when it is the known one, `NO_SESSION` when the session is not kept; else a number that
            no other state of any session has, and greater than that of each earlier state of this one.
        fields: the fields to take over, in the order in which they were set first.
        removed: fields that are gone since the known version.
        whole: whether `fields` is everything, and not only what changed since the known version.
        watched: whether changes are remembered, so that they can be undone.
        dropped: what dropped the session, until `acknowledge`.
    """

    version: int | None
    fields: Mapping[Field, Any] = field(default_factory=dict)
    removed: Iterable[Field] = ()
    whole: bool = True
    watched: bool = False
    dropped: Dropped | None = None


@dataclass(slots=True)
class Committed:
    """What came of a commit: the session's new version, and the sessions that gave way to it."""

    version: int
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """What a list of sessions shows of one.

    Attributes:
        conditions: the value of that field, None without it.
        counts: how often what happened, where there are conditions.
    """

    name: str
    changes: int = 0
    used: datetime | None = None
    conditions: Any = None
    counts: Mapping[str, int] = field(default_factory=dict)


def counts_of(fields: Mapping[Field, Any]) -> dict[str, int]:
    """The counts of a session that has conditions: how often faults struck, say."""
    if ("conditions",) not in fields:
        return {}
    return {name[1]: value for name, value in fields.items() if name[0] == "count"}


class StorageConflictError(Exception):
    """Another process committed to the session first: nothing was changed, and the unit is to run again."""


class SessionStorage(Protocol):
    """Keeps sessions and what happens in them, for one process or for many.

    Every method is atomic. A storage may wait for others; one that does not wait never suspends, so that its
    coroutines can be run by `completed`.
    """

    @property
    def run(self) -> str:
        """Names what is kept: a storage that begins with nothing has another name than the one before."""
        ...

    async def load(self, session: str, known: int, now: datetime) -> Loaded:
        """Give what changed since the version that is known, and note that the session is used now.

        A session that was idle for too long is dropped first, by the moment `now` of the machine's clock.
        Noting the use may lag by a second.
        """
        ...

    async def commit(self, session: str, expected: int, delta: Delta, now: datetime) -> Committed:
        """Change a session, or make it where `expected` is `NO_SESSION`.

        Raises:
            StorageConflictError: the session has another version.
        """
        ...

    async def sessions(self, now: datetime) -> list[SessionSummary]:
        """The sessions that are kept, the longest unused first; idle ones are dropped first."""
        ...

    async def fields(self, session: str) -> Mapping[Field, Any]:
        """Everything in a session, without using it; empty when it is not kept."""
        ...

    async def drop(self, session: str) -> bool:
        """Forget a session altogether, and that it was dropped; False when there is none."""
        ...

    async def expire(self, before: datetime, now: datetime) -> tuple[str, ...]:
        """Drop the sessions that were not used since a moment, except the lasting ones; return their names.

        They are dropped by request; the idle ones are dropped without being asked.
        """
        ...

    async def watch(self, session: str) -> None:
        """Remember the session's changes from now on; this alone keeps no session."""
        ...

    async def acknowledge(self, session: str) -> None:
        """Forget that a session was dropped."""
        ...

    async def dropped(self) -> Mapping[DropReason, int]:
        """How many sessions were dropped, by reason."""
        ...

    async def publish(self, kind: EventKind, event: Any, size: int = 0) -> None:
        """Keep an event, give it its number, and have those who wait for it go on.

        A storage keeps `kind.write(event)`, or the event itself. It drops the oldest events beyond the kind's
        limit, and the droppable parts of the oldest ones beyond its bytes: `size` is that of this event.
        """
        ...

    async def update(self, kind: EventKind, event: Any) -> None:
        """Put an event in the place of the one with its number, if that is still kept."""
        ...

    async def events(self, kind: EventKind, after: int = 0) -> Events:
        """The events that are kept with a number above `after`, and the totals of all."""
        ...

    async def wait(self, kind: EventKind, after: int, forgettings: int, seconds: float) -> None:
        """Wait until there is an event above `after` or another forgetting, at most for some seconds."""
        ...

    async def forget(
        self, kind: EventKind, session: str | None, numbers: Collection[int] | None = None
    ) -> list[Any]:
        """Forget the events of a session, or with some numbers, or all, and return them; numbers go on."""
        ...

    async def restore(self, kind: EventKind, events: Iterable[tuple[Any, int]]) -> None:
        """Put forgotten events back in their places, each with the size of its droppable part."""
        ...

    async def add_counts(self, counts: Mapping[CountName, int]) -> None:
        """Add to counts; beyond `Limits.counts` names only how much was left out is counted."""
        ...

    async def counts(self) -> Counts:
        """All counts."""
        ...

    async def forget_counts(self, session: str | None) -> None:
        """Forget the counts of a session, or all."""
        ...


def completed(work: Coroutine[Any, Any, Result] | Awaitable[Result]) -> Result:
    """Run work that never suspends, outside of an event loop or beside one.

    Raises:
        RuntimeError: it waits for something: its storage is not one of this process.
    """
    running = work.__await__()
    try:
        next(running)
    except StopIteration as end:
        result: Result = end.value
        return result
    raise RuntimeError("The storage waits for something; this needs a storage in this process.")
