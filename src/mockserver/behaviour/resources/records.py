"""Make and change the records of inferred resources, so that each fits the document."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from mockserver.behaviour.resources.identifiers import candidates, identifying
from mockserver.behaviour.resources.inference import Inference
from mockserver.behaviour.resources.model import (
    BORN,
    EMPTY,
    GONE,
    SINGLE,
    Resource,
    View,
    split_collection,
    text_of,
)
from mockserver.behaviour.resources.patches import overlay
from mockserver.behaviour.resources.paths import parameters_of
from mockserver.behaviour.resources.places import Place, put_at, value_at
from mockserver.behaviour.resources.stamps import Stamps
from mockserver.behaviour.resources.words import words
from mockserver.data.open_world import EMPTY_COLLECTION, OpenCollection
from mockserver.data.seeds import derive
from mockserver.data.store import BaseCollection, BaselineCollection, Record
from mockserver.data.values import UnsatisfiableSchemaError, ValueGenerator
from mockserver.errors import Violation
from mockserver.openapi import pointer as pointers
from mockserver.openapi.model import Schema
from mockserver.openapi.schemas import Checker, SchemaCompiler

_FEWEST, _MOST = 3, 10
_ROUNDS = 8
NOTHING: Mapping[str, Any] = MappingProxyType({})


class Records:
    """The records of one document."""

    def __init__(
        self, api: str, inference: Inference, generator: ValueGenerator, compiler: SchemaCompiler, seed: int
    ) -> None:
        self._api = api
        self._inference = inference
        self._generator = generator
        self._compiler = compiler
        self._seed = seed
        self._known_examples: dict[str, Mapping[str, Record]] = {}
        self.stamps = Stamps(inference.outlines, compiler)

    def open(self, name: str) -> BaseCollection | None:
        """The open world's collection of this name; None when no resource is called so."""
        if name in {BORN, GONE}:
            return EMPTY_COLLECTION
        resource_name, parents = split_collection(name)
        resource = self._inference.named(resource_name)
        if resource is None or resource.fixture is not None or len(parents) != resource.depth:
            return None
        if name.endswith(EMPTY):
            return BaselineCollection(resource.key or "", {})
        keys = lru_cache(1)(lambda: tuple(self._keys(resource, name)))
        return OpenCollection(
            resource.key or "",
            # Examples in schemas show in the first record; the others differ from it and from each other.
            lambda key: self._make(resource, name, parents, key, dynamic=key not in keys()[:1]),
            keys,
        )

    def checker_of(self, name: str) -> Checker | None:
        """What holds the records of a collection to the document; None when no resource is called so."""
        resource = self._inference.named(split_collection(name)[0])
        return None if resource is None else self._compiler.compile(resource.record, "response")

    def _make(
        self, resource: Resource, name: str, parents: tuple[str, ...], key: str, *, dynamic: bool
    ) -> Record:
        """The record that was there before anybody came: the document's example, or a generated one."""
        ids = self.ids(resource, parents, key)
        example = self._examples(resource).get(key)
        if example is not None and self.fits(resource.record, overlay(example, ids)):
            return overlay(example, ids)
        generated = self.object_of(resource.record, name, key, resource.word, dynamic=dynamic)
        if generated is None:
            return ids
        identified = overlay(generated, ids)
        return identified if self.fits(resource.record, identified) else generated

    def _examples(self, resource: Resource) -> Mapping[str, Record]:
        """The records in the examples of the responses that show them, by key."""
        if resource.name not in self._known_examples:
            found: dict[str, Record] = {}
            for record in (*_listed(resource.several), *_shown(resource.one)):
                key = SINGLE if resource.single else text_of(record.get(resource.key or "", ""))
                if key and key not in found and self.fits(resource.record, record):
                    found[key] = record
            self._known_examples[resource.name] = found
        return self._known_examples[resource.name]

    def is_example(self, resource: Resource, key: str) -> bool:
        """Whether the document has an example of the record of this key, in an open world."""
        return resource.fixture is None and key in self._examples(resource)

    def generate(self, schema: Schema, *key: str | int, dynamic: bool = False) -> Any:
        """A generated value; None where nothing fits the schema."""
        try:
            return self._generator.value(schema, key=(self._api, *key), name=str(key[-1]), dynamic=dynamic)
        except (UnsatisfiableSchemaError, KeyError, ValueError):
            return None

    def object_of(self, schema: Schema, *key: str | int, dynamic: bool = False) -> dict[str, Any] | None:
        """A generated object; None where there is none.

        Examples are left aside where they make none: some are text with an object in it.
        """
        for way in (dynamic, not dynamic):
            value = self.generate(schema, *key, dynamic=way)
            if isinstance(value, dict):
                return value
        return None

    def around(self, schema: Schema, place: Place, *key: str | int) -> Any:
        """An envelope with an empty list, or an empty record, at a place; None where that cannot be told."""
        if not place:
            return {}
        outline = self._inference.outlines.of(schema)
        body: dict[str, Any] = {}
        for name, inner in outline.properties.items():
            if name == place[0]:
                body[name] = self.around(inner, place[1:], *key, name)
            elif name in outline.required or not self._inference.outlines.of(inner).is_array:
                body[name] = self.generate(inner, *key, name)
                if body[name] is None and not self.fits(inner, None):
                    return None
        return body

    def fits(self, schema: Schema, value: Any) -> bool:
        """Whether a value may stand in an answer."""
        valid: bool = self._compiler.compile(schema, "response").is_valid(value)
        return valid

    def ids(self, resource: Resource, parents: tuple[str, ...], key: str) -> dict[str, Any]:
        """The ids that a record with this key below these parents has."""
        wanted = {
            resource.parents[number]: text
            for number, text in enumerate(parents)
            if number in resource.parents
        }
        if resource.key is not None and key != SINGLE:
            wanted[resource.key] = key
        found: dict[str, Any] = {}
        for name, text in wanted.items():
            value = self.stamps.fitting(resource.properties.get(name, True), text)
            if value is not None:
                found[name] = value
        if resource.is_located:
            found |= self._located(resource, parents, key)
        for number, (outer, name) in resource.inside.items():
            found[outer] = {**found.get(outer, {}), name: (*parents, key)[number]}
        return found

    def _located(self, resource: Resource, parents: tuple[str, ...], key: str) -> dict[str, Any]:
        """The id that is the whole path, and the type that is told from it, of a record of Azure's."""
        path = resource.item_path or ""
        for name, value in zip(parameters_of(path), (*parents, key), strict=False):
            path = path.replace("{" + name + "}", value)
        place = len(resource.template) - resource.template[::-1].index("providers")
        kind = "/".join(segment for segment in resource.template[place:] if segment is not None)
        return {
            name: value
            for name, value in (("id", path), ("type", kind))
            if self.fits(resource.properties.get(name, True), value)
        }

    def id_in(self, schema: Schema, resource: Resource, key: str) -> dict[str, Any]:
        """The id of a record where something else tells it: `{"itemId": 7}`."""
        properties = self._inference.outlines.of(schema).properties
        path = resource.item_path
        names = candidates(parameters_of(path)[-1] if path else "id", resource.word)
        found = identifying(self._inference.outlines, properties, names)
        if found is None:
            ids = [name for name in properties if words(name)[-1:] == ("id",)]
            found = ids[0] if len(ids) == 1 else None
        value = None if found is None else self.stamps.fitting(properties[found], key)
        return {} if found is None or value is None else {found: value}

    def _keys(self, resource: Resource, name: str) -> Iterator[str]:
        """The keys of the few records that show."""
        if resource.single:
            yield SINGLE
            return
        wanted = _FEWEST + derive(self._seed, self._api, name, "size") % (_MOST - _FEWEST + 1)
        seen = dict.fromkeys(self._examples(resource))
        yield from seen
        if _listed(resource.several) and seen:
            return
        for number in range(1, 3 * wanted):
            key = self.key(resource, name, number)
            if key is not None and key not in seen:
                seen[key] = None
                yield key
            if len(seen) >= wanted:
                return

    def key(self, resource: Resource, name: str, number: int) -> str | None:
        """The key of the record with a number: counted where ids are numbers, else generated."""
        schema = resource.properties.get(resource.key or "", resource.key_schema)
        types = self._inference.outlines.of(schema).types
        if types & {"integer", "number"} and "string" not in types:
            for value in (number, number + 1000, number + 100_000):
                if self.fits(schema, value) and self._addresses(resource, value):
                    return str(value)
        # The document's example is the first one's id: no two have the same.
        called, later = (name, "id", number, resource.key or "id"), number > 1
        value = self.generate(schema, *called, dynamic=later)
        if value is None or isinstance(value, dict | list) or not self._addresses(resource, value):
            value = self.generate(resource.key_schema, *called, dynamic=later)
        text = text_of(value) if isinstance(value, str | int | float) else ""
        return text or None

    def _addresses(self, resource: Resource, value: Any) -> bool:
        """Whether a key can stand in the item's path."""
        schema = resource.key_schema
        text = text_of(value)
        if not text or text in {".", ".."} or (isinstance(value, str) and "/" in text):
            return False
        return self.stamps.fitting(schema, text) is not None if schema is not True else True

    def changed(
        self,
        resource: Resource,
        old: Record,
        wanted: Mapping[str, Any],
        now: datetime,
        sent: Mapping[str, Any],
        accepted: Mapping[str, Schema],
        own: Mapping[str, Any] = NOTHING,
    ) -> Record | None:
        """The record as it is wanted; None when that cannot be made to fit.

        What is the server's (the id, read-only fields) keeps its value, but for `own`, which it changes.
        """
        moments = self.stamps.moments(resource.properties, now, created=False)
        free = self._settable(resource, accepted) - {resource.key, *resource.parents.values()}
        kept = {name: old[name] for name in self._servers(resource) - (free & sent.keys()) if name in old}
        told = {name: value for name, value in moments.items() if name not in sent}
        new = {**wanted, **kept, **told, **own}
        for place in resource.inside.values():
            new = put_at(new, place, value_at(old, place))
        return self.mended(resource.record, new, old)

    def replaced(
        self,
        resource: Resource,
        old: Record,
        sent: Mapping[str, Any],
        accepted: Mapping[str, Schema],
        now: datetime,
    ) -> Record | None:
        """The record that consists of what was sent and what is the server's."""
        kept = {
            name: value
            for name, value in old.items()
            if name in resource.required or name not in accepted or self._is_servers(resource, name)
        }
        return self.changed(resource, old, {**kept, **sent}, now, sent, accepted)

    def created(
        self,
        resource: Resource,
        name: str,
        key: str,
        ids: Mapping[str, Any],
        sent: Mapping[str, Any],
        accepted: Mapping[str, Schema],
        now: datetime,
    ) -> Record | None:
        """A new record: what was sent, and of what was not sent that which is the server's or is required."""
        base = self.object_of(resource.record, name, key, resource.word) or {}
        record = {}
        settable = self._settable(resource, accepted)
        for field, value in base.items():
            schema = resource.properties.get(field, True)
            if field not in settable:
                status = self.stamps.first_status(field, schema)
                record[field] = value if status is None else status
            elif field in resource.required:
                record[field] = self._default(accepted[field], value)
        for field, schema in accepted.items():
            default = self._inference.outlines.target(schema).get("default")
            if default is not None and field in resource.properties:
                record[field] = default
        moments = self.stamps.moments(resource.properties, now, created=True)
        allowed = {
            field: value
            for field, value in sent.items()
            if field in settable or not self.is_read_only(resource, field)
        }
        new = overlay({**record, **moments, **allowed}, ids)
        return self.mended(resource.record, new, overlay(base, ids))

    def _settable(self, resource: Resource, accepted: Mapping[str, Schema]) -> set[str]:
        """What a request may set: what it takes, and does not call read-only itself: Azure's `location`."""
        flag, shown = self._inference.outlines.flag, resource.properties
        return {
            name
            for name, schema in accepted.items()
            if not flag(schema, "readOnly")
            and (name != resource.key or not flag(shown.get(name, True), "readOnly"))
        }

    def _default(self, schema: Schema, otherwise: Any) -> Any:
        return self._inference.outlines.target(schema).get("default", otherwise)

    def mended(self, schema: Schema, record: dict[str, Any], other: Mapping[str, Any]) -> Record | None:
        """The record, made to fit: what breaks the schema is taken from another record, or left out."""
        checker = self._compiler.compile(schema, "response")
        for number in range(_ROUNDS):
            if checker.is_valid(record):
                return record
            for violation in checker.violations(record, "response"):
                _mend(record, violation, other, deep=number < _ROUNDS // 2)
        return dict(other) if checker.is_valid(other) else None

    def _servers(self, resource: Resource) -> set[str]:
        return {name for name in resource.properties if self._is_servers(resource, name)}

    def _is_servers(self, resource: Resource, name: str) -> bool:
        return name == resource.key or name in resource.parents.values() or self.is_read_only(resource, name)

    def without_nulls(self, resource: Resource, record: Mapping[str, Any]) -> dict[str, Any]:
        """The record without the nulls that its schema does not allow: they took something away."""
        return {
            name: value
            for name, value in record.items()
            if value is not None or self.fits(resource.properties.get(name, True), None)
        }

    def is_read_only(self, resource: Resource, name: str) -> bool:
        """Whether a property is never the client's to set."""
        return self._inference.outlines.flag(resource.properties.get(name, True), "readOnly")


def _listed(view: View | None) -> list[Record]:
    """The records in the examples of a list."""
    bodies = view.media_type.examples.values() if view is not None else ()
    lists = (value_at(body, view.place) for body in bodies) if view is not None else ()
    return [
        record for found in lists if isinstance(found, list) for record in found if isinstance(record, dict)
    ]


def _shown(view: View | None) -> list[Record]:
    """The records in the examples of a response that shows one, or a list of them."""
    bodies = view.media_type.examples.values() if view is not None else ()
    records = (value_at(body, view.place) for body in bodies) if view is not None else ()
    return [record for record in records if isinstance(record, dict)]


def _mend(record: dict[str, Any], violation: Violation, other: Mapping[str, Any], *, deep: bool) -> None:
    """Take what breaks the schema from the other record, or leave it out.

    `deep`: of objects that both records have only the part that breaks it is taken.
    """
    tokens = pointers.split(violation.pointer)
    while deep and (inner := _both(record, other, tokens)) is not None:
        record[tokens[0]] = record = dict(inner[0])
        other, tokens = inner[1], tokens[1:]
    if tokens:
        name = tokens[0]
        if name in record and name in other and other[name] != record[name]:
            record[name] = other[name]
        else:
            record.pop(name, None)
    elif violation.keyword in {"anyOf", "oneOf"} and other.keys() - record.keys():
        record.update({name: value for name, value in other.items() if name not in record})
    elif violation.keyword == "required":
        named = {name: value for name, value in other.items() if f'"{name}"' in violation.message}
        record.update({name: value for name, value in named.items() if name not in record})
    else:
        for name in [name for name in record if name not in other]:
            del record[name]


def _both(
    record: Mapping[str, Any], other: Mapping[str, Any], tokens: Sequence[str]
) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """The objects that both records have at the first token; None where one has none."""
    mine, theirs = (record.get(tokens[0]), other.get(tokens[0])) if tokens else (None, None)
    return (mine, theirs) if isinstance(mine, dict) and isinstance(theirs, dict) else None
