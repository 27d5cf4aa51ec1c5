"""Run the mock under uvicorn: bind, announce, stop gracefully; in one or several processes."""

import asyncio
import contextlib
import gc
import logging
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

import uvicorn

from mockserver.admin.guard import token_of
from mockserver.app import Application, build
from mockserver.config import MEMORY, Settings
from mockserver.errors import ConfigurationError, MockserverError, StoreUnavailableError
from mockserver.http.server.connection_limits import ConnectionLimits
from mockserver.http.server.http_protocol import protocol
from mockserver.http.server.served_certificates import ServedTls, tls_of
from mockserver.reload import Make, Reloader, fingerprint, fit_sessions
from mockserver.state.storages.replicas import Membership, SharedStorage
from mockserver.state.storages.selection import is_shared, storage_of
from mockserver.workers import Workers, check_workers

log = logging.getLogger("mockserver")

Announce = Callable[[Application, str], None]
"""Called with the application and its base URL once it answers."""


_OTHER_FILES = 500
"""Open files other than connections: logs, documents, refused connections, upstream requests."""

_STOP_SECONDS = 0.6
"""Seconds for open requests at shutdown: a server stops within a second of SIGTERM."""

_FIRST_SECONDS = 0.5
"""Seconds before background work starts, so that it does not slow down the first requests."""
_COLLECTIONS = (10_000, 10, 10)
"""The garbage collector's thresholds while requests are served; each request would pay for the usual 700."""

_STORE_SECONDS = 5.0
"""Seconds that a starting server waits for its store: both may be started at the same time."""
_STORE_PAUSE = 0.2

_OF_NO_USE = (
    # An HTTP mock needs no WebSocket library.
    *("Unsupported upgrade request", "No supported WebSocket"),
    # We log this ourselves, at debug: a client can cause any number of these.
    "Invalid HTTP request received",
    # Only the fault `cut` leaves an answer unfinished, on purpose.
    "ASGI callable returned without completing response",
)


def _concerns_us(record: logging.LogRecord) -> bool:
    """Whether a line of uvicorn's log is useful."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, asyncio.CancelledError):  # reported before: these requests are given up
        return False
    return not record.getMessage().startswith(_OF_NO_USE)


class _Server(uvicorn.Server):
    """uvicorn with background tasks while it serves."""

    def __init__(
        self,
        config: uvicorn.Config,
        reloader: Reloader,
        settings: Settings,
        announce: Callable[[], None],
        membership: Membership | None = None,
        tls: ServedTls | None = None,
    ) -> None:
        super().__init__(config)
        self._tls = tls
        self._membership = membership
        self._reloader = reloader
        self._settings = settings
        self._announce = announce
        self._tasks: list[asyncio.Task[None]] = []
        #: The error that made the server stop by itself, if any.
        self.failure: MockserverError | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to serve, generate records, and announce the server; invalid records stop it."""
        if self._membership is not None and not await self._join(self._membership):
            return
        self.config.ssl = None if self._tls is None else self._tls.context
        await super().startup(sockets=sockets)
        if not self.started:
            return
        try:
            await asyncio.to_thread(self._reloader.application.sessions.warm_up)
        except MockserverError as error:
            self.failure = error
            self.should_exit = True
        if self.should_exit:
            return
        self._announce()
        self._tasks.append(asyncio.create_task(self._settle()))
        if self._settings.reload:
            self._tasks.append(asyncio.create_task(self._reloader.watch()))

    async def _join(self, membership: Membership) -> bool:
        """Join the store's replicas, and fit its records to the documents; False if that is refused."""
        try:
            if await _patiently(membership.join):
                hidden, shown = await fit_sessions(self._reloader.application)
                log.info(
                    "The store was used with other documents: %d changed records do not fit and are hidden, "
                    "%d fit again.",
                    hidden,
                    shown,
                )
        except MockserverError as error:
            self.failure = error
            self.should_exit = True
            await membership.leave()
            return False
        self._tasks.append(asyncio.create_task(membership.keep()))
        return True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop the background tasks, and finish open requests."""
        for task in self._tasks:
            task.cancel()
        self._reloader.application.journal.close()
        self._reloader.application.sessions.end()
        await super().shutdown(sockets=sockets)
        if self._membership is not None:
            with contextlib.suppress(StoreUnavailableError):
                await self._reloader.application.journal.tell_counts()
            await self._membership.leave()
        # uvicorn would raise the signal again, and the process would not end with exit code 0.
        self._captured_signals.clear()

    async def _settle(self) -> None:
        """After the first requests, log warnings about documents and fixtures in the background."""
        await asyncio.sleep(_FIRST_SECONDS)
        await asyncio.to_thread(self._reloader.warn)
        gc.freeze()
        gc.set_threshold(*_COLLECTIONS)  # at start-up the collector runs rarely


def bind(host: str, port: int, *, several: bool = False) -> socket.socket:
    """Bind a socket to listen on; `several` lets other sockets of this user share the port.

    Raises:
        ConfigurationError: the address or port is not available; the text says what to do.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if several:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listening.bind((host, port))
    except (OSError, OverflowError) as error:
        listening.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigurationError(
            f"cannot listen on {host}:{port}: {reason}. Choose another --port (0 for any), or another --host."
        ) from None
    return listening


