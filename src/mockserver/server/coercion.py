"""Give text the type that a schema asks for: parameters and form fields arrive as text."""

import math
import re
from collections.abc import Iterator, Mapping
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
        if "string" in types and len(types) > 1 and not _may_be(root, schema, value):
            types -= {"string"}
        return value if "string" in types or not types else _read(types, value, form)
    target = _target(root, schema)
    if not isinstance(target, Mapping):
        return value
    if isinstance(value, list):
        items = item_schema(root, target)
        return [coerce(root, items, entry, form=form) for entry in value]
    if isinstance(value, dict):
        properties = properties_of(root, target)
        other = rest_schema(root, target)
        return {
            name: coerce(root, properties.get(name, other), entry, form=form) for name, entry in value.items()
        }
    return value


def items_of(root: Mapping[str, Any], schema: Schema) -> frozenset[str]:
    """The JSON types of the items that a schema of arrays names."""
    return types_of(root, item_schema(root, schema))


def item_schema(root: Mapping[str, Any], schema: Schema) -> Any:
    """What a schema of arrays says of the items."""
    return _any_of([part["items"] for part in parts_of(root, schema) if "items" in part])


def rest_schema(root: Mapping[str, Any], schema: Schema) -> Any:
    """What a schema says of the properties that it does not name."""
    rest = [part.get("additionalProperties") for part in parts_of(root, schema)]
    return _any_of([entry for entry in rest if isinstance(entry, Mapping)])


def properties_of(root: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """The properties that a schema names, in itself or in what it combines; of one name in several, any."""
    found: dict[str, list[Any]] = {}
    for part in parts_of(root, schema):
        properties = part.get("properties")
        for name, entry in properties.items() if isinstance(properties, Mapping) else ():
            found.setdefault(name, []).append(entry)
    return {name: _any_of(entries) for name, entries in found.items()}


def parts_of(root: Mapping[str, Any], schema: Schema) -> Iterator[Mapping[str, Any]]:
    """A schema and all that it combines."""
    return _parts(root, schema, 0)


def _any_of(schemas: list[Any]) -> Any:
    """What stands in several branches may be as any of them says."""
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas} if schemas else True


def _may_be(root: Mapping[str, Any], schema: Schema, text: str) -> bool:
    """Whether a text may stay one, where other types are allowed too: `inf` or an integer, say."""
    texts = [part for part in parts_of(root, schema) if "string" in _types(root, part, 8)]
    return any(text in part["enum"] if isinstance(part.get("enum"), list) else True for part in texts)


def _parts(root: Mapping[str, Any], schema: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    target = _target(root, schema)
    if not isinstance(target, Mapping) or depth > 8:
        return
    yield target
    for name in _COMBINATIONS:
        for entry in target.get(name) or ():
            yield from _parts(root, entry, depth + 1)


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
