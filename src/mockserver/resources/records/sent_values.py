"""Complete sent values: add server-assigned and required fields to objects inside of a record."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from mockserver.generation.consistency import Names, agree, names_in
from mockserver.openapi.names import normalised, singular, words
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.schema_reader import Outline, SchemaReader
from mockserver.openapi.schema.validators import Checker, SchemaCompiler
from mockserver.resources.conventions import record_words, usual
from mockserver.resources.plan import Resource, text_of
from mockserver.resources.records.foreign_keys import ForeignKeys, Origin
from mockserver.resources.records.generated_values import GeneratedValues
from mockserver.resources.records.server_fields import ServerFields, TimeField, at_moment
from mockserver.state.baseline import Record

_REMEMBERED, _LONGEST_ID = 128, 100
"""The number of objects that are kept by their id, and the length of the ids for which they are."""
_SCALARS = frozenset((str, int, float))


class _Needs(NamedTuple):
    """What is added to objects of one outline.

    Attributes:
        names: the properties that it needs.
        times: the properties that hold the time of its creation.
        roles: the properties whose values are related; None when none are.
        counts: the numbers that count what has not happened yet, each 0.
    """

    outline: Outline
    names: tuple[str, ...]
    times: tuple[TimeField, ...]
    roles: Names | None
    counts: Mapping[str, int]


class SentValues:
    """Completes the values in requests to one document."""

    def __init__(
        self,
        schemas: SchemaReader,
        compiler: SchemaCompiler,
        generated: GeneratedValues,
        server_fields: ServerFields,
        foreign_keys: ForeignKeys,
    ) -> None:
        self._schemas = schemas
        self._compiler = compiler
        self._generated_values = generated
        self._server_fields = server_fields
        self._foreign_keys = foreign_keys
        self._known_needs: dict[int, _Needs] = {}
        self._schemas_by_id: dict[int, Schema] = {}
        self._objects = lru_cache(_REMEMBERED)(
            lambda schema, name, key: self._object_of_id(self._schemas_by_id[schema], name, key)
        )

    def fields(
        self,
        values: Mapping[str, Any],
        checkers: Mapping[str, Checker],
        known: Mapping[str, Schema],
        origin: Callable[[], Origin],
        now: datetime,
    ) -> dict[str, Any]:
        """Sent properties of a record, completed; `known` are the schemas of properties, `origin` the record.

        Valid scalars, which are most, are found first.
        """
        found: dict[str, Any] = {}
        place: Origin | None = None
        for name, value in values.items():
            kind = type(value)
            is_scalar = kind in _SCALARS and (name not in known or checkers[name].is_valid(value))
            if is_scalar or value is None or kind is bool:
                found[name] = value
            else:
                place = origin() if place is None else place
                found[name] = self.completed(value, known.get(name, True), place.inside(name), now)
        return found

    def completed(self, value: Any, schema: Schema, origin: Origin, now: datetime | None) -> Any:
        """A sent value with the required fields of its schema added; `origin` is its place in the record.

        Times of creation in it are set to `now`, unless that is None.
        """
        outline = self._schemas.outline(schema)
        if isinstance(value, list):
            items: Schema = True if outline.items is None else outline.items
            return [
                self.completed(entry, items, origin.inside(place), now) for place, entry in enumerate(value)
            ]
        if isinstance(value, dict):
            return self._object(value, schema, outline, origin, now)
        if value is None or isinstance(value, bool) or self._generated_values.fits(schema, value):
            return value
        if outline.is_object and outline.properties:
            return self._as_object(value, schema, outline, origin, now)
        fitting = self._server_fields.fitting(schema, text_of(value)) if outline.types else None
        return value if fitting is None else fitting

    def changed(self, old: Mapping[str, Any], sent: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
        """An object after a change of some properties; what follows from these follows: a line's total."""
        found = {**old, **sent}
        outline = self._schemas.outline(schema)
        roles = self._needs(outline).roles
        if roles is not None:
            agree(found, roles, _Unsent(self._generated_values, outline, sent))
        return found

    def copied(self, value: Mapping[str, Any], schema: Schema, origin: Origin) -> dict[str, Any]:
        """The properties that an object copies from a record it refers to (`productId`): name, price."""
        outline, found = self._schemas.outline(schema), dict[str, Any]()
        if origin.look is None:
            return found
        for name, reference in self._foreign_keys.references.of(schema, origin.resource).items():
            key = value.get(name)
            is_one = isinstance(key, str | int) and not (
                reference.many or reference.embedded or reference.own
            )
            if not is_one or reference.resource.depth > len(origin.parents):
                continue
            collection = reference.resource.collection(origin.parents[: reference.resource.depth])
            record = origin.look(collection, text_of(key))
            for wanted, inner in outline.properties.items() if record is not None else ():
                entry = None if wanted == name else _copied(record or {}, wanted, reference.stem)
                if entry is not None and self._generated_values.fits(inner, entry):
                    found.setdefault(wanted, entry)
        return found

    def copied_at_top(
        self,
        resource: Resource,
        record: Mapping[str, Any],
        sent: Mapping[str, Any],
        accepted: Mapping[str, Schema],
        origin: Origin,
    ) -> dict[str, Any]:
        """The properties that a new record copies from records it refers to, and no request sends."""
        found = self.copied(sent, resource.record, origin)
        return {name: value for name, value in found.items() if name in record and name not in accepted}

    def known_by_id(self, schema: Schema, name: str, key: str | int) -> dict[str, Any] | None:
        """An object generated from its id alone, so that it is the same everywhere."""
        text = text_of(key)
        if len(text) > _LONGEST_ID:
            return self._object_of_id(schema, name, text)
        # The schema is kept alive: otherwise its id could be reused.
        self._schemas_by_id[id(schema)] = schema
        made = self._objects(id(schema), name, text)
        return None if made is None else dict(made)

    def _object_of_id(self, schema: Schema, name: str, key: str) -> dict[str, Any] | None:
        word = normalised(singular(name))
        made = self._generated_values.object_of(schema, "~one", key, word, dynamic=True)
        if made is None:
            return None
        own = self._schemas.outline(schema).properties.get("id", True)
        fitting = self._server_fields.fitting(own, key)
        return made if fitting is None else {**made, "id": fitting}

    def _object(
        self, value: dict[str, Any], schema: Schema, outline: Outline, origin: Origin, now: datetime | None
    ) -> dict[str, Any]:
        rest = None if value.keys() <= outline.properties.keys() else self._schemas.rest(schema)
        found = {
            name: self.completed(
                inner,
                outline.properties.get(name, True if rest is None else rest),
                origin.inside(name),
                now,
            )
            for name, inner in value.items()
        }
        needs = self._needs(outline)
        missing = [name for name in needs.names if name not in value]
        if missing:
            key = value.get("id")
            is_known = isinstance(key, str | int) and origin.place and isinstance(origin.place[-1], str)
            known = self.known_by_id(schema, str(origin.place[-1]), key) if is_known and key else None
            made = known if known is not None else self._made(schema, origin)
            if known is None:
                made |= needs.counts
            made |= {} if now is None else at_moment(needs.times, now)
            made |= self.copied(value, schema, origin)
            found |= {name: made[name] for name in missing if name in made}
            if needs.roles is not None:
                agree(found, needs.roles, _Unsent(self._generated_values, outline, value))
        return self._trimmed(found, schema, origin)

    def _needs(self, outline: Outline) -> _Needs:
        """What is added to an object, computed once."""
        known = self._known_needs.get(id(outline))
        if known is None:
            made = frozenset(name for name in outline.properties if usual.is_moment_of(name, usual.CREATED))
            roles = names_in(outline.properties)
            times = self._server_fields.times(outline.properties, made)
            related = roles if roles.are_related else None
            known = _Needs(outline, tuple(self._needed(outline)), times, related, self._counts(outline))
            # An outline in use is kept alive: otherwise its id could be reused.
            self._known_needs[id(outline)] = known
        return known

    def _counts(self, outline: Outline) -> Mapping[str, int]:
        """The numbers of a new object that count what has not happened yet: the votes of an option."""
        return {
            name: 0
            for name, schema in outline.properties.items()
            if usual.COUNTERS & set(words(name)[-1:])
            and "integer" in self._schemas.outline(schema).types
            and self._generated_values.fits(schema, 0)
        }

    def _needed(self, outline: Outline) -> Iterator[str]:
        """The properties that an object needs: required ones, and an id that the server assigns."""
        for name, inner in outline.properties.items():
            is_id = words(name)[-1:] in {("id",), ("uuid",)} and self._schemas.flag(inner, "readOnly")
            if name in outline.required or is_id:
                yield name
        for name in outline.required - outline.properties.keys():
            yield name

    def _made(self, schema: Schema, origin: Origin) -> dict[str, Any]:
        words_of = tuple(map(str, origin.place))
        return (
            self._generated_values.object_of(schema, origin.name, origin.key, *words_of, dynamic=True) or {}
        )

    def _trimmed(self, found: dict[str, Any], schema: Schema, origin: Origin) -> dict[str, Any]:
        """The object without properties that its schema forbids, and with missing required ones."""
        if self._generated_values.fits(schema, found):
            return found
        made: dict[str, Any] | None = None
        for mismatch in self._compiler.compile(schema, "response").mismatches(found):
            if mismatch.path:
                continue
            for name in mismatch.unexpected:
                found.pop(name, None)
            if mismatch.missing is not None:
                made = self._made(schema, origin) if made is None else made
                found |= {mismatch.missing: made[mismatch.missing]} if mismatch.missing in made else {}
        return found

    def _as_object(
        self, value: Any, schema: Schema, outline: Outline, origin: Origin, now: datetime | None
    ) -> Any:
        """An object made of a scalar: `{"name": "tea"}` for a tag sent as `tea`."""
        known = {normalised(name): name for name in outline.properties}
        for plain in record_words.SCALAR_PLACES:
            name = known.get(plain)
            if name is not None and self._generated_values.fits(outline.properties[name], value):
                return self._object({name: value}, schema, outline, origin, now)
        return value


