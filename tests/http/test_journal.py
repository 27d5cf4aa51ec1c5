"""The journal: what came and what was made of it, bounded, without credentials."""

from __future__ import annotations

from typing import Any

import pytest
from tests.http.calling import Caller
from tests.http.records import APPOINTMENT, CITA, OVERRIDE, RESERVATION

from mockserver.app import Application, build
from mockserver.config import Settings
from mockserver.state.clock import FrozenClock


@pytest.fixture
def agent(own: Application) -> Caller:
    """Somebody who may update appointments, at a server of this test alone."""
    return Caller(own.asgi, "agent-token")


def _entries(call: Caller, query: str = "") -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = call("GET", "/__admin/requests" + query).json["requests"]
    return entries


def test_a_request_is_noted_with_what_was_made_of_it(agent: Caller, clock: FrozenClock) -> None:
    """Everything that helps to see why it was answered like this."""
    clock.advance(1)
    answer = agent.in_("mine")("PATCH", APPOINTMENT + "?_method=PATCH", {"duration_in_minutes": 5})

    (entry,) = _entries(agent)

    assert entry.pop("milliseconds") >= 0
    assert entry.pop("headers")["content-type"] == "application/json"
    assert entry.pop("answer") == answer.body.decode()
    assert entry.pop("answer_headers") == dict(answer.headers)
    assert entry.pop("id").endswith("-1")
    assert entry.pop("answered_by")["what"].startswith("update_appointment (sqod.py:")
    assert entry == {
        "number": 1,
        "time": "2026-03-02T09:30:01.000Z",
        "session": "mine",
        "replica": None,
        "method": "PATCH",
        "path": APPOINTMENT,
        "query": "_method=PATCH",
        "body": '{"duration_in_minutes": 5}',
        "api": "sqod",
        "operation": "patchAppointmentById",
        "identity": "agent",
        "status": 200,
        "violations": [],
        "refused": 0,
        "reason": None,
        "notes": [],
        "near": [],
        "forced": False,
        "scenario": None,
        "prefer": None,
        "faults": [],
        "rules": [],
        "binary": [],
    }


def test_a_refused_request_is_noted_with_its_reason(agent: Caller) -> None:
    """Violations, identity, and what was not found out is left open."""
    agent("PATCH", APPOINTMENT, {"duration_in_minutes": "x"})
    agent.as_(None)("PUT", CITA)
    agent("GET", "/nowhere")
    agent("OPTIONS", APPOINTMENT)

    options, nowhere, unauthorized, bad = _entries(agent)

    assert (bad["status"], bad["operation"]) == (400, "patchAppointmentById")
    (violation,) = bad["violations"]
    assert (violation["in"], violation["pointer"]) == ("body", "/duration_in_minutes")
    assert (violation["expected"], violation["got"]) == ({"type": "integer"}, "x")
    assert (unauthorized["status"], unauthorized["identity"], unauthorized["api"]) == (401, "anyone", "citas")
    assert (nowhere["status"], nowhere["api"], nowhere["operation"]) == (404, None, None)
    assert (options["method"], options["status"]) == ("OPTIONS", 204)


def test_the_journal_is_bounded_and_says_what_it_dropped(clock: FrozenClock) -> None:
    """The latest stay, the latest first, numbered from the start."""
    call = Caller(build(Settings(journal_limit=3), clock).asgi)
    for number in range(5):
        call("GET", f"/{number}")

    journal = call("GET", "/__admin/requests").json

    assert (journal["total"], journal["dropped"]) == (5, 2)
    assert [(entry["number"], entry["path"]) for entry in journal["requests"]] == [
        (5, "/4"),
        (4, "/3"),
        (3, "/2"),
    ]
    assert call("GET", "/__admin/health").json["journal"]["dropped"] == 2


def test_a_limit_shows_the_latest(agent: Caller) -> None:
    """As many as asked for; a hundred otherwise."""
    for number in range(120):
        agent("GET", f"/{number}")

    assert [entry["path"] for entry in _entries(agent, "?limit=2")] == ["/119", "/118"]
    assert (len(_entries(agent)), len(_entries(agent, "?limit=0")), len(_entries(agent, "?limit=999"))) == (
        100,
        0,
        120,
    )


