"""A proxy in front of an implementation that is a function."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from tests.http.calling import Caller

from mockserver.app import Application
from mockserver.config import Settings
from mockserver.proxy import ProxyMaker

Answers = Callable[[httpx.Request], httpx.Response]


class Rig:
    """Calls the proxy, and notes what reaches the implementation."""

    def __init__(
        self, answers: Answers, *, strict: bool = False, folder: Path | None = None, **settings: Any
    ) -> None:
        self.seen: list[httpx.Request] = []

        def answer(request: httpx.Request) -> httpx.Response:
            self.seen.append(request)
            response = answers(request)
            # As from a network: what is not read yet.
            return httpx.Response(response.status_code, headers=response.headers, stream=response.stream)

        self.maker = ProxyMaker(
            "http://upstream.test/base/",
            strict=strict,
            folder=folder,
            new_client=lambda _: httpx.AsyncClient(transport=httpx.MockTransport(answer)),
        )
        self.application: Application = self.maker.make(Settings(**{"auth": "any", **settings}))
        self.call = Caller(self.application.asgi, "real-token")

    @property
    def latest(self) -> dict[str, Any]:
        """The latest request of the journal."""
        entry: dict[str, Any] = self.call.as_(None)("GET", "/__admin/requests").json["requests"][0]
        return entry
