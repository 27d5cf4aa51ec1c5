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
_LARGEST = 1_000_000
"""Characters of a record: fields that copy fields can double it with each line."""
_MOST_ASKED = 10_000
"""What Faker is asked for at most: characters, words, digits, rows."""
_BOUNDS = frozenset(
    (
        "min",
        "max",
        "min_value",
        "max_value",
        "minimum",
        "maximum",
        "start",
        "end",
        "start_date",
        "end_date",
        "step",
    )
)
"""Arguments of Faker that are values themselves, however large."""
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
        ExpressionError: an expression cannot be understood, or makes more than is accepted.
    """
    try:
        _fill(place.record, values, place)
    except RecursionError:
        raise ExpressionError("the values are nested too deeply") from None
    if size_of(place.record) > _LARGEST:
        raise ExpressionError(f"makes a record of more than {_LARGEST:,} characters")
    return place.record


def size_of(value: Any) -> int:
    """About how many characters a value takes as JSON; counting ends where that is more than is accepted."""
    size, waiting = 0, [value]
    while waiting and size <= _LARGEST:
        node = waiting.pop()
        size += len(node) + 2 if isinstance(node, str) else 4
        if isinstance(node, Mapping):
            size += sum(map(len, map(str, node)))
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
    return size


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
    if not _is_data(faker, provider):
        raise ExpressionError(f"Faker has no provider {provider!r}")
    for name, argument in arguments.items():
        if name not in _BOUNDS and isinstance(argument, int) and argument > _MOST_ASKED:
            raise ExpressionError(
                f"Faker's {provider}: {name} is {argument}, at most {_MOST_ASKED:,} is accepted"
            )
    faker.seed_instance(derive(place.seed, *place.names))
    try:
        value = getattr(faker, provider)(**arguments)
    except TypeError as error:
        raise ExpressionError(f"Faker's {provider}: {error}") from None
    except Exception as error:  # noqa: BLE001  each provider has its own for what it cannot use
        why = f"{provider}: {error or type(error).__name__}"
        raise ExpressionError(f"'faker' cannot be used like this: {why}") from None
    if isinstance(value, datetime):
        return timestamp(value if value.tzinfo else value.replace(tzinfo=UTC))
    return value if isinstance(value, str | int | float | bool | list | dict | None) else str(value)


def _is_data(faker: Any, name: str) -> bool:
    """Whether a method of Faker makes data: those of its providers do, its own change Faker itself."""
    providers = (type(provider) for factory in faker.factories for provider in factory.get_providers())
    return not name.startswith("_") and any(callable(getattr(kind, name, None)) for kind in providers)


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

    text = _PLACEHOLDER.sub(put_in, expression["text"])
    if len(text) > _LARGEST:
        raise ExpressionError(f"makes a text of more than {_LARGEST:,} characters")
    return text


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
