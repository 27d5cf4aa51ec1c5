"""Single properties of an object are those of the whole object, wherever they can be generated alone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.generation.test_values import generator

from mockserver.generation import ValueGenerator
from mockserver.generation.nodes.object_nodes import UNMADE
from mockserver.openapi.document import load
from mockserver.openapi.schema.validators import SchemaCompiler

ROOT = Path(__file__).parents[2]
DOCUMENTS = (*sorted((ROOT / "specs").glob("*.yaml")), ROOT / "tests" / "clients" / "shop.yaml")
_SCALARS: dict[str, Any] = {
    "id": {"type": "integer", "format": "int64"},
    "small": {"type": "integer", "format": "int32", "minimum": 3, "maximum": 5},
    "price": {"type": "number", "multipleOf": 0.5},
    "rate": {"type": "number"},
    "isOpen": {"type": "boolean"},
    "state": {"type": "string", "enum": ["new", "old", "lost"]},
    "name": {"type": "string", "maxLength": 7},
    "email": {"type": "string", "format": "email"},
    "site": {"type": "string", "format": "uri", "nullable": True},
    "code": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$"},
    "key": {"type": "string", "format": "uuid", "readOnly": True},
    "createdAt": {"type": "string", "format": "date-time"},
    "born": {"type": "string", "format": "date", "example": "2001-02-03"},
    "picture": {"type": "string", "format": "byte"},
    "city": {"type": "string", "not": {"enum": ["Lake"]}},
}


def test_each_property_alone_is_that_of_the_whole_object() -> None:
    """Formats, bounds, patterns, enumerations and examples, for many keys."""
    named = {name: schema for name, schema in _SCALARS.items() if name != "city"}
    schema = {"type": "object", "required": ["id", "name"], "properties": named}
    values = generator()

    for key in range(200):
        whole = values.value(schema, key=(key,))
        for name in named:
            some = values.some(schema, {name}, key=(key,))
            assert some is not None
            assert some[name] == whole[name]
            assert list(some) == list(whole)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.stem)
def test_the_objects_of_a_document_are_the_same_in_parts_and_whole(document: Path) -> None:
    """Every schema of the document that allows it; at least one does."""
    root = load(document).root
    values = ValueGenerator(root, SchemaCompiler(root), seed=1, now=datetime(2026, 3, 2, tzinfo=UTC))
    compared = 0

    for name in root["components"]["schemas"]:
        schema = {"$ref": f"#/components/schemas/{name}"}
        names = values.some(schema, (), key=(0,), name=name)
        for key in range(20) if names else ():
            some = values.some(schema, names or (), key=(key,), name=name)
            assert some == values.value(schema, key=(key,), name=name)
            compared += 1

    assert compared


@pytest.mark.parametrize(
    "changes",
    [
        {"properties": {"tags": {"type": "array", "items": {"type": "string"}}}},
        {"properties": {"city": _SCALARS["city"]}},
        {
            "properties": {
                "quantity": {"type": "integer"},
                "unitPrice": {"type": "number"},
                "total": {"type": "number"},
            }
        },
        {"required": ["unknown"]},
        {"minProperties": 1},
        {"oneOf": [{"required": ["id"]}, {"required": ["name"]}]},
        {"not": {"required": ["other"]}},
    ],
    ids=str,
)
def test_objects_whose_properties_depend_on_others_are_made_whole(changes: dict[str, Any]) -> None:
    """Lists, totals, choices, and keywords about the object."""
    named = {"id": _SCALARS["id"], "name": _SCALARS["name"], **changes.get("properties", {})}
    schema = {"type": "object", **changes, "properties": named}

    assert generator().some(schema, {"id"}, key=()) is None


def test_only_the_wanted_properties_are_generated() -> None:
    """Others take their place, so that the order of the properties is known."""
    schema = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}

    some = generator().some(schema, {"b"}, key=())

    assert some is not None
    assert some["a"] is UNMADE
    assert isinstance(some["b"], str)
