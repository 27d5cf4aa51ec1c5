"""Replicas: the processes that share a storage, and the check that they serve the same documents."""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from mockserver.errors import ConfigurationError, StoreUnavailableError
from mockserver.state.clock import Sleep
from mockserver.state.storage import SessionStorage

log = logging.getLogger("mockserver")

RENEW_SECONDS = 1.0
"""Interval at which a replica reports that it is alive."""
_RETRY_SECONDS = 0.5
LIVE_SECONDS = 3.0
"""A replica that has not reported for this long counts as gone."""


class SharedStorage(SessionStorage, Protocol):
    """A storage that other processes also use, and that outlives them."""

    def check(self) -> None:
        """Check at start-up for problems that retrying cannot solve.

        Raises:
            ConfigurationError: the storage cannot be used; the text explains why.
        """
        ...

    async def join(self, replica: str, fingerprint: str) -> bool:
        """Register a replica with the fingerprint of its documents, fixtures and handlers, or change it.

        Returns:
            Whether the stored data was made with other documents, so that it must be rebased.

        Raises:
            OtherDocumentsError: a live replica serves other documents.
        """
        ...

    async def renew(self, replica: str, fingerprint: str) -> bool:
        """Report that a replica is alive; False when others have taken over the storage meanwhile."""
        ...

    async def leave(self, replica: str) -> None:
        """Unregister a replica."""
        ...

    async def replicas(self) -> Sequence[str]:
        """The names of the live replicas."""
        ...

    async def agree(self, name: str, value: str) -> str:
        """Return the value that all replicas share for a name: the first that was offered."""
        ...

    async def close(self) -> None:
        """Write pending events, and close connections; they are reopened on demand."""
        ...


class OtherDocumentsError(ConfigurationError):
    """Another replica serves other documents from the same storage."""

    def __init__(self, replica: str) -> None:
        super().__init__(
            f"The replica {replica} uses the same store with other documents, fixtures, handlers or another "
            "seed. Stop it first, or name another --store."
        )


class Membership:
    """The registration of this process as a replica."""

    def __init__(self, storage: SharedStorage, fingerprint: str, sleep: Sleep = asyncio.sleep) -> None:
        """Prepare to register with a fingerprint of documents, fixtures, handlers and seed."""
        self._storage = storage
        self._fingerprint = fingerprint
        self._sleep = sleep
        self._name = replica_name()

    async def join(self) -> bool:
        """Register; if a killed replica had other documents, wait until it counts as gone.

        Returns:
            Whether the stored data was made with other documents, fixtures, handlers or another seed.

        Raises:
            OtherDocumentsError: a live replica serves other documents.
        """
        for _ in range(round(LIVE_SECONDS / _RETRY_SECONDS) + 1):
            with contextlib.suppress(OtherDocumentsError):
                return await self._storage.join(self._name, self._fingerprint)
            await self._sleep(_RETRY_SECONDS)
        return await self._storage.join(self._name, self._fingerprint)

    async def change(self, fingerprint: str) -> None:
        """Register with other documents from now on.

        Raises:
            OtherDocumentsError: another replica is live.
            StoreUnavailableError: the storage cannot be reached.
        """
        await self._storage.join(self._name, fingerprint)
        self._fingerprint = fingerprint

    async def keep(self) -> None:
        """Report that this process is alive at intervals, until cancelled."""
        was_logged = False
        while True:
            await self._sleep(RENEW_SECONDS)
            try:
                is_ours = await self._storage.renew(self._name, self._fingerprint)
            except StoreUnavailableError:
                continue
            if not is_ours and not was_logged:
                log.error(
                    "Another server took the store over with other documents while this one could not "
                    "reach it: stop one of them."
                )
            was_logged = not is_ours

    async def leave(self) -> None:
        """Unregister and write pending events; ignores a storage that cannot be reached."""
        with contextlib.suppress(StoreUnavailableError):
            await self._storage.leave(self._name)
        with contextlib.suppress(StoreUnavailableError):
            await self._storage.close()


def replica_name() -> str:
    """The name of this process among the replicas."""
    return _name(os.getpid())


@lru_cache(1)
def _name(process: int) -> str:
    return f"{socket.gethostname()}-{process}"
