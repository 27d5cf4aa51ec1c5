from typing import Any

import pytest
from tests.generation.test_values import generator
from tests.generation.test_values_schemas import ROOT, Json

from mockserver.openapi.schema.validators import Direction, SchemaCompiler


def draws(schema: Json, root: Json | None = None, count: int = 40, **options: Any) -> list[Any]:
    """Values for as many keys."""
    values = generator(root)
    return [values.value(schema, key=(number,), **options) for number in range(count)]


@pytest.mark.parametrize(("direction", "expected"), [("request", {"b", "c"}), ("response", {"a", "c"})])
def test_read_and_write_only_properties_stand_in_their_direction(
    direction: Direction, expected: set[str]
) -> None:
    """Required or not (OpenAPI 4.7.24.3)."""
    schema = {
        "type": "object",
        "required": ["a", "b", "c"],
        "properties": {
            "a": {"type": "string", "readOnly": True},
            "b": {"type": "string", "writeOnly": True},
            "c": {"type": "string"},
        },
    }

    assert set(generator().value(schema, key=(), direction=direction)) == expected


def test_what_stands_beside_a_reference_hides_it() -> None:
    """`readOnly` beside a `$ref`, which many documents of 3.0 have."""
    root = {**ROOT, "components": {"schemas": {"User": {"type": "string"}}}}
    user = {"$ref": "#/components/schemas/User", "readOnly": True}
    schema = {"type": "object", "properties": {"by": user, "name": {"type": "string"}}}

    assert set(generator(root).value(schema, key=(), direction="request")) == {"name"}


def test_what_is_hidden_is_left_out_though_unknown_properties_may_stand() -> None:
    """A required write-only property is not made up under its name."""
    secret = {"type": "string", "writeOnly": True}
    schema = {"type": "object", "required": ["secret", "other"], "properties": {"secret": secret}}

    assert set(generator().value(schema, key=())) == {"other"}


def test_optional_properties_are_there_and_nullable_ones_are_not_null() -> None:
    """A record is as full as the document allows."""
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string", "nullable": True}, "b": {"type": "integer"}},
    }

    assert all(value["a"] is not None and "b" in value for value in draws(schema))


@pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
def test_null_is_the_last_choice(keyword: str) -> None:
    """It stands where nothing else fits."""
    root = {**ROOT, "openapi": "3.0.3"}
    schema = {keyword: [{"enum": [None]}, {"type": "integer"}]}

    assert None not in draws(schema, root)


def test_one_of_fits_exactly_one_branch_even_where_all_are_open() -> None:
    """A property of the other branch with a value it refuses keeps them apart."""
    branches: list[Json] = [
        {"type": "object", "properties": {"months": {"type": "array", "items": {"type": "integer"}}}},
        {"type": "object", "properties": {"weeks": {"type": "array", "items": {"type": "integer"}}}},
    ]
    checks = [SchemaCompiler(ROOT).compile(branch, "response").is_valid for branch in branches]

    for value in draws({"oneOf": branches}):
        assert sum(check(value) for check in checks) == 1


def test_one_of_required_properties_leaves_the_other_out() -> None:
    """What would make another branch fit is left out."""
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
    }

    assert {tuple(value) for value in draws(schema)} == {("a",), ("b",)}


PETS: Json = {
    **ROOT,
    "components": {
        "schemas": {
            "Pet": {
                "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
                "discriminator": {"propertyName": "kind", "mapping": {"cat": "#/components/schemas/Cat"}},
            },
            "Cat": {
                "type": "object",
                "required": ["kind", "lives"],
                "properties": {"kind": {"type": "string"}, "lives": {"type": "integer"}},
            },
            "Dog": {
                "type": "object",
                "required": ["kind", "bark"],
                "properties": {"kind": {"type": "string"}, "bark": {"type": "boolean"}},
            },
            "Animal": {
                "type": "object",
                "required": ["kind"],
                "properties": {"kind": {"type": "string"}},
                "discriminator": {"propertyName": "kind"},
            },
            "Bird": {
                "allOf": [
                    {"$ref": "#/components/schemas/Animal"},
                    {"type": "object", "properties": {"wings": {"type": "integer"}}},
                ]
            },
        }
    },
}


