"""What the writes of an operation need that depends on the document and the plan alone, computed once."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from mockserver.generation.consistency import Names, names_in
from mockserver.openapi.names import words
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema import discriminators
from mockserver.openapi.schema.validators import Checker, SchemaCompiler
from mockserver.resources.body_paths import BodyPath
from mockserver.resources.conventions import usual
from mockserver.resources.infer.inference import ResourceInference
from mockserver.resources.infer.reference_names import Reference
from mockserver.resources.plan import AssignedFields, Resource
from mockserver.resources.records.foreign_keys import ForeignKeys
from mockserver.resources.records.initial_values import GENERATED, InitialField, InitialValues
from mockserver.resources.records.server_fields import ServerFields, TimeField

_SEVERAL = 2


@dataclass(frozen=True, slots=True)
class WriteContext:
    """The collaborators of the compiled writes of one document."""

    inference: ResourceInference
    compiler: SchemaCompiler
    server_fields: ServerFields
    initial_values: InitialValues
    foreign_keys: ForeignKeys


class PropertyCheckers(dict[str, Checker]):
    """The validators of properties by name, each compiled at its first use."""

    def __init__(self, properties: Mapping[str, Schema], compiler: SchemaCompiler) -> None:
        super().__init__()
        self._properties = properties
        self._compiler = compiler

    def __missing__(self, name: str) -> Checker:
        """Compile the validator of a property."""
        checker = self[name] = self._compiler.compile(self._properties[name], "response")
        return checker


class CompiledWrite:
    """One operation's writes to a resource: which properties requests set, and which the server sets."""

    def __init__(
        self,
        resource: Resource,
        accepted: Mapping[str, Schema],
        assigned: AssignedFields,
        context: WriteContext,
    ) -> None:
        """`accepted` are the properties that requests may send, `assigned` those that the server assigns."""
        self.resource = resource
        self.accepted = accepted
        self.assigned = assigned
        self._context = context
        self._schemas = context.inference.schemas
        self._nullable: dict[str, bool] = {}
        #: The validator of records.
        self.checker = context.compiler.compile(resource.record, "response")
        #: The validators of their properties.
        self.checkers = PropertyCheckers(resource.properties, context.compiler)

    def allows_null(self, name: str) -> bool:
        """Whether a property of the resource may be null; one that it does not describe may."""
        if name not in self.resource.properties:
            return True
        if name not in self._nullable:
            self._nullable[name] = self.checkers[name].is_valid(None)
        return self._nullable[name]

    @cached_property
    def slug_source(self) -> str | None:
        """The property whose sent value becomes a new record's key; None when keys are no slugs."""
        names, key = names_in(self.resource.properties), self.resource.key
        return names.name if key is not None and key == names.slug else None

    @cached_property
    def ids(self) -> frozenset[str | None]:
        """The properties that hold the record's key, or its parents' ids."""
        return frozenset({self.resource.key, *self.resource.parents.values()})

    @cached_property
    def settable(self) -> frozenset[str]:
        """The properties that a request may set: those that are not read-only in the request's schema."""
        flag, shown, key = self._schemas.flag, self.resource.properties, self.resource.key
        return frozenset(
            name
            for name, schema in self.accepted.items()
            if not flag(schema, "readOnly") and (name != key or not flag(shown.get(name, True), "readOnly"))
        )

    @cached_property
    def changeable(self) -> frozenset[str]:
        """The properties that a change may set."""
        return self.settable - self.ids

    @cached_property
    def read_only(self) -> frozenset[str]:
        """The properties that are read-only in the record's schema."""
        flag = self._schemas.flag
        return frozenset(
            name for name, schema in self.resource.properties.items() if flag(schema, "readOnly")
        )

    @cached_property
    def refused(self) -> frozenset[str]:
        """The properties that a creation ignores: read-only in the record's schema and in the request's."""
        return self.read_only - self.settable

    @cached_property
    def servers(self) -> tuple[str, ...]:
        """The properties that a change keeps unless it may set them: ids and read-only ones."""
        mine = self.ids | self.read_only
        return tuple(name for name in self.resource.properties if name in mine)

    @cached_property
    def kinds(self) -> tuple[Schema, ...]:
        """The schemas between which the record's schema is a choice; empty when it is none."""
        target = self._schemas.target(self.resource.record)
        branches = target.get("oneOf", target.get("anyOf"))
        return tuple(branches) if isinstance(branches, list) and len(branches) >= _SEVERAL else ()

    @cached_property
    def has_discriminator(self) -> bool:
        """Whether a property says which of several schemas a record has."""
        target = self._schemas.target(self.resource.record)
        is_choice = isinstance(target.get("oneOf", target.get("anyOf")), list)
        return is_choice and discriminators.property_of(target) is not None

    @cached_property
    def references(self) -> Mapping[str, Reference]:
        """The record's references to other records."""
        return self._context.foreign_keys.references.of(self.resource.record, self.resource)

    @cached_property
    def numbered(self) -> frozenset[str]:
        """The generated properties that identify a record by a name, number or code."""
        own = {
            name
            for name in self.resource.properties.keys() - self.accepted.keys()
            if is_own_number(name) and name not in self.references
        }
        return (self.assigned.generated | own) - self.ids

    @cached_property
    def roles(self) -> Names | None:
        """The properties whose values are related: counts, totals, states; None when none are."""
        names = names_in(self.resource.properties)
        return names if names.are_related else None

    @cached_property
    def unlisted(self) -> frozenset[str]:
        """The required properties for which the record's schema has no schema."""
        return self.resource.required - self.resource.properties.keys()

    @cached_property
    def initial(self) -> tuple[InitialField, ...]:
        """The initial values of a new record."""
        deciding = self._context.foreign_keys.deciding(self.resource)
        takes = {name: schema for name, schema in self.accepted.items() if name in self.settable}
        return self._context.initial_values.fields(self.resource, self.assigned, takes, deciding)

    @cached_property
    def generated(self) -> frozenset[str]:
        """The properties whose initial value may be that of a generated record."""
        return frozenset(field.name for field in self.initial if field.value is GENERATED or field.is_state)

    @cached_property
    def consulted(self) -> frozenset[str]:
        """The properties of a generated record of which a valid new record may have the value."""
        decided = {field.name for field in self.initial if field.decided_by}
        sums = set() if self.roles is None else {self.roles.subtotal, self.roles.total}
        return self.generated | self.unlisted | decided | sums

    @cached_property
    def undefined_states(self) -> frozenset[str]:
        """The properties of which a generated value decides whether a new record has one."""
        return frozenset(field.name for field in self.initial if field.is_state)

    @cached_property
    def is_separable(self) -> bool:
        """Whether no property of a new record depends on others."""
        return not self.kinds and not self.references and self.roles is None

    @cached_property
    def created(self) -> tuple[TimeField, ...]:
        """The properties that a creation sets to the time."""
        names = self.assigned.updated | self.assigned.created
        return self._context.server_fields.times(self.resource.properties, names)

    @cached_property
    def updated(self) -> tuple[TimeField, ...]:
        """The properties that a change sets to the time."""
        return self._context.server_fields.times(self.resource.properties, self.assigned.updated)

    @cached_property
    def links(self) -> tuple[BodyPath, ...]:
        """The properties of a record that hold its own address."""
        return self._context.inference.links(self.resource)


def is_own_number(name: str) -> bool:
    """Whether a property's name means a number or code that identifies the record."""
    parts = words(name)
    if not parts or parts[-1] not in usual.NUMBERED | usual.NUMBERED_TOO:
        return False
    before = set(parts[:-1])
    if parts[-1] == "code":
        return bool(before & usual.OWN_CODES)
    return not before & usual.OTHERS_NUMBERS
