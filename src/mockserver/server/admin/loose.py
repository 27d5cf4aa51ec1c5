"""Find values by their names in text that cannot be parsed: cut JSON, forms, XML, anything."""

import re
from collections.abc import Iterator

Span = tuple[int, int]

_STRING = re.compile(r'"(?:[^"\\]|\\.)*|\'(?:[^\'\\]|\\.)*', re.DOTALL)
_BARE = re.compile(r"[^,}\]\s]*")
# A sentence goes on behind a comma.
_LINE = re.compile(r"(?:(?!,\s)[^&\r\n\"'<}])*")


def json_values(text: str, name: str) -> Iterator[Span]:
    """The values of quoted names that match a pattern, as JSON writes them; strings without their quotes."""
    named = rf"([\"'])(?:(?!\1)[^\n])*?(?:{name})(?:(?!\1)[^\n])*?\1\s*:\s*"
    for found in re.finditer(named, text, re.IGNORECASE):
        yield _value(text, found.end())


def values_after(text: str, name: str) -> Iterator[Span]:
    """What stands after names that match a pattern: in forms of both kinds, XML, and plain text."""
    part = rf"name=\"[^\"\n]*(?:{name})[^\"\n]*\"[^\n]*(?:\n[^\r\n]+)*\r?\n\r?\n(.*?)(?=\r?\n--|\Z)"
    for found in re.finditer(part, text, re.IGNORECASE | re.DOTALL):
        yield found.span(1)
    element = rf"<[\w:.-]*(?:{name})[\w:.-]*(?:\s[^<>]*)?>([^<]+)"
    for found in re.finditer(element, text, re.IGNORECASE):
        yield found.span(1)
    for found in re.finditer(rf"(?:{name})[\w.\[\]%+-]*\s*[:=]\s*", text, re.IGNORECASE):
        start = found.end()
        if text[start : start + 1] in {'"', "'"}:
            yield _value(text, start)
        else:
            yield _LINE.match(text, start).span()  # type: ignore[union-attr]  # it matches nothing, too


def _value(text: str, start: int) -> Span:
    """A JSON value that begins there, as far as it goes."""
    string = _STRING.match(text, start)
    if string is not None:
        return start + 1, string.end()
    if text[start : start + 1] not in {"[", "{"}:
        return _BARE.match(text, start).span()  # type: ignore[union-attr]  # it matches nothing, too
    depth, place = 0, start
    while place < len(text):
        string = _STRING.match(text, place)
        if string is not None:
            place = string.end()
        else:
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(text[place], 0)
            if depth == 0:
                return start, place + 1
        place += 1
    return start, len(text)
