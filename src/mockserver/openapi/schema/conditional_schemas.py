"""Say what conditions ask for in words that values are made by: choices, and properties that come together.

`if`, `then` and `else` are a choice between two schemas; so is what a property brings along where it stands.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

AllowedValues = tuple[Any, ...]
"""Schemas of which one is to fit."""

_NUMBERS = ("number", "integer")
_BEYOND = {
    "minimum": "exclusiveMaximum",
    "maximum": "exclusiveMinimum",
    "exclusiveMinimum": "maximum",
    "exclusiveMaximum": "minimum",
}
_TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")


def choices(schema: Mapping[str, Any]) -> Iterator[AllowedValues]:
    """The choices that the conditions of a schema leave."""
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
    """What has to stand where a property stands, by the property's name."""
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
    """All that has to stand where these stand, what that brings along too."""
    found: dict[str, None] = {}
    waiting = [other for name in names for other in needed.get(name, ())]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = None
            waiting += needed.get(name, ())
    return tuple(found)


def without(schema: Any) -> dict[str, Any] | None:
    """What a schema below `not` comes to where that can be said without a `not`; else None."""
    if not isinstance(schema, Mapping):
        return None
    bounds = {_BEYOND[name]: value for name, value in schema.items() if name in _BEYOND}
    kind = schema.get("type", "number")
    if len(bounds) == 1 and schema.keys() <= {*_BEYOND, "type"} and kind in _NUMBERS:
        # What is of another type may fit too; numbers beyond the bound do.
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
