"""Rules of the fixture file: the first that matches answers, before handlers and inferred state."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator
from tests.http.mocks import Mocks, document, operation

from mockserver.behaviour.backend import Backend, Response
from mockserver.errors import FixtureError

ORDER = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "integer"},
        "customerId": {"type": "integer"},
        "status": {"type": "string"},
    },
}
JSON = {"content": {"application/json": {"schema": ORDER}}}
ERROR = {
    "description": "",
    "content": {
        "application/json": {
            "schema": {"type": "object", "required": ["error"]},
            "examples": {"declined": {"value": {"error": "declined"}}},
        }
    },
}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
MODE = {"name": "mode", "in": "query", "schema": {"type": "integer"}}
ANSWERS = {"200": {"description": "", **JSON}, "402": ERROR, "409": ERROR}
SHOP = document(
    {
        "/orders": {
            "post": operation(
                "createOrder",
                parameters=[MODE],
                requestBody={"content": {"application/json": {"schema": {"type": "object"}}}},
                responses={"201": {"description": "", **JSON}, "402": ERROR},
            )
        },
        "/orders/{id}": {"get": operation("getOrder", parameters=[ID], responses=ANSWERS)},
        "/orders/{id}/pay": {"post": operation("payOrder", parameters=[ID], responses=ANSWERS)},
    }
)
RECORDS = [{"id": 1, "status": "open"}, {"id": 2, "status": "shipped"}]


def _fixture(**rules: Any) -> dict[str, Any]:
    return {
        "collections": {"orders": {"records": RECORDS}},
        "operations": {name: {"rules": entries} for name, entries in rules.items()},
    }


def _equals(**values: Any) -> dict[str, Any]:
    return {
        "properties": {name: {"const": value} for name, value in values.items()},
        "required": list(values),
    }


VALUES = [None, True, False, 0, 1, 1.0, 2, "", "1", "true", [], [1], {}, {"a": 1}]
SCHEMAS: list[Any] = [
    *({"properties": {"a": {"const": value}}} for value in VALUES),
    *({"properties": {"a": {"const": value}}, "required": ["a"]} for value in VALUES),
    {"properties": {"a": {"enum": [1, "1", None]}}, "required": ["a"]},
    {"properties": {"a": {"enum": [True, [1]]}}},
    {"properties": {"b": {"const": 1}, "a": {"const": 2}}, "required": ["a", "b"]},
    {"properties": {"a": {"const": 1, "type": "string"}}},
    {"required": ["a"]},
    {"type": "array"},
    {"not": {"properties": {"a": {"const": 1}}}},
    True,
    False,
    {},
]
BODIES: list[Any] = [*({"a": value} for value in VALUES), *VALUES, {"a": 2, "b": 1}, {"b": 1}]


def test_rules_that_are_tried_together_match_as_each_by_itself(mocks: Mocks) -> None:
    """Whatever the schemas and the bodies are: the first whose schema a body fits answers, and no other."""
    rules = [{"when": {"body": schema}, "answer": {"status": 402}} for schema in SCHEMAS]
    anything: dict[str, Any] = {"content": {"application/json": {"schema": {}}}}
    answers = {"201": {"description": ""}, "402": {"description": ""}}
    shop = document({"/orders": {"post": operation("createOrder", requestBody=anything, responses=answers)}})
    call = mocks.call(shop, {"operations": {"createOrder": {"rules": rules}}})

    found, expected = [], []
    for body in BODIES:
        call("POST", "/orders", body)
        shown = call("GET", "/__admin/requests?limit=1").json["requests"][0]["rules"]
        found.append(next((one["rule"] for one in shown if one["matched"]), None))
        fitting = (n for n, one in enumerate(SCHEMAS, 1) if Draft202012Validator(one).is_valid(body))
        expected.append(None if body is None else f"createOrder {next(fitting)}")
        assert all(one["reason"] for one in shown if not one["matched"])

    assert found == expected


def test_why_rules_did_not_match_is_told_of_every_part_of_a_request(mocks: Mocks) -> None:
    """Later, when somebody looks, and of bodies of any size."""
    whens = {
        "body": {"body": _equals(a=1)},
        "query": {"query": _equals(mode=2)},
        "headers": {"headers": _equals(**{"x-try": "a"})},
        "identity": {"identity": _equals(name="ada")},
    }
    rules = [{"when": when, "answer": DECLINED} for when in whens.values()]
    call = mocks.call(SHOP, _fixture(createOrder=rules))

    reasons = []
    for body in ({"a": 2}, {"a": "x" * 10_000}, None):
        sent = (body,) if body is not None else ()
        call("POST", "/orders?mode=1", *sent)
        shown = call("GET", "/__admin/requests?limit=1").json["requests"][0]["rules"]
        reasons.append([one["reason"].partition(":")[0] for one in shown])

    others = ["query /mode", "headers /x-try is missing", "identity /name"]
    assert reasons == [["body /a", *others], ["body /a", *others], ["there is no body", *others]]


DECLINED = {"status": 402, "body": {"error": "card declined"}}


@pytest.mark.parametrize(
    ("when", "headers", "query", "body", "status"),
    [
        ({"body": _equals(customerId=7)}, {}, "", {"customerId": 7}, 402),
        ({"body": _equals(customerId=7)}, {}, "", {"customerId": 8}, 201),
        ({"body": _equals(customerId=7)}, {}, "", {}, 201),
        ({"query": _equals(mode=1)}, {}, "?mode=1", {}, 402),
        ({"query": _equals(mode=1)}, {}, "", {}, 201),
        ({"headers": _equals(**{"x-try": "a"})}, {"X-Try": "a"}, "", {}, 402),
        ({"headers": _equals(**{"x-try": "a"})}, {"X-Try": "b"}, "", {}, 201),
        ({"query": _equals(mode=1), "body": _equals(a=1)}, {}, "?mode=1", {"a": 2}, 201),
        ({"query": _equals(mode=1), "body": _equals(a=1)}, {}, "?mode=1", {"a": 1}, 402),
        ({"record": {}}, {}, "", {}, 201),
        ({"identity": {"properties": {"roles": {"contains": {"const": "admin"}}}}}, {}, "", {}, 201),
        ({"identity": {}}, {}, "", {}, 402),
        ({}, {}, "", {}, 402),
    ],
)
def test_a_rule_matches_when_all_of_its_schemas_do(
    mocks: Mocks, when: Any, headers: dict[str, str], query: str, body: Any, status: int
) -> None:
    """A part that the request does not have matches nothing."""
    call = mocks.call(SHOP, _fixture(createOrder=[{"when": when, "answer": DECLINED}]))

    answer = call("POST", f"/orders{query}", body, headers=headers)

    assert answer.status == status
    if status == 402:
        assert answer.json == {"error": "card declined"}


def test_a_rule_sees_the_record_that_the_request_is_about(mocks: Mocks) -> None:
    """As it is in the session, below an action as well."""
    rule = {"when": {"record": _equals(status="shipped")}, "answer": {"status": 409, "example": "declined"}}
    call = mocks.call(SHOP, _fixture(getOrder=[rule], payOrder=[rule]))

    assert [call("GET", f"/orders/{key}").status for key in (1, 2, 3)] == [200, 409, 404]
    assert call("POST", "/orders/2/pay").json == {"error": "declined"}


def test_the_first_rule_that_matches_answers_and_the_journal_says_why(mocks: Mocks) -> None:
    """It names those before it, and what did not match."""
    first = {"when": {"path": _equals(id=2)}, "answer": {"status": 402, "body": {"error": "two"}}}
    second = {"answer": {"status": 409, "body": {"error": "any"}}}
    call = mocks.call(SHOP, _fixture(getOrder=[first, second]))

    assert [call("GET", f"/orders/{key}").status for key in (2, 1)] == [402, 409]
    notes = call("GET", "/__admin/requests/2").json["notes"]
    assert notes[0].startswith("The rule getOrder 1 did not match: path /id")
    assert notes[1] == "The rule getOrder 2 answered."


def test_a_rule_with_a_count_is_used_up(mocks: Mocks) -> None:
    """Until the session is reset."""
    rule = {"answer": {"status": 409, "body": {"error": "once"}, "count": 1}}
    call = mocks.call(SHOP, _fixture(getOrder=[rule]))

    statuses = [call("GET", "/orders/1").status for _ in range(3)]
    call("POST", "/__admin/reset")

    assert [*statuses, call("GET", "/orders/1").status] == [409, 200, 200, 409]


def test_a_rule_answers_before_a_handler_and_default_asks_none(mocks: Mocks) -> None:
    """What the handler builds on is what there is without rules."""

    def get(backend: Backend, *, default: Any) -> Response:
        response: Response = default()
        return response

    rule = {"when": {"path": _equals(id=2)}, "answer": {"status": 409, "body": {"error": "rule"}}}
    call = mocks.call(SHOP, _fixture(getOrder=[rule]), handlers={"getOrder": get})

    assert call("GET", "/orders/1").json == {"id": 1, "status": "open"}
    assert call("GET", "/orders/2").json == {"error": "rule"}


@pytest.mark.parametrize(
    ("rule", "pointer", "told"),
    [
        ({"answer": {"status": 418}}, "/answer/status", "documents no 418"),
        ({"answer": {"status": 402, "body": {}}}, "/answer/body", "error"),
        ({"answer": {"status": 402, "example": "x"}}, "/answer/example", "declined"),
        ({"answer": {"status": 402, "nope": 1}}, "/answer/nope", "unknown key"),
        ({"answer": DECLINED, "when": {"bodies": {}}}, "/when/bodies", "unknown key"),
        ({"answer": DECLINED, "when": {"body": {"type": "nope"}}}, "/when/body", "not a valid JSON Schema"),
        ({"answer": DECLINED, "whem": {}}, "/whem", "unknown key"),
        ({}, "/answer", "an object is expected"),
    ],
)
def test_a_rule_that_cannot_be_stops_the_start(mocks: Mocks, rule: Any, pointer: str, told: str) -> None:
    """With its place in the fixture file."""
    with pytest.raises(FixtureError, match=told) as raised:
        mocks.build(SHOP, _fixture(getOrder=[rule]))

    place = raised.value.place.pointer
    assert f"/operations/getOrder/rules/0{pointer}".startswith(place)
    assert place.startswith("/operations/getOrder/rules/0")


def test_rules_of_a_scenario_come_before_those_of_the_file(mocks: Mocks) -> None:
    """While it is on; what is used up there is there again when it is switched on again."""
    usual = {"answer": {"status": 409, "body": {"error": "usual"}}, "when": {"path": _equals(id=2)}}
    special = {"answer": {"status": 402, "body": {"error": "special"}, "count": 1}}
    scenario = {"description": "Short of money.", "rules": {"getOrder": [special]}}
    call = mocks.call(SHOP, {**_fixture(getOrder=[usual]), "scenarios": {"poor": scenario}})

    def statuses() -> list[int]:
        return [call("GET", f"/orders/{key}").status for key in (2, 2, 1)]

    before = statuses()
    call("POST", "/__admin/scenarios/shop/poor")
    during = statuses()
    call("POST", "/__admin/scenarios/shop/poor")
    again = statuses()
    call("DELETE", "/__admin/scenarios/shop")

    assert [before, during, again, statuses()] == [
        [409, 409, 200],
        [402, 409, 200],
        [402, 409, 200],
        [409, 409, 200],
    ]


@pytest.mark.parametrize(
    ("rules", "pointer"),
    [
        ({"nope": []}, "/nope"),
        ({"getOrder": {}}, "/getOrder"),
        ({"getOrder": [{"answer": {"status": 418}}]}, "/getOrder/0/answer/status"),
    ],
)
def test_a_rule_of_a_scenario_that_cannot_be_stops_the_start(mocks: Mocks, rules: Any, pointer: str) -> None:
    """With its place in the fixture file."""
    scenario = {"description": "Short of money.", "rules": rules}
    with pytest.raises(FixtureError) as raised:
        mocks.build(SHOP, {**_fixture(), "scenarios": {"poor": scenario}})

    assert raised.value.place.pointer == f"/scenarios/poor/rules{pointer}"
