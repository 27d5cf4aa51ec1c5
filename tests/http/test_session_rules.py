"""Rules in one session: seen, added, switched off; what answered a request, and why no rule before it did."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import NOW
from tests.http.calling import Caller
from tests.http.mocks import Mocks, document, operation
from tests.http.test_stacked_scenarios import FIXTURE, SHOP
from tests.state.json_storage import JsonStorage

from mockserver.app import build
from mockserver.behaviour.backend import Backend, Response
from mockserver.resources.explanation import explain
from mockserver.state.clock import FrozenClock
from mockserver.state.overlay import Overlay
from mockserver.state.session_overrides import SessionOverrides

CLOSED = {"status": 409, "body": {"error": "closed"}}
OF_FILE = {
    "when": {"record": {"properties": {"status": {"const": "open"}}}},
    "answer": {"status": 409, "body": {"error": "of the file"}, "count": 2},
}
WITH_RULES = {**FIXTURE, "operations": {"changeOrder": {"rules": [OF_FILE, {"answer": {"status": 402}}]}}}
RULE = {"api": "shop", "operation": "changeOrder", "answer": CLOSED}


@pytest.fixture
def call(mocks: Mocks) -> Caller:
    """A shop with two rules in its file, and scenarios with others."""
    return mocks.call(SHOP, WITH_RULES)


def _add(call: Caller, **rule: Any) -> dict[str, Any]:
    answer = call("POST", "/__admin/rules", {**RULE, **rule})
    assert answer.status == 201, answer.body
    return dict(answer.json)


def _change(call: Caller, number: int = 1) -> tuple[int, Any]:
    answer = call("PATCH", f"/orders/{number}", {})
    return answer.status, answer.json.get("error")


def _rules(call: Caller, query: str = "") -> list[dict[str, Any]]:
    return list(call("GET", f"/__admin/rules{query}").json["rules"])


def _latest(call: Caller) -> dict[str, Any]:
    return dict(call("GET", "/__admin/requests?limit=1&session=*").json["requests"][0])


def test_a_rule_that_is_added_answers_at_once_in_its_session(call: Caller) -> None:
    """Before the file's, the latest first; in an operation without rules, too; a reset forgets it."""
    _add(call)
    _add(
        call,
        answer={"status": 402, "body": {"error": "latest"}},
        when={"path": {"properties": {"id": {"const": 2}}}},
    )
    _add(call, operation="getOrder", when={"query": {"required": ["x"]}})
    _add(call, operation="getOrder", answer={"status": 404, "body": {"error": "none"}})

    assert (_change(call, 2), _change(call, 1)) == ((402, "latest"), (409, "closed"))
    assert call("GET", "/orders/1").json == {"error": "none"}
    assert call("GET", "/~other/orders/1").status == 200
    assert call("POST", "/__admin/reset").status == 200
    assert (_change(call), call("GET", "/orders/1").status) == ((409, "of the file"), 200)


def test_the_list_has_all_rules_in_the_order_in_which_they_are_tried(call: Caller) -> None:
    """Those of the session, of scenarios, and of the file; narrowed by API and operation."""
    added = _add(call, when={"headers": {"required": ["x-try"]}})
    call("POST", "/__admin/scenarios/shop/refused")

    rules = _rules(call)

    assert [(rule["id"], rule["source"], rule["scenario"]) for rule in rules] == [
        (added["id"], "session", None),
        ("refused/changeOrder:1", "scenario", "refused"),
        ("changeOrder:1", "file", None),
        ("changeOrder:2", "file", None),
    ]
    assert (rules[0]["when"], rules[0]["answer"]["body"]) == (
        {"headers": {"required": ["x-try"]}},
        {"error": "closed"},
    )
    assert (rules[2]["answer"]["count"], rules[2]["given"]) == (2, 0)
    assert rules == _rules(call, "?api=shop&operation=changeOrder")
    assert _rules(call, "?operation=getOrder") == []
    assert call("GET", "/__admin/rules?api=other").status == 404


def test_a_rule_is_switched_off_and_on_whoever_says_it(call: Caller) -> None:
    """In this session alone; one that was added can be removed, and all at once."""
    added = _add(call)["id"]
    call("POST", "/__admin/scenarios/shop/refused")
    for rule in (added, "refused%2FchangeOrder:1", "changeOrder:1"):
        answer = call("PUT", f"/__admin/rules/shop/{rule}", {"on": False})
        assert (answer.status, answer.json["on"]) == (200, False)
    assert [rule["on"] for rule in _rules(call)] == [False, False, False, True]
    assert _change(call)[0] == 402
    assert Caller(call.asgi, session="other")("PATCH", "/orders/1", {}).json == {"error": "of the file"}

    assert call("PUT", "/__admin/rules/shop/changeOrder:1", {"on": True}).json["on"]
    assert _change(call) == (409, "of the file")
    assert call("DELETE", f"/__admin/rules/shop/{added}").status == 204
    assert [rule["source"] for rule in _rules(call)] == ["scenario", "file", "file"]
    _add(call)
    assert call("DELETE", "/__admin/rules").status == 204
    assert [(rule["source"], rule["on"]) for rule in _rules(call)] == [
        ("scenario", True),
        ("file", True),
        ("file", True),
    ]


