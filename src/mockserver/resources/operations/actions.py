"""What an action does to an item: `POST /orders/7/cancel` makes its status `cancelled`."""

from collections.abc import Mapping
from typing import Any

from mockserver.openapi.names import normalised, words
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.state.baseline import Record

_STATES = ("status", "state", "stage", "phase")
RESTORING = ("restore", "undelete", "recover", "untrash", "undestroy")
"""The actions that bring back what was deleted."""
_SPECIAL = {
    "reopen": ("open", "opened", "reopened"),
    "resume": ("active", "running"),
    "unarchive": ("active",),
    "unpublish": ("draft", "unpublished"),
    "start": ("running", "inprogress"),
    "stop": ("stopped",),
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


def moved(
    schemas: SchemaReader, properties: Mapping[str, Schema], record: Record, action: str
) -> dict[str, Any]:
    """The fields that an action of this name changes: a state that fits it, or a flag that it sets."""
    verb = words(action)[0] if words(action) else ""
    if action in RESTORING:
        return _undeleted(properties, record)
    wanted = [*_SPECIAL.get(verb, ()), *_past(verb), normalised(action)]
    for name, schema in properties.items():
        if not set(words(name)) & set(_STATES):
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
    flags = {
        normalised(name): name
        for name, schema in properties.items()
        if "boolean" in schemas.outline(schema).types
    }
    for state in (*wanted, *("is" + state for state in wanted)):
        if state in flags:
            return {flags[state]: True}
        if state.startswith("un") and state[2:] in flags:
            return {flags[state[2:]]: False}
    return _counted(schemas, properties, record, verb)


def _undeleted(properties: Mapping[str, Schema], record: Record) -> dict[str, Any]:
    """The fields that told that the record was deleted, and tell it no more."""
    found: dict[str, Any] = {
        name: None for name in properties if normalised(name) in {"deletedat", "deletedon"}
    }
    flags = {name for name in properties if normalised(name) in {"deleted", "isdeleted", "trashed"}}
    return {**found, **{name: False for name in flags if isinstance(record.get(name), bool)}}


def _counted(
    schemas: SchemaReader, properties: Mapping[str, Schema], record: Record, verb: str
) -> dict[str, Any]:
    """The number that counts how often this was done: `likes`, `like_count`; undoing it counts down."""
    step = -1 if verb.startswith("un") else 1
    verb = verb.removeprefix("un")
    for name, schema in properties.items():
        value = record.get(name)
        if (
            normalised(name) in {verb + "s", verb + "count", verb + "scount", verb + "es"}
            and "integer" in schemas.outline(schema).types
            and type(value) is int
        ):
            return {name: max(0, value + step)}
    return {}


def _past(verb: str) -> tuple[str, ...]:
    """The verb's participles, as far as rules go: cancel is `canceled` and `cancelled`."""
    if not verb:
        return ()
    if verb.endswith("e"):
        return verb + "d", verb[:-1] + "ing"
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return verb[:-1] + "ied", verb + "ing"
    return verb + "ed", verb + verb[-1] + "ed", verb + "ing"
