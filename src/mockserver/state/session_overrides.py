"""Overrides of a session: its clock, faults, forced responses, scenarios, rules and limits.

All are immutable values, so that a storage can keep them in any form.
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
    """Marker for a record that the session did not change: the baseline's is used."""

    UNCHANGED = "unchanged"


UNCHANGED = Unchanged.UNCHANGED

Entry = Mapping[str, Any] | None | Unchanged
"""A session's entry for a key: its own record, None when deleted, or `UNCHANGED`."""

Replaced = tuple[tuple[RecordId, Entry], ...]
"""The entries that one change replaced."""


@dataclass(frozen=True, slots=True)
class ClockSetting:
    """How a session's clock differs from the system clock: frozen, or offset forward or back."""

    frozen: datetime | None = None
    offset: timedelta = timedelta()

    def moment(self, now: datetime) -> datetime:
        """Convert a time of the system clock to the session's time."""
        return self.frozen or now + self.offset


RUNNING = ClockSetting()


class SessionClock:
    """The clock of one session."""

    __slots__ = ("_clock", "_setting")

    def __init__(self, clock: Clock, setting: ClockSetting) -> None:
        self._clock = clock
        self._setting = setting

    def now(self) -> datetime:
        """The session's current time."""
        return self._setting.moment(self._clock.now())


@dataclass(frozen=True, slots=True)
class ForcedAnswer:
    """A forced response: returned by an operation for every request.

    Attributes:
        id: identifies it within the session.
        body: a JSON value; None when the document has no body for the status, or none was given.
        made: whether the body is a documented example or generated from the schema.
        own_words: whether the API's own error body for this status is used in place of `body`.
        count: how many times it is returned; None for always.
        scenario: the scenario that set it; None when it was set by hand.
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
        """Name of the counter of its uses."""
        return f"answer {self.id}"


@dataclass(frozen=True, slots=True)
class AddedRule:
    """An answer rule that was added in a session.

    Attributes:
        id: identifies it within the session.
        when: its JSON Schemas by member, as JSON text: the same text is compiled once.
    """

    id: str
    api: str
    operation: str
    when: str
    answer: ForcedAnswer

    @property
    def name(self) -> str:
        """Its name in the journal."""
        return added_name(self.operation, self.id)


def added_name(operation_id: str, id_: str) -> str:
    """The name of a rule added in a session; rules of files are named by number instead."""
    return f"{operation_id} added-{id_}"


@dataclass(frozen=True, slots=True)
class RequestLimit:
    """Rate limit of an operation: requests in a period, which starts with its first request."""

    requests: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Playing:
    """An active scenario.

    Attributes:
        since: when it was activated, by the session's clock.
        run: distinguishes this activation from others; its calls are counted under it.
        done: the completed steps with their times, in the order of completion.
    """

    api: str
    name: str
    since: datetime
    run: int
    done: Mapping[int, datetime] = field(default_factory=dict)

    def counter(self, operation: str) -> str:
        """Name of the counter of calls of an operation."""
        return f"calls {self.api} {self.run} {operation}"


@dataclass(frozen=True, slots=True)
class SessionOverrides:
    """All overrides of one session.

    Attributes:
        playing: the active scenarios, in the order of activation.
        originals: the original entries of the records that they changed.
        rules: the added rules, the latest first; they are tried in this order.
        rules_off: the disabled rules, as `API/NAME`.
        limits: the rate limits set by hand, by `API/operationId`; None where one was turned off.
    """

    clock: ClockSetting = RUNNING
    faults: tuple[Fault, ...] = ()
    answers: tuple[ForcedAnswer, ...] = ()
    playing: tuple[Playing, ...] = ()
    originals: Mapping[RecordId, Entry] = field(default_factory=dict)
    rules: tuple[AddedRule, ...] = ()
    rules_off: tuple[str, ...] = ()
    #: The digests of revoked tokens, the oldest first.
    revoked: tuple[str, ...] = ()
    limits: Mapping[str, RequestLimit | None] = field(default_factory=dict)

    def played(self, api: str) -> tuple[Playing, ...]:
        """The active scenarios of an API, the latest first; it takes precedence."""
        return tuple(playing for playing in reversed(self.playing) if playing.api == api)

    def revoking(self, digest: str) -> "SessionOverrides":
        """Return a copy in which a token is revoked; the oldest are evicted beyond a maximum."""
        kept = tuple(one for one in self.revoked if one != digest)[-_MOST_REVOKED:]
        return replace(self, revoked=(*kept, digest))


ORDINARY = SessionOverrides()
