"""Convert conditions to a form from which values can be generated: choices, and dependent properties.

`if`, `then` and `else` become a choice between two schemas, and so does each entry of `dependentSchemas`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

AllowedValues = tuple[Any, ...]
"""Schemas of which one must match."""

_NUMBERS = ("number", "integer")
_BEYOND = {
    "minimum": "exclusiveMaximum",
    "maximum": "exclusiveMinimum",
    "exclusiveMinimum": "maximum",
    "exclusiveMaximum": "minimum",
}
_TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")


def choices(schema: Mapping[str, Any]) -> Iterator[AllowedValues]:
    """The choices that a schema's conditions are equivalent to."""
    if "if" in schema and ("then" in schema or "else" in schema):
        asked = schema["if"]
        yield (
            {"allOf": [asked, schema.get("then", True)]},
            {"allOf": [{"not": asked}, schema.get("else", True)]},
        )
    for name, entry in _dependent(schema, "dependentSchemas"):
        if isinstance(entry, Mapping | bool):
            yield {"required": [name], "allOf": [entry]}, {"properties": {name: False}}


def needed(schema: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The properties that each property requires (`dependentRequired`), by its name."""
    return {
        name: tuple(entry)
        for name, entry in _dependent(schema, "dependentRequired")
        if isinstance(entry, list)
    }


def _dependent(schema: Mapping[str, Any], keyword: str) -> Iterator[tuple[str, Any]]:
    for place in (keyword, "dependencies"):
        written = schema.get(place)
        if isinstance(written, Mapping):
            yield from written.items()


def together(names: Iterable[str], needed: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """All properties that the given ones require, directly or indirectly."""
    found: dict[str, None] = {}
    waiting = [other for name in names for other in needed.get(name, ())]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = None
            waiting += needed.get(name, ())
    return tuple(found)


def without(schema: Any) -> dict[str, Any] | None:
    """Express the negation of a schema (`not`) without `not` if possible; else None."""
    if not isinstance(schema, Mapping):
        return None
    bounds = {_BEYOND[name]: value for name, value in schema.items() if name in _BEYOND}
    kind = schema.get("type", "number")
    if len(bounds) == 1 and schema.keys() <= {*_BEYOND, "type"} and kind in _NUMBERS:
        # Values of other types match too; numbers beyond the bound always do.
        return {"type": kind, **bounds}
    if len(schema) != 1:
        return None
    if "type" in schema:
        written = schema["type"]
        refused = {written} if isinstance(written, str) else set(written)
        refused |= {"integer"} if "number" in refused else set()
        return {"type": [name for name in _TYPES if name not in refused]}
    required = schema.get("required")
    if isinstance(required, list) and len(required) == 1:
        return {"properties": {required[0]: False}}
    return None
