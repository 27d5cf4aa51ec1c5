"""Timestamps in a consistent order: created before updated, start before end."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from mockserver.generation.generation_context import GenerationContext, Maker, SchemaPosition
from mockserver.generation.seeds import derive

_STEPS = 1 << 32


class _Span(NamedTuple):
    """The time span in which an event happens, in days from now.

    All timestamps of one object are at the same fraction of their spans. Therefore, if both bounds of a span
    are later than another's, its timestamp is always later.
    """

    name: re.Pattern[str]
    earliest: float
    latest: float
    rounded: bool = False


def _span(name: str, earliest: float, latest: float, *, rounded: bool = False) -> _Span:
    return _Span(re.compile(rf"(?:^|_)(?:{name})"), earliest, latest, rounded)


_SPANS = (
    _span("birth|dob$|nacimiento|naissance|geburt", -70 * 365, -19 * 365),
    _span("found(ed|ation)|hired?|joined|registered|signed_up|registro|member_since", -1400, -400),
    _span("expir|valid_(to|until|till)|renew|vence|caduca|not_(valid_)?after|next", 40, 200),
    _span("not_(valid_)?before|first|earliest|oldest|initial", -400, -91),
    _span("due|deadline|deliver(y|ed_by)|eta$|vencimiento|entrega", 24, 39),
    _span("(period_)?end|ends|until|to$|finish|check_?out|fin$|hasta|termin|stop", 1.05, 22.05, rounded=True),
    _span("start|begin|from$|check_?in|scheduled|appointment|inicio|desde|cita", 1, 22, rounded=True),
    _span("delet|cancel|clos|complet|archiv|resolv|failed|cancelad", -4, -0.8),
    _span("updat|modif|chang|edit|last|seen|latest|actualiz|sync", -10, -1),
    _span("publish|activ|approv|confirm|aprob|accept|paid|ship|sent|verified|pago|public", -30, -11),
    _span(
        "creat|add|insert|solicit|order|request|submit|issued?|opened|cread|fecha_alta|alta$|valid_from",
        -90,
        -31,
    ),
)
_BORN = SchemaPosition("birth_date")
_SOMETIME = _span("", -30, -1)


def moment(draw: GenerationContext, _: int, spot: SchemaPosition) -> datetime:
    """The timestamp for a field's name, to the second."""
    span = _named(spot.words)
    number = draw.scope if span is not _SOMETIME else derive(draw.scope, spot.words)
    days = span.earliest + (span.latest - span.earliest) * (derive(number, "moment") % _STEPS / _STEPS)
    if not span.rounded:
        return (draw.now + timedelta(days=days)).astimezone(UTC).replace(microsecond=0)
    day = (draw.now + timedelta(days=int(days))).astimezone(UTC)
    opening = day.replace(hour=8, minute=0, second=0, microsecond=0)
    length = 60 if span.earliest > 1 else 0
    return opening + timedelta(minutes=15 * (derive(number, "quarter") % 36) + length)


@lru_cache(maxsize=4096)
def _named(words: str) -> _Span:
    return next((span for span in _SPANS if span.name.search(words)), _SOMETIME)


def _written(form: Callable[[datetime], Any]) -> Maker:
    return lambda draw, number, spot: form(moment(draw, number, spot))


def _rfc3339(value: datetime) -> str:
    return f"{value.isoformat()[:19]}Z"


date_time = _written(_rfc3339)
date = _written(lambda value: value.strftime("%Y-%m-%d"))
time = _written(lambda value: value.strftime("%H:%M:%SZ"))
clock_time = _written(lambda value: value.strftime("%H:%M"))
year = _written(lambda value: value.year)
month = _written(lambda value: value.month)
day = _written(lambda value: value.day)


def age(draw: GenerationContext, _: int, __: SchemaPosition) -> int:
    """The age of an adult in years, consistent with a date of birth in the same object."""
    born = moment(draw, 0, _BORN)
    return draw.now.year - born.year - ((draw.now.month, draw.now.day) < (born.month, born.day))


def epoch(draw: GenerationContext, number: int, spot: SchemaPosition) -> int:
    """Seconds since 1970, or milliseconds if the name or the description says so."""
    seconds = int(moment(draw, number, spot).timestamp())
    thousandths = re.search(r"_ms$|milli", spot.words) or "millisecond" in spot.description
    return seconds * 1000 if thousandths else seconds


def duration(_: GenerationContext, number: int, __: SchemaPosition) -> str:
    """An ISO 8601 duration."""
    return f"PT{number % 12 + 1}H{number // 12 % 4 * 15}M"


FORMS: Mapping[str, Maker] = {"date-time": date_time, "date": date, "time": time, "duration": duration}
