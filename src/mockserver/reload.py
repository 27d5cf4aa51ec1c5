"""Reload changed documents and fixtures while serving, keeping the state of every session."""

import asyncio
import gc
import hashlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing
from pathlib import Path
from typing import Protocol

from mockserver import __version__
from mockserver.app import Application, build
from mockserver.config import Settings
from mockserver.errors import ConfigurationError, MockserverError
from mockserver.http.exchange import Receive, Scope, Send
from mockserver.state.baseline import CollectionId, Record
from mockserver.state.clock import Sleep
from mockserver.state.overlay import Fits, is_note
from mockserver.state.storage import SessionStorage
from mockserver.state.storages.replicas import Membership

log = logging.getLogger("mockserver")

SETTLED = 0.3
"""Seconds without changes before files are read: editors and tools write in several steps."""
_LONGEST = 10.0


class Make(Protocol):
    """Builds the application to serve, over an existing storage if there is one."""

    def __call__(self, settings: Settings, *, storage: SessionStorage | None = None) -> Application:
        """See `build`."""
        ...


Watch = Callable[[set[Path]], AsyncGenerator[set[Path], None]]
"""Yields the files that changed in some folders, as they change."""

_FileState = tuple[int, int, int] | None


async def watch_folders(folders: set[Path]) -> AsyncGenerator[set[Path], None]:
    """Yield the files that change in these folders; a change during a reload is yielded after it."""
    from watchfiles import awatch

    async with aclosing(awatch(*folders, recursive=False)) as events:
        async for changes in events:
            yield {Path(path) for _, path in changes}


class Reloader:
    """The ASGI application that is served; a reload replaces the application inside."""

    def __init__(
        self,
        application: Application,
        settings: Settings,
        make: Make = build,
        sleep: Sleep = asyncio.sleep,
        membership: Membership | None = None,
    ) -> None:
        """Serve an application, and rebuild it with `make`; `sleep` waits until files have settled.

        `membership` is for an application whose store other processes share: it checks that they serve the
        same documents.
        """
        self.application = application
        self._membership = membership
        self._settings = settings
        self._make = make
        self._sleep = sleep
        self._watched: set[Path] = set()
        self._warned: set[str] = set()

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one ASGI connection."""
        return self.application.asgi(scope, receive, send)

    async def watch(self, watch: Watch = watch_folders) -> None:
        """Reload whenever documents or fixtures have changed and settled, until `watch` ends."""
        while True:
            folders = self.folders()
            async with aclosing(watch(folders)) as events:
                async for changes in events:
                    changed = {file for file in changes if _concerns(file)}
                    if changed:
                        await self._settle(changed)
                        await self.reload()
                    if self.folders() != folders:
                        break
                else:
                    return

    def folders(self) -> set[Path]:
        """All folders that contain files of the application, or did before: deleted files may reappear."""
        self._watched |= {file.resolve().parent for file in self.application.files}
        return {folder for folder in self._watched if folder.is_dir()}

    async def reload(self) -> bool:
        """Rebuild the application from the changed files.

        If that fails, the error is logged and the old application kept.

        Returns:
            Whether a new application is served now.
        """
        old = self.application
        gc.unfreeze()  # let the old application be collected
        try:
            new = self._make(self._settings, storage=old.sessions.storage)
            _refuse_what_is_broken(new, old)
            new.sessions.warm_up()
            if self._membership is not None:
                await self._membership.change(fingerprint(new, self._settings))
        except MockserverError as error:
            log.error("Not reloaded: %s", error)  # noqa: TRY400  the message is sufficient
            return False
        except Exception:
            # A bug must not end the watch: the next change may work.
            log.exception("Not reloaded: bug in the mock")
            return False
        hidden, shown = await fit_sessions(new)
        self.application = new
        old.journal.close()
        old.sessions.end()
        del old
        self.warn()
        gc.collect()  # frees the old application, which refers to itself
        gc.freeze()
        notes = ", ".join(new.services)
        if hidden:
            notes += f"; {hidden} changed records no longer fit and are hidden until they fit again"
        if shown:
            notes += f"; {shown} hidden records fit again"
        log.info("Reloaded %s", notes)
        return True

    def warn(self) -> None:
        """Log the warnings about documents and fixtures that were not logged before."""
        found = dict.fromkeys(self.application.warnings())
        for warning in found:
            if warning not in self._warned:
                log.warning("%s", warning)
        self._warned = set(found)

    async def _settle(self, changed: set[Path]) -> None:
        """Wait until no file changes any more, up to a maximum time."""
        files = changed | self.application.files
        before = _states(files)
        for _ in range(round(_LONGEST / SETTLED)):
            await self._sleep(SETTLED)
            now = _states(files)
            if now == before:
                return
            before = now


def _states(files: Iterable[Path]) -> dict[Path, _FileState]:
    """The modification state of each file; None for a file that does not exist."""
    return {file: _state(file) for file in files}


def _state(file: Path) -> _FileState:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _refuse_what_is_broken(new: Application, old: Application) -> None:
    """Refuse an application that lost a file: the file is being saved, or has a syntax error.

    Raises:
        ConfigurationError: a file that could be read before cannot be read now.
    """
    had = {file for service in old.services.values() for file in service.document.files}
    for service in new.services.values():
        for file, reason in service.document.unread.items():
            if file in had:
                raise ConfigurationError(reason)


def _concerns(path: Path) -> bool:
    """Whether a changed file can be a document, a fixture or a handler file, not an editor's own file."""
    return path.suffix in {".yaml", ".yml", ".json", ".py"} and not path.name.startswith(".")


def fingerprint(application: Application, settings: Settings) -> str:
    """A digest of what all replicas of a server must share: files, seed, `--scenario`, and version."""
    digest = hashlib.sha256(" ".join([__version__, str(settings.seed), *settings.scenarios]).encode())
    for name, content in sorted((file.name, _content(file)) for file in application.files):
        digest.update(b"%d %s %d " % (len(name), name.encode(), len(content)) + content)
    return digest.hexdigest()[:32]


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


async def fit_sessions(application: Application) -> tuple[int, int]:
    """Hide records that no longer fit the documents, in all sessions, until they fit again.

    Removals are discarded: what they would restore may not fit.

    Returns:
        How many records are hidden by this, and how many are shown again.
    """
    await application.removals.forget()
    return await application.sessions.rebase(_fitting(application))


def _fitting(application: Application) -> Fits:
    def fits(collection: CollectionId, record: Record | None) -> bool:
        if is_note(collection):
            return True
        if application.sessions.key_of(collection) is None:
            return False
        checker = application.services[collection[0]].checker_of(collection[1])
        return record is None or checker is None or checker.is_valid(record)

    return fits
