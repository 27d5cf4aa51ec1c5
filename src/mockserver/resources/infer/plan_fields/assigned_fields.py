"""Infer the server-assigned properties: timestamps, the initial state, names, numbers, links."""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from mockserver.generation.by_name.lifecycle_words import outcome
from mockserver.generation.by_name.word_lists import USUAL
from mockserver.openapi.names import normalised, singular, words
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.conventions import usual
from mockserver.resources.infer.plan_fields.actions import with_flags
from mockserver.resources.plan import AssignedFields, Reason, Resource

_MADE_THEN = re.compile(
    r"\bwhen\b.*\b(was|were|has been)\b.*\b(created|made|sent|posted|placed|added|opened|submitted|issued"
    r"|recorded|received|registered|uploaded|started|written|taken|booked)\b",
    re.IGNORECASE,
)
"""Matches descriptions that state that a property is the time of creation."""


def infer_assigned(
    resource: Resource, accepted: Collection[str], collections: Collection[str], schemas: SchemaReader
) -> tuple[AssignedFields, tuple[Reason, ...]]:
    """The properties of a resource's records that the server assigns.

    Args:
        resource: the resource of the records.
        accepted: the properties that requests may send.
        collections: the normalised names of the document's collections.
        schemas: the reader of the document's schemas.
    """
    properties = resource.properties
    empty = (
        (name, _empty(name, schema, schemas))
        for name, schema in properties.items()
        if not _is_filled(resource, name, collections, schemas)
    )
    named = frozenset(name for name in properties if usual.is_moment_of(name, usual.CREATED))
    revisions = frozenset(
        name
        for name, schema in properties.items()
        if normalised(name) in usual.REVISIONS
        and schemas.outline(schema).types == {"integer"}
        and (name not in accepted or schemas.flag(schema, "readOnly"))
    )
    assigned = AssignedFields(
        created=named | frozenset(_otherwise(properties.keys() - accepted, named, resource, schemas)),
        updated=frozenset(name for name in properties if usual.is_moment_of(name, usual.UPDATED)),
        reached={
            name: stem
            for name in properties
            if set(words(name)[-1:]) & usual.MOMENTS and (stem := outcome(name)) is not None
        },
        states=frozenset(name for name in properties if usual.STATES & set(words(name)[-1:])),
        initial={**dict(_initial(properties, schemas)), **dict.fromkeys(sorted(revisions), 1)},
        generated=frozenset(
            name
            for name, schema in properties.items()
            if name not in revisions and _is_generated(resource, name, schema, schemas)
        ),
        revisions=revisions,
        later=frozenset(name for name in properties if outcome(name) is not None),
        empty={name: value for name, value in empty if value is not None},
    )
    return assigned, tuple(_reasons(assigned, resource))


def _reasons(assigned: AssignedFields, resource: Resource) -> Iterator[Reason]:
    for name in sorted(assigned.created):
        yield Reason("created", f"`{name}` is the time of creation by its name or description")
    for name in sorted(assigned.updated):
        yield Reason("updated", f"`{name}` is a usual name for the time of the last change")
    for name, stem in assigned.reached.items():
        yield Reason("reached", f"`{name}` is when `{stem}` happened")
    for name in sorted(assigned.revisions):
        yield Reason("revisions", f"`{name}` counts the changes of a record, from 1")
    for name, value in assigned.initial.items():
        if name not in assigned.revisions:
            yield Reason(
                "initial", f"`{name}` begins as {json.dumps(value)}, the initial state of new records"
            )
    for name in sorted(assigned.generated - {resource.key, *resource.parents.values()}):
        yield Reason("generated", f"`{name}` is a usual name for a value that the server generates")


def _otherwise(
    names: Iterable[str], created: frozenset[str], resource: Resource, schemas: SchemaReader
) -> Iterator[str]:
    """The properties that no request sends, and whose names may mean the time of creation."""
    for name in names:
        target = schemas.target(resource.properties[name])
        said, outline = target.get("description"), schemas.outline(resource.properties[name])
        is_text = target.get("format") in {"date-time", "date"}
        is_moment = is_text or (normalised(name) == "timestamp" and "integer" in outline.types)
        if not is_moment or "null" in outline.types or target.get("nullable"):
            continue
        is_described = isinstance(said, str) and _MADE_THEN.search(said) is not None
        # What every record has, has happened when one is created: `publishedAt` of a release.
        is_described |= name in resource.required and outcome(name) is not None
        if is_described or (not created and normalised(name) in usual.CREATED_OTHERWISE):
            yield name


def _is_filled(resource: Resource, name: str, collections: Collection[str], schemas: SchemaReader) -> bool:
    """Whether the server fills a list at creation: a completion has the choices that were asked for."""
    is_list = schemas.outline(resource.properties[name]).is_array
    last = words(name)[-1:]
    is_later = normalised(name) in collections or (last and last[0] in usual.TROUBLES)
    return is_list and name in resource.required and not is_later and outcome(name) is None


def _initial(properties: Mapping[str, Schema], schemas: SchemaReader) -> Iterator[tuple[str, Any]]:
    """The states of a new record: the default, a usual initial state, or the first documented one."""
    for name, schema in properties.items():
        if not usual.STATES & set(words(name)[-1:]):
            continue
        outline, target = schemas.outline(schema), schemas.target(schema)
        if outline.is_object:
            inner = {one: entry for one, entry in outline.properties.items() if one != name}
            inner_state = dict([*_initial(inner, schemas)][:1])
            if inner_state and outline.required <= inner_state.keys():
                yield name, with_flags(schemas, outline.properties, inner_state)
            continue
        values = target.get("enum")
        if target.get("default") is not None:
            yield name, target["default"]
        elif isinstance(values, list):
            texts = {normalised(value): value for value in values if isinstance(value, str)}
            first = next((texts[text] for text in usual.FIRST_STATES if text in texts), None)
            found = first if first is not None else next(iter(texts.values()), None)
            if found is not None:
                yield name, found


def _is_generated(resource: Resource, name: str, schema: Schema, schemas: SchemaReader) -> bool:
    """Whether a server generates a property for every record: names, links, creator, timestamps."""
    parts, plain = words(name), normalised(name)
    last = parts[-1] if parts else ""
    one = normalised(singular(resource.word))
    is_own = last in usual.OWN and (len(parts) == 1 or plain == one + last)
    is_link = last in usual.LINKS or schemas.target(schema).get("format") in {"uri", "url"}
    is_named = name == resource.key or name in resource.parents.values() or plain in usual.MAKERS
    return (
        is_named
        or is_own
        or is_link
        or usual.is_moment_of(name, usual.CREATED)
        or usual.is_moment_of(name, usual.UPDATED)
    )


def _empty(name: str, schema: Schema, schemas: SchemaReader) -> Any:
    """The value of a property before any event: an empty list, 0; None when it has no such value."""
    outline, parts = schemas.outline(schema), words(name)
    if outline.is_array:
        return []
    if outline.types & {"integer", "number"} and parts and parts[-1] in usual.COUNTERS:
        return 0
    if "boolean" in outline.types:
        return parts[-1:] != () and parts[-1] in USUAL
    return None
