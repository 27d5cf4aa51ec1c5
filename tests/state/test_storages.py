"""The storages: each does what every storage has to do."""

from __future__ import annotations

from tests.state.json_storage import JsonStorage
from tests.state.storage_conformance import StorageConformance

from mockserver.state.storage import Limits, SessionStorage
from mockserver.state.storages.memory import MemoryStorage


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
