"""Write the addresses of generated pictures so that they lead to this mock."""

import re

from mockserver.generation.placeholder_images import MEDIA_ORIGIN, MEDIA_PATH
from mockserver.http.exchange import Exchange, RawHeaders, base_url_of

_MARK = (MEDIA_ORIGIN + MEDIA_PATH).encode()
_BASE = re.compile(r"https?://[A-Za-z0-9.:_~%/\[\]-]{1,200}")

RawAnswer = tuple[int, RawHeaders, bytes]


def with_media_addresses(answer: RawAnswer, exchange: Exchange, public_url: str | None) -> RawAnswer:
    """An answer whose pictures have addresses at this mock, where it shows any."""
    status, headers, body = answer
    if _MARK not in body:
        return answer
    return status, headers, with_media_base(body, exchange, public_url)


def with_media_base(body: bytes, exchange: Exchange, public_url: str | None) -> bytes:
    """A body whose pictures have addresses at this mock, as the client of an exchange reaches it."""
    base = base_url_of(exchange, public_url).rstrip("/")
    if _BASE.fullmatch(base) is None:
        base = "http://localhost"  # a Host that no text of JSON could have in it
    return body.replace(_MARK, (base + MEDIA_PATH).encode())
