"""What the tests of the admin API share."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.admin.desks import Desk

from mockserver.app import build
from mockserver.config import Settings
from mockserver.state.clock import FrozenClock


@pytest.fixture
def desk() -> Desk:
    """The bundled APIs of this test alone, their admin API, and time that passes when it is told to."""
    clock = FrozenClock(datetime(2026, 3, 2, 9, 30, tzinfo=UTC))
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    return Desk(build(Settings(), clock, sleep), clock, slept)