def test_the_admin_api_and_our_own_pages_are_not_noted(agent: Caller) -> None:
    """The journal is of what is mocked."""
    for path in ("/", "/__admin/health", "/__ui/sqod/", "/__nothing"):
        agent("GET", path)

    assert _entries(agent) == []


def test_a_named_session_sees_its_own_requests(agent: Caller) -> None:
    """The default one sees them all."""
    for name in ("one", "two", "one"):
        agent.in_(name)("PATCH", APPOINTMENT)

    assert [entry["session"] for entry in _entries(agent.in_("one"))] == ["one", "one"]
    assert [entry["session"] for entry in _entries(agent)] == ["one", "two", "one"]


def test_a_cleared_journal_gives_no_number_again(agent: Caller) -> None:
    """It counts what came since, and its numbers and ids go on."""
    agent("GET", "/x")
    (cleared,) = _entries(agent)

    assert agent("DELETE", "/__admin/requests").json["removed"] == 1

    journal = agent("GET", "/__admin/requests").json
    assert (journal["total"], journal["dropped"], journal["requests"]) == (0, 0, [])
    agent("GET", "/y")
    assert [entry["number"] for entry in _entries(agent)] == [2]
    assert agent("GET", f"/__admin/requests/{cleared['id']}").status == 404


def test_another_run_of_the_server_does_not_know_the_ids_of_this_one(agent: Caller) -> None:
    """The same number is another request there."""
    agent("GET", "/x")
    (entry,) = _entries(agent)
    other = Caller(build(Settings()).asgi)
    other("DELETE", "/x")

    assert agent("GET", f"/__admin/requests/{entry['id']}").json["method"] == "GET"
    assert other("GET", f"/__admin/requests/{entry['id']}").status == 404
    assert other("POST", f"/__admin/requests/{entry['id']}/replay").status == 404
    assert other("GET", "/__admin/requests/1").json["method"] == "DELETE"


@pytest.mark.parametrize("name", ["Authorization", "Cookie", "Proxy-Authorization", "X-API-Key"])
def test_credentials_are_masked(agent: Caller, name: str) -> None:
    """They can be given, and cannot be read."""
    agent.as_(None)("PATCH", APPOINTMENT, headers={name: "Bearer secret-token", "X-Other": "shown"})

    (entry,) = _entries(agent)

    assert entry["headers"][name.lower()] == "***"
    assert entry["headers"]["x-other"] == "shown"
    assert b"secret-token" not in agent("GET", "/__admin/requests").body


def test_a_long_body_is_cut_and_marked(agent: Caller) -> None:
    """What was dropped is said, of the answer too; short ones are whole."""
    answer = agent("PATCH", APPOINTMENT, {"interpreter_language": "x" * 100_000})
    agent("PATCH", APPOINTMENT, {"interpreter_language": "short"})
    agent("PATCH", APPOINTMENT, {"x": "x" * 100_000})

    read, short, long = _entries(agent)

    assert (long["body"][:25], len(long["body"])) == ('{"interpreter_language": ', 65_536)
    assert long["truncated"] == {"body": 100_028, "answer": len(answer.body)}
    assert read["truncated"] == {"body": 100_009}
    assert "truncated" not in short


def test_a_body_that_is_no_text_is_shown_as_far_as_it_is(agent: Caller) -> None:
    """The journal is JSON whatever came."""
    agent("PATCH", APPOINTMENT, content=b"\xff\xfe\x00{", media_type="application/json")
    agent("GET", "/%FF%00", headers={"x-odd": "\xff\x80"})

    odd, broken = _entries(agent)

    assert broken["body"] == "��\x00{"
    assert (odd["path"], odd["headers"]["x-odd"]) == ("/%FF%00", "\xff\x80")


def test_a_form_is_noted_under_the_operation_that_was_called(agent: Caller) -> None:
    """The override is an operation of its own."""
    agent("POST", OVERRIDE, content=b"status=late", media_type="application/x-www-form-urlencoded")

    (entry,) = _entries(agent)

    assert (entry["operation"], entry["body"]) == ("overridePatchAppointmentById", "status=late")


def test_a_deletion_is_noted_without_bodies(agent: Caller) -> None:
    """There were none."""
    agent.as_("patient-token")("DELETE", RESERVATION)

    (entry,) = _entries(agent)

    assert (entry["status"], entry["body"], entry["answer"], entry["identity"]) == (204, "", "", "patient")
