"""A thread writes an export: other requests are served meanwhile, and it shows one moment."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from tests.http.calling import exchange, scope_of

from mockserver.admin.coverage import coverage_of
from mockserver.admin.exports import export
from mockserver.admin.fixture_file import write_fixture
from mockserver.admin.handlers import catalogue_handlers, record_handlers, traffic_handlers
from mockserver.admin.journal_views import whole
from mockserver.admin.sample_requests import SampleRequests
from mockserver.app import Application
from mockserver.state.storage import completed

_FIELDS = [(b"host", b"localhost")]


async def _get(own: Application, target: str) -> Any:
    return await exchange(own.asgi, scope_of("GET", f"/__admin/{target}", _FIELDS), [b""])


def _wait_for(served: threading.Event, write: Callable[..., Any]) -> Callable[..., Any]:
    def waiting(*arguments: Any, **named: Any) -> Any:
        assert served.wait(60), "nothing else was served while the export was written"
        return write(*arguments, **named)

    return waiting


@pytest.mark.parametrize(
    "target",
    [
        "requests/export?format=curl",
        "requests/export?format=har",
        "requests/export?format=pytest",
        "export/citas",
        "state/citas/citas",
        "coverage",
        "requests",
        "requests/1",
        "apis/citas/operations/cancelarCita",
    ],
)
def test_other_requests_are_served_while_an_export_is_written(
    own: Application, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The export goes on when another request has been answered, and not before."""
    served = threading.Event()
    monkeypatch.setattr(traffic_handlers, "export", _wait_for(served, export))
    monkeypatch.setattr(traffic_handlers, "whole", _wait_for(served, whole))
    monkeypatch.setattr(catalogue_handlers, "SampleRequests", _wait_for(served, SampleRequests))
    monkeypatch.setattr(traffic_handlers, "coverage_of", _wait_for(served, coverage_of))
    monkeypatch.setattr(record_handlers, "write_fixture", _wait_for(served, write_fixture))
    monkeypatch.setattr(record_handlers, "encoded_list", _wait_for(served, record_handlers.encoded_list))

    async def both() -> tuple[Any, Any]:
        await exchange(own.asgi, scope_of("GET", "/unknown", _FIELDS), [b""])
        exported = asyncio.create_task(_get(own, target))
        await asyncio.sleep(0)
        other = await _get(own, "health")
        served.set()
        return await exported, other

    exported, other = asyncio.run(both())

    assert (exported.status, other.status) == (200, 200)


def test_an_export_has_the_records_of_the_moment_it_was_asked_for(
    own: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is changed while it is written is not in it."""
    changed = threading.Event()
    monkeypatch.setattr(record_handlers, "write_fixture", _wait_for(changed, write_fixture))
    place = ("citas", "citas")
    sessions = own.sessions
    known = completed(sessions.run("default", lambda session: session.get(place, "1"))) or {}
    record = {**known, "estado": "before"}
    completed(sessions.run("default", lambda session: session.put(place, "1", record)))

    async def export_and_change() -> Any:
        export = asyncio.create_task(_get(own, "export/citas"))
        # It has taken its records once its writer waits in the thread.
        for _ in range(20):
            await asyncio.sleep(0)
        after = {**record, "estado": "after"}
        await sessions.run("default", lambda session: session.put(place, "1", after))
        changed.set()
        return await export

    text = asyncio.run(export_and_change()).body.decode()

    assert "estado: before" in text
    assert "estado: after" not in text


def test_a_large_export_is_sent_in_pieces(own: Application) -> None:
    """So that writing it to the connection does not hold up others; together they are the whole file."""
    texts = [f"{number} " + "x" * 60_000 for number in range(30)]
    pieces: list[bytes] = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            pieces.append(message["body"])

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def export() -> None:
        for text in texts:
            fields = [*_FIELDS, (b"content-length", b"%d" % len(text))]
            await exchange(own.asgi, scope_of("POST", "/unknown", fields), [text.encode()])
        scope = {
            **scope_of("GET", "/__admin/requests/export", _FIELDS),
            "query_string": b"format=har&limit=100",
        }
        await own.asgi(scope, receive, send)

    asyncio.run(export())

    assert len(pieces) > 5
    assert max(map(len, pieces)) <= 256 * 1024
    archive = json.loads(b"".join(pieces))
    assert [entry["request"]["postData"]["text"] for entry in archive["log"]["entries"]] == texts
