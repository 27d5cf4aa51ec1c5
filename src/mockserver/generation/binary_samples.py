"""Bodies that are not JSON: the smallest content of the media types that are met most."""

import base64
from collections.abc import Mapping
from typing import Any

import orjson

from mockserver.openapi import media_types

_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
_GIF = "R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw=="

# A tenth of a second of silence.
_WAV = (
    b"RIFF" + (836).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    + b"\x01\x00\x01\x00" + (8000).to_bytes(4, "little") * 2 + b"\x01\x00\x08\x00"
    + b"data" + (800).to_bytes(4, "little") + b"\x80" * 800
)  # fmt: skip

_BINARY: Mapping[str, bytes] = {
    "audio/wav": _WAV,
    "audio/x-wav": _WAV,
    "video/mp4": b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41\x00\x00\x00\x08mdat",
    "image/png": base64.b64decode(_PNG),
    "image/gif": base64.b64decode(_GIF),
    "application/pdf": b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
    "application/zip": b"PK\x05\x06" + bytes(18),
}
_TEXT: Mapping[str, str] = {
    "text/html": "<!DOCTYPE html>\n<html><head><title>Mock</title></head><body></body></html>\n",
    "text/csv": "id,name\n1,first\n2,second\n",
    "text/event-stream": "data: {}\n\n",
    "text/calendar": "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//mockserver//EN\r\nEND:VCALENDAR\r\n",
    "image/svg+xml": '<svg xmlns="http://www.w3.org/2000/svg"/>',
    "application/javascript": "void 0;\n",
    "text/javascript": "void 0;\n",
    "text/css": "* {}\n",
}


def sample(media_type: str) -> str | bytes | None:
    """The smallest body of this type; None when it is not known."""
    plain = media_types.plain(media_type)
    return _TEXT.get(plain) or _BINARY.get(plain)


def lines(value: Any) -> str:
    """JSON values on lines of their own; those of an array, or the one."""
    values = value if isinstance(value, list) else [value]
    return "".join(orjson.dumps(entry).decode() + "\n" for entry in values)


def element(name: str) -> str:
    """An XML document of one empty element."""
    kept = "".join(char for char in name if char.isascii() and (char.isalnum() or char in "_-"))
    plain = kept if kept[:1].isalpha() else f"value{kept}" if kept else "value"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{plain}/>\n'
