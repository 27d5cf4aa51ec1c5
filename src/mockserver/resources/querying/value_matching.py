"""Compare what a record has with what a request asks for, whichever way the two are written."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from mockserver.openapi.names import normalised

NAMES = frozenset({"id", "uuid", "guid", "gid", "sid", "key", "slug", "code", "name", "login"})
"""What an object is asked for by."""
_MILLISECONDS = 100_000_000_000
_DAY = 86_400

Test = Callable[[Any, Any], bool]
"""Whether what was found in a record is what is wanted."""


def text(value: Any) -> str:
    """A value as it may stand in a query, lower case."""
    return str(value).lower() if not isinstance(value, bool) else ("true" if value else "false")


def equal(found: Any, wanted: Any) -> bool:
    """Whether they are the same; of lists one of each, of text with commas one of those."""
    if isinstance(wanted, list):
        return any(equal(found, entry) for entry in wanted)
    if isinstance(wanted, Mapping) and wanted and wanted.keys() <= BOUNDS.keys():
        return all(BOUNDS[name](found, bound) for name, bound in wanted.items())
    if isinstance(found, list):
        return any(equal(entry, wanted) for entry in found) or _is_one_of(found, wanted)
    if isinstance(found, Mapping):
        return any(equal(found[name], wanted) for name in found if normalised(name) in NAMES)
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
            return any(is_sought(found[name]) for name in found if normalised(name) in NAMES)
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
    """Both as numbers, as moments or as text; nothing where they cannot be compared."""
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
    """The seconds of a date, a timestamp, or a number of seconds or milliseconds."""
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
    """Whether there is any of what was found, as true or false says: `inStock=true` of a stock of 3."""
    if isinstance(wanted, str):
        wanted = wanted.lower() in {"true", "1", "yes"}
    number = _number(found) if not isinstance(found, bool) else None
    return (number > 0 if number is not None else bool(found)) is bool(wanted)


def _is_on_day(found: Any, wanted: Any) -> bool:
    """Whether a moment is on a day."""
    one, other = _moment(found), _moment(wanted)
    return one is not None and other is not None and one // _DAY == other // _DAY


_AT_LEAST = _ordered(lambda found, wanted: found >= wanted)
_AT_MOST = _ordered(lambda found, wanted: found <= wanted)

BOUNDS: Mapping[str, Test] = {
    **dict.fromkeys(("min", "gte", "ge", "from", "since", "after"), _AT_LEAST),
    **dict.fromkeys(("max", "lte", "le", "to", "until", "before"), _AT_MOST),
    "gt": _ordered(lambda found, wanted: found > wanted),
    "lt": _ordered(lambda found, wanted: found < wanted),
    "in": equal,
    "eq": equal,
    "ne": lambda found, wanted: not equal(found, wanted),
    "some": _is_some,
    "day": _is_on_day,
    "contains": lambda found, wanted: text(wanted) in text(found),
}
"""What compares, by how documents call it."""


def mentions(value: Any, wanted: str) -> bool:
    """Whether a text, lower case, stands anywhere in a value."""
    if isinstance(value, str):
        return wanted in value.lower()
    if isinstance(value, Mapping):
        return any(mentions(entry, wanted) for entry in value.values())
    return isinstance(value, list) and any(mentions(entry, wanted) for entry in value)


def rank(value: Any) -> tuple[int, Any]:
    """Where a value stands among others of any type: nothing first, then numbers, then text."""
    if value is None:
        return 0, 0
    if isinstance(value, bool | int | float):
        return 1, value
    return 2, value.lower() if isinstance(value, str) else str(value)
