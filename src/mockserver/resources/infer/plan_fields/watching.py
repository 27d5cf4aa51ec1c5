"""Infer how the events of a stream show changes of a collection's records."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.openapi import media_types, streams
from mockserver.openapi.names import normalised
from mockserver.openapi.operation import MediaType, Operation, Schema
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.plan import Resource, Watch

_CHANGES = {
    "created": re.compile(r"creat|add|insert|new|snapshot|initial", re.IGNORECASE),
    "updated": re.compile(r"updat|chang|modif|edit|upsert", re.IGNORECASE),
    "deleted": re.compile(r"delet|remov|destroy", re.IGNORECASE),
}
_NAMES = frozenset(
    {"event", "type", "action", "kind", "op", "operation", "change", "eventtype", "changetype"}
)


def event_content(operation: Operation, status: int) -> MediaType | None:
    """The `text/event-stream` content of a response; None when it has none."""
    response = operation.response(status)
    contents = response.content.items() if response else ()
    return next((content for name, content in contents if media_types.is_event_stream(name)), None)


def line_content(operation: Operation, status: int) -> MediaType | None:
    """The content of a response as JSON lines or a JSON text sequence; None when it has none."""
    response = operation.response(status)
    contents = response.content.items() if response else ()
    streamed = (content for name, content in contents if media_types.is_stream(name))
    return next((one for one in streamed if not media_types.is_event_stream(one.name)), None)


def infer_watch(content: MediaType, resource: Resource, schemas: SchemaReader) -> Watch | None:
    """Infer how the values of a stream show a resource's records; None when they show none."""
    item = streams.item_schema(content, schemas)
    if item is None or resource.key is None:
        return None
    found = _record_in(item, resource, schemas)
    if found is None:
        return None
    place, is_text = found
    change = next(_changes(item, place, schemas), None)
    name, words = change or ("", {})
    return Watch(
        media_type=content.name,
        value=item,
        within=place,
        is_text=is_text,
        is_event=streams.describes_events(item, schemas),
        change=name or None,
        changes=words,
    )


def _record_in(
    item: Schema, resource: Resource, schemas: SchemaReader
) -> tuple[tuple[str, ...], bool] | None:
    """The path of the record in a value, and whether it is a JSON string there."""
    if _is_record(item, resource, schemas):
        return (), False
    for name, inner in schemas.outline(item).properties.items():
        if _is_record(inner, resource, schemas):
            return (name,), False
        target = schemas.target(inner)
        is_json = media_types.is_json(str(target.get("contentMediaType", "")))
        if is_json and _is_record(target.get("contentSchema"), resource, schemas):
            return (name,), True
    return None


def _is_record(schema: Any, resource: Resource, schemas: SchemaReader) -> bool:
    if not isinstance(schema, Mapping):
        return False
    target = schemas.target(schema)
    return schemas.identity(schema) == resource.identity or target == schemas.target(resource.record) != {}


def _changes(
    item: Schema, place: tuple[str, ...], schemas: SchemaReader
) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The property that holds the kind of change, and its values for created, updated, deleted."""
    if not place:
        return
    for name, inner in schemas.outline(item).properties.items():
        if name in place or normalised(name) not in _NAMES:
            continue
        values = schemas.target(inner).get("enum")
        if isinstance(values, list):
            texts = [value for value in values if isinstance(value, str)]
            found = {
                change: text
                for change, stem in _CHANGES.items()
                if (text := next((text for text in texts if stem.search(text)), None)) is not None
            }
            if found:
                yield name, found
        elif "string" in schemas.outline(inner).types and "const" not in schemas.target(inner):
            yield name, {change: change for change in _CHANGES}
