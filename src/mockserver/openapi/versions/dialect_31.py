"""Gather schemas of OpenAPI 3.1 with all they reach; they are JSON Schema already.

Every keyword keeps its meaning. References are changed to references to gathered definitions, so that the
cost of a validator depends on what the schema reaches, not on the whole document.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urldefrag, urljoin

from mockserver.openapi import pointers
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.discriminators import told_apart_by_value
from mockserver.openapi.schema.regular_expressions import unwrapped
from mockserver.openapi.versions.dialect_30 import (
    NONE,
    Definitions,
    Direction,
    HiddenProperties,
    within_format,
)

_ONE = {
    *("items", "additionalProperties", "unevaluatedItems", "unevaluatedProperties", "contains"),
    *("propertyNames", "not", "if", "then", "else", "additionalItems"),
}
_SAME = {"allOf", "anyOf", "oneOf"}
_SEVERAL = {"allOf", "anyOf", "oneOf", "prefixItems"}
_NAMED = {"properties", "patternProperties", "dependentSchemas", "dependencies"}
_VALUES = {
    *("type", "const", "enum", "format", "pattern", "multipleOf", "required", "dependentRequired"),
    *("maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength"),
    *("maxItems", "minItems", "uniqueItems", "maxContains", "minContains"),
    *("maxProperties", "minProperties"),
}
# Drafts up to 7 ignore keywords next to a reference.
_ALONE = ("draft-04", "draft-06", "draft-07")


SchemaResource = Mapping[str, Any]
"""The document, or a schema in it with an `$id`: references are resolved against it."""


Scope = tuple[tuple[str, SchemaResource, SchemaResource], ...]
"""The targets of dynamic references on the current path: anchor name, schema, its resource."""


class SchemaGathering:
    """Gathers schemas of one document for one direction, with the definitions that they reach.

    Args:
        root: the document.
        direction: decides whether read-only or write-only properties are ignored.
        dialect: the URI of the schemas' dialect.
    """

    def __init__(self, root: Mapping[str, Any], direction: Direction, dialect: str) -> None:
        self._root = root
        self._direction = direction
        self._hidden = HiddenProperties(root, direction)
        self._siblings = not any(draft in dialect for draft in _ALONE)
        self._names: dict[tuple[Any, ...], str] = {}
        self._targets: dict[str, tuple[Any, SchemaResource, frozenset[str], Scope]] = {}
        self._definitions = Definitions(self._definition)
        #: The schema with an `$id` against which references are resolved; else the document.
        self._resource: Mapping[str, Any] = root
        self._scope: Scope = ()

    def run(self, schema: Schema) -> Any:
        """Gather a schema and everything it refers to."""
        self._resource, self._scope = self._root, ()
        gathered, reached = self._definitions.collect(lambda: self._schema(schema))
        return {**gathered, "$defs": reached} if reached else gathered

    def _definition(self, name: str) -> Any:
        target, self._resource, also_hidden, self._scope = self._targets[name]
        return self._schema(target, also_hidden)

    def _schema(self, schema: Any, also_hidden: frozenset[str] = NONE) -> Any:
        """Gather a schema; `also_hidden` are properties hidden elsewhere, not required here either."""
        if not isinstance(schema, Mapping):
            return schema if isinstance(schema, bool) else {}
        outer = self._resource, self._scope
        if isinstance(schema.get("$id"), str) and not schema["$id"].startswith("#"):
            self._resource = schema
        self._scope = self._entered(schema)
        try:
            gathered = self._keywords(schema, self._hidden.names(schema) | also_hidden)
            return gathered if schema.get("nullable") is not True else _nullable(gathered)
        finally:
            self._resource, self._scope = outer

    def _entered(self, schema: Mapping[str, Any]) -> Scope:
        """The scope inside a schema: for each anchor, the outermost schema that has it."""
        found = self._scope
        inner = schema.get("$defs")
        for entry in (schema, *(inner.values() if isinstance(inner, Mapping) else ())):
            name = entry.get("$dynamicAnchor") if isinstance(entry, Mapping) else None
            if isinstance(name, str) and all(name != known for known, _, _ in found):
                found = (*found, (name, entry, self._resource))
        if schema.get("$recursiveAnchor") is True and all(known for known, _, _ in found):
            found = (*found, ("", schema, self._resource))
        return found

    def _dynamic(self, schema: Mapping[str, Any]) -> str | None:
        """The static reference that replaces a dynamic one on this path (JSON Schema 2020-12, 8.2.3.2)."""
        if isinstance(schema.get("$dynamicRef"), str):
            target, resource = find(self._root, self._resource, schema["$dynamicRef"])
            name = urldefrag(schema["$dynamicRef"]).fragment
            is_dynamic = isinstance(target, Mapping) and target.get("$dynamicAnchor") == name
        elif isinstance(schema.get("$recursiveRef"), str):  # 2019-09
            target, resource, name = self._resource, self._resource, ""
            is_dynamic = target.get("$recursiveAnchor") is True
        else:
            return None
        outermost = (entry for entry in self._scope if entry[0] == name and is_dynamic)
        _, target, resource = next(outermost, (name, target, resource))
        return self._named(("", id(target)), NONE, lambda: (target, resource))

    def _keywords(self, schema: Mapping[str, Any], hidden: frozenset[str]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        if isinstance(schema.get("$ref"), str):
            result["$ref"] = self._reference(schema["$ref"], self._hidden.needed(schema, hidden))
            if not self._siblings:
                return result
        dynamic = self._dynamic(schema)
        if dynamic is not None:
            if "$ref" in result:
                result["allOf"] = [{"$ref": dynamic}]
            else:
                result["$ref"] = dynamic
        for name, value in schema.items():
            if name in _VALUES:
                result[name] = unwrapped(value) if name == "pattern" and isinstance(value, str) else value
            elif name in _ONE and not isinstance(value, list):
                result[name] = self._schema(value)
            elif (name in _SEVERAL or name == "items") and isinstance(value, list) and value:
                same = hidden if name in _SAME else NONE
                gathered = [self._schema(entry, same) for entry in value]
                several = name in {"oneOf", "anyOf"}
                result[name] = (
                    told_apart_by_value(self._root, schema, name, gathered) if several else gathered
                )
            elif name in _NAMED and isinstance(value, Mapping):
                result[name] = {key: self._entry(entry) for key, entry in value.items()}
        self._hide(result, hidden)
        return within_format(result)

    def _entry(self, entry: Any) -> Any:
        """Gather a schema, or return a list of names, which `dependencies` allowed before 2019-09."""
        return entry if isinstance(entry, list) else self._schema(entry)

    def _hide(self, result: dict[str, Any], hidden: frozenset[str]) -> None:
        if not hidden:
            return
        if isinstance(result.get("required"), list):
            result["required"] = [name for name in result["required"] if name not in hidden]
        if self._direction == "response" and "properties" in result:
            result["properties"] |= {name: False for name in hidden if name in result["properties"]}

    def _reference(self, reference: str, also_hidden: frozenset[str]) -> str:
        """Name a referenced schema; it is gathered later, once."""
        resource = self._resource
        return self._named(
            (id(resource), reference), also_hidden, lambda: find(self._root, resource, reference)
        )

    def _named(
        self,
        key: tuple[Any, ...],
        also_hidden: frozenset[str],
        look: Callable[[], tuple[Any, SchemaResource]],
    ) -> str:
        """The reference to a definition: one for each target, and each scope in which it is reached."""
        key = (*key, also_hidden, *(id(entry) for _, entry, _ in self._scope))
        name = self._names.get(key)
        if name is None:
            name = self._names[key] = f"d{len(self._names)}"
            self._targets[name] = (*look(), also_hidden, self._scope)
        self._definitions.needed.append(name)
        return f"#/$defs/{name}"


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """Allow null for a schema with `nullable`: OpenAPI 3.1 has no such keyword, but documents use it."""
    kind = schema.get("type")
    if isinstance(kind, str) and not schema.keys() & {"enum", "const"}:
        return {**schema, "type": [kind, "null"]}
    return {"anyOf": [{"type": "null"}, schema]}


def find(root: Mapping[str, Any], resource: SchemaResource, reference: str) -> tuple[Any, SchemaResource]:
    """Find the target of a reference by pointer, anchor or `$id`, and the resource that contains it.

    If the reference leads nowhere, the target is `True`, which accepts anything (`lint` reports it).
    """
    address, fragment = urldefrag(reference)
    if address:
        base = str(resource.get("$id", ""))
        wanted = urljoin(base, address)
        known = _named(ByIdentity(root))
        relative = (entry for name, entry in known.relative if urljoin(base, name) == wanted)
        found = known.ids.get(wanted) or next(relative, None)
        if found is None:
            return True, resource
        resource = found
    if fragment and not fragment.startswith("/"):
        return _named(ByIdentity(resource)).anchors.get(fragment, True), resource
    try:
        return pointers.resolve(resource, "#" + fragment) if fragment else resource, resource
    except KeyError:
        return _in_document(root, fragment), root


class ByIdentity:
    """A key for an object of a document, compared by identity."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByIdentity) and other.value is self.value


class _Named:
    """The schemas in an object that have an `$id` or an anchor; the first of each name."""

    def __init__(self, value: Any) -> None:
        self.ids: dict[str, Mapping[str, Any]] = {}
        self.anchors: dict[str, Any] = {}
        for entry in _mappings(value):
            if isinstance(entry.get("$id"), str):
                self.ids.setdefault(entry["$id"], entry)
            for anchor in _anchors(entry):
                if isinstance(anchor, str):
                    self.anchors.setdefault(anchor, entry)
        self.relative = [(name, entry) for name, entry in self.ids.items() if "://" not in name]


@lru_cache(maxsize=256)
def _named(same: ByIdentity) -> _Named:
    return _Named(same.value)


def _in_document(root: Mapping[str, Any], fragment: str) -> Any:
    """Resolve a pointer from the document's root: not standard within an `$id`, but documents do it."""
    try:
        return pointers.resolve(root, "#" + fragment)
    except KeyError:
        return True


def _anchors(schema: Mapping[str, Any]) -> tuple[Any, Any]:
    return schema.get("$anchor"), schema.get("$dynamicAnchor")


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    stack = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, Mapping):
            yield node
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)
