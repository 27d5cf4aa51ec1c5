"""Rules of a collection: values that are there once, computed fields, whose the records are, and hooks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mockserver.state.baseline import Record
from mockserver.state.identities import Identity

ABSENT = object()
"""What a computed field is where it cannot be worked out: the record has no such field."""

Compute = Callable[[Record, str, datetime], Any]
"""Works a field out: from the record, its key and the present moment."""

Hook = Callable[[Any, Record, Record | None, str], Any]
"""Runs at a write: with the backend, the record, the one before it, and the key."""

HOOKS = tuple(f"{when}_{what}" for what in ("create", "update", "delete") for when in ("before", "after"))
"""What a hook can be called."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a record is.

    Attributes:
        field: the record's field with the subject of whom it belongs to; a dotted path.
        all: the roles that see the records of everybody.
    """

    field: str
    all: frozenset[str] = frozenset()

    def limits(self, caller: Identity) -> bool:
        """Whether a caller sees no more than what is the caller's own."""
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
        unique: the fields whose values no two records share; dotted paths.
        computed: what works fields out, in the order in which they are.
        hooks: functions by their names, such as `before_create`.
    """

    unique: tuple[str, ...] = ()
    computed: Mapping[str, Compute] = field(default_factory=dict)
    owner: Owner | None = None
    hooks: Mapping[str, Hook] = field(default_factory=dict)

    def complete(self, record: Record, key: str, now: datetime) -> Record:
        """The record with its computed fields, whatever it had there."""
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
    """What a record has at a dotted path; None where it has nothing."""
    for name in path.split("."):
        record = record.get(name) if isinstance(record, Mapping) else None
    return record
