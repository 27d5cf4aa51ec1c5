"""The clock that is handed in wherever a moment is needed."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

Sleep = Callable[[float], Awaitable[None]]
"""Waits for a number of seconds."""


class Clock(Protocol):
    """Says what time it is."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        return datetime.now(UTC)


class FrozenClock:
    """A clock that stands still until it is moved."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self) -> datetime:
        """The moment it stands at."""
        return self._moment

    def advance(self, seconds: float) -> None:
        """Move it by some seconds; negative ones move it back."""
        self._moment += timedelta(seconds=seconds)


def timestamp(moment: datetime) -> str:
    """Write a moment as RFC 3339 with milliseconds in UTC, as the bundled APIs do."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
