"""Which storage keeps sessions: as the settings say."""

from datetime import timedelta

from mockserver.config import Settings
from mockserver.state.storage import Limits, SessionStorage
from mockserver.state.storages.memory import MemoryStorage


def storage_of(settings: Settings) -> SessionStorage:
    """Make the storage that the settings ask for."""
    limits = Limits(
        settings.session_limit, timedelta(seconds=settings.session_seconds), settings.sessions_bytes
    )
    return MemoryStorage(limits)