class _Unsent:
    """Lets only the added properties of a sent object be changed. See `ObjectContext`."""

    def __init__(self, generated: GeneratedValues, outline: Outline, sent: Mapping[str, Any]) -> None:
        self._generated_values = generated
        self._outline = outline
        self._sent = sent

    def takes(self, name: str, value: Any) -> bool:
        """See `ObjectContext.takes`."""
        schema = self._outline.properties.get(name, True)
        return name not in self._sent and self._generated_values.fits(schema, value)

    def may_leave_out(self, name: str) -> bool:
        """See `ObjectContext.spares`."""
        return name not in self._sent and name not in self._outline.required


def _copied(record: Record, name: str, stem: str) -> Any:
    """The value that an object with this property name copies from a record; None when there is none."""
    known = {
        normalised(field): value for field, value in record.items() if not isinstance(value, dict | list)
    }
    plain = normalised(name)
    rest = plain.removeprefix(stem)
    if rest in record_words.COPIED:
        others = ("name", "title", "label", "displayname") if rest in {"name", "title"} else ()
        return next((known[other] for other in (rest, *others) if other in known), None)
    last = "".join(words(name)[-1:])
    if last in record_words.PRICES and not record_words.OTHER_AMOUNTS & set(words(name)):
        return next((known[other] for other in (rest, last, f"unit{last}") if other in known), None)
    return known.get(rest) if rest != plain and rest != "id" else None
