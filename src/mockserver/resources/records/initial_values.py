"""Initial values of a new record: defaults and server-assigned fields, but nothing set by later events."""

from collections.abc import Callable, Mapping
from typing import Any

from mockserver.generation.consistency import agree, costs, follow, names_in
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.plan import AssignedFields, Resource
from mockserver.resources.records.generated_values import GeneratedValues
from mockserver.resources.records.server_fields import ServerFields

_ABSENT = object()


class UnsentFields:
    """Lets only the unsent properties of a new record be changed. See `ObjectContext`."""

    def __init__(self, generated: GeneratedValues, resource: Resource, sent: Mapping[str, Any]) -> None:
        self._generated_values = generated
        self._resource = resource
        self._sent = sent

    def takes(self, name: str, value: Any) -> bool:
        """See `ObjectContext.takes`."""
        return name not in self._sent and self._generated_values.fits(
            self._resource.properties.get(name, True), value
        )

    def may_leave_out(self, name: str) -> bool:
        """See `ObjectContext.spares`."""
        return name not in self._sent and name not in self._resource.required


class InitialValues:
    """Decides which generated fields the new records of one document have."""

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
        assigned: AssignedFields,
        accepted: Mapping[str, Schema],
        is_decided: Callable[[str], bool],
    ) -> dict[str, Any]:
        """The initial values of a record, before the sent properties are added.

        Args:
            resource: the resource of the record.
            assigned: the server-assigned properties.
            base: a generated record.
            accepted: the properties that a request may send.
            is_decided: whether a sent foreign key decides a property's value.
        """
        found: dict[str, Any] = {}
        for name in resource.properties:
            value = self._server_fields.first_state(name, assigned, base.get(name))
            if value is None:
                made = base.get(name, _ABSENT)
                value = (
                    self._sendable(resource, name, accepted[name], made)
                    if name in accepted
                    else self._servers(resource, assigned, name, made, bool(accepted), is_decided)
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
        """The record with values derived from the sent ones: counts, totals, a slug."""
        names, found = names_in(resource.properties), dict(record)
        if costs(found, names):
            for name in (names.subtotal, names.total):
                if name in base:
                    found.setdefault(name, base[name])
        agree(found, names, UnsentFields(self._generated_values, resource, sent))
        return found

    def followed(
        self, resource: Resource, record: Mapping[str, Any], sent: Mapping[str, Any]
    ) -> dict[str, Any]:
        """A changed record with values derived from the change: counts, totals."""
        found = dict(record)
        unsent = UnsentFields(self._generated_values, resource, sent)
        follow(found, names_in(resource.properties), sent.keys(), unsent)
        return found

    def _sendable(self, resource: Resource, name: str, schema: Schema, made: Any) -> Any:
        """The initial value of a property that requests may send: its default, or empty if required."""
        default = self._schemas.target(schema).get("default")
        if default is not None:
            return default
        if name not in resource.required:
            return _ABSENT
        return self.nothing(resource.properties[name], made)

    def nothing(self, schema: Schema, otherwise: Any) -> Any:
        """The empty value of an unsent property: an empty list, or null, else `otherwise`."""
        fits = self._generated_values.fits
        if self._schemas.outline(schema).is_array and fits(schema, []):
            return []
        return None if fits(schema, None) else otherwise

    def _servers(
        self,
        resource: Resource,
        assigned: AssignedFields,
        name: str,
        made: Any,
        is_sent: bool,
        is_decided: Callable[[str], bool],
    ) -> Any:
        """The initial value of a property that no request sends: generated, empty, null, or absent."""
        schema = resource.properties[name]
        if made is _ABSENT or is_decided(name) or name in assigned.generated:
            return made
        if name not in assigned.later and (not is_sent or self._is_certain(schema)):
            return made
        empty = assigned.empty.get(name)
        if empty is not None and self._generated_values.fits(schema, empty):
            return empty
        if self._generated_values.fits(schema, None):
            return None
        return made if name in resource.required else _ABSENT

    def _is_certain(self, schema: Schema) -> bool:
        """Whether the schema has a const, a single enum value, or a default."""
        target = self._schemas.target(schema)
        values = target.get("enum")
        is_only = isinstance(values, list) and len(values) == 1
        return is_only or "const" in target or target.get("default") is not None
