"""Placeholder images in place of a document's images, generated only from their path."""

import re
import struct
import zlib
from hashlib import blake2b
from html import escape
from typing import NamedTuple

MEDIA_ORIGIN = "https://media.mockserver.example"
"""Placeholder origin in the URL of a generated picture; the mock replaces it by its own when answering."""

MEDIA_PATH = "/__media/"
"""The start of a generated picture's path."""

SQUARE = frozenset({"avatar", "icon", "logo", "thumbnail"})
"""Kinds of square pictures."""

_PATH = re.compile(r"/__media/([a-z]{1,20})/([0-9a-f]{1,32})\.(svg|png)")
_SMALL, _WIDE = 128, 192


class Picture(NamedTuple):
    """A picture with its media type."""

    media_type: str
    content: bytes


def picture_path(kind: str, number: int, suffix: str = "svg") -> str:
    """The path of a picture."""
    return f"{MEDIA_PATH}{kind}/{number:016x}.{suffix}"


def picture_at(path: str) -> Picture | None:
    """The picture for a path; None if the path is not that of a picture."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    kind, number, suffix = found.groups()
    width, height = (_SMALL, _SMALL) if kind in SQUARE else (_WIDE, _SMALL)
    light, dark = _colours(number)
    if suffix == "png":
        return Picture("image/png", _png(width, height, light, dark))
    return Picture("image/svg+xml", _svg(kind, width, height, light, dark).encode())


def _colours(number: str) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """A light colour and a dark one of the same hue."""
    mixed = blake2b(number.encode(), digest_size=3).digest()
    red, green, blue = (128 + part // 3 for part in mixed)
    return (red, green, blue), (red // 2, green // 2, blue // 2)


def _svg(kind: str, width: int, height: int, light: tuple[int, int, int], dark: tuple[int, int, int]) -> str:
    middle = width // 2
    front = "#" + "".join(f"{part:02x}" for part in dark)
    back = "#" + "".join(f"{part:02x}" for part in light)
    if kind == "avatar":
        shape = (
            f'<circle cx="{middle}" cy="{height * 2 // 5}" r="{height // 5}" fill="{front}"/>'
            f'<circle cx="{middle}" cy="{height}" r="{height // 3}" fill="{front}"/>'
        )
    else:
        shape = (
            f'<circle cx="{width * 3 // 4}" cy="{height // 4}" r="{height // 8}" fill="{front}"/>'
            f'<path d="M0 {height} L{width * 2 // 5} {height * 2 // 5} L{width * 4 // 5} {height}'
            f'M{middle} {height} L{width * 3 // 4} {height * 3 // 5} L{width} {height}Z" fill="{front}"/>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img"><title>{escape(kind)}</title>'
        f'<rect width="{width}" height="{height}" fill="{back}"/>{shape}</svg>'
    )


def _png(width: int, height: int, light: tuple[int, int, int], dark: tuple[int, int, int]) -> bytes:
    """A PNG in two colours, the dark one below a diagonal."""
    rows = bytearray()
    for row in range(height):
        dark_columns = max(row * 2 - height, 0) * width // height
        # A row with one byte per pixel for a palette of two colours; the first 0 means no filter.
        rows += b"\0" + b"\1" * dark_columns + b"\0" * (width - dark_columns)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", bytes((*light, *dark))), (b"IDAT", zlib.compress(bytes(rows), 9)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in (*chunks, (b"IEND", b"")))


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
