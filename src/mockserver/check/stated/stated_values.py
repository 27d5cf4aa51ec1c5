"""Check values of new records about which the document says more than their type: defaults and sums."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mockserver.check.findings.issues import Category, Rule, Subject, TriedCase
from mockserver.check.lifecycle.made_records import MadeRecord, MadeRecords
from mockserver.check.rules.normalisation import is_kept
from mockserver.openapi.names import words
from mockserver.openapi.schema.schema_locations import fields_of, types_in

_SUM = re.compile(r"(?i)\b(sum|total)\b.*\b(of|over)\b")
_MORE = re.compile(
    r"(?i)\b(tax|vat|discount|rebate|shipping|delivery|fees?|minus|plus|less|net of|without|except)"
)
"""Words of sums of which a part is somewhere else."""
_HUNDREDTH = 0.01


class StatedValues:
    """Compares a record with the document's defaults, and its sums with what they are sums of."""

    def __init__(self, records: MadeRecords) -> None:
        self._records = records

    def compare(self, made: MadeRecord, shown: Mapping[str, Any], shows: Sequence[TriedCase]) -> None:
        """Check one record as a response shows it; the first wrong value is an issue."""
        for name, expected, what in [*self._defaults(made, shown), *self._sums(shown)]:
            self._records.log.wrong(
                self._records.creator,
                Category.VALUE_DIFFERS,
                f"{self._records.creator.id} creates a record whose {name} is not {what}.",
                expected,
                shown[name],
                f"{name} is {what}.",
                shows,
                rule=Rule.VALUE,
                subject=Subject((name,), other=what.partition(" ")[0]),
            )
            return

    def _defaults(self, made: MadeRecord, shown: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
        """Fields that were not sent, and are shown with another value than the documented default."""
        content = self._records.context.cases.content(self._records.creator)
        sent = made.body if isinstance(made.body, Mapping) else {}
        for field in fields_of(self._records.context.schemas, content.schema if content else None):
            default, name = field.view.get("default"), field.name
            is_own = (
                len(field.tokens) == 1 and field.view.get("readOnly") is not True and not field.is_inferred
            )
            if not is_own or default is None or name in sent or name not in shown:
                continue
            is_scalar = bool(types_in(field.view) & {"boolean", "string", "integer", "number"})
            if is_scalar and "format" not in field.view and not is_kept(default, shown[name]):
                yield name, default, "its documented default"

    def _sums(self, shown: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
        """Numbers that the document describes as sums, and that are another sum."""
        schemas = self._records.context.schemas
        for name, schema in self._records.group.create.plan.resource.properties.items():
            value, text = shown.get(name), str(schemas.merged(schema).get("description", ""))
            if not isinstance(value, (int, float)) or isinstance(value, bool):
                continue
            if not _SUM.search(text) or _MORE.search(text):
                continue
            total = _sum_of(text, name, shown)
            if total is not None and abs(total[0] - value) > total[1] * _HUNDREDTH:
                yield name, round(total[0], 2), "the sum that the document describes"


def _sum_of(text: str, own: str, shown: Mapping[str, Any]) -> tuple[float, int] | None:
    """The sum that a text describes, and of how many entries; None if that is not certain."""
    plain = " ".join(words(text))
    for name, entries in shown.items():
        is_named = " ".join(words(name)) in plain
        if not is_named or not isinstance(entries, list) or not entries:
            continue
        if not all(isinstance(one, Mapping) for one in entries):
            continue
        factors = [
            key
            for key, value in entries[0].items()
            if isinstance(value, (int, float))
            and not isinstance(value, bool)
            and " ".join(words(key)) in plain
        ]
        factors = [key for key in factors if key != own or len(factors) == 1]
        try:
            if factors:
                return sum(_product(one[key] for key in factors) for one in entries), len(entries)
        except (KeyError, TypeError):
            continue
    return None


def _product(values: Iterator[Any]) -> float:
    product = 1.0
    for value in values:
        product *= value
    return product