def test_a_discriminator_names_the_branch() -> None:
    """By its mapping, or by the schema's name."""
    values = draws({"$ref": "#/components/schemas/Pet"}, PETS)

    assert {(value["kind"], "bark" in value) for value in values} == {("cat", False), ("Dog", True)}


def test_an_inherited_discriminator_names_the_schema() -> None:
    """The property of the base holds the name of what inherits."""
    value = generator(PETS).value({"$ref": "#/components/schemas/Bird"}, key=())

    assert value["kind"] == "Bird"
    assert "wings" in value


def test_recursion_ends() -> None:
    """Optional parts that lead back are left out, arrays are empty."""
    root = {
        **ROOT,
        "node": {
            "type": "object",
            "required": ["children"],
            "properties": {
                "name": {"type": "string"},
                "parent": {"$ref": "#/node"},
                "children": {"type": "array", "items": {"$ref": "#/node"}},
            },
        },
    }

    value = generator(root).value({"$ref": "#/node"}, key=())

    assert value["children"] == []
    assert "parent" not in value


def test_expressions_that_contain_expressions_end() -> None:
    """The branch that does not lead deeper is taken in time."""
    root = {
        **ROOT,
        "expression": {
            "oneOf": [
                {
                    "type": "object",
                    "required": ["left", "right"],
                    "properties": {"left": {"$ref": "#/expression"}, "right": {"$ref": "#/expression"}},
                },
                {"type": "integer"},
            ]
        },
    }

    values = draws({"$ref": "#/expression"}, root)

    assert any(isinstance(value, dict) for value in values)
    assert any(isinstance(value, int) for value in values)


def test_all_of_is_merged() -> None:
    """Bounds of all parts hold, properties of all parts are there."""
    schema = {
        "allOf": [
            {"type": "object", "properties": {"a": {"type": "integer", "minimum": 5}}, "required": ["a"]},
            {"properties": {"a": {"maximum": 6}, "b": {"type": "string"}}},
        ]
    }

    assert all(5 <= value["a"] <= 6 and "b" in value for value in draws(schema))


def test_what_not_forbids_is_avoided() -> None:
    """Another value is drawn."""
    schema = {"type": "string", "enum": ["a", "b", "c"], "not": {"enum": ["a"]}}

    assert set(draws(schema)) == {"b", "c"}


def test_maps_have_entries_and_keep_their_limits() -> None:
    """Properties without names of their own are made up."""
    schema = {
        "type": "object",
        "additionalProperties": {"type": "integer"},
        "minProperties": 4,
        "maxProperties": 5,
    }

    for value in draws(schema):
        assert 4 <= len(value) <= 5
        assert all(isinstance(entry, int) for entry in value.values())


def test_unique_items_are_unique_and_as_many_as_asked_for() -> None:
    """Even where there are just enough."""
    schema = {"type": "array", "items": {"enum": [1, 2, 3, 4]}, "uniqueItems": True, "minItems": 4}

    assert all(sorted(value) == [1, 2, 3, 4] for value in draws(schema))


def test_moments_in_one_object_are_in_order() -> None:
    """From creation over update, start and end to expiry."""
    moment = {"type": "string", "format": "date-time"}
    names = ("created_at", "published_at", "updatedAt", "starts_at", "endsAt", "due_date", "expires_at")
    schema = {"type": "object", "properties": dict.fromkeys(names, moment)}

    for value in draws(schema, count=200):
        times = [value[name] for name in names]
        assert times == sorted(times)


def test_what_is_said_of_one_person_fits_together() -> None:
    """Names and address of one person, beside those of another."""
    names = ("first_name", "last_name", "full_name", "email", "agent_name", "agent_email")
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in names}}

    for value in draws(schema, count=20):
        assert value["full_name"] == f"{value['first_name']} {value['last_name']}"
        assert value["email"].partition("@")[0] == value["full_name"].lower().replace(" ", ".")
        assert value["agent_email"].partition(".")[0] == value["agent_name"].partition(" ")[0].lower()
        assert value["agent_name"] != value["full_name"]
