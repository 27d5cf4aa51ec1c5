"""Give text the type that a schema asks for: parameters and form fields arrive as text."""

import math
import re
from collections.abc import Mapping
from typing import Any

from mockserver.openapi import pointer as pointers
from mockserver.openapi.model import Schema

_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,400})")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d{1,3})?")
_BOOLEANS = {"true": True, "false": False}
_COLLECTIONS = {"csv": ",", "ssv": " ", "tsv": "\t", "pipes": "|"}
_FORM_BOOLEANS = {**_BOOLEANS, "1": True, "0": False}
_TYPES = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    list: "array",
    dict: "object",
}
_COMBINATIONS = ("allOf", "anyOf", "oneOf")


def types_of(root: Mapping[str, Any], schema: Schema) -> frozenset[str]:
    """The JSON types that a schema names, in itself or in what it combines; empty when it names none."""
    return frozenset(_types(root, schema, 0))


def _types(root: Mapping[str, Any], schema: Any, depth: int) -> set[str]:
    schema = _target(root, schema)
    if not isinstance(schema, Mapping) or depth > 8:
        return set()
    kind = schema.get("type")
    if isinstance(kind, str | list):
        return {kind} if isinstance(kind, str) else {name for name in kind if isinstance(name, str)}
    found = {"object"} if "properties" in schema else set()
    for name in _COMBINATIONS:
        for entry in schema.get(name) or ():
            found |= _types(root, entry, depth + 1)
    if "const" in schema:
        found.add(_TYPES.get(type(schema["const"]), "null"))
    return found


def _target(root: Mapping[str, Any], schema: Any) -> Any:
    """Follow references; what is missing says nothing of types."""
    try:
        return pointers.follow(root, schema)[0]
    except KeyError:
        return True


def coerce(root: Mapping[str, Any], schema: Schema, value: Any, *, form: bool = False) -> Any:
    """Read text as the type that the schema names, in arrays and objects too.

    What cannot be read stays text, and fails validation with a message that shows it. In a form, `1`
    and `0` are booleans as well, as browsers and PHP send them.
    """
    if isinstance(value, str):
        types = types_of(root, schema)
        nested = _COLLECTIONS.get(schema.get("collectionFormat", "")) if isinstance(schema, Mapping) else None
        if nested is not None:  # Swagger 2.0 writes arrays of arrays with a separator for each level
            return coerce(root, schema, value.split(nested), form=form)
        if not types or ("string" in types and (len(types) == 1 or _is_text(root, schema, value, 0))):
            return value
        return _read(types, value, form)
    target = _target(root, schema)
    if not isinstance(target, Mapping):
        return value
    if isinstance(value, list):
        items = _items(root, target, 0)
        return [coerce(root, items, entry, form=form) for entry in value]
    if isinstance(value, dict):
        properties = _all_properties(root, target, 0)
        other: Any = target.get("additionalProperties", True)
        return {
            name: coerce(root, properties.get(name, other), entry, form=form) for name, entry in value.items()
        }
    return value


def _is_text(root: Mapping[str, Any], schema: Any, value: str, depth: int) -> bool:
    """Whether a schema that names several types takes this as text: `anyOf` may have `inf`, or a number."""
    schema = _target(root, schema)
    if not isinstance(schema, Mapping) or depth > 8:
        return True
    if "string" in _types(root, {"type": schema.get("type")}, depth):
        return value in schema.get("enum", (value,))
    parts = [part for name in _COMBINATIONS for part in schema.get(name) or ()]
    return any(
        "string" in _types(root, part, depth) and _is_text(root, part, value, depth + 1) for part in parts
    )


def _items(root: Mapping[str, Any], schema: Mapping[str, Any], depth: int) -> Any:
    """What the elements of a list may be, in the schema itself or in what it combines."""
    if "items" in schema or depth > 8:
        return schema.get("items", True)
    parts = [_target(root, part) for name in _COMBINATIONS for part in schema.get(name) or ()]
    found = (_items(root, part, depth + 1) for part in parts if isinstance(part, Mapping))
    return next((items for items in found if items is not True), True)


def _all_properties(root: Mapping[str, Any], schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
    found = dict(schema.get("properties") or {})
    if depth < 8:
        for name in _COMBINATIONS:
            for entry in schema.get(name) or ():
                part = _target(root, entry)
                if isinstance(part, Mapping):
                    found |= _all_properties(root, part, depth + 1)
    return found


def _read(types: frozenset[str], text: str, form: bool) -> Any:
    if "integer" in types and _INTEGER.fullmatch(text):
        return int(text)
    if "number" in types and _NUMBER.fullmatch(text):
        number = float(text)
        if _INTEGER.fullmatch(text):
            return int(text)
        return text if math.isinf(number) else number
    if "boolean" in types:
        return (_FORM_BOOLEANS if form else _BOOLEANS).get(text, text)
    if "null" in types and text in {"", "null"}:
        return None
    return text
