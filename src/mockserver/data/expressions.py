"""The small language in which fixture files say how further records are made.

docs/fixtures.md lists the expressions. Each value depends on the seed and its own place alone.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Any

from mockserver.data.clock import timestamp
from mockserver.data.seeds import derive

Record = Mapping[str, Any]
_OMITTED = object()
_MOVED_BY = ("days", "hours", "minutes", "seconds")
INSTANT = ("from", *_MOVED_BY, "step", "format")
"""What an `instant` may say."""
_PLACEHOLDER = re.compile(r"\{([\w.]+)(?::(\w+))?\}")


class ExpressionError(ValueError):
    """An expression that cannot be understood: why, and the path to its field where that is known."""

    def __init__(self, reason: str, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(reason)
        self.path = path


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value is made: everything that it may depend on."""

    seed: int
    names: tuple[str | int, ...]
    index: int
    clock: datetime
    locale: str
    collections: Mapping[str, Mapping[str, Record]]
    record: dict[str, Any] = field(default_factory=dict)

    def at(self, name: str | int) -> "Place":
        """The place one level deeper."""
        return Place(
            self.seed, (*self.names, name), self.index, self.clock, self.locale, self.collections, self.record
        )

    def random(self) -> Random:
        """A source of randomness of this place's own."""
        return Random(derive(self.seed, *self.names))

    def field(self, path: str) -> Any:
        """An earlier field of the record, by dotted path."""
        value: Any = self.record
        for name in path.split("."):
            try:
                value = value[name]
            except (KeyError, TypeError):
                raise ExpressionError(f"no earlier field {path!r}") from None
        return value


def make_record(values: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """Compute the fields of one record, in the order written.

    Raises:
        ExpressionError: an expression cannot be understood.
    """
    _fill(place.record, values, place)
    return place.record


def _fill(target: dict[str, Any], values: Mapping[str, Any], place: Place) -> None:
    for name, expression in values.items():
        here = place.at(name)
        if isinstance(expression, Mapping) and not _is_expression(expression):
            # Attached before it is filled, so that later expressions can name its fields.
            nested: dict[str, Any] = {}
            target[name] = nested
            _fill(nested, expression, here)
            continue
        value = _evaluate(expression, here)
        if value is not _OMITTED:
            target[name] = value


def _is_expression(value: Mapping[str, Any]) -> bool:
    return "when" in value or (len(value) > 0 and next(iter(value)) in _EXPRESSIONS)


def _evaluate(expression: Any, place: Place) -> Any:
    if isinstance(expression, Mapping):
        if not _is_expression(expression):
            nested: dict[str, Any] = {}
            _fill(nested, expression, place)
            return nested
        verb = next(name for name in expression if name in _EXPRESSIONS)
        try:
            return _EXPRESSIONS[verb](expression, place)
        except ExpressionError as error:
            raise ExpressionError(str(error), error.path or place.names[3:]) from None
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            # Whatever is wrong with what an expression is given shows when it is used.
            why = f"there is no {error}" if isinstance(error, KeyError) else str(error)
            raise ExpressionError(f"{verb!r} cannot be used like this: {why}", place.names[3:]) from None
    if isinstance(expression, list):
        values = (_evaluate(entry, place.at(number)) for number, entry in enumerate(expression))
        return [value for value in values if value is not _OMITTED]
    return expression


@lru_cache(maxsize=8)
def _faker(locale: str) -> Any:
    from faker import Faker

    return Faker(locale)


def _from_faker(expression: Mapping[str, Any], place: Place) -> Any:
    named = expression["faker"]
    provider, arguments = (named, {}) if isinstance(named, str) else (named[0], dict(named[1]))
    faker = _faker(place.locale)
    method = getattr(faker, provider, None)
    if provider.startswith("_") or method is None:
        raise ExpressionError(f"Faker has no provider {provider!r}")
    faker.seed_instance(derive(place.seed, *place.names))
    try:
        value = method(**arguments)
    except TypeError as error:
        raise ExpressionError(f"Faker's {provider}: {error}") from None
    if isinstance(value, datetime):
        return timestamp(value if value.tzinfo else value.replace(tzinfo=UTC))
    return value if isinstance(value, str | int | float | bool | list | dict | None) else str(value)


def _choice(expression: Mapping[str, Any], place: Place) -> Any:
    return _evaluate(place.random().choice(expression["choice"]), place)


def _cycle(expression: Mapping[str, Any], place: Place) -> Any:
    values = expression["cycle"]
    return _evaluate(values[place.index % len(values)], place)


def _number(expression: Mapping[str, Any], place: Place) -> int:
    low, high = expression["number"]
    return place.random().randint(low, high)


def _index(expression: Mapping[str, Any], place: Place) -> int:
    return int(expression["index"]) + place.index


def _instant(expression: Mapping[str, Any], place: Place) -> str:
    rule = expression["instant"]
    unknown = sorted(set(rule) - set(INSTANT))
    if unknown:
        raise ExpressionError(f"an instant has no {unknown[0]!r}; allowed are {', '.join(INSTANT)}")
    start = rule.get("from", "clock")
    moment = place.clock if start == "clock" else _read_instant(place.field(start))
    random = place.random()
    for unit in _MOVED_BY:
        amount = rule.get(unit, 0)
        moment += timedelta(**{unit: random.randint(*amount) if isinstance(amount, list) else amount})
    if "step" in rule:
        minutes = moment.minute - moment.minute % rule["step"]
        moment = moment.replace(minute=minutes, second=0, microsecond=0)
    return moment.strftime(rule["format"]) if "format" in rule else timestamp(moment)


def _read_instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise ExpressionError(f"{text!r} is not a moment to count from") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _text(expression: Mapping[str, Any], place: Place) -> str:
    def put_in(match: re.Match[str]) -> str:
        value = str(place.field(match[1]))
        return _slug(value) if match[2] == "slug" else value

    return _PLACEHOLDER.sub(put_in, expression["text"])


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", ".", plain).strip(".")


def _copy(expression: Mapping[str, Any], place: Place) -> Any:
    return place.field(expression["copy"])


def _record(expression: Mapping[str, Any], place: Place) -> Any:
    name = expression["record"]
    records = place.collections.get(name)
    if not records:
        raise ExpressionError(f"no earlier collection {name!r} with records")
    record = place.random().choice(list(records.values()))
    if "field" in expression:
        return record[expression["field"]]
    return {field: record[field] for field in expression.get("fields", record)}


def _when(expression: Mapping[str, Any], place: Place) -> Any:
    allowed = expression["is"] if isinstance(expression["is"], list) else [expression["is"]]
    branch = "then" if place.field(expression["when"]) in allowed else "else"
    return _evaluate(expression[branch], place) if branch in expression else _OMITTED


_EXPRESSIONS: Mapping[str, Callable[[Mapping[str, Any], Place], Any]] = {
    "faker": _from_faker,
    "choice": _choice,
    "cycle": _cycle,
    "number": _number,
    "index": _index,
    "instant": _instant,
    "text": _text,
    "copy": _copy,
    "record": _record,
    "when": _when,
}
