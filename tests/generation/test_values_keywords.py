"""Every keyword of JSON Schema 2020-12: a value is found wherever there is one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.generation.test_values import generator
from tests.generation.test_values_schemas import Json

from mockserver.openapi.schema.validators import SchemaCompiler

S: Json = {"type": "string"}
I: Json = {"type": "integer"}  # noqa: E741  beside S and O it reads well


def _object(*required: str, **properties: object) -> Json:
    return {"type": "object", "properties": properties, "required": list(required)}


ROOT: Json = {
    "openapi": "3.1.0",
    "info": {},
    "paths": {},
    "$defs": {
        "base": _object(id=I),
        "tree": _object(
            "name", "children", name=S, children={"type": "array", "items": {"$ref": "#/$defs/tree"}}
        ),
        "a": _object("b", b={"$ref": "#/$defs/b"}),
        "b": _object(a={"$ref": "#/$defs/a"}),
        "linked": _object("next", next={"oneOf": [{"type": "null"}, {"$ref": "#/$defs/linked"}]}),
        "plain": {
            "$id": "https://x.test/tree",
            "$dynamicAnchor": "node",
            **_object(data=True, children={"type": "array", "items": {"$dynamicRef": "#node"}}),
        },
        "strict": {
            "$id": "https://x.test/strict",
            "$dynamicAnchor": "node",
            "$ref": "tree",
            "required": ["data"],
            "unevaluatedProperties": False,
        },
        "list": {
            "$id": "https://x.test/list",
            "type": "array",
            "items": {"$dynamicRef": "#T"},
            "minItems": 1,
            "$defs": {"any": {"$dynamicAnchor": "T"}},
        },
        "integers": {
            "$id": "https://x.test/integers",
            "$ref": "list",
            "$defs": {"T": {"$dynamicAnchor": "T", "type": "integer"}},
        },
        "money": {"$anchor": "money", "type": "number", "multipleOf": 0.01, "minimum": 1},
    },
}
_ZIPS = {"US": "^[0-9]{5}$", "NL": "^[0-9]{4} [A-Z]{2}$", "ES": "^E[0-9]{4}$"}
KEYWORDS: dict[str, Json] = {
    "if": {
        **_object("kind", kind={"enum": ["a", "b"]}, x=I, y=S),
        "if": {"properties": {"kind": {"const": "a"}}, "required": ["kind"]},
        "then": {"required": ["x"], "properties": {"x": {"minimum": 5000}}},
        "else": {"required": ["y"], "properties": {"x": False}},
    },
    "if of numbers": {
        "type": "integer",
        "if": {"minimum": 500},
        "then": {"multipleOf": 7},
        "else": {"multipleOf": 11},
    },
    "if without else": {"if": {"type": "string"}, "then": {"minLength": 40}},
    "several if": {
        **_object("country", "zip", country={"enum": list(_ZIPS)}, zip=S),
        "allOf": [
            {
                "if": {"properties": {"country": {"const": country}}},
                "then": {"properties": {"zip": {"pattern": pattern}}},
            }
            for country, pattern in _ZIPS.items()
        ],
    },
    "dependentRequired": {**_object(card=S), "dependentRequired": {"card": ["bill"], "bill": ["a", "b"]}},
    "dependentSchemas": {
        **_object(card=S),
        "dependentSchemas": {
            "card": {"required": ["bill"], "properties": {"bill": {"type": "integer", "minimum": 3000}}}
        },
    },
    "dependencies": {
        "$schema": "http://json-schema.org/draft-07/schema#",
        **_object(card=S),
        "dependencies": {"card": ["bill"]},
    },
    "minContains": {
        "type": "array",
        "items": I,
        "contains": {"minimum": 5000},
        "minContains": 3,
        "maxContains": 4,
        "minItems": 6,
    },
    "contains": {"type": "array", "contains": {"const": "x"}, "items": S, "minItems": 3},
    "maxContains": {
        "type": "array",
        "contains": {"type": "integer", "minimum": 5},
        "items": I,
        "maxContains": 1,
        "minItems": 3,
    },
    "minContains of none": {
        "type": "array",
        "contains": {"const": 1},
        "minContains": 0,
        "items": S,
        "minItems": 2,
    },
    "prefixItems": {"type": "array", "prefixItems": [S, I], "items": False},
    "unevaluatedItems": {
        "allOf": [{"prefixItems": [S, I]}],
        "type": "array",
        "unevaluatedItems": False,
        "minItems": 2,
    },
    "unevaluatedProperties": {
        "allOf": [_object("a", a=S), {"properties": {"b": I}}],
        "unevaluatedProperties": False,
        "required": ["b"],
    },
    "unevaluatedProperties beside $ref": {
        "$ref": "#/$defs/base",
        "properties": {"own": S},
        "required": ["own", "id"],
        "unevaluatedProperties": False,
    },
    "unevaluatedProperties of a type": {**_object(a=S), "unevaluatedProperties": I, "minProperties": 3},
    "unevaluatedProperties beside oneOf": {
        "oneOf": [_object("a", a=S), _object("b", b=S)],
        "unevaluatedProperties": False,
    },
    "patternProperties": {
        "type": "object",
        "patternProperties": {"^x-[a-z]+$": I, "^S_": S},
        "additionalProperties": False,
        "minProperties": 3,
    },
    "patternProperties of a property": {
        **_object("x-a", **{"x-a": I}),
        "patternProperties": {"^x-": {"minimum": 7000}},
    },
    "patternProperties of a required one": {
        "type": "object",
        "required": ["x-a"],
        "patternProperties": {"^x-": {"type": "boolean"}},
        "additionalProperties": False,
    },
    "propertyNames": {
        "type": "object",
        "propertyNames": {"pattern": "^[A-Z]{3}$"},
        "additionalProperties": I,
        "minProperties": 4,
    },
    "propertyNames of a list": {
        "type": "object",
        "propertyNames": {"enum": ["a", "b", "c"]},
        "minProperties": 3,
    },
    "minProperties": {"type": "object", "minProperties": 5, "maxProperties": 5},
    "maxProperties": {**_object("a", a=S, b=S, c=S), "maxProperties": 2},
    "maxProperties of none": {**_object(a=S), "maxProperties": 0},
    "additionalProperties": {
        "type": "object",
        "additionalProperties": {"type": "array", "items": {"type": "boolean"}},
        "minProperties": 2,
    },
    "not const": {"type": "integer", "minimum": 1, "maximum": 3, "not": {"const": 2}},
    "not enum": {"enum": ["a", "b", "c"], "not": {"enum": ["a", "b"]}},
    "not required": {**_object("a", a=S, b=S), "not": {"required": ["b"]}},
    "not both": {**_object(a=S, b=S), "not": {"required": ["a", "b"]}},
    "not a type": {"not": {"type": ["object", "array", "null", "string"]}},
    "not a number": {"type": "integer", "not": {"minimum": -5000}},
    "not any": {**_object(a=S, b=S, c=S), "not": {"anyOf": [{"required": ["a"]}, {"required": ["c"]}]}},
    "not a pattern": {"type": "string", "not": {"pattern": "a"}, "minLength": 3},
    "const": {"const": {"a": [1, 2]}},
    "const null": {"const": None},
    "oneOf of multiples": {
        "oneOf": [{"type": "integer", "multipleOf": 3}, {"type": "integer", "multipleOf": 5}]
    },
    "oneOf of ranges": {
        "oneOf": [
            {"type": "number", "minimum": 0, "maximum": 10},
            {"type": "number", "minimum": 5, "maximum": 20},
        ]
    },
    "oneOf of numbers": {"oneOf": [I, {"type": "number"}]},
    "oneOf of a part": {"oneOf": [_object("a", a=S), _object("a", "b", a=S, b=S)]},
    "anyOf twice": {
        "allOf": [
            {"anyOf": [_object("a", a=I), _object("b", b=I)]},
            {"anyOf": [_object("c", c=I), _object("d", d=I)]},
        ]
    },
    "uniqueItems": {
        "type": "array",
        "items": {"type": "integer", "minimum": 1, "maximum": 10},
        "uniqueItems": True,
        "minItems": 10,
    },
    "uniqueItems of one value": {
        "type": "array",
        "items": {"enum": [1, 1.0, 2]},
        "uniqueItems": True,
        "minItems": 2,
    },
    "multipleOf": {"type": "number", "multipleOf": 0.01, "minimum": 0.005, "maximum": 0.02},
    "multipleOf of two": {"allOf": [{"type": "integer", "multipleOf": 6}, {"multipleOf": 4}]},
    "exclusiveMinimum": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.001},
    "minimum": {"type": "integer", "minimum": 9007199254740993},
    "recursive": {"$ref": "#/$defs/tree"},
    "recursive by two": {"$ref": "#/$defs/a"},
    "recursive to null": {"$ref": "#/$defs/linked"},
    "$dynamicRef": {"$ref": "#/$defs/strict"},
    "$dynamicRef of items": {"$ref": "#/$defs/integers"},
    "$anchor": {"$ref": "#money"},
    "short e-mail": {"type": "string", "format": "email", "maxLength": 12},
    "short address": {"type": "string", "format": "uri", "maxLength": 16},
    "address with a pattern": {"type": "string", "format": "uri", "pattern": r".+/v[0-1](\.[0-9]+)*/?$"},
    "literal of JavaScript": {"type": "string", "pattern": "/^[A-Z]{2}[0-9]{3}$/i"},
    "a clock's time": {"type": "string", "format": "time"},
    "allOf of items": {
        "allOf": [
            {"type": "array", "items": _object(a=S)},
            {"items": {"required": ["a", "b"], "properties": {"b": I}}, "minItems": 2},
        ]
    },
}


@pytest.mark.parametrize("name", KEYWORDS)
def test_a_value_is_found(name: str) -> None:
    """Forty times, and each fits."""
    schema, values = KEYWORDS[name], generator(ROOT)
    fits = SchemaCompiler(ROOT).compile(schema, "response").is_valid

    assert all(fits(values.value(schema, key=(number,))) for number in range(40))


def test_conditions_leave_what_is_optional() -> None:
    """A value is as full as its branch allows, not the least that fits."""
    values = [generator(ROOT).value(KEYWORDS["several if"], key=(number,)) for number in range(30)]

    assert {value["country"] for value in values} == set(_ZIPS)
    dependent = generator(ROOT).value(KEYWORDS["dependentRequired"], key=())
    assert set(dependent) == {"card", "bill", "a", "b"}
    evaluated = generator(ROOT).value(KEYWORDS["unevaluatedProperties"], key=())
    assert set(evaluated) == {"a", "b"}


def _bounded(kind: str, low: str, high: str) -> st.SearchStrategy[Json]:
    return st.tuples(st.integers(0, 6), st.integers(0, 6)).map(
        lambda pair: {"type": kind, low: min(pair), high: max(pair)}
    )


_LEAVES = st.one_of(
    st.sampled_from(
        [
            {"type": "boolean"},
            {"type": "null"},
            {"const": "fixed"},
            {"enum": ["a", 1, None]},
            {"type": "string", "format": "date-time"},
            {"type": "string", "pattern": "^[a-f]{2,4}-[0-9]+$"},
            {"type": "number", "multipleOf": 0.25},
            {"type": ["string", "integer"]},
            True,
        ]
    ),
    _bounded("string", "minLength", "maxLength"),
    _bounded("integer", "minimum", "maximum"),
)


def _object_of(parts: Json) -> Json:
    """An object's schema; the number says which properties are required."""
    names = list(parts["properties"])
    required = [name for place, name in enumerate(names) if parts["required"] >> place & 1]
    return {**parts, "type": "object", "required": required}


