"""Who made an answer is said by name, and only what the operation made itself counts as exercised."""

from __future__ import annotations

from typing import Any

import pytest
from tests.admin.desks import Desk
from tests.http.calling import Caller
from tests.http.records import CITA

STATUS_FAULT = {"kind": "status", "status": 503, "api": "citas", "count": 1}
FORCED = {"api": "citas", "operation": "cancelarCita", "status": 500, "count": 1}


def _cancel(desk: Desk, prefer: str = "") -> int:
    headers = {"Prefer": prefer} if prefer else {}
    return Caller(desk.application.asgi, "asistente-token")("PUT", CITA, headers=headers).status


def _coverage(desk: Desk) -> Any:
    apis = desk.call("GET", "coverage").json["apis"]
    (citas,) = (entry["operations"][0] for entry in apis if entry["api"] == "citas")
    return citas


def _latest(desk: Desk) -> Any:
    return desk.call("GET", "requests?limit=1").json["requests"][0]


@pytest.mark.parametrize(
    ("by", "status"), [("fault", 503), ("forced", 500), ("scenario", 500), ("prefer", 403)]
)
def test_an_answer_that_the_operation_did_not_make_is_no_coverage(desk: Desk, by: str, status: int) -> None:
    """It is counted apart, and breaks no contract."""
    if by == "fault":
        desk.call("POST", "faults", json=STATUS_FAULT)
    if by == "forced":
        desk.call("POST", "answers", json=FORCED)
    if by == "scenario":
        desk.call("POST", "scenarios/citas/service-down")

    assert _cancel(desk, "code=403" if by == "prefer" else "") == status

    covered = _coverage(desk)
    assert covered["interventions"] == [{"by": by, "status": str(status), "calls": 1}]
    assert {entry["calls"] for entry in covered["statuses"]} == {0}
    assert all(entry["documented"] for entry in covered["statuses"])
    assert [entry["calls"] for entry in covered["parameters"]] == [0]


@pytest.mark.parametrize("fault", [{"kind": "delay", "delay": {"milliseconds": 1}}, None])
def test_an_answer_that_is_only_late_is_coverage(desk: Desk, fault: dict[str, Any] | None) -> None:
    """By a fault or by preference."""
    if fault:
        desk.call("POST", "faults", json=fault)

    assert _cancel(desk, "" if fault else "delay=1") == 200

    covered = _coverage(desk)
    assert (covered["calls"], covered["interventions"]) == (1, [])


def test_the_journal_names_who_made_the_answer(desk: Desk) -> None:
    """The scenario, the preference; a call that was refused before is nobody's but the operation's."""
    desk.call("POST", "scenarios/citas/service-down")
    _cancel(desk)
    assert (_latest(desk)["forced"], _latest(desk)["scenario"]) == (True, "service-down")
    desk.call("DELETE", "scenarios/citas")
    _cancel(desk, "code=403, delay=1")
    assert (_latest(desk)["forced"], _latest(desk)["prefer"]) == (False, "code=403")
    desk.call("POST", "answers", json={**FORCED, "status": 200})
    desk.cancel_cita(token=None)
    assert (_latest(desk)["status"], _latest(desk)["forced"]) == (401, False)


def test_a_fault_or_an_answer_that_is_spent_does_not_count_as_active(desk: Desk) -> None:
    """It stays on the list, marked."""
    desk.call("POST", "faults", json=STATUS_FAULT)
    desk.call("POST", "answers", json=FORCED)
    assert [_cancel(desk) for _ in range(3)] == [503, 500, 200]

    session = desk.call("GET", "sessions/default").json

    assert (session["faults"], session["answers"]) == (0, 0)
    assert [entry["spent"] for entry in desk.call("GET", "faults").json["faults"]] == [True]
    assert [entry["spent"] for entry in desk.call("GET", "answers").json["answers"]] == [True]


def test_the_journal_has_every_header_field_that_was_sent(desk: Desk) -> None:
    """CORS, Vary, the preference that was applied, and the media type that a fault made."""
    caller = Caller(desk.application.asgi, "asistente-token")

    answer = caller("PUT", CITA, headers={"Prefer": "code=403", "Origin": "http://localhost:3000"})

    shown = _latest(desk)["answer_headers"]
    assert shown == dict(answer.headers)
    assert shown["preference-applied"] == "code=403"
    assert shown["vary"] == "Origin"
    assert shown["access-control-allow-origin"] == "http://localhost:3000"
    desk.call("POST", "faults", json={"kind": "wrong_media_type"})
    _cancel(desk)
    assert _latest(desk)["answer_headers"]["content-type"].startswith("text/html")
    assert len(_latest(desk)["answer_headers"]) > 3


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("x-kind: odd", ["/odd"]),
        ("asistente", [CITA]),
        ("elsewhere", ["/session"]),
        ("401", [CITA + "?"]),
        ("delete", ["/gone"]),
    ],
)
def test_a_search_sees_headers_caller_session_status_and_method(
    desk: Desk, text: str, paths: list[str]
) -> None:
    """As a person types them."""
    Caller(desk.application.asgi)("GET", "/odd", headers={"X-Kind": "Odd"})
    Caller(desk.application.asgi, "asistente-token")("PUT", CITA)
    Caller(desk.application.asgi, session="elsewhere")("GET", "/session")
    Caller(desk.application.asgi)("PUT", CITA + "?")
    Caller(desk.application.asgi)("DELETE", "/gone")

    found = desk.call("GET", f"requests?text={text.replace(' ', '%20')}").json["requests"]

    assert [entry["path"] for entry in found] == [path.rstrip("?") for path in paths]


def test_a_body_that_is_no_text_is_named(desk: Desk) -> None:
    """A text that the journal has cut within a character is text all the same."""
    for body in (b"\x89PNG\r\n\x1a\n", "é".encode() * 40_000 + b"x", b"plain", b"a\0b"):
        Caller(desk.application.asgi)("POST", "/nowhere", content=body)

    found = desk.call("GET", "requests").json["requests"]

    assert [entry["binary"] for entry in found] == [["body"], [], [], ["body"]]
