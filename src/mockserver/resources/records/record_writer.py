"""Create and change the records of inferred resources, so that each matches its schema."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from mockserver.behaviour.backend import Collection, Rules
from mockserver.errors import Violation
from mockserver.generation import ValueGenerator
from mockserver.generation.by_name.people import slug
from mockserver.generation.consistency import names_in
from mockserver.generation.seeds import derive
from mockserver.openapi.names import normalised, words
from mockserver.openapi.operation import Schema, path_parameters
from mockserver.openapi.schema import discriminators
from mockserver.openapi.schema.validators import Checker, Mismatch, SchemaCompiler
from mockserver.resources.body_paths import BodyPath, put_at, value_at
from mockserver.resources.conventions import usual
from mockserver.resources.infer.inference import ResourceInference
from mockserver.resources.infer.reference_names import ReferenceInference
from mockserver.resources.plan import (
    EMPTY,
    SINGLE,
    AssignedFields,
    Resource,
    View,
    split_collection,
    text_of,
)
from mockserver.resources.records.compiled_writes import CompiledWrite, PropertyCheckers, WriteContext
from mockserver.resources.records.foreign_keys import ForeignKeys, Look, Origin
from mockserver.resources.records.generated_values import GeneratedValues
from mockserver.resources.records.initial_values import InitialValues
from mockserver.resources.records.patches import overlay
from mockserver.resources.records.record_keys import RecordKeys
from mockserver.resources.records.sent_values import SentValues
from mockserver.resources.records.server_fields import ServerFields, at_moment
from mockserver.state.baseline import BaseCollection, BaselineCollection, Record
from mockserver.state.open_world import EMPTY_COLLECTION, OpenCollection
from mockserver.state.overlay import is_note

_SEVERAL = 2
_ROUNDS = 8
_FEW_DIGITS, _ROOM = 3, 1000
"""A number of fewer digits grows instead of being counted up modulo its digits, by less than this."""
_FIRST_NUMBER = 10
_TRIES = 10_000
_MADE = object()
NOTHING: Mapping[str, Any] = MappingProxyType({})


class RecordWriter:
    """Creates and changes the records of one document."""

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
        """`fixtures` are the collections of the fixture file; `rules` finds the rules of a collection."""
        self._rules = rules
        self._referred: dict[tuple[str, str], Counter[str]] = {}
        self._clock = generator.now
        self._inference = inference
        self._compiler = compiler
        self._fixtures = fixtures
        self._generated_values = GeneratedValues(api, generator, compiler)
        self.server_fields = ServerFields(inference.schemas, compiler)
        self.fits = self._generated_values.fits
        self.checker = self._generated_values.checker
        self.object_of = self._generated_values.object_of
        self._keys = RecordKeys(api, inference.schemas, self._generated_values, self.server_fields, seed)
        self.key = self._keys.key
        self._initial_values = InitialValues(inference.schemas, self._generated_values)
        self._foreign_keys = ForeignKeys(
            inference,
            self._generated_values,
            self._keys,
            self.server_fields,
            self._unlinked,
            fixtures,
            (seed, api),
        )
        self._write_context = WriteContext(
            inference, compiler, self.server_fields, self._initial_values, self._foreign_keys
        )
        self._sent_values = SentValues(
            inference.schemas, compiler, self._generated_values, self.server_fields, self._foreign_keys
        )

    def new_key(self, resource: Resource, name: str, collection: Collection, said: Any = None) -> str:
        """A new key, which no record of this session has had; a slug of what was `said`, if anything."""
        for slugged in self._slugs(resource, said) if isinstance(said, str) else ():
            if not collection.shows(slugged):
                return slugged
        for _ in range(_TRIES):
            number = _FIRST_NUMBER + collection.next_number()
            key = self.key(resource, name, number) or str(number)
            if not collection.shows(key):
                break
        return key

    def _slugs(self, resource: Resource, said: str) -> Iterator[str]:
        """The keys that follow from a sent name, numbered from the second."""
        stem, schema = slug(said), resource.properties.get(resource.key or "", True)
        for number in range(1, _TRIES) if stem else ():
            key = stem if number == 1 else f"{stem}-{number}"
            if self.fits(schema, key):
                yield key

    @property
    def references(self) -> ReferenceInference:
        """The references of properties to records of other resources."""
        return self._foreign_keys.references

    def open(self, name: str) -> BaseCollection | None:
        """The collection without fixture records of this name; None when there is no such resource."""
        if is_note(("", name)):
            return EMPTY_COLLECTION
        resource_name, parents = split_collection(name)
        resource = self._inference.named(resource_name, len(parents))
        if resource is None or resource.fixture is not None:
            return None
        if name.endswith(EMPTY):
            return BaselineCollection(resource.key or "", {})
        linked = self._inference.linked(resource)
        own = None if linked is None else self._fixtures.get(linked.fixture or "") or self.open(linked.name)
        keys = lru_cache(1)(lambda: tuple(own.all() if own else self._keys.listed(resource, name)))
        rules = None if self._rules is None else self._rules(name)

        def make(key: str) -> Record:
            added = own.get(key) if own is not None else None
            record = added or self._make(Origin(resource, name, parents, key))
            return record if rules is None else rules.complete(record, key, self._clock)

        return OpenCollection(resource.key or "", make, keys)

    def checker_of(self, name: str) -> Checker | None:
        """The validator of a collection's records; None when no resource has this name."""
        resource_name, parents = split_collection(name)
        resource = self._inference.named(resource_name, len(parents))
        return None if resource is None else self._compiler.compile(resource.record, "response")

    def _make(self, origin: Origin) -> Record:
        """The initial record of a key: the document's example, or a generated one."""
        return self._example(origin) or self._generated(origin, linked=True)

    def _unlinked(self, origin: Origin) -> Record | None:
        """The initial record without its references resolved, for embedding; None when there is none."""
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
        # The first record has the examples of the schema; the others have generated values.
        is_first = key == next(self._keys.listed(resource, origin.name), None)
        kind = self._kind_of(resource.record, ids, derive(origin.name, key))
        generated = self.object_of(kind, origin.name, key, resource.word, dynamic=not is_first)
        if generated is None:
            return ids
        counted = self._counted(generated, origin, linked=linked)
        generated = counted | self._embedded(counted, resource, generated, counted.keys())
        if self._inference.links(resource):
            generated = self._addressed(generated, resource, self._path(resource, origin.parents, key))
        attempts = [self._foreign_keys.linked(generated, origin)] if linked else []
        identified = (overlay(attempt, ids) for attempt in (*attempts, generated))
        return next((one for one in identified if self.fits(resource.record, one)), generated)

    def is_in_fixture(self, collection: str, key: str) -> bool:
        """Whether a fixture file has this record."""
        return collection in self._fixtures and self._fixtures[collection].has(key)

    def in_fixture(self, collection: str) -> Iterable[Record]:
        """The records that a fixture file has of a collection."""
        found = self._fixtures.get(collection)
        return () if found is None else found.all().values()

    def is_example(self, resource: Resource, key: str) -> bool:
        """Whether the document has an example of the record of this key, and no fixture records."""
        return resource.fixture is None and key in self._keys.examples(resource)

    def _counted(self, record: dict[str, Any], origin: Origin, *, linked: bool) -> dict[str, Any]:
        """A generated record whose counts match the number of records that are below it, or refer to it."""
        found = dict(record)
        for name, below in self._inference.counters(origin.resource).items():
            if name not in record or below.fixture is not None or self._inference.shared(below.template):
                continue
            collection = below.collection((*origin.parents, origin.key))
            number = sum(1 for _ in self._keys.listed(below, collection))
            if self.fits(origin.resource.properties[name], number):
                found[name] = number
        for name, (other, refers) in self.references.counted(origin.resource).items() if linked else ():
            number = self._referring(other, refers)[origin.key]
            if name in record and self.fits(origin.resource.properties[name], number):
                found[name] = number
        return found

    def _referring(self, resource: Resource, name: str) -> Counter[str]:
        """How many of the initial records of a resource have each value of a property."""
        place = (resource.name, name)
        if place not in self._referred:
            self._referred[place] = Counter()  # ends a recursion: the records may show those that count them
            records = self._fixtures.get(resource.fixture or "") or self.open(resource.name)
            values = [record.get(name) for record in records.all().values()] if records is not None else []
            self._referred[place] = Counter(text_of(value) for value in values if value is not None)
        return self._referred[place]

    def properties_of(self, schema: Schema) -> Mapping[str, Schema]:
        """The properties of a schema."""
        return self._inference.schemas.outline(schema).properties

    def around(self, schema: Schema, place: BodyPath, *key: str | int) -> Any:
        """An envelope with an empty list, or an empty record, at a path; None when none can be made."""
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
        """The properties of a record that hold its key and its parents' ids."""
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
            if value is None:
                value = self._fitting_a_branch(resource, name, text)
            if value is not None:
                found[name] = value
        if resource.located:
            found |= self._located(resource, parents, key)
        for number, (outer, name) in resource.inside.items():
            found[outer] = {**found.get(outer, {}), name: (*parents, key)[number]}
        return found

    def _fitting_a_branch(self, resource: Resource, name: str, text: str) -> Any:
        """An id in the type that a branch of the record's schema gives to a property; None when none does."""
        target = self._inference.schemas.target(resource.record)
        branches = target.get("oneOf", target.get("anyOf"))
        known = (self.properties_of(one).get(name) for one in branches) if isinstance(branches, list) else ()
        values = (self.server_fields.fitting(schema, text) for schema in known if schema is not None)
        return next((value for value in values if value is not None), None)

    def _located(self, resource: Resource, parents: tuple[str, ...], key: str) -> dict[str, Any]:
        """The `id` and `type` of an Azure record: its path, and the type derived from the path."""
        path = self._path(resource, parents, key)
        place = len(resource.template) - resource.template[::-1].index("providers")
        kind = "/".join(segment for segment in resource.template[place:] if segment is not None)
        return {
            name: value
            for name, value in (("id", path), ("type", kind))
            if self.fits(resource.properties.get(name, True), value)
        }

    @staticmethod
    def _path(resource: Resource, parents: tuple[str, ...], key: str) -> str:
        """An item's path."""
        path = resource.item_path or ""
        for name, value in zip(path_parameters(path), (*parents, key), strict=False):
            path = path.replace("{" + name + "}", value)
        return path

    def id_in(self, view: View, key: str) -> dict[str, Any]:
        """The record's id in a view of another schema: `{"itemId": 7}`."""
        if view.key is None:
            return {}
        schema = self._inference.schemas.outline(view.shown).properties.get(view.key, True)
        value = self.server_fields.fitting(schema, key)
        return {} if value is None else {view.key: value}

    def compiled(
        self, resource: Resource, accepted: Mapping[str, Schema], assigned: AssignedFields
    ) -> CompiledWrite:
        """What the writes of a plan need; `accepted` are the properties that requests may send."""
        return CompiledWrite(resource, accepted, assigned, self._write_context)

    def changed(
        self,
        write: CompiledWrite,
        old: Record,
        wanted: Mapping[str, Any],
        now: datetime,
        sent: Mapping[str, Any],
        own: Mapping[str, Any] = NOTHING,
        look: Look | None = None,
    ) -> Record | None:
        """A changed record; None when it cannot be made valid.

        Server-assigned fields (the id, read-only fields) keep their values, except those in `own`.
        """
        resource = write.resource
        kind = self._kind(write, wanted)
        wanted = {**wanted, **self._completed(write, kind, wanted, old, sent, now, look)}
        new = dict(wanted)
        times = at_moment(write.updated, now)
        if write.assigned.reached:
            after = {**wanted, **own}
            times |= self.server_fields.reached(resource.properties, write.assigned, old, after, now)
        for name in write.servers:
            if name in old and not (name in sent and name in write.changeable):
                new[name] = old[name]
        new |= {name: value for name, value in times.items() if name not in sent}
        for name in write.assigned.revisions:
            if type(old.get(name)) is int:
                new[name] = old[name] + 1
        new |= own
        for place in resource.inside.values():
            new = put_at(new, place, value_at(old, place))
        if write.roles is not None:
            self._initial_values.followed(resource, write.roles, new, sent)
        if write.checker.is_valid(new):
            return new
        return self._mended_as(self._kind(write, wanted), resource, new, old)

    def _completed(
        self,
        write: CompiledWrite,
        kind: Schema,
        wanted: Mapping[str, Any],
        old: Record,
        sent: Mapping[str, Any],
        now: datetime,
        look: Look | None,
    ) -> dict[str, Any]:
        """The sent properties of the wanted record, with required fields added to lists and objects."""
        resource = write.resource
        known = self._properties_as(kind, resource)
        values = {name: wanted[name] for name in sent if name in wanted and name in known}

        def origin() -> Origin:
            key = text_of(old.get(resource.key or "", SINGLE))
            return Origin(resource, resource.name, (), key, look=look)

        return self._sent_values.fields(values, self._checkers(write, kind, known), known, origin, now)

    def _checkers(self, write: CompiledWrite, kind: Schema, known: Mapping[str, Schema]) -> PropertyCheckers:
        """The validators of the properties of a record of one branch of its schema."""
        is_whole = kind is write.resource.record
        return write.checkers if is_whole else PropertyCheckers(known, self._compiler)

    def element(
        self,
        resource: Resource,
        name: str,
        sent: Mapping[str, Any],
        number: int,
        now: datetime,
        look: Look,
    ) -> Any:
        """A new element of a record's list, completed; its number makes its id differ from the others."""
        items = self._inference.schemas.outline(resource.properties[name]).items
        origin = Origin(resource, resource.name, (), SINGLE, look=look).inside(name, f"new {number}")
        return self._sent_values.completed(dict(sent), True if items is None else items, origin, now)

    def changed_element(
        self, resource: Resource, name: str, old: Mapping[str, Any], sent: Mapping[str, Any]
    ) -> dict[str, Any]:
        """An element of a record's list after a change of some of its properties."""
        items = self._inference.schemas.outline(resource.properties[name]).items
        return self._sent_values.changed(old, sent, True if items is None else items)

    def _properties_as(self, kind: Schema, resource: Resource) -> Mapping[str, Schema]:
        """The properties of a record of one branch of its schema."""
        if kind is resource.record:
            return resource.properties
        return {**resource.properties, **self.properties_of(kind)}

    def replaced(
        self,
        write: CompiledWrite,
        old: Record,
        sent: Mapping[str, Any],
        now: datetime,
        look: Look | None = None,
    ) -> Record | None:
        """A replaced record: the sent properties, defaults, and server-assigned fields."""
        resource, accepted, servers = write.resource, write.accepted, write.ids | write.read_only
        kept = {
            name: value
            for name, value in old.items()
            if name in resource.required or name not in accepted or name in servers
        }
        written = {name: self._inference.schemas.target(schema) for name, schema in accepted.items()}
        defaults = {
            name: target["default"]
            for name, target in written.items()
            if "default" in target and name in resource.properties and name not in servers
        }
        nothing = {
            name: value
            for name in accepted
            if name in resource.required and name not in sent and name not in servers
            if (value := self._initial_values.nothing(resource.properties[name], _MADE)) is not _MADE
        }
        new = {**kept, **nothing, **defaults, **sent}
        return self.changed(write, old, new, now, sent, look=look)

    def created(
        self,
        write: CompiledWrite,
        name: str,
        key: str,
        ids: Mapping[str, Any],
        sent: Mapping[str, Any],
        now: datetime,
        look: Look,
        address: str | None = None,
    ) -> Record | None:
        """A new record: the sent properties, and server-assigned and required ones.

        `look` finds a record of the session by collection and key; `address` is the URL of the record.
        """
        resource = write.resource
        sent_keys = self._foreign_keys.sent_keys(write.references, sent) if write.references else NOTHING

        def origin() -> Origin:
            return Origin(resource, name, split_collection(name)[1], key, foreign_keys=sent_keys, look=look)

        kind = self._kind(write, sent)
        times = at_moment(write.created, now)
        some = self._some(write, name, key, sent, {**times, **ids}) if write.is_separable else None
        base = self._base(write, kind, origin()) if some is None else some
        if some is None:
            base |= self._embedded(base, resource, {**base, **sent}, write.consulted)
        new = self._initial_values.of(write.initial, base, sent_keys)
        if write.unlisted:
            new |= {field: base[field] for field in base if field in write.unlisted}
        new |= times
        known = self._properties_as(kind, resource)
        checkers = self._checkers(write, kind, known)
        completed = self._sent_values.fields(sent, checkers, known, origin, now)
        new |= {field: value for field, value in completed.items() if field not in write.refused}
        new = overlay(new, ids)
        if write.references:
            new |= self._sent_values.copied_at_top(resource, new, sent, write.accepted, origin())
        if write.roles is not None:
            self._initial_values.agreed(resource, write.roles, new, base, sent)
        others: AbstractSet[str] = frozenset()
        if write.has_discriminator:
            others = self._of_other_kinds(resource, sent) - sent.keys()
            new = {field: value for field, value in new.items() if field not in others}
        if address is not None and write.links:
            new = self._addressed(new, resource, address, sent)
        if write.checker.is_valid(new):
            return new
        base = base if some is None else self._base(write, kind, origin())
        base |= self._embedded(base, resource, {**base, **sent}, base.keys())
        base = {field: value for field, value in base.items() if field not in others}
        if address is not None and write.links:
            base = self._addressed(base, resource, address, sent)
        return self._mended_as(kind, resource, new, overlay(base, ids))

    def _some(
        self,
        write: CompiledWrite,
        name: str,
        key: str,
        sent: Mapping[str, Any],
        known: Mapping[str, Any],
    ) -> dict[str, Any] | None:
        """The properties that a new record has of a generated one; None when that must be made whole.

        `sent` and `known` replace generated values.
        """
        wanted = {
            field
            for field in write.generated
            if field in write.undefined_states
            or (field not in known and (field not in sent or field in write.refused))
        }
        resource = write.resource
        made = self._generated_values.some_of(resource.record, wanted, name, key, resource.word)
        if made is None or not wanted:
            return made
        return self._numbered(made, resource, name, key, write.numbered & wanted)

    def _base(self, write: CompiledWrite, kind: Schema, origin: Origin) -> dict[str, Any]:
        """A generated record, from which a new one has what no request sends."""
        resource, name, key = write.resource, origin.name, origin.key
        made = self.object_of(kind, name, key, resource.word) if kind is not resource.record else None
        if made is None or not self.fits(resource.record, made):
            made = self.object_of(resource.record, name, key, resource.word) or {}
        base = self._foreign_keys.linked(made, origin)
        return self._numbered(base, resource, name, key, write.numbered)

    def _mended_as(
        self, kind: Schema, resource: Resource, record: dict[str, Any], other: Mapping[str, Any]
    ) -> Record | None:
        """The record, made valid against one branch: a violation of `oneOf` itself names no property."""
        if kind is not resource.record and not self.fits(resource.record, record):
            found = self.mended(kind, dict(record), other)
            if found is not None and self.fits(resource.record, found):
                return found
        return self.mended(resource.record, record, other)

    def _kind(self, write: CompiledWrite, sent: Mapping[str, Any]) -> Schema:
        """The branch of the record's schema that matches the sent properties best; else the schema itself."""
        if not write.kinds or not sent:
            return write.resource.record

        def mismatch(branch: Schema) -> tuple[int, int]:
            known = self.properties_of(branch)
            shared = sent.keys() & known.keys()
            scalars = [field for field in shared if not isinstance(sent[field], dict | list)]
            return sum(not self.fits(known[field], sent[field]) for field in scalars), -len(shared)

        return min(write.kinds, key=mismatch)

    def _kind_of(self, schema: Schema, ids: Mapping[str, Any], number: int) -> Schema:
        """One of the branches that allow these ids, when others do not; else the schema itself."""
        target = self._inference.schemas.target(schema)
        branches = target.get("oneOf", target.get("anyOf"))
        if not isinstance(branches, list) or len(ids) < _SEVERAL:
            return schema
        fitting = []
        for branch in branches:
            known = self.properties_of(branch)
            if all(self.fits(known.get(name, True), value) for name, value in ids.items()):
                fitting.append(branch)
        return fitting[number % len(fitting)] if 0 < len(fitting) < len(branches) else schema

    def _numbered(
        self, record: dict[str, Any], resource: Resource, name: str, key: str, fields: AbstractSet[str]
    ) -> dict[str, Any]:
        """A new record with newly generated names and numbers in place of the document's examples."""
        found, made = dict(record), None
        for field in fields & record.keys():
            schema, value = resource.properties[field], record[field]
            example = self._inference.schemas.example(schema, None)
            if value != example or not isinstance(value, str | int) or isinstance(value, bool):
                continue
            if words(field)[-1:] and words(field)[-1] not in usual.NUMBERED | usual.NUMBERED_TOO:
                continue
            number = int(key) if key.isdigit() else derive(name, key, field)
            counted = counted_on(str(value), number) or like_example(str(value), derive(name, key, field))
            new = self.server_fields.fitting(schema, counted) if counted is not None else None
            if new is None or new == value:
                if made is None:
                    made = self.object_of(resource.record, name, key, resource.word, dynamic=True) or {}
                new = made.get(field)
            if new is not None and self.fits(schema, new):
                found[field] = new
        return found

    def _of_other_kinds(self, resource: Resource, sent: Mapping[str, Any]) -> set[str]:
        """The properties that only other branches have than the one that the sent discriminator selects."""
        schemas = self._inference.schemas
        target = schemas.target(resource.record)
        discriminator = discriminators.property_of(target)
        branches = target.get("oneOf", target.get("anyOf"))
        if discriminator is None or discriminator[0] not in sent or not isinstance(branches, list):
            return set()
        name, mapping = discriminator
        mine: set[str] = set()
        others: set[str] = set()
        for branch in branches:
            is_mine = sent[name] in discriminators.values_of(schemas.root, branch, mapping)
            (mine if is_mine else others).update(schemas.outline(branch).properties)
        return others - mine if mine else set()

    def _embedded(
        self,
        record: Mapping[str, Any],
        resource: Resource,
        said: Mapping[str, Any],
        names: AbstractSet[str],
    ) -> dict[str, Any]:
        """Those of the named properties that hold an object, as it is for the id in `ownerId` or its own.

        An object of no collection is generated from the id, so that it is the same everywhere.
        """
        found: dict[str, Any] = {}
        references = self.references.of(resource.record, resource)
        inside = {name: value["id"] for name, value in record.items() if name in names and _has_id(value)}
        ids = {normalised(name): value for name, value in said.items()} if inside else {}
        for name, inner in inside.items():
            identifier = ids.get(normalised(name) + "id", inner)
            if name in references or not isinstance(identifier, str | int) or isinstance(identifier, bool):
                continue
            schema = resource.properties.get(name, True)
            made = self._sent_values.known_by_id(schema, name, identifier)
            if made is not None and self.fits(schema, made):
                found[name] = made
        return found

    def _addressed(
        self, record: dict[str, Any], resource: Resource, address: str, sent: Mapping[str, Any] = NOTHING
    ) -> dict[str, Any]:
        """A record with its URL in its self links; a URL without host gets the host of the old link."""
        for place in self._inference.links(resource):
            old = value_at(record, place)
            if not isinstance(old, str) or place[0] in sent:
                continue
            host = "/".join(old.split("/")[:3]) if "://" in old and "://" not in address else ""
            new = put_at(record, place, host + address)
            record = (
                new if self.fits(resource.record, new) or not self.fits(resource.record, record) else record
            )
        return record

    def echoed(self, resource: Resource, made: Mapping[str, Any], said: Mapping[str, Any]) -> Record | None:
        """A body with values of the request in it; None when these do not match its schema."""
        origin = Origin(resource, resource.name, (), SINGLE)
        others = self._of_other_kinds(resource, said)
        found = {name: value for name, value in made.items() if name not in others}
        for name, value in said.items():
            schema = resource.properties.get(name, True)
            new = self._sent_values.completed(value, schema, origin.inside(name), None)
            if self.fits(schema, new):
                found[name] = new
        names = names_in(resource.properties)
        if names.are_related:
            self._initial_values.followed(resource, names, found, said)
        return found if self.fits(resource.record, found) else None

    def violations(self, resource: Resource, value: Any) -> list[Violation]:
        """The violations of a resource's record schema by a value; an empty list when it is valid."""
        checker = self._compiler.compile(resource.record, "response")
        if not isinstance(value, dict):
            message = "a record is an object"
            return [Violation("body", "", message, "type")]
        return [] if checker.is_valid(value) else checker.violations(value, "body")

    def mended(self, schema: Schema, record: dict[str, Any], other: Mapping[str, Any]) -> Record | None:
        """The record, made valid: invalid properties are taken from another record, or removed."""
        checker = self._compiler.compile(schema, "response")
        for number in range(_ROUNDS):
            if checker.is_valid(record):
                return record
            for mismatch in checker.mismatches(record):
                _mend(record, mismatch, other, deep=number < _ROUNDS // 2)
        return dict(other) if checker.is_valid(other) else None

    @staticmethod
    def without_nulls(write: CompiledWrite, record: dict[str, Any]) -> dict[str, Any]:
        """The record without the nulls that its schema does not allow: they removed properties."""
        wrong = {name for name, value in record.items() if value is None and not write.allows_null(name)}
        return {name: value for name, value in record.items() if name not in wrong} if wrong else record


def _mend(record: dict[str, Any], mismatch: Mismatch, other: Mapping[str, Any], *, deep: bool) -> None:
    """Take an invalid property from the other record, or remove it.

    `deep`: of objects that both records have, only the invalid part is taken.
    """
    tokens = mismatch.path
    while deep and (inner := _both(record, other, tokens)) is not None:
        record[tokens[0]] = record = dict(inner[0])
        other, tokens = inner[1], tokens[1:]
    if tokens:
        name = tokens[0]
        if name in record and name in other and other[name] != record[name]:
            record[name] = other[name]
        else:
            record.pop(name, None)
    elif mismatch.keyword in {"anyOf", "oneOf"} and other.keys() - record.keys():
        record.update({name: value for name, value in other.items() if name not in record})
    elif mismatch.missing is not None:
        if mismatch.missing in other:
            record[mismatch.missing] = other[mismatch.missing]
    elif mismatch.unexpected:
        for name in mismatch.unexpected:
            record.pop(name, None)
    else:
        for name in [name for name in record if name not in other]:
            del record[name]


def _both(
    record: Mapping[str, Any], other: Mapping[str, Any], tokens: Sequence[str]
) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """The objects that both records have at the first token; None when one has none."""
    mine, theirs = (record.get(tokens[0]), other.get(tokens[0])) if tokens else (None, None)
    return (mine, theirs) if isinstance(mine, dict) and isinstance(theirs, dict) else None


def like_example(example: str, number: int) -> str | None:
    """An example with other digits, `AB47CD` for `AB12CD`; None when it has no digits."""
    if not any(character.isdigit() for character in example):
        return None
    return "".join(
        str(derive(number, place) % 10) if character in "0123456789" else character
        for place, character in enumerate(example)
    )


def counted_on(example: str, number: int) -> str | None:
    """An example with another number at its end, `INV-2024-0012`; None when it ends in no number."""
    head = example.rstrip("0123456789")
    digits = example[len(head) :]
    if not digits:
        return None
    if len(digits) < _FEW_DIGITS:
        return f"{head}{int(digits) + (number if number < _ROOM else number % _ROOM)}"
    return head + str((int(digits) + number) % 10 ** len(digits)).zfill(len(digits))


def _has_id(value: Any) -> bool:
    return isinstance(value, dict) and value.get("id") is not None
