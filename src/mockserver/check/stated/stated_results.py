"""Check that an action sets what its description says, and changes the counts of records in its state."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mockserver.check.comparisons.shown_counts import properties_of
from mockserver.check.findings.issues import Category, Subject, TriedCase
from mockserver.check.lifecycle.made_records import MadeRecords
from mockserver.check.lifecycle.response_entries import shown
from mockserver.openapi.names import singular, words
from mockserver.openapi.operation import Operation

_SENTENCE = re.compile(r"(?<=[.;!?])\s+|\n+")
_CONDITION = re.compile(r"(?i)\b(if|unless|when|while|where|otherwise|only|except|409|conflicts?)\b")
_COUNTS = re.compile(r"(?i)\b(number of|how many|count)\b")
_SET = r"`?(?: is| becomes| to| as|:|=| is set to| is reset to| turns)? `?"
"""What a description may have between a property and its new value."""


class StatedResults:
    """Compares a record, and the counts of the record above, before and after an action."""

    def __init__(self, records: MadeRecords) -> None:
        self._records = records

    def compare_values(
        self, operation: Operation, after: Mapping[str, Any], shows: Sequence[TriedCase]
    ) -> None:
        """Check the values that the description of an action names."""
        for name, expected in self._said(operation, after):
            if after[name] != expected:
                self._records.log.wrong(
                    operation,
                    Category.VALUE_DIFFERS,
                    f"{operation.id} does not set {name} as its description says.",
                    "null" if expected is None else expected,
                    after[name],
                    f"{operation.id} sets {name}.",
                    shows,
                    subject=Subject((name,), other="description"),
                )
                return

    def _said(self, operation: Operation, after: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        properties = self._records.group.create.plan.resource.properties
        for sentence in _SENTENCE.split(self._records.context.cases.text(operation)):
            if _CONDITION.search(sentence):
                continue
            for name in after.keys() & properties.keys() - self._records.settable:
                view = self._records.context.schemas.merged(properties[name])
                values = {str(one): one for one in view.get("enum") or ()}
                allowed = {**values, "null": None, "true": True, "false": False}
                forms = "|".join(map(re.escape, allowed))
                found = re.findall(rf"\b{re.escape(name)}{_SET}({forms})\b", sentence)
                if len(set(found)) == 1:
                    yield name, allowed[found[0]]

    def counts(self, parents: Sequence[Any]) -> dict[str, tuple[int, str, TriedCase]]:
        """The numbers of the record above that have a description, each with what the document says of it."""
        records = self._records
        reader = self._above()
        if reader is None or not parents:
            return {}
        step = records.log.send(reader, parents)
        value = shown(step.answer.value(), records.context.service.fallback.plan(reader))
        found = {}
        for name, schema in properties_of(reader, records.context.schemas).items():
            count = value.get(name) if isinstance(value, Mapping) else None
            text = str(records.context.schemas.merged(schema).get("description", ""))
            if type(count) is int and isinstance(schema, Mapping) and _COUNTS.search(text):
                found[name] = (count, text, step)
        return found

    def _above(self) -> Operation | None:
        path = self._records.creator.path.rstrip("/").rpartition("/")[0]
        operations = self._records.context.service.document.understood()
        fitting = (one for one in operations if one.method == "get" and one.path.rstrip("/") == path)
        return next(fitting, None)

    def compare_counts(
        self,
        operation: Operation,
        known: Sequence[Mapping[str, tuple[int, str, TriedCase]]],
        states: tuple[str, str],
        shows: Sequence[TriedCase],
    ) -> None:
        """Check the counts of records in a state.

        Args:
            operation: the action.
            known: the counts before the record was created, after that, and after the action.
            states: the record's state before and after the action.
            shows: the requests.
        """
        first, second, last = known
        thing = singular(self._records.group.create.plan.resource.word).lower()
        left, now = (" ".join(words(one)) for one in states)
        for name, (count, text, step) in last.items():
            plain = f" {' '.join(words(text))} "
            is_counted = f" {left} {thing}" in plain and f" {now} " not in plain
            if name not in first or name not in second or not is_counted:
                continue
            if second[name][0] - first[name][0] == 1 and count != second[name][0] - 1:
                self._records.log.wrong(
                    operation,
                    Category.COUNT_DIFFERS,
                    f"{operation.id} ends {states[0]}, and {name} still counts the record.",
                    second[name][0] - 1,
                    count,
                    f"{operation.id} lowers {name} by one.",
                    [*shows, step],
                    subject=Subject((name,), other=states[0]),
                )
