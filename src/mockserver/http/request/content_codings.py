"""Decode the content codings of a body (RFC 9110 section 8.4) up to a size limit, against zip bombs."""

import zlib

_AUTOMATIC = zlib.MAX_WBITS + 32
"""gzip or zlib, detected by the first bytes."""
KNOWN = frozenset({"gzip", "x-gzip", "deflate"})


class TooLargeError(ValueError):
    """The content has more bytes than the limit."""


class UndecodableError(ValueError):
    """The body is not encoded as its Content-Encoding says."""


def codings_in(header: str) -> list[str]:
    """The codings in a Content-Encoding, in the order they were applied, without `identity`."""
    names = (name.strip().lower() for name in header.split(","))
    return [name for name in names if name and name != "identity"]


def decode(body: bytes, codings: list[str], limit: int) -> bytes:
    """Decode a body; if a coding is unknown, return the body unchanged.

    Raises:
        TooLargeError: the body, before or after decoding, exceeds the limit in bytes.
        UndecodableError: it cannot be decoded.
    """
    if len(body) > limit:
        raise TooLargeError
    if not KNOWN.issuperset(codings):
        return body
    for _ in codings:
        body = _inflate(body, limit) if body else body
    return body


def _inflate(body: bytes, limit: int) -> bytes:
    try:
        return _inflated(zlib.decompressobj(_AUTOMATIC), body, limit)
    except zlib.error as error:
        try:
            return _inflated(zlib.decompressobj(-zlib.MAX_WBITS), body, limit)  # deflate without its header
        except zlib.error:
            raise UndecodableError(str(error)) from None


def _inflated(stream: "zlib._Decompress", body: bytes, limit: int) -> bytes:
    content = stream.decompress(body, limit + 1)
    if len(content) > limit:
        raise TooLargeError
    if not stream.eof:
        raise zlib.error("the coded content is incomplete")
    return content
