"""What a new record begins with beside what was sent: what is the server's, nothing that comes later."""

from collections.abc import Callable, Mapping
from typing import Any

from mockserver.generation.by_name.lifecycle_words import outcome
from mockserver.generation.by_name.word_lists import USUAL
from mockserver.generation.consistency import agree, costs, names_in
from mockserver.openapi.names import normalised, singular, words
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.plan import Resource
from mockserver.resources.records.generated_values import GeneratedValues
from mockserver.resources.records.server_fields import ServerFields

# fmt: off
_OWN = frozenset(
    (
        "id", "uuid", "uid", "guid", "sid", "key", "identifier", "number", "no", "reference", "ref", "code",
        "slug", "handle", "token", "secret", "etag", "version", "revision", "object", "self", "arn",
    )
)
"""What a server gives to a record of its own: names and numbers of the record itself."""
_LINKS = frozenset(("url", "uri", "href", "link", "links"))
_MAKERS = frozenset(("createdby", "creator", "createdbyid", "creatorid"))
_COUNTS = frozenset(("count", "counts", "views", "likes", "followers"))
# fmt: on
_ABSENT = object()


class UnsentFields:
    """What may be changed in a new record: what was not sent. See `agreements.Host`."""

    def __init__(self, generated: GeneratedValues, resource: Resource, sent: Mapping[str, Any]) -> None:
        self._generated_values = generated
        self._resource = resource
        self._sent = sent

    def takes(self, name: str, value: Any) -> bool:
        """See `agreements.Host.takes`."""
        return name not in self._sent and self._generated_values.fits(
            self._resource.properties.get(name, True), value
        )

    def spares(self, name: str) -> bool:
        """See `agreements.Host.spares`."""
        return name not in self._sent and name not in self._resource.required


class InitialValues:
    """Decides for the new records of one document which of the generated fields they have."""

    def __init__(
        self, schemas: SchemaReader, server_fields: ServerFields, generated: GeneratedValues
    ) -> None:
        self._schemas = schemas
        self._server_fields = server_fields
        self._generated_values = generated

    def of(
        self,
        resource: Resource,
        base: Mapping[str, Any],
        accepted: Mapping[str, Schema],
        is_told: Callable[[str], bool],
    ) -> dict[str, Any]:
        """What a record begins with where nothing else is sent.

        Args:
            resource: what it is a record of.
            base: a generated record.
            accepted: the properties that a request may send.
            is_told: whether what was sent tells a property's value.
        """
        found: dict[str, Any] = {}
        for name, schema in resource.properties.items():
            value = self._server_fields.first_status(name, schema, base.get(name))
            if value is None:
                made = base.get(name, _ABSENT)
                value = (
                    self._sendable(resource, name, accepted[name], made)
                    if name in accepted
                    else self._servers(resource, name, schema, made, bool(accepted), is_told)
                )
            if value is not _ABSENT:
                found[name] = value
        others = (name for name in base if name not in resource.properties and name in resource.required)
        return {**found, **{name: base[name] for name in others}}

    def agreed(
        self,
        resource: Resource,
        record: Mapping[str, Any],
        base: Mapping[str, Any],
        sent: Mapping[str, Any],
    ) -> dict[str, Any]:
        """The record with what follows from what was sent: how many there are, what it costs, a slug."""
        names, found = names_in(resource.properties), dict(record)
        if costs(found, names):
            for name in (names.subtotal, names.total):
                if name in base:
                    found.setdefault(name, base[name])
        agree(found, names, UnsentFields(self._generated_values, resource, sent))
        return found

    def _sendable(self, resource: Resource, name: str, schema: Schema, made: Any) -> Any:
        """Of what a request may send and this one perhaps does not: the default, or what is required."""
        default = self._schemas.target(schema).get("default")
        if default is not None:
            return default
        return made if name in resource.required else _ABSENT

    def _servers(
        self,
        resource: Resource,
        name: str,
        schema: Schema,
        made: Any,
        is_sent: bool,
        is_told: Callable[[str], bool],
    ) -> Any:
        """Of what no request sends: what a server makes at once."""
        if made is _ABSENT or is_told(name) or self._is_made_at_once(resource, name, schema):
            return made
        if outcome(name) is None and (not is_sent or self._is_certain(name, schema)):
            return made
        empty = self._empty(name, schema)
        if empty is not None and self._generated_values.fits(schema, empty):
            return empty
        if self._generated_values.fits(schema, None):
            return None
        return made if name in resource.required else _ABSENT

    def _is_certain(self, name: str, schema: Schema) -> bool:
        """Whether the document leaves no choice, or says itself what a value is."""
        target = self._schemas.target(schema)
        values = target.get("enum")
        is_only = isinstance(values, list) and len(values) == 1
        return is_only or "const" in target or target.get("default") is not None

    def _is_made_at_once(self, resource: Resource, name: str, schema: Schema) -> bool:
        """Whether a server gives it to every record: its names, its links, who and when."""
        parts, plain = words(name), normalised(name)
        last = parts[-1] if parts else ""
        one = normalised(singular(resource.word))
        is_own = last in _OWN and (len(parts) == 1 or plain == one + last)
        is_link = last in _LINKS or self._schemas.target(schema).get("format") in {"uri", "url"}
        is_named = name == resource.key or name in resource.parents.values() or plain in _MAKERS
        return is_named or is_own or is_link or self._server_fields.is_moment(name)

    def _empty(self, name: str, schema: Schema) -> Any:
        """What there is of it as long as nothing happened: no elements, none counted, not so."""
        outline, parts = self._schemas.outline(schema), words(name)
        if outline.is_array:
            return []
        if outline.types & {"integer", "number"} and parts and parts[-1] in _COUNTS:
            return 0
        if "boolean" in outline.types:
            return parts[-1:] != () and parts[-1] in USUAL
        return None
