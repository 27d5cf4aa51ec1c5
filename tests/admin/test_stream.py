"""The live stream of requests: as they come, after a break, when they are forgotten."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.admin.desks import Desk
from tests.http.records import CITA

from mockserver.app import build
from mockserver.config import Settings
from mockserver.state.clock import FrozenClock
from mockserver.state.storage import completed


class _Watcher:
    """Somebody who listens to the stream of requests."""

    def __init__(self, desk: Desk, query: str = "", last: bytes | None = None) -> None:
        self._desk = desk
        self._gone = asyncio.Event()
        self._some = asyncio.Event()
        self.text = ""
        self.started: Any = None
        headers = [(b"host", b"mock.test")] + ([(b"last-event-id", last)] if last else [])
        path = "/__admin/requests/stream"
        scope: Any = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode()}
        scope |= {"query_string": query.encode(), "headers": headers}
        self.task = asyncio.ensure_future(desk.application.asgi(scope, self._receive, self._send))

    async def _receive(self) -> Any:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.started = message
        self.text += message.get("body", b"").decode()
        self._some.set()

    async def until(self, text: str) -> None:
        """Wait until something was sent."""
        async with asyncio.timeout(10):
            while text not in self.text:
                self._some.clear()
                await self._some.wait()

    async def leave(self) -> None:
        """Go away."""
        self._gone.set()
        await self.task

    @property
    def events(self) -> list[Any]:
        """The requests that were told of."""
        return [json.loads(line[6:]) for line in self.text.splitlines() if line.startswith("data: {")]


async def _put(desk: Desk, path: str = CITA, session: bytes = b"default") -> None:
    scope: Any = {
        "type": "http",
        "method": "PUT",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
    }
    scope["headers"] = [(b"authorization", b"Bearer asistente-token"), (b"x-mock-session", session)]

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        pass

    await desk.application.asgi(scope, receive, send)


def _run(story: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(20):
            await story()

    asyncio.run(bounded())


def test_requests_are_told_of_as_they_come(desk: Desk) -> None:
    """As server-sent events, each with its number; one who leaves is forgotten."""

    async def story() -> None:
        watcher = _Watcher(desk)
        await watcher.until("retry")
        await _put(desk)
        await _put(desk, "/nowhere")
        await watcher.until("-2\n")
        await watcher.leave()
        assert dict(watcher.started["headers"])[b"content-type"].startswith(b"text/event-stream")
        assert [event["number"] for event in watcher.events] == [1, 2]
        assert desk.application.journal.listeners == 0

    _run(story)


def test_a_watcher_of_one_session_is_told_of_no_other(desk: Desk) -> None:
    """Asked for by name."""

    async def story() -> None:
        watcher = _Watcher(desk, "session=mine")
        await watcher.until("retry")
        await _put(desk)
        await _put(desk, session=b"mine")
        await watcher.until("-2\n")
        await watcher.leave()
        assert [event["session"] for event in watcher.events] == ["mine"]

    _run(story)


def test_a_watcher_who_was_away_catches_up(desk: Desk) -> None:
    """From the last one it was told of."""

    async def story() -> None:
        for _ in range(3):
            await _put(desk)
        watcher = _Watcher(desk, last=b"1")
        await watcher.until("-3\n")
        await watcher.leave()
        assert [event["number"] for event in watcher.events] == [2, 3]

    _run(story)


@pytest.mark.parametrize(
    ("limit", "requests", "last", "told", "missed"),
    [
        (1_000, 3, b"500", [1, 2, 3], ""),
        (1_000, 510, b"5", [*range(11, 511)], "event: missed\ndata: 5\n"),
        (10, 30, b"5", [*range(21, 31)], "event: missed\ndata: 15\n"),
    ],
    ids=["the journal began anew", "more than are sent at once", "some were dropped"],
)
def test_a_watcher_who_was_away_is_told_what_it_missed(
    limit: int, requests: int, last: bytes, told: list[int], missed: str
) -> None:
    """Nothing is left out in silence."""
    desk = Desk(build(Settings(journal_limit=limit)), FrozenClock(datetime(2026, 3, 2, tzinfo=UTC)), [])

    async def story() -> None:
        for _ in range(requests):
            await _put(desk, "/nowhere")
        watcher = _Watcher(desk, last=last)
        await watcher.until(f"-{requests}\n")
        await watcher.leave()
        assert [event["number"] for event in watcher.events] == told
        assert missed in watcher.text
        assert watcher.text.count("missed") == (1 if missed else 0)

    _run(story)


@pytest.mark.parametrize("query", ["session=*", "session=default"])
def test_a_watcher_is_told_when_requests_are_forgotten(desk: Desk, query: str) -> None:
    """A list that is shown somewhere has to be read again; the numbers go on."""

    async def story() -> None:
        await _put(desk)
        watcher = _Watcher(desk, query)
        await watcher.until("retry")
        await desk.application.journal.remove()
        await watcher.until("event: forgotten")
        await _put(desk)
        await watcher.until("-2\n")
        await watcher.leave()

    _run(story)


def test_a_watcher_of_the_default_session_is_told_of_no_other(desk: Desk) -> None:
    """Where it is asked for by name, as in a search."""

    async def story() -> None:
        watcher = _Watcher(desk, "session=default")
        await watcher.until("retry")
        await _put(desk, session=b"mine")
        await _put(desk)
        await watcher.until("-2\n")
        await watcher.leave()
        assert [event["session"] for event in watcher.events] == ["default"]

    _run(story)


def test_a_server_that_stops_lets_watchers_go(desk: Desk) -> None:
    """It does not wait for them."""

    async def story() -> None:
        watcher = _Watcher(desk)
        await watcher.until("retry")
        desk.application.journal.close()
        await watcher.task

    _run(story)


def test_a_stream_has_no_body_for_head(desk: Desk) -> None:
    """And so it ends."""
    answer = desk.call("HEAD", "requests/stream")

    assert (answer.status, answer.body) == (200, b"")
    assert (answer.header("content-type") or "").startswith("text/event-stream")


def test_only_so_many_watch_at_once(desk: Desk) -> None:
    """Input is bounded; nonsense in `Last-Event-ID` is refused."""
    for _ in range(50):
        completed(desk.application.journal.listen())

    assert desk.call("GET", "requests/stream").status == 400
    desk.application.journal.close()


def test_a_slow_watcher_is_told_how_much_it_missed(desk: Desk) -> None:
    """The journal is bounded."""

    async def story() -> None:
        listener = await desk.application.journal.listen()
        for _ in range(1_010):
            await _put(desk, "/nowhere")
        assert (len(await listener.next(1)), listener.missed) == (1_000, 10)
        assert await listener.next(0.001) == []
        listener.close()

    _run(story)


def test_a_replay_tells_the_number_of_its_own_request() -> None:
    """Whatever comes while it is under way."""

    async def sleep(seconds: float) -> None:
        await _put(desk, "/nowhere")

    clock = FrozenClock(datetime(2026, 3, 2, tzinfo=UTC))
    desk = Desk(build(Settings(), clock, sleep), clock, [])
    desk.cancel_cita()
    desk.call("POST", "faults", json={"kind": "delay", "api": "citas"})

    told = desk.call("POST", "requests/1/replay").json

    entries = {entry["number"]: entry["path"] for entry in desk.call("GET", "requests").json["requests"]}
    assert len(entries) == 3
    assert (entries[told["number"]], told["status"]) == (CITA, 200)


def test_a_watcher_is_told_of_a_restart(desk: Desk) -> None:
    """Each run of the server has a name; ids of another run skip no requests."""

    async def story() -> None:
        await _put(desk)
        await _put(desk)
        before = _Watcher(desk)
        await before.until("event: run")
        other = Desk(build(Settings()), desk.clock, [])
        await _put(other)
        await _put(other)
        after = _Watcher(other, last=f"{desk.application.journal.run}-1".encode())
        await after.until("-2\n")
        await before.leave()
        await after.leave()
        assert f"data: {desk.application.journal.run}" in before.text
        assert f"data: {other.application.journal.run}" in after.text
        assert desk.application.journal.run != other.application.journal.run
        assert [event["number"] for event in after.events] == [1, 2]

    _run(story)
