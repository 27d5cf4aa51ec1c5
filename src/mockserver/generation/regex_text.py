"""Generate text that matches a regular expression (ECMA 262, as in JSON Schema).

Existing libraries are not suitable: rstr and exrex cannot keep a length, and rstr's negated classes follow
the order of a set, which differs between processes.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from random import Random
from re import _constants as codes
from re import _parser as parser
from string import ascii_letters, ascii_lowercase, digits
from typing import Any, NamedTuple

from mockserver.generation.generation_context import LONGEST

UNLIMITED = 1 << 20
"""Means no limit of length."""

_PLAIN = ascii_letters + digits
_CATEGORIES: Mapping[Any, str] = {
    codes.CATEGORY_DIGIT: digits,
    codes.CATEGORY_SPACE: " ",
    codes.CATEGORY_WORD: _PLAIN + "_",
    codes.CATEGORY_NOT_DIGIT: ascii_letters + "-_ .",
    codes.CATEGORY_NOT_SPACE: _PLAIN * 4 + "-_.!@#$%",
    codes.CATEGORY_NOT_WORD: "-. !@#$%",
}
_UNICODE_CLASSES: Mapping[str, str] = {
    "L": "a-zA-Z", "Lu": "A-Z", "Ll": "a-z", "N": "0-9", "Nd": "0-9", "P": "!-/", "S": "$+<=>", "Z": " ",
    "Zs": " ", "M": "\u0300", "Letter": "a-zA-Z", "Alphabetic": "a-zA-Z", "Alpha": "a-zA-Z", "Cc": "\x01",
}  # fmt: skip
_LONGEST_EXPRESSION = 20_000
_ESCAPE = re.compile(r"\\(?:p\{\^?([\w=]+)\}|P\{([\w=]+)\}|u\{([0-9a-fA-F]+)\}|(.))", re.DOTALL)
# A class as one end of a range: the dash is literal (ECMA 262, annex B).
_LOOSE_RANGE = re.compile(r"(\\[wWdDsS])-(?=[^\]])")
_LITERALS = frozenset("/-_'\"@#%&=:;,<>!~` ")


class PatternError(ValueError):
    """The expression is invalid, or no matching text was found."""


class _Part(NamedTuple):
    """A part of an expression: the minimum and maximum length of its text, and a function to write it.

    `write` takes the random generator, the lengths to keep between, and the groups written so far.
    """

    least: int
    most: int
    write: Callable[[Random, int, int, dict[int, str]], str]


class Pattern:
    """A parsed expression."""

    __slots__ = ("_anchored", "_part")

    def __init__(self, expression: str) -> None:
        if len(expression) > _LONGEST_EXPRESSION:
            raise PatternError(f"{expression[:40]!r}… has more than {_LONGEST_EXPRESSION:,} characters")
        source = _translated(expression)
        try:
            parsed = parser.parse(source, re.ASCII)
        except (re.error, OverflowError, RecursionError) as error:
            raise PatternError(f"{expression!r}: {error}") from None
        self._part = _sequence(parsed)
        self._anchored = (codes.AT, codes.AT_END) in list(parsed) or (codes.AT, codes.AT_END_STRING) in list(
            parsed
        )

    def write(self, random: Random, least: int = 0, most: int = UNLIMITED) -> str:
        """Write text with a length between `least` and `most`, as far as the expression allows."""
        text = self._part.write(random, least, most, {})
        if len(text) < least and not self._anchored:
            text += "".join(random.choices(ascii_lowercase, k=least - len(text)))
        return text


@lru_cache(maxsize=4096)
def pattern(expression: str) -> Pattern:
    """The parsed expression, cached; raises `PatternError`."""
    return Pattern(expression)


def _translated(expression: str) -> str:
    """Translate ECMA's escapes and group names to Python's."""
    text = re.sub(r"\(\?<(?![=!])", "(?P<", _LOOSE_RANGE.sub(r"\1\-", expression))
    inside = _class_spans(text)

    def replace(match: re.Match[str]) -> str:
        named, negated, point, letter = match.groups()
        if point:
            return re.escape(chr(int(point, 16)))
        if named or negated:
            known = _UNICODE_CLASSES.get((named or negated).split("=")[-1], "a-zA-Z")
            if any(start < match.start() < end for start, end in inside):
                return known
            return f"[^{known}]" if negated or "{^" in match[0] else f"[{known}]"
        if letter in "zZ":
            return "\\Z"
        return re.escape(letter) if letter in _LITERALS else match[0]

    return _ESCAPE.sub(replace, text.replace("[^]", "[\\s\\S]"))


def _class_spans(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(r"(?<!\\)\[(?:\\.|[^\]\\])*\]", text)]


def _sequence(parsed: Iterable[Any]) -> _Part:
    parts = [part for code, argument in parsed if (part := _part(code, argument)) is not None]
    if len(parts) == 1:
        return parts[0]
    longest, shortest = sum(part.most for part in parts), sum(part.least for part in parts)

    def write(random: Random, least: int, most: int, groups: dict[int, str]) -> str:
        written = ""
        # The maximum and minimum length of all later parts.
        longest_after, shortest_after = longest, shortest
        for part in parts:
            longest_after -= part.most
            shortest_after -= part.least
            low = least - len(written) - longest_after
            high = most - len(written) - shortest_after
            written += part.write(random, max(low, part.least), max(min(high, part.most), part.least), groups)
        return written

    return _Part(shortest, min(UNLIMITED, longest), write)


def _part(code: Any, argument: Any) -> _Part | None:
    known = _PARTS.get(code)
    if known is None:
        raise PatternError(f"{code} is not known")
    return known(argument)


def _characters(candidates: str) -> _Part:
    if not candidates:
        raise PatternError("a class without characters")
    return _Part(1, 1, lambda random, *_: random.choice(candidates))


def _literal(point: int) -> _Part:
    return _Part(1, 1, lambda *_: chr(point))


def _class(entries: Sequence[tuple[Any, Any]]) -> _Part:
    negated = entries[0][0] is codes.NEGATE
    found = "".join(map(_candidates, entries[1:] if negated else entries))
    if negated:
        excluded = set(found)
        return _characters(
            "".join(char for char in _PLAIN + " -_" if char not in excluded) or _others(excluded)
        )
    readable = "".join(char for char in found if char.isprintable() and char.isascii())
    # Letters and digits twice as often, so that the text looks typed by a person.
    return _characters((readable + "".join(filter(str.isalnum, readable))) or found)


def _others(excluded: set[str]) -> str:
    return "".join(char for char in map(chr, range(33, 0x250)) if char not in excluded)


def _candidates(entry: tuple[Any, Any]) -> str:
    code, argument = entry
    if code is codes.LITERAL:
        return chr(argument)
    if code is codes.RANGE:
        return "".join(map(chr, range(argument[0], min(argument[1], argument[0] + 300) + 1)))
    return _CATEGORIES.get(argument, _PLAIN)


def _branch(argument: tuple[Any, Sequence[Any]]) -> _Part:
    options = [_sequence(option) for option in argument[1]]

    def write(random: Random, least: int, most: int, groups: dict[int, str]) -> str:
        fitting = [option for option in options if option.least <= most and option.most >= least]
        option = random.choice(fitting or options)
        return option.write(
            random, max(least, option.least), max(min(most, option.most), option.least), groups
        )

    return _Part(min(option.least for option in options), max(option.most for option in options), write)


def _group(argument: tuple[int | None, int, int, Any]) -> _Part:
    number, part = argument[0], _sequence(argument[3])
    if number is None:
        return part

    def write(random: Random, least: int, most: int, groups: dict[int, str]) -> str:
        groups[number] = part.write(random, least, most, groups)
        return groups[number]

    return _Part(part.least, part.most, write)


def _repeat(argument: tuple[int, int, Any]) -> _Part:
    fewest, greatest, part = argument[0], int(argument[1]), _sequence(argument[2])
    greatest = min(greatest, UNLIMITED)
    if fewest * part.least > LONGEST:
        raise PatternError(f"it matches no text shorter than {fewest * part.least} characters")

    def write(random: Random, least: int, most: int, groups: dict[int, str]) -> str:
        low = max(fewest, -(-least // part.most) if part.most else 0)
        high = min(greatest, most // part.least if part.least else UNLIMITED, low + _spare(low, part.most))
        left = random.randint(low, max(low, high))
        written = ""
        while left:
            left -= 1
            needed = max(part.least, least - len(written) - left * part.most)
            allowed = max(part.least, min(part.most, most - len(written) - left * part.least))
            written += part.write(random, needed, allowed, groups)
        return written

    return _Part(min(UNLIMITED, fewest * part.least), min(UNLIMITED, greatest * part.most), write)


def _spare(fewest: int, width: int) -> int:
    """Number of repetitions beyond the minimum that still look realistic."""
    if width > 1:
        return 2
    return 8 if fewest < 8 else 4


_PARTS: Mapping[Any, Callable[[Any], _Part | None]] = {
    codes.LITERAL: _literal,
    codes.NOT_LITERAL: lambda point: _characters(_PLAIN.replace(chr(point), "")),
    codes.ANY: lambda _: _characters(_PLAIN * 4 + "-_.!@#$%"),
    codes.IN: _class,
    codes.BRANCH: _branch,
    codes.SUBPATTERN: _group,
    codes.ATOMIC_GROUP: _sequence,
    codes.MAX_REPEAT: _repeat,
    codes.MIN_REPEAT: _repeat,
    codes.POSSESSIVE_REPEAT: _repeat,
    codes.GROUPREF: lambda number: _Part(0, UNLIMITED, lambda _, __, ___, groups: groups.get(number, "")),
    codes.GROUPREF_EXISTS: lambda argument: _sequence(argument[1]),
    # Anchors and lookarounds write nothing; callers retry until the text matches.
    codes.AT: lambda _: None,
    codes.ASSERT: lambda _: None,
    codes.ASSERT_NOT: lambda _: None,
}
