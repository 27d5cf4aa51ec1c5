"""Read schemas: resolve references and merge `allOf`, with cached results.

Every walk visits a reference once and keeps its own stack: a chain of thousands of references, or an
`allOf` that doubles at every level, costs no more than the schemas in it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, TypeVar

from mockserver.openapi import pointers
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema import conditional_schemas
from mockserver.openapi.schema.merged_schema import Schemas, Shape, merge, shape_of_one
from mockserver.openapi.versions.anchors import identified
from mockserver.openapi.versions.openapi_version import version_of

_MOST_BRANCHES = 4
"""Choices inside each other whose branches an outline has."""

_CHOICES = ("anyOf", "oneOf")
_ALL = ("allOf", *_CHOICES)
_JSON_TYPES = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    list: "array",
    dict: "object",
}
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Outline:
    """The main parts of a schema, including those of its `oneOf` and `anyOf` branches.

    Attributes:
        types: the types it allows; empty when it names none.
        properties: of an object.
        required: the properties that every value must have.
        items: the schema of an array's items; None when there is none.
        free: whether an object may deliberately have further properties.
    """

    types: frozenset[str]
    properties: Mapping[str, Schema]
    required: frozenset[str]
    items: Schema | None
    free: bool

    @property
    def is_object(self) -> bool:
        """Whether it allows only objects (and null)."""
        return self.types <= {"object", "null"} and (bool(self.properties) or "object" in self.types)

    @property
    def is_array(self) -> bool:
        """Whether it allows only arrays (and null)."""
        return "array" in self.types and self.types <= {"array", "null"}


OBJECT = (dict, Mapping)
"""Types of a document's objects for `isinstance`; testing for `dict` first takes a tenth of the time."""

_UNREADABLE = Outline(frozenset(), {}, frozenset(), None, True)


class _Memo:
    """Cache of results by schema: by target for a reference, by identity for other schemas."""

    def __init__(self) -> None:
        self._known: dict[Any, tuple[Schema, Any]] = {}

    def of(self, schema: Schema, make: Callable[[Any], _Value]) -> _Value:
        key = _key(schema)
        known = self._known.get(key)
        if known is None:
            # Keep the schema alive: otherwise its id could be reused.
            known = self._known[key] = (schema, make(schema))
        found: _Value = known[1]
        return found


def _key(schema: Schema) -> Any:
    if isinstance(schema, OBJECT) and len(schema) == 1 and isinstance(schema.get("$ref"), str):
        return schema["$ref"]
    return schema if isinstance(schema, bool) else id(schema)


