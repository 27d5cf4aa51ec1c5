"""Other faithful readings of the documented APIs: the reference backend, answering in another manner."""

from __future__ import annotations

import gzip
import http.client
import json
import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.check.serving import running

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_EMPTY = ("cancelled_at", "cancellation_reason", "interpreter_language", "session_ended_at")
_NO_URL = re.compile(rb'custom_\w+_url"(?:: "|\r\n\r\n)(?!http)')
_OPEN = re.compile(r"/api/v1/|/api/reservations/|/cancelar")
"""Paths whose errors have no documented body, apart from the statuses in `_TOLD`."""
_TOLD = {401, 403, 500}


@dataclass(frozen=True)
class Manner:
    """How a backend does what the pages leave open.

    Attributes:
        error: the media type and the body of an error without a documented one.
        statuses: which client errors it answers in place of others.
        moments: `strftime` format of a moment; empty leaves it.
        hours: its offset from UTC.
        unauthorized: what it says to a token that is not believed; empty leaves it.
        update: how it answers the update of a reservation, which the page only mentions; 0 leaves it, 200
            puts it into an envelope.
        has_more: whether it shows fields, header fields and nulls that nobody asked for.
        asks_for_urls: whether text is refused where a field is called a URL.
        coding: `gzip`, `chunked`, or nothing.
    """

    error: tuple[str, str] = ("application/json", '{"error": "x", "message": "x"}')
    statuses: Mapping[int, int] = field(default_factory=dict)
    moments: str = ""
    hours: int = 0
    unauthorized: str = ""
    update: int = 0
    has_more: bool = False
    asks_for_urls: bool = False
    coding: str = ""


MANNERS = {
    "pages": Manner(
        ("text/html; charset=utf-8", "<!DOCTYPE html><pre>x</pre>"),
        {422: 400, 415: 400, 405: 404},
        unauthorized="jwt malformed",
        update=404,
        has_more=True,
    ),
    "problems": Manner(
        ("application/problem+json", '{"title": "x"}'),
        {404: 400, 400: 422},
        moments="%Y-%m-%dT%H:%M:%S+02:00",
        hours=2,
        update=400,
        asks_for_urls=True,
        coding="chunked",
    ),
    "nothing": Manner(
        ("", ""), {415: 422}, moments="%Y-%m-%dT%H:%M:%S.%fZ", update=204, has_more=True, coding="gzip"
    ),
}


def _told(manner: Manner, status: int, path: str) -> bool:
    """Whether the pages show the body of this error."""
    if not _OPEN.search(path):
        return status in {400, 401, 403, 404}
    return "/cancelar" in path and status in _TOLD


def _shown(value: Any, manner: Manner) -> Any:
    if isinstance(value, dict):
        value = {name: _shown(entry, manner) for name, entry in value.items()}
        if manner.has_more:
            value |= {"version": 3}
            value |= {name: None for name in _EMPTY if "appointment_at" in value and name not in value}
        return value
    if isinstance(value, list):
        return [_shown(entry, manner) for entry in value]
    if manner.moments and isinstance(value, str) and _MOMENT.fullmatch(value):
        zone = timezone(timedelta(hours=manner.hours))
        return datetime.fromisoformat(value).astimezone(zone).strftime(manner.moments)
    return value


class _Reading(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, backend: str, manner: Manner) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.backend = urlsplit(backend).netloc
        self.manner = manner


class _Handler(BaseHTTPRequestHandler):
    server: _Reading
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def setup(self) -> None:
        """Keep a connection to the backend as long as the client keeps its own."""
        super().setup()
        self._backend = http.client.HTTPConnection(self.server.backend, timeout=10)

    def finish(self) -> None:
        """Close both connections."""
        self._backend.close()
        super().finish()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        manner = self.server.manner
        status, headers, content = self._answer(body)
        if status >= 400 and not _told(manner, status, self.path):
            status = manner.statuses.get(status, status)
            content, headers["Content-Type"] = manner.error[1].encode(), manner.error[0]
        elif status == 401 and manner.unauthorized:
            content = json.dumps(dict.fromkeys(json.loads(content), manner.unauthorized)).encode()
        elif content:
            content = json.dumps(_shown(json.loads(content), manner)).encode()
        self._reply(status, headers, content)

    def _answer(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """What the backend answers, and what of it is kept."""
        manner = self.server.manner
        if manner.asks_for_urls and not self.path.endswith("/cancel") and _NO_URL.search(body):
            return 422, {}, b"{}"
        names = ("Authorization", "Content-Type")
        sent = {name: self.headers[name] for name in names if name in self.headers}
        self._backend.request(self.command, self.path, body or None, sent)
        response = self._backend.getresponse()
        content, status = response.read(), response.status
        if manner.update and self.path.startswith("/api/reservations/") and status == 200:
            wrapped = b'{"reservation": %s}' % content if manner.update == 200 else b""
            return manner.update, {"Content-Type": "application/json"} if wrapped else {}, wrapped
        kept = ("Content-Type", "Allow")
        return status, {name: response.headers[name] for name in kept if name in response.headers}, content

    def _reply(self, status: int, headers: dict[str, str], content: bytes) -> None:
        manner = self.server.manner
        if content and manner.coding == "gzip":
            content, headers["Content-Encoding"] = gzip.compress(content), "gzip"
        if manner.has_more:
            headers |= {"X-Request-Id": "7", "Set-Cookie": "s=1; Path=/", "Cache-Control": "no-store"}
        is_chunked = bool(content) and manner.coding == "chunked" and self.command != "HEAD"
        if is_chunked:
            headers |= {"Transfer-Encoding": "chunked", "Connection": "close"}
        elif status != 204:
            headers["Content-Length"] = str(len(content))
        self.send_response(status)
        for name, value in headers.items():
            if value:
                self.send_header(name.lower() if manner.has_more else name, value)
        self.end_headers()
        if is_chunked:
            content = b"%x\r\n%s\r\n0\r\n\r\n" % (len(content), content)
        if self.command != "HEAD" and status != 204:
            self.wfile.write(content)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Say nothing."""


def reading(backend: str, manner: Manner) -> AbstractContextManager[str]:
    """Run a backend in another manner for as long as it is needed."""
    return running(_Reading(backend, manner))
