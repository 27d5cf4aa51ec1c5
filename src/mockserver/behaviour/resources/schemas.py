"""Read what inference needs to know of a schema: its properties, its elements, whether two are one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.data.values.shapes import shape_of
from mockserver.openapi import pointer as pointers
from mockserver.openapi.model import Schema

_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Outline:
    """A schema as far as inference looks.

    Attributes:
        types: the types it allows; empty where it does not say.
        properties: of an object, those of its `oneOf` and `anyOf` branches among them.
        required: the properties that every value has.
        items: what an array is made of; None where that is not said.
        free: an object may have properties beside the ones named, on purpose.
    """

    types: frozenset[str]
    properties: Mapping[str, Schema]
    required: frozenset[str]
    items: Schema | None
    free: bool

    @property
    def is_object(self) -> bool:
        """Whether it is an object and nothing else, but for null."""
        return self.types <= {"object", "null"} and (bool(self.properties) or "object" in self.types)

    @property
    def is_array(self) -> bool:
        """Whether it is an array and nothing else, but for null."""
        return "array" in self.types and self.types <= {"array", "null"}


_NOTHING = Outline(frozenset(), {}, frozenset(), None, True)


class Outlines:
    """Outlines of the schemas of one document, each made once."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._known: dict[int, tuple[Schema, Outline]] = {}
        self._references: dict[str, Schema] = {}
        self._targets: dict[int, tuple[Schema, Mapping[str, Any]]] = {}

    def of(self, schema: Schema | None) -> Outline:
        """The outline of a schema; one that cannot be read says nothing."""
        if not isinstance(schema, Mapping):
            return _NOTHING
        if id(schema) not in self._known:
            try:
                outline = self._read(schema, 0)
            except (KeyError, ValueError, TypeError, AttributeError):
                outline = _NOTHING
            # The schema is kept: its id must not be given to another one.
            self._known[id(schema)] = (schema, outline)
        return self._known[id(schema)][1]

    def _read(self, schema: Schema, depth: int) -> Outline:
        shape = shape_of(self._root, (schema,))
        types = frozenset(shape.types or ())
        properties = {name: _one(entry) for name, entry in (shape.properties or {}).items()}
        items = _one(shape.items) if shape.items else None
        free = bool(shape.rest) or bool(shape.pattern_properties) or not (properties or shape.closed)
        for branch in (branch for group in shape.groups for branch in group.branches if depth < _DEEPEST):
            inner = self._read(branch, depth + 1)
            properties = {**inner.properties, **properties}
            types = types or inner.types
            items = items if items is not None else inner.items
            free = free or (inner.free and bool(inner.properties))
        if shape.groups and properties:
            free = bool(shape.rest)
        return Outline(
            types or _implied(properties, items), properties, frozenset(shape.required), items, free
        )

    def is_scalar(self, schema: Schema) -> bool:
        """Whether its values are numbers or text, and nothing else."""
        types = self.of(schema).types
        return bool(types) and types <= {"integer", "number", "string"}

    def identity(self, schema: Schema | None) -> object:
        """Equal for schemas that are the same: the place a reference leads to, or the schema itself."""
        if isinstance(schema, Mapping):
            parts = schema.get("allOf")
            if isinstance(parts, list) and len(parts) == 1 and "properties" not in schema:
                return self.identity(parts[0])
            if isinstance(schema.get("$ref"), str):
                target, place = pointers.follow(self._root, schema)
                return place or id(target)
        return id(schema)

    def branches(self, schema: Schema) -> set[object]:
        """The identities of what a schema leaves the choice of; empty where it leaves none."""
        target = self.target(schema)
        found = [*(target.get("anyOf") or ()), *(target.get("oneOf") or ())]
        return {self.identity(branch) for branch in found}

    def canonical(self, schema: Schema) -> Schema:
        """The same object for the same reference: what is compiled for it is compiled once."""
        if isinstance(schema, dict) and schema.keys() == {"$ref"}:
            return self._references.setdefault(str(schema["$ref"]), schema)
        return schema

    def flag(self, schema: Schema, name: str) -> bool:
        """Whether a schema, or the one it refers to, says `readOnly`, say."""
        if not isinstance(schema, dict):
            return False
        return schema.get(name) is True or self.target(schema).get(name) is True

    def target(self, schema: Schema) -> Mapping[str, Any]:
        """The schema itself, references followed; empty where it is none."""
        if not isinstance(schema, dict):
            return {}
        if "$ref" not in schema:
            return schema
        known = self._targets.get(id(schema))
        if known is None:
            try:
                target, _ = pointers.follow(self._root, schema)
            except KeyError:
                target = {}
            # The schema is kept: its id must not be given to another one.
            known = self._targets[id(schema)] = (schema, target if isinstance(target, dict) else {})
        return known[1]


def _one(schemas: tuple[Schema, ...]) -> Schema:
    return schemas[0] if len(schemas) == 1 else {"allOf": list(schemas)}


def _implied(properties: Mapping[str, Schema], items: Schema | None) -> frozenset[str]:
    if properties:
        return frozenset({"object"})
    return frozenset({"array"}) if items is not None else frozenset()
