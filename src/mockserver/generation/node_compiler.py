"""Compile schemas to plans: trees of nodes that generate values, each built once."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from mockserver.generation.consistency import described_sums, names_in
from mockserver.generation.generation_context import DeadEndError, SchemaPosition
from mockserver.generation.nodes.object_nodes import (
    ArrayNode,
    Check,
    ChoiceNode,
    DeferredNode,
    ExampleNode,
    FlatField,
    FlatObject,
    ObjectNode,
)
from mockserver.generation.nodes.scalar_nodes import (
    BooleanNode,
    ConstantNode,
    Node,
    NumberNode,
    TextNode,
    is_certain,
)
from mockserver.generation.nodes.wrapper_nodes import DerivedNode, NullableNode, ValidatedNode
from mockserver.openapi import pointers
from mockserver.openapi.names import singular, snake_case
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema import conditional_schemas
from mockserver.openapi.schema.discriminators import SchemaFamilies, values_of
from mockserver.openapi.schema.merged_schema import BranchGroup, Schemas, Shape, merge
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.openapi.schema.validators import Direction, SchemaCompiler

MOST_PLANS = 15_000
"""Maximum number of plans that are kept: about 6 kB each, with all they reference."""
_PLACEHOLDERS = ("", "string", "String", "<string>", "text")
# fmt: off
_CHECKED_FORMATS = frozenset(
    (
        "date", "date-time", "time", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6",
        "uri", "uri-reference", "iri", "iri-reference", "uuid", "duration", "regex", "json-pointer",
        "relative-json-pointer", "uri-template",
    )
)
# fmt: on

_MOST_FLAT = 300
# fmt: off
_PLAIN = frozenset(
    (
        "$ref", "allOf", "type", "format", "enum", "description", "title", "example", "examples", "default",
        "nullable", "readOnly", "deprecated", "externalDocs", "xml",
    )
)
# fmt: on
"""Keywords of which every generated scalar of its type and format is valid."""
_FLAT = _PLAIN - {"enum", "format"} | {"properties", "required", "additionalProperties"}
"""Keywords of objects whose properties do not depend on each other."""
_MAYBE, _ALWAYS = 1, 2
_LIMITS = {"allOf", "anyOf", "oneOf", "not", "if", "enum", "const"}


class NodeCompiler:
    """Plans for the schemas of one document in one direction."""

    def __init__(self, compiler: SchemaCompiler, direction: Direction, most: int = MOST_PLANS) -> None:
        """`most` is how many plans are kept at most."""
        self._most = most
        self._schemas = compiler.schemas
        self._compiler = compiler
        self._direction = direction
        self._hidden = "readOnly" if direction == "request" else "writeOnly"
        self._families = SchemaFamilies(self._schemas.root)
        self._plans: dict[tuple[Any, ...], tuple[Schemas, Node]] = {}
        self._text_checks: dict[tuple[Any, ...], Check] = {}

    def plan(self, schemas: Schemas, spot: SchemaPosition) -> Node:
        """The plan for a value to which all these schemas apply.

        Raises:
            KeyError: a reference leads nowhere; its argument is the reference.
            DeadEndError: the schemas contradict each other.
        """
        key = (*map(id, schemas), spot)
        if key not in self._plans:
            if len(self._plans) >= self._most:
                # Plans in use are kept by their users; the others are built again on demand.
                self._plans.clear()
                self._text_checks.clear()
            # Keep the schemas alive: otherwise their ids could be reused.
            shape = self._schemas.shape(*schemas)
            self._plans[key] = (schemas, self._shape(shape, schemas, spot))
        return self._plans[key][1]

    def flat(self, schema: Schema, spot: SchemaPosition) -> FlatObject | None:
        """The properties of a schema, if it allows objects of scalars and nothing relates these; else None.

        Raises:
            KeyError: see `plan`.
            DeadEndError: see `plan`.
        """
        node = self.plan((schema,), spot)
        if not isinstance(node, ObjectNode) or not node.is_open or len(node.fields) > _MOST_FLAT:
            return None
        shape = self._schemas.shape(schema)
        properties, _ = self._properties(shape)
        if (
            {name for name, *_ in node.fields} != properties.keys()
            or shape.needed
            or not self._has_only(_FLAT, schema)
        ):
            return None
        fields = []
        for name, _, later, written in node.fields:
            entry = properties[name]
            form = self._schemas.shape(*entry).format
            inner = later.node
            certain = inner.is_certain(form) if isinstance(inner, ExampleNode) else is_certain(inner, form)
            if certain is None:
                return None
            is_sure = certain and all(self._has_only(_PLAIN, part) for part in entry)
            fields.append(FlatField(name, written, inner, None if is_sure else self._check(*entry)))
        names = tuple(field.name for field in fields)
        is_valid = all(field.check is None for field in fields)
        return FlatObject(names, tuple(fields), node.key, is_valid)

    def _has_only(self, keywords: frozenset[str], schema: Schema) -> bool:
        """Whether a schema, and those that it refers to and includes, have no other keywords than these."""
        if not isinstance(schema, Mapping):
            return schema is True
        parts = (schema, *self._schemas.parts(schema))
        return all(name in keywords or name.startswith("x-") for part in parts for name in part)

    def _later(self, schemas: Schemas, spot: SchemaPosition) -> DeferredNode:
        return DeferredNode(lambda: self.plan(schemas, spot))

    def _shape(self, shape: Shape, schemas: Schemas, spot: SchemaPosition) -> Node:
        """Plan a shape that was merged from these schemas."""
        if shape.nothing:
            return ConstantNode(())
        spot = replace(spot, description=spot.description or _description(self._schemas, schemas))
        node = self._choice(shape, schemas, spot) if shape.groups else self._plain(shape, schemas, spot)
        node = self._of_a_kind(node, shape, schemas, spot)
        if shape.nots:
            node = ValidatedNode(node, self._check(*({"not": schema} for schema in shape.nots)))
        if node.key and any(_says_null(self._schemas, schema) for schema in schemas):
            is_certain = all(_always_allows_null(self._schemas, schema) for schema in schemas)
            node = NullableNode(node, (lambda: lambda _: True) if is_certain else self._check(*schemas))
        examples = tuple(value for value in shape.examples if value not in _PLACEHOLDERS)
        return ExampleNode(node, examples, self._check(*schemas)) if examples else node

    def _of_a_kind(self, node: Node, shape: Shape, schemas: Schemas, spot: SchemaPosition) -> Node:
        """Add the schemas that include this one by `allOf`, if a discriminator distinguishes them."""
        children = self._families.children(shape.names[0]) if shape.discriminators and shape.names else []
        if not children:
            return node
        rest = replace(shape, examples=(), discriminators=())

        def child(reference: str) -> Node:
            branch = {"$ref": reference}
            merged = merge(rest, self._schemas.shape(branch))
            if _contradicts(merged):
                raise DeadEndError("a schema contradicts the schema that it includes by `allOf`")
            return self._shape(replace(merged, names=_swapped(merged, branch)), (*schemas, branch), spot)

        kinds = tuple(DeferredNode(lambda reference=reference: child(reference)) for reference in children)  # type: ignore[misc]
        return DerivedNode(kinds, node)

    def _check(self, *schemas: Schema) -> Callable[[], Check]:
        """Return a function that gives the test against all schemas, compiled on first use."""
        known: list[Check] = []

        def check() -> Check:
            if not known:
                checks = [self._compiler.compile(schema, self._direction).is_valid for schema in schemas]
                known.append(
                    checks[0] if len(checks) == 1 else lambda value: all(test(value) for test in checks)
                )
            return known[0]

        return check

    def _plain(self, shape: Shape, schemas: Schemas, spot: SchemaPosition) -> Node:
        """Plan a shape without choices."""
        if shape.values is not None:
            return ConstantNode(_allowed(shape))
        types = shape.types if shape.types is not None else (_guess(shape, spot),)
        kinds = [kind for kind in types if kind != "null"]
        if not kinds:
            return ConstantNode((None,) if shape.types else ())
        planned = _KINDS.get(kinds[0])
        return planned(self, shape, schemas, spot) if planned else ConstantNode(())

    def _text(self, shape: Shape, _: Schemas, spot: SchemaPosition) -> Node:
        fits = self._text_check(shape)
        return TextNode(shape, spot, fits, is_sent=self._direction == "request")

    def _text_check(self, shape: Shape) -> Check | None:
        """Return the test of a text's patterns, length and format; None when there is none."""
        least, most = shape.min_length, shape.max_length
        form = shape.format if shape.format in _CHECKED_FORMATS else None
        if not shape.patterns and (form is None or not (least or most is not None)):
            if most is None:
                return None if not least else lambda text: len(text) >= least
            return lambda text: least <= len(text) <= most
        asked: dict[str, Any] = {"minLength": least}
        if shape.patterns:
            asked["allOf"] = [{"pattern": pattern} for pattern in shape.patterns]
        if most is not None:
            asked["maxLength"] = most
        if form is not None:
            asked["format"] = form
        key = (shape.patterns, least, most, form)
        if key not in self._text_checks:
            self._text_checks[key] = self._compiler.compile(asked, self._direction).is_valid
        return self._text_checks[key]

    def _array(self, shape: Shape, schemas: Schemas, spot: SchemaPosition) -> Node:
        word = singular(spot.words)
        inner = replace(spot, words=word, subject=word or spot.subject, siblings=frozenset(), description="")
        prefix = tuple(self._later((schema,), inner) for schema in shape.prefix)
        if shape.sealed_items and not shape.items:
            shape = replace(shape, max_items=min(shape.max_items or len(prefix), len(prefix)))
        contained = self._later((*shape.items, *shape.contains), inner)
        rest = tuple({"not": schema} for schema in shape.contains[:1] if shape.max_contains is not None)
        item = self._later((*shape.items, *rest), inner) if shape.contains else contained
        return ArrayNode(shape, prefix, item, contained, _key(shape, schemas))

    def _object(self, shape: Shape, schemas: Schemas, spot: SchemaPosition) -> Node:
        subject = snake_case(shape.names[0]) if shape.names else spot.words or spot.subject
        if shape.names and spot.words:
            subject = f"{spot.words} {subject}"
        properties, hidden = self._properties(shape)
        together = conditional_schemas.together((*properties, *shape.required), shape.needed)
        required = tuple(dict.fromkeys((*shape.required, *together)))
        shape = replace(shape, required=tuple(name for name in required if name not in hidden))
        siblings = frozenset(map(snake_case, properties))
        fields = {
            name: self._later(entry, SchemaPosition(snake_case(name), "", subject, siblings))
            for name, entry in properties.items()
        }
        rest = (*shape.rest, *shape.left)
        is_closed = shape.closed or shape.sealed
        further = None if is_closed else self._later(rest, SchemaPosition(singular(spot.words), "", subject))
        patterns = tuple(
            (
                TextNode(
                    replace(Shape(), patterns=(name,)), SchemaPosition(), self._check({"pattern": name})()
                ),
                self._later(entry, SchemaPosition("", "", subject)),
            )
            for name, entry in (shape.pattern_properties or {}).items()
        )
        names = (
            self._later(({"type": "string"}, *shape.property_names), SchemaPosition())
            if shape.property_names
            else None
        )
        parts = names_in(properties) if self._direction == "response" else None
        if parts is not None:
            stated = described_sums(
                {name: _description(self._schemas, entry) for name, entry in properties.items()}
            )
            parts = parts._replace(sums={**parts.sums, **stated}) if stated else parts
            parts = parts if parts.are_related else None
        return ObjectNode(shape, fields, further, names, patterns, _key(shape, schemas), parts)

    def _properties(self, shape: Shape) -> tuple[dict[str, Schemas], set[str]]:
        """The properties that are allowed in this direction, the discriminator's fixed to the schema's name.

        Returns:
            These, and the names of those that are not allowed.
        """
        named = self._with_patterns(shape)
        hidden = {name for name, entry in named.items() if any(map(self._is_hidden, entry))}
        found = {name: entry for name, entry in named.items() if name not in hidden and False not in entry}
        for name, mapping in shape.discriminators:
            values = self._families.values(shape.names[0], mapping) if shape.names else ()
            allowed = [value for value in values if name in found and self._allows(found[name], value)]
            if allowed:
                found[name] = (*found[name], {"enum": allowed})
        return found, hidden

    def _with_patterns(self, shape: Shape) -> Mapping[str, Schemas]:
        """The named properties, and the required ones that match a pattern, with the patterns' schemas."""
        named = dict(shape.properties or {})
        for pattern, schemas in (shape.pattern_properties or {}).items():
            matches = self._check({"pattern": pattern})()
            for name in dict.fromkeys((*(shape.properties or {}), *shape.required)):
                if matches(name):
                    named[name] = (*named.get(name, ()), *schemas)
        return named

    def _is_hidden(self, schema: Schema) -> bool:
        """Whether a property is not allowed in this direction; many documents say so next to its `$ref`."""
        return self._schemas.flag(schema, self._hidden)

    def _allows(self, schemas: Schemas, value: str) -> bool:
        shape = self._schemas.shape(*schemas)
        if shape.types is not None and "string" not in shape.types:
            return False
        return shape.values is None or value in shape.values

    def _choice(self, shape: Shape, schemas: Schemas, spot: SchemaPosition) -> Node:
        """Plan the first choice; each branch is planned with the remaining choices."""
        group, rest = shape.groups[0], replace(shape, groups=shape.groups[1:], examples=())
        outlines = _Outlines(self._schemas, group)
        branches = tuple(
            DeferredNode(lambda number=number: self._branch(rest, group, outlines, number, schemas, spot))  # type: ignore[misc]
            for number in range(len(group.branches))
        )
        stated = {"propertyName": group.property, "mapping": group.mapping} if group.property else None
        check = self._check(
            {group.kind: list(group.branches), **({"discriminator": stated} if stated else {})}
        )
        return ChoiceNode(
            branches, check, outlines.properties_of_others, _key(shape, schemas), len(rest.groups)
        )

    def _branch(
        self,
        rest: Shape,
        group: BranchGroup,
        outlines: "_Outlines",
        number: int,
        schemas: Schemas,
        spot: SchemaPosition,
    ) -> Node:
        branch = group.branches[number]
        shape = merge(rest, self._schemas.shape(branch))
        named = (shape.properties or {}).get(group.property or "", ())
        values = values_of(self._schemas.root, branch, group.mapping or {}) if group.property else ()
        values = tuple(value for value in values if self._allows(named, value))
        if values:
            tag = {
                "properties": {group.property: {"type": "string", "enum": list(values[:1])}},
                "required": [group.property],
            }
            shape = merge(shape, self._schemas.shape(tag))
        if group.kind == "oneOf":
            shape = outlines.apart(shape, number)
        if _contradicts(shape):
            raise DeadEndError("a branch contradicts the schema next to the choice")
        return self._shape(replace(shape, names=_swapped(shape, branch)), (*schemas, branch), spot)


