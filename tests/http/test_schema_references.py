"""References by `$id`, `$anchor` and `$dynamicRef`: served and validated as JSON Schema means them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.http.calling import Caller
from tests.http.mocks import Mocks, document, operation

TEXT = {"type": "string"}
COUNT = {"type": "integer", "minimum": 7, "maximum": 9}
PRICE = "https://prices.example/schemas/price"


def echoing(mocks: Mocks, schema: Any, schemas: dict[str, Any]) -> Caller:
    """A mock that takes and gives values of one schema."""
    content = {"application/json": {"schema": schema}}
    answers = {"200": {"description": "", "content": content}, "400": {"description": ""}}
    item = {
        "get": {**operation("get"), "responses": answers},
        "put": {
            **operation("put"),
            "requestBody": {"required": True, "content": content},
            "responses": answers,
        },
    }
    return mocks.call(document({"/x": item}, openapi="3.1.0", components={"schemas": schemas}))


def with_amount(reference: Any, **more: Any) -> dict[str, Any]:
    """An object whose amount refers to something."""
    return {"type": "object", "required": ["amount"], "properties": {"amount": {"$ref": reference}}, **more}


WAYS = [
    pytest.param(
        {"Thing": with_amount("amount"), "Amount": {"$id": "amount", **COUNT}},
        id="a relative $id",
    ),
    pytest.param(
        {"Thing": with_amount("#/$defs/Own", **{"$id": PRICE, "$defs": {"Own": COUNT}})},
        id="within an $id",
    ),
    pytest.param(
        {
            "Thing": with_amount("amount", **{"$id": PRICE}),
            "Amount": {"$id": "https://prices.example/schemas/amount", **COUNT},
        },
        id="relative to an $id",
    ),
    pytest.param(
        {"Thing": with_amount("#amount"), "Amount": {"$anchor": "amount", **COUNT}}, id="an $anchor"
    ),
    pytest.param(
        {
            "Thing": with_amount(f"{PRICE}#amount"),
            "Price": {"$id": PRICE, "$defs": {"A": {"$anchor": "amount", **COUNT}}},
        },
        id="an $anchor within an $id",
    ),
    pytest.param(
        {"Thing": with_amount("#/components/schemas/Amount", **{"$id": PRICE}), "Amount": COUNT},
        id="from the document's top within an $id",
    ),
    pytest.param(
        {
            "Thing": with_amount("a/b%20c#x"),
            "A~/b": {"$id": "a/b%20c", "$defs": {"ü": {"$anchor": "x", **COUNT}}},
        },
        id="odd names",
    ),
]


@pytest.mark.parametrize("schemas", WAYS)
def test_a_reference_leads_to_what_it_names(mocks: Mocks, schemas: dict[str, Any]) -> None:
    """What is generated fits, what is sent is held to it."""
    call = echoing(mocks, {"$ref": "#/components/schemas/Thing"}, schemas)

    assert 7 <= call("GET", "/x").json["amount"] <= 9
    assert [call("PUT", "/x", {"amount": value}).status for value in (8, 6, "8")] == [200, 400, 400]


def test_a_tree_by_a_dynamic_reference_is_held_to_its_schema(mocks: Mocks) -> None:
    """Where one schema has the anchor, at every depth."""
    kids = {"type": "array", "items": {"$dynamicRef": "#node"}}
    node = {
        "$dynamicAnchor": "node",
        "type": "object",
        "required": ["label"],
        "properties": {"label": TEXT, "kids": kids},
    }
    call = echoing(mocks, {"$ref": "#/components/schemas/Node"}, {"Node": node})

    assert call("GET", "/x").json["label"]
    assert call("PUT", "/x", {"label": "a", "kids": [{"label": "b", "kids": [{"label": "c"}]}]}).status == 200
    assert call("PUT", "/x", {"label": "a", "kids": [{"label": "b", "kids": [{}]}]}).status == 400


def test_a_stricter_tree_is_held_to_the_stricter_schema(mocks: Mocks) -> None:
    """The example of JSON Schema: a tree without unknown properties, made of one that allows for them."""
    children = {"type": "array", "items": {"$dynamicRef": "#node"}}
    tree = {
        "$id": "https://trees.example/tree",
        "$dynamicAnchor": "node",
        "type": "object",
        "properties": {"data": TEXT, "children": children},
    }
    strict = {
        "$id": "https://trees.example/strict",
        "$dynamicAnchor": "node",
        "$ref": "tree",
        "unevaluatedProperties": False,
    }
    call = echoing(mocks, {"$ref": "#/components/schemas/Strict"}, {"Tree": tree, "Strict": strict})

    assert call("GET", "/x").status == 200
    assert call("PUT", "/x", {"children": [{"data": "a"}]}).status == 200
    assert call("PUT", "/x", {"children": [{"daat": "a"}]}).status == 400


@pytest.mark.parametrize("ids", [True, False])
def test_a_generic_list_is_held_to_the_item_of_who_uses_it(mocks: Mocks, ids: bool) -> None:
    """The template's `$dynamicRef` is what the outer schema makes of its anchor."""
    template = {
        "$defs": {"item": {"$dynamicAnchor": "item"}},
        "type": "object",
        "required": ["items"],
        "properties": {"items": {"type": "array", "minItems": 1, "items": {"$dynamicRef": "#item"}}},
    }
    user = {"type": "object", "required": ["name"], "properties": {"name": TEXT}}
    lamp = {"type": "object", "required": ["watts"], "properties": {"watts": COUNT}}
    schemas: dict[str, Any] = {"List": template, "User": user, "Lamp": lamp}
    for name in ("User", "Lamp"):
        own = {"$dynamicAnchor": "item", "$ref": f"#/components/schemas/{name}"}
        schemas[f"{name}s"] = {"$defs": {"item": own}, "$ref": "#/components/schemas/List"}
    if ids:
        for name in ("List", "Users", "Lamps"):
            schemas[name]["$id"] = f"https://lists.example/{name}"
    call = echoing(mocks, {"$ref": "#/components/schemas/Lamps"}, schemas)

    assert 7 <= call("GET", "/x").json["items"][0]["watts"] <= 9
    assert call("PUT", "/x", {"items": [{"watts": 8}]}).status == 200
    assert call("PUT", "/x", {"items": [{"name": "a"}]}).status == 400


def test_examples_are_no_schemas(mocks: Mocks) -> None:
    """A `$ref` and an `$id` in data stay what they are."""
    example = {"$id": "amount", "$ref": "amount"}
    call = echoing(mocks, {"type": "object", "example": example}, {"Amount": {"$id": "amount", **COUNT}})

    assert call("GET", "/x").json == example
