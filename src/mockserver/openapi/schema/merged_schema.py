"""Shapes: several schemas for one value, merged."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from mockserver.openapi.operation import Schema
from mockserver.openapi.schema import conditional_schemas
from mockserver.openapi.schema.discriminators import property_of
from mockserver.openapi.schema.regular_expressions import unwrapped

Schemas = tuple[Schema, ...]
"""Schemas that all apply to the same value."""


@dataclass(frozen=True, slots=True)
class BranchGroup:
    """A `oneOf` or `anyOf`: the branches, and the discriminator's property and mapping if there is one."""

    kind: Literal["oneOf", "anyOf"]
    branches: Schemas
    property: str | None = None
    mapping: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """The merged constraints on one value; None or empty means no restriction.

    Attributes:
        types: allowed types in the order they were written; `number` precedes `integer`.
        values: the values that `enum` or `const` allow.
        encoding: the encoding of a string (`contentEncoding`), in lower case.
        content: the media type of a string's content (`contentMediaType`).
        multiples: every `multipleOf`.
        properties: by name, all schemas that apply to the property.
        contains: the schemas of `contains`; `min_contains` and `max_contains` limit the matching items.
        rest: the schemas of `additionalProperties`; `closed` when it is false.
        left: the schemas of `unevaluatedProperties`, for properties that no part of the schema names;
            `sealed` when it is false. `sealed_items` is the same for arrays.
        needed: the properties that each property requires.
        groups: the choices that are still open.
        examples: `example`, `examples` and `default`, in this order.
        names: the names of the schemas by which it was reached, the outermost first.
        discriminators: property and mapping of the discriminators next to `properties`.
    """

    types: tuple[str, ...] | None = None
    values: tuple[Any, ...] | None = None
    format: str | None = None
    encoding: str | None = None
    content: str | None = None
    patterns: tuple[str, ...] = ()
    min_length: int = 0
    max_length: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None
    multiples: tuple[float, ...] = ()
    items: Schemas = ()
    prefix: tuple[Schema, ...] = ()
    contains: Schemas = ()
    min_contains: int = 0
    max_contains: int | None = None
    sealed_items: bool = False
    min_items: int = 0
    max_items: int | None = None
    unique: bool = False
    properties: Mapping[str, Schemas] | None = None
    pattern_properties: Mapping[str, Schemas] | None = None
    property_names: Schemas = ()
    required: tuple[str, ...] = ()
    rest: Schemas = ()
    closed: bool = False
    sealed: bool = False
    left: Schemas = ()
    needed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    min_properties: int = 0
    max_properties: int | None = None
    groups: tuple[BranchGroup, ...] = ()
    nots: Schemas = ()
    examples: tuple[Any, ...] = ()
    names: tuple[str, ...] = ()
    discriminators: tuple[tuple[str, Mapping[str, str]], ...] = ()
    nothing: bool = False


_TYPES = {"integer": ("integer",), "number": ("number", "integer"), "file": ("string",)}
LEFT = "unevaluatedProperties"
_SINGLES = {
    "minLength": "min_length",
    "maxLength": "max_length",
    "minItems": "min_items",
    "maxItems": "max_items",
    "minProperties": "min_properties",
    "maxProperties": "max_properties",
}


def shape_of_one(schema: Schema, *, is_modern: bool) -> Shape:
    """The shape of one schema's own keywords, without its references and `allOf`.

    Args:
        schema: without references.
        is_modern: whether conditions apply, as since OpenAPI 3.1.
    """
    if not isinstance(schema, Mapping):
        return Shape(nothing=schema is False)
    return Shape(
        types=_types(schema, is_modern),
        values=_values(schema),
        format=schema.get("format") if isinstance(schema.get("format"), str) else None,
        encoding=schema["contentEncoding"].lower()
        if isinstance(schema.get("contentEncoding"), str)
        else None,
        content=schema["contentMediaType"] if isinstance(schema.get("contentMediaType"), str) else None,
        patterns=(unwrapped(schema["pattern"]),) if isinstance(schema.get("pattern"), str) else (),
        multiples=(schema["multipleOf"],) if schema.get("multipleOf") else (),
        nots=(schema["not"],) if "not" in schema and not conditional_schemas.without(schema["not"]) else (),
        groups=_groups(schema, is_modern),
        examples=_examples(schema),
        **_bounds(schema),
        **_array(schema),
        **_object(schema),
        **{name: schema[key] for key, name in _SINGLES.items() if isinstance(schema.get(key), int)},
    )


