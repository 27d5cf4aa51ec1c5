"""Endless schemas, which no finite value matches: each value would have to contain another one."""

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.openapi import pointers
from mockserver.openapi.defects import Defect
from mockserver.openapi.lint.document_walk import DocumentNode
from mockserver.openapi.schema.schema_reader import SchemaReader, own_types

_CHOICES = ("oneOf", "anyOf")
_HOLDERS = frozenset({"object", "array"})


class FiniteSchemas:
    """The schemas that a finite value matches, as a least fixed point.

    A schema is tested when it is first referenced, and again when a schema that it needs is proven finite.
    """

    def __init__(self, reader: SchemaReader) -> None:
        self._reader = reader
        self._proven: set[str] = set()
        self._open: dict[str, Any] = {}
        self._needed_by: dict[str, set[str]] = {}
        self._waiting: list[str] = []
        self._current = ""

    def endless(self, reference: str) -> bool:
        """Whether no finite value matches the target of a reference."""
        self._current = ""
        self._has(reference)
        while self._waiting:
            self._current = name = self._waiting.pop()
            if name in self._open and self._is_finite(self._open[name]):
                del self._open[name]
                self._proven.add(name)
                self._waiting.extend(self._needed_by.pop(name, ()))
        return reference in self._open

    def _has(self, reference: str) -> bool:
        """Whether a reference is proven finite; otherwise the current schema is tested again once it is."""
        if reference in self._proven:
            return True
        if reference not in self._open:
            try:
                self._open[reference] = pointers.resolve(self._reader.root, reference)
            except KeyError:  # another rule reports it
                self._proven.add(reference)
                return True
            self._waiting.append(reference)
        self._needed_by.setdefault(reference, set()).add(self._current)
        return False

    def _is_finite(self, schema: Any) -> bool:
        if not isinstance(schema, Mapping):
            return True
        reference = schema.get("$ref")
        if isinstance(reference, str) and not self._has(reference):
            return False
        types = own_types(schema)
        if not types <= _HOLDERS or schema.get("nullable") is True or {"enum", "const"} & schema.keys():
            return True
        parts = schema.get("allOf")
        if not all(map(self._is_finite, parts if isinstance(parts, list) else ())):
            return False
        for word in _CHOICES:
            branches = schema.get(word)
            if isinstance(branches, list) and branches and not any(map(self._is_finite, branches)):
                return False
        return self._object_is_finite(schema) and ("object" in types or self._array_is_finite(schema))

    def _object_is_finite(self, schema: Mapping[str, Any]) -> bool:
        required = schema.get("required")
        if not isinstance(required, list) or not required:
            return True
        try:
            properties = self._reader.properties(schema)
        except (KeyError, ValueError, TypeError, AttributeError):
            return True
        return all(self._is_finite(properties.get(name, True)) for name in required if isinstance(name, str))

    def _array_is_finite(self, schema: Mapping[str, Any]) -> bool:
        least = schema.get("minItems")
        return not isinstance(least, int) or least < 1 or self._is_finite(schema.get("items", True))


def check_endless(finite: FiniteSchemas, node: DocumentNode) -> Iterator[Defect]:
    """Report a named schema that no finite value matches."""
    tokens = pointers.split(node.pointer)
    is_named = tokens[:2] == ["components", "schemas"] and len(tokens) == 3
    if (is_named or (tokens[:1] == ["definitions"] and len(tokens) == 2)) and finite.endless(
        f"#{node.pointer}"
    ):
        message = f"no value can match it: each {tokens[-1]} would have to contain another one, endlessly"
        yield Defect("endless-schema", "error", node.pointer, message)
