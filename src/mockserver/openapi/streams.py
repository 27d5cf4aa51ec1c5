"""Bodies that are a stream of values: server-sent events, JSON lines, JSON text sequences.

Finds the schema of the values (OpenAPI 3.2 `itemSchema`, else the items of an array, else the schema itself),
frames values as a body, and parses framed bodies.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from mockserver.openapi import media_types
from mockserver.openapi.operation import MediaType, Operation, Schema
from mockserver.openapi.schema.schema_reader import SchemaReader

KEEP_ALIVE = b": keep-alive\n\n"
"""A comment that keeps the connection alive; it is not an event (HTML standard, 9.2.7)."""

_RETRY = b"retry: 3000\n\n"
OPENING = KEEP_ALIVE + _RETRY
"""The start of every event stream."""
_FIELDS = frozenset({"event", "data", "id", "retry", "comment"})
_SEPARATOR = b"\x1e"
_IS_FRAMED = re.compile(r"\A\ufeff?(?:[ \t]*\r?\n)*(?::|(?:data|event|id|retry):)")
_BLOCK = re.compile(r"\r\n\r\n|\n\n|\r\r")
_END = "[DONE]"
"""The data of a last event by which some APIs mark the end of a stream."""


def item_schema(media_type: MediaType, schemas: SchemaReader) -> Schema | None:
    """The schema of one value of a stream; None when the document has none."""
    if media_type.item_schema is not None:
        return media_type.item_schema
    schema = media_type.schema
    if schema is None or schema is True or not schema:
        return None
    if schemas.outline(schema).is_array:
        return schemas.items(schema)
    if schemas.target(schema).get("format") in {
        "binary",
        "byte",
    }:  # the schema describes the body as a whole, not its values
        return None
    return schema


def branches(schema: Schema, schemas: SchemaReader) -> Sequence[Schema]:
    """The branches of a schema that is a plain choice; otherwise the schema itself."""
    target = schemas.target(schema)
    choices = [name for name in ("oneOf", "anyOf") if isinstance(target.get(name), list)]
    others = target.keys() - {*choices, "discriminator", "title", "description", "type"}
    return target[choices[0]] if len(choices) == 1 and not others and target[choices[0]] else (schema,)


def describes_events(schema: Schema | None, schemas: SchemaReader) -> bool:
    """Whether a schema describes whole events, `{event, data, id}`, rather than their data."""
    names = set(schemas.properties(schema)) if isinstance(schema, Mapping) else set()
    return "data" in names and names <= _FIELDS


def values_in(example: Any) -> list[Any]:
    """The stream values in a documented example."""
    return example if isinstance(example, list) else [example]


def is_whole(example: Any, content_type: str, schema: Schema | None, schemas: SchemaReader) -> bool:
    """Whether an example is the framed text of a whole body."""
    if not isinstance(example, str):
        return False
    if media_types.is_event_stream(content_type):
        return _IS_FRAMED.match(example) is not None
    return schema is None or "string" not in schemas.types(schema) or "\n" in example


def framed(content_type: str, values: Sequence[Any], *, after: int = 0, events: bool = False) -> bytes:
    """Frame values as a body of a media type.

    Args:
        content_type: a media type of streams.
        values: JSON values.
        after: the number of the last event that the client has received; ids continue from it.
        events: whether the values are whole events rather than their data.
    """
    if media_types.is_event_stream(content_type):
        written = [_event(value, after + n, whole=events) for n, value in enumerate(values, 1)]
        return b"".join([OPENING, *written])
    before = _SEPARATOR if media_types.is_json_sequence(content_type) else b""
    return b"".join(before + orjson.dumps(value) + b"\n" for value in values)


def event(value: Any, event_id: str, *, whole: bool) -> bytes:
    """Write an event with this id; `whole` means that the value is a whole event, not its data."""
    fields = {**value, "id": event_id} if whole and isinstance(value, Mapping) else {"data": value}
    return _event({"id": event_id, **fields}, 0, whole=True)


def piece(content_type: str, value: Any, event_id: str, *, whole: bool) -> bytes:
    """Write one value of an open stream; only events have an id."""
    if media_types.is_event_stream(content_type):
        return event(value, event_id, whole=whole)
    before = _SEPARATOR if media_types.is_json_sequence(content_type) else b""
    return before + orjson.dumps(value) + b"\n"


def keep_alive(content_type: str) -> bytes:
    """What keeps the connection of an open stream alive and is no value: a comment, an empty line."""
    if media_types.is_event_stream(content_type):
        return KEEP_ALIVE
    return b"" if media_types.is_json_sequence(content_type) else b"\n"


def _event(value: Any, number: int, *, whole: bool) -> bytes:
    fields: Mapping[str, Any] = value if whole and isinstance(value, Mapping) else {"data": value}
    lines = [f"id: {_one_line(fields.get('id', number))}"]
    lines += [
        f"{name}: {_one_line(fields[name])}" for name in ("event", "retry") if fields.get(name) is not None
    ]
    data = fields.get("data", "")
    text = data if isinstance(data, str) else orjson.dumps(data).decode()
    lines += [f"data: {line}" for line in re.split(r"\r\n|\r|\n", text)]
    return "\n".join([*lines, "", ""]).encode()


def _one_line(value: Any) -> str:
    return re.sub(r"[\r\n\0]+", " ", str(value))


def pieces(content_type: str, body: bytes) -> list[bytes]:
    """Split a framed body into pieces that each hold one value; comments are pieces, too."""
    if media_types.is_event_stream(content_type):
        return [part + b"\n\n" for part in body.split(b"\n\n") if part]
    if media_types.is_json_sequence(content_type):
        return [_SEPARATOR + part for part in body.split(_SEPARATOR) if part]
    return body.splitlines(keepends=True)


def whole_pieces(content_type: str, body: bytes) -> list[bytes]:
    """The complete pieces with values in a body that is still being received."""
    end = b"\n\n" if media_types.is_event_stream(content_type) else b"\n"
    body = body.replace(b"\r\n", b"\n")
    known = body[: body.rfind(end) + len(end)] if end in body else b""
    return [piece for piece in pieces(content_type, known) if has_value(content_type, piece)]


def has_value(content_type: str, piece: bytes) -> bool:
    """Whether a piece holds a value rather than a comment."""
    return not media_types.is_event_stream(content_type) or b"data:" in piece


def read(content_type: str, body: bytes, *, events: bool = False, text: bool = False) -> Iterator[Any]:
    """Parse the values of a framed body.

    Args:
        content_type: a media type of streams.
        body: as received; an incomplete event or line is not read.
        events: whether to return whole events rather than their data.
        text: whether the data of events is plain text rather than JSON.

    Raises:
        ValueError: a value is not JSON.
    """
    if media_types.is_event_stream(content_type):
        for fields in _events(body):
            data = fields["data"]
            if events:
                yield fields
            elif data != _END:
                yield data if text else orjson.loads(data)
        return
    separator = _SEPARATOR if media_types.is_json_sequence(content_type) else b"\n"
    yield from (orjson.loads(part) for part in body.split(separator) if part.strip())


def _events(body: bytes) -> Iterator[dict[str, Any]]:
    """The events of a body: blocks that end with a blank line and have data (HTML standard, 9.2.6)."""
    for block in _BLOCK.split(body.decode("utf-8", "replace").removeprefix("\ufeff"))[:-1]:
        found: dict[str, Any] = {}
        data = []
        for line in block.splitlines():
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data":
                data.append(value)
            elif name in {"event", "id"}:
                found[name] = value
            elif name == "retry" and value.isdecimal():
                found[name] = int(value)
        if data:
            yield {**found, "data": "\n".join(data)}


def offers(operation: Operation) -> list[str]:
    """The stream media types among an operation's success responses."""
    return [
        name
        for status, response in operation.responses.items()
        if status.startswith("2") or status == "default"
        for name in response.content
        if media_types.is_stream(name)
    ]


def wanted(operation: Operation, body: Any, accept: str | None) -> str | None:
    """Adjust `Accept` if the body asks for a stream or not (`"stream": true`).

    The body takes precedence over `Accept`, because clients of such APIs ask for JSON by habit.
    """
    says = body.get("stream") if isinstance(body, dict) else None
    if not isinstance(says, bool):
        return accept
    streams = offers(operation)
    if not streams:
        return accept
    if says:
        return ", ".join([*streams, "*/*;q=0.1"])
    return ", ".join([accept or "*/*", *(f"{name};q=0.001" for name in streams)])
