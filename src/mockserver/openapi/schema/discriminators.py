"""Discriminators and the schemas that they select (OpenAPI 4.7.25).

Next to `oneOf` and `anyOf` a discriminator decides against which branch a value is validated; with JSON
Schema alone, an object would match every open branch. In a parent schema it names the schemas that include
it by `allOf`; a value is validated only against the parent there, as OpenAPI 3.0.4 and 3.1.1 state.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.openapi import pointers
from mockserver.openapi.operation import BUNDLED, Schema

_DEEPEST = 8
# Extensions that name a schema's value in Swagger 2.0, which has no mapping.
_OWN_VALUES = ("x-discriminator-value", "x-ms-discriminator-value")


def property_of(schema: Mapping[str, Any]) -> tuple[str, Mapping[str, str]] | None:
    """The discriminator of a schema: its property, and its mapping from values to references or names."""
    written = schema.get("discriminator")
    if isinstance(written, str):  # Swagger 2.0
        return written, {}
    name = written.get("propertyName") if isinstance(written, Mapping) else None
    if not isinstance(written, Mapping) or not isinstance(name, str):
        return None
    mapping = written.get("mapping")
    if not isinstance(mapping, Mapping):
        return name, {}
    if all(isinstance(value, str) and isinstance(target, str) for value, target in mapping.items()):
        return name, mapping  # the same object each time, for fast comparison: some have hundreds of entries
    return name, {str(value): target for value, target in mapping.items() if isinstance(target, str)}


def values_of(root: Mapping[str, Any], schema: Schema, mapping: Mapping[str, str]) -> tuple[str, ...]:
    """The discriminator values of a referenced schema: by the mapping, else the schema's name."""
    reference = schema.get("$ref") if isinstance(schema, Mapping) else None
    if not isinstance(reference, str):
        return ()
    name = pointers.split(reference)[-1]
    mapped = tuple(value for value, target in mapping.items() if _is_meant(target, reference, name))
    if mapped:
        return mapped
    target = _target(root, schema)
    own = (target.get(key) for key in _OWN_VALUES) if isinstance(target, Mapping) else ()
    return (next((value for value in own if isinstance(value, str)), name),)


def _is_meant(target: str, reference: str, name: str) -> bool:
    return target == reference or ("#" not in target and target.rpartition("/")[2] in {name, f"{name}.json"})


def told_apart_by_value(
    root: Mapping[str, Any], schema: Mapping[str, Any], kind: str, branches: list[Any]
) -> list[Any]:
    """The branches of `oneOf` or `anyOf` as JSON Schema, each restricted to its own discriminator values.

    If every branch is mapped, or named by the schema's name, no other value matches (OpenAPI 3.0.4, 3.1.1).
    If an example of the property has another value, the document uses names loosely: a branch then only
    excludes the names of others. A branch without the property, or with one that cannot have the value, is
    unchanged, and then so are the others.
    """
    found = property_of(schema) if "discriminator" in schema else None
    if found is None or kind == "allOf":
        return branches
    name, mapping = found
    values = [_allowed(root, branch, name, values_of(root, branch, mapping)) for branch in schema[kind]]
    is_strict = all(set(own) & mapping.keys() for own in values) or (
        all(values) and not _is_loose(root, schema[kind], name, {value for own in values for value in own})
    )
    held = []
    default = _default(schema)
    if default is not None:
        return _with_default(default, schema[kind], branches, name, values)
    for own, branch in zip(values, branches, strict=True):
        others = sorted({value for entry in values for value in entry} - set(own))
        asked = {"enum": list(own)} if is_strict else {"not": {"enum": others}}
        is_plain = not own or not (is_strict or others)
        held.append(branch if is_plain else {"allOf": [branch, {"properties": {name: asked}}]})
    return held


def _allowed(root: Mapping[str, Any], branch: Schema, name: str, values: tuple[str, ...]) -> tuple[str, ...]:
    """The values that are allowed by the branch's own property."""
    written = list(_properties(root, branch, name, 0))
    lists = [entry["enum"] for entry in written if isinstance(entry.get("enum"), list)]
    lists += [[entry["const"]] for entry in written if "const" in entry]
    return tuple(value for value in values if all(value in known for known in lists)) if written else ()


