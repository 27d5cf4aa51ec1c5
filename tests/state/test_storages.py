"""The storages: each does what every storage has to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.state.json_storage import JsonStorage
from tests.state.storage_conformance import StorageConformance

from mockserver.state.storage import Limits, SessionStorage
from mockserver.state.storages.memory import MemoryStorage
from mockserver.state.storages.redis_storage import RedisStorage
from mockserver.state.storages.sqlite_storage import SqliteStorage


class TestMemoryStorage(StorageConformance):
    """The storage in memory."""

    def make(self, limits: Limits) -> SessionStorage:
        """An empty one."""
        return MemoryStorage(limits)


class TestJsonStorage(StorageConformance):
    """The storage that the tests use in place of one on another machine."""

    def make(self, limits: Limits) -> SessionStorage:
        """An empty one without conflicts of its own."""
        return JsonStorage(limits)


class TestSqliteStorage(StorageConformance):
    """The storage in a file."""

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.file = tmp_path / "sessions.db"

    def make(self, limits: Limits) -> SessionStorage:
        """A new file."""
        return SqliteStorage(self.file, limits)


@pytest.mark.slow
class TestRedisStorage(StorageConformance):
    """The storage on a Redis server."""

    @pytest.fixture(autouse=True)
    def _server(self, redis_url: str) -> None:
        self.url = redis_url

    def make(self, limits: Limits) -> SessionStorage:
        """On a server that keeps nothing."""
        return RedisStorage(self.url, limits)
