"""A client that speaks to the reference backend and notes what it answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

NOW = "now"
MOMENT_OF_CALL = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Call:
    """One request."""

    method: str
    path: str
    authorization: str | None = None
    body: bytes | None = None
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What of an answer is compared; times of the call itself read `now`. The text tells 1 from true."""

    status: int
    headers: Mapping[str, str | None]
    body: Any
    text: str


class Client:
    """A connection that is kept open."""

    def __init__(self, url: str) -> None:
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=10)

    def send(self, call: Call) -> Outcome:
        """Send one request."""
        headers = {"Authorization": call.authorization, "Content-Type": call.media_type}
        present = {name: value for name, value in headers.items() if value is not None}
        self._connection.request(call.method, call.path, body=call.body, headers=present)
        response = self._connection.getresponse()
        body = _parsed(response.read().decode())
        noted = {name: response.headers.get(name) for name in ("Content-Type", "Allow", "WWW-Authenticate")}
        return Outcome(response.status, noted, body, json.dumps(body))

    def reset(self, fault: str | None = None) -> None:
        """Restore the seed with this fault on, or none."""
        outcome = self.send(
            Call("POST", "/__reset", None, json.dumps({"fault": fault}).encode(), "application/json")
        )
        assert outcome.status == 200, outcome

    def play(self, calls: Iterable[Call], fault: str | None = None) -> list[Outcome]:
        """Send requests one after another to a fresh backend."""
        self.reset(fault)
        return [self.send(call) for call in calls]

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def _parsed(text: str) -> Any:
    try:
        body = json.loads(text)
    except ValueError:
        return text
    data = body.get("data") if isinstance(body, dict) else None
    if isinstance(data, dict) and _is_now(data.get("cancelled_at")):
        data["cancelled_at"] = NOW
    return body


def _is_now(text: str | None) -> bool:
    return bool(text) and abs(datetime.now(UTC) - datetime.fromisoformat(str(text))) < MOMENT_OF_CALL
