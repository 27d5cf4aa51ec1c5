"""Read urlencoded and multipart form bodies, and convert fields to their documented types."""

from collections.abc import AsyncGenerator, Coroutine, Mapping
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from mockserver.behaviour.handler_request import UploadedFile
from mockserver.errors import ApiError, BadRequestError, Violation
from mockserver.http import json_text
from mockserver.http.request.bracketed_names import Pairs, nest, tokens_of
from mockserver.http.request.parameter_styles import SEPARATORS
from mockserver.openapi import media_types
from mockserver.openapi.operation import MediaType, Schema
from mockserver.openapi.schema.coercion import Coercion
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.openapi.versions.openapi_3 import mapping

Value = TypeVar("Value")
_MAXIMUM_FIELDS = 1_000
_PIECE = 64 * 1024


def _refusal(reason: str) -> BadRequestError:
    return BadRequestError(reason, violations=[Violation("body", "", reason, "syntax")])


def read_urlencoded(content: bytes) -> Pairs:
    """Read `application/x-www-form-urlencoded` fields, in their order.

    Raises:
        BadRequestError: the form is malformed, or has more than 1,000 fields.
    """
    if content.count(b"&") >= _MAXIMUM_FIELDS:
        raise _refusal(f"The form has more than {_MAXIMUM_FIELDS} fields.")
    fields = (field.partition(b"=") for field in content.split(b"&") if field)
    try:
        return [(_unquoted(name), _unquoted(value)) for name, _, value in fields]
    except UnicodeDecodeError:
        raise _refusal("The form is not UTF-8.") from None


def _unquoted(text: bytes) -> str:
    """Decode percent-encoded text piece by piece: decoding it at once takes 20 times its size in memory."""
    if b"%" not in text:
        return text.replace(b"+", b" ").decode("utf-8")
    pieces = []
    start = 0
    while start < len(text):
        end = start + _PIECE
        cut = text.rfind(b"%", max(start, end - 2), end)  # an escape stays in one piece
        end = cut if start < cut else end
        pieces.append(unquote_to_bytes(text[start:end].replace(b"+", b" ")))
        start = end
    return b"".join(pieces).decode("utf-8")


class _Parser(MultiPartParser):
    """Starlette's parser, made strict: text must be UTF-8, and the last boundary must be there."""

    ended = False
    # The content is in memory already, so files need no disk and the parser never waits.
    spool_max_size = 0

    def on_part_end(self) -> None:
        if self._current_part.file is None:
            self._current_part.data.decode("utf-8")
        super().on_part_end()

    def on_end(self) -> None:
        self.ended = True


def read_multipart(content: bytes, content_type: str) -> Pairs:
    """Read `multipart/form-data` fields (RFC 7578), in their order; files as bytes.

    Raises:
        BadRequestError: the form is malformed, or has more than 1,000 fields.
    """

    async def chunks() -> AsyncGenerator[bytes, None]:
        yield content

    parser = _Parser(
        Headers({"content-type": content_type}),
        chunks(),
        max_files=_MAXIMUM_FIELDS,
        max_fields=_MAXIMUM_FIELDS,
        max_part_size=max(len(content), 1),
    )
    try:
        form = _finish(parser.parse())
    except UnicodeDecodeError:
        raise _refusal("The form is not UTF-8.") from None
    except (MultiPartException, KeyError, LookupError) as error:
        reason = error.message if isinstance(error, MultiPartException) else "no boundary"
        raise _refusal(f"The multipart form cannot be read: {reason}") from None
    if not parser.ended:
        _finish(form.close())
        raise _refusal("The multipart form cannot be read: its last boundary is missing.")
    pairs: Pairs = []
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            content = _finish(value.read())
            pairs.append((name, UploadedFile(content, value.filename or "", value.content_type)))
        else:
            pairs.append((name, value))
    _finish(form.close())
    return pairs


