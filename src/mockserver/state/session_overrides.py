"""What goes on in a session beside its records: its clock, faults, forced answers, scenarios, limits.

All of it is values, so that a store can keep it wherever it likes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from mockserver.state.clock import Clock
from mockserver.state.fault_model import Fault

_MOST_REVOKED = 1_000

RecordId = tuple[tuple[str, str], str]
"""The API's name and the collection's, and the record's key."""


class Unchanged(Enum):
    """Stands where a session sees what the baseline has."""

    UNCHANGED = "unchanged"


UNCHANGED = Unchanged.UNCHANGED

Entry = Mapping[str, Any] | None | Unchanged
"""What a session has for a key: a record of its own, None when it was deleted, or the baseline's."""

Replaced = tuple[tuple[RecordId, Entry], ...]
"""What one change took the place of."""


@dataclass(frozen=True, slots=True)
class ClockSetting:
    """How a session's clock differs from the machine's: it stands still, or runs ahead or behind."""

    frozen: datetime | None = None
    offset: timedelta = timedelta()

    def moment(self, now: datetime) -> datetime:
        """The session's moment at a moment of the machine's."""
        return self.frozen or now + self.offset


RUNNING = ClockSetting()


class SessionClock:
    """A clock as one session has set it."""

    __slots__ = ("_clock", "_setting")

    def __init__(self, clock: Clock, setting: ClockSetting) -> None:
        self._clock = clock
        self._setting = setting

    def now(self) -> datetime:
        """The session's present moment."""
        return self._setting.moment(self._clock.now())


@dataclass(frozen=True, slots=True)
class ForcedAnswer:
    """An answer that an operation gives whatever it is asked.

    Attributes:
        id: what tells it from the others of the session.
        body: a JSON value; None where the document has no body for the status, or nobody said one.
        made: whether the body is what the document offers, an example or a value of its schema.
        own_words: the API's own body for an error of this status, in place of `body`.
        count: how many times it is given; None is always.
        scenario: the scenario that gives it; None when it was forced by hand.
    """

    id: str
    api: str
    operation: str
    status: int
    body: Any = None
    media_type: str | None = None
    made: bool = False
    own_words: bool = False
    count: int | None = None
    scenario: str | None = None

    @property
    def counter(self) -> str:
        """The name under which its uses are counted."""
        return f"answer {self.id}"


@dataclass(frozen=True, slots=True)
class AddedRule:
    """A rule that was added in a session.

    Attributes:
        id: what tells it from the others of the session.
        when: its JSON Schemas by member, as JSON text: the same text is compiled once.
    """

    id: str
    api: str
    operation: str
    when: str
    answer: ForcedAnswer

    @property
    def name(self) -> str:
        """What the journal calls it."""
        return added_name(self.operation, self.id)


def added_name(operation_id: str, id_: str) -> str:
    """The name of a rule that was added; those of files have a number alone."""
    return f"{operation_id} added-{id_}"


@dataclass(frozen=True, slots=True)
class RequestLimit:
    """How many requests an operation answers in a period, which begins with its first request."""

    requests: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Playing:
    """A scenario that is on.

    Attributes:
        since: when it was switched on, by the session's clock.
        run: tells one run from the next; its calls are counted under it.
        done: the steps that have been taken, and when, in the order in which they were.
    """

    api: str
    name: str
    since: datetime
    run: int
    done: Mapping[int, datetime] = field(default_factory=dict)

    def counter(self, operation: str) -> str:
        """The name under which calls of an operation are counted."""
        return f"calls {self.api} {self.run} {operation}"


@dataclass(frozen=True, slots=True)
class SessionOverrides:
    """Everything that is out of the ordinary in one session.

    Attributes:
        playing: the scenarios that are on, in the order in which they were switched on.
        originals: what the records that they changed were before.
        rules: the rules that were added, the latest first: in this order they are tried.
        rules_off: the rules that were switched off, as `API/NAME`.
        limits: the limits that were set by hand, by `API/operationId`; None where one was switched off.
    """

    clock: ClockSetting = RUNNING
    faults: tuple[Fault, ...] = ()
    answers: tuple[ForcedAnswer, ...] = ()
    playing: tuple[Playing, ...] = ()
    originals: Mapping[RecordId, Entry] = field(default_factory=dict)
    rules: tuple[AddedRule, ...] = ()
    rules_off: tuple[str, ...] = ()
    #: The digests of tokens that were revoked, the oldest first.
    revoked: tuple[str, ...] = ()
    limits: Mapping[str, RequestLimit | None] = field(default_factory=dict)

    def played(self, api: str) -> tuple[Playing, ...]:
        """The scenarios of an API that are on, the latest first: what it says holds."""
        return tuple(playing for playing in reversed(self.playing) if playing.api == api)

    def revoking(self, digest: str) -> "SessionOverrides":
        """The same without a token; of many the oldest are forgotten."""
        kept = tuple(one for one in self.revoked if one != digest)[-_MOST_REVOKED:]
        return replace(self, revoked=(*kept, digest))


ORDINARY = SessionOverrides()
