"""Keep secrets out of what is shown and exported."""

import contextlib
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote_plus

from mockserver.errors import ApiError
from mockserver.server import json_text
from mockserver.server.admin.loose import Span, json_values, values_after
from mockserver.server.exchange import Exchange
from mockserver.server.journal import SHOWN_BODY

MASK = "***"
SECRET_HEADERS = {
    "authorization",
    "cookie",
    "set-cookie",
    "proxy-authorization",
    "x-api-key",
    "x-mock-admin-token",
}
_ADDRESSES = {"referer", "location", "content-location", "origin"}
_NAME = (
    r"pass(?:word|phrase|wd|code)|(?<![a-z])pwd(?![a-z])|secret|token|(?<![a-z])jwt(?![a-z])|credential"
    r"|(?:api|access|private)[_-]?key|(?<![a-z])auth(?![a-z])|authorization|contrase[ñn]a"
)
_SECRET_NAME = re.compile(_NAME, re.IGNORECASE)
_FORM = re.compile(r"[^\s{}<>\"]*=[^\s{}<>\"]*")
_SURELY = 6
"""So long a secret is found in a sentence without its quotes, too."""


def masked_headers(fields: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Header fields as text, credentials masked."""
    pairs = ((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in fields)
    return {name: _masked_field(name, value) for name, value in pairs}


def _masked_field(name: str, value: str) -> str:
    if _is_secret(name):
        return MASK
    return masked_url(value) if name in _ADDRESSES else value


def masked_url(url: str) -> str:
    """An address, the values of secrets in its query and its fragment masked."""
    head, *rest = re.split(r"([?#])", url)
    return head + "".join(part if part in {"?", "#"} else _masked_form(part) for part in rest)


def _is_secret(name: str) -> bool:
    return name in SECRET_HEADERS or _SECRET_NAME.search(name) is not None


def masked_query(query_string: bytes) -> str:
    """A query string, the values of secrets masked."""
    return _masked_form(query_string.decode("latin-1"))


def _masked_form(text: str) -> str:
    if not _SECRET_NAME.search(unquote_plus(text)):
        return text
    pairs = (part.partition("=") for part in text.split("&"))
    return "&".join(
        f"{name}={MASK}" if equals and _is_secret(unquote_plus(name)) else name + equals + value
        for name, equals, value in pairs
    )


def masked_body(content: bytes, *, whole: bool) -> str:
    """A body as text; in JSON the values of secrets are masked, in anything else what follows their name."""
    text = content.decode("utf-8", "replace")
    if _FORM.fullmatch(text):
        return _masked_form(text)
    if not _SECRET_NAME.search(text):
        return text
    if whole:
        # What is not JSON has no names to go by; below, the text itself is gone through.
        with contextlib.suppress(ApiError):
            return json_text.encode(mask(json_text.decode(content))).decode()
    return _masked_at(text, _spans(text))


def _masked_at(text: str, spans: Iterable[Span]) -> str:
    masked, place = [], 0
    for start, end in spans:
        masked += [text[place:start], MASK]
        place = end
    return "".join([*masked, text[place:]])


def _spans(text: str) -> list[Span]:
    """Where secrets stand in a text, in their order, none in another."""
    found: list[Span] = []
    for start, end in sorted([*json_values(text, _NAME), *values_after(text, _NAME)]):
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif end > start:
            found.append((start, end))
    return found


def mask(value: Any) -> Any:
    """A JSON value, the values of secrets masked."""
    if isinstance(value, dict):
        return {
            name: MASK if _SECRET_NAME.search(str(name)) and not isinstance(entry, bool) else mask(entry)
            for name, entry in value.items()
        }
    return [mask(entry) for entry in value] if isinstance(value, list) else value


def secrets_told(exchange: Exchange) -> tuple[str, ...]:
    """The secrets of a request that the sentences about what it breaks may have in them."""
    if not exchange.violations:
        return ()
    text = exchange.body.decode("utf-8", "replace")
    found = [*_of_body(exchange, text)] if _SECRET_NAME.search(unquote_plus(text)) else []
    found += [value for name, values in exchange.query.items() if _is_secret(name) for value in values]
    for name, raw in exchange.headers.items():
        if _is_secret(name.decode("latin-1").lower()):
            value = raw.decode("latin-1")
            found += [value, value.rpartition(" ")[2]]
    if exchange.body_size > SHOWN_BODY:
        # What is wrong may stand in the part that was not kept.
        found += [one.message for one in exchange.violations if _SECRET_NAME.search(one.pointer)]
    return tuple(sorted({one for one in found if one}, key=len, reverse=True))


def _of_body(exchange: Exchange, text: str) -> Iterator[str]:
    if _FORM.fullmatch(text):
        for name, _, value in (part.partition("=") for part in text.split("&")):
            if _is_secret(unquote_plus(name)):
                yield unquote_plus(value)
        return
    if exchange.body_size <= SHOWN_BODY:
        with contextlib.suppress(ApiError):
            yield from _below_secrets(json_text.decode(exchange.body), is_secret=False)
            return
    yield from (text[start:end] for start, end in _spans(text))


def _below_secrets(value: Any, *, is_secret: bool) -> Iterator[str]:
    if isinstance(value, dict):
        for name, entry in value.items():
            yield from _below_secrets(entry, is_secret=is_secret or bool(_SECRET_NAME.search(name)))
    elif isinstance(value, list):
        for entry in value:
            yield from _below_secrets(entry, is_secret=is_secret)
    elif is_secret and value is not None and not isinstance(value, bool):
        yield str(value)


def told(message: str, secrets: Iterable[str]) -> str:
    """A sentence about what is wrong, without the secrets that it quotes."""
    return without(_masked_at(message, json_values(message, _NAME)), secrets)


def masked_answer(exchange: Exchange, secrets: Iterable[str]) -> str:
    """The body of the answer, the secrets of the request in it masked, too."""
    text = masked_body(exchange.reply_body, whole=exchange.reply_size <= SHOWN_BODY)
    for violation in exchange.violations:
        written, shown = violation.message, told(violation.message, secrets)
        if shown != written:
            text = text.replace(_in_json(written), _in_json(shown))
    return without(text, secrets)


def _in_json(text: str) -> str:
    return json_text.encode(text).decode()[1:-1]


def without(text: str, secrets: Iterable[str]) -> str:
    """A sentence, or JSON that has sentences in it, without secrets that it quotes."""
    for secret in secrets:
        quoted = json_text.encode(secret).decode()
        # In a sentence, and in a sentence that stands in JSON.
        text = text.replace(quoted, f'"{MASK}"')
        text = text.replace(_in_json(quoted), rf"\"{MASK}\"")
        if len(secret) >= _SURELY:
            text = text.replace(secret, MASK).replace(quoted[1:-1], MASK)
        elif secret.isdecimal():
            text = re.sub(rf"(?<![\w.]){secret}(?![\w.])", MASK, text)
    return text
