"""Complete what was sent: objects inside of a record get what the server adds, and keep what they have."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from mockserver.generation.consistency import agree, names_in
from mockserver.openapi.names import normalised, singular, words
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.schema_reader import Outline, SchemaReader
from mockserver.openapi.schema.validators import SchemaCompiler
from mockserver.resources.conventions import usual
from mockserver.resources.plan import Resource, text_of
from mockserver.resources.records.foreign_keys import ForeignKeys, Origin
from mockserver.resources.records.generated_values import GeneratedValues
from mockserver.resources.records.server_fields import ServerFields
from mockserver.state.baseline import Record

_COPIED = frozenset(usual.NAMES) - {"number"} | {
    "label",
    "displayname",
    "sku",
    "currency",
    "image",
    "imageurl",
}
"""What an object copies from the record that it names: an order's line has the name of its product."""
_VALUES = ("name", "title", "label", "value", "text", "slug", "code", "id")
"""Where an object has what was sent as one value, the likeliest first."""


class SentValues:
    """Completes what requests send to one document."""

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

    def completed(self, value: Any, schema: Schema, origin: Origin, now: datetime | None) -> Any:
        """A value that was sent, with what its schema requires beside it; `origin` is where it is put.

        Moments of creation in it are `now`, where that is known.
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

    def copied(self, value: Mapping[str, Any], schema: Schema, origin: Origin) -> dict[str, Any]:
        """What an object has of a record that it names by its id (`productId`): its name, its price."""
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
        """What a new record has of those that it names: prices and names that no request sends."""
        found = self.copied(sent, resource.record, origin)
        return {name: value for name, value in found.items() if name in record and name not in accepted}

    def known_by_id(self, schema: Schema, name: str, key: str | int) -> dict[str, Any] | None:
        """An object that is made from its id alone, so that one id is one thing wherever it is shown."""
        word = normalised(singular(name))
        made = self._generated_values.object_of(schema, "~one", text_of(key), word, dynamic=True)
        if made is None:
            return None
        own = self._schemas.outline(schema).properties.get("id", True)
        fitting = self._server_fields.fitting(own, text_of(key))
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
        missing = [name for name in self._missing(outline, schema) if name not in value]
        if missing:
            key = value.get("id")
            is_known = isinstance(key, str | int) and origin.place and isinstance(origin.place[-1], str)
            known = self.known_by_id(schema, str(origin.place[-1]), key) if is_known and key else None
            made = known if known is not None else self._made(schema, origin)
            made |= self._moments(outline, now) | self.copied(value, schema, origin)
            found |= {name: made[name] for name in missing if name in made}
            agree(found, names_in(outline.properties), _Unsent(self._generated_values, outline, value))
        return self._trimmed(found, schema, origin)

    def _missing(self, outline: Outline, schema: Schema) -> Iterator[str]:
        """What an object has to have: what is required, and an id that only the server can give."""
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

    def _moments(self, outline: Outline, now: datetime | None) -> dict[str, Any]:
        made = frozenset(name for name in outline.properties if usual.is_moment_of(name, usual.CREATED))
        return {} if now is None else self._server_fields.now(outline.properties, made, now)

    def _trimmed(self, found: dict[str, Any], schema: Schema, origin: Origin) -> dict[str, Any]:
        """The object without what the document allows no object to have; with what else it requires."""
        if self._generated_values.fits(schema, found):
            return found
        made: dict[str, Any] | None = None
        for misfit in self._compiler.compile(schema, "response").misfits(found):
            if misfit.path:
                continue
            for name in misfit.unexpected:
                found.pop(name, None)
            if misfit.missing is not None:
                made = self._made(schema, origin) if made is None else made
                found |= {misfit.missing: made[misfit.missing]} if misfit.missing in made else {}
        return found

    def _as_object(
        self, value: Any, schema: Schema, outline: Outline, origin: Origin, now: datetime | None
    ) -> Any:
        """An object that says what was sent as one value: the tag that is called so."""
        known = {normalised(name): name for name in outline.properties}
        for plain in _VALUES:
            name = known.get(plain)
            if name is not None and self._generated_values.fits(outline.properties[name], value):
                return self._object({name: value}, schema, outline, origin, now)
        return value


class _Unsent:
    """What may be changed in an object that was sent: what the server added. See `ObjectContext`."""

    def __init__(self, generated: GeneratedValues, outline: Outline, sent: Mapping[str, Any]) -> None:
        self._generated_values = generated
        self._outline = outline
        self._sent = sent

    def takes(self, name: str, value: Any) -> bool:
        """See `ObjectContext.takes`."""
        schema = self._outline.properties.get(name, True)
        return name not in self._sent and self._generated_values.fits(schema, value)

    def spares(self, name: str) -> bool:
        """See `ObjectContext.spares`."""
        return name not in self._sent and name not in self._outline.required


def _copied(record: Record, name: str, stem: str) -> Any:
    """What a record says of itself under a name that another object has for it; None where nothing."""
    known = {
        normalised(field): value for field, value in record.items() if not isinstance(value, dict | list)
    }
    plain = normalised(name)
    rest = plain.removeprefix(stem)
    if rest in _COPIED:
        others = ("name", "title", "label", "displayname") if rest in {"name", "title"} else ()
        return next((known[other] for other in (rest, *others) if other in known), None)
    if words(name)[-1:] == ("price",) and "total" not in plain:
        return next((known[other] for other in (rest, "price", "unitprice") if other in known), None)
    return known.get(rest) if rest != plain and rest != "id" else None