class _Outlines:
    """The properties of a choice's branches and those they require, each read once."""

    def __init__(self, schemas: SchemaReader, group: BranchGroup) -> None:
        self._schemas = schemas
        self._group = group

    @cached_property
    def _known(self) -> list[tuple[Mapping[str, Any], frozenset[str]]]:
        """The properties of each branch, and the names of those that it requires."""
        shapes = [self._schemas.shape(branch) for branch in self._group.branches]
        return [(shape.properties or {}, frozenset(shape.required)) for shape in shapes]

    def properties_of_others(self, number: int) -> tuple[str, ...]:
        """The properties that other branches have and this one does not."""
        mine = self._known[number][0]
        return tuple(dict.fromkeys(name for names, _ in self._known for name in names if name not in mine))

    def apart(self, shape: Shape, number: int) -> Shape:
        """Leave out optional properties that would make the value match another branch too."""
        if not shape.properties:
            return shape
        mine = self._known[number][0]
        others = (required for place, (_, required) in enumerate(self._known) if place != number)
        avoid = frozenset().union(*others).difference(shape.required)
        kept = {name: entry for name, entry in shape.properties.items() if name not in avoid or name in mine}
        return replace(shape, properties=kept)


_KINDS: Mapping[str, Callable[[NodeCompiler, Shape, Schemas, SchemaPosition], Node]] = {
    "string": NodeCompiler._text,
    "number": lambda _, shape, __, spot: NumberNode(shape, spot, whole=False),
    "integer": lambda _, shape, __, spot: NumberNode(shape, spot, whole=True),
    "boolean": lambda _, __, ___, spot: BooleanNode(spot),
    "array": NodeCompiler._array,
    "object": NodeCompiler._object,
}


