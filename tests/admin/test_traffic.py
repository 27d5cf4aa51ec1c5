"""The journal through the admin API: search, near misses, exports, replay, coverage."""

from __future__ import annotations

import ast
import shlex

import pytest
from tests.admin.desks import Desk
from tests.http.calling import Caller
from tests.http.records import APPOINTMENT, CITA

from mockserver.app import build
from mockserver.config import Settings
from mockserver.state.storage import Limits
from mockserver.state.storages.memory import MemoryStorage


@pytest.fixture
def busy(desk: Desk) -> Desk:
    """Six requests: read, refused for its body, refused for its token, unknown, cancelled, in a session."""
    desk.read()
    desk.update(duration_in_minutes="many")
    desk.cancel_cita(token=None)
    Caller(desk.application.asgi, "asistente-token")("PUT", "/api/cita/1/cancelar?token=abc&page=2")
    desk.cancel_cita()
    desk.update("mine", duration_in_minutes=7)
    return desk


def _numbers(desk: Desk, query: str) -> list[int]:
    answer = desk.call("GET", f"requests?view=brief&{query}")
    assert answer.status == 200, answer.body
    return [entry["number"] for entry in answer.json["requests"]]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [6, 5, 4, 3, 2, 1]),
        ("session=*", [6, 5, 4, 3, 2, 1]),
        ("session=default", [5, 4, 3, 2, 1]),
        ("session=mine", [6]),
        ("api=citas", [5, 3]),
        ("operation=patchAppointmentById", [6, 2, 1]),
        ("method=PUT", [5, 4, 3]),
        ("status=401", [3]),
        ("status=4xx", [4, 3, 2]),
        ("status=2XX&api=sqod", [6, 1]),
        ("refused=true", [2]),
        ("text=MANY", [2]),
        ("text=cita/1", [4]),
        ("text=Cancelada", [5]),
        ("before=3", [2, 1]),
        ("after=4", [6, 5]),
        ("before=5&limit=2", [4, 3]),
        ("text=nowhere", []),
    ],
)
def test_requests_are_searched(busy: Desk, query: str, numbers: list[int]) -> None:
    """By session, API, operation, status, text, number."""
    assert _numbers(busy, query) == numbers


@pytest.mark.parametrize(
    "query", ["status=600", "status=4x", "refused=perhaps", "before=-1", "view=none", "limit=x"]
)
def test_a_search_that_makes_no_sense_is_refused(busy: Desk, query: str) -> None:
    """With the parameter that is wrong."""
    answer = busy.call("GET", f"requests?{query}")

    assert (answer.status, answer.pointers) == (400, [query.partition("=")[0]])


def test_a_violation_is_explained(busy: Desk) -> None:
    """Pointer, what was expected, what was got, and the line of the document."""
    shown = busy.call("GET", "requests/2").json
    (violation,) = shown["violations"]
    lines = (busy.application.services["sqod"].document.file).read_text().splitlines()

    assert violation["pointer"] == "/duration_in_minutes"
    assert (violation["expected"], violation["got"]) == ({"type": "integer"}, "many")
    assert lines[violation["line"] - 1].strip() == "type: integer"
    assert lines[shown["document"]["line"] - 1].strip() == "patch:"
    assert "duration_in_minutes" in shown["reason"]


def test_a_violation_of_a_parameter_is_explained(desk: Desk) -> None:
    """By its name."""
    Caller(desk.application.asgi, "agent-token")("PATCH", "/api/v1/appointments/5?_method=PUT")

    path, query = desk.call("GET", "requests/1").json["violations"]

    assert (path["in"], path["parameter"], path["got"]) == ("path", "appointment", "5")
    assert (query["in"], query["parameter"], query["got"]) == ("query", "_method", "PUT")
    assert (path["expected"], query["expected"]) == ({"format": "uuid"}, {"enum": ["PATCH"]})


@pytest.mark.parametrize(
    ("method", "path", "meant", "difference"),
    [
        ("PUT", "/api/cita/1/cancelar", "PUT /api/citas/{id}/cancelar", "'citas' in place of 'cita'"),
        ("PUT", "/api/citas/1/cancel", "PUT /api/citas/{id}/cancelar", "'cancelar' in place of 'cancel'"),
        ("POST", CITA, "PUT /api/citas/{id}/cancelar", "the method is PUT, not POST"),
        (
            "PATCH",
            "/v1/appointments/5",
            "PATCH /api/v1/appointments/{appointment}",
            "'/api' is missing at the start",
        ),
    ],
)
def test_a_near_miss_says_what_was_meant(
    desk: Desk, method: str, path: str, meant: str, difference: str
) -> None:
    """In the answer, and in the journal."""
    answer = Caller(desk.application.asgi)(method, path)

    near = answer.json["near"][0]
    assert f"{near['method']} {near['path']}" == meant
    assert difference in near["difference"]
    assert f"Did you mean {meant}?" in answer.json["detail"]
    (entry,) = desk.call("GET", "requests").json["requests"]
    assert (entry["near"][0]["operation"], meant in entry["reason"]) == (near["operation"], True)


def test_what_is_near_nothing_is_not_guessed(desk: Desk) -> None:
    """A guess that helps nobody is none."""
    answer = Caller(desk.application.asgi)("GET", "/favicon.ico")

    assert (answer.status, "near" in answer.json) == (404, False)


