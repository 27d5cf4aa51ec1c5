"""Run a server of the standard library's for as long as a test needs it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """A request as a small server sees it; names of header fields in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Told:
    """The answer of a small server; a `value` is sent as JSON, None as nothing, bytes as they are."""

    status: int
    value: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs_up: bool = False


@contextmanager
def running(server: HTTPServer) -> Iterator[str]:
    """Answer on a thread of its own; gives the URL."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def small(answer: Callable[[Asked], Told]) -> AbstractContextManager[str]:
    """A server that answers each request as a function says."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path, _, query = self.path.partition("?")
            fields = {name.lower(): value for name, value in self.headers.items()}
            told = answer(Asked(self.command, path, query, fields, body))
            if told.hangs_up:
                self.close_connection = True
                return
            content = told.value if isinstance(told.value, bytes) else json.dumps(told.value).encode()
            content = b"" if told.value is None else content
            headers = dict(told.headers)
            if content:
                headers.setdefault("Content-Type", "application/json")
            if told.status != 204:
                headers["Content-Length"] = str(len(content))
            self.send_response(told.status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD" and told.status != 204:
                self.wfile.write(content)

        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):
                return self._serve
            raise AttributeError(name)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    return running(server)
