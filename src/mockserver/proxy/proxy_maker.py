"""Build a proxy: the mock with the implementation in front of it."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx

from mockserver.admin import AdminContext
from mockserver.app import Application, build
from mockserver.config import Settings
from mockserver.errors import ConfigurationError
from mockserver.http.endpoint import Endpoints
from mockserver.http.exchange import ASGIApp
from mockserver.http.outgoing.allowed_targets import is_own_url
from mockserver.http.outgoing.server_trust import PUBLIC, ServerTrust
from mockserver.proxy.proxy_application import Proxy
from mockserver.proxy.recording import Recorder, Recording, try_folder
from mockserver.proxy.upstream import Upstream
from mockserver.state.clock import Clock
from mockserver.state.storage import SessionStorage

NewClient = Callable[[float], httpx.AsyncClient]
"""Creates the HTTP client for the implementation, with a timeout in seconds for each step."""


def client_maker(trust: ServerTrust) -> NewClient:
    """A function that creates clients for an implementation with these TLS settings.

    Raises:
        ConfigurationError: files of the TLS settings cannot be used.
    """
    # No limit on connections: each open stream needs its own.
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
    context = trust.context()
    return lambda seconds: httpx.AsyncClient(
        verify=context, timeout=seconds, limits=limits, follow_redirects=False
    )


class ProxyMaker:
    """Builds applications that forward, and keeps what they recorded."""

    def __init__(
        self,
        url: str,
        *,
        strict: bool = False,
        folder: Path | None = None,
        new_client: NewClient | None = None,
    ) -> None:
        """Build applications that forward to a URL.

        Args:
            url: where the implementation is.
            strict: refuse what breaks the document.
            folder: gets what is recorded, as fixture files.
            new_client: creates the HTTP client; None trusts the public authorities.

        Raises:
            ConfigurationError: files cannot be written to the folder.
        """
        if folder is not None:
            try_folder(folder)
        self._url = url
        self._strict = strict
        self._new_client = new_client or client_maker(PUBLIC)
        self._recording = Recording(folder)

    def make(
        self, settings: Settings, clock: Clock | None = None, *, storage: SessionStorage | None = None
    ) -> Application:
        """See `mockserver.app.build`.

        Raises:
            ConfigurationError: the implementation is the proxy itself.
        """
        if is_own_url(self._url, settings.port):
            raise ConfigurationError(
                f"--upstream {self._url} is the address of this proxy itself: "
                "name the implementation's address, or give the proxy another --port."
            )
        return build(settings, clock, between=self._between, storage=storage)

    def _between(self, app: ASGIApp, *, context: AdminContext, endpoints: Endpoints) -> ASGIApp:
        settings = context.settings
        seconds = settings.body_seconds
        client = self._new_client(seconds)
        upstream = Upstream(self._url, client, settings.body_limit, seconds, settings.public_url)
        recorder = Recorder(context.services, context.sessions, self._recording, settings.session_bytes)
        return Proxy(app, endpoints, upstream, recorder, strict=self._strict, settings=settings)

    def write(self) -> list[Path]:
        """Write what was recorded since the last write; return the files."""
        recorder = self._recording.recorder
        return [] if recorder is None else asyncio.run(recorder.write())

    @property
    def unwritten(self) -> str | None:
        """Why a file could not be written, if one could not."""
        return self._recording.unwritten
