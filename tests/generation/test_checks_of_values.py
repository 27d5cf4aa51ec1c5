"""How many validators generating a value compiles."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mockserver.generation import ValueGenerator
from mockserver.openapi.schema.validators import SchemaCompiler

_PERSON = {
    "type": "object",
    "required": ["name", "manager"],
    "properties": {
        "name": {"type": "string", "minLength": 3, "maxLength": 5},
        "manager": {
            "description": "Nobody manages some people.",
            "anyOf": [{"$ref": "#/components/schemas/person"}, {"type": "object", "nullable": True}],
        },
    },
}
_ROOT: dict[str, Any] = {"openapi": "3.0.3", "components": {"schemas": {"person": _PERSON}}}


class _CountingCompiler(SchemaCompiler):
    """Records the schemas that are compiled."""

    def __init__(self) -> None:
        super().__init__(_ROOT)
        self.compiled: list[Any] = []

    def compile(self, schema: Any, direction: Any) -> Any:
        """See `SchemaCompiler.compile`."""
        self.compiled.append(schema)
        return super().compile(schema, direction)


@pytest.fixture
def compiler() -> _CountingCompiler:
    """A compiler of the document's schemas."""
    return _CountingCompiler()


def test_lengths_and_null_are_checked_without_validators(compiler: _CountingCompiler) -> None:
    """A length is compared, and a nullable branch allows null: neither needs a compiled schema."""
    generator = ValueGenerator(_ROOT, compiler, seed=1, now=datetime(2026, 1, 1, tzinfo=UTC))
    schema = {"type": "array", "minItems": 400, "items": {"$ref": "#/components/schemas/person"}}

    people = generator.value(schema, key=("people", 1))

    assert len(people) >= 400
    assert all(3 <= len(person["name"]) <= 5 for person in people)
    assert [entry for entry in compiler.compiled if "maxLength" in entry] == []
    assert [entry for entry in compiler.compiled if "description" in entry] == []


def test_equal_patterns_share_a_validator(compiler: _CountingCompiler) -> None:
    """Two properties with the same pattern and lengths are checked by one validator."""
    text = {"type": "string", "pattern": "^[A-Z]{4}$", "maxLength": 4}
    schema = {"type": "object", "required": ["a", "b"], "properties": {"a": text, "b": dict(text)}}
    generator = ValueGenerator(_ROOT, compiler, seed=1, now=datetime(2026, 1, 1, tzinfo=UTC))

    value = generator.value(schema, key=("texts", 1))

    assert set(value) == {"a", "b"}
    assert len([entry for entry in compiler.compiled if "allOf" in entry]) == 1
