"""Parse filter expressions: OData's `$filter`, Google's `filter`, searches like Stripe's.

The common subset is supported: comparisons joined by `and`, `or` and `not`, parentheses, and functions
on strings. `price gt 5 and contains(name,'tea')`, `state = OPEN AND size >= 3`,
`currency:'eur'`, `status==open;price=lt=9`.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from mockserver.openapi.names import normalised
from mockserver.resources.body_paths import BodyPath, value_at
from mockserver.resources.querying.value_matching import BOUNDS, Test, equal, text
from mockserver.state.baseline import Record

Predicate = Callable[[Record], bool]
"""Tests whether a record matches the filter."""

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<quoted>'(?:[^'\\]|''|\\.)*'|"(?:[^"\\]|\\.)*")
      | (?P<operator>=[a-z]+=|[<>!=]=|<>|[=<>:])
      | (?P<mark>[(),;])
      | (?P<word>\d[^\s()'",;<>=!]*|[^\s()'",;<>=!:]+)
    )""",
    re.VERBOSE,
)
_OPERATORS: Mapping[str, Test] = {
    **{name: BOUNDS[name] for name in ("eq", "ne", "gt", "ge", "lt", "le", "in")},
    **{f"={name}=": BOUNDS[name] for name in ("gt", "ge", "lt", "le", "in")},
    **dict.fromkeys(("=", "==", ":", "has"), equal),
    **dict.fromkeys(("!=", "<>"), BOUNDS["ne"]),
    "=out=": BOUNDS["ne"],
    ">": BOUNDS["gt"],
    ">=": BOUNDS["ge"],
    "<": BOUNDS["lt"],
    "<=": BOUNDS["le"],
}
_FUNCTIONS: Mapping[str, Test] = {
    "contains": BOUNDS["contains"],
    "startswith": lambda found, wanted: text(found).startswith(text(wanted)),
    "endswith": lambda found, wanted: text(found).endswith(text(wanted)),
}
_CONSTANTS: Mapping[str, Any] = {"true": True, "false": False, "null": None}
_DEEPEST = 30


class NotUnderstoodError(ValueError):
    """Raised for text that is no filter expression, or names an unknown property."""


def parse(written: str, places: Mapping[str, BodyPath]) -> Predicate | None:
    """Parse a filter expression; None when it is not understood.

    Args:
        written: the expression.
        places: the paths of the records' properties, by normalised name.
    """
    try:
        return _Parser(written, places).whole()
    except NotUnderstoodError:
        return None


class _Parser:
    """Parses one expression, token by token."""

    def __init__(self, written: str, places: Mapping[str, BodyPath]) -> None:
        self._places = places
        self._tokens = list(_tokens(written.strip()))
        self._at = 0
        self._depth = 0

    def whole(self) -> Predicate:
        found = self._either()
        if self._at < len(self._tokens):
            raise NotUnderstoodError
        return found

    def _either(self) -> Predicate:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise NotUnderstoodError
        several = [self._both()]
        while self._take("or", ","):
            several.append(self._both())
        self._depth -= 1
        return several[0] if len(several) == 1 else lambda record: any(test(record) for test in several)

    def _both(self) -> Predicate:
        several = [self._one()]
        # Two comparisons without an operator are joined by `and`, as in Google's filters.
        while self._take("and", ";") or (self._at < len(self._tokens) and self._next not in {"or", ",", ")"}):
            several.append(self._one())
        return several[0] if len(several) == 1 else lambda record: all(test(record) for test in several)

    def _one(self) -> Predicate:
        turned = False
        while self._take("not"):
            turned = not turned
        if self._take("("):
            found = self._either()
            self._need(")")
        else:
            found = self._comparison()
        return (lambda record: not found(record)) if turned else found

    def _comparison(self) -> Predicate:
        word = self._word()
        test = _FUNCTIONS.get(word.lower())
        if test is not None and self._take("("):
            place = self._place(self._word())
            self._need(",")
            wanted = self._value()
            self._need(")")
            if self._take("eq"):
                self._need("true")
        else:
            place = self._place(word)
            test = _OPERATORS.get(self._word().lower())
            wanted = self._value()
        if test is None:
            raise NotUnderstoodError
        return lambda record: test(value_at(record, place), wanted)

    def _place(self, name: str) -> BodyPath:
        place = self._places.get(normalised(name))
        if place is None:
            raise NotUnderstoodError
        return place

    @property
    def _next(self) -> str:
        return self._tokens[self._at].lower() if self._at < len(self._tokens) else ""

    def _take(self, *wanted: str) -> bool:
        found = self._next in wanted
        self._at += found
        return found

    def _need(self, wanted: str) -> None:
        if not self._take(wanted):
            raise NotUnderstoodError

    def _word(self) -> str:
        if self._at == len(self._tokens):
            raise NotUnderstoodError
        self._at += 1
        return self._tokens[self._at - 1]

    def _value(self) -> Any:
        """A value, or a list of them in parentheses."""
        if not self._take("("):
            return _value(self._word())
        found = [_value(self._word())]
        while self._take(","):
            found.append(_value(self._word()))
        self._need(")")
        return found


def _tokens(written: str) -> list[str]:
    found, at = [], 0
    while at < len(written):
        match = _TOKEN.match(written, at)
        if match is None:
            raise NotUnderstoodError
        found.append(match[0].strip())
        at = match.end()
    return found


def _value(token: str) -> Any:
    if token[:1] in {"'", '"'}:
        return token[1:-1].replace("''", "'")
    if token.lower() in _CONSTANTS:
        return _CONSTANTS[token.lower()]
    try:
        return int(token)
    except ValueError:
        return token
