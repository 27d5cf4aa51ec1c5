"""Keep secrets out of what is shown and exported."""

import contextlib
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, quote

from mockserver.errors import ApiError
from mockserver.server import json_text

MASK = "***"
SECRET_HEADERS = {
    "authorization",
    "cookie",
    "set-cookie",
    "proxy-authorization",
    "x-api-key",
    "x-mock-admin-token",
}
_SECRET_NAME = re.compile(
    r"pass(word|phrase|wd)|secret|token|api[_-]?key|credential|private[_-]?key", re.IGNORECASE
)


def masked_headers(fields: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Header fields as text, credentials masked."""
    pairs = ((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in fields)
    return {name: MASK if _is_secret(name) else value for name, value in pairs}


def _is_secret(name: str) -> bool:
    return name in SECRET_HEADERS or _SECRET_NAME.search(name) is not None


def masked_query(query_string: bytes) -> str:
    """A query string, the values of secrets masked."""
    text = query_string.decode("latin-1")
    if not _SECRET_NAME.search(text):
        return text
    pairs = parse_qsl(text, keep_blank_values=True, errors="replace")
    return "&".join(f"{quote(name)}={MASK if _is_secret(name) else quote(value)}" for name, value in pairs)


def masked_body(content: bytes, *, whole: bool) -> str:
    """A body as text; in JSON the values of secrets are masked, in anything else what follows their name."""
    text = content.decode("utf-8", "replace")
    if not _SECRET_NAME.search(text):
        return text
    if whole:
        # What is not JSON has no names to go by; below, the text itself is gone through.
        with contextlib.suppress(ApiError):
            return json_text.encode(mask(json_text.decode(content))).decode()
    return re.sub(
        rf"((?:{_SECRET_NAME.pattern})[\w-]*[\"']?\s*[:=]\s*[\"']?)[^\"'&,\s}}]+", rf"\1{MASK}", text
    )


def mask(value: Any) -> Any:
    """A JSON value, the values of secrets masked."""
    if isinstance(value, dict):
        return {
            name: MASK if _SECRET_NAME.search(str(name)) and not isinstance(entry, bool) else mask(entry)
            for name, entry in value.items()
        }
    return [mask(entry) for entry in value] if isinstance(value, list) else value
