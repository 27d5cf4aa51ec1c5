"""Take the content codings from a body (RFC 9110 section 8.4), within a limit: few bytes can say millions."""

import zlib

_AUTOMATIC = zlib.MAX_WBITS + 32
"""gzip or zlib, as the first bytes say."""
KNOWN = frozenset({"gzip", "x-gzip", "deflate"})


class TooLargeError(ValueError):
    """The content has more bytes than the limit."""


class UndecodableError(ValueError):
    """The body is not coded as its header field says."""


def codings_in(header: str) -> list[str]:
    """The codings in a Content-Encoding, in the order they were applied; `identity` is none."""
    names = (name.strip().lower() for name in header.split(","))
    return [name for name in names if name and name != "identity"]


def decode(body: bytes, codings: list[str], limit: int) -> bytes:
    """The content of a body; one with a coding that is not known stays as it is.

    Raises:
        TooLargeError: the body, or what a coding makes of it, exceeds the limit, in bytes.
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
