"""Random schemas that can be satisfied, for the properties that values must have."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.openapi.schema.validators import SchemaCompiler

ROOT = {"openapi": "3.0.3"}
FORMATS = (
    "date",
    "date-time",
    "uuid",
    "email",
    "uri",
    "hostname",
    "ipv4",
    "ipv6",
    "byte",
    "password",
    "time",
)
PATTERNS = (r"^[A-Z]{2}$", r"^\d{3}-\d{4}$", r"^[a-z0-9]+(-[a-z0-9]+)*$", r"^(foo|bar)_\w+$", r"[aeiou]")
NAMES = ("id", "name", "email", "createdAt", "updated_at", "price", "city", "is_active", "tags", "x")

Json = dict[str, Any]


@st.composite
def _bounds(draw: st.DrawFn, low: str, high: str, *, most: int = 6) -> Json:
    least = draw(st.integers(0, most))
    greatest = draw(st.integers(least, most + 4))
    return {name: value for name, value in ((low, least), (high, greatest)) if draw(st.booleans())}


def strings() -> st.SearchStrategy[Json]:
    """Schemas of strings, with a length or a form or neither."""
    plain = _bounds("minLength", "maxLength", most=12).map(lambda bounds: {"type": "string", **bounds})
    formatted = st.sampled_from(FORMATS).map(lambda name: {"type": "string", "format": name})
    patterned = st.sampled_from(PATTERNS).map(lambda pattern: {"type": "string", "pattern": pattern})
    return plain | formatted | patterned


@st.composite
def numbers(draw: st.DrawFn) -> Json:
    """Schemas of numbers with room for one at least."""
    schema: Json = {"type": draw(st.sampled_from(["integer", "number"]))}
    if draw(st.booleans()):
        schema["minimum"] = draw(st.integers(-50, 50))
        schema["exclusiveMinimum"] = draw(st.booleans())
    if draw(st.booleans()):
        schema["maximum"] = schema.get("minimum", 0) + draw(st.integers(20, 100))
        schema["exclusiveMaximum"] = draw(st.booleans())
    if draw(st.booleans()):
        schema["multipleOf"] = draw(st.sampled_from([2, 3, 5, 0.5, 0.01]))
    return schema


def scalars() -> st.SearchStrategy[Json]:
    """Schemas of single values."""
    enums = st.lists(st.sampled_from(["a", "b", 1, 2.5, None, True]), min_size=1, unique_by=repr)
    return strings() | numbers() | st.just({"type": "boolean"}) | enums.map(lambda values: {"enum": values})


@st.composite
def _arrays(draw: st.DrawFn, inner: st.SearchStrategy[Json]) -> Json:
    schema: Json = {"type": "array", "items": draw(inner), **draw(_bounds("minItems", "maxItems", most=3))}
    if draw(st.booleans()):
        schema |= {"uniqueItems": True, "items": {"type": "integer"}}
    return schema


@st.composite
def _objects(draw: st.DrawFn, inner: st.SearchStrategy[Json]) -> Json:
    properties = draw(st.dictionaries(st.sampled_from(NAMES), inner, max_size=5))
    schema: Json = {"type": "object", "properties": properties}
    some_required = draw(st.booleans())
    if properties and some_required:
        names = st.lists(st.sampled_from(sorted(properties)), min_size=1, unique=True)
        schema["required"] = draw(names)
    rests: list[bool | Json | None] = [None, False, True, {"type": "integer"}]
    rest = draw(st.sampled_from(rests))
    if rest is not None:
        schema["additionalProperties"] = rest
    if rest is not False and draw(st.booleans()):
        schema["minProperties"] = draw(st.integers(0, 7))
    return schema


def _compounds(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    branches = st.lists(inner, min_size=1, max_size=3)
    return (
        _arrays(inner)
        | _objects(inner)
        | branches.map(lambda found: {"anyOf": found})
        | branches.map(lambda found: {"oneOf": found})
        | _objects(inner).map(lambda found: {"allOf": [found, {"type": "object"}]})
        | inner.map(lambda found: {**found, "nullable": True} if "type" in found else found)
    )


def schemas() -> st.SearchStrategy[Json]:
    """Schemas of every kind, some inside others. A `oneOf` may still contradict itself."""
    return st.recursive(scalars(), _compounds, max_leaves=8)


def _words(value: Any) -> Iterator[str]:
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, entry in entries:
        yield str(name)
        yield from _words(entry)


@given(schemas())
def test_every_random_schema_is_a_schema(schema: Json) -> None:
    """The strategy makes no nonsense."""
    SchemaCompiler(ROOT).compile(schema, "response")


@pytest.mark.slow
def test_random_schemas_use_the_keywords_that_matter() -> None:
    """And leaves nothing out."""
    seen: set[str] = set()

    @settings(max_examples=300, derandomize=True)
    @given(schemas())
    def collect(schema: Json) -> None:
        seen.update(_words(schema))

    collect()

    assert {"type", "enum", "properties", "items", "oneOf", "anyOf", "pattern", "format"} <= seen
