"""The clock that is passed to all code that needs the current time."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

Sleep = Callable[[float], Awaitable[None]]
"""Sleeps for a number of seconds."""


class Clock(Protocol):
    """Returns the current time."""

    def now(self) -> datetime:
        """The current time, in UTC."""
        ...


class SystemClock:
    """The system clock."""

    def now(self) -> datetime:
        """The current time, in UTC."""
        return datetime.now(UTC)


class FrozenClock:
    """A clock that shows a fixed time until it is advanced."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self) -> datetime:
        """The fixed time."""
        return self._moment

    def advance(self, seconds: float) -> None:
        """Advance the time by some seconds; negative numbers set it back."""
        self._moment += timedelta(seconds=seconds)


def timestamp(moment: datetime) -> str:
    """Format a moment as RFC 3339 with milliseconds in UTC, as the bundled APIs do."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
