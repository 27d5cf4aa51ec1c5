"""Send a request to an application in process, and keep what it answers."""

from __future__ import annotations

from typing import Any

from bench.answer import Answer
from bench.corpus.requests import Request
from mockserver.app import Application


async def call(application: Application, request: Request, session: str) -> Answer:
    """Send a request in a session of its own: what one deletes, the next must still find."""
    headers = {**request.headers, "x-mock-session": session}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": request.path,
        "raw_path": request.path.encode(),
        "query_string": request.query_string,
        "headers": [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": request.body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await application.asgi(scope, receive, send)
    found = {name.decode(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:]))
