"""Schemas are read once, whatever their references and combinations are."""

from pathlib import Path
from typing import Any

import pytest
from tests.resources.mocking import answering, mock, parameter, taking

from mockserver.openapi.schema.coercion import Coercion
from mockserver.openapi.schema.schema_locations import is_inferred, schemas_at
from mockserver.openapi.schema.schema_reader import SchemaReader

OLD: dict[str, Any] = {"openapi": "3.0.3", "a": {"type": "integer", "maximum": 9}}
NEW: dict[str, Any] = {**OLD, "openapi": "3.1.0"}


@pytest.mark.parametrize(
    ("schema", "types"),
    [
        ({"type": "number"}, ("number", "integer")),
        ({"type": "string", "nullable": True}, ("string", "null")),
        ({"type": ["string", "null"]}, ("string", "null")),
        ({"allOf": [{"type": "number"}, {"type": "integer"}]}, ("integer",)),
        ({"allOf": [{"type": "number"}, {"type": "string"}]}, ()),
        ({}, None),
    ],
)
def test_types_are_read_from_every_version(schema: Any, types: tuple[str, ...] | None) -> None:
    """An integer is a number; `null` comes from `nullable` in 3.0, or from a list of types."""
    root = OLD if "nullable" in schema else NEW

    assert SchemaReader(root).shape(schema).types == types


@pytest.mark.parametrize("schema", [{"minimum": 3, "exclusiveMinimum": True}, {"exclusiveMinimum": 3}])
def test_exclusive_bounds_are_read_in_both_spellings(schema: Any) -> None:
    """Draft 4 has a boolean, 2020-12 a number."""
    shape = SchemaReader(NEW).shape(schema)

    assert (shape.minimum, shape.above) == (None, 3)


@pytest.mark.parametrize(("root", "maximum"), [(OLD, 9), (NEW, 5)])
def test_what_stands_beside_a_reference_counts_from_3_1_on(root: Any, maximum: int) -> None:
    """Before, it is ignored (OpenAPI 3.0.3 section 4.7.23)."""
    assert SchemaReader(root).shape({"$ref": "#/a", "maximum": 5}).maximum == maximum


def test_tuples_are_read_in_both_spellings() -> None:
    """`prefixItems`, or a list in `items`."""
    new = SchemaReader(NEW).shape({"prefixItems": [{"type": "string"}], "items": {"type": "integer"}})
    old = SchemaReader(NEW).shape({"items": [{"type": "string"}], "additionalItems": {"type": "integer"}})

    assert (
        (new.prefix, new.items) == (old.prefix, old.items) == (({"type": "string"},), ({"type": "integer"},))
    )


def test_a_constant_is_the_only_value() -> None:
    """Null counts."""
    assert SchemaReader(NEW).shape({"const": None}).values == (None,)


def test_a_closed_part_of_all_of_forbids_what_others_name() -> None:
    """Read strictly, `additionalProperties: false` sees its own schema only."""
    closed = {"properties": {"a": {}}, "additionalProperties": False}

    shape = SchemaReader(NEW).shape({"allOf": [closed, {"properties": {"b": {"type": "string"}}}]})

    assert shape.closed
    assert shape.properties == {"a": ({},), "b": (False, {"type": "string"})}


def test_an_all_of_that_contains_itself_ends() -> None:
    """It adds nothing to what it stands in."""
    root: dict[str, Any] = {"openapi": "3.0.3"}
    root["a"] = {"allOf": [{"$ref": "#/a"}, {"type": "string"}]}

    assert SchemaReader(root).shape({"$ref": "#/a"}).types == ("string",)


def test_a_reference_that_leads_nowhere_is_named() -> None:
    """The error's argument is the reference."""
    with pytest.raises(KeyError, match="#/nowhere"):
        SchemaReader(OLD).shape({"$ref": "#/nowhere"})


class CountingReader(SchemaReader):
    """Counts the references that it resolves."""

    resolved = 0

    def resolve(self, schema: Any) -> Any:
        """See `SchemaReader.resolve`."""
        self.resolved += 1
        return super().resolve(schema)


LEVELS = 16
CHAIN = 2_000


