"""Errors in the document's own form name the field where the form has a place for it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.http.mocks import Mocks, document, operation

TEXT = {"type": "string"}
BODY = {
    "type": "object",
    "required": ["email", "lines"],
    "properties": {
        "email": {"type": "string", "format": "email"},
        "lines": {
            "type": "array",
            "items": {"type": "object", "properties": {"count": {"type": "integer", "minimum": 1}}},
        },
    },
}
WRONG = {"email": "a@example.org", "lines": [{"count": 0}]}
MESSAGE = "0 is less than the minimum of 1"


def an_object(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    """A schema of an object."""
    return {"type": "object", "required": list(required), "properties": properties}


def refusal(mocks: Mocks, schema: Any, body: Any = WRONG, *, example: Any = None, path: str = "/x") -> Any:
    """What an operation answers to a body that does not fit, where its 422 has this schema."""
    media = {"schema": schema} if example is None else {"schema": schema, "example": example}
    taking = {
        "parameters": [{"name": "dry", "in": "query", "schema": {"type": "boolean"}}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": BODY}}},
        "responses": {
            "201": {"description": ""},
            "422": {"description": "", "content": {"application/json": {"schema": schema} | media}},
        },
    }
    call = mocks.call(document({"/x": {"post": {**operation(), **taking}}}))
    answer = call("POST", path, body)
    assert answer.status == 422
    return answer.json


NAMED = [
    pytest.param(
        {"field": TEXT, "message": TEXT}, {"field": "lines.0.count", "message": MESSAGE}, id="field"
    ),
    pytest.param({"name": TEXT, "reason": TEXT}, {"name": "lines.0.count", "reason": MESSAGE}, id="name"),
    pytest.param(
        {"propertyName": TEXT, "errorMessage": TEXT, "attemptedValue": {}},
        {"propertyName": "lines.0.count", "errorMessage": MESSAGE},
        id="FluentValidation",
    ),
    pytest.param(
        {"instancePath": TEXT, "keyword": TEXT, "message": TEXT},
        {"instancePath": "/lines/0/count", "keyword": "minimum", "message": MESSAGE},
        id="Ajv",
    ),
    pytest.param(
        {"path": {"type": "array", "items": {}}, "code": TEXT, "message": TEXT},
        {"path": ["lines", 0, "count"], "code": "minimum", "message": MESSAGE},
        id="Zod",
    ),
    pytest.param(
        {"loc": {"type": "array", "items": {}}, "msg": TEXT, "type": TEXT, "input": {}},
        {"loc": ["body", "lines", 0, "count"], "msg": MESSAGE, "type": "greater_than_equal", "input": 0},
        id="FastAPI",
    ),
    pytest.param(
        {"location": TEXT, "param": TEXT, "msg": TEXT, "value": {}},
        {"location": "body", "param": "lines.0.count", "msg": MESSAGE, "value": 0},
        id="express-validator",
    ),
    pytest.param(
        {"property": TEXT, "constraints": {"type": "object", "additionalProperties": TEXT}},
        {"property": "lines.0.count", "constraints": {"minimum": MESSAGE}},
        id="class-validator",
    ),
    pytest.param(
        {"code": {"type": "string", "enum": ["REQUIRED", "INVALID"]}, "target": TEXT},
        {"code": "INVALID", "target": "lines.0.count"},
        id="codes",
    ),
]


@pytest.mark.parametrize(("properties", "expected"), NAMED)
def test_each_error_of_a_list_names_its_field(mocks: Mocks, properties: Any, expected: Any) -> None:
    """Names, pointers and lists of tokens, as the properties of the item are called."""
    items = an_object(tuple(expected), **properties)

    told = refusal(mocks, an_object(("errors",), errors={"type": "array", "items": items}))

    assert told == {"errors": [expected]}


def test_a_missing_property_is_the_field_that_is_wrong(mocks: Mocks) -> None:
    """Each of two, and not the object that lacks them."""
    items = an_object(("field", "message"), field=TEXT, message=TEXT)

    told = refusal(mocks, an_object(("errors",), errors={"type": "array", "items": items}), {})

    assert [entry["field"] for entry in told["errors"]] == ["email", "lines"]


def test_a_parameter_is_the_source_of_an_error_of_json_api(mocks: Mocks) -> None:
    """`source.parameter` for the query, where `source.pointer` is for the body."""
    source = an_object((), pointer=TEXT, parameter=TEXT, header=TEXT)
    items = an_object(("status", "source"), status=TEXT, source=source)
    schema = an_object(("errors",), errors={"type": "array", "items": items})

    of_query = refusal(mocks, schema, path="/x?dry=perhaps")

    assert of_query["errors"] == [{"status": "422", "source": {"parameter": "dry"}}]


MAPS = [
    pytest.param({"type": "array", "items": TEXT}, [MESSAGE], id="lists"),
    pytest.param(TEXT, MESSAGE, id="texts"),
    pytest.param(
        an_object(("message",), message=TEXT), {"message": f"body /lines/0/count: {MESSAGE}"}, id="objects"
    ),
]


@pytest.mark.parametrize(("values", "expected"), MAPS)
def test_a_map_of_errors_has_the_field_that_is_wrong(mocks: Mocks, values: Any, expected: Any) -> None:
    """Its values are lists of messages, messages, or objects."""
    schema = an_object(
        ("message", "errors"), message=TEXT, errors={"type": "object", "additionalProperties": values}
    )

    assert refusal(mocks, schema)["errors"] == {"lines.0.count": expected}


def test_a_map_whose_names_are_documented_has_those_alone_that_are_wrong(mocks: Mocks) -> None:
    """The form's fields are written out as properties."""
    texts = {"type": "array", "items": TEXT}
    schema = an_object(("errors",), errors=an_object((), email=texts, lines=texts))

    assert refusal(mocks, schema)["errors"] == {"lines": [MESSAGE]}


