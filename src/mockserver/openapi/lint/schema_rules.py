"""Schemas that obviously no value can match, and invalid patterns."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import jsonschema_rs

from mockserver.openapi import pointers
from mockserver.openapi.defects import Defect
from mockserver.openapi.lint.document_walk import DocumentNode
from mockserver.openapi.schema.regular_expressions import tolerant, unwrapped
from mockserver.openapi.schema.schema_reader import SchemaReader

_RANGES = (
    *(("minLength", "maxLength"), ("minItems", "maxItems"), ("minProperties", "maxProperties")),
    *(("minimum", "maximum"), ("minContains", "maxContains")),
)
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": (int, float),
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": Mapping,
    "null": type(None),
}


def check_schema(reader: SchemaReader, node: DocumentNode) -> Iterator[Defect]:
    """Check one schema by itself."""
    schema = node.value
    if not isinstance(schema, Mapping) or "$ref" in schema:
        return
    for reason in _impossible(schema):
        yield Defect("impossible-schema", "error", node.pointer, f"no value can match it: {reason}")
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and not _readable(pattern):
        place = pointers.join(["pattern"], node.pointer)
        message = f"the pattern {pattern[:80]!r} is invalid and is ignored"
        yield Defect("unreadable-pattern", "warning", place, message)
    elif isinstance(pattern, str) and unwrapped(pattern) != pattern:
        place = pointers.join(["pattern"], node.pointer)
        message = f"the pattern {pattern[:80]!r} matches nothing: remove the slashes of JavaScript"
        yield Defect("unreadable-pattern", "warning", place, message)
    if schema.get("nullable") is True and reader.is_modern:
        place = pointers.join(["nullable"], node.pointer)
        message = "OpenAPI 3.1 has no `nullable`; null is accepted anyway: write `type: [..., 'null']`"
        yield Defect("ignored-keyword", "warning", place, message)


def check_circle(circles: "RecursiveSchemas", node: DocumentNode) -> Iterator[Defect]:
    """Report a schema that includes itself through `allOf`, which is meaningless."""
    is_made = isinstance(node.value, Mapping) and "allOf" in node.value
    if is_made and circles.has(f"#{node.pointer}"):
        place = pointers.join(["allOf"], node.pointer)
        message = "it includes itself: following its `allOf` leads back to it"
        yield Defect("circular-schema", "error", place, message)


class RecursiveSchemas:
    """The schemas that include themselves, by strongly connected components (Tarjan, 1972)."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._numbers: dict[str, int] = {}
        self._lowest: dict[str, int] = {}
        self._open: dict[str, None] = {}
        self._circular: set[str] = set()

    def has(self, reference: str) -> bool:
        """Whether a schema leads back to itself; each schema is followed only once."""
        if reference not in self._numbers:
            self._follow(reference)
        return reference in self._circular

    def _follow(self, start: str) -> None:
        stack = [(start, self._enter(start))]
        while stack:
            here, parts = stack[-1]
            following = next(parts, None)
            if following is None:
                stack.pop()
                self._leave(here)
                if stack:
                    above = stack[-1][0]
                    self._lowest[above] = min(self._lowest[above], self._lowest[here])
            elif following not in self._numbers:
                stack.append((following, self._enter(following)))
            elif following in self._open:
                self._lowest[here] = min(self._lowest[here], self._numbers[following])
                if following == here:
                    self._circular.add(here)

    def _enter(self, reference: str) -> Iterator[str]:
        self._numbers[reference] = self._lowest[reference] = len(self._numbers)
        self._open[reference] = None
        try:
            return _parts(pointers.resolve(self._root, reference))
        except KeyError:
            return iter(())

    def _leave(self, reference: str) -> None:
        """Close a component when its first schema is left."""
        if self._lowest[reference] != self._numbers[reference]:
            return
        component: list[str] = []
        while not component or component[-1] != reference:
            component.append(self._open.popitem()[0])
        if len(component) > 1:
            self._circular.update(component)


def _parts(schema: Any) -> Iterator[str]:
    """The references of a schema itself and of its `allOf`."""
    if not isinstance(schema, Mapping):
        return
    parts = schema.get("allOf")
    for entry in (schema, *(parts if isinstance(parts, list) else ())):
        if isinstance(entry, Mapping) and isinstance(entry.get("$ref"), str):
            yield entry["$ref"]


def _impossible(schema: Mapping[str, Any]) -> Iterator[str]:
    for lowest, highest in _RANGES:
        low, high = schema.get(lowest), schema.get(highest)
        if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
            yield f"{lowest} {low} is above {highest} {high}"
    values = schema.get("enum")
    if values == []:
        yield "`enum` is empty"
    elif isinstance(values, list) and not any(_fits(schema, value) for value in values):
        yield f"no value of `enum` is of type {schema['type']}"
    if "const" in schema and not _fits(schema, schema["const"]):
        yield f"`const` is not of type {schema['type']}"
    yield from _impossible_object(schema)


def _fits(schema: Mapping[str, Any], value: Any) -> bool:
    """Whether a value has one of the schema's types."""
    written = schema.get("type")
    names = [written] if isinstance(written, str) else written if isinstance(written, list) else []
    if value is None and (schema.get("nullable") is True or schema.get("x-nullable") is True):
        return True
    types = [_TYPES[name] for name in names if name in _TYPES]
    if isinstance(value, bool):
        return not types or bool in types
    return not types or any(isinstance(value, kind) for kind in types)


def _impossible_object(schema: Mapping[str, Any]) -> Iterator[str]:
    required = schema.get("required")
    if not isinstance(required, list):
        return
    most = schema.get("maxProperties")
    if isinstance(most, int) and len(set(map(str, required))) > most:
        yield f"{len(required)} properties are required and {most} allowed"
    properties = schema.get("properties")
    known = properties if isinstance(properties, Mapping) else {}
    closed = schema.get("additionalProperties") is False and not schema.get("patternProperties")
    missing = [name for name in required if name not in known]
    if closed and missing:
        yield f"{missing[0]!r} is required, and no property of that name is allowed"


@lru_cache(maxsize=4096)
def _readable(pattern: str) -> bool:
    for written in (pattern, tolerant(pattern)):
        try:
            jsonschema_rs.Draft202012Validator({"pattern": written})
        except ValueError:
            continue
        return True
    return False