def doubling(keyword: str) -> dict[str, Any]:
    """Schemas each of which combines the next one twice."""
    schemas: dict[str, Any] = {
        f"L{level}": {keyword: [{"$ref": f"#/s/L{level + 1}"}, {"$ref": f"#/s/L{level + 1}"}]}
        for level in range(LEVELS)
    }
    last = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}
    return {"openapi": "3.0.3", "s": {**schemas, f"L{LEVELS}": last}}


@pytest.mark.parametrize("keyword", ["allOf", "oneOf", "anyOf"])
def test_a_combination_that_doubles_at_every_level_is_read_in_linear_time(keyword: str) -> None:
    """Sixteen levels are sixty thousand paths and seventeen schemas."""
    reader, schema = CountingReader(doubling(keyword)), {"$ref": "#/s/L0"}

    assert set(reader.properties(schema)) == {"a"}
    assert reader.types(schema) == {"object"}
    assert Coercion(reader, schema)({"a": "7"}) == {"a": 7}
    assert schemas_at(reader, schema, ["a"])[-1].schema == {"type": "integer"}
    assert reader.outline(schema) is not None
    if keyword == "allOf":
        assert reader.outline(schema).required == {"a"}
        assert reader.merged(schema)["required"] == ["a"]
    assert reader.resolved < 200 * LEVELS


def test_a_chain_of_two_thousand_references_is_followed() -> None:
    """No recursion limit is met, and what is asked for again is known."""
    root: dict[str, Any] = {f"C{number}": {"$ref": f"#/C{number + 1}"} for number in range(CHAIN)}
    root |= {"openapi": "3.0.3", f"C{CHAIN}": {"type": "object", "properties": {"a": {"type": "boolean"}}}}
    reader, schema = CountingReader(root), {"$ref": "#/C0"}

    for _ in range(10):
        assert reader.outline(schema).is_object
        assert reader.types(schema) == {"object"}
        assert "a" in reader.merged(schema)["properties"]
        assert not is_inferred(reader, schema, ["a"], "type")

    assert reader.resolved < 5 * CHAIN


def test_an_all_of_nested_two_thousand_times_is_read() -> None:
    """Inline, without references."""
    schema: dict[str, Any] = {"properties": {"a": {"type": "boolean"}}}
    for _ in range(CHAIN):
        schema = {"allOf": [schema]}
    reader = SchemaReader(OLD)

    assert set(reader.outline(schema).properties) == {"a"}
    assert reader.types(schema) == {"object"}
    assert reader.identity(schema) != id(schema)


def test_references_in_a_circle_say_nothing() -> None:
    """Neither do those of choices."""
    root: dict[str, Any] = {"openapi": "3.0.3", "a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}}
    root["c"] = {"oneOf": [{"$ref": "#/c"}, {"type": "string"}]}
    reader = SchemaReader(root)

    assert reader.outline({"$ref": "#/a"}).types == set()
    assert reader.types({"$ref": "#/a"}) == set()
    assert reader.types({"$ref": "#/c"}) == {"string"}
    assert [one.schema for one in schemas_at(reader, {"$ref": "#/c"})] == [root["c"], {"type": "string"}]


def test_documents_with_such_schemas_are_served(tmp_path: Path) -> None:
    """With state: records are listed, made and read."""
    chain = {f"C{number}": {"$ref": f"#/components/schemas/C{number + 1}"} for number in range(CHAIN)}
    double = {
        f"L{level}": {"allOf": [{"$ref": f"#/components/schemas/L{level + 1}"}] * 2}
        for level in range(LEVELS)
    }
    last = {
        "type": "object",
        "required": ["id", "name"],
        "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
    }
    schemas = {**chain, f"C{CHAIN}": last, **double, f"L{LEVELS}": last}
    paths: dict[str, Any] = {}
    for path, name in (("/chains", "C0"), ("/doubles", "L0")):
        record = {"$ref": f"#/components/schemas/{name}"}
        paths[path] = {
            "get": answering({"type": "array", "items": record}),
            "post": {**taking(record), **answering(record, "201")},
        }
        paths[path + "/{id}"] = {
            "parameters": [parameter("id", "path", type="integer")],
            "get": answering(record),
        }
    call = mock({"paths": paths, "components": {"schemas": schemas}}, tmp_path)

    for path in ("/chains", "/doubles"):
        made = call("POST", path, json={"id": 77, "name": "tea"})
        assert made.status == 201
        assert call("GET", f"{path}/77").json["name"] == "tea"
        assert {"id": 77, "name": "tea"} in call("GET", path).json
