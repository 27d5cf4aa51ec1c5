"""Check that a request repeated with its idempotency key has no second effect."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

from mockserver.behaviour.request_rules.idempotency import is_key_header
from mockserver.check.findings.issues import Category, Subject, TriedCase
from mockserver.check.lifecycle.made_records import ACCEPTED, MadeRecords
from mockserver.check.lifecycle.response_entries import entries_in, identifier
from mockserver.check.planning.path_values import parameter_names
from mockserver.openapi.operation import Operation
from mockserver.resources.plan import ListPlan

_LISTS = 6


class RepeatedKeys:
    """Creates a record twice with one key, and compares the lists before and after the repetition."""

    def __init__(self, records: MadeRecords) -> None:
        self._records = records

    def run(self) -> None:
        """Run the check, if the document has a header parameter for the key."""
        records, log = self._records, self._records.log
        creator = records.creator
        name = next(
            (one.name for one in creator.parameters if one.location == "header" and is_key_header(one.name)),
            None,
        )
        # A record that could be created shows which body and parent will do.
        made = records.make(full=False) if name is not None else None
        if made is None or made.body is None or name is None:
            return
        body = records.bodies.fresh(creator, made.body)
        case = log.case(creator, made.parents, body=body, headers=[(name, str(uuid4()))])
        (first,) = log.together([case], keeps_keys=True)
        if not first.answer.succeeded or first.answer.status == ACCEPTED:
            return
        before = dict(self._entries())
        steady = {
            key: shown for key, shown in self._entries() if before.get(key, (None, None))[1] == shown[1]
        }
        (again,) = log.together([case], keeps_keys=True)
        if not again.answer.succeeded:
            return
        keys = [identifier(one, records.group.create.plan, records.group.parameter) for one in (first, again)]
        if keys[0] != keys[1]:
            self._wrong("creates a second record", keys[0], keys[1], [first, again])
            return
        after = dict(self._entries())
        for key, (_, shown) in steady.items():
            step, now = after.get(key, (None, None))
            for field in shown if now is not None and step is not None else ():
                if now is not None and step is not None and now.get(field) != shown[field]:
                    self._wrong(
                        f"changes {field} again", shown[field], now.get(field), [first, again, step], field
                    )
                    return

    def _entries(self) -> Iterator[tuple[tuple[str, str], tuple[TriedCase, Mapping[str, Any]]]]:
        """The records in all lists that need no path parameter, by operation and id."""
        records = self._records
        service, count = records.context.service, 0
        for operation in service.document.understood():
            plan = service.fallback.plan(operation)
            is_list = operation.method == "get" and isinstance(plan, ListPlan)
            if plan is None or not is_list or parameter_names(operation.path) or count == _LISTS:
                continue
            count += 1
            (step,) = records.log.together([records.log.case(operation, [])])
            for entry in entries_in(step.answer.value(), plan) or () if step.answer.succeeded else ():
                key = entry.get(plan.resource.key) if isinstance(entry, Mapping) else None
                if key is not None:
                    yield (operation.id, str(key)), (step, entry)

    def _wrong(self, what: str, expected: Any, got: Any, shows: list[TriedCase], field: str = "") -> None:
        creator: Operation = self._records.creator
        self._records.log.wrong(
            creator,
            Category.MADE_TWICE,
            f"{creator.id}, repeated with the same idempotency key, {what}.",
            expected,
            got,
            f"A request of {creator.id} that repeats an idempotency key has no further effect.",
            shows,
            subject=Subject((field,) if field else (), other="idempotency"),
        )
