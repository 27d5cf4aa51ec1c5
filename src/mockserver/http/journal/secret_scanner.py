"""Find the values of secrets in any text, complete, cut or broken, in time linear in its length.

Each scanner reads the whole text by one syntax, and what any of them finds is masked: broken text may be
parsed in several ways, and no way may show a secret.
"""

import html
import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple
from urllib.parse import quote_plus, unquote, unquote_plus

import orjson

from mockserver.http import json_text
from mockserver.http.journal.secret_names import NO_API_KEYS, is_secret, is_secret_parameter

MASK = "***"


class Span(NamedTuple):
    """A part of a text to be replaced.

    Attributes:
        secrets: the hidden values; empty if `shown` is the part with its secrets masked.
    """

    start: int
    end: int
    shown: str
    secrets: tuple[str, ...] = ()


Mask = Callable[[str], str]
"""Masks the secrets in a text nested in another text."""

_JSON_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[{}\[\]:,]|[^\s{}\[\]:,"]++', re.DOTALL)
_LITERALS = {"true", "false", "null"}
_DEPTHS = {"{": 1, "[": 1, "}": -1, "]": -1}
_PUNCTUATION = {*_DEPTHS, ":", ",", *_LITERALS}

_ESCAPE = re.compile(r"\\{1,8}u([0-9a-fA-F]{4})")
_WORD = re.compile(r"(?:[\w.%+$\[\]-]++|\\{1,8}u[0-9a-fA-F]{4})++")
_STOP = re.compile(r"[\"'\n:=,{}<>&;\\]")
_SEPARATOR = re.compile(r"(\\*[\"'])?+\s*+[:=]>?\s*+")
_QUOTE = re.compile(r"\\*+[\"']")
_BRACKET = re.compile(r"[\"{}\[\]]")
# An unquoted value after a quoted name ends as in JSON; a comma without a space does not end the line.
_BARE = re.compile(r"[^,}\]\r\n\"&<]*")
_LINE = re.compile(r"(?:[^&\r\n\"'<},]++|,(?!\s))*+")

_MARKUP = re.compile(r"<!--|<!\[CDATA\[|</?[^\W\d][\w:.-]*+")
_ATTRIBUTE = re.compile(r"(?<![\w:.-])([\w:.-]++)\s*+=\s*+(?:\"([^\"]*+)|'([^']*+))")
_ATTRIBUTES = re.compile(r"(?:[^<>\"']++|\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z))*+>?")
_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")

_PEM = re.compile(r"-----BEGIN [^\n-]{1,60}-----")
_PEM_END = "-----END "
_URL = re.compile(r":\\*+/\\*+/[^\s\"<>]*+")

_RUN = re.compile(r"[^\s\"<>&=?/:@]++")

_PART_NAME = re.compile(r"(?<![\w-])name(\*?)\s*+=\s*+(\"(?:[^\"\\]++|\\.)*+\"?|[^;\r\n]*+)", re.IGNORECASE)
_DISPOSITION = re.compile(r"^content-disposition[ \t]*+:", re.IGNORECASE | re.MULTILINE)
_BLANK_LINE = re.compile(r"\r?\n\r?\n")


def is_json(text: str) -> bool:
    """Whether a text is valid JSON, so that its strings need no other interpretation."""
    try:
        orjson.loads(text.lstrip("\ufeff"))
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return False
    return True


def json_spans(text: str, mask: Mask) -> Iterator[Span]:
    """Spans of the values of secret names in JSON, including texts nested in its strings."""
    tokens = _JSON_TOKEN.finditer(text)
    name: str | None = None
    for token in tokens:
        written = token[0]
        if written[0] == '"':
            name = _unquoted(written)
            shown = mask(name)
            if shown != name:
                yield Span(token.start(), token.end(), json_text.encode(shown).decode())
            continue
        if written == ":" and name is not None and is_secret(name):
            yield from _json_value(tokens)
        name = None


def _json_value(tokens: Iterator[re.Match[str]]) -> Iterator[Span]:
    """Span of the value after a secret name: a scalar, or all scalars in an object or array."""
    first = next(tokens, None)
    if first is None or (first[0] in _PUNCTUATION and first[0] not in {"{", "["}):
        return
    last, depth, parts = first, _DEPTHS.get(first[0], 0), [first[0]]
    while depth > 0 and (token := next(tokens, None)) is not None:
        last, depth = token, depth + _DEPTHS.get(token[0], 0)
        parts.append(token[0])
    secrets = tuple(_unquoted(part) for part in parts if part not in _PUNCTUATION)
    yield Span(first.start(), last.end(), f'"{MASK}"', secrets or (MASK,))


def _unquoted(written: str) -> str:
    """The decoded value of a JSON string, which may be cut off."""
    if written[:1] != '"':
        return written
    ended = written if len(written) > 1 and written[-1] == '"' else written + '"'
    try:
        said = orjson.loads(ended)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), written.strip('"')).replace('\\"', '"')
    return str(said)


