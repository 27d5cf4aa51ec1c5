"""Call an application in process, as raw ASGI: no sockets, and every byte as the test wrote it."""

from __future__ import annotations

import asyncio
import atexit
import contextvars
import json
from collections.abc import Awaitable, Coroutine, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import unquote

from mockserver.http.exchange import ASGIApp

_NOTHING = object()
_RUNNER = asyncio.Runner()
atexit.register(_RUNNER.close)
Result = TypeVar("Result")
Fields = Mapping[str, str] | Iterable[tuple[str, str]]


def run(call: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine on the one event loop that all calls of a test share, as requests to a server do."""
    return _RUNNER.run(call, context=contextvars.copy_context())


@dataclass(frozen=True)
class Answer:
    """What came back: header names in lower case, in their order."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        """The one header field of this name, or None; two of a name are a mistake."""
        values = [value for known, value in self.headers if known == name]
        assert len(values) < 2, f"{name} stands {len(values)} times"
        return values[0] if values else None

    @property
    def pointers(self) -> list[str]:
        """Where a problem says that something is wrong."""
        return [entry.get("pointer", entry.get("parameter")) for entry in self.json["errors"]]


class Caller:
    """Calls one application, in one session, as one identity.

    Every answer is held to HTTP, and one that blames the mock itself fails the test at once.
    """

    def __init__(
        self, asgi: ASGIApp, token: str | None = None, session: str | None = None, *, defects: bool = False
    ) -> None:
        self.asgi = asgi
        self.token = token
        self.session = session
        self._defects = defects

    def as_(self, token: str | None) -> Caller:
        """The same with another token."""
        return Caller(self.asgi, token, self.session, defects=self._defects)

    def in_(self, session: str | None) -> Caller:
        """The same in another session."""
        return Caller(self.asgi, self.token, session, defects=self._defects)

    def seeing_defects(self) -> Caller:
        """The same, for tests of what happens when the mock itself is broken."""
        return Caller(self.asgi, self.token, self.session, defects=True)

    def __call__(
        self,
        method: str,
        target: str,
        json: Any = _NOTHING,
        *,
        content: bytes | list[bytes] = b"",
        media_type: str | None = None,
        headers: Fields = (),
    ) -> Answer:
        """Send one request; `content` as a list arrives in that many pieces, without Content-Length."""
        pieces = list(content) if isinstance(content, list) else [content]
        if json is not _NOTHING:
            pieces = [_dumps(json)]
            media_type = media_type or "application/json"
        fields = self._fields(headers, media_type)
        if pieces != [b""] and not isinstance(content, list):
            fields.append((b"content-length", b"%d" % len(pieces[0])))
        answer = run(exchange(self.asgi, scope_of(method, target, fields), pieces))
        self._hold_to_http(method, answer)
        return answer

    def _fields(self, headers: Fields, media_type: str | None) -> list[tuple[bytes, bytes]]:
        pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
        names = {name.lower() for name, _ in pairs}
        if self.token is not None and "authorization" not in names:
            pairs.append(("authorization", f"Bearer {self.token}"))
        if self.session is not None and "x-mock-session" not in names:
            pairs.append(("x-mock-session", self.session))
        if media_type is not None:
            pairs.append(("content-type", media_type))
        if "host" not in names:
            pairs.append(("host", "mock.test"))
        return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in pairs]

    def _hold_to_http(self, method: str, answer: Answer) -> None:
        if not self._defects:
            assert b"bug in the mock" not in answer.body.lower(), answer.body.decode()
        if answer.status == 204:
            assert answer.body == b""
            assert answer.header("content-length") is None
            assert answer.header("content-type") is None
        elif method == "HEAD" or answer.status == 304:
            assert answer.body == b""
        else:
            assert answer.header("content-length") == str(len(answer.body))
        if answer.status == 401:
            assert answer.header("www-authenticate")
        if answer.status == 405:
            assert answer.header("allow")
        if method != "HEAD" and (answer.header("content-type") or "").endswith(("/json", "+json")):
            assert answer.json is not _NOTHING


async def finish(call: Awaitable[None]) -> None:
    """Make a coroutine of whatever an application returns."""
    await call


def _dumps(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def scope_of(method: str, target: str, fields: list[tuple[bytes, bytes]]) -> MutableMapping[str, Any]:
    """The ASGI scope of a request; `target` is the path and the query, percent-encoded."""
    path, _, query = target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "http",
        "method": method,
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": fields,
        "client": ("127.0.0.1", 50000),
        "server": ("mock.test", 80),
        "extensions": {},
    }


async def exchange(asgi: ASGIApp, scope: MutableMapping[str, Any], pieces: list[bytes]) -> Answer:
    """Send a request whose body comes in these pieces, and take the answer."""
    left: Iterator[bytes] = iter(pieces)
    count = len(pieces)
    sent: list[MutableMapping[str, Any]] = []
    received = 0

    async def receive() -> MutableMapping[str, Any]:
        nonlocal received
        received += 1
        if received > count:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": next(left), "more_body": received < count}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await asgi(scope, receive, send)
    start, *rest = sent
    assert start["type"] == "http.response.start"
    assert not [message for message in rest if message["type"] != "http.response.body"]
    assert all(name == name.lower() for name, _ in start["headers"])
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"])
    return Answer(start["status"], headers, b"".join(message.get("body", b"") for message in rest))
