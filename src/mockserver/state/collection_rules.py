"""Rules of a collection: unique fields, computed fields, record owners and hooks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mockserver.state.baseline import Record
from mockserver.state.identities import Identity

ABSENT = object()
"""Result of a computed field that has no value: the field is left out of the record."""

Compute = Callable[[Record, str, datetime], Any]
"""Computes a field from the record, its key and the current time."""

Hook = Callable[[Any, Record, Record | None, str], Any]
"""Runs at a write: called with the backend, the record, the previous record (or None), and the key."""

HOOKS = tuple(f"{when}_{what}" for what in ("create", "update", "delete") for when in ("before", "after"))
"""The allowed names of hooks."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who owns a record.

    Attributes:
        field: dotted path of the record's field that holds the owner's subject.
        all: the roles that see the records of every owner.
    """

    field: str
    all: frozenset[str] = frozenset()

    def limits(self, caller: Identity) -> bool:
        """Whether a caller sees only records that the caller owns."""
        return not caller.unrestricted and self.all.isdisjoint(caller.roles)

    def allows(self, record: Record, caller: Identity) -> bool:
        """Whether a caller sees a record; subjects are compared as text."""
        if not self.limits(caller):
            return True
        value = value_of(record, self.field)
        return value is not None and str(value) == caller.subject


@dataclass(frozen=True, slots=True)
class CollectionRules:
    """The rules of one collection.

    Attributes:
        unique: dotted paths of the fields whose values must be unique in the collection.
        computed: functions that compute fields, in the order in which they run.
        hooks: functions by their names, such as `before_create`.
    """

    unique: tuple[str, ...] = ()
    computed: Mapping[str, Compute] = field(default_factory=dict)
    owner: Owner | None = None
    hooks: Mapping[str, Hook] = field(default_factory=dict)

    def complete(self, record: Record, key: str, now: datetime) -> Record:
        """Return the record with its computed fields; they replace values that the record had for them."""
        if not self.computed:
            return record
        made = dict(record)
        for name, compute in self.computed.items():
            value = compute(made, key, now)
            if value is ABSENT:
                made.pop(name, None)
            else:
                made[name] = value
        return made


def value_of(record: Any, path: str) -> Any:
    """The value at a dotted path of a record; None when there is none."""
    for name in path.split("."):
        record = record.get(name) if isinstance(record, Mapping) else None
    return record
