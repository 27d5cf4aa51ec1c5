"""Infer how an action changes an item: `POST /orders/7/cancel` sets its status to `cancelled`."""

import json
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, NamedTuple

from mockserver.openapi.names import normalised, words
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.conventions.usual import DELETED_FLAGS, DELETED_MOMENTS, MOMENTS, RESTORING, STATES
from mockserver.resources.plan import Reason

_SPECIAL = {
    "reopen": ("open", "opened", "reopened"),
    "resume": ("active", "running"),
    "unarchive": ("active",),
    "unpublish": ("draft", "unpublished"),
    "start": ("running", "inprogress"),
    "stop": ("stopped", "exited"),
    "kill": ("killed", "exited", "stopped", "dead"),
    "restart": ("running",),
    "unpause": ("running", "active"),
    "pay": ("paid",),
    "send": ("sent",),
    "ship": ("shipped",),
    "submit": ("submitted", "pending"),
    "finish": ("finished", "done", "completed"),
    "complete": ("completed", "done"),
    "enable": ("enabled", "active"),
    "disable": ("disabled", "inactive"),
    "activate": ("active", "activated"),
    "deactivate": ("inactive", "deactivated"),
}
_OPPOSITES = {
    "disable": ("enabled", "active"),
    "deactivate": ("active", "activated", "enabled"),
    "hide": ("visible", "shown"),
    "close": ("open", "opened"),
    "stop": ("running", "started", "active"),
    "pause": ("running", "playing", "active"),
    "off": ("on",),
    "turnoff": ("on", "turnedon"),
    "switchoff": ("on", "switchedon"),
    "disconnect": ("connected",),
    "revoke": ("active", "valid"),
    "suspend": ("active", "enabled"),
    "detach": ("attached",),
    "disarm": ("armed",),
}
"""Flags that an action sets to false, where no state or flag has the action's own name."""
_ALIASES = {"turnon": "on", "switchon": "on"}


class Effect(NamedTuple):
    """The changes that an action makes to a record.

    Attributes:
        sets: the values that it sets, by property.
        counts: the amounts that it adds, by property.
        restores: whether it restores a deleted record.
        moments: the properties that it sets to the time.
    """

    sets: Mapping[str, Any] = {}
    counts: Mapping[str, int] = {}
    restores: bool = False
    moments: frozenset[str] = frozenset()

    def reasons(self, action: str) -> tuple[Reason, ...]:
        """The reasons for the inferred changes."""
        sets = tuple(
            Reason("sets", f"`{action}` sets `{name}` to {json.dumps(value)}")
            for name, value in self.sets.items()
        )
        counts = tuple(
            Reason("counts", f"`{name}` counts how often `{action}` was done") for name in self.counts
        )
        restores = (Reason("restores", f"`{action}` restores a deleted record"),) if self.restores else ()
        moments = tuple(Reason("moments", f"`{name}` is when `{action}` was done") for name in self.moments)
        return sets + counts + restores + moments


def infer_effect(schemas: SchemaReader, properties: Mapping[str, Schema], action: str) -> Effect:
    """Infer the effect of an action from its name: it sets a matching state or flag, or counts."""
    if action in RESTORING:
        return Effect(_undeleted(schemas, properties), restores=True)
    verb = words(action)[0] if words(action) else ""
    name = normalised(action)
    wanted = [*_SPECIAL.get(verb, ()), *_past(verb), _ALIASES.get(name, name)]
    opposites = _OPPOSITES.get(name, _OPPOSITES.get(verb, ()))
    sets = _state(schemas, properties, wanted)
    if sets:  # the times of states follow the state
        return Effect(sets)
    sets = _flag(schemas, properties, wanted) or _flag(schemas, properties, ["un" + one for one in opposites])
    undone = _moments(properties, verb.removeprefix("un")) if verb.startswith("un") else frozenset()
    sets |= dict.fromkeys(sorted(undone))
    moments = _moments(properties, verb)
    return (
        Effect(sets, moments=moments)
        if sets or moments
        else Effect(counts=_counted(schemas, properties, verb))
    )


def _moments(properties: Iterable[str], verb: str) -> frozenset[str]:
    """The properties that hold the time of an action: `archivedAt` of `archive`."""
    done = (_SPECIAL.get(verb, ()), _past(verb))
    return frozenset(
        name
        for name in properties
        if set(words(name)[-1:]) & MOMENTS and "".join(words(name)[:-1]) in chain(*done)
    )


def _state(schemas: SchemaReader, properties: Mapping[str, Schema], wanted: list[str]) -> dict[str, Any]:
    for name, schema in properties.items():
        if not set(words(name)) & STATES:
            continue
        if schemas.outline(schema).is_object:
            inner = schemas.outline(schema).properties
            inner_state = _state(schemas, {one: entry for one, entry in inner.items() if one != name}, wanted)
            if inner_state:
                return {name: with_flags(schemas, inner, inner_state)}
            continue
        values = schemas.target(schema).get("enum")
        known = (
            {normalised(value): value for value in values if isinstance(value, str)}
            if isinstance(values, list)
            else {}
        )
        found = next((known[state] for state in wanted if state in known), None)
        if found is not None:
            return {name: found}
    return {}


def with_flags(
    schemas: SchemaReader, properties: Mapping[str, Schema], state: Mapping[str, Any]
) -> dict[str, Any]:
    """The state of an object, with its flags that are named after states: `running`."""
    (name, value), *_ = state.items()
    states = {
        normalised(one) for one in schemas.target(properties[name]).get("enum") or () if isinstance(one, str)
    }
    flags = {
        flag: normalised(flag) == normalised(value)
        for flag, schema in properties.items()
        if normalised(flag) in states and "boolean" in schemas.outline(schema).types
    }
    return {**flags, name: value}


def _flag(schemas: SchemaReader, properties: Mapping[str, Schema], wanted: list[str]) -> dict[str, Any]:
    flags = {
        normalised(name): name
        for name, schema in properties.items()
        if "boolean" in schemas.outline(schema).types
    }
    for state in (*wanted, *("is" + state for state in wanted)):
        if state in flags:
            return {flags[state]: True}
        if state.startswith("un"):
            found = next((flags[one] for one in (state[2:], "is" + state[2:]) if one in flags), None)
            if found is not None:
                return {found: False}
    return {}


def _undeleted(schemas: SchemaReader, properties: Mapping[str, Schema]) -> dict[str, Any]:
    """The properties that mark a record as deleted, with their values when it is not."""
    moments = {name: None for name in properties if normalised(name) in DELETED_MOMENTS}
    flags = (name for name in properties if normalised(name) in DELETED_FLAGS)
    return {
        **moments,
        **{name: False for name in flags if "boolean" in schemas.outline(properties[name]).types},
    }


def _counted(schemas: SchemaReader, properties: Mapping[str, Schema], verb: str) -> dict[str, int]:
    """The property that counts an action: `likes`, `like_count`; undoing the action counts down."""
    step = -1 if verb.startswith("un") else 1
    verb = verb.removeprefix("un")
    for name, schema in properties.items():
        is_count = normalised(name) in {verb + "s", verb + "count", verb + "scount", verb + "es"}
        if is_count and "integer" in schemas.outline(schema).types:
            return {name: step}
    return {}


def _past(verb: str) -> tuple[str, ...]:
    """The verb's regular participles: for cancel, `canceled` and `cancelled`."""
    if not verb:
        return ()
    if verb.endswith("e"):
        return verb + "d", verb[:-1] + "ing"
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return verb[:-1] + "ied", verb + "ing"
    return verb + "ed", verb + verb[-1] + "ed", verb + "ing"
