"""The implementation's URL: the given one, or that of the mock itself, served here for the check."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import uvicorn

from mockserver.check.check_options import Options
from mockserver.check.target.resetting import Reset, reset_of
from mockserver.config import Settings
from mockserver.errors import NoVerdictError


@dataclass(frozen=True, slots=True)
class HostedTarget:
    """An implementation that is running.

    Attributes:
        reset: resets its records; None when that is not possible.
    """

    url: str
    reset: Reset | None

    def base_url(self, base_path: str) -> str:
        """The URL that a document's paths are appended to: `base_path` is added unless the URL has a path."""
        own = urlsplit(self.url).path.rstrip("/")
        return self.url.rstrip("/") + ("" if own else base_path)


@contextmanager
def host(options: Options) -> Iterator[HostedTarget]:
    """Give the implementation; the mock itself is served while the context is open."""
    if options.url is not None:
        yield HostedTarget(options.url, reset_of(options.reset_url, options.reset_headers))
        return
    settings = Settings(
        specs=options.specs,
        overlays=options.overlays,
        allow_remote=options.allow_remote,
        fixtures=options.fixtures,
        handlers=options.handlers,
        seed=options.seed,
        stateless=options.stateless,
        journal_limit=1,
    )
    with serving(settings) as url:
        yield HostedTarget(url, Reset(url + "/__admin/reset"))


class _Server(uvicorn.Server):
    """uvicorn with an event that is set when it accepts requests, so that no polling is needed."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.has_started = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.has_started.set()


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """Serve the mock on a free port from a thread of this process.

    Raises:
        NoVerdictError: it does not start within ten seconds.
    """
    from mockserver.app import build
    from mockserver.http.server.connection_limits import ConnectionLimits
    from mockserver.http.server.http_protocol import protocol
    from mockserver.http.server.served_certificates import tls_of
    from mockserver.serving import bind

    application = build(settings)
    listening = bind("127.0.0.1", 0)
    config = uvicorn.Config(
        application.asgi,
        lifespan="off",
        http=protocol(ConnectionLimits.of(settings)),  # type: ignore[arg-type]  # called like a class
        ws="none",
        access_log=False,
        server_header=False,
        log_config=None,
        log_level="warning",
    )
    tls = tls_of(settings)
    config.load()
    config.ssl = None if tls is None else tls.context
    server = _Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        if not server.has_started.wait(10):
            raise NoVerdictError("The mock did not start within ten seconds.")
        yield f"{'http' if tls is None else 'https'}://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(5)
        listening.close()
