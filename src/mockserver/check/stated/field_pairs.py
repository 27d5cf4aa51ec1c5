"""Find pairs of fields of which the second comes after the first, such as `start` and `end`."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from mockserver.openapi.names import normalised, words
from mockserver.openapi.schema.schema_locations import BodyField, types_in

_WORDS = (
    ("start", "end"),
    ("starts", "ends"),
    ("start", "finish"),
    ("start", "stop"),
    ("begin", "end"),
    ("begins", "ends"),
    ("from", "to"),
    ("from", "until"),
    ("from", "till"),
    ("since", "until"),
    ("in", "out"),
    ("opens", "closes"),
    ("min", "max"),
    ("minimum", "maximum"),
)
"""Words of two names that are the same otherwise: `startTime` and `endTime`, `check_in` and `check_out`."""
_MUST_FOLLOW = re.compile(
    r"[`'\"]?(\w+)[`'\"]? (?:must|has to|needs to|may|can|is) ?(not|never)? (?:always )?(?:be )?"
    r"(after|later than|greater than|before|earlier than|less than|lower than|smaller than) "
    r"(?:the )?[`'\"]?(\w+)",
    re.IGNORECASE,
)
_SMALLER = {"before", "earlier than", "less than", "lower than", "smaller than"}
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class FieldPair:
    """Two fields of a body, of the same type, of which the second comes after the first.

    Attributes:
        is_stated: whether the document says so in words; else only the names do.
    """

    first: BodyField
    second: BodyField
    is_stated: bool = False


def pairs_of(fields: Iterable[BodyField], text: str = "") -> Iterator[FieldPair]:
    """The pairs among the fields at the top of a body.

    Args:
        fields: the fields.
        text: descriptions of the operation and its body.
    """
    own = [one for one in fields if len(one.tokens) == 1]
    by_name = {normalised(one.name): one for one in own}
    stated = {
        (right, left) if (relation.lower() in _SMALLER) == bool(negation) else (left, right)
        for left, negation, relation, right in _MUST_FOLLOW.findall(text)
    }
    told = {(normalised(first), normalised(second)) for first, second in stated}
    for first, second in told:
        if first in by_name and second in by_name and _are_alike(by_name[first], by_name[second]):
            yield FieldPair(by_name[first], by_name[second], is_stated=True)
    for one in own:
        for other in own:
            key = normalised(one.name), normalised(other.name)
            if key not in told and _are_named(one.name, other.name) and _are_alike(one, other):
                yield FieldPair(one, other)


def _are_named(first: str, second: str) -> bool:
    left, right = words(first), words(second)
    if len(left) != len(right):
        return False
    differing = [(one, other) for one, other in zip(left, right, strict=True) if one != other]
    return len(differing) == 1 and differing[0] in _WORDS


def _are_alike(one: BodyField, other: BodyField) -> bool:
    kinds = types_in(one.view) - {"null"}
    is_same = kinds == types_in(other.view) - {"null"} and one.view.get("format") == other.view.get("format")
    is_ordered = kinds <= {"integer", "number"} or one.view.get("format") in {"date", "date-time"}
    return bool(kinds) and is_same and is_ordered


def in_order(body: Mapping[str, Any], pairs: Iterable[FieldPair]) -> dict[str, Any]:
    """The body, with a later second value where it is not after the first."""
    changed = dict(body)
    for pair in pairs:
        first, second = changed.get(pair.first.name), changed.get(pair.second.name)
        if second is not None and not is_before(first, second):
            moved = later(first)
            changed[pair.second.name] = second if moved is None else moved
    return changed


def is_before(first: Any, second: Any) -> bool:
    """Whether a value is before another one; also if they cannot be compared."""
    one, other = moment_of(first), moment_of(second)
    if isinstance(first, (int, float)) and isinstance(second, (int, float)):
        return first < second
    if isinstance(one, datetime) and isinstance(other, datetime):
        return (one.tzinfo is None) != (other.tzinfo is None) or one < other
    return one is None or other is None or str(first) < str(second)


def later(value: Any, hours: int = 1) -> Any:
    """A value some time after this one; None if there is none."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value + hours
    found = moment_of(value)
    try:
        if isinstance(found, datetime):
            return (found + hours * _HOUR).isoformat().replace("+00:00", "Z")
        return None if found is None else (found + timedelta(days=hours)).isoformat()
    except OverflowError:
        return None


def moment_of(value: Any) -> date | datetime | None:
    """The day or the moment that a text names; None for others."""
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value) if len(value) == len("2031-02-28") else datetime.fromisoformat(value)
    except ValueError:
        return None
