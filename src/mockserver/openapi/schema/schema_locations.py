"""Find the schemas for a place in a value, the fields of a body, and inferred parts (`x-inferred`)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mockserver.openapi import pointers
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.schema_reader import SchemaReader


@dataclass(frozen=True, slots=True)
class AppliedSchema:
    """A schema that applies to a place; `is_inferred` is also true inside an inferred schema."""

    schema: Mapping[str, Any]
    is_inferred: bool


def schemas_at(schemas: SchemaReader, schema: Any, tokens: Sequence[str] = ()) -> list[AppliedSchema]:
    """Every schema that applies to the place at the path `tokens`, including branches of choices."""
    found = _expanded(schemas, [(schema, False)])
    for token in tokens:
        found = _expanded(
            schemas, [(step, one.is_inferred) for one in found for step in _step(one.schema, token)]
        )
    return found


def _expanded(schemas: SchemaReader, written: list[tuple[Any, bool]]) -> list[AppliedSchema]:
    """The schemas and all that they combine, with references resolved."""
    found: dict[tuple[int, bool], AppliedSchema] = {}
    stack = written[::-1]
    while stack:
        schema, inferred = stack.pop()
        target = schemas.follow(schema)
        if not isinstance(target, Mapping):
            continue
        inferred = inferred or schema.get("x-inferred") is True or target.get("x-inferred") is True
        key = (id(target), inferred)
        if key not in found:
            found[key] = AppliedSchema(target, inferred)
            parts = [part for name in ("allOf", "anyOf", "oneOf") for part in target.get(name) or ()]
            stack += [(part, inferred) for part in reversed(parts)]
    return list(found.values())


def _step(schema: Mapping[str, Any], token: str) -> Iterator[Any]:
    properties = schema.get("properties") or {}
    if token in properties:
        yield properties[token]
    elif isinstance(schema.get("additionalProperties"), Mapping):
        yield schema["additionalProperties"]
    if "items" in schema and (token.isdigit() or token not in properties):
        yield schema["items"]


def is_inferred(schemas: SchemaReader, schema: Any, tokens: Sequence[str], keyword: str) -> bool:
    """Whether everything that sets this keyword for the place was inferred rather than documented."""
    applying = schemas_at(schemas, schema, tokens)
    saying = [one for one in applying if keyword in one.schema] or applying
    return bool(saying) and all(one.is_inferred for one in saying)


def is_read_only(schemas: SchemaReader, schema: Any, tokens: Sequence[str]) -> bool:
    """Whether a place is in a part of a value that only responses have (`readOnly`)."""
    above = (tokens[:length] for length in range(1, len(tokens) + 1))
    return any(
        one.schema.get("readOnly") is True for part in above for one in schemas_at(schemas, schema, part)
    )


def is_marked(schemas: SchemaReader, pointer: str) -> bool:
    """Whether the object at a pointer was inferred as a whole."""
    found = pointers.resolve(schemas.root, pointer)
    return isinstance(found, Mapping) and found.get("x-inferred") is True


@dataclass(frozen=True, slots=True)
class BodyField:
    """A property of a body, at any depth of objects.

    Attributes:
        tokens: the property names that lead to it.
        schema: as written, for compiling.
        view: the merged schema, for reading.
    """

    tokens: tuple[str, ...]
    schema: Any
    view: Mapping[str, Any]
    is_required: bool
    is_inferred: bool

    @property
    def name(self) -> str:
        """The path, with names joined by dots."""
        return ".".join(self.tokens)


def fields_of(
    schemas: SchemaReader, schema: Schema | None, above: tuple[str, ...] = (), inferred: bool = False
) -> Iterator[BodyField]:
    """The properties of an object schema, those of nested objects after the object itself."""
    view = schemas.merged(schema)
    inferred = inferred or view.get("x-inferred") is True
    required = set(view.get("required") or ())
    for name, entry in (view.get("properties") or {}).items():
        below = view_of(schemas, entry)
        own = inferred or below.get("x-inferred") is True
        yield BodyField((*above, name), entry, below, name in required, own)
        if below.get("type") == "object" and len(above) < 3:
            yield from fields_of(schemas, entry, (*above, name), own)


def view_of(schemas: SchemaReader, schema: Schema) -> Mapping[str, Any]:
    """A merged schema; of a value that may be null as well, written `anyOf: [X, {type: null}]`, that of X."""
    view = schemas.merged(schema)
    for keyword in ("anyOf", "oneOf"):
        branches = [schemas.merged(one) for one in view.get(keyword) or ()]
        others = [one for one in branches if one.get("type") != "null"]
        if len(others) == 1:
            kinds = types_in(others[0]) | ({"null"} if len(branches) > 1 else set())
            outer = {name: value for name, value in view.items() if name != keyword}
            return {**others[0], **outer, **({"type": sorted(kinds)} if types_in(others[0]) else {})}
    return view


def types_in(view: Mapping[str, Any]) -> set[str]:
    """The types that a merged schema allows; empty when it names none."""
    kind = view.get("type")
    found = {kind} if isinstance(kind, str) else set(kind or ())
    return found | ({"null"} if view.get("nullable") is True and found else set())
