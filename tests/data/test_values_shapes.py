from typing import Any

import pytest

from mockserver.data.values.shapes import shape_of

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
    """An integer is a number; `null` comes from `nullable` or from a list of types."""
    assert shape_of(NEW, [schema]).types == types


@pytest.mark.parametrize("schema", [{"minimum": 3, "exclusiveMinimum": True}, {"exclusiveMinimum": 3}])
def test_exclusive_bounds_are_read_in_both_spellings(schema: Any) -> None:
    """Draft 4 has a boolean, 2020-12 a number."""
    shape = shape_of(NEW, [schema])

    assert (shape.minimum, shape.above) == (None, 3)


@pytest.mark.parametrize(("root", "maximum"), [(OLD, 9), (NEW, 5)])
def test_what_stands_beside_a_reference_counts_from_3_1_on(root: Any, maximum: int) -> None:
    """Before, it is ignored (OpenAPI 3.0.3 section 4.7.23)."""
    assert shape_of(root, [{"$ref": "#/a", "maximum": 5}]).maximum == maximum


def test_tuples_are_read_in_both_spellings() -> None:
    """`prefixItems`, or a list in `items`."""
    new = shape_of(NEW, [{"prefixItems": [{"type": "string"}], "items": {"type": "integer"}}])
    old = shape_of(NEW, [{"items": [{"type": "string"}], "additionalItems": {"type": "integer"}}])

    assert (
        (new.prefix, new.items) == (old.prefix, old.items) == (({"type": "string"},), ({"type": "integer"},))
    )


def test_a_constant_is_the_only_value() -> None:
    """Null counts."""
    assert shape_of(NEW, [{"const": None}]).values == (None,)


def test_a_closed_part_of_all_of_forbids_what_others_name() -> None:
    """Read strictly, `additionalProperties: false` sees its own schema only."""
    closed = {"properties": {"a": {}}, "additionalProperties": False}

    shape = shape_of(NEW, [{"allOf": [closed, {"properties": {"b": {"type": "string"}}}]}])

    assert shape.closed
    assert shape.properties == {"a": ({},), "b": (False, {"type": "string"})}


def test_an_all_of_that_contains_itself_ends() -> None:
    """It adds nothing to what it stands in."""
    root: dict[str, Any] = {"openapi": "3.0.3"}
    root["a"] = {"allOf": [{"$ref": "#/a"}, {"type": "string"}]}

    assert shape_of(root, [{"$ref": "#/a"}]).types == ("string",)


def test_a_reference_that_leads_nowhere_is_named() -> None:
    """The error's argument is the reference."""
    with pytest.raises(KeyError, match="#/nowhere"):
        shape_of(OLD, [{"$ref": "#/nowhere"}])
