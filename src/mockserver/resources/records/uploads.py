"""Uploaded files: stored with their record, described by its fields."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from mockserver.behaviour.backend import Backend
from mockserver.behaviour.handler_request import Request, UploadedFile
from mockserver.openapi import media_types
from mockserver.openapi.names import normalised
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.conventions import record_words
from mockserver.resources.plan import FILES
from mockserver.state.baseline import Record

_ANY = "application/octet-stream"
_FILENAME = re.compile(r"""filename\*?\s*=\s*(?:utf-8'[^']*')?"?([^";]+)"?""", re.IGNORECASE)


def files_of(request: Request) -> Mapping[str, UploadedFile]:
    """The files of a request by field name; a file that is the whole body has an empty name."""
    if request.files:
        return request.files
    kind = request.body_type or ""
    is_data = (
        not request.content
        or not kind
        or not isinstance(request.body, str)
        or media_types.is_json(kind)
        or media_types.is_xml(kind)
        or media_types.is_multipart_form(kind)
        or media_types.is_urlencoded(kind)
    )
    if is_data:
        return {}
    said = _FILENAME.search(request.header("content-disposition") or "")
    return {"": UploadedFile(request.content, unquote(said[1]) if said else "", kind)}


def described(
    properties: Mapping[str, Schema], files: Mapping[str, UploadedFile], schemas: SchemaReader
) -> dict[str, Any]:
    """The fields of a record that describe the first file: name, size, media type and hashes."""
    if not files:
        return {}
    file = next(iter(files.values()))
    found = {}
    for name, schema in properties.items():
        value = _fact(normalised(name), file)
        kind = "integer" if isinstance(value, int) else "string"
        types = schemas.types(schema)
        if value is not None and (kind in types or (kind == "integer" and "number" in types)):
            found[name] = value
    return found


def _fact(name: str, file: UploadedFile) -> Any:
    """The value of a field of this name for a file; None when the name is not known."""
    if name in record_words.FILE_SIZES:
        return len(file)
    if name in record_words.FILE_NAMES:
        return file.filename or None
    if name in record_words.FILE_TYPES:
        return file.media_type
    digest = name.removesuffix("hash").removesuffix("sum").removesuffix("check")
    if digest not in record_words.FILE_DIGESTS:
        return None
    return hashlib.new(digest, file, usedforsecurity=False).hexdigest()


def keep(backend: Backend, collection: str, key: str, files: Mapping[str, UploadedFile]) -> None:
    """Store the first of a request's files with its record."""
    if files:
        file = next(iter(files.values()))
        kept = {
            "content": file.decode("latin-1"),
            "filename": file.filename,
            "media_type": file.media_type or _ANY,
        }
        backend.collection(FILES).put(f"{collection}/{key}", kept)


def kept(backend: Backend, collection: str, key: str) -> UploadedFile | None:
    """The file of a record; None when it has none."""
    record: Record | None = backend.collection(FILES).get(f"{collection}/{key}")
    if record is None:
        return None
    return UploadedFile(record["content"].encode("latin-1"), record["filename"], record["media_type"])


def disposition(file: UploadedFile) -> str:
    """The value of `Content-Disposition` (RFC 6266): `inline` for images, else `attachment`."""
    kind = "inline" if (file.media_type or "").startswith("image/") else "attachment"
    if not file.filename:
        return kind
    plain = re.sub(r"[^ !#-\[\]-~]", "_", file.filename)
    more = "" if plain == file.filename else f"; filename*=UTF-8''{quote(file.filename, safe='')}"
    return f'{kind}; filename="{plain}"{more}'


def ranged(header: str | None, size: int) -> tuple[int, int] | None:
    """The range of bytes that `Range` asks for, without its end; None for the whole content.

    Several ranges, and invalid ones, are answered with the whole content (RFC 9110 section 14.2).

    Raises:
        ValueError: the content has no such range.
    """
    found = re.fullmatch(r"bytes=(\d{0,15})-(\d{0,15})", (header or "").replace(" ", ""))
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        start, end = max(0, size - int(found[2])), size
    else:
        start, end = int(found[1]), min(size, int(found[2]) + 1 if found[2] else size)
        if found[2] and int(found[2]) < start:
            return None
    if start >= size:
        raise ValueError(f"bytes */{size}")
    return start, end
