"""Compare counts that responses show with the records that a walk creates and deletes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from mockserver.check.findings.issues import Category, Subject, TriedCase
from mockserver.check.lifecycle.made_records import MadeRecords
from mockserver.check.lifecycle.response_entries import shown
from mockserver.check.planning.path_values import parameter_names
from mockserver.openapi.names import normalised
from mockserver.openapi.operation import Operation
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.plan import ListPlan

_SHORT = 2
_EVER = re.compile(r"(?i)\b(ever|created|placed|lifetime|all[- ]time|history|so far|received|registered)\b")
"""Words of a count that a deletion need not lower."""
_SUMMARIES = 4
"""How many operations that show no record of their own are read."""

Key = tuple[str, str, str]
"""An operation, a property of its response, and the record that is read."""


class ShownCount(NamedTuple):
    """A count in a response."""

    operation: Operation
    name: str
    value: int


class ShownCounts:
    """Reads the counts of a resource's records: in the parent record, and in summaries such as `/stats`."""

    def __init__(self, records: MadeRecords) -> None:
        self._records = records

    def read(self) -> dict[Key, ShownCount]:
        """All counts as they are now."""
        found = {}
        for operation in self._operations():
            values = self._records.parents if parameter_names(operation.path) else []
            step = self._records.log.send(operation, values)
            plan = self._records.context.service.fallback.plan(operation)
            value = shown(step.answer.value(), plan)
            for name, count in value.items() if isinstance(value, Mapping) else ():
                if type(count) is int and self._counts(operation, str(name)):
                    found[operation.id, str(name), str(values)] = ShownCount(operation, str(name), count)
        return found

    def _operations(self) -> Iterator[Operation]:
        service, summaries = self._records.context.service, 0
        above = self._records.creator.path.rstrip("/").rpartition("/")[0]
        for operation in service.document.understood():
            if operation.method != "get":
                continue
            if operation.path.rstrip("/") == above and self._records.parents:
                yield operation
            is_summary = not parameter_names(operation.path) and summaries < _SUMMARIES
            if is_summary and not self._is_list(operation) and self._may_count(operation):
                summaries += 1
                yield operation

    def _is_list(self, operation: Operation) -> bool:
        plan = self._records.context.service.fallback.plan(operation)
        return isinstance(plan, ListPlan)

    def _may_count(self, operation: Operation) -> bool:
        return any(
            self._counts(operation, name) for name in properties_of(operation, self._records.context.schemas)
        )

    def _counts(self, operation: Operation, name: str) -> bool:
        """Whether a property counts the records of this resource: `task_count` for `/tasks`."""
        plan = self._records.group.create.plan
        if name == plan.counted:
            return True
        word = normalised(plan.resource.word).removesuffix("s")
        if len(word) <= _SHORT:
            return False
        plain = normalised(name)
        if "count" in plain and word in plain:
            return True
        schema = properties_of(operation, self._records.context.schemas).get(name)
        view = self._records.context.schemas.merged(schema) if isinstance(schema, Mapping) else {}
        text = str(view.get("description", ""))
        is_named = plain.removesuffix("s") == word or plain in {f"total{word}", f"total{word}s"}
        # "Number of contacts", and no more: "Number of contacts that are favourites" are some of them.
        is_all = re.fullmatch(
            rf"(?i)(?:the )?(?:total )?number of (?:all )?{re.escape(word)}\w*\.?", text.strip()
        )
        return bool(is_all or (is_named and not text)) and not _EVER.search(text)

    def compare(
        self, moments: Sequence[Mapping[Key, ShownCount]], remover: Operation, shows: Sequence[TriedCase]
    ) -> None:
        """Compare the counts before any record, after one, after two, and after one of them was deleted."""
        if len(moments) != len(("before", "one", "two", "deleted")):
            return
        for key, last in moments[-1].items():
            if any(key not in one for one in moments):
                continue
            values = [one[key].value for one in moments]
            moves = [after - before for before, after in pairwise(values)]
            if moves[:2] == [1, 1] and moves[2] != -1:
                self._wrong(last, remover, "does not lower it", values[2] - 1, shows)
            elif moves == [0, 0, -1]:
                self._wrong(last, self._records.creator, "does not raise it", values[2] + 2, shows)

    def _wrong(
        self, count: ShownCount, writer: Operation, what: str, expected: int, shows: Sequence[TriedCase]
    ) -> None:
        operation, name, value = count
        asked = [one for one in self._records.log.steps if one.case.operation.id == operation.id][-1:]
        self._records.log.wrong(
            operation,
            Category.COUNT_DIFFERS,
            f"{operation.id} counts records in {name}, but {writer.id} {what} by one.",
            expected,
            value,
            f"{writer.id} changes {name} by one.",
            [*shows, *asked],
            subject=Subject((name,)),
        )


def properties_of(operation: Operation, schemas: SchemaReader) -> Mapping[str, Any]:
    """The properties of what an operation answers with 200."""
    response = operation.response(200)
    content = next(iter(response.content.values()), None) if response is not None else None
    view = schemas.merged(content.schema) if content is not None and content.schema is not None else {}
    properties = view.get("properties")
    return properties if isinstance(properties, Mapping) else {}
