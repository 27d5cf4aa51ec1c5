"""Code that repairs a value reads what is wrong with it from fields, not from a sentence."""

from typing import Any

import pytest

from mockserver.openapi.schema.validators import Misfit, SchemaCompiler

CLOSED = {"properties": {"a": {"type": "integer"}}, "additionalProperties": False}


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize(
    ("schema", "value", "misfit"),
    [
        ({"required": ['say "hi"']}, {}, Misfit((), "required", 'say "hi"', ())),
        (CLOSED, {"b": 1, "c": 2}, Misfit((), "additionalProperties", None, ("b", "c"))),
        (CLOSED, {"a": "x"}, Misfit(("a",), "type", None, ())),
        (
            {"properties": {"l": {"items": {"required": ["x"]}}}},
            {"l": [{}]},
            Misfit(("l", "0"), "required", "x", ()),
        ),
    ],
)
def test_a_misfit_names_its_place_and_the_properties(
    version: str, schema: Any, value: Any, misfit: Misfit
) -> None:
    """Whatever words the validator has for it."""
    assert SchemaCompiler({"openapi": version}).compile(schema, "response").misfits(value) == [misfit]
