"""Infer how an action changes an item: `POST /orders/7/cancel` sets its status to `cancelled`."""

import json
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, NamedTuple

from mockserver.openapi.names import normalised, words
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.conventions.usual import (
    ARCHIVED,
    COPYING,
    DELETED_FLAGS,
    DELETED_MOMENTS,
    DONE,
    FILLERS,
    MOMENTS,
    RESTORING,
    SINGLED_OUT,
    STATES,
    TOGGLING,
)
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
    "checkin": ("checkedin", "occupied"),
    "checkout": ("checkedout", "vacant", "free", "available"),
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
    "checkout": ("occupied", "checkedin"),
}
"""Flags that an action sets to false, where no state or flag has the action's own name."""
_ALIASES = {"turnon": "on", "switchon": "on"}
_PARTICIPLES = {
    "ieren": ("iert",),
    "are": ("ato", "ata"),
    "ere": ("uto", "uta"),
    "ire": ("ito", "ita"),
    "ar": ("ado", "ada"),
    "er": ("ido", "ida", "e", "ee"),
    "ir": ("ido", "ida", "i", "ie"),
    "en": ("t", "et"),
}
"""Endings of infinitives (German, Italian, Spanish, Portuguese, French), with those of their participles."""
_SHORTEST_STEM = 3
_OF_CALLER = ("{}", "is{}", "has{}", "{}byme", "is{}byme")
"""Names of flags that are true once the caller has done something: `liked`, `isFollowing`, `likedByMe`."""


class Effect(NamedTuple):
    """The changes that an action makes to a record.

    Attributes:
        sets: the values that it sets, by property.
        counts: the amounts that it adds, by property.
        restores: whether it restores a deleted record.
        moments: the properties that it sets to the time.
        copies: whether it makes a copy of the record.
        singled_out: the flags that no other record keeps when it sets them: `isDefault`.
        flips: the flags that it sets to what they are not: `completed` of `toggle`.
    """

    sets: Mapping[str, Any] = {}
    counts: Mapping[str, int] = {}
    restores: bool = False
    moments: frozenset[str] = frozenset()
    copies: bool = False
    singled_out: frozenset[str] = frozenset()
    flips: frozenset[str] = frozenset()

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
        copies = (Reason("copies", f"`{action}` makes a copy of the record"),) if self.copies else ()
        alone = tuple(Reason("singled_out", f"one record alone is `{name}`") for name in self.singled_out)
        flips = tuple(Reason("flips", f"`{action}` sets `{name}` to what it is not") for name in self.flips)
        return sets + counts + restores + moments + copies + alone + flips


def infer_effect(schemas: SchemaReader, properties: Mapping[str, Schema], action: str) -> Effect:
    """Infer the effect of an action from its name: it sets a matching state or flag, or counts."""
    if normalised(action) in RESTORING:
        return Effect(_undeleted(schemas, properties), restores=True)
    if normalised(action) in COPYING:
        return Effect(copies=True)
    parts = _said(action)
    if parts and parts[0] in TOGGLING:
        return Effect(flips=_flipped(schemas, properties, "".join(parts[1:])))
    verb, name = (parts[0], "".join(parts)) if parts else ("", "")
    stem = verb.removeprefix("un")
    wanted = [*_SPECIAL.get(name, _SPECIAL.get(verb, ())), *_past(verb), _ALIASES.get(name, name)]
    opposites = _OPPOSITES.get(name, _OPPOSITES.get(verb, ()))
    counts = _counted(schemas, properties, verb)
    cleared = _cleared(schemas, properties, stem) if stem != verb else {}
    sets = _state(schemas, properties, wanted)
    if sets:  # the times of states follow the state
        return Effect({**cleared, **sets}, counts)
    sets = _flag(schemas, properties, wanted) or _flag(schemas, properties, ["un" + one for one in opposites])
    undone = _moments(properties, stem) if stem != verb else frozenset()
    alone = frozenset(flag for flag, value in sets.items() if value is True and SINGLED_OUT & {*words(flag)})
    sets |= {**dict.fromkeys(sorted(undone)), **cleared}
    return Effect(sets, counts, moments=_moments(properties, verb), singled_out=alone)


