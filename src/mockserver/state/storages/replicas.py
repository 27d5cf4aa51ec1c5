"""The processes that share a storage: their names, and what they must have in common."""

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
"""A replica says so often that it is there."""
_RETRY_SECONDS = 0.5
LIVE_SECONDS = 3.0
"""A replica that did not say for so long that it is there has gone."""


class SharedStorage(SessionStorage, Protocol):
    """A storage that other processes use, too, and that outlives them."""

    def check(self) -> None:
        """Find out at start-up what no waiting would mend.

        Raises:
            ConfigurationError: the storage cannot be used; the text says why.
        """
        ...

    async def join(self, replica: str, fingerprint: str) -> bool:
        """Take part, with documents, fixtures and handlers of a fingerprint; done again, it is a change.

        Returns:
            Whether what is kept was made with others, so that it has to be fitted to them.

        Raises:
            OtherDocumentsError: a live replica serves others.
        """
        ...

    async def renew(self, replica: str, fingerprint: str) -> bool:
        """Say that a replica is still there; False when others have taken the storage over meanwhile."""
        ...

    async def leave(self, replica: str) -> None:
        """Take part no longer."""
        ...

    async def replicas(self) -> Sequence[str]:
        """The names of those that take part."""
        ...

    async def agree(self, name: str, value: str) -> str:
        """The value that all replicas have for a name: the first that was offered."""
        ...

    async def close(self) -> None:
        """Write what waits to be written, and end connections; they are made again when they are needed."""
        ...


class OtherDocumentsError(ConfigurationError):
    """Another replica serves other documents from the same store."""

    def __init__(self, replica: str) -> None:
        super().__init__(
            f"The replica {replica} uses the same store with other documents, fixtures, handlers or another "
            "seed. Stop it first, or name another --store."
        )


class Membership:
    """This process as one of those that share a storage."""

    def __init__(self, storage: SharedStorage, fingerprint: str, sleep: Sleep = asyncio.sleep) -> None:
        """Take part with a fingerprint of documents, fixtures, handlers and seed."""
        self._storage = storage
        self._fingerprint = fingerprint
        self._sleep = sleep
        self._name = replica_name()

    async def join(self) -> bool:
        """Take part; a replica with others that was killed is waited for until it counts as gone.

        Returns:
            Whether what is kept was made with other documents, fixtures, handlers or another seed.

        Raises:
            OtherDocumentsError: a live replica serves others.
        """
        for _ in range(round(LIVE_SECONDS / _RETRY_SECONDS) + 1):
            with contextlib.suppress(OtherDocumentsError):
                return await self._storage.join(self._name, self._fingerprint)
            await self._sleep(_RETRY_SECONDS)
        return await self._storage.join(self._name, self._fingerprint)

    async def change(self, fingerprint: str) -> None:
        """Take part with other documents from now on.

        Raises:
            OtherDocumentsError: another replica is live.
            StoreUnavailableError: the storage cannot be asked.
        """
        await self._storage.join(self._name, fingerprint)
        self._fingerprint = fingerprint

    async def keep(self) -> None:
        """Say again and again that this process is there, until it is cancelled."""
        was_told = False
        while True:
            await self._sleep(RENEW_SECONDS)
            try:
                is_ours = await self._storage.renew(self._name, self._fingerprint)
            except StoreUnavailableError:
                continue
            if not is_ours and not was_told:
                log.error(
                    "Another server took the store over with other documents while this one could not "
                    "reach it: stop one of them."
                )
            was_told = not is_ours

    async def leave(self) -> None:
        """Take part no longer, and write what waits to be written; a storage that is gone is left alone."""
        with contextlib.suppress(StoreUnavailableError):
            await self._storage.leave(self._name)
        with contextlib.suppress(StoreUnavailableError):
            await self._storage.close()


def replica_name() -> str:
    """What this process is called among those that share a storage."""
    return _name(os.getpid())


@lru_cache(1)
def _name(process: int) -> str:
    return f"{socket.gethostname()}-{process}"
