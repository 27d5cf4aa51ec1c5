"""Convert text to the type of a schema: parameters and form fields arrive as text."""

import math
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.schema_reader import SchemaReader, own_types

_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,400})")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d{1,3})?")
_BOOLEANS = {"true": True, "false": False}
_COLLECTIONS = {"csv": ",", "ssv": " ", "tsv": "\t", "pipes": "|"}
_FORM_BOOLEANS = {**_BOOLEANS, "1": True, "0": False}


class Coercion:
    """Converts text to the type of one schema, also inside arrays and objects; compiled once.

    Text that cannot be converted stays text, and fails validation with a message that shows it. In a form,
    `1` and `0` are also booleans, as browsers and PHP send them.
    """

    def __init__(self, schemas: SchemaReader, schema: Schema, *, form: bool = False) -> None:
        self._schemas = schemas
        self._schema = schema
        self._form = form
        self._types = schemas.types(schema)
        # Swagger 2.0 has a separator for each level of nested arrays.
        written = schema.get("collectionFormat", "") if isinstance(schema, Mapping) else ""
        self._separator = _COLLECTIONS.get(written) if isinstance(written, str) else None
        self._is_text = not self._types or self._types == {"string"}
        self._properties: dict[str, Coercion] = {}

    def __call__(self, value: Any) -> Any:
        """Return the value, converted to the schema's type."""
        if isinstance(value, str):
            return value if self._is_text and self._separator is None else self._read(value)
        if isinstance(value, list):
            item = self._item
            return [item(entry) for entry in value]
        if isinstance(value, dict):
            return {name: self._property(name)(entry) for name, entry in value.items()}
        return value

    @cached_property
    def _item(self) -> "Coercion":
        return Coercion(self._schemas, self._schemas.items(self._schema), form=self._form)

    @cached_property
    def _rest(self) -> "Coercion":
        return Coercion(self._schemas, self._schemas.rest(self._schema), form=self._form)

    def _property(self, name: str) -> "Coercion":
        found = self._properties.get(name)
        if found is None:
            schema = self._schemas.properties(self._schema).get(name)
            if schema is None:  # names without a schema are not cached: clients may send any number of them
                return self._rest
            found = self._properties[name] = Coercion(self._schemas, schema, form=self._form)
        return found

    def _read(self, text: str) -> Any:
        if self._separator is not None:
            return self(text.split(self._separator))
        if self._is_text:
            return text
        if "string" in self._types and self._may_stay(text):
            return text
        return _read(self._types, text, self._form)

    @cached_property
    def _texts(self) -> list[Any]:
        """For each part of the schema that allows text: its `enum`, or None if it allows any text."""
        parts = self._schemas.parts(self._schema)
        return [
            part["enum"] if isinstance(part.get("enum"), list) else None
            for part in parts
            if "string" in own_types(part)
        ]

    def _may_stay(self, text: str) -> bool:
        """Whether a text may stay text if other types are allowed too: `inf` or an integer, for example."""
        return any(allowed is None or text in allowed for allowed in self._texts)


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
