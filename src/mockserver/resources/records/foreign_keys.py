"""Make generated records consistent: their foreign keys name records that exist."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from mockserver.generation.seeds import derive
from mockserver.openapi.names import normalised, singular
from mockserver.openapi.operation import Schema
from mockserver.resources.conventions import record_words
from mockserver.resources.infer.inference import ResourceInference
from mockserver.resources.infer.reference_names import Reference, ReferenceInference
from mockserver.resources.plan import EMPTY, Resource, text_of
from mockserver.resources.records.generated_values import GeneratedValues
from mockserver.resources.records.record_keys import RecordKeys
from mockserver.resources.records.server_fields import ServerFields
from mockserver.state.baseline import BaseCollection, Record

_DEEPEST = 1
"""To this depth embedded records have all properties of the record; deeper ones only its id."""
_FURTHEST = 2
"""To this depth in a record references are resolved, such as in the lines of an order.

In an embedded record, only at its top.
"""
_LARGEST = 24
"""Records with more properties are not embedded whole: large documents have many of them."""
_KNOWN = 512
_GONE = object()


Look = Callable[[str, str], Record | None]
"""Gives a session's record by its collection and its key."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A place in a record, from which references are resolved.

    Attributes:
        name: the name of the record's collection.
        place: the path in the record: references with one stem at one path name one record.
        depth: the number of records it is embedded in.
        foreign_keys: the known keys of records that it refers to, by the reference's stem.
        look: finds a record of a session by its collection and its key.
    """

    resource: Resource = field(compare=False)
    name: str
    parents: tuple[str, ...]
    key: str
    place: tuple[str | int, ...] = ()
    depth: int = 0
    foreign_keys: Mapping[str, str] = field(default_factory=dict, compare=False)
    look: Look | None = field(default=None, compare=False)

    def inside(self, *place: str | int) -> "Origin":
        """The same record, at a path inside of this place."""
        there = (*self.place, *place)
        return Origin(
            self.resource, self.name, self.parents, self.key, there, self.depth, self.foreign_keys, self.look
        )

    def words(self) -> tuple[str | int, ...]:
        """The seed of a choice at this place."""
        return (self.name, self.key, *self.place)


Base = Callable[[Origin], Record | None]
"""Gives a record without its foreign keys resolved."""


class ForeignKeys:
    """Writes references into the generated records of one document."""

    def __init__(
        self,
        inference: ResourceInference,
        generated: GeneratedValues,
        keys: RecordKeys,
        server_fields: ServerFields,
        base: Base,
        fixtures: Mapping[str, BaseCollection],
        names: tuple[str | int, ...],
    ) -> None:
        """`names` are the seed of all choices: the server's seed, and the document's name."""
        self._schemas = inference.schemas
        self.references = ReferenceInference(inference)
        self._generated_values = generated
        self._keys = keys
        self._server_fields = server_fields
        self._fixtures = fixtures
        self._names = names
        self._base = lru_cache(_KNOWN)(base)
        self._listed = lru_cache(_KNOWN)(self._list)

    def linked(self, record: dict[str, Any], origin: Origin) -> dict[str, Any]:
        """The record with its references resolved; unchanged when that violates the schema."""
        found = self._object(record, origin.resource.record, origin)
        return (
            found if found == record or self._generated_values.fits(origin.resource.record, found) else record
        )

    def deciding(self, resource: Resource) -> Mapping[str, frozenset[str]]:
        """The stems of the references that decide a property: the reference, or a copy of its record's."""
        found: dict[str, set[str]] = {}
        for other, reference in self.references.of(resource.record, resource).items():
            known = dict.fromkeys(reference.resource.properties, "")
            for name in resource.properties:
                rest = normalised(name).removeprefix(reference.stem)
                is_beside = rest != normalised(name) and _scalar_named(known, rest) is not None
                if other == name or is_beside:
                    found.setdefault(name, set()).add(reference.stem)
        return {name: frozenset(stems) for name, stems in found.items()}

    @staticmethod
    def sent_keys(references: Mapping[str, Reference], sent: Mapping[str, Any]) -> dict[str, str]:
        """The foreign keys in a request, by the reference's stem."""
        found = {}
        for name, reference in references.items():
            value = sent.get(name)
            if reference.embedded is not None and isinstance(value, Mapping):
                value = value.get(reference.embedded)
            if isinstance(value, str | int | float) and not reference.many:
                found[reference.stem] = text_of(value)
        return found

    def _object(self, value: dict[str, Any], schema: Schema, origin: Origin) -> dict[str, Any]:
        """An object with its references resolved; examples of the document stay unchanged."""
        is_far = len(origin.place) + _FURTHEST * origin.depth > _FURTHEST
        if is_far or value in self._documented(schema):
            return value
        outline, result = self._schemas.outline(schema), dict(value)
        references = self.references.of(schema, origin.resource)
        for name, inner in value.items():
            own = outline.properties.get(name, True)
            reference = references.get(name)
            if reference is not None and inner is not None and inner not in self._documented(own):
                result[name] = self._referring(reference, inner, own, origin)
            elif isinstance(inner, dict | list):
                result[name] = self._further(inner, own, origin.inside(name))
        self._name(result, value, references, origin, outline.properties)
        for name in [name for name, inner in result.items() if inner is _GONE]:
            if self._generated_values.fits(outline.properties[name], None):
                result[name] = None
            elif name in outline.required:
                result[name] = value[name]
            else:
                del result[name]
        return result

    def _further(self, value: Any, schema: Schema, origin: Origin) -> Any:
        """A value that is no reference, with the references inside of it resolved."""
        if isinstance(value, dict):
            return self._object(value, schema, origin)
        if isinstance(value, list) and value not in self._documented(schema):
            items = self._schemas.outline(schema).items
            inner = True if items is None else items
            return [
                self._further(entry, inner, origin.inside(place)) if isinstance(entry, dict | list) else entry
                for place, entry in enumerate(value)
            ]
        return value

    def _documented(self, schema: Schema) -> list[Any]:
        """The examples of a schema, which are kept even if they refer to no record."""
        target = self._schemas.target(schema)
        examples = target.get("examples")
        single = [target[name] for name in ("example", "default") if name in target]
        return single + (examples if isinstance(examples, list) else [])

    def _referring(self, reference: Reference, value: Any, schema: Schema, origin: Origin) -> Any:
        """A reference to existing records, in place of a generated one."""
        if not reference.many:
            one = next(iter(self._chosen(reference, origin, 1)), None)
            if one is None:
                return _GONE if reference.parent else value
            return self._written(reference, value, schema, one)
        items = self._schemas.outline(schema).items
        inner = True if items is None else items
        if not isinstance(value, list) or (reference.embedded and self._is_below(reference, origin)):
            return self._further(value, schema, origin)
        found = list(self._chosen(reference, origin, len(value)))
        if not found:
            return value
        pairs = zip(value, found, strict=False)
        return [self._written(reference, entry, inner, other) for entry, other in pairs]

    def _is_below(self, reference: Reference, origin: Origin) -> bool:
        """Whether the listed records refer back: the orders in a customer are that customer's."""
        back = self.references.of(reference.resource.record, reference.resource).values()
        return any(other.resource.name == origin.resource.name for other in back)

    def _written(self, reference: Reference, value: Any, schema: Schema, found: Origin) -> Any:
        """A reference to a record: its id in the property's type, or the embedded record."""
        if reference.embedded is None:
            fitting = self._server_fields.fitting(schema, found.key)
            return value if fitting is None else fitting
        if not isinstance(value, dict):
            return value
        properties = self._schemas.outline(schema).properties
        shown = self._shared(self._shown(found) or {}, value, schema, found.resource)
        own = properties.get(reference.embedded, True)
        key = self._server_fields.fitting(own, found.key)
        shown |= {} if key is None else {reference.embedded: key}
        return self._object({**value, **shown}, schema, found)

    def _shared(
        self, record: Record, value: Mapping[str, Any], schema: Schema, resource: Resource
    ) -> dict[str, Any]:
        """The record's properties that an object shows: all if it has the record's schema, else scalars."""
        if self._schemas.identity(schema) == resource.identity:
            return {name: entry for name, entry in record.items() if name in value}
        properties, fits = self._schemas.outline(schema).properties, self._generated_values.fits
        plain = {name: entry for name, entry in record.items() if name in value and not _is_deep(entry)}
        return {name: entry for name, entry in plain.items() if fits(properties.get(name, True), entry)}

    def _name(
        self,
        result: dict[str, Any],
        value: Mapping[str, Any],
        references: Mapping[str, Reference],
        origin: Origin,
        properties: Mapping[str, Schema],
    ) -> None:
        """Copy properties of the record referred to: `customerName` next to `customerId`."""
        for one in {one.stem: one for one in references.values() if not one.many and not one.parent}.values():
            siblings = {
                name: normalised(name)[len(one.stem) :]
                for name in value
                if normalised(name).startswith(one.stem)
            }
            wanted = [(name, rest) for name, rest in siblings.items() if rest and name not in references]
            found = next(iter(self._chosen(one, origin, 1)), None) if wanted else None
            record = self._shown(found) if found is not None else None
            for name, rest in wanted if record else ():
                entry = _scalar_named(record or {}, rest)
                own = properties.get(name, True)
                if (
                    entry is not None
                    and result[name] not in self._documented(own)
                    and self._generated_values.fits(own, entry)
                ):
                    result[name] = entry

    def _shown(self, found: Origin) -> Record | None:
        """The record to embed in another one; None when nested too deep, or when it is large."""
        if found.look is not None:
            return found.look(found.name, found.key)
        is_near = found.depth <= _DEEPEST and len(found.resource.properties) <= _LARGEST
        return self._base(replace(found, depth=0)) if is_near else None

    def _chosen(self, reference: Reference, origin: Origin, count: int) -> Iterator[Origin]:
        """The records that a reference names, `count` at most."""
        resource, depth = reference.resource, reference.resource.depth
        parents = origin.parents[:depth]
        name = resource.collection(parents)
        if depth and origin.name.endswith(EMPTY):
            return
        if reference.stem in origin.foreign_keys and not origin.place:
            key = origin.foreign_keys[reference.stem]
            yield Origin(resource, name, parents, key, depth=origin.depth + 1, look=origin.look)
            return
        keys = self._listed(Origin(resource, name, parents, ""))
        if reference.own and not reference.many:
            keys = self._like(reference, origin, keys)
        elif reference.own:
            keys = tuple(key for key in keys if key != origin.key)
        first = derive(*self._names, *origin.words(), reference.stem)
        for number in range(min(count, len(keys))):
            key = keys[(first + number) % len(keys)]
            yield Origin(resource, name, parents, key, depth=origin.depth + 1)

    def _like(self, reference: Reference, origin: Origin, keys: tuple[str, ...]) -> tuple[str, ...]:
        """Candidates in the record's own resource: itself, its parent in a tree, or earlier records."""
        if reference.stem == normalised(singular(origin.resource.word)):
            return (origin.key,)
        place = keys.index(origin.key) if origin.key in keys else len(keys)
        if reference.parent:
            return (keys[(place - 1) // 2],) if 0 < place < len(keys) else ()
        return keys[:place]

    def _list(self, origin: Origin) -> tuple[str, ...]:
        """The keys of a collection's list."""
        resource, parents = origin.resource, origin.parents
        if resource.fixture is None:
            return tuple(self._keys.listed(resource, origin.name))
        written = self._fixtures.get(resource.fixture)
        fields = {
            field: parents[number] for number, field in resource.parents.items() if number < len(parents)
        }
        return tuple(
            key
            for key, record in (written.all().items() if written is not None else ())
            if all(text_of(record.get(field, text)) == text for field, text in fields.items())
        )


def _is_deep(value: Any) -> bool:
    """Whether a value is, or contains, an object."""
    return isinstance(value, dict) or (isinstance(value, list) and any(map(_is_deep, value)))


def _scalar_named(record: Record, name: str) -> Any:
    """A record's scalar of this normalised name; None when it has none."""
    known = {
        normalised(field): value for field, value in record.items() if not isinstance(value, dict | list)
    }
    if name != "name" or name in known:
        return known.get(name)
    if known.keys() >= {"firstname", "lastname"}:
        return f"{known['firstname']} {known['lastname']}"
    return next((known[other] for other in record_words.DISPLAY_NAMES if other in known), None)