def word_spans(text: str, parameters: frozenset[str]) -> Iterator[Span]:
    """Spans of the text after a secret name and a colon or an equals sign, in text of any format.

    Args:
        text: a text of any kind.
        parameters: names of API keys in lower case; like other parameters they count in queries only.
    """
    place, stop = 0, _Stop(text)
    while (word := _WORD.search(text, place)) is not None:
        place = word.end()
        name = _name(word[0])
        in_query = text[word.start() - 1 : word.start()] in {"&", "?", ";"}
        if is_secret_parameter(name, parameters) if in_query else is_secret(name):
            separator = stop.separator(place)
            if separator is not None:
                start, end = _value(text, separator)
                if end > start:
                    yield Span(start, end, MASK, (text[start:end],))
                place = end


def _name(word: str) -> str:
    if "\\" in word:
        word = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), word)
    return unquote(word) if "%" in word else word


class _Stop:
    """Finds the separator after a word; text shared by several words is searched only once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = self._gap = -1
        self._found: re.Match[str] | None = None

    def separator(self, place: int) -> re.Match[str] | None:
        """The separator after a name that ends at `place`; its first group is the name's closing quote."""
        if place > self._place:
            stop = _STOP.search(self._text, place)
            self._place = len(self._text) if stop is None else stop.start()
            self._found = _SEPARATOR.match(self._text, self._place)
            self._gap = self._place
            while self._gap > place and self._text[self._gap - 1].isspace():
                self._gap -= 1
        found = self._found
        # Other words may come between, but then only a closing quote makes this a name.
        return found if found is not None and (found[1] is not None or place >= self._gap) else None


def _value(text: str, separator: re.Match[str]) -> tuple[int, int]:
    start = separator.end()
    quote = _QUOTE.match(text, start)
    if quote is not None:
        return quote.end(), _string_end(text, quote)
    if text[start : start + 1] in {"[", "{"}:
        return start, _container_end(text, start)
    bare = _BARE if separator[1] is not None else _LINE
    found = bare.match(text, start)
    return start, start if found is None else found.end()


def _string_end(text: str, quote: re.Match[str]) -> int:
    """The end of a string that begins with this quote, which is escaped if the text is nested."""
    levels, slashes = 0, len(quote[0]) - 1
    while slashes > 0:
        levels, slashes = levels + 1, slashes // 2
    place = quote.end()
    while (place := text.find(quote[0][-1], place)) >= 0:
        escapes = place
        while escapes > quote.end() and text[escapes - 1] == "\\":
            escapes -= 1
        if _is_end(place - escapes, levels):
            return escapes if levels else place
        place += 1
    return len(text)


def _is_end(slashes: int, levels: int) -> bool:
    for _ in range(levels):
        if slashes % 2 == 0:  # the enclosing text ends here
            return True
        slashes //= 2
    return slashes % 2 == 0


def _container_end(text: str, start: int) -> int:
    depth, place = 0, start
    while (found := _BRACKET.search(text, place)) is not None:
        place = found.end()
        if found[0] == '"':
            escapes = found.start()
            while escapes > start and text[escapes - 1] == "\\":
                escapes -= 1
            quote = _QUOTE.match(text, escapes)
            place = place if quote is None else _string_end(text, quote) + 1
            continue
        depth += 1 if found[0] in "[{" else -1
        if depth == 0:
            return place
    return len(text)


def xml_spans(text: str, mask: Mask) -> Iterator[Span]:
    """Spans of the content of secret elements, values of secret attributes, and entity-encoded secrets."""
    place = 0
    while (found := _MARKUP.search(text, place)) is not None:
        yield from _with_entities(text, place, found.start(), mask)
        if found[0].startswith("<!"):  # CDATA and comments may contain elements
            place = found.end()
            continue
        place = _markup_end(text, found)
        if found[0][1] != "/":
            for attribute in _ATTRIBUTE.finditer(text, found.end(), place):
                yield from _attribute(attribute, mask)
            name = found[0][1:]
            if is_secret(name) and not text.endswith("/>", found.end(), place):
                end = _element_end(text, name, place)
                if end > place:
                    yield Span(place, end, MASK, (html.unescape(_CDATA.sub("", text[place:end])),))
                place = end
    if place:
        yield from _with_entities(text, place, len(text), mask)


def _attribute(found: re.Match[str], mask: Mask) -> Iterator[Span]:
    group = 2 if found[2] is not None else 3
    if not is_secret(found[1]):
        yield from _with_entities(found.string, *found.span(group), mask)
    elif found[group]:
        yield Span(*found.span(group), MASK, (html.unescape(found[group]),))


