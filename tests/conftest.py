"""What every ring shares: Hypothesis's profiles, and the bundled APIs in process."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, settings
from tests.http.calling import Caller, end_background_tasks
from tests.state.redis_server import RedisServer, running_redis

from mockserver.app import Application, build
from mockserver.config import Settings
from mockserver.state.clock import FrozenClock

pytest_plugins = ["tests.running"]

_QUIET = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
# The same examples each time, so that a red run is about the change; `search` looks for new ones.
settings.register_profile(
    "same",
    max_examples=50,
    deadline=None,
    database=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=_QUIET,
)
settings.register_profile(
    "search", parent=settings.get_profile("same"), max_examples=1_000, derandomize=False
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def bundled() -> Application:
    """The bundled APIs, once for all tests: each test calls them in a session of its own."""
    return build(Settings(), FrozenClock(NOW))


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A Redis server for all tests of a process; each test begins with an empty one."""
    with running_redis() as server:
        yield server


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The URL of a Redis server that keeps nothing yet."""
    end_background_tasks()  # they would write into the emptied store
    redis_server.command("FLUSHALL")
    return redis_server.url


@pytest.fixture
def call(bundled: Application) -> Caller:
    """Call the bundled APIs in a session that no other test has, without a token."""
    return Caller(bundled.asgi, session=f"test-{next(_numbers)}")


@pytest.fixture
def clock() -> FrozenClock:
    """A clock that the test moves."""
    return FrozenClock(NOW)


@pytest.fixture
def own(clock: FrozenClock) -> Application:
    """The bundled APIs of this test alone, at its own clock."""
    return build(Settings(), clock)
