"""A client that sends more than a session may hold is answered 507, and what was there stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.http.calling import Answer, Caller
from tests.http.mocks import Mocks, document
from tests.resources.mocking import answering, parameter, taking

NOTE = {
    "type": "object",
    "required": ["id", "text"],
    "properties": {"id": {"type": "integer", "readOnly": True}, "text": {"type": "string"}},
}
FULL = {
    "type": "object",
    "required": ["code", "message"],
    "properties": {"code": {"type": "integer"}, "message": {"type": "string"}},
}
FILE = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
STORED = {"204": {"description": "Stored."}}
SHOP = document(
    {
        "/notes": {
            "get": {"operationId": "listNotes", **answering({"type": "array", "items": NOTE})},
            "post": {
                "operationId": "makeNote",
                **taking(NOTE),
                "responses": {
                    **answering(NOTE, "201")["responses"],
                    **answering(FULL, "507")["responses"],
                },
            },
        },
        "/notes/{id}": {
            "parameters": [parameter("id", "path", type="integer")],
            "get": {"operationId": "getNote", **answering(NOTE)},
            "put": {"operationId": "putNote", **taking(NOTE), **answering(NOTE)},
            "delete": {"operationId": "deleteNote", "responses": STORED},
        },
        "/files/{name}": {
            "parameters": [parameter("name", "path")],
            "get": {"operationId": "getFile", "responses": {"200": {"description": "", "content": FILE}}},
            "put": {"operationId": "putFile", "requestBody": {"content": FILE}, "responses": STORED},
        },
    }
)
FIXTURE = {
    "collections": {"notes": {"key": "id", "records": [{"id": 1, "text": "first"}]}},
    "scenarios": {
        "large": {"description": "A note is large.", "records": {"notes": [{"id": 1, "text": "x" * 30_000}]}},
        "later": {
            "description": "A note becomes large.",
            "steps": [
                {"after": {"calls": 1}, "records": {"notes": [{"id": 1, "text": "x" * 30_000}]}},
            ],
        },
    },
}
LIMIT = 20_000


@pytest.fixture
def mocks(tmp_path: Path) -> Mocks:
    """Mocks of the test's own documents."""
    return Mocks(tmp_path)


@pytest.fixture
def call(mocks: Mocks) -> Caller:
    """A shop whose sessions hold 20,000 bytes."""
    return mocks.call(SHOP, FIXTURE, session_bytes=LIMIT)


def _note(length: int) -> dict[str, Any]:
    return {"text": "x" * length}


def _fill(call: Caller) -> None:
    """Leave room for some hundred bytes."""
    assert call("PUT", "/notes/1", _note(LIMIT - 700)).status == 200


def _seen(call: Caller) -> Any:
    return call("GET", "/notes").json, call("GET", "/__admin/state").json


def _is_full(answer: Answer) -> bool:
    """Whether an answer says so as problem details."""
    assert answer.status == 507
    assert answer.header("content-type") == "application/problem+json"
    assert "session_bytes" in answer.json["detail"]
    return True


def test_thirty_files_of_nine_megabytes_are_not_kept(mocks: Mocks) -> None:
    """Sixty-four megabytes are: seven of them; other sessions have room of their own."""
    call = mocks.call(SHOP, FIXTURE)
    content = b"\xff" * 9 * 1024 * 1024

    statuses = [
        call("PUT", f"/files/{n}", content=content, media_type="application/octet-stream").status
        for n in range(30)
    ]

    assert statuses == [204] * 7 + [507] * 23
    assert call("GET", "/files/6").body == content
    assert call("GET", "/files/7").body != content
    assert call.in_("other")("POST", "/notes", _note(10)).status == 201
    assert call("POST", "/__admin/reset").status == 200
    assert call("PUT", "/files/9", content=content, media_type="application/octet-stream").status == 204


def test_a_refused_request_changes_nothing_and_answers_as_documented(call: Caller) -> None:
    """In the body that the document has for 507; the journal has the reason."""
    _fill(call)
    before = _seen(call)

    answer = call("POST", "/notes", _note(1_000))

    assert (answer.status, answer.json["code"]) == (507, 507)
    assert answer.json["message"].startswith("The session is full: its maximum size is 20000 bytes")
    assert _seen(call) == before
    (entry, *_) = call("GET", "/__admin/requests?operation=makeNote").json["requests"]
    assert entry["reason"].startswith("The session is full")


