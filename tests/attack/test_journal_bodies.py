"""Bodies in the journal: kept whatever was answered, within their limits, without holding an answer back."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import httpx
import pytest
from tests.http.calling import Caller
from tests.http.records import APPOINTMENT, CITA

from mockserver.app import Application, build
from mockserver.check.target.hosting import serving
from mockserver.config import Settings
from mockserver.state.clock import FrozenClock

BODY = b'{"duration_in_minutes": 45}'


@pytest.fixture
def agent(own: Application) -> Caller:
    """Somebody who may update appointments, at a server of this test alone."""
    return Caller(own.asgi, "agent-token")


def _entries(call: Caller) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = call("GET", "/__admin/requests?session=*").json["requests"]
    return entries


@pytest.mark.parametrize(
    ("method", "path", "token", "status"),
    [
        ("PATCH", APPOINTMENT, "nobody", 401),
        ("PATCH", APPOINTMENT, "read-only-token", 403),
        ("PATCH", "/nowhere", "agent-token", 404),
        ("POST", CITA, "agent-token", 405),
        ("PUT", CITA, "asistente-token", 200),  # takes no body
        ("OPTIONS", APPOINTMENT, "agent-token", 204),
        ("PATCH", APPOINTMENT, "agent-token", 415),
    ],
)
@pytest.mark.parametrize("content", [BODY, [BODY[:9], BODY[9:]]])
def test_the_body_is_kept_whatever_is_answered(
    agent: Caller, method: str, path: str, token: str, status: int, content: Any
) -> None:
    """Nothing has read the body when the answer is given."""
    media_type = "text/csv" if status == 415 else "application/json"

    headers = {"transfer-encoding": "chunked"} if isinstance(content, list) else {}

    answer = agent.as_(token)(method, path, content=content, media_type=media_type, headers=headers)

    (entry,) = _entries(agent)
    assert (answer.status, entry["body"]) == (status, BODY.decode())
    assert "truncated" not in entry


@pytest.mark.parametrize(
    ("target", "given"),
    [
        ("faults", {"kind": "status", "status": 503}),
        ("faults", {"kind": "cut", "operation": "patchAppointmentById"}),
        ("answers", {"api": "sqod", "operation": "patchAppointmentById", "status": 401}),
    ],
)
@pytest.mark.parametrize("token", ["agent-token", "nobody"])
def test_the_body_is_kept_for_faults_and_forced_answers(
    agent: Caller, target: str, given: dict[str, Any], token: str
) -> None:
    """They come before the body is needed, too."""
    agent("POST", f"/__admin/{target}", given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Caller, "_hold_to_http", lambda *_: None)  # a fault breaks HTTP
        agent.as_(token)("PATCH", APPOINTMENT, content=BODY, media_type="application/json")

    (entry,) = _entries(agent)
    assert entry["body"] == BODY.decode()


def test_a_refused_body_that_is_too_large_is_kept_in_part(clock: FrozenClock) -> None:
    """As much as the journal keeps; the length is the announced one, and unknown when none is."""
    call = Caller(build(Settings(body_limit=1_000, journal_body_limit=100), clock).asgi, "agent-token")
    call("PATCH", APPOINTMENT, content=b"x" * 2_000, media_type="application/json")
    chunks, fields = [b"x" * 600] * 3, {"transfer-encoding": "chunked"}
    call("PATCH", APPOINTMENT, content=chunks, media_type="application/json", headers=fields)

    chunked, announced = _entries(call)

    assert (announced["status"], announced["body"], announced["truncated"]["body"]) == (413, "x" * 100, 2_000)
    assert (chunked["status"], chunked["body"], chunked["truncated"]["body"]) == (413, "x" * 100, -1)


def test_the_bodies_of_the_oldest_requests_are_dropped_first(clock: FrozenClock) -> None:
    """All sessions together; the requests stay, and say that their bodies are not whole."""
    call = Caller(build(Settings(journal_body_limit=1_000, journal_bytes=5_000), clock).asgi)
    for number in range(8):
        call.in_(f"s{number}")("POST", "/nowhere", content=b"%d" % number * 2_000, media_type="text/plain")

    entries = _entries(call)

    assert [entry["number"] for entry in entries] == [8, 7, 6, 5, 4, 3, 2, 1]
    assert sum(len(entry["body"]) + len(entry["answer"]) for entry in entries) <= 5_000
    assert len(entries[0]["body"]) == 1_000
    assert (entries[-1]["body"], entries[-1]["answer"]) == ("", "")
    assert entries[-1]["truncated"]["body"] == 2_000
    assert entries[-1]["truncated"]["answer"] > 0
    assert call("POST", "/__admin/requests/1/replay").status == 409
    assert call("GET", "/__admin/requests/export?format=curl&session=*").body.startswith(
        b"# 1 POST /nowhere: 'only"
    )


def test_the_bound_holds_when_requests_are_dropped_and_forgotten(clock: FrozenClock) -> None:
    """What left the journal no longer counts."""
    limits = Settings(journal_limit=3, journal_body_limit=1_000, journal_bytes=10_000)
    call = Caller(build(limits, clock).asgi)
    for number in range(20):
        call.in_("a" if number % 2 else "b")("POST", "/nowhere", content=b"x" * 900, media_type="text/plain")
    call("DELETE", "/__admin/requests?session=a")
    for _ in range(3):
        call.in_("b")("POST", "/nowhere", content=b"y" * 900, media_type="text/plain")

    assert [entry["body"] for entry in _entries(call)] == ["y" * 900] * 3


def _request(head: bytes) -> bytes:
    return b"PATCH %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n" % (APPOINTMENT.encode(), head)


async def _answered(application: Application, *, expect: bool = False) -> tuple[bool, list[Any]]:
    """Refuse a request whose body never comes; whether it was asked for, and the answer when it was sent."""
    sent: list[Any] = []
    asked = asyncio.Event()
    complete = asyncio.Event()

    async def receive() -> Any:
        asked.set()
        await complete.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    fields = [(b"host", b"localhost"), (b"content-length", b"500")]
    fields += [(b"expect", b"100-continue")] if expect else []
    scope: Any = {"type": "http", "method": "PATCH", "path": APPOINTMENT, "raw_path": APPOINTMENT.encode()}
    task = asyncio.ensure_future(
        application.asgi({**scope, "query_string": b"", "headers": fields}, receive, send)
    )
    waiting = asyncio.ensure_future(asked.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    before = list(sent)
    waiting.cancel()
    complete.set()
    await task
    return asked.is_set(), before


def test_an_answer_does_not_wait_for_a_body_that_never_comes(own: Application) -> None:
    """The whole answer is sent before the first byte of the body is waited for."""
    asked, (start, body) = asyncio.run(_answered(own))

    assert asked
    assert start["status"] == 401
    assert dict(start["headers"])[b"content-length"] == b"%d" % len(body["body"])
    assert _entries(Caller(own.asgi))[0]["truncated"] == {"body": 500}


def test_a_client_that_waits_to_be_asked_is_not_asked(own: Application) -> None:
    """100 Continue would invite the body of a request that is refused."""
    asked, messages = asyncio.run(_answered(own, expect=True))

    assert not asked
    assert messages[0]["status"] == 401


def test_a_body_in_another_segment_than_its_head_is_kept() -> None:
    """Many clients send the two apart; the connection goes on afterwards."""
    with serving(Settings()) as url, httpx.Client(base_url=url, timeout=20) as client:
        port = int(url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(_request(b"Content-Length: %d\r\n" % len(BODY)))
            head = connection.recv(65_536)
            connection.sendall(BODY)
            connection.sendall(_request(b"Connection: close\r\n"))
            following = b"".join(iter(lambda: connection.recv(65_536), b""))
        entries = client.get("/__admin/requests").json()["requests"]

    assert head.startswith(b"HTTP/1.1 401")
    assert following.count(b"HTTP/1.1 401") == 1
    assert [entry["body"] for entry in entries] == ["", BODY.decode()]
