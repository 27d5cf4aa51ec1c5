"""Faults: what each does to an answer, how often, and that it strikes nobody else."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.admin.desks import Desk
from tests.http.records import CITA, RESERVATION

from mockserver.state.storage import completed


def _set(desk: Desk, session: str | None = None, **fault: Any) -> dict[str, Any]:
    answer = desk.call("POST", "faults", session, fault)
    assert answer.status == 201, answer.body
    told: dict[str, Any] = answer.json
    return told


def _messages(
    desk: Desk, method: str = "PUT", path: str = CITA, token: bytes = b"asistente-token"
) -> list[Any]:
    """What a server would be told to send for one request."""
    sent: list[Any] = []
    scope: Any = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
    }
    scope["headers"] = [(b"authorization", b"Bearer " + token)]

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    async def serve() -> None:
        await desk.application.asgi(scope, receive, send)

    asyncio.run(serve())
    return sent


def test_a_status_is_answered_and_nothing_is_done(desk: Desk) -> None:
    """Before the operation is reached; the record stays."""
    _set(desk, kind="status", status=503)

    assert (desk.cancel_cita().status, desk.cancel_cita(token=None).status) == (503, 503)
    assert desk.call("GET", "state/citas/citas/1").json["estado"] == "confirmada"


@pytest.mark.parametrize("status", [204, 304, 299, 499, 520, 599])
def test_any_status_is_answered(desk: Desk, status: int) -> None:
    """One that nobody has registered too; where HTTP has no body for it, there is none."""
    _set(desk, kind="status", status=status)

    start, body = _messages(desk)

    assert (start["status"], body["body"] == b"") == (status, status in {204, 304})


def test_faults_strike_together(desk: Desk) -> None:
    """A status comes late, and cut, whichever was set first."""
    _set(desk, kind="status", status=503)
    _set(desk, kind="delay", delay={"milliseconds": 300})
    _set(desk, kind="cut")

    start, body = _messages(desk)

    assert (start["status"], body["more_body"], desk.slept) == (503, True, [0.3])
    (entry,) = desk.call("GET", "requests").json["requests"]
    assert (entry["status"], entry["faults"]) == (503, ["status", "delay", "cut"])


def test_an_empty_answer(desk: Desk) -> None:
    """The status is right, the body is not there."""
    _set(desk, kind="empty")

    start, body = _messages(desk)

    assert (start["status"], body["body"], dict(start["headers"])[b"content-length"]) == (200, b"", b"0")


def test_a_malformed_answer(desk: Desk) -> None:
    """It stops in the middle, and its length does not give it away."""
    _set(desk, kind="malformed")
    start, body = _messages(desk)

    assert (start["status"], body["body"][:1]) == (200, b"{")
    assert not body["body"].endswith(b"}")
    assert dict(start["headers"])[b"content-length"] == b"%d" % len(body["body"])


def test_an_answer_of_the_wrong_type(desk: Desk) -> None:
    """JSON, and no object."""
    _set(desk, kind="wrong_type")

    assert isinstance(desk.cancel_cita().json, str)


def test_an_answer_under_the_wrong_media_type(desk: Desk) -> None:
    """The body is what it was."""
    _set(desk, kind="wrong_media_type")

    answer = desk.cancel_cita()

    assert (answer.header("content-type"), answer.body[:1]) == ("text/html; charset=utf-8", b"{")


@pytest.mark.parametrize("kind", ["malformed", "wrong_type", "wrong_media_type"])
def test_where_there_is_no_body_there_is_one(desk: Desk, kind: str) -> None:
    """A 204 cannot be spoilt otherwise."""
    _set(desk, kind=kind, api="reservations")

    start, body = _messages(desk, "DELETE", RESERVATION, b"patient-token")

    assert start["status"] == 200
    assert body["body"]


def test_a_connection_is_cut(desk: Desk) -> None:
    """Less is sent than was promised, and no end."""
    _set(desk, kind="cut")

    start, body = _messages(desk)

    assert int(dict(start["headers"])[b"content-length"]) > len(body["body"])
    assert body["more_body"] is True


def test_a_slow_body_comes_in_pieces(desk: Desk) -> None:
    """Whole in the end, after the time that was asked for."""
    _set(desk, kind="slow_body", delay={"milliseconds": 2_000})

    assert desk.cancel_cita().json["message"] == "Cita cancelada"
    assert len(desk.slept) == 10
    assert sum(desk.slept) == pytest.approx(2.0)


def test_a_fixed_delay(desk: Desk) -> None:
    """Every call waits as long."""
    _set(desk, kind="delay", delay={"milliseconds": 1_500})

    assert desk.cancel_cita().status == 200
    assert desk.slept == [1.5]


@pytest.mark.parametrize(
    "delay",
    [
        {"distribution": "uniform", "milliseconds": 100, "most": 300},
        {"distribution": "lognormal", "milliseconds": 200, "sigma": 0.3},
    ],
)
def test_a_distribution_is_drawn_from_the_seed(desk: Desk, delay: dict[str, Any]) -> None:
    """Different from call to call, and the same for the same seed."""
    for session in ("one", "two"):
        _set(desk, session, kind="delay", delay=delay, seed=7)
        for _ in range(20):
            desk.cancel_cita(session)

    first, second = desk.slept[:20], desk.slept[20:]
    assert first == second
    assert len(set(first)) == 20
    assert 0.1 <= sorted(first)[10] <= 0.3


def test_a_share_of_the_calls_is_struck(desk: Desk) -> None:
    """Which ones depends on the seed alone."""
    statuses = []
    for session in ("one", "two", "three"):
        _set(desk, session, kind="status", share=0.3, seed=3 if session == "three" else 2)
        statuses.append([desk.cancel_cita(session).status for _ in range(100)])

    assert statuses[0] == statuses[1] != statuses[2]
    assert 15 <= statuses[0].count(503) <= 45


def test_a_count_is_used_up(desk: Desk) -> None:
    """Then it strikes no more, and says how often it did."""
    _set(desk, kind="status", status=500, count=2)

    assert [desk.cancel_cita().status for _ in range(4)] == [500, 500, 200, 200]
    assert desk.call("GET", "faults").json["faults"][0]["hits"] == 2


def test_a_fault_strikes_its_operation_alone(desk: Desk) -> None:
    """Of its API."""
    _set(desk, kind="status", api="sqod", operation="patchAppointmentById")

    assert (desk.read().status, desk.cancel_cita().status, desk.delete_reservation().status) == (
        503,
        200,
        204,
    )


def test_a_fault_never_leaks_into_another_session(desk: Desk) -> None:
    """Nor into the default one."""
    _set(desk, "mine", kind="status")

    assert (desk.cancel_cita("mine").status, desk.cancel_cita("other").status, desk.cancel_cita().status) == (
        503,
        200,
        200,
    )
    assert desk.call("GET", "faults").json["faults"] == []


def test_off_means_off(desk: Desk) -> None:
    """One, or all; nothing out of the ordinary is left of the session."""
    first, second = _set(desk, kind="empty"), _set(desk, kind="status")
    assert desk.call("DELETE", f"faults/{second['id']}").status == 204
    assert _messages(desk)[1]["body"] == b""
    assert desk.call("DELETE", f"faults/{second['id']}").status == 404

    assert desk.call("DELETE", "faults").status == 204

    assert desk.cancel_cita().json["message"] == "Cita cancelada"
    assert completed(desk.application.sessions.run("default", lambda session: session.conditions)) is None
    assert first["kind"] == "empty"


def test_the_journal_says_what_struck(desk: Desk) -> None:
    """And shows what was really sent."""
    _set(desk, kind="status", status=502)
    desk.cancel_cita()

    (entry,) = desk.call("GET", "requests").json["requests"]

    assert (entry["status"], entry["faults"], entry["operation"]) == (502, ["status"], "cancelarCita")


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"kind": "nothing"},
        {"kind": "status", "status": 600},
        {"kind": "status", "status": 99},
        {"kind": "status", "api": "nothing"},
        {"kind": "status", "operation": "nothing"},
        {"kind": "status", "api": "citas", "operation": "patchAppointmentById"},
        {"kind": "status", "share": 1.1},
        {"kind": "status", "share": -0.1},
        {"kind": "status", "count": 0},
        {"kind": "status", "nothing": 1},
        {"kind": "delay", "delay": {"milliseconds": 10**9}},
        {"kind": "delay", "delay": {"distribution": "uniform", "milliseconds": 5, "most": 1}},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(desk: Desk, fault: Any) -> None:
    """And none is set."""
    assert desk.call("POST", "faults", json=fault).status == 400
    assert desk.call("GET", "faults").json["faults"] == []


def test_there_are_only_so_many(desk: Desk) -> None:
    """Input is bounded."""
    statuses = [desk.call("POST", "faults", json={"kind": "status"}).status for _ in range(101)]

    assert (statuses[99], statuses[100]) == (201, 409)
