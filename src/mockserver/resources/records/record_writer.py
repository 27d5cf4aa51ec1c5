"""Make and change the records of inferred resources, so that each fits the document."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from mockserver.behaviour.backend import Rules
from mockserver.errors import Violation
from mockserver.generation import ValueGenerator
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.validators import Checker, Misfit, SchemaCompiler
from mockserver.resources.body_paths import BodyPath, put_at, value_at
from mockserver.resources.infer.inference import ResourceInference
from mockserver.resources.infer.path_templates import parameters_of
from mockserver.resources.infer.reference_names import ReferenceInference
from mockserver.resources.plan import (
    BORN,
    EMPTY,
    GONE,
    SINGLE,
    AssignedFields,
    Resource,
    View,
    split_collection,
)
from mockserver.resources.records.foreign_keys import ForeignKeys, Look, Origin
from mockserver.resources.records.generated_values import GeneratedValues
from mockserver.resources.records.initial_values import InitialValues
from mockserver.resources.records.patches import overlay
from mockserver.resources.records.record_keys import RecordKeys
from mockserver.resources.records.server_fields import ServerFields
from mockserver.state.baseline import BaseCollection, BaselineCollection, Record
from mockserver.state.open_world import EMPTY_COLLECTION, OpenCollection

_ROUNDS = 8
NOTHING: Mapping[str, Any] = MappingProxyType({})


class RecordWriter:
    """The records of one document."""

    def __init__(
        self,
        api: str,
        inference: ResourceInference,
        generator: ValueGenerator,
        compiler: SchemaCompiler,
        seed: int,
        fixtures: Mapping[str, BaseCollection],
        rules: Rules | None = None,
    ) -> None:
        """`fixtures` are the collections that a fixture file has records for; `rules` are of all."""
        self._rules = rules
        self._clock = generator.now
        self._inference = inference
        self._compiler = compiler
        self._fixtures = fixtures
        self._generated_values = GeneratedValues(api, generator, compiler)
        self.server_fields = ServerFields(inference.schemas, compiler)
        self.fits = self._generated_values.fits
        self.object_of = self._generated_values.object_of
        self._keys = RecordKeys(api, inference.schemas, self._generated_values, self.server_fields, seed)
        self.key = self._keys.key
        self._initial_values = InitialValues(inference.schemas, self.server_fields, self._generated_values)
        self._foreign_keys = ForeignKeys(
            inference,
            self._generated_values,
            self._keys,
            self.server_fields,
            self._unlinked,
            fixtures,
            (seed, api),
        )

    @property
    def references(self) -> ReferenceInference:
        """Which properties of records refer to others."""
        return self._foreign_keys.references

    def open(self, name: str) -> BaseCollection | None:
        """The open world's collection of this name; None when no resource is called so."""
        if name in {BORN, GONE}:
            return EMPTY_COLLECTION
        resource_name, parents = split_collection(name)
        resource = self._inference.named(resource_name, len(parents))
        if resource is None or resource.fixture is not None:
            return None
        if name.endswith(EMPTY):
            return BaselineCollection(resource.key or "", {})
        keys = lru_cache(1)(lambda: tuple(self._keys.listed(resource, name)))
        rules = None if self._rules is None else self._rules(name)

        def make(key: str) -> Record:
            record = self._make(Origin(resource, name, parents, key))
            return record if rules is None else rules.complete(record, key, self._clock)

        return OpenCollection(resource.key or "", make, keys)

    def checker_of(self, name: str) -> Checker | None:
        """What holds the records of a collection to the document; None when no resource is called so."""
        resource_name, parents = split_collection(name)
        resource = self._inference.named(resource_name, len(parents))
        return None if resource is None else self._compiler.compile(resource.record, "response")

    def _make(self, origin: Origin) -> Record:
        """The record that was there before anybody came: the document's example, or a generated one."""
        return self._example(origin) or self._generated(origin, linked=True)

    def _unlinked(self, origin: Origin) -> Record | None:
        """The same, what it refers to aside; what others show of it. None when there is none."""
        written = self._fixtures.get(origin.resource.fixture or "")
        if written is not None:
            return written.get(origin.key)
        return self._example(origin) or self._generated(origin, linked=False)

    def _example(self, origin: Origin) -> Record | None:
        """The document's example with this key; None when it has none."""
        resource = origin.resource
        example = self._keys.examples(resource).get(origin.key)
        if example is None:
            return None
        found = overlay(example, self.ids(resource, origin.parents, origin.key))
        return found if self.fits(resource.record, found) else None

    def _generated(self, origin: Origin, *, linked: bool) -> Record:
        """A generated record."""
        resource, key = origin.resource, origin.key
        ids = self.ids(resource, origin.parents, key)
        # Examples in schemas show in the first record; the others differ from it and from each other.
        is_first = key == next(self._keys.listed(resource, origin.name), None)
        generated = self.object_of(resource.record, origin.name, key, resource.word, dynamic=not is_first)
        if generated is None:
            return ids
        attempts = [self._foreign_keys.linked(generated, origin)] if linked else []
        identified = (overlay(attempt, ids) for attempt in (*attempts, generated))
        return next((one for one in identified if self.fits(resource.record, one)), generated)

    def is_example(self, resource: Resource, key: str) -> bool:
        """Whether the document has an example of the record of this key, in an open world."""
        return resource.fixture is None and key in self._keys.examples(resource)

    def around(self, schema: Schema, place: BodyPath, *key: str | int) -> Any:
        """An envelope with an empty list, or an empty record, at a place; None where that cannot be told."""
        if not place:
            return {}
        outline = self._inference.schemas.outline(schema)
        body: dict[str, Any] = {}
        for name, inner in outline.properties.items():
            if name == place[0]:
                body[name] = self.around(inner, place[1:], *key, name)
            elif name in outline.required or not self._inference.schemas.outline(inner).is_array:
                body[name] = self._generated_values.generate(inner, *key, name)
                if body[name] is None and not self.fits(inner, None):
                    return None
        return body

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
            value = self.server_fields.fitting(resource.properties.get(name, True), text)
            if value is not None:
                found[name] = value
        if resource.located:
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

    def id_in(self, view: View, key: str) -> dict[str, Any]:
        """The id of a record where something else has it: `{"itemId": 7}`."""
        if view.key is None:
            return {}
        schema = self._inference.schemas.outline(view.shown).properties.get(view.key, True)
        value = self.server_fields.fitting(schema, key)
        return {} if value is None else {view.key: value}

    def changed(
        self,
        resource: Resource,
        old: Record,
        wanted: Mapping[str, Any],
        now: datetime,
        sent: Mapping[str, Any],
        accepted: Mapping[str, Schema],
        assigned: AssignedFields,
        own: Mapping[str, Any] = NOTHING,
    ) -> Record | None:
        """The record as it is wanted; None when that cannot be made to fit.

        What is the server's (the id, read-only fields) keeps its value, but for `own`, which it changes.
        """
        moments = self.server_fields.moments(resource.properties, assigned, now, created=False)
        free = self._settable(resource, accepted) - {resource.key, *resource.parents.values()}
        kept = {name: old[name] for name in self._servers(resource) - (free & sent.keys()) if name in old}
        reached = self.server_fields.reached(resource.properties, assigned, old, {**wanted, **own}, now)
        told = {name: value for name, value in (moments | reached).items() if name not in sent}
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
        assigned: AssignedFields,
        now: datetime,
    ) -> Record | None:
        """The record that consists of what was sent and what is the server's."""
        kept = {
            name: value
            for name, value in old.items()
            if name in resource.required or name not in accepted or self._is_servers(resource, name)
        }
        return self.changed(resource, old, {**kept, **sent}, now, sent, accepted, assigned)

    def created(
        self,
        resource: Resource,
        name: str,
        key: str,
        ids: Mapping[str, Any],
        sent: Mapping[str, Any],
        accepted: Mapping[str, Schema],
        assigned: AssignedFields,
        now: datetime,
        look: Look,
    ) -> Record | None:
        """A new record: what was sent, and of what was not sent that which is the server's or is required.

        `look` finds a record of the session by collection and key.
        """
        parents = split_collection(name)[1]
        told = self._foreign_keys.told(resource, sent)
        origin = Origin(resource, name, parents, key, told=told, look=look)
        base = self._foreign_keys.linked(
            self.object_of(resource.record, name, key, resource.word) or {}, origin
        )
        settable = self._settable(resource, accepted)
        takes = {field: schema for field, schema in accepted.items() if field in settable}
        begun = self._initial_values.of(
            resource, base, assigned, takes, lambda field: self._foreign_keys.is_told(resource, told, field)
        )
        moments = self.server_fields.moments(resource.properties, assigned, now, created=True)
        allowed = {
            field: value
            for field, value in sent.items()
            if field in settable or not self.is_read_only(resource, field)
        }
        new = overlay({**begun, **moments, **allowed}, ids)
        told_by = self._initial_values.agreed(resource, new, base, sent)
        return self.mended(resource.record, told_by, overlay(base, ids))

    def _settable(self, resource: Resource, accepted: Mapping[str, Schema]) -> set[str]:
        """What a request may set: what it takes, and does not call read-only itself: Azure's `location`."""
        flag, shown = self._inference.schemas.flag, resource.properties
        return {
            name
            for name, schema in accepted.items()
            if not flag(schema, "readOnly")
            and (name != resource.key or not flag(shown.get(name, True), "readOnly"))
        }

    def violations(self, resource: Resource, value: Any) -> list[Violation]:
        """How a value breaks the schema of a resource's records; an empty list when it does not."""
        checker = self._compiler.compile(resource.record, "response")
        if not isinstance(value, dict):
            message = "a record is an object"
            return [Violation("body", "", message, "type")]
        return [] if checker.is_valid(value) else checker.violations(value, "body")

    def mended(self, schema: Schema, record: dict[str, Any], other: Mapping[str, Any]) -> Record | None:
        """The record, made to fit: what breaks the schema is taken from another record, or left out."""
        checker = self._compiler.compile(schema, "response")
        for number in range(_ROUNDS):
            if checker.is_valid(record):
                return record
            for misfit in checker.misfits(record):
                _mend(record, misfit, other, deep=number < _ROUNDS // 2)
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
        return self._inference.schemas.flag(resource.properties.get(name, True), "readOnly")


def _mend(record: dict[str, Any], misfit: Misfit, other: Mapping[str, Any], *, deep: bool) -> None:
    """Take what breaks the schema from the other record, or leave it out.

    `deep`: of objects that both records have only the part that breaks it is taken.
    """
    tokens = misfit.path
    while deep and (inner := _both(record, other, tokens)) is not None:
        record[tokens[0]] = record = dict(inner[0])
        other, tokens = inner[1], tokens[1:]
    if tokens:
        name = tokens[0]
        if name in record and name in other and other[name] != record[name]:
            record[name] = other[name]
        else:
            record.pop(name, None)
    elif misfit.keyword in {"anyOf", "oneOf"} and other.keys() - record.keys():
        record.update({name: value for name, value in other.items() if name not in record})
    elif misfit.missing is not None:
        if misfit.missing in other:
            record[misfit.missing] = other[misfit.missing]
    elif misfit.unexpected:
        for name in misfit.unexpected:
            record.pop(name, None)
    else:
        for name in [name for name in record if name not in other]:
            del record[name]


def _both(
    record: Mapping[str, Any], other: Mapping[str, Any], tokens: Sequence[str]
) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """The objects that both records have at the first token; None where one has none."""
    mine, theirs = (record.get(tokens[0]), other.get(tokens[0])) if tokens else (None, None)
    return (mine, theirs) if isinstance(mine, dict) and isinstance(theirs, dict) else None