def test_an_answer_that_is_a_list_or_a_map_itself_names_the_fields(mocks: Mocks) -> None:
    """Without an envelope: the list of some frameworks, the map of Django."""
    listed = {"type": "array", "items": an_object(("field", "message"), field=TEXT, message=TEXT)}

    assert refusal(mocks, listed) == [{"field": "lines.0.count", "message": MESSAGE}]


def test_an_error_example_without_a_place_for_a_message_is_the_answer(mocks: Mocks) -> None:
    """All of it, optional properties as well."""
    example = {"ok": False, "ref": "E-17"}
    schema = an_object((), ok={"type": "boolean"}, ref=TEXT)

    assert refusal(mocks, schema, example=example) == example


def test_one_error_names_its_parameter(mocks: Mocks) -> None:
    """`param` beside `message`, in an object of its own."""
    schema = an_object(("error",), error=an_object(("message",), message=TEXT, param=TEXT, code=TEXT))

    assert refusal(mocks, schema)["error"]["param"] == "lines.0.count"


def test_a_property_for_each_field_has_its_messages(mocks: Mocks) -> None:
    """As Django REST framework lists them; fields that fit are left out."""
    texts = {"type": "array", "items": TEXT}
    found = refusal(mocks, an_object(email=texts, lines=texts, non_field_errors=texts))

    assert found == {"lines": [MESSAGE]}


def test_field_violations_are_inside_the_details(mocks: Mocks) -> None:
    """As Google's APIs list them: `error.details[].fieldViolations[]`."""
    violation = an_object(("field", "description"), field=TEXT, description=TEXT)
    detail = an_object(fieldViolations={"type": "array", "items": violation})
    error = an_object(
        ("code", "message"),
        code={"type": "integer"},
        message=TEXT,
        details={"type": "array", "items": detail},
    )
    found = refusal(mocks, an_object(("error",), error=error))["error"]

    assert found["code"] == 422
    assert found["details"] == [{"fieldViolations": [{"field": "lines.0.count", "description": MESSAGE}]}]


def test_errors_that_contain_themselves_are_answered(mocks: Mocks) -> None:
    """As Azure's: an error has details, each of which is an error."""
    error = an_object(("code", "message"), code=TEXT, message=TEXT, target=TEXT)
    error["properties"]["details"] = {"type": "array", "items": {"$ref": "#/components/schemas/Error"}}
    call = mocks.call(
        {
            **document(
                {
                    "/x": {
                        "post": {
                            "requestBody": {
                                "required": True,
                                "content": {"application/json": {"schema": BODY}},
                            },
                            "responses": {
                                "201": {"description": ""},
                                "400": {
                                    "description": "",
                                    "content": {
                                        "application/json": {"schema": {"$ref": "#/components/schemas/Error"}}
                                    },
                                },
                            },
                        }
                    }
                }
            ),
            "components": {"schemas": {"Error": error}},
        }
    )
    answer = call("POST", "/x", WRONG)

    assert answer.status == 400
    assert answer.json["details"][0]["target"] == "lines.0.count"