def test_a_file_s_rule_is_not_removed_and_unknown_ones_are_named(call: Caller) -> None:
    """409 says that it can be switched off, 404 which rules there are."""
    refused = call("DELETE", "/__admin/rules/shop/changeOrder:1")
    unknown = call("PUT", "/__admin/rules/shop/changeOrder:9", {"on": False})

    assert (refused.status, "switch it off" in refused.json["detail"]) == (409, True)
    assert (unknown.status, "changeOrder:2" in unknown.json["detail"]) == (404, True)
    assert call("DELETE", "/__admin/rules/other/changeOrder:1").status == 404


@pytest.mark.parametrize(
    ("rule", "pointer"),
    [
        ({"api": "other"}, "#/api"),
        ({"operation": "nothing"}, "#/operation"),
        ({"answer": {"status": 418}}, "#/answer/status"),
        ({"answer": {"status": 409, "body": {}}}, "#/answer/body"),
        ({"when": {"body": {"type": "nothing"}}}, "#/when/body"),
        ({"when": {"body": 5}}, "#/when/body"),
        ({"when": {"cookie": {}}}, "#/when"),
    ],
)
def test_a_rule_that_the_document_does_not_allow_is_refused(
    call: Caller, rule: dict[str, Any], pointer: str
) -> None:
    """With the place of what is wrong, and nothing is added."""
    answer = call("POST", "/__admin/rules", {**RULE, **rule})

    assert (answer.status, answer.pointers) == (400, [pointer])
    assert len(_rules(call)) == 2


@pytest.mark.parametrize("place", ["http", "file"])
def test_what_a_schema_refers_to_is_not_read(call: Caller, tmp_path: Path, place: str) -> None:
    """Neither from the network nor from the disk, though it is there."""
    file = tmp_path / "text.json"
    file.write_text('{"type": "string"}')
    asked: list[str] = []

    class Schemas(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"type": "string"}')

    with HTTPServer(("127.0.0.1", 0), Schemas) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        where = {"http": f"http://127.0.0.1:{server.server_port}/x", "file": file.as_uri()}[place]
        schemas = [{"$ref": where}, {"properties": {"a": {"$ref": where}}}]
        answers = [call("POST", "/__admin/rules", {**RULE, "when": {"body": schema}}) for schema in schemas]
        server.shutdown()

    assert [answer.status for answer in answers] == [400, 400]
    assert all("is not loaded" in answer.json["errors"][0]["detail"] for answer in answers)
    assert asked == []


def test_a_session_has_a_hundred_added_rules_at_most(call: Caller) -> None:
    """And says so."""
    for _ in range(100):
        _add(call)

    assert call("POST", "/__admin/rules", RULE).status == 409


def test_each_rule_says_what_it_came_to_the_last_time(call: Caller) -> None:
    """With the request of the journal that tried it; a rule that nothing has tried says nothing."""
    _change(call)
    first = _latest(call)["id"]
    _change(call, 9)
    second = _latest(call)["id"]

    one, other = _rules(call)

    assert (one["last"]["request"], one["last"]["matched"], one["last"]["reason"]) == (
        second,
        False,
        "there is no record",
    )
    assert (other["last"]["request"], other["last"]["matched"], other["last"]["reason"]) == (
        second,
        True,
        None,
    )
    assert first != second
    assert [rule["last"] for rule in _rules(Caller(call.asgi, session="other"))] == [None, None]


def test_the_journal_says_which_rule_answered_and_why_others_did_not(call: Caller) -> None:
    """As values and in sentences."""
    added = _add(call, when={"headers": {"required": ["x-try"]}})
    _change(call, 9)

    shown = _latest(call)

    assert shown["rules"] == [
        {"rule": added["name"], "matched": False, "reason": "headers /x-try is missing"},
        {"rule": "changeOrder 1", "matched": False, "reason": "there is no record"},
        {"rule": "changeOrder 2", "matched": True, "reason": None},
    ]
    assert shown["answered_by"] == {"kind": "rule", "what": "changeOrder 2"}
    assert shown["notes"][-1] == "The rule changeOrder 2 answered."