def test_many_small_requests_are_bounded_too(call: Caller) -> None:
    """What is made and what is deleted; the list has those that were answered 201."""
    statuses = [call("POST", "/notes", _note(1)).status for _ in range(150)]

    made = statuses.count(201)
    assert 20 < made < 150
    assert statuses == [201] * made + [507] * (150 - made)
    assert len(call("GET", "/notes").json) == 1 + made
    assert call("DELETE", "/notes/1").status in {204, 507}


def test_where_no_507_is_documented_it_is_problem_details(call: Caller) -> None:
    """A replaced record stays what it was."""
    _fill(call)
    before = _seen(call)

    assert _is_full(call("PUT", "/notes/1", _note(LIMIT)))

    assert _seen(call) == before


ADMIN = [
    ("PUT", "state/shop/notes/2", {"id": 2, "text": "x" * 1_000}),
    (
        "POST",
        "answers",
        {"api": "shop", "operation": "getNote", "status": 200, "body": {"id": 1, "text": "x" * 1_000}},
    ),
    ("POST", "scenarios/shop/large", None),
]


@pytest.mark.parametrize(("method", "target", "body"), ADMIN)
def test_the_admin_api_refuses_what_does_not_fit(call: Caller, method: str, target: str, body: Any) -> None:
    """Nothing is changed: no record, no forced answer, no scenario."""
    _fill(call)
    before = _seen(call)

    arguments = () if body is None else (body,)
    assert _is_full(call(method, f"/__admin/{target}", *arguments))

    assert _seen(call) == before
    assert call("GET", "/__admin/answers").json["answers"] == []
    assert not any(entry["on"] for entry in call("GET", "/__admin/scenarios").json["scenarios"])


def test_so_many_snapshots_that_they_do_not_fit_are_refused(call: Caller) -> None:
    """Those that were taken stay; dropping one makes room."""
    for _ in range(25):
        assert call("POST", "/notes", _note(1)).status == 201

    statuses = [call("PUT", f"/__admin/snapshots/s{n}").status for n in range(20)]

    taken = statuses.count(200)
    assert 0 < taken < 20
    assert statuses == [200] * taken + [507] * (20 - taken)
    assert len(call("GET", "/__admin/snapshots").json["snapshots"]) == taken
    assert call("DELETE", "/__admin/snapshots/s0").status == 204
    assert call("PUT", "/__admin/snapshots/again").status == 200


def test_a_step_of_a_scenario_that_does_not_fit_is_not_taken(call: Caller) -> None:
    """Requests say so instead of being answered from half a scenario; the admin API still shows the state."""
    assert call("POST", "/__admin/scenarios/shop/later").status == 200
    assert call("GET", "/notes/1").json["text"] == "first"

    assert _is_full(call("GET", "/notes/1"))

    assert call("GET", "/__admin/state/shop/notes/1").json["text"] == "first"
    assert call("DELETE", "/__admin/scenarios/shop").status == 204
    assert call("GET", "/notes/1").json["text"] == "first"


def test_a_session_that_gave_way_to_others_is_told(mocks: Mocks) -> None:
    """All sessions together hold so much and no more."""
    call = mocks.call(SHOP, FIXTURE, session_bytes=LIMIT, sessions_bytes=3 * LIMIT)
    for name in ("one", "two", "three", "four"):
        _fill(call.in_(name))

    answer = call.in_("one")("GET", "/notes/1")

    assert answer.json["text"] == "first"
    assert str(answer.header("x-mock-session-dropped")).startswith("size; ")
    assert call("GET", "/__admin/health").json["sessions"] == {"open": 3, "evicted": 1, "expired": 0}


def test_an_export_of_a_full_session_is_whole(call: Caller) -> None:
    """What is refused is not in it."""
    _fill(call)
    call("POST", "/notes", _note(5_000))

    exported = yaml.safe_load(call("GET", "/__admin/export/shop").body)

    assert [record["id"] for record in exported["collections"]["notes"]["records"]] == [1]