def _allowed(shape: Shape) -> tuple[Any, ...]:
    """The enumerated values of an allowed type; null only if there is no other."""
    fitting = tuple(value for value in shape.values or () if _is_of(value, shape.types))
    return tuple(value for value in fitting if value is not None) or fitting


def _is_of(value: Any, types: tuple[str, ...] | None) -> bool:
    if types is None:
        return True
    if isinstance(value, bool) or value is None:
        return ("null" if value is None else "boolean") in types
    names: Mapping[type, str] = {
        str: "string",
        int: "integer",
        float: "number",
        list: "array",
        dict: "object",
    }
    return names[type(value)] in types


def _guess(shape: Shape, spot: SchemaPosition) -> str:
    """The likely type of a schema without `type`; a body without constraints is an object."""
    if shape.properties is not None or shape.required or shape.rest or shape.pattern_properties:
        return "object"
    if shape.items or shape.prefix or shape.min_items or shape.contains:
        return "array"
    bounds = (shape.minimum, shape.maximum, shape.above, shape.below)
    if shape.multiples or any(bound is not None for bound in bounds):
        return "number"
    is_text = shape.patterns or shape.format or shape.min_length or shape.max_length is not None
    return "object" if shape.min_properties or not (is_text or spot.words) else "string"


def _contradicts(shape: Shape) -> bool:
    return shape.nothing or shape.types == () or shape.values == ()


