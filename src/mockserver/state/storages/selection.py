"""Select the storage of sessions by the settings."""

from datetime import timedelta
from pathlib import Path
from typing import TypeGuard

from mockserver.config import MEMORY, Settings
from mockserver.extras import require
from mockserver.state.storage import Limits, SessionStorage
from mockserver.state.storages.memory import MemoryStorage
from mockserver.state.storages.replicas import SharedStorage


def storage_of(settings: Settings) -> SessionStorage:
    """Create the storage that the settings ask for; a shared one is opened at its first use.

    Raises:
        ConfigurationError: the storage needs packages that are not installed.
    """
    limits = Limits(
        settings.session_limit, timedelta(seconds=settings.session_seconds), settings.sessions_bytes
    )
    if settings.store == MEMORY:
        return MemoryStorage(limits)
    if "://" in settings.store:
        return _redis(settings.store, limits)
    from mockserver.state.storages.sqlite_storage import SqliteStorage

    return SqliteStorage(Path(settings.store), limits)


def _redis(url: str, limits: Limits) -> SessionStorage:
    require("redis", "--store with a Redis server")
    from mockserver.state.storages.redis_storage import RedisStorage

    return RedisStorage(url, limits)


def is_shared(storage: SessionStorage) -> TypeGuard[SharedStorage]:
    """Whether other processes can use the storage too."""
    return hasattr(type(storage), "agree")
