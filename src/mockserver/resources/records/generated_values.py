"""Generate the values of records, and validate them against the document."""

from collections.abc import Collection
from typing import Any

from mockserver.generation import UnsatisfiableSchemaError, ValueGenerator
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.validators import Checker, SchemaCompiler


class GeneratedValues:
    """Generated values of one document."""

    def __init__(self, api: str, generator: ValueGenerator, compiler: SchemaCompiler) -> None:
        self._api = api
        self._generator = generator
        self._compiler = compiler

    def generate(self, schema: Schema, *key: str | int, dynamic: bool = False) -> Any:
        """A generated value; None when no valid one can be made."""
        try:
            return self._generator.value(schema, key=(self._api, *key), name=str(key[-1]), dynamic=dynamic)
        except (UnsatisfiableSchemaError, KeyError, ValueError):
            return None

    def object_of(self, schema: Schema, *key: str | int, dynamic: bool = False) -> dict[str, Any] | None:
        """A generated object; None when none can be made.

        Examples that are no object are ignored: some are strings of JSON.
        """
        for way in (dynamic, not dynamic):
            value = self.generate(schema, *key, dynamic=way)
            if isinstance(value, dict):
                return value
        return None

    def some_of(self, schema: Schema, wanted: Collection[str], *key: str | int) -> dict[str, Any] | None:
        """The wanted properties of the object that `object_of` makes; None when it must be made whole."""
        return self._generator.some(schema, wanted, key=(self._api, *key), name=str(key[-1]))

    def checker(self, schema: Schema) -> Checker:
        """The validator of values in responses."""
        return self._compiler.compile(schema, "response")

    def fits(self, schema: Schema, value: Any) -> bool:
        """Whether a value is valid in a response."""
        return self.checker(schema).is_valid(value)
