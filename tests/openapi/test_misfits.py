"""Code that repairs a value reads what is wrong with it from fields, not from a sentence."""

from typing import Any

import pytest

from mockserver.openapi.schema.validators import Mismatch, SchemaCompiler

CLOSED = {"properties": {"a": {"type": "integer"}}, "additionalProperties": False}


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize(
    ("schema", "value", "mismatch"),
    [
        ({"required": ['say "hi"']}, {}, Mismatch((), "required", 'say "hi"', ())),
        (CLOSED, {"b": 1, "c": 2}, Mismatch((), "additionalProperties", None, ("b", "c"))),
        (CLOSED, {"a": "x"}, Mismatch(("a",), "type", None, ())),
        (
            {"properties": {"l": {"items": {"required": ["x"]}}}},
            {"l": [{}]},
            Mismatch(("l", "0"), "required", "x", ()),
        ),
    ],
)
def test_a_misfit_names_its_place_and_the_properties(
    version: str, schema: Any, value: Any, mismatch: Mismatch
) -> None:
    """Whatever words the validator has for it."""
    assert SchemaCompiler({"openapi": version}).compile(schema, "response").mismatches(value) == [mismatch]
