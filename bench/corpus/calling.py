"""Send a request to an application in process, and keep what it answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from bench.corpus.requests import Request
from mockserver.server.application import Application


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body's value; None when it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def fields(self) -> Any:
        """The body's value, of XML its elements as fields; None where it is neither."""
        if not self.body.startswith(b"<"):
            return self.json()
        try:
            root = ET.fromstring(self.body)  # noqa: S314  the mock wrote it
        except ET.ParseError:
            return None
        return _fields(root)


def _fields(element: ET.Element) -> Any:
    """An element's fields: those of one name are a list."""
    if not len(element):
        return element.text or ""
    found: dict[str, list[Any]] = {}
    for inner in element:
        found.setdefault(inner.tag.rpartition("}")[2], []).append(_fields(inner))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


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
