"""Compare response bodies of the implementation and the model, except for values neither can predict."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from mockserver.check.target.http_messages import MISSING, HttpResponse
from mockserver.state.clock import Clock

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d\d:\d\d(?::\d\d(?:\.\d+)?)?")
_KEYS = ("id", "uuid", "key", "code")
PRECISION = timedelta(seconds=1)
"""Timestamps that differ by less are equal: no document promises a precision."""
SKEW = timedelta(minutes=10)
"""How far a timestamp that means "now" may differ from the implementation's clock."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place in which two bodies differ; either side may be `MISSING`."""

    path: tuple[str, ...]
    expected: Any
    got: Any

    @property
    def name(self) -> str:
        """The place as a dotted name."""
        return ".".join(self.path)

    @property
    def place(self) -> tuple[str, ...]:
        """The path with `[]` for every entry of a list."""
        return tuple("[]" if name.startswith("[") else name for name in self.path)

    @property
    def field(self) -> str:
        """The place as a dotted name."""
        return ".".join(self.place)

    @property
    def is_absence(self) -> bool:
        """Whether the place is missing in the implementation's body."""
        return self.got is MISSING


@dataclass(frozen=True, slots=True)
class KnownValues:
    """The values that both sides know: scalars of the fixtures and the requests, and the clocks.

    Attributes:
        counterpart: gives the implementation's id for a model's id; None if it has no other.
    """

    seeded: frozenset[str]
    requested: frozenset[str]
    model_now: datetime
    target_now: datetime
    counterpart: Callable[[str], str | None] = lambda _: None

    def has(self, value: Any) -> bool:
        """Whether both sides know this value."""
        mark = canonical(value)
        return mark in self.seeded or mark in self.requested


def canonical(value: Any) -> str:
    """A scalar as text that distinguishes `1` from `true` and `"1"`, but not from `1.0`."""
    if isinstance(value, bool) or value is None:
        return repr(value)
    if isinstance(value, (int, float)):
        return f"n{float(value)!r}"
    text = str(value)
    return "t" + (text.lower() if _UUID.fullmatch(text) else text)


def scalars(value: Any) -> Iterator[str]:
    """Every scalar in a value, in `canonical` form."""
    if isinstance(value, Mapping):
        for entry in value.values():
            yield from scalars(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from scalars(entry)
    else:
        yield canonical(value)


def moment(value: Any) -> datetime | None:
    """Parse a text as a timestamp with a time zone; None when it is none."""
    if not isinstance(value, str) or not _MOMENT.match(value):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else None


def clock_of(answer: HttpResponse, clock: Clock) -> datetime:
    """The implementation's clock from its `Date` header, else ours."""
    try:
        return parsedate_to_datetime(answer.headers["date"]).astimezone(UTC)
    except (KeyError, ValueError, TypeError):
        return clock.now()


def same_scalar(expected: Any, got: Any, knowledge: KnownValues) -> bool:
    """Whether two scalars mean the same."""
    if got is MISSING or canonical(expected) == canonical(got):
        return got is not MISSING
    if knowledge.counterpart(canonical(expected)) == canonical(got):
        return True
    left, right = moment(expected), moment(got)
    if left is None or right is None:
        return left is not None and _is_part_of(left, got)
    if abs(left - right) < PRECISION:
        return True
    means_now = abs(left - knowledge.model_now) < SKEW and not knowledge.has(expected)
    return means_now and abs(right - knowledge.target_now) < SKEW


def _is_part_of(whole: datetime, text: Any) -> bool:
    """Whether a text is only the date, or only the time, of a timestamp."""
    if not isinstance(text, str):
        return False
    if _DAY.fullmatch(text):
        return whole.time() == time() and whole.date().isoformat() == text
    shown = whole.time().isoformat()
    return bool(_TIME.fullmatch(text)) and (shown.startswith(text) or text.startswith(shown))


def is_empty(value: Any) -> bool:
    """Whether a value is null, absent, empty, or contains only such values."""
    if isinstance(value, Mapping):
        return all(is_empty(entry) for entry in value.values())
    # Many frameworks store empty text as null, and no document forbids that.
    return value is None or value is MISSING or value in ("", [])


def differences(
    expected: Any, got: Any, knowledge: KnownValues, path: tuple[str, ...] = ()
) -> Iterator[Difference]:
    """The differences between two bodies; fields that the model does not show are ignored."""
    if expected is MISSING or (is_empty(expected) and is_empty(got)):
        return
    if isinstance(expected, Mapping) and isinstance(got, Mapping):
        for name, value in expected.items():
            yield from differences(value, got.get(name, MISSING), knowledge, (*path, name))
    elif isinstance(expected, list) and isinstance(got, list):
        yield from _lists(expected, got, knowledge, path)
    elif _is_nested(expected) or _is_nested(got) or not same_scalar(expected, got, knowledge):
        yield Difference(path, expected, got)


def _is_nested(value: Any) -> bool:
    return isinstance(value, (Mapping, list))


def _lists(
    expected: list[Any], got: list[Any], knowledge: KnownValues, path: tuple[str, ...]
) -> Iterator[Difference]:
    """Compare lists regardless of order; of records only those that both sides know."""
    key = _key([*expected, *got])
    if key is None:
        are_plain = not any(_is_nested(entry) for entry in [*expected, *got])
        if are_plain and sorted(map(canonical, expected)) != sorted(map(canonical, got)):
            yield Difference(path, expected, got)
        return
    found = {canonical(entry.get(key)): entry for entry in got if isinstance(entry, Mapping)}
    wanted = {canonical(entry[key]): entry for entry in expected if key in entry}
    for mark, entry in wanted.items():
        pair = knowledge.counterpart(mark)
        if pair is not None or mark in knowledge.seeded:
            other = found.get(mark if pair is None else pair, MISSING)
            yield from differences(entry, other, knowledge, (*path, f"[{entry[key]}]"))


def _key(items: Iterable[Any]) -> str | None:
    entries = [entry for entry in items if isinstance(entry, Mapping)]
    for key in _KEYS:
        if entries and any(key in entry for entry in entries):
            return key
    return None


def find(value: Any, path: Iterable[str]) -> Any:
    """The value at a place in a body; list items are found by index or by their id."""
    for name in path:
        if isinstance(value, Mapping):
            value = value.get(name, MISSING)
        elif isinstance(value, list):
            value = _item(value, name)
        else:
            return MISSING
    return value


def _item(items: list[Any], name: str) -> Any:
    name = name.removeprefix("[").removesuffix("]")
    for item in items:
        if isinstance(item, Mapping) and any(str(item.get(key)) == name for key in _KEYS if key in item):
            return item
    return items[int(name)] if name.isdigit() and int(name) < len(items) else MISSING


def shown(value: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """The dotted names of all fields of a body that have a value."""
    if isinstance(value, Mapping):
        for name, entry in value.items():
            yield from shown(entry, (*path, name))
    elif isinstance(value, list):
        for entry in value:
            yield from shown(entry, (*path, "[]"))
    elif value is not None:
        yield ".".join(path)