ITEM = {"type": "object", "properties": {"id": {"type": "integer"}}}
JSON = {"content": {"application/json": {"schema": ITEM}}}
ANSWERS = {"200": {"description": "", **JSON}, "404": {"description": ""}}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
EXAMPLE = {
    "200": {"description": "", "content": {"application/json": {"schema": ITEM, "example": {"id": 5}}}}
}
MIXED = document(
    {
        "/items/{id}": {"get": operation("getItem", parameters=[ID], responses=ANSWERS)},
        "/handled": {"get": operation("handled", responses=ANSWERS)},
        "/about": {"get": operation("about", responses=EXAMPLE)},
        "/status": {"get": operation("status", responses=ANSWERS)},
    }
)


def test_the_journal_says_whether_handler_plan_or_example_answered(mocks: Mocks) -> None:
    """Also where it answered an error; nothing answered what was refused before."""

    def handled(backend: Backend) -> Response:
        return Response(200, {"id": 1})

    call = mocks.call(MIXED, {"collections": {"items": {"records": [{"id": 1}]}}}, {"handled": handled})
    found = []
    for target in ("/items/1", "/items/9", "/handled", "/about", "/items/x", "/nothing"):
        call("GET", target)
        found.append(_latest(call)["answered_by"])
    call("GET", "/about", headers={"Prefer": "code=200"})
    call("POST", "/__admin/answers", {"api": "shop", "operation": "getItem", "status": 200})
    preferred = _latest(call)["answered_by"]
    call("GET", "/items/1")
    forced = _latest(call)["answered_by"]

    assert [one and one["kind"] for one in found] == ["plan", "plan", "handler", "example", None, None]
    assert (found[0]["what"], "handled (" in found[2]["what"]) == (
        "read items by id, those of fixture items",
        True,
    )
    assert "test_session_rules.py:" in found[2]["what"]
    assert (preferred["kind"], forced["kind"]) == ("prefer", "forced")


def test_replicas_see_the_same_rules_and_why_they_did_not_match(mocks: Mocks) -> None:
    """Session and journal are in the store."""
    storage = JsonStorage()
    one = Caller(mocks.build(SHOP, WITH_RULES, storage=storage).asgi)
    other = Caller(build(mocks.settings(), FrozenClock(NOW), storage=storage).asgi)

    added = _add(one, when={"headers": {"required": ["x-try"]}})
    one("PUT", "/__admin/rules/shop/changeOrder:1", {"on": False})

    assert other("PATCH", "/orders/1", {}, headers={"X-Try": "1"}).json == {"error": "closed"}
    assert _change(other)[0] == 402
    first, second, third = _rules(one)
    assert (first["id"], first["last"]["reason"]) == (added["id"], "headers /x-try is missing")
    assert (second["on"], third["last"]["matched"]) == (False, True)


def test_a_copied_session_has_the_rules_of_the_other(call: Caller) -> None:
    """And keeps its own."""
    _add(call)
    call("POST", "/__admin/sessions", {"name": "copy", "source": "default"})
    call("DELETE", "/__admin/rules")

    assert Caller(call.asgi, session="copy")("PATCH", "/orders/1", {}).json == {"error": "closed"}
    assert _change(call) == (409, "of the file")


def test_names_that_a_session_keeps_are_counted_once(mocks: Mocks) -> None:
    """Its size is what it was, however often something else is changed."""
    session = Overlay(mocks.build(SHOP, WITH_RULES).sessions.baseline, 10_000_000)
    session.set_conditions(SessionOverrides(revoked=("a" * 100,), rules_off=("shop/changeOrder 1",)))
    before = session.size

    for name in ("b", "c", "d"):
        conditions = session.conditions
        assert conditions is not None
        session.set_conditions(
            SessionOverrides(revoked=conditions.revoked, rules_off=conditions.rules_off, limits={name: None})
        )

    assert session.size == before
    session.set_conditions(None)
    assert session.size == 0


def test_explain_lists_rules_and_the_line_of_the_handler(mocks: Mocks) -> None:
    """What each rule answers, and when."""

    def handled(backend: Backend) -> Response:
        return Response(200, {"id": 1})

    service = mocks.build(SHOP, WITH_RULES, {"getOrder": handled}).services["shop"]
    rows = {
        row.operation_id: [row.answer, *map(str, row.reasons)]
        for row in explain(
            service.document, service.handlers.handlers, service.fallback, service.fixture.rules
        )
    }

    when = 'when record fits {"properties": {"status": {"const": "open"}}}'
    assert rows["changeOrder"][1:3] == [
        f"rule changeOrder 1: 409, 2 times at most, {when}",
        "rule changeOrder 2: 402, always",
    ]
    assert rows["getOrder"][0] == "handler handled"
    assert rows["getOrder"][1].startswith("handler: test_session_rules.py:")
