"""Forms whose fields nest: what Stripe's document and others of its kind expect."""

from __future__ import annotations

from typing import Any

import pytest
from tests.http.calling import Caller
from tests.http.mocks import Mocks, document, echo, operation

FORM = "application/x-www-form-urlencoded"
NOTHING = {"enum": [""], "type": "string"}
ADDRESS = {"type": "object", "properties": {"city": {"type": "string"}, "floor": {"type": "integer"}}}
TIERS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["up_to"],
        "properties": {
            "up_to": {"anyOf": [{"enum": ["inf"], "type": "string"}, {"type": "integer"}]},
            "amount": {"type": "integer"},
        },
    },
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "address": {"anyOf": [ADDRESS, NOTHING]},
        "tiers": {"anyOf": [TIERS, NOTHING]},
        "limits": {"anyOf": [{"type": "object", "additionalProperties": {"type": "integer"}}, NOTHING]},
        "created": {
            "anyOf": [{"type": "object", "properties": {"gte": {"type": "integer"}}}, {"type": "integer"}]
        },
        "expand": {"type": "array", "items": {"type": "string"}},
        "flag": {"type": "boolean"},
    },
}


def _caller(mocks: Mocks, schema: Any) -> Caller:
    body = {
        "required": True,
        "content": {FORM: {"schema": schema, "encoding": {"expand": {"style": "deepObject"}}}},
    }
    components = {"components": {"schemas": {"Form": SCHEMA}}}
    content = document({"/x": {"post": operation(requestBody=body)}}, **components)
    return mocks.call(content, handlers={"op": echo("body")})


@pytest.mark.parametrize(
    "schema",
    [
        SCHEMA,
        {"$ref": "#/components/schemas/Form"},
        {"allOf": [{"$ref": "#/components/schemas/Form"}, {"properties": {"other": {"type": "integer"}}}]},
    ],
)
@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("address[city]=Vigo&address[floor]=3", {"address": {"city": "Vigo", "floor": 3}}),
        ("address=", {"address": ""}),
        ("tiers=", {"tiers": ""}),
        ("tiers[0][up_to]=5&tiers[0][amount]=9&tiers[1][up_to]=inf", "tiers"),
        ("limits[a]=1&limits[b]=2", {"limits": {"a": 1, "b": 2}}),
        ("created=7", {"created": 7}),
        ("created[gte]=7", {"created": {"gte": 7}}),
        ("expand[]=a&expand[]=b", {"expand": ["a", "b"]}),
        ("expand[0]=a&expand[1]=b", {"expand": ["a", "b"]}),
        ("flag=true", {"flag": True}),
    ],
)
def test_nested_fields_are_what_their_branch_says(mocks: Mocks, schema: Any, form: str, value: Any) -> None:
    """In whichever way the form's schema is put together."""
    answer = _caller(mocks, schema)("POST", "/x", content=form.encode(), media_type=FORM)

    tiers = {"tiers": [{"up_to": 5, "amount": 9}, {"up_to": "inf"}]}
    assert (answer.status, answer.json) == (200, {"body": tiers if value == "tiers" else value})


@pytest.mark.parametrize("form", ['lines={"n":1}&lines={"n":2}', 'lines=[{"n":1},{"n":2}]'])
def test_objects_in_an_array_are_json(mocks: Mocks, form: str) -> None:
    """Each in a field of its own, or all in one."""
    item = {"type": "object", "properties": {"n": {"type": "integer"}}}
    schema = {"type": "object", "properties": {"lines": {"type": "array", "items": item}}}

    answer = _caller(mocks, schema)("POST", "/x", content=form.encode(), media_type=FORM)

    assert answer.json == {"body": {"lines": [{"n": 1}, {"n": 2}]}}


@pytest.mark.parametrize(
    "form",
    ["address[floor]=high", "tiers[0][amount]=9", "tiers[0][up_to]=x", "limits[a]=x", "created[gte]=x"],
)
def test_nested_fields_are_held_to_their_branch(mocks: Mocks, form: str) -> None:
    """Deep inside, too."""
    assert _caller(mocks, SCHEMA)("POST", "/x", content=form.encode(), media_type=FORM).status == 400
