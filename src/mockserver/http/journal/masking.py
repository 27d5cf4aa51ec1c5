"""Mask secrets in what is shown and exported: headers, queries, bodies of any kind, messages about them."""

import re
from collections.abc import Iterable
from functools import partial
from itertools import chain
from typing import Any
from urllib.parse import quote_plus, unquote, unquote_plus

from mockserver.http import json_text
from mockserver.http.exchange import Exchange
from mockserver.http.journal.secret_names import (
    NO_API_KEYS,
    ApiKeyNames,
    has_secret_part,
    is_secret,
    is_secret_parameter,
)
from mockserver.http.journal.secret_scanner import (
    MASK,
    Span,
    is_json,
    json_spans,
    merged,
    multipart_spans,
    pem_spans,
    percent_spans,
    url_spans,
    word_spans,
    xml_spans,
)

__all__ = ["MASK", "Masker", "mask", "masked_answer", "quoted_secrets", "without", "without_secrets"]

# Header fields whose names only look like those of secrets.
_NO_SECRETS = {"access-control-allow-credentials", "content-type"}
_ADDRESSES = {"referer", "location", "content-location", "origin"}
_FORM = re.compile(r"[^\s{}<>\"]*+")
_STRUCTURED = re.compile(r"[{<]|\A\s*[\[\"]|content-disposition", re.IGNORECASE)
_SIGNS = ("//", "\\/", "-----", "\\u", "%", "&#")
"""Signs of a secret without a name, or of an encoding that may hide a secret's name."""
_USER = re.compile(r"((?:^|:)\\*/\\*/)[^/?#]*@")
# A URL that is cut before the `@`: text after the colon that is not a port may be a password.
_CUT_USER = re.compile(r"((?:^|:)\\*/\\*/)[^/?#@\[]*:(?!\d*\Z)[^/?#@]*\Z")
_MAXIMUM_LEVELS = 5
"""Nesting depth up to which texts within texts are parsed; deeper ones are masked whole."""
_MAXIMUM_SECRETS = 50
"""Number of secrets that are searched for in messages; with more, the whole message is masked."""
_SURELY = 6
"""Minimum length of a secret that is also masked in a message where it has no quotes."""


