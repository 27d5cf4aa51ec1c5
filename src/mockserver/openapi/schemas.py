"""Compile the schemas of a document into validators (jsonschema-rs), each at its first use.

A schema is translated from OpenAPI's dialect to JSON Schema, with only what it reaches: a document
with thousands of schemas costs what is used of it.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Literal

import jsonschema_rs

from mockserver.errors import Location, Violation
from mockserver.openapi import pointer as pointers
from mockserver.openapi.model import Schema

Direction = Literal["request", "response"]

_SUBSCHEMAS = ("items", "additionalProperties", "not")
_SUBSCHEMA_LISTS = ("allOf", "anyOf", "oneOf")
_VALUES = (
    *("type", "enum", "format", "pattern", "multipleOf", "required"),
    *("maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength"),
    *("maxItems", "minItems", "uniqueItems", "maxProperties", "minProperties"),
)

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _is_uuid(text: str) -> bool:
    """RFC 9562 section 4; draft 4 knows no such format, OpenAPI's registry of formats does."""
    return _UUID.fullmatch(text) is not None


# What ECMA 262 reads in its annex B alone: a class such as \w as one end of a range is a plain dash.
_LOOSE_RANGE = re.compile(r"(\\[wWdDsS])-(?=[^\]])")


@lru_cache(maxsize=4096)
def _readable(pattern: Any) -> str | None:
    """The pattern, or an equal one that can be compiled; None when there is none."""
    for written in (pattern, _LOOSE_RANGE.sub(r"\1\-", str(pattern))):
        try:
            jsonschema_rs.Draft4Validator({"pattern": written})
        except ValueError:
            continue
        return str(written)
    return None


class Checker:
    """A compiled schema."""

    __slots__ = ("_validator", "is_valid")

    def __init__(self, validator: Any) -> None:
        self._validator = validator
        #: Whether a value fits; the fast way to ask.
        self.is_valid = validator.is_valid

    def violations(self, value: Any, location: Location, limit: int = 20) -> list[Violation]:
        """Say how a value breaks the schema; an empty list when it does not."""
        found = []
        for error in self._errors(value):
            found.append(_violation(error, location))
            if len(found) == limit:
                break
        return found

    def _errors(self, value: Any) -> Iterator[Any]:
        return iter(self._validator.iter_errors(value))


def _violation(error: Any, location: Location) -> Violation:
    tokens = list(error.instance_path)
    keyword = str(error.schema_path[-1]) if error.schema_path else "false schema"
    message = error.message
    if keyword == "required" or (len(error.schema_path) > 1 and error.schema_path[-2] == "required"):
        keyword = "required"
    if len(message) > 300:
        message = message[:140] + " … " + message[-140:]
    return Violation(location, pointers.join(tokens), message, keyword)


class SchemaCompiler:
    """Compiles schemas of one document; the same schema and direction are compiled once."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._compiled: dict[tuple[int, Direction], tuple[Schema, Checker]] = {}

    def compile(self, schema: Schema, direction: Direction) -> Checker:
        """Compile a schema as it applies to requests or to responses (OpenAPI 4.7.24: readOnly, writeOnly).

        Raises:
            KeyError: a reference in it leads nowhere; its argument is the reference.
            ValueError: it is not a schema; the text says why.
        """
        key = (id(schema), direction)
        if key not in self._compiled:
            translated = _Translation(self._root, direction).run(schema)
            validator = jsonschema_rs.Draft4Validator(
                translated,
                formats={"uuid": _is_uuid},
                validate_formats=True,
                ignore_unknown_formats=True,
                offline=True,
            )
            # The schema is kept: its id must not be given to another one.
            self._compiled[key] = (schema, Checker(validator))
        return self._compiled[key][1]


class _Translation:
    """One schema from OpenAPI 3.0 to JSON Schema draft 4, with the definitions that it reaches."""

    def __init__(self, root: Mapping[str, Any], direction: Direction) -> None:
        self._root = root
        self._hidden = "readOnly" if direction == "request" else "writeOnly"
        self._direction = direction
        self._names: dict[str, str] = {}
        self._definitions: dict[str, Any] = {}

    def run(self, schema: Schema) -> Any:
        translated = self._schema(schema)
        if self._definitions and isinstance(translated, dict):
            return {**translated, "definitions": self._definitions}
        return translated

    def _schema(self, schema: Schema) -> Any:
        if isinstance(schema, bool):
            return {} if schema else {"not": {}}
        reference = schema.get("$ref")
        if isinstance(reference, str):
            return {"$ref": f"#/definitions/{self._definition(reference)}"}
        result = {name: schema[name] for name in _VALUES if name in schema}
        if "pattern" in result:
            self._pattern(result)
        for name in _SUBSCHEMAS:
            if isinstance(schema.get(name), Mapping):
                result[name] = self._schema(schema[name])
            elif name in schema:
                result[name] = schema[name]
        for name in _SUBSCHEMA_LISTS:
            if name in schema:
                result[name] = [self._schema(entry) for entry in schema[name]]
        if "properties" in schema:
            self._properties(schema, result)
        return self._nullable(schema, result)

    @staticmethod
    def _pattern(result: dict[str, Any]) -> None:
        """Write a pattern as the validator reads it; one that cannot be read restricts nothing."""
        pattern = _readable(result["pattern"])
        if pattern is None:
            del result["pattern"]
        else:
            result["pattern"] = pattern

    def _definition(self, reference: str) -> str:
        """Name a referenced schema and translate it once, however often and deeply it refers to itself."""
        if reference not in self._names:
            self._names[reference] = name = f"d{len(self._names)}"
            self._definitions[name] = self._schema(pointers.resolve(self._root, reference))
        return self._names[reference]

    def _properties(self, schema: Mapping[str, Any], result: dict[str, Any]) -> None:
        properties = {name: self._schema(entry) for name, entry in schema["properties"].items()}
        hidden = {name for name, entry in schema["properties"].items() if self._is_hidden(entry)}
        if hidden and "required" in result:
            result["required"] = [name for name in result["required"] if name not in hidden]
            if not result["required"]:
                del result["required"]
        if self._direction == "response":
            properties |= {name: {"not": {}} for name in hidden}
        result["properties"] = properties

    def _is_hidden(self, schema: Any) -> bool:
        target, _ = pointers.follow(self._root, schema)
        return isinstance(target, Mapping) and target.get(self._hidden) is True

    @staticmethod
    def _nullable(schema: Mapping[str, Any], result: dict[str, Any]) -> Any:
        if schema.get("nullable") is not True:
            return result
        kind = result.get("type")
        if isinstance(kind, str):
            return {**result, "type": [kind, "null"]}
        # Without a type OpenAPI 3.0.3 gives `nullable` no meaning; beside allOf or a reference
        # documents mean it all the same.
        return {"anyOf": [{"enum": [None]}, result]}
