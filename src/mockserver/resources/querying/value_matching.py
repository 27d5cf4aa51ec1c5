"""Compare values of records with values of requests, across types and formats."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from mockserver.openapi.names import normalised
from mockserver.resources.conventions.record_words import IDENTIFYING

_MILLISECONDS = 100_000_000_000
_DAY = 86_400
_DAY_LENGTH = len("2026-03-02")

Test = Callable[[Any, Any], bool]
"""Tests whether a record's value matches the wanted one."""


def text(value: Any) -> str:
    """A value as text in lower case, as in a query string."""
    return str(value).lower() if not isinstance(value, bool) else ("true" if value else "false")


def equal(found: Any, wanted: Any) -> bool:
    """Whether two values are equal; lists, and comma-separated text, match by any element."""
    if isinstance(wanted, list):
        return any(equal(found, entry) for entry in wanted)
    if isinstance(wanted, Mapping) and wanted and wanted.keys() <= BOUNDS.keys():
        return all(BOUNDS[name](found, bound) for name, bound in wanted.items())
    if isinstance(found, list):
        return any(equal(entry, wanted) for entry in found) or _is_one_of(found, wanted)
    if isinstance(found, Mapping):
        return any(equal(found[name], wanted) for name in found if normalised(name) in IDENTIFYING)
    if found == wanted or (found is not None and text(found) == text(wanted)):
        return True
    return found is not None and _is_one_of(found, wanted)


def prepared(test: Test, wanted: Any) -> Callable[[Any], bool]:
    """The test for one wanted value, prepared once for many records.

    A list of 5,000 ids is looked up in a set; comparing each of them with each record takes minutes.
    """
    if test is BOUNDS["ne"]:
        is_equal = prepared(equal, wanted)
        return lambda found: not is_equal(found)
    entries = wanted if isinstance(wanted, list) else [wanted]
    if test is not equal or any(isinstance(entry, list | Mapping) for entry in entries):
        return lambda found: test(found, wanted)
    values = set(entries)
    several = (entry.split(",") for entry in entries if isinstance(entry, str) and "," in entry)
    texts = {text(entry) for entry in entries} | {text(part.strip()) for parts in several for part in parts}

    def is_sought(found: Any) -> bool:
        if isinstance(found, list):
            return any(map(is_sought, found))
        if isinstance(found, Mapping):
            return any(is_sought(found[name]) for name in found if normalised(name) in IDENTIFYING)
        return found in values or (found is not None and text(found) in texts)

    return is_sought


def _is_one_of(found: Any, wanted: Any) -> bool:
    return (
        isinstance(wanted, str)
        and "," in wanted
        and any(equal(found, part.strip()) for part in wanted.split(","))
    )


def _ordered(compare: Callable[[Any, Any], bool]) -> Test:
    def test(found: Any, wanted: Any) -> bool:
        left, right = _alike(found, wanted)
        return left is not None and right is not None and compare(left, right)

    return test


def _alike(found: Any, wanted: Any) -> tuple[Any, Any]:
    """Both values as numbers, as timestamps or as text; None when they cannot be compared."""
    if isinstance(found, bool) or isinstance(wanted, bool):
        return None, None
    numbers = _number(found), _number(wanted)
    if None not in numbers:
        return numbers
    moments = _moment(found), _moment(wanted)
    if None not in moments:
        return moments
    return (found, wanted) if isinstance(found, str) and isinstance(wanted, str) else (None, None)


def _number(value: Any) -> float | None:
    try:
        return float(value) if isinstance(value, int | float | str) else None
    except (ValueError, OverflowError):
        return None


def _moment(value: Any) -> float | None:
    """Seconds since 1970 of a date, a timestamp, or a number of seconds or milliseconds."""
    number = _number(value)
    if number is not None:
        return number / 1000 if number > _MILLISECONDS else number
    if not isinstance(value, str) or not value[:4].isdigit():
        return None
    try:
        moment = datetime.fromisoformat(value.replace(" ", "+") if value[-6:-5] == " " else value)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _is_some(found: Any, wanted: Any) -> bool:
    """Whether a value is above 0, or not, as the flag asks: `inStock=true` matches a stock of 3."""
    if isinstance(wanted, str):
        wanted = wanted.lower() in {"true", "1", "yes"}
    number = _number(found) if not isinstance(found, bool) else None
    return (number > 0 if number is not None else bool(found)) is bool(wanted)


def _is_on_day(found: Any, wanted: Any) -> bool:
    """Whether a timestamp is on a day."""
    one, other = _moment(found), _moment(wanted)
    return one is not None and other is not None and one // _DAY == other // _DAY


def _is_until(found: Any, wanted: Any) -> bool:
    """Whether a value is at most the wanted one; a day as the bound of timestamps includes the day."""
    is_day = isinstance(wanted, str) and len(wanted) == _DAY_LENGTH and not wanted.isdigit()
    if is_day and isinstance(found, str) and len(found) > _DAY_LENGTH:
        one, other = _moment(found), _moment(wanted)
        return one is not None and other is not None and one < other + _DAY
    return _AT_MOST(found, wanted)


_AT_LEAST = _ordered(lambda found, wanted: found >= wanted)
_AT_MOST = _ordered(lambda found, wanted: found <= wanted)

BOUNDS: Mapping[str, Test] = {
    **dict.fromkeys(("min", "gte", "ge", "from", "since", "after"), _AT_LEAST),
    **dict.fromkeys(("max", "lte", "le", "before"), _AT_MOST),
    **dict.fromkeys(("to", "until"), _is_until),
    "gt": _ordered(lambda found, wanted: found > wanted),
    "lt": _ordered(lambda found, wanted: found < wanted),
    "in": equal,
    "eq": equal,
    "ne": lambda found, wanted: not equal(found, wanted),
    "some": _is_some,
    "day": _is_on_day,
    "contains": lambda found, wanted: text(wanted) in text(found),
}
"""The tests, by the operators' names in documents."""


def mentions(value: Any, wanted: str) -> bool:
    """Whether a value contains a text, which is in lower case."""
    if isinstance(value, str):
        return wanted in value.lower()
    if isinstance(value, Mapping):
        return any(mentions(entry, wanted) for entry in value.values())
    return isinstance(value, list) and any(mentions(entry, wanted) for entry in value)


def rank(value: Any) -> tuple[int, Any]:
    """The sort key of a value of any type: null first, then numbers, then text."""
    if value is None:
        return 0, 0
    if isinstance(value, bool | int | float):
        return 1, value
    return 2, value.lower() if isinstance(value, str) else str(value)
