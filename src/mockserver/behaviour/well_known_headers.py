"""Make values of standard HTTP headers well-formed, even if their schema is only `type: string`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from mockserver.lazy_pattern import LazyPattern

Values = Callable[[Mapping[str, Any]], Any]
"""Generates a value for a schema: the same for the same header."""

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # RFC 9110 section 5.6.2
_DATE = (
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} "
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT"
)
_REFERENCE = r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+"


@dataclass(frozen=True, slots=True)
class _Form:
    """The format of a header: the pattern of valid values, and a function that replaces invalid ones."""

    right: LazyPattern
    make: Callable[[str, Values], str]


def _date(_: str, of: Values) -> str:
    moment = datetime.fromisoformat(str(of({"type": "string", "format": "date-time"})))
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def _link(text: str, of: Values) -> str:
    target = text if re.fullmatch(_REFERENCE, text) else of({"type": "string", "format": "uri"})
    return f'<{target}>; rel="next"'


def _fixed(value: str) -> Callable[[str, Values], str]:
    return lambda _, __: value


def _form(right: str, make: Callable[[str, Values], str]) -> _Form:
    return _Form(LazyPattern(right), make)


_PLAIN = {"type": "string", "pattern": "^[a-f0-9]{24}$"}
_A_DATE = _form(_DATE, _date)
_A_REFERENCE = _form(_REFERENCE, lambda _, of: str(of({"type": "string", "format": "uri-reference"})))
_FORMS: Mapping[str, _Form] = {
    "etag": _form(r'(?:W/)?"[!#-~\x80-\xff]*"', lambda text, _: f'"{re.sub(r"[^!#-~]+", "-", text)}"'),
    "last-modified": _A_DATE,
    "expires": _A_DATE,
    "sunset": _A_DATE,
    "retry-after": _form(rf"\d+|{_DATE}", _fixed("60")),
    "age": _form(r"\d+", _fixed("0")),
    "link": _form(r"<[^<>]*>\s*(?:;.*|,.*)?", _link),
    "location": _A_REFERENCE,
    "content-location": _A_REFERENCE,
    "content-disposition": _form(
        rf"{_WORD}\s*(?:;.*)?", lambda _, of: f'attachment; filename="{of({"type": "string"})}"'
    ),
    "cache-control": _form(rf'{_WORD}(?:=(?:{_WORD}|"[^"]*"))?(?:\s*,.*)?', _fixed("no-cache")),
    "vary": _form(rf"\*|{_WORD}(?:\s*,\s*{_WORD})*", _fixed("Accept")),
    "allow": _form(r"[A-Z]+(?:\s*,\s*[A-Z]+)*", _fixed("GET, HEAD, OPTIONS")),
    "accept-ranges": _form(r"bytes|none", _fixed("bytes")),
    "content-range": _form(r"\w+ (?:\d+-\d+|\*)/(?:\d+|\*)", _fixed("items 0-0/1")),
    "content-language": _form(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*(?:\s*,.*)?", _fixed("en")),
    "set-cookie": _form(
        rf"{_WORD}=[^\s,;]*(?:;.*)?", lambda _, of: f"session={of(_PLAIN)}; Path=/; HttpOnly"
    ),
    "strict-transport-security": _form(r"max-age=\d+.*", _fixed("max-age=31536000")),
}
_LOOSE = frozenset({"cache-control", "vary", "content-disposition"})
"""Headers in which any word is valid syntax, but a generated word has no meaning for clients."""
_RATES = re.compile(r"(.*?)(limit|remaining|used|reset)(.*)")


def well_formed(name: str, value: Any, of: Values, *, is_documented: bool) -> Any:
    """Make the value of a standard header well-formed; other headers and values are unchanged.

    Args:
        name: the header's name, in lower case.
        value: its documented or generated value.
        of: generates values for schemas.
        is_documented: whether the value is an example of the document.
    """
    form = _FORMS.get(name)
    if form is None or not isinstance(value, str):
        return value
    is_meant = is_documented or name not in _LOOSE
    return value if is_meant and form.right.fullmatch(value) else form.make(value, of)


def agreeing(fields: dict[str, Any]) -> dict[str, Any]:
    """Make rate limit headers consistent: remaining is at most the limit, and used is the rest.

    Args:
        fields: header values by name, as documented.
    """
    families: dict[tuple[str, str], dict[str, str]] = {}
    for name in fields:
        found = _RATES.fullmatch(name.lower().replace("rate-limit", "rate").replace("ratelimit", "rate"))
        if found is not None:
            families.setdefault((found[1].strip("-"), found[3]), {})[found[2]] = name
    for family in families.values():
        limit = _count(fields, family.get("limit"))
        if limit is None:
            continue
        remaining = _count(fields, family.get("remaining"))
        if remaining is not None and remaining > limit:
            fields[family["remaining"]] = remaining = type(fields[family["remaining"]])(max(limit - 1, 0))
        if _count(fields, family.get("used")) is not None and remaining is not None:
            fields[family["used"]] = type(fields[family["used"]])(limit - int(remaining))
    return fields


def _count(fields: Mapping[str, Any], name: str | None) -> int | None:
    value = None if name is None else fields[name]
    if isinstance(value, bool) or not isinstance(value, int | str) or not str(value).isdecimal():
        return None
    return int(value)