def _allow_open_files(connections: int) -> None:
    """Raise the system's limit of open files to the number of possible connections, as far as allowed."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OTHER_FILES
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _reserve(settings: Settings, make: Make) -> socket.socket:
    """Bind the port; if that fails, raise errors in files first."""
    try:
        return bind(settings.host, settings.port)
    except ConfigurationError:
        make(settings)  # otherwise the user would learn of them only after choosing another port
        raise


def serve(settings: Settings, announce: Announce, make: Make = build) -> None:
    """Serve until a signal (SIGINT, SIGTERM); open requests are finished first.

    Args:
        settings: the settings.
        announce: called once the server answers.
        make: builds the application, now and at each reload.

    Raises:
        MockserverError: it cannot be started, or a fixture's generated records violate its document.
    """
    count, is_memory = settings.workers, settings.store == MEMORY
    check_workers(count, is_memory=is_memory, stateless=settings.stateless, reload=settings.reload)
    tls = tls_of(settings)
    with contextlib.closing(_reserve(settings, make)) as reserved:
        host, port = reserved.getsockname()[:2]
        storage = storage_of(settings)
        # All reloads and replicas of a run share the port and the token.
        token = token_of(settings)
        if is_shared(storage):
            storage.check()
            token = asyncio.run(_agreed_token(storage, token, is_made=settings.admin_token is None))
        settings = replace(settings, port=port, admin_token=token)
        application = make(settings, storage=storage)
        # Exclude existing objects from garbage collection, which would pause requests for 30 ms.
        gc.freeze()
        if tls is not None:
            application = replace(application, authority=tls.authority)
        url = f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"
        logging.getLogger("uvicorn.error").addFilter(_concerns_us)
        _allow_open_files(settings.connection_limit)
        run = partial(_run, application, settings, make, tls)
        if count == 1:
            failure = run(reserved, lambda: announce(application, url))
            if failure is not None:
                raise failure
            return
    # Every process listens itself, so that the system spreads connections evenly. This one only reserves the
    # port.
    with contextlib.closing(bind(host, port, several=True)):

        def serve_one(is_announcing: bool) -> MockserverError | None:
            with contextlib.closing(bind(host, port, several=True)) as listening:
                return run(listening, lambda: announce(application, url) if is_announcing else None)

        Workers(count, serve_one).run()


def _run(
    application: Application,
    settings: Settings,
    make: Make,
    tls: ServedTls | None,
    listening: socket.socket,
    announce: Callable[[], None],
) -> MockserverError | None:
    """Serve in this process until it is stopped; return the error that prevented it."""
    storage = application.sessions.storage
    membership = Membership(storage, fingerprint(application, settings)) if is_shared(storage) else None
    reloader = Reloader(application, settings, make, membership=membership)
    server = _Server(_configuration(reloader, settings), reloader, settings, announce, membership, tls)
    with contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listening])
    return server.failure


async def _patiently(join: Callable[[], Awaitable[bool]]) -> bool:
    """Join the store, which may be busy for a moment when several processes start at once.

    Raises:
        StoreUnavailableError: it stays unavailable.
    """
    end = time.monotonic() + _STORE_SECONDS
    while True:
        try:
            return await join()
        except StoreUnavailableError:
            if time.monotonic() > end:
                raise
        await asyncio.sleep(_STORE_PAUSE)


async def _agreed_token(storage: SharedStorage, token: str | None, *, is_made: bool) -> str | None:
    """The admin token of all replicas; the store is contacted in any case, to check that it is there.

    Raises:
        ConfigurationError: the store cannot be reached.
    """
    end = time.monotonic() + _STORE_SECONDS
    while True:
        try:
            if token is not None and is_made:
                token = await storage.agree("admin_token", token)
            else:
                await storage.replicas()
            await storage.close()
        except StoreUnavailableError as error:
            if time.monotonic() > end:
                raise ConfigurationError(error.detail) from None
            await asyncio.sleep(_STORE_PAUSE)
        else:
            return token


def _configuration(reloader: Reloader, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        reloader,
        lifespan="off",
        interface="asgi3",
        http=protocol(ConnectionLimits.of(settings)),  # type: ignore[arg-type]  # called like a class
        ws="none",
        proxy_headers=False,  # client addresses are not used
        access_log=False,
        log_config=None,  # its records go to the root logger, which writes printable lines
        server_header=False,
        log_level=settings.log_level if settings.log_level == "debug" else "warning",
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=_STOP_SECONDS,  # type: ignore[arg-type]  # uvicorn hands it to asyncio
    )
