"""A discriminator decides what a value is held to, in either version and in both directions."""

from __future__ import annotations

from typing import Any

import pytest
from tests.generation.test_values import generator
from tests.generation.test_values_schemas import Json

from mockserver.openapi.schema.validators import Direction, SchemaCompiler

VERSIONS = ("3.0.3", "3.1.0")


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _pet(**properties: Any) -> Json:
    return {
        "type": "object",
        "required": ["kind", *properties],
        "properties": {"kind": {"type": "string"}, **properties},
    }


def _document(version: str, mapping: Json | None = None, kind: str = "oneOf") -> Json:
    """Cats and dogs that nothing but their kind tells apart, and horses that are made of animals."""
    discriminator = {"propertyName": "kind", **({"mapping": mapping} if mapping else {})}
    schemas = {
        "Pet": {kind: [_ref("Cat"), _ref("Dog")], "discriminator": discriminator},
        "Cat": _pet(),
        "Dog": _pet(size={"type": "integer"}),
        "Animal": {**_pet(), "discriminator": {"propertyName": "kind"}},
        "Horse": {
            "allOf": [_ref("Animal"), {"required": ["legs"], "properties": {"legs": {"type": "integer"}}}]
        },
        "Pony": {"allOf": [_ref("Horse"), {"properties": {"height": {"type": "integer"}}}]},
        "Fish": {"allOf": [_ref("Animal"), {"properties": {"fins": {"type": "integer"}}}]},
    }
    return {"openapi": version, "info": {}, "paths": {}, "components": {"schemas": schemas}}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("direction", ["request", "response"])
@pytest.mark.parametrize("kind", ["oneOf", "anyOf"])
@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ({"kind": "Cat"}, True),
        ({"kind": "Cat", "size": 3}, True),
        ({"kind": "Cat", "size": "big"}, True),
        ({"kind": "Dog", "size": 3}, True),
        ({"kind": "Dog"}, False),
        ({"kind": "Dog", "size": "big"}, False),
        ({"kind": 5, "size": 3}, False),
    ],
)
def test_a_value_is_held_to_the_branch_that_its_kind_names(
    version: str, direction: Direction, kind: str, value: Json, fits: bool
) -> None:
    """To no other, though it may fit that too."""
    root = _document(version, kind=kind)

    assert SchemaCompiler(root).compile(_ref("Pet"), direction).is_valid(value) is fits


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ({"kind": "cat"}, True),
        ({"kind": "kitten"}, True),
        ({"kind": "dog", "size": 3}, True),
        ({"kind": "dog"}, False),
        ({"kind": "Cat"}, False),
        ({"kind": "bird"}, False),
    ],
)
def test_where_every_branch_is_mapped_nothing_else_fits(version: str, value: Json, fits: bool) -> None:
    """Several values may lead to one schema, by reference or by name."""
    mapping = {"cat": "#/components/schemas/Cat", "kitten": "Cat", "dog": "Dog"}
    check = SchemaCompiler(_document(version, mapping)).compile(_ref("Pet"), "request")

    assert check.is_valid(value) is fits


@pytest.mark.parametrize("version", VERSIONS)
def test_branches_that_cannot_be_called_by_their_names_are_plain(version: str) -> None:
    """Their own `enum` says what they are called."""
    root = _document(version)
    for name in ("Cat", "Dog"):
        root["components"]["schemas"][name]["properties"]["kind"]["enum"] = [name.lower()]
    check = SchemaCompiler(root).compile(_ref("Pet"), "request")

    assert check.is_valid({"kind": "cat"})
    assert check.is_valid({"kind": "dog", "size": 1})
    assert not check.is_valid({"kind": "Cat"})
    assert not check.is_valid({"kind": "dog"})


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", ["oneOf", "anyOf"])
def test_generated_values_are_what_they_say_they_are(version: str, kind: str) -> None:
    """By mapping and by name."""
    values = [generator(_document(version, kind=kind)).value(_ref("Pet"), key=(n,)) for n in range(20)]

    assert {(value["kind"], "size" in value) for value in values} == {("Cat", False), ("Dog", True)}

    mapped = generator(_document(version, {"cat": "Cat", "dog": "Dog"}, kind))
    assert {mapped.value(_ref("Pet"), key=(n,))["kind"] for n in range(20)} == {"cat", "dog"}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_value_of_a_parent_is_of_a_schema_that_is_made_of_it(version: str) -> None:
    """Down to those that nothing else is made of; no real animal is just an animal."""
    values = [generator(_document(version)).value(_ref("Animal"), key=(n,)) for n in range(30)]

    assert {value["kind"] for value in values} == {"Pony", "Fish"}
    assert all(set(value) == {"kind", "legs", "height"} for value in values if value["kind"] == "Pony")
    assert all(set(value) == {"kind", "fins"} for value in values if value["kind"] == "Fish")


def test_schemas_of_swagger_are_called_by_their_names_or_what_they_say_themselves() -> None:
    """A discriminator is the property's name there."""
    definitions = {
        "Animal": {**_pet(), "discriminator": "kind"},
        "Horse": {"allOf": [{"$ref": "#/definitions/Animal"}], "x-ms-discriminator-value": "#Horse"},
        "Fish": {"allOf": [{"$ref": "#/definitions/Animal"}]},
    }
    values = generator({"swagger": "2.0", "info": {}, "paths": {}, "definitions": definitions})

    found = {values.value({"$ref": "#/definitions/Animal"}, key=(n,))["kind"] for n in range(20)}

    assert found == {"#Horse", "Fish"}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_parent_s_children_hold_nobody_else_s_value(version: str) -> None:
    """Validation with the parent looks for no children (OpenAPI 3.0.4 and 3.1.1)."""
    check = SchemaCompiler(_document(version)).compile(_ref("Animal"), "request")

    assert check.is_valid({"kind": "Horse"})
    assert check.is_valid({"kind": "Unicorn"})
    assert not check.is_valid({"legs": 4})


@pytest.mark.parametrize("version", VERSIONS)
def test_a_refusal_speaks_of_the_branch_that_was_meant(version: str) -> None:
    """And not only of all that were tried."""
    check = SchemaCompiler(_document(version, {"cat": "Cat", "dog": "Dog"})).compile(_ref("Pet"), "request")

    (missing,) = check.violations({"kind": "dog"}, "body")
    (wrong,) = check.violations({"kind": "dog", "size": "big"}, "body")

    assert missing.message == 'matches no schema of `oneOf`; the closest: "size" is a required property'
    assert wrong.message == 'matches no schema of `oneOf`; the closest: /size "big" is not of type "integer"'