def _grown(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    names = st.sampled_from(["id", "name", "email", "x-a", "price", "tags"])
    objects = st.fixed_dictionaries(
        {"required": st.integers(0, 15), "properties": st.dictionaries(names, inner, max_size=4)},
        optional={
            "additionalProperties": st.one_of(st.booleans(), inner),
            "patternProperties": st.just({"^x-": True}),
            "unevaluatedProperties": st.booleans(),
        },
    ).map(_object_of)
    arrays = st.fixed_dictionaries(
        {"type": st.just("array"), "items": inner},
        optional={"minItems": st.integers(0, 3), "prefixItems": inner.map(lambda one: [one])},
    )
    combined = st.tuples(st.sampled_from(["anyOf", "allOf"]), inner.map(lambda one: [one])).map(
        lambda pair: {pair[0]: pair[1]}
    )
    chosen = st.tuples(inner, inner).map(lambda branches: {"anyOf": list(branches)})
    conditional = st.tuples(objects, objects).map(
        lambda pair: {
            "if": {"required": ["id"]},
            "then": pair[0],
            "else": {"properties": pair[1]["properties"]},
        }
    )
    return st.one_of(objects, arrays, combined, chosen, conditional)


SCHEMAS = st.recursive(_LEAVES, _grown, max_leaves=12)


@given(SCHEMAS, st.integers(0, 2**32))
def test_whatever_the_schema_the_value_fits_and_is_the_same_for_the_same_seed(
    schema: Json, seed: int
) -> None:
    """Schemas that something fits, put together at random."""
    root: Json = {"openapi": "3.1.0", "info": {}, "paths": {}}
    value = generator(root).value(schema, key=("k",), seed=seed)

    assert SchemaCompiler(root).compile(schema, "response").is_valid(value)
    assert generator(root).value(schema, key=("k",), seed=seed) == value