def _said(action: str) -> tuple[str, ...]:
    """The words of an action without those before them that say nothing: `make-default`, `markAsRead`."""
    parts = words(action)
    while len(parts) > 1 and parts[0] in FILLERS:
        parts = parts[1:]
    return parts


def _cleared(schemas: SchemaReader, properties: Mapping[str, Schema], stem: str) -> dict[str, None]:
    """The properties that undoing an action empties: `assigneeId` when it is unassigned."""
    return {
        name: None
        for name, schema in properties.items()
        if len(stem) > _SHORTEST_STEM
        and (words(name) or ("",))[0].startswith(stem.removesuffix("e"))
        and _allows_null(schemas, schema)
    }


def _allows_null(schemas: SchemaReader, schema: Schema) -> bool:
    """Whether a property may be null."""
    return "null" in schemas.outline(schema).types or schemas.flag(schema, "nullable")


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
    for form in _OF_CALLER:
        for state in wanted:
            if form.format(state) in flags:
                return {flags[form.format(state)]: True}
            if state.startswith("un") and form.format(state[2:]) in flags:
                return {flags[form.format(state[2:])]: False}
    return {}


def _flipped(schemas: SchemaReader, properties: Mapping[str, Schema], named: str) -> frozenset[str]:
    """The flag that toggling changes: the named one, else the one that says done, else the only one."""
    flags = [name for name, schema in properties.items() if "boolean" in schemas.outline(schema).types]
    wanted = {named, named + "d", named + "ed"} if named else DONE
    found = [flag for flag in flags if normalised(flag).removeprefix("is") in wanted]
    return frozenset(found[:1] or (flags if len(flags) == 1 and not named else ()))


def _undeleted(schemas: SchemaReader, properties: Mapping[str, Schema]) -> dict[str, Any]:
    """The properties that mark a record as deleted, else as archived, with their values when it is not."""
    marks = DELETED_MOMENTS | DELETED_FLAGS
    found = [name for name in properties if normalised(name) in marks]
    found = found or [name for name in properties if normalised(name).removeprefix("is").startswith(ARCHIVED)]
    is_flag = {name: "boolean" in schemas.outline(properties[name]).types for name in found}
    return {
        name: False if is_flag[name] else None
        for name in found
        if is_flag[name] or normalised(name) in DELETED_MOMENTS or _allows_null(schemas, properties[name])
    }


def _counted(schemas: SchemaReader, properties: Mapping[str, Schema], verb: str) -> dict[str, int]:
    """The property that counts an action: `likes`, `followerCount`; undoing the action counts down."""
    step = -1 if verb.startswith("un") else 1
    verb = verb.removeprefix("un")
    doer = verb.removesuffix("e") + "er"
    counts = {one + ending for one in (verb, doer) for ending in ("s", "count", "scount")} | {verb + "es"}
    for name, schema in properties.items():
        is_count = bool(verb) and normalised(name) in counts
        if is_count and "integer" in schemas.outline(schema).types:
            return {name: step}
    return {}


def _past(verb: str) -> tuple[str, ...]:
    """The verb's regular participles: for cancel, `canceled` and `cancelled`; for pagar, `pagado`."""
    if not verb:
        return ()
    others = _past_elsewhere(verb)
    if verb.endswith("e"):
        return verb + "d", verb[:-1] + "ing", *others
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return verb[:-1] + "ied", verb + "ing", *others
    return verb + "ed", verb + verb[-1] + "ed", verb + "ing", *others


def _past_elsewhere(verb: str) -> tuple[str, ...]:
    """The participles of a verb in other languages than English; German ones may begin with `ge`."""
    ending = next((one for one in _PARTICIPLES if verb.endswith(one)), None)
    stem = verb.removesuffix(ending or "")
    if ending is None or len(stem) < _SHORTEST_STEM:
        return ()
    found = tuple(stem + one for one in _PARTICIPLES[ending])
    return (*found, *("ge" + one for one in found)) if ending == "en" else found
