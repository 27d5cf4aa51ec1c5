"""`mockserver lint` names the operations that will be answered with 501, and no others."""

from __future__ import annotations

from typing import Any

import pytest
from tests.http.calling import Caller
from tests.http.mocks import Mocks, document

from mockserver.http.answerability import check_answers
from mockserver.openapi.lint import lint

ENDLESS = {
    "type": "object",
    "required": ["next"],
    "properties": {"next": {"$ref": "#/components/schemas/Endless"}},
}
WHOLE: dict[str, Any] = {"Endless": ENDLESS, "Thing": {"$id": "https://x.example/thing", "type": "object"}}

BROKEN: dict[str, Any] = {
    "no value of an empty enum": {"type": "string", "enum": []},
    "two branches that everything fits": {"oneOf": [{"type": "object"}, {"type": "object"}]},
    "a schema without end": {"$ref": "#/components/schemas/Endless"},
    "a list of what there is not": {"type": "array", "minItems": 1, "items": {"type": "integer", "enum": []}},
    "a range that is empty": {"type": "integer", "minimum": 5, "maximum": 4},
}
WORKING: dict[str, Any] = {
    "two branches that differ": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
    "an optional schema without end": {
        "type": "object",
        "properties": {"next": {"$ref": "#/components/schemas/Endless"}},
    },
    "a schema with an id": {"$ref": "#/components/schemas/Thing"},
    "a pattern that nobody can read": {"type": "string", "pattern": "^(?<"},
    "an optional empty enum": {"type": "object", "properties": {"a": {"type": "string", "enum": []}}},
    "an example that breaks it": {"type": "integer", "example": "five"},
    "nothing": {},
}


def _served(schema: Any, **more: Any) -> dict[str, Any]:
    response = {"description": "", "content": {"application/json": {"schema": schema}}}
    operation = {"operationId": "op", "responses": {"200": response}, **more}
    return document({"/x": {"get": operation}}, openapi="3.1.0", components={"schemas": WHOLE})


def _named(mocks: Mocks, content: Any) -> tuple[list[str], int]:
    """The pointers that lint calls broken, and how the operation is answered."""
    application = mocks.build(content, auth="off")
    [service] = application.services.values()
    found = [*lint(service.document), *check_answers(service.document)]
    call = Caller(application.asgi, defects=True)
    return [defect.pointer for defect in found if defect.rule == "broken-operation"], call("GET", "/x").status


@pytest.mark.parametrize("schema", BROKEN.values(), ids=list(BROKEN))
def test_what_is_answered_with_501_is_named(mocks: Mocks, schema: Any) -> None:
    """At the operation, with what is wrong."""
    assert _named(mocks, _served(schema)) == (["/paths/~1x/get"], 501)


@pytest.mark.parametrize("schema", WORKING.values(), ids=list(WORKING))
def test_what_works_is_not_named(mocks: Mocks, schema: Any) -> None:
    """However odd it is."""
    assert _named(mocks, _served(schema)) == ([], 200)


def test_an_operation_without_responses_is_named(mocks: Mocks) -> None:
    """There is nothing that it could answer."""
    assert _named(mocks, _served({}, responses={})) == (["/paths/~1x/get"], 501)


def test_each_operation_with_a_broken_schema_is_named(mocks: Mocks) -> None:
    """Also where several share it."""
    content = _served({"$ref": "#/components/schemas/Endless"})
    content["paths"]["/y"] = content["paths"]["/x"] | {
        "get": {**content["paths"]["/x"]["get"], "operationId": "y"}
    }

    assert _named(mocks, content)[0] == ["/paths/~1x/get", "/paths/~1y/get"]