class Masker:
    """Masks the secrets of one message, and collects them."""

    def __init__(self, api_keys: ApiKeyNames = NO_API_KEYS) -> None:
        self._api_keys = api_keys
        #: The secrets that were masked, as received.
        self.secrets: list[str] = []

    def headers(self, fields: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
        """Header fields as text with credentials masked; fields of the same name are joined."""
        pairs = ((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in fields)
        shown: dict[str, str] = {}
        for name, value in pairs:
            text = self._field(name, value)
            shown[name] = f"{shown[name]}, {text}" if name in shown else text
        return shown

    def _field(self, name: str, value: str) -> str:
        if name in _NO_SECRETS:
            return value
        if is_secret_parameter(name, self._api_keys.header):
            self.secrets += [value, value.rpartition(" ")[2]]
            return MASK
        if name in _ADDRESSES:
            return self.url(value)
        return self._masked(value, self._spans(value, 0))

    def url(self, url: str) -> str:
        """Mask a URL's user information and the secrets in its query and fragment."""
        head, *rest = re.split(r"([?#])", url)
        head = _USER.sub(self._user, head)
        if not rest:
            head = _CUT_USER.sub(self._user, head)
        return head + "".join(part if part in {"?", "#"} else self.form(part) for part in rest)

    def _user(self, found: re.Match[str]) -> str:
        user = found[0][len(found[1]) :].removesuffix("@")
        self.secrets += [user, *map(unquote, user.split(":")[1:])]
        return f"{found[1]}{MASK}@"

    def query(self, query_string: bytes) -> str:
        """Mask the secret values in a query string."""
        return self.form(query_string.decode("latin-1"))

    def form(self, text: str, level: int = 0) -> str:
        """Mask a query string or urlencoded form."""
        return "&".join(self._pair(part, level) for part in text.split("&"))

    def _pair(self, pair: str, level: int) -> str:
        name, equals, value = pair.partition("=")
        if equals and is_secret_parameter(unquote_plus(name).rstrip("]"), self._api_keys.query):
            self.secrets += [value, unquote_plus(value)]
            return f"{name}={MASK}"
        said = unquote_plus(value) if equals else unquote_plus(name)
        shown = self._string(said, level + 1)
        if shown == said:
            return pair
        return name + equals + quote_plus(shown, safe="*") if equals else quote_plus(shown, safe="*")

    def body(self, content: bytes) -> str:
        """Mask a body and return it as text; its media type is ignored, as clients may send a wrong one."""
        return self._text(content.decode("utf-8", "replace"), 0)

    def value(self, value: Any) -> Any:
        """Mask the values of secret names in a JSON value."""
        if isinstance(value, dict):
            return {
                name: MASK
                if is_secret(str(name)) and not isinstance(entry, bool | None)
                else self.value(entry)
                for name, entry in value.items()
            }
        if isinstance(value, list):
            return [self.value(entry) for entry in value]
        return self._string(value, 1) if isinstance(value, str) else value

    def sentence(self, message: str) -> str:
        """Mask a message, which may quote a value."""
        return self._masked(message, self._spans(message, 0))

    def parameter(self, name: str, value: str) -> str:
        """Mask the value of a query parameter."""
        return MASK if is_secret_parameter(name, self._api_keys.query) else self._string(value, 1)

    def _may_have_secrets(self, text: str) -> bool:
        return (
            any(sign in text for sign in _SIGNS)
            or has_secret_part(text)
            or any(name in text.lower() for name in self._api_keys.query)
        )

    def _text(self, text: str, level: int) -> str:
        if not self._may_have_secrets(text):
            return text
        if level > _MAXIMUM_LEVELS:
            self.secrets.append(text)
            return MASK
        if is_json(text):
            return self._masked(text, json_spans(text, partial(self._string, level=level + 1)))
        if "=" in text and _FORM.fullmatch(text):
            text = self.form(text, level)
        return self._masked(text, self._spans(text, level))

    def _string(self, text: str, level: int) -> str:
        """Mask a text within another; the words of ordinary prose are not searched for secret names."""
        if not self._may_have_secrets(text):
            return text
        if _STRUCTURED.search(text) or ("=" in text and _FORM.fullmatch(text)):
            return self._text(text, level)
        return self._masked(text, self._named_by_none(text))

    def _spans(self, text: str, level: int) -> list[Span]:
        """All parts of a text that may be a secret under any syntax."""
        nested = partial(self._text, level=level + 1)
        return [
            *json_spans(text, nested),
            *word_spans(text, self._api_keys.query),
            *xml_spans(text, nested),
            *percent_spans(text, nested),
            *multipart_spans(text),
            *self._named_by_none(text),
        ]

    def _named_by_none(self, text: str) -> Iterable[Span]:
        """Secrets that are recognised without a name: PEM blocks and URLs."""
        return chain(pem_spans(text), url_spans(text, self.url)) if "--" in text or "/" in text else ()

    def _masked(self, text: str, spans: Iterable[Span]) -> str:
        shown, place = [], 0
        for span in merged(spans):
            shown += [text[place : span.start], span.shown]
            place = span.end
            self.secrets += span.secrets
        return "".join([*shown, text[place:]])


def mask(value: Any) -> Any:
    """Mask the values of secret names in a JSON value."""
    return Masker().value(value)


def quoted_secrets(exchange: Exchange) -> tuple[str, ...]:
    """The secrets of a request that its violation messages may quote, the longest first."""
    if not exchange.violations:
        return ()
    masker = Masker(exchange.api_keys)
    masker.headers(exchange.headers.items())
    masker.query(exchange.query_string)
    masker.body(exchange.body)
    if exchange.is_cut:
        # The violation may be in the part of the body that was not stored.
        masker.secrets += [
            one.message for one in exchange.violations if _mentions_secret(one.pointer + one.message)
        ]
    return tuple(sorted({one for one in masker.secrets if one}, key=len, reverse=True))


def _mentions_secret(text: str) -> bool:
    return any(is_secret(word) for word in re.split(r"[/\"\s]", text))


def without_secrets(message: str, secrets: tuple[str, ...]) -> str:
    """A violation message with the secrets that it quotes masked."""
    if len(secrets) > _MAXIMUM_SECRETS or (secrets and " … " in message):
        # The message may contain a shortened secret.
        return MASK
    return without(Masker().sentence(message), secrets)


def masked_answer(exchange: Exchange, secrets: tuple[str, ...]) -> str:
    """The response body, with its own secrets and those of the request masked."""
    text = Masker(exchange.api_keys).body(exchange.reply_body)
    if len(secrets) > _MAXIMUM_SECRETS:
        return MASK
    for violation in exchange.violations:
        written, shown = violation.message, without_secrets(violation.message, secrets)
        if shown != written:
            text = text.replace(_in_json(written), _in_json(shown))
    return without(text, secrets)


def _in_json(text: str) -> str:
    return json_text.encode(text).decode()[1:-1]


def without(text: str, secrets: Iterable[str]) -> str:
    """Mask secrets quoted in a message, or in JSON that contains messages."""
    for secret in secrets:
        quoted = json_text.encode(secret).decode()
        # Quoted in a message, and quoted in a message inside JSON.
        text = text.replace(quoted, f'"{MASK}"')
        text = text.replace(_in_json(quoted), rf"\"{MASK}\"")
        if len(secret) >= _SURELY:
            text = text.replace(secret, MASK).replace(quoted[1:-1], MASK)
        elif secret.isdecimal():
            text = re.sub(rf"(?<![\w.]){secret}(?![\w.])", MASK, text)
    return text