def _key(shape: Shape, schemas: Schemas) -> tuple[Any, ...]:
    return shape.names or tuple(map(id, schemas))


def _name(schema: Schema) -> str:
    reference = schema.get("$ref") if isinstance(schema, Mapping) else None
    return pointers.split(reference)[-1] if isinstance(reference, str) else ""


def _swapped(shape: Shape, branch: Schema) -> tuple[str, ...]:
    """The names of a shape, starting with the branch's if it has one."""
    name = _name(branch)
    return (name, *(other for other in shape.names if other != name)) if name else shape.names


def _description(reader: SchemaReader, schemas: Schemas) -> str:
    """The first description among the schemas."""
    for schema in schemas:
        description = reader.target(schema).get("description")
        if isinstance(description, str):
            return description[:300].lower()
    return ""


_ANNOTATIONS = frozenset(("anyOf", "deprecated", "description", "externalDocs", "title"))
"""Keywords of a choice that forbid no value that one of its branches allows."""


def _says_null(reader: SchemaReader, schema: Schema) -> int:
    """Whether a schema allows null: always, maybe (other keywords may forbid it), or 0 for no.

    Without a type `nullable` alone decides, see `dialect_30`; with one, other keywords may forbid null.
    """
    target = reader.target(schema)
    is_nullable = target.get("nullable") is True or target.get("x-nullable") is True
    is_nullable = is_nullable and not reader.is_modern
    if is_nullable and not isinstance(target.get("type"), str):
        return _ALWAYS
    if is_nullable or "null" in (target.get("type") or ()):
        return _MAYBE if _LIMITS & target.keys() else _ALWAYS
    return 0


def _always_allows_null(reader: SchemaReader, schema: Schema) -> bool:
    """Whether a schema certainly allows null, without compiling it: some reach most of the document."""
    if _says_null(reader, schema) == _ALWAYS:
        return True
    target = reader.target(schema)
    branches = target.get("anyOf")
    return (
        isinstance(branches, list)
        and all(name in _ANNOTATIONS or name.startswith("x-") for name in target)
        and any(_says_null(reader, branch) == _ALWAYS for branch in branches)
    )