def hold_to_encoding(pairs: Pairs, media_type: MediaType, refusal: type[ApiError]) -> None:
    """Refuse files whose media type the `contentType` of their encoding does not list.

    Raises:
        ApiError: of the given class, for the first such part.
    """
    for name, value in pairs:
        if not media_type.encoding or not isinstance(value, UploadedFile) or not value.media_type:
            continue
        written = mapping(media_type.encoding.get(name.partition("[")[0])).get("contentType")
        allowed = [entry.strip() for entry in written.split(",")] if isinstance(written, str) else []
        sent = media_types.plain(value.media_type)
        if allowed and not any(media_types.fits(sent, media_types.plain(entry)) for entry in allowed):
            reason = f"The part {name!r} is {sent}; expected is {' or '.join(allowed)}."
            raise refusal(reason, violations=[Violation("body", f"/{name}", reason, "media type")])


def _finish(coroutine: Coroutine[Any, Any, Value]) -> Value:
    """Run a coroutine that never waits, and return its result."""
    try:
        coroutine.send(None)
    except StopIteration as finished:
        return finished.value  # type: ignore[no-any-return]
    raise RuntimeError("a form in memory should not wait")


def flat(pairs: Pairs, media_type: MediaType, schemas: SchemaReader) -> dict[str, Any]:
    """Convert fields to an object by the properties of the form's schema: arrays take all values."""
    schema = media_type.schema if media_type.schema is not None else True
    properties = schemas.properties(schema)
    bracketed = [
        (_appended(name, schema, schemas), _field(value))
        for name, value in pairs
        if _is_nested(name, properties)
    ]
    form: dict[str, Any] = nest(bracketed) if bracketed else {}
    for name, value in pairs:
        if bracketed and _is_nested(name, properties):
            continue
        known = schemas.inside(schema, [name])
        types = schemas.types(known)
        if "array" in types and not (
            value == "" and "string" in types
        ):  # an empty array, as Stripe's clients send it
            entries = _entries(_field(value), media_type.encoding.get(name))
            form.setdefault(name, []).extend(_objects(entries, schemas, known))
        elif types == {"object"} and isinstance(value, str):
            form[name] = _json_or_text(value)
        else:
            form[name] = _field(value)
    return Coercion(schemas, schema, form=True)(form)  # type: ignore[no-any-return]  # an object stays one


def _is_nested(name: str, properties: Mapping[str, Any]) -> bool:
    """Whether a field is part of an object or array, such as `address[city]`: the style deepObject."""
    head, bracket, _ = name.partition("[")
    return bool(bracket) and name not in properties and head in properties


def _appended(name: str, schema: Schema, schemas: SchemaReader) -> str:
    """The field's name with `[]` if the schema has a list there, such as `sizes[eu]` sent twice."""
    tokens = tokens_of(name)
    return f"{name}[]" if tokens[-1] and schemas.has_list(schema, tokens) else name


def _entries(value: Any, encoding: Any) -> list[Any]:
    """The values in one array field: several if its encoding joins them into one text."""
    if (
        not isinstance(encoding, Mapping)
        or encoding.get("explode") is not False
        or not isinstance(value, str)
    ):
        return [value]
    return value.split(SEPARATORS.get(str(encoding.get("style", "form")), ",")) if value else []


def _objects(entries: list[Any], schemas: SchemaReader, schema: Any) -> list[Any]:
    """The entries of an array; objects are parsed from JSON, one per field or all in one."""
    if schemas.types(schemas.items(schema)) != {"object"}:
        return entries
    read = [_json_or_text(entry) if isinstance(entry, str) else entry for entry in entries]
    return [entry for value in read for entry in (value if isinstance(value, list) else [value])]


def _field(value: Any) -> Any:
    # Schemas describe a file as text: `type: string, format: binary` (OpenAPI 4.7.14.2).
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _json_or_text(value: str) -> Any:
    """Parse an object field, which is JSON unless its encoding says otherwise (OpenAPI 4.7.14.4)."""
    try:
        return json_text.decode(value.encode())
    except BadRequestError:
        return value