def _markup_end(text: str, found: re.Match[str]) -> int:
    if found[0] == "<!--":
        return _after(text, "-->", found.end())
    if found[0] == "<![CDATA[":
        return _after(text, "]]>", found.end())
    attributes = _ATTRIBUTES.match(text, found.end())
    return found.end() if attributes is None else attributes.end()


def _after(text: str, mark: str, place: int) -> int:
    end = text.find(mark, place)
    return len(text) if end < 0 else end + len(mark)


def _element_end(text: str, name: str, place: int) -> int:
    """The end of an element's content: its end tag, skipping CDATA, comments and nested elements."""
    depth = 1
    while (found := _MARKUP.search(text, place)) is not None:
        if found[0] == f"</{name}":
            depth -= 1
            if depth == 0:
                return found.start()
        place = _markup_end(text, found)
        if found[0] == f"<{name}" and not text.endswith("/>", found.start(), place):
            depth += 1
    return len(text)


def _with_entities(text: str, start: int, end: int, mask: Mask) -> Iterator[Span]:
    written = text[start:end]
    said = html.unescape(written) if "&" in written else written
    shown = mask(said) if said != written else said
    if shown != said:
        yield Span(start, end, html.escape(shown))


def pem_spans(text: str) -> Iterator[Span]:
    """Spans of the content of PEM blocks (RFC 7468), keys and certificates alike."""
    place = 0
    while (found := _PEM.search(text, place)) is not None:
        end = text.find(_PEM_END, found.end())
        place = len(text) if end < 0 else end
        if place > found.end():
            yield Span(found.end(), place, MASK, (text[found.end() : place],))


def url_spans(text: str, mask: Mask) -> Iterator[Span]:
    """Spans of URLs with a user name, or with secrets in their query."""
    for found in _URL.finditer(text):
        shown = mask(found[0])
        if shown != found[0]:
            yield Span(found.start(), found.end(), shown)


def percent_spans(text: str, mask: Mask) -> Iterator[Span]:
    """Spans of percent-encoded texts that contain secrets."""
    for found in _RUN.finditer(text) if "%" in text else ():
        if "%" in found[0]:
            said = unquote_plus(found[0])
            shown = mask(said) if said != found[0] else said
            if shown != said:
                yield Span(found.start(), found.end(), quote_plus(shown, safe="*"))


def multipart_spans(text: str) -> Iterator[Span]:
    """Spans of the content of multipart form parts with secret names."""
    place = 0
    while (found := _DISPOSITION.search(text, place)) is not None:
        blank = _BLANK_LINE.search(text, found.start())
        if blank is None:
            return
        boundary = _boundary(text, place, found.start())
        place = start = blank.end()
        names = [_part_name(*one.groups()) for one in _PART_NAME.finditer(text, found.start(), blank.start())]
        if any(is_secret_parameter(name, NO_API_KEYS.query) for name in names):
            place = _part_end(text, boundary, start)
            if place > start:
                yield Span(start, place, MASK, (text[start:place],))


def _boundary(text: str, start: int, end: int) -> str:
    """The last line before a part's header that begins with two dashes; empty if there is none."""
    line = text.rfind("\n--", start, end)
    if line < 0 and not text.startswith("--"):
        return ""
    begin = line + 1
    return text[begin : text.find("\n", begin, end)].rstrip()


def _part_end(text: str, boundary: str, place: int) -> int:
    if not boundary:
        return len(text)
    while (place := text.find("\n" + boundary, place)) >= 0:
        end = place + 1 + len(boundary)
        if text.startswith(("--", "\r", "\n", " "), end) or end == len(text):
            return place - 1 if text[place - 1] == "\r" else place
        place = end
    return len(text)


def _part_name(extended: str, written: str) -> str:
    if written.startswith('"'):
        return re.sub(r"\\(.)", r"\1", written.strip('"'))
    return unquote(written.rpartition("'")[2] if extended else written).strip()


_TRIED = 20


def merged(spans: Iterable[Span]) -> list[Span]:
    """Sort spans and remove overlaps; where two readings of a text differ, both are masked."""
    found: list[Span] = []
    tried = 0
    for span in sorted(spans, key=lambda one: (one.start, -one.end, not one.secrets)):
        last = found[-1] if found else None
        if last is None or span.start >= last.end:
            found.append(span)
            tried = 0
        elif span.end > last.end:
            found[-1] = Span(last.start, span.end, MASK, last.secrets + span.secrets)
        elif not last.secrets and span.secrets:
            # The nested reading should have masked this, too.
            tried += 1
            if tried > _TRIED or any(secret in last.shown for secret in span.secrets):
                found[-1] = last._replace(shown=MASK, secrets=span.secrets)
    return found
