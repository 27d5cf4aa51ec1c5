"""Callbacks are sent as documented, to this machine or to hosts that were allowed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from tests.http.calling import Caller
from tests.resources.mocking import answering, build_mock, parameter, taking

from mockserver.behaviour.outgoing_requests import OutgoingRequest
from mockserver.http.outgoing.allowed_targets import AllowedTargets
from mockserver.http.outgoing.outbox import Outbox

JOB = {
    "type": "object",
    "required": ["id", "url"],
    "properties": {"id": {"type": "integer", "readOnly": True}, "url": {"type": "string"}},
}
EVENT = {
    "type": "object",
    "required": ["id", "event"],
    "properties": {"id": {"type": "integer"}, "event": {"type": "string", "enum": ["done"]}},
}


def document(expression: str) -> dict[str, Any]:
    """A document whose only operation creates jobs and calls back."""
    post = {
        "parameters": [parameter("host")],
        **taking(JOB),
        **answering(JOB, "201"),
        "callbacks": {"done": {expression: {"post": {**taking(EVENT), "responses": {}}}}},
    }
    reading = {"parameters": [parameter("id", "path", type="integer")], **answering(JOB)}
    return {"paths": {"/jobs": {"post": post}, "/jobs/{id}": {"get": reading}}}


class Listener:
    """Hears one request on a port of this machine."""

    def __init__(self) -> None:
        self.heard = asyncio.Event()
        self.request = b""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hear a request and answer it."""
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
        )
        self.request = head + await reader.readexactly(length)
        writer.write(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()
        self.heard.set()


def test_a_callback_reaches_this_machine(tmp_path: Path) -> None:
    """What was created is told to the URL that the request named."""
    application = build_mock(document("{$request.body#/url}/events"), tmp_path)

    async def story() -> bytes:
        listener = Listener()
        server = await asyncio.start_server(listener, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            await _post(application.asgi, {"url": f"http://127.0.0.1:{port}"})
            await asyncio.wait_for(listener.heard.wait(), 10)
        return listener.request

    head, _, body = asyncio.run(story()).partition(b"\r\n\r\n")

    assert head.startswith(b"POST /events HTTP/1.1")
    assert b"mockserver-sent: callback" in head.lower().split(b"\r\n")
    assert json.loads(body) == {"id": 11, "event": "done"}


async def _post(asgi: Any, body: dict[str, Any]) -> None:
    content = json.dumps(body).encode()
    fields = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
    scope = {"type": "http", "method": "POST", "scheme": "http", "path": "/jobs", "raw_path": b"/jobs"}

    async def receive() -> Any:
        return {"type": "http.request", "body": content}

    async def send(message: Any) -> None:
        assert message.get("status", 201) == 201

    await asgi({**scope, "query_string": b"", "headers": fields}, receive, send)


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("http://127.0.0.1:9/x", True),
        ("http://localhost/x", True),
        ("http://[::1]:8080/x", True),
        ("https://hooks.example.org/x", True),
        ("http://169.254.169.254/latest", False),
        ("http://10.0.0.1/", False),
        ("http://example.org/", False),
        ("http://127.0.0.1@example.org/", False),
        ("http://[bad/", False),
        ("file:///etc/passwd", False),
        ("localhost", False),
    ],
)
def test_requests_leave_for_allowed_hosts_only(url: str, sent: bool) -> None:
    """Loopback and named hosts are reached, everything else stays unsent."""
    reached: list[str] = []

    async def post(request: OutgoingRequest) -> int:
        reached.append(request.url)
        return 200

    outbox = Outbox(AllowedTargets(hosts=["hooks.example.org"]), post)

    outcome = asyncio.run(outbox.fire(OutgoingRequest("POST", url), "default"))

    assert reached == ([url] if sent else [])
    assert (outcome.status, outcome.reason is None) == ((200, True) if sent else (None, False))


def test_a_callback_that_fails_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """The other end's failure is a line in the log."""

    async def post(request: OutgoingRequest) -> int:
        raise OSError("nobody there")

    async def story() -> None:
        outbox = Outbox(None, post)
        await outbox.send([OutgoingRequest("POST", "http://localhost/")])
        async with asyncio.timeout(60):
            while "nobody there" not in caplog.text:
                await asyncio.sleep(0)

    asyncio.run(story())

    assert "nobody there" in caplog.text


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("$request.body#/url", "http://localhost/hook"),
        ("{$request.body#/url}?job={$response.body#/id}", "http://localhost/hook?job=11"),
        ("http://localhost/{$request.query.host}/{$statusCode}", "http://localhost/here/201"),
        ("http://localhost{$response.header.location}", "http://localhost/jobs/11"),
        ("http://localhost/{$method}", "http://localhost/POST"),
        ("http://localhost/{$request.query.undeclared}", "http://localhost/yes"),
        ("http://localhost/{$request.header.X-Hook}", "http://localhost/left"),
        ("/hooks/{$response.body#/id}", "http://mock.test/hooks/11"),
        ("{$request.path.nothing}", None),
        ("{$request.body#/nothing}", None),
    ],
)
def test_expressions_are_put_in(tmp_path: Path, expression: str, expected: str | None) -> None:
    """Runtime expressions take their values from the request and the answer."""

    async def post(request: OutgoingRequest) -> int:
        return 204

    outbox = Outbox(None, post)
    call = Caller(build_mock(document(expression), tmp_path, outbox).asgi)

    headers = {"x-hook": "left"}
    call("POST", "/jobs?host=here&undeclared=yes", {"url": "http://localhost/hook"}, headers=headers)

    sent = [entry.request.url for entry in asyncio.run(outbox.sent())]
    assert sent == ([] if expected is None else [expected])