def _default(schema: Mapping[str, Any]) -> str | None:
    """The reference or name of the schema for all other values (OpenAPI 3.2)."""
    written = schema["discriminator"]
    found = written.get("defaultMapping") if isinstance(written, Mapping) else None
    return found if isinstance(found, str) else None


def _with_default(
    default: str, written: list[Any], branches: list[Any], name: str, values: list[tuple[str, ...]]
) -> list[Any]:
    """Restrict each branch to its own values; the default one matches all others, and objects without any."""
    held = []
    for branch, own, source in zip(branches, values, written, strict=True):
        reference = source.get("$ref") if isinstance(source, Mapping) else None
        is_default = isinstance(reference, str) and _is_meant(
            default, reference, pointers.split(reference)[-1]
        )
        others = sorted({value for entry in values for value in entry} - set(own))
        asked: dict[str, Any] = (
            {"properties": {name: {"not": {"enum": others}}}}
            if is_default
            else {"properties": {name: {"enum": list(own)}}, "required": [name]}
        )
        held.append(branch if not (own or is_default) else {"allOf": [branch, asked]})
    return held


def _is_loose(root: Mapping[str, Any], branches: list[Any], name: str, known: set[str]) -> bool:
    """Whether an example of the property, or of a branch, has a value that names no branch."""
    shown: list[Any] = []
    for branch in branches:
        target = _target(root, branch)
        examples = [target.get("example")] if isinstance(target, Mapping) else []
        shown += [example.get(name) for example in examples if isinstance(example, Mapping)]
        for entry in _properties(root, branch, name, 0):
            listed = entry.get("examples")
            shown += [
                entry.get("example"),
                entry.get("default"),
                *(listed if isinstance(listed, list) else ()),
            ]
    return any(isinstance(value, str) and value not in known for value in shown)


def _properties(root: Mapping[str, Any], schema: Any, name: str, depth: int) -> Iterator[Mapping[str, Any]]:
    """The schemas of a property, including those in `allOf`."""
    target = _target(root, schema)
    if not isinstance(target, Mapping) or depth > _DEEPEST:
        return
    properties = target.get("properties")
    if isinstance(properties, Mapping) and name in properties:
        written = _target(root, properties[name])
        yield written if isinstance(written, Mapping) else {}
    parts = target.get("allOf")
    for part in parts if isinstance(parts, list) else ():
        yield from _properties(root, part, name, depth + 1)


def _target(root: Mapping[str, Any], schema: Any) -> Any:
    try:
        return pointers.follow(root, schema)[0]
    except KeyError:
        return None


class SchemaFamilies:
    """The schemas of a document that include others by `allOf`; indexed once, on demand."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._children: dict[str, list[str]] = {}
        self._references: dict[str, str] = {}

    def children(self, name: str) -> list[str]:
        """References to the schemas that directly include the schema of this name."""
        self._look()
        return self._children.get(name, [])

    def values(self, name: str, mapping: Mapping[str, str]) -> tuple[str, ...]:
        """The values of the schema of this name in a discriminator with this mapping."""
        self._look()
        reference = self._references.get(name)
        return (name,) if reference is None else values_of(self._root, {"$ref": reference}, mapping)

    def _look(self) -> None:
        if self._references:
            return
        for reference, schema in _named(self._root):
            self._references.setdefault(pointers.split(reference)[-1], reference)
            for parent in _parents(schema):
                self._children.setdefault(parent, []).append(reference)


def _named(root: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for way in (["components", "schemas"], ["definitions"], [BUNDLED]):
        holder: Any = root
        for token in way:
            holder = holder.get(token) if isinstance(holder, Mapping) else None
        for name, schema in holder.items() if isinstance(holder, Mapping) else ():
            if isinstance(schema, Mapping):
                yield "#" + pointers.join([*way, name]), schema


def _parents(schema: Mapping[str, Any]) -> Iterator[str]:
    parts = schema.get("allOf")
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, Mapping) and isinstance(part.get("$ref"), str):
            yield pointers.split(part["$ref"])[-1]