class SchemaReader:
    """Reads the schemas of one document."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root
        version = version_of(root) or (3, 0)
        #: Whether schemas are those of JSON Schema 2020-12.
        self.is_modern = version >= (3, 1)
        self._references: dict[str, Schema] = {}
        self._targets, self._shapes, self._outlines = _Memo(), _Memo(), _Memo()
        self._parts, self._types, self._properties = _Memo(), _Memo(), _Memo()
        self._items, self._rests, self._merged, self._examples = _Memo(), _Memo(), _Memo(), _Memo()

    def resolve(self, schema: Mapping[str, Any]) -> Any:
        """The target of a schema's reference.

        Raises:
            KeyError: it leads nowhere; the argument is the reference.
        """
        try:
            return pointers.resolve(self.root, schema["$ref"])
        except KeyError:
            # In OpenAPI 3.1 and later it can be a reference by `$id` or anchor.
            if not self.is_modern:
                raise
        return identified(self.root).target(schema)

    def follow(self, schema: Schema) -> Any:
        """A schema with its references resolved.

        Raises:
            KeyError: one leads nowhere, or they lead in a circle; the argument is the reference.
        """
        if not isinstance(schema, OBJECT) or "$ref" not in schema:
            return schema
        return self._targets.of(schema, self._follow)

    def _follow(self, schema: Schema) -> Any:
        seen: set[str] = set()
        found: Any = schema
        while isinstance(found, Mapping) and isinstance(found.get("$ref"), str):
            if found["$ref"] in seen:
                raise KeyError(found["$ref"])
            seen.add(found["$ref"])
            found = self.resolve(found)
        return found

    def target(self, schema: Schema | None) -> Mapping[str, Any]:
        """The schema with references resolved; empty when there is none, or when they lead nowhere."""
        try:
            found = self.follow(True if schema is None else schema)
        except KeyError:
            return {}
        return found if isinstance(found, Mapping) else {}

    def shape(self, *schemas: Schema) -> Shape:
        """Merge all constraints of schemas that apply to the same value; choices are left open.

        Raises:
            KeyError: a reference leads nowhere; its argument is the reference.
        """
        if len(schemas) == 1:
            return (
                self._shapes.of(schemas[0], self._shape)
                if _is_reference(schemas[0])
                else self._shape(schemas[0])
            )
        return reduce(merge, map(self.shape, schemas)) if schemas else Shape()

    def _shape(self, schema: Schema) -> Shape:
        names: dict[str, None] = {}
        parts = [shape_of_one(part, is_modern=self.is_modern) for part in self._applying(schema, names)]
        shape = reduce(merge, parts) if parts else Shape()
        return replace(shape, names=tuple(names)) if names else shape

    def _applying(self, schema: Schema, names: dict[str, None]) -> Iterator[Schema]:
        """The schemas that apply together: a schema, those it refers to, those of its `allOf`.

        `names` takes the names of the references in their order.
        """
        stack: list[Any] = [schema]
        seen: set[str] = set()
        while stack:
            one = stack.pop()
            if not isinstance(one, Mapping):
                yield one
                continue
            reference = one.get("$ref")
            if isinstance(reference, str):
                if reference in seen:  # an allOf that includes itself adds nothing
                    continue
                seen.add(reference)
                names.setdefault(reference.rpartition("/")[2].lstrip("#") or "#")
                stack.append(self.resolve(one))
                if self.is_modern and len(one) > 1:  # keywords next to `$ref` apply since OpenAPI 3.1
                    stack.append({name: value for name, value in one.items() if name != "$ref"})
                continue
            yield one
            stack += [*(one.get("allOf") or ()), *self._in_other_words(one)][::-1]

    def _in_other_words(self, schema: Mapping[str, Any]) -> Iterator[Any]:
        """Schemas equivalent to `not`, and the target of a dynamic reference."""
        instead = conditional_schemas.without(schema["not"]) if "not" in schema else None
        if instead is not None:
            yield instead
        if isinstance(schema.get("$dynamicRef"), str) and self.is_modern:
            yield identified(self.root).dynamic(schema)

    def outline(self, schema: Schema | None) -> Outline:
        """The outline of a schema; empty for one that cannot be read."""
        if not isinstance(schema, OBJECT):
            return _UNREADABLE
        return self._outlines.of(schema, self._readable_outline)

    def _readable_outline(self, schema: Schema) -> Outline:
        try:
            return self._outline(schema, 0)
        except (KeyError, ValueError, TypeError, AttributeError):
            return _UNREADABLE

    def _outline(self, schema: Schema, depth: int) -> Outline:
        shape = self.shape(schema)
        types = frozenset(shape.types or ())
        properties = {name: _all_of(entry) for name, entry in (shape.properties or {}).items()}
        items = _all_of(shape.items) if shape.items else None
        free = bool(shape.rest) or bool(shape.pattern_properties) or not (properties or shape.closed)
        branches = (branch for group in shape.groups for branch in group.branches if depth < _MOST_BRANCHES)
        for branch in branches:
            inner = self._outline(branch, depth + 1)
            properties = {**inner.properties, **properties}
            types = types or inner.types
            items = items if items is not None else inner.items
            free = free or (inner.free and bool(inner.properties))
        if shape.groups and properties:
            free = bool(shape.rest)
        types = types or _implied(properties, items)
        return Outline(types, properties, frozenset(shape.required), items, free)

    def is_scalar(self, schema: Schema) -> bool:
        """Whether it allows only numbers or strings."""
        types = self.outline(schema).types
        return bool(types) and types <= {"integer", "number", "string"}

    def identity(self, schema: Schema | None) -> object:
        """A value that is equal for equal schemas: the target of a reference, or the schema's own id."""
        while isinstance(schema, Mapping):
            parts = schema.get("allOf")
            if isinstance(parts, list) and len(parts) == 1 and "properties" not in schema:
                schema = parts[0]
                continue
            if isinstance(schema.get("$ref"), str):
                target, place = pointers.follow(self.root, schema)
                return place or id(target)
            break
        return id(schema)

    def branches(self, schema: Schema) -> set[object]:
        """The identities of a schema's `oneOf` and `anyOf` branches; empty when it has none."""
        target = self.target(schema)
        return {self.identity(branch) for name in _CHOICES for branch in target.get(name) or ()}

    def canonical(self, schema: Schema) -> Schema:
        """Return the same object for equal references, so that they are compiled once."""
        if isinstance(schema, dict) and schema.keys() == {"$ref"}:
            return self._references.setdefault(str(schema["$ref"]), schema)
        return schema

    def flag(self, schema: Schema, name: str) -> bool:
        """Whether a schema, or the one it refers to, sets a flag such as `readOnly`."""
        if not isinstance(schema, Mapping):
            return False
        return schema.get(name) is True or self.target(schema).get(name) is True

    def example(self, schema: Schema | None, otherwise: Any) -> Any:
        """The first example, default or allowed value of a schema."""
        if schema is None:
            return otherwise
        return next(iter(self._examples.of(schema, self._find_examples)), otherwise)

    def _find_examples(self, schema: Schema) -> tuple[Any, ...]:
        shape = self.shape(schema)
        return (*shape.examples, *(shape.values or ()))

    def parts(self, schema: Schema) -> list[Mapping[str, Any]]:
        """A schema and all that it combines, by `allOf` or as a choice; references resolved, each once."""
        return self._parts.of(schema, self._find_parts)

    def _find_parts(self, schema: Schema) -> list[Mapping[str, Any]]:
        found: dict[int, Mapping[str, Any]] = {}
        stack = [schema]
        while stack:
            target = self.target(stack.pop())
            if target and id(target) not in found:
                found[id(target)] = target
                stack += [entry for name in _ALL for entry in target.get(name) or ()][::-1]
        return list(found.values())

    def types(self, schema: Schema) -> frozenset[str]:
        """The JSON types that a schema names, itself or in what it combines; empty when it names none."""
        return self._types.of(schema, self._find_types)

    def _find_types(self, schema: Schema) -> frozenset[str]:
        found: set[str] = set()
        seen: set[int] = set()
        stack = [schema]
        while stack:
            target = self.target(stack.pop())
            if id(target) in seen:
                continue
            seen.add(id(target))
            found |= own_types(target)
            if "type" not in target:
                stack += [entry for name in _ALL for entry in target.get(name) or ()]
        return frozenset(found)

    def properties(self, schema: Schema) -> Mapping[str, Schema]:
        """The properties in a schema and in what it combines; several schemas of one become an `anyOf`."""
        return self._properties.of(schema, self._find_properties)

    def _find_properties(self, schema: Schema) -> Mapping[str, Schema]:
        found: dict[str, list[Schema]] = {}
        for part in self.parts(schema):
            properties = part.get("properties")
            for name, entry in properties.items() if isinstance(properties, Mapping) else ():
                found.setdefault(name, []).append(entry)
        return {name: _any_of(entries) for name, entries in found.items()}

    def items(self, schema: Schema) -> Schema:
        """The schema of an array schema's items."""
        return self._items.of(
            schema, lambda schema: _any_of([part["items"] for part in self.parts(schema) if "items" in part])
        )

    def rest(self, schema: Schema) -> Schema:
        """The schema of the properties that a schema does not name."""
        return self._rests.of(schema, self._find_rest)

    def _find_rest(self, schema: Schema) -> Schema:
        written = (part.get("additionalProperties") for part in self.parts(schema))
        return _any_of([entry for entry in written if isinstance(entry, Mapping)])

    def inside(self, schema: Schema, names: Iterable[str]) -> Schema:
        """The schema of a nested part of the values, by property names and list indexes."""
        for name in names:
            types = self.types(schema)
            if "array" in types and (name == "" or name.isdecimal()):
                schema = self.items(schema)
            else:
                known = self.properties(schema)
                schema = known[name] if name in known else self.rest(schema)
        return schema

    def has_list(self, schema: Schema, names: Iterable[str]) -> bool:
        """Whether a nested part of its values is a list, and cannot be a string."""
        types = self.types(self.inside(schema, names))
        return "array" in types and "string" not in types

    def merged(self, schema: Schema | None) -> Mapping[str, Any]:
        """A schema as one object, with references resolved and the parts of `allOf` merged.

        Raises:
            KeyError: a reference leads nowhere; its argument is the reference.
        """
        return self._merged.of(True if schema is None else schema, self._merge)

    def _merge(self, schema: Schema) -> Mapping[str, Any]:
        found: list[Mapping[str, Any]] = []
        stack: list[Any] = [schema]
        while stack:
            target = self.follow(stack.pop())
            if isinstance(target, Mapping) and not any(target is other for other in found):
                found.append(target)
                stack += target.get("allOf") or ()
        result: dict[str, Any] = {}
        properties: dict[str, Any] = {}
        required: list[str] = []
        for part in reversed(found):
            result |= part
            properties |= part.get("properties") or {}
            required += part.get("required") or ()
        result.pop("allOf", None)
        return (
            result
            | ({"properties": properties} if properties else {})
            | ({"required": required} if required else {})
        )


def own_types(schema: Mapping[str, Any]) -> frozenset[str]:
    """The JSON types that a schema names itself."""
    kind = schema.get("type")
    if isinstance(kind, str):
        return frozenset((kind,))
    if isinstance(kind, list):
        return frozenset(name for name in kind if isinstance(name, str))
    found = {"object"} if "properties" in schema else set()
    if "const" in schema:
        found.add(_JSON_TYPES.get(type(schema["const"]), "null"))
    return frozenset(found)


def _is_reference(schema: Schema) -> bool:
    return isinstance(_key(schema), str)


def _all_of(schemas: Schemas) -> Schema:
    return schemas[0] if len(schemas) == 1 else {"allOf": list(schemas)}


def _any_of(schemas: Iterable[Schema]) -> Schema:
    """A schema that matches all values that any of several schemas matches."""
    found = list(schemas)
    return found[0] if len(found) == 1 else {"anyOf": found} if found else True


def _implied(properties: Mapping[str, Schema], items: Schema | None) -> frozenset[str]:
    if properties:
        return frozenset({"object"})
    return frozenset({"array"}) if items is not None else frozenset()
