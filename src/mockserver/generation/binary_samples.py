"""Bodies that are not JSON: minimal content for the most common media types."""

import base64
import csv
import gzip
import io
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from mockserver.openapi import media_types

_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
_JPEG = (
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP"
    + "/" * 86
    + "wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA="
)
_WEBP = "UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAwA0JaQAA3AA/vuUAAA="
_GIF = "R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw=="

# A tenth of a second of silence.
_WAV = (
    b"RIFF" + (836).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    + b"\x01\x00\x01\x00" + (8000).to_bytes(4, "little") * 2 + b"\x01\x00\x08\x00"
    + b"data" + (800).to_bytes(4, "little") + b"\x80" * 800
)  # fmt: skip

_BMP = (
    b"BM" + struct.pack("<IHHI", 58, 0, 0, 54)
    + struct.pack("<IiiHHIIiiII", 40, 1, 1, 1, 24, 0, 4, 2835, 2835, 0, 0) + b"\xcc\xcc\xcc\x00"
)  # fmt: skip

_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\nxref\n0 4\n0000000000 65535 f \n"
    b"0000000009 00000 n \n0000000052 00000 n \n0000000101 00000 n \ntrailer<</Size 4/Root 1 0 R>>\n"
    b"startxref\n164\n%%EOF\n"
)
"""A PDF with one empty page."""

_ZIP = b"PK\x05\x06" + bytes(18)
_GZIP = gzip.compress(b"", mtime=0)

_BINARY: Mapping[str, bytes] = {
    "audio/wav": _WAV,
    "audio/x-wav": _WAV,
    "video/mp4": b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41\x00\x00\x00\x08mdat",
    "image/png": base64.b64decode(_PNG),
    "image/gif": base64.b64decode(_GIF),
    "image/jpeg": base64.b64decode(_JPEG),
    "image/jpg": base64.b64decode(_JPEG),
    "image/webp": base64.b64decode(_WEBP),
    "image/bmp": _BMP,
    "image/x-icon": struct.pack("<HHHBBBBHHII", 0, 1, 1, 1, 1, 0, 0, 1, 24, len(base64.b64decode(_PNG)), 22)
    + base64.b64decode(_PNG),
    "audio/mpeg": b"ID3\x04\x00\x00\x00\x00\x00\x00" + b"\xff\xfb\x90\x00" + bytes(413),
    "audio/ogg": b"OggS\x00\x02" + bytes(20) + b"\x00",
    "application/pdf": _PDF,
    "application/zip": _ZIP,
    "application/x-zip-compressed": _ZIP,
    "application/gzip": _GZIP,
    "application/x-gzip": _GZIP,
    "application/x-tar": bytes(1024),
}
_TEXT: Mapping[str, str] = {
    "text/html": "<!DOCTYPE html>\n<html><head><title>Mock</title></head><body></body></html>\n",
    "text/csv": "id,name\n1,first\n2,second\n",
    "text/calendar": "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//mockserver//EN\r\nEND:VCALENDAR\r\n",
    "image/svg+xml": '<svg xmlns="http://www.w3.org/2000/svg"/>',
    "application/javascript": "void 0;\n",
    "text/javascript": "void 0;\n",
    "text/css": "* {}\n",
}


def sample(media_type: str) -> str | bytes | None:
    """A minimal body of this type; None for unknown types."""
    plain = media_types.plain(media_type)
    return _TEXT.get(plain) or _BINARY.get(plain)


def is_table(media_type: str) -> bool:
    """Whether a media type consists of rows of comma- or tab-separated values."""
    return media_types.plain(media_type) in _SEPARATORS


def table(media_type: str, value: Any) -> str | None:
    """Write objects as rows below a header row; None for a value that is not a list of objects.

    Nested values are written as JSON, as rows cannot be nested.
    """
    rows: Sequence[Any] = value if isinstance(value, list) else ()
    if not rows or not all(isinstance(row, dict) for row in rows):
        return None
    names = list(dict.fromkeys(name for row in rows for name in row))
    written = io.StringIO()
    writer = csv.writer(written, delimiter=_SEPARATORS[media_types.plain(media_type)], lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows([_cell(row.get(name)) for name in names] for row in rows)
    return written.getvalue()


_SEPARATORS = {"text/csv": ",", "application/csv": ",", "text/tab-separated-values": "\t"}


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def element(name: str) -> str:
    """An XML document with one empty element."""
    kept = "".join(char for char in name if char.isascii() and (char.isalnum() or char in "_-"))
    plain = kept if kept[:1].isalpha() else f"value{kept}" if kept else "value"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{plain}/>\n'
