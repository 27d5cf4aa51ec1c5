"""Compile the schemas of a document into validators (jsonschema-rs), each at its first use.

A schema is given its JSON Schema form with only what it reaches: a document with thousands of schemas
costs what is used of it.
"""

import re
from collections.abc import Iterator, Mapping
from copy import copy
from typing import Any

import jsonschema_rs

from mockserver.errors import Location, Violation
from mockserver.openapi import pointer as pointers
from mockserver.openapi.expense import MAXIMUM, is_exorbitant
from mockserver.openapi.model import Schema
from mockserver.openapi.modern import DynamicReferenceError, Gathering, in_place
from mockserver.openapi.patterns import tolerant
from mockserver.openapi.translation import Direction, Translation

__all__ = ["Checker", "Direction", "SchemaCompiler"]

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MAXIMUM_REPAIRS = 200
_BASE = "mock:/document"
_2020_12 = "https://json-schema.org/draft/2020-12/schema"
_VALIDATORS = {
    "draft-04": jsonschema_rs.Draft4Validator,
    "draft-06": jsonschema_rs.Draft6Validator,
    "draft-07": jsonschema_rs.Draft7Validator,
    "2019-09": jsonschema_rs.Draft201909Validator,
}


def _is_uuid(text: str) -> bool:
    """RFC 9562 section 4; draft 4 knows no such format, OpenAPI's registry of formats does."""
    return _UUID.fullmatch(text) is not None


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
        self._modern = str(root.get("openapi", "")).startswith("3.") and not str(root["openapi"]).startswith(
            "3.0"
        )
        dialect = root.get("jsonSchemaDialect")
        self._dialect = dialect if isinstance(dialect, str) else _2020_12

    def compile(self, schema: Schema, direction: Direction) -> Checker:
        """Compile a schema as it applies to requests or to responses (OpenAPI 4.7.24: readOnly, writeOnly).

        A reference that leads nowhere lets anything pass, and a keyword whose value has no meaning is
        left out: `mockserver lint` names both.

        Raises:
            ValueError: no validator can be made of it; the text says why.
        """
        key = (id(schema), direction)
        if key not in self._compiled:
            validator = self._modern_validator(schema, direction) if self._modern else None
            if validator is None:
                translated = Translation(self._root, direction).run(schema)
                validator = _compile(jsonschema_rs.Draft4Validator, translated)
            # The schema is kept: its id must not be given to another one.
            self._compiled[key] = (schema, Checker(validator))
        return self._compiled[key][1]

    def _modern_validator(self, schema: Schema, direction: Direction) -> Any:
        dialect = self._dialect
        if isinstance(schema, Mapping) and isinstance(schema.get("$schema"), str):
            dialect = schema["$schema"]
        drafts = (kind for draft, kind in _VALIDATORS.items() if draft in dialect)
        kind = next(drafts, jsonschema_rs.Draft202012Validator)
        try:
            return _compile(kind, Gathering(self._root, direction, dialect).run(schema))
        except DynamicReferenceError:
            registry = jsonschema_rs.Registry([(_BASE, dict(self._root))])
            return _compile(kind, in_place(schema, _BASE), registry=registry)


def _compile(kind: Any, schema: Any, **options: Any) -> Any:
    """Make a validator; what its draft does not allow is taken out of the schema, piece by piece."""
    if is_exorbitant(schema):
        raise ValueError(f"a value would have to be held to more than {MAXIMUM:,} schemas")
    for _ in range(_MAXIMUM_REPAIRS):
        try:
            return kind(
                schema,
                formats={"uuid": _is_uuid},
                validate_formats=True,
                ignore_unknown_formats=True,
                offline=True,
                **options,
            )
        except jsonschema_rs.ValidationError as error:
            path = list(error.instance_path)
            if not path:
                raise ValueError(error.message) from None
            _repair(schema, path)
    raise ValueError("too much of it has no meaning")


def _repair(schema: Any, path: list[Any]) -> None:
    """Mend the pattern that cannot be read, or drop what cannot be mended."""
    *way, last = path
    for token in way:
        # Values of keywords are the document's own until something in them has to change.
        schema[token] = copy(schema[token])
        schema = schema[token]
    value = schema[last]
    mended = tolerant(value) if last == "pattern" and isinstance(value, str) else value
    if mended != value:
        schema[last] = mended
    else:
        del schema[last]
