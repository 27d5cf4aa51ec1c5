"""Read the schema that an example implies, where a document has examples and no schema."""

from collections.abc import Mapping
from typing import Any

_DEEPEST = 8
_MOST = 20


def implied_schema(examples: Mapping[str, Any]) -> dict[str, Any] | None:
    """The schema of the first example that is an object or a list; None when none is.

    It requires no property and allows further ones.
    """
    found = next((value for value in examples.values() if isinstance(value, dict | list) and value), None)
    return None if found is None else _schema((found,), 0)


def _schema(values: tuple[Any, ...], depth: int) -> dict[str, Any]:
    """Infer a schema from the values at one place; an empty schema when their types differ."""
    kinds = {_kind(value) for value in values if value is not None}
    if len(kinds) != 1 or depth > _DEEPEST or len(values) != sum(value is not None for value in values):
        return {}
    kind = kinds.pop()
    if kind == "object":
        names = dict.fromkeys(name for value in values for name in value)
        return {
            "type": kind,
            "properties": {
                name: _schema(tuple(value[name] for value in values if name in value), depth + 1)
                for name in names
                if isinstance(name, str)
            },
        }
    if kind == "array":
        elements = tuple(element for value in values for element in value)[:_MOST]
        return {"type": kind, "items": _schema(elements, depth + 1)}
    return {"type": kind, "example": values[0]}


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    return "object" if isinstance(value, dict) else "array" if isinstance(value, list) else "string"
