"""What schemas say about a place in a value, references and `allOf` followed, and what of it was inferred."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mockserver.openapi import pointer as pointers

Root = Mapping[str, Any]
_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Node:
    """A schema that applies to a place; `is_inferred` also when one above it is."""

    schema: Mapping[str, Any]
    is_inferred: bool


def nodes(
    root: Root, schema: Any, tokens: Sequence[str] = (), inferred: bool = False, depth: int = 0
) -> list[Node]:
    """Every schema that applies to the place which the tokens lead to."""
    if depth > _DEPTH:
        return []
    inferred = inferred or (isinstance(schema, Mapping) and schema.get("x-inferred") is True)
    target, _ = pointers.follow(root, schema)
    if not isinstance(target, Mapping):
        return []
    inferred = inferred or target.get("x-inferred") is True
    found = [Node(target, inferred)] if not tokens else []
    for name in ("allOf", "anyOf", "oneOf"):
        for part in target.get(name) or ():
            found += nodes(root, part, tokens, inferred, depth + 1)
    if tokens:
        for step in _step(target, tokens[0]):
            found += nodes(root, step, tokens[1:], inferred, depth + 1)
    return found


def _step(schema: Mapping[str, Any], token: str) -> Iterator[Any]:
    properties = schema.get("properties") or {}
    if token in properties:
        yield properties[token]
    elif isinstance(schema.get("additionalProperties"), Mapping):
        yield schema["additionalProperties"]
    if "items" in schema and (token.isdigit() or token not in properties):
        yield schema["items"]


def is_inferred(root: Root, schema: Any, tokens: Sequence[str], keyword: str) -> bool:
    """Whether all that says this keyword about the place was inferred rather than documented."""
    applying = nodes(root, schema, tokens)
    saying = [node for node in applying if keyword in node.schema] or applying
    return bool(saying) and all(node.is_inferred for node in saying)


def merged(root: Root, schema: Any) -> dict[str, Any]:
    """The schema as one object, references followed and the parts of `allOf` laid over each other."""
    target, _ = pointers.follow(root, schema)
    if not isinstance(target, Mapping):
        return {}
    result: dict[str, Any] = {}
    for part in [*(target.get("allOf") or ()), {k: v for k, v in target.items() if k != "allOf"}]:
        view = (
            merged(root, part) if part is not target and ("$ref" in part or "allOf" in part) else dict(part)
        )
        properties = {**result.get("properties", {}), **view.get("properties", {})}
        required = [*result.get("required", ()), *view.get("required", ())]
        result |= view
        if properties:
            result["properties"] = properties
        if required:
            result["required"] = required
    return result


def is_marked(root: Root, pointer: str) -> bool:
    """Whether the object at a pointer was inferred as a whole."""
    found = pointers.resolve(root, pointer)
    return isinstance(found, Mapping) and found.get("x-inferred") is True


@dataclass(frozen=True, slots=True)
class Field:
    """A property of a body, however deep in objects.

    Attributes:
        tokens: the names that lead to it.
        schema: as written, for compiling.
        view: the same, merged, for reading.
    """

    tokens: tuple[str, ...]
    schema: Any
    view: Mapping[str, Any]
    is_required: bool
    is_inferred: bool

    @property
    def name(self) -> str:
        """The names, joined with dots."""
        return ".".join(self.tokens)


def fields(root: Root, schema: Any, above: tuple[str, ...] = (), inferred: bool = False) -> Iterator[Field]:
    """The properties of an object schema, those of nested objects after the object itself."""
    view = merged(root, schema)
    inferred = inferred or view.get("x-inferred") is True
    required = set(view.get("required") or ())
    for name, entry in (view.get("properties") or {}).items():
        below = merged(root, entry)
        own = inferred or below.get("x-inferred") is True
        yield Field((*above, name), entry, below, name in required, own)
        if below.get("type") == "object" and len(above) < 3:
            yield from fields(root, entry, (*above, name), own)


def types(view: Mapping[str, Any]) -> set[str]:
    """The types that a merged schema allows; empty when it does not say."""
    kind = view.get("type")
    found = {kind} if isinstance(kind, str) else set(kind or ())
    return found | ({"null"} if view.get("nullable") is True and found else set())