def _types(schema: Mapping[str, Any], is_modern: bool) -> tuple[str, ...] | None:
    """The allowed types. In OpenAPI 3.1 `nullable` lets clients send null, but null is not generated."""
    written = schema.get("type")
    if not written:
        return None
    names = [written] if isinstance(written, str) else [name for name in written if isinstance(name, str)]
    found = [entry for name in names for entry in _TYPES.get(name, (name,))]
    if schema.get("nullable") is True and "null" not in found and not is_modern:
        found.append("null")
    return tuple(dict.fromkeys(found))


def _values(schema: Mapping[str, Any]) -> tuple[Any, ...] | None:
    if "const" in schema:
        return (schema["const"],)
    values = schema.get("enum")
    return tuple(values) if isinstance(values, list) else None


def _bounds(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Read both forms of an exclusive bound: draft 4's boolean and the later drafts' number."""
    bounds: dict[str, Any] = {}
    for inclusive, exclusive, name, open_name in (
        ("minimum", "exclusiveMinimum", "minimum", "above"),
        ("maximum", "exclusiveMaximum", "maximum", "below"),
    ):
        bound, other = schema.get(inclusive), schema.get(exclusive)
        if _is_number(bound):
            bounds[open_name if other is True else name] = bound
        if _is_number(other):
            bounds[open_name] = other
    return bounds


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _array(schema: Mapping[str, Any]) -> dict[str, Any]:
    items, prefix = schema.get("items"), schema.get("prefixItems")
    if isinstance(items, list):  # the tuples of drafts before 2020-12
        items, prefix = schema.get("additionalItems"), items
    return {
        "items": (items,) if isinstance(items, Mapping | bool) else (),
        "prefix": tuple(prefix or ()),
        "contains": (schema["contains"],) if isinstance(schema.get("contains"), Mapping) else (),
        "min_contains": _least_contained(schema),
        "max_contains": schema["maxContains"] if isinstance(schema.get("maxContains"), int) else None,
        "sealed_items": schema.get("unevaluatedItems") is False,
        "unique": schema.get("uniqueItems") is True,
    }


def _least_contained(schema: Mapping[str, Any]) -> int:
    least = schema.get("minContains", 1)
    return least if isinstance(least, int) and "contains" in schema else 0


def _object(schema: Mapping[str, Any]) -> dict[str, Any]:
    rest, required = schema.get("additionalProperties"), schema.get("required")
    found: dict[str, Any] = {
        "required": tuple(required) if isinstance(required, list) else (),
        "rest": (rest,) if isinstance(rest, Mapping) else (),
        "closed": rest is False,
        "sealed": schema.get("unevaluatedProperties") is False,
        "left": (schema[LEFT],) if isinstance(schema.get(LEFT), Mapping) else (),
        "needed": conditional_schemas.needed(schema),
        "property_names": (schema["propertyNames"],) if "propertyNames" in schema else (),
    }
    for key, name in (("properties", "properties"), ("patternProperties", "pattern_properties")):
        if isinstance(schema.get(key), Mapping):
            found[name] = {title: (entry,) for title, entry in schema[key].items()}
    discriminator = property_of(schema)
    if discriminator is not None and "oneOf" not in schema and "anyOf" not in schema:
        found["discriminators"] = (discriminator,)
    return found


def _groups(schema: Mapping[str, Any], is_modern: bool) -> tuple[BranchGroup, ...]:
    kinds: tuple[Literal["oneOf", "anyOf"], ...] = ("oneOf", "anyOf")
    written = [kind for kind in kinds if isinstance(schema.get(kind), list) and schema[kind]]
    name, mapping = (property_of(schema) if written else None) or (None, None)
    chosen = [BranchGroup(kind, tuple(schema[kind]), name, mapping) for kind in written]
    conditional = conditional_schemas.choices(schema) if is_modern else ()
    return (*chosen, *(BranchGroup("anyOf", branches) for branches in conditional))


def _examples(schema: Mapping[str, Any]) -> tuple[Any, ...]:
    found = [schema["example"]] if "example" in schema else []
    several = schema.get("examples")
    if isinstance(several, list):
        found += several
    if "default" in schema:
        found.append(schema["default"])
    return tuple(value for value in found if value is not None)


def merge(one: Shape, other: Shape) -> Shape:
    """Merge two shapes: a value must match both."""
    merged = {name: join(getattr(one, name), getattr(other, name)) for name, join in _FIELDS}
    return Shape(**merged, properties=_join_properties(one, other))


def _join_properties(one: Shape, other: Shape) -> Mapping[str, Schemas] | None:
    """Merge properties; if one side does not name a property, its additionalProperties apply to it."""
    if one.properties is None and other.properties is None:
        return None
    mine, theirs = one.properties or {}, other.properties or {}
    joined = {}
    for name in (*mine, *(name for name in theirs if name not in mine)):
        here = mine[name] if name in mine else _unnamed(one)
        there = theirs[name] if name in theirs else _unnamed(other)
        joined[name] = here + tuple(schema for schema in there if not _contains(here, schema))
    return joined


def _unnamed(shape: Shape) -> Schemas:
    return (False,) if shape.closed and not shape.pattern_properties else shape.rest


def _contains(schemas: Schemas, schema: Schema) -> bool:
    return any(entry is schema or entry == schema for entry in schemas)


def _first(one: Any, other: Any) -> Any:
    return one if one is not None else other


def _least(one: Any, other: Any) -> Any:
    return _first(one, other) if one is None or other is None else min(one, other)


def _greatest(one: Any, other: Any) -> Any:
    return _first(one, other) if one is None or other is None else max(one, other)


class _Members:
    """Membership test for a tuple; hashable entries are looked up in a set."""

    def __init__(self, entries: tuple[Any, ...]) -> None:
        self._plain: set[Any] = set()
        self._others: list[Any] = []
        for entry in entries:
            try:
                self._plain.add(entry)
            except TypeError:
                self._others.append(entry)

    def __contains__(self, entry: object) -> bool:
        try:
            return entry in self._plain
        except TypeError:
            return entry in self._others


def _both(one: Any, other: Any) -> Any:
    if not one or not other:
        return one or other
    members = _Members(one)
    return one + tuple(entry for entry in other if entry not in members)


def _shared(one: Any, other: Any) -> Any:
    if one is None or other is None:
        return _first(one, other)
    members = _Members(other)
    return tuple(entry for entry in one if entry in members)


def _united(one: Any, other: Any) -> Any:
    if one is None or other is None:
        return _first(one, other)
    return {name: one.get(name, ()) + other.get(name, ()) for name in {**one, **other}}


_JOINS: Mapping[str, Callable[[Any, Any], Any]] = {
    "types": _shared,
    "values": _shared,
    "patterns": _both,
    "min_length": max,
    "max_length": _least,
    "minimum": _greatest,
    "maximum": _least,
    "above": _greatest,
    "below": _least,
    "multiples": _both,
    "items": _both,
    "prefix": lambda one, other: one or other,
    "contains": _both,
    "min_contains": max,
    "max_contains": _least,
    "sealed_items": lambda one, other: one or other,
    "min_items": max,
    "max_items": _least,
    "unique": lambda one, other: one or other,
    "pattern_properties": _united,
    "property_names": _both,
    "required": _both,
    "rest": _both,
    "closed": lambda one, other: one or other,
    "sealed": lambda one, other: one or other,
    "left": _both,
    "needed": lambda one, other: _united(one, other) if one and other else one or other,
    "min_properties": max,
    "max_properties": _least,
    "groups": _both,
    "nots": _both,
    "examples": _both,
    "names": _both,
    "discriminators": _both,
    "nothing": lambda one, other: one or other,
}
_FIELDS = tuple(
    (field.name, _JOINS.get(field.name, _first)) for field in fields(Shape) if field.name != "properties"
)