def test_secrets_are_masked_everywhere(desk: Desk) -> None:
    """In header fields, query and body, in what is shown and what is exported."""
    call = Caller(desk.application.asgi, "my-own-token")
    call(
        "PATCH",
        APPOINTMENT + "?api_key=hidden-1",
        {"password": "hidden-2", "deep": [{"clientSecret": "hidden-3"}]},
    )
    call("PATCH", APPOINTMENT, content=b'{"password": "hidden-2", "x": ' + b"1" * 5000)

    for target in (
        "requests",
        "requests/1",
        *(f"requests/export?format={name}" for name in ("curl", "har", "pytest")),
    ):
        body = desk.call("GET", target).body
        assert b"hidden" not in body
        assert b"my-own-token" not in body


def test_an_export_as_curl_can_be_pasted(busy: Desk) -> None:
    """One command a line, with the fixture's token, and a variable for one that is nobody's."""
    script = busy.call("GET", "requests/export?format=curl").body.decode()
    lines = [line for line in script.splitlines() if not line.startswith("# 4 PUT")]
    words = [shlex.split(line) for line in lines]

    assert [entry[3] for entry in words] == ["PATCH", "PATCH", "PUT", "PUT", "PUT", "PATCH"]
    assert "authorization: Bearer agent-token" in words[0]
    assert words[1][words[1].index("--data-raw") + 1] == '{"duration_in_minutes": "many"}'
    assert "x-mock-session: mine" in words[5]
    assert not any(word.startswith("authorization") for word in words[2])


def test_an_export_as_har_is_an_archive(busy: Desk) -> None:
    """Version 1.2, in the order of the requests."""
    log = busy.call("GET", "requests/export?format=har").json["log"]

    assert (log["version"], len(log["entries"])) == ("1.2", 6)
    refused = log["entries"][1]
    assert refused["request"]["postData"]["mimeType"] == "application/json"
    assert (refused["response"]["status"], refused["response"]["statusText"]) == (400, "Bad Request")


def test_an_export_as_pytest_is_a_module(busy: Desk) -> None:
    """One test for each request, which asks for the answer that was given."""
    tree = ast.parse(busy.call("GET", "requests/export?format=pytest&session=default").body)

    tests = [
        node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    assert len(tests) == 5
    assert tests[4] == "test_5_put_api_citas_1_cancelar"


def test_one_request_is_exported(busy: Desk) -> None:
    """By its number."""
    lines = busy.call("GET", "requests/export?format=curl&id=5").body.decode().splitlines()

    assert len(lines) == 1
    assert busy.call("GET", "requests/export?format=curl&id=99").status == 404
    assert busy.call("GET", "requests/export?format=tar").status == 400


def test_a_request_is_sent_again(busy: Desk) -> None:
    """As it came, credentials and session included; it is a request like any other."""
    replayed = busy.call("POST", "requests/6/replay").json
    assert (replayed["number"], replayed["status"]) == (7, 200)
    assert busy.call("POST", "requests/2/replay").json["status"] == 400

    entry = busy.call("GET", f"requests/{replayed['id']}").json
    assert (entry["session"], entry["identity"], entry["body"]) == (
        "mine",
        "agent",
        '{"duration_in_minutes": 7}',
    )
    assert busy.call("POST", "requests/99/replay").status == 404


def test_a_request_that_is_not_whole_is_not_sent_again(desk: Desk) -> None:
    """Half of it would be another one."""
    desk.update(interpreter_language="x" * 70_000)

    assert desk.call("POST", "requests/1/replay").status == 409


def test_one_sessions_requests_are_forgotten(busy: Desk) -> None:
    """The others stay, with their numbers; nothing counts as dropped."""
    assert busy.call("DELETE", "requests", "mine").json["removed"] == 1

    assert _numbers(busy, "") == [5, 4, 3, 2, 1]
    assert busy.call("GET", "requests").json["dropped"] == 0


def test_coverage_counts_what_was_exercised(busy: Desk) -> None:
    """Operations, statuses and parameters, in one session or all."""
    apis = {entry["api"]: entry for entry in busy.call("GET", "coverage").json["apis"]}
    (cancel,) = apis["citas"]["operations"]

    assert cancel["calls"] == 2
    counts = {entry["status"]: entry["calls"] for entry in cancel["statuses"]}
    assert counts == {"200": 1, "401": 1, "403": 0, "4XX": 0, "500": 0}
    assert cancel["parameters"] == [{"in": "path", "name": "id", "documented": True, "calls": 2}]
    assert (apis["citas"]["documented"], apis["citas"]["exercised"]) == (6, 3)
    mine = {
        entry["api"]: entry["exercised"] for entry in busy.call("GET", "coverage?session=mine").json["apis"]
    }
    assert mine == {"sqod": 2, "reservations": 0, "citas": 0}


def test_coverage_says_what_it_had_no_room_for() -> None:
    """As many kinds of requests as there are sessions, say; a cleared coverage has room again."""
    small = Caller(build(Settings(), storage=MemoryStorage(Limits(counts=2))).asgi, "asistente-token")
    for session in ("a", "b", "c", "c", "a"):
        small.in_(session)("PUT", CITA)

    assert small("GET", "/__admin/coverage?session=*").json["uncounted"] == 2
    small("DELETE", "/__admin/coverage?session=*")
    assert small("GET", "/__admin/coverage?session=*").json["uncounted"] == 0


def test_coverage_outlives_the_journal(desk: Desk) -> None:
    """What the journal dropped has been exercised all the same."""
    small = Caller(build(Settings(journal_limit=1)).asgi, "asistente-token")
    for _ in range(3):
        small("PUT", CITA)

    apis = small("GET", "/__admin/coverage").json["apis"]

    assert [entry["operations"][0]["calls"] for entry in apis if entry["api"] == "citas"] == [3]
