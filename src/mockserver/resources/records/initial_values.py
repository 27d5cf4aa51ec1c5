"""Initial values of a new record: defaults and server-assigned fields, but nothing set by later events."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from mockserver.generation.by_name.property_vocabulary import STATES
from mockserver.generation.consistency import Names, agree, costs, follow
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.plan import AssignedFields, Resource
from mockserver.resources.records.generated_values import GeneratedValues

_FIRST_OF_ALL = "active"
ABSENT, GENERATED, EMPTY_LIST = object(), object(), object()
"""Initial values: none, the generated one, a new empty list."""


class InitialField(NamedTuple):
    """The initial value of a property.

    Attributes:
        value: itself; `GENERATED` for that of a generated record, `ABSENT` for none.
        always: whether the property has it even if a generated record lacks the property.
        is_state: whether it is a state that the document does not enumerate: a generated one begins anew.
        decided_by: the stems of the references that, when they are sent, decide the generated value.
    """

    name: str
    value: Any
    always: bool = False
    is_state: bool = False
    decided_by: frozenset[str] = frozenset()


class UnsentFields:
    """Lets only the unsent properties of a new record be changed. See `ObjectContext`."""

    def __init__(self, generated: GeneratedValues, resource: Resource, sent: Mapping[str, Any]) -> None:
        self._generated_values = generated
        self._resource = resource
        self._sent = sent

    def takes(self, name: str, value: Any) -> bool:
        """See `ObjectContext.takes`."""
        is_fixed = name in self._sent or name == self._resource.key
        return not is_fixed and self._generated_values.fits(self._resource.properties.get(name, True), value)

    def may_leave_out(self, name: str) -> bool:
        """See `ObjectContext.spares`."""
        return name not in self._sent and name not in self._resource.required


class InitialValues:
    """Decides which generated fields the new records of one document have."""

    def __init__(self, schemas: SchemaReader, generated: GeneratedValues) -> None:
        self._schemas = schemas
        self._generated_values = generated

    def fields(
        self,
        resource: Resource,
        assigned: AssignedFields,
        accepted: Mapping[str, Schema],
        deciding: Mapping[str, frozenset[str]],
    ) -> tuple[InitialField, ...]:
        """The initial values of a resource's records, before the sent properties are added.

        Args:
            resource: the resource of the record.
            assigned: the server-assigned properties.
            accepted: the properties that a request may send.
            deciding: the stems of the references that decide a property's value.
        """
        found: list[InitialField] = []
        for name in resource.properties:
            first = assigned.initial.get(name)
            if first is not None:
                field = InitialField(name, first, always=True)
            elif name in accepted:
                field = self._sendable(resource, name, accepted[name])
            else:
                value = self._servers(resource, assigned, name, is_sent=bool(accepted))
                field = InitialField(name, value, decided_by=deciding.get(name, frozenset()))
            if first is None and name in assigned.states:
                field = field._replace(is_state=True)
            if field.value is not ABSENT or field.decided_by or field.is_state:
                found.append(field)
        return tuple(found)

    @staticmethod
    def of(
        fields: tuple[InitialField, ...], base: Mapping[str, Any], sent_keys: Mapping[str, str]
    ) -> dict[str, Any]:
        """The initial values of a record, of a generated one and the foreign keys in the request."""
        found: dict[str, Any] = {}
        for name, value, always, is_state, decided_by in fields:
            made = base.get(name, ABSENT)
            if is_state and made in STATES:
                found[name] = _FIRST_OF_ALL
            elif always:
                found[name] = [] if value is EMPTY_LIST else value
            elif made is not ABSENT:
                if value is GENERATED or (sent_keys and not decided_by.isdisjoint(sent_keys)):
                    found[name] = made
                elif value is not ABSENT:
                    found[name] = value
        return found

    def agreed(
        self,
        resource: Resource,
        names: Names,
        record: dict[str, Any],
        base: Mapping[str, Any],
        sent: Mapping[str, Any],
    ) -> None:
        """Change a new record's values that depend on the sent ones: counts, totals, a slug."""
        if costs(record, names):
            for name in (names.subtotal, names.total):
                if name in base:
                    record.setdefault(name, base[name])
        agree(record, names, UnsentFields(self._generated_values, resource, sent))

    def followed(
        self, resource: Resource, names: Names, record: dict[str, Any], sent: Mapping[str, Any]
    ) -> None:
        """Change a record's values that depend on the changed ones: counts, totals."""
        follow(record, names, sent.keys(), UnsentFields(self._generated_values, resource, sent))

    def _sendable(self, resource: Resource, name: str, schema: Schema) -> InitialField:
        """The initial value of a property that requests may send: its default, or empty if required."""
        default = self._schemas.target(schema).get("default")
        if default is not None:
            return InitialField(name, default, always=True)
        if name not in resource.required:
            return InitialField(name, ABSENT)
        value = self.nothing(resource.properties[name], GENERATED)
        if value == []:
            value = EMPTY_LIST
        return InitialField(name, value, always=value is not GENERATED)

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
        *,
        is_sent: bool,
    ) -> Any:
        """The initial value of a property that no request sends: generated, empty, null, or absent."""
        schema = resource.properties[name]
        if name in assigned.generated:
            return GENERATED
        if name not in assigned.later and (not is_sent or self._is_certain(schema)):
            return GENERATED
        empty = assigned.empty.get(name)
        if empty is not None and self._generated_values.fits(schema, empty):
            return empty
        if self._generated_values.fits(schema, None):
            return None
        return GENERATED if name in resource.required else ABSENT

    def _is_certain(self, schema: Schema) -> bool:
        """Whether the schema has a const, a single enum value, or a default."""
        target = self._schemas.target(schema)
        values = target.get("enum")
        is_only = isinstance(values, list) and len(values) == 1
        return is_only or "const" in target or target.get("default") is not None
