"""Schemas that require themselves, where null may stand for what would not end."""

from __future__ import annotations

import pytest
from tests.generation.test_values import generator
from tests.generation.test_values_schemas import Json

from mockserver.openapi.schema.validators import SchemaCompiler

CATEGORY: Json = {"$ref": "#/components/schemas/Category"}


def _document(version: str, parent: Json, **category: object) -> Json:
    properties = {"id": {"type": "integer"}, "parent": parent}
    schema = {"type": "object", "required": ["id", "parent"], "properties": properties, **category}
    return {"openapi": version, "info": {}, "paths": {}, "components": {"schemas": {"Category": schema}}}


def _depth(value: object) -> int:
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 1 + max(map(_depth, value.values())) if isinstance(value, dict) else 0


@pytest.mark.parametrize(
    "document",
    [
        _document("3.0.3", {"nullable": True, "allOf": [CATEGORY]}),
        _document("3.0.3", {"nullable": True, "oneOf": [CATEGORY]}),
        _document("3.0.3", {"type": "array", "nullable": True, "minItems": 1, "items": CATEGORY}),
        _document("3.0.3", CATEGORY, nullable=True),
        _document("3.1.0", {"anyOf": [CATEGORY, {"type": "null"}]}),
        _document("3.1.0", CATEGORY, type=["object", "null"]),
    ],
    ids=["allOf", "oneOf", "array", "itself", "anyOf", "types"],
)
@pytest.mark.parametrize("number", range(5))
def test_null_ends_what_requires_itself(document: Json, number: int) -> None:
    """A category that has to have a parent is one without, or one whose parent has none."""
    value = generator(document).value(CATEGORY, key=("category", number))

    assert isinstance(value, dict)
    assert SchemaCompiler(document).compile(CATEGORY, "response").is_valid(value)
    assert _depth(value) < 20
