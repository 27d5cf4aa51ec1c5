"""Replace the base of generated picture URLs, so that they point to this mock."""

import re

from mockserver.generation.placeholder_images import MEDIA_ORIGIN, MEDIA_PATH
from mockserver.http.exchange import Exchange, RawResponse, base_url_of

_MARK = (MEDIA_ORIGIN + MEDIA_PATH).encode()
_BASE = re.compile(r"https?://[A-Za-z0-9.:_~%/\[\]-]{1,200}")


def with_media_addresses(answer: RawResponse, exchange: Exchange, public_url: str | None) -> RawResponse:
    """An answer whose picture URLs, if any, point to this mock."""
    status, headers, body = answer
    if _MARK not in body:
        return answer
    return status, headers, with_media_base(body, exchange, public_url)


def with_media_base(body: bytes, exchange: Exchange, public_url: str | None) -> bytes:
    """A body whose picture URLs point to this mock, at the host and scheme that the client used."""
    base = base_url_of(exchange, public_url).rstrip("/")
    if _BASE.fullmatch(base) is None:
        base = "http://localhost"  # the Host has characters that would need escaping in JSON
    return body.replace(_MARK, (base + MEDIA_PATH).encode())
