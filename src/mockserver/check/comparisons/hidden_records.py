"""Check that a record that a caller cannot read is in none of the lists that are shown to this caller."""

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.check.comparisons.caller_scopes import HIDDEN
from mockserver.check.findings.issues import Category, Rule, Subject, TriedCase
from mockserver.check.lifecycle.made_records import GONE, MadeRecord, MadeRecords
from mockserver.check.lifecycle.response_entries import entries_in
from mockserver.check.lifecycle.walk_log import values_for
from mockserver.check.planning.path_values import parameter_names
from mockserver.check.rules.document_rules import described
from mockserver.check.target.http_messages import ANONYMOUS, Caller
from mockserver.openapi.operation import Operation
from mockserver.resources.plan import ListPlan

_CALLERS = 3
_RECORDS = 5
"""How many records with other choices are created: a draft, a private record."""


class HiddenRecords:
    """Creates records that other callers may not see, and looks for them in the lists."""

    def __init__(self, records: MadeRecords) -> None:
        self._records = records

    def run(self) -> None:
        """Run the check; it needs two callers."""
        callers = self._records.context.candidates(self._records.reader)
        if not callers or callers[0] == ANONYMOUS or len(callers) == 1:
            return
        for body in self._bodies():
            made = self._records.made_of(body)
            if made is None or self._records.read(made) is None:
                continue
            for caller in callers[1:_CALLERS]:
                self._is_hidden(made, caller)

    def _bodies(self) -> Iterator[Any]:
        """The smallest body, with each value of the fields of which visibility may depend."""
        bodies, creator = self._records.bodies, self._records.creator
        variants: list[dict[str, Any]] = [{}]
        for name, field in bodies.fields(creator).items():
            choices = field.view.get("enum") or ([True, False] if field.view.get("type") == "boolean" else [])
            variants += [{name: choice} for choice in choices]
        for variant in variants[:_RECORDS]:
            body = bodies.least(creator)
            if isinstance(body, Mapping):
                yield {**body, **variant}
            elif not variant:
                yield body

    def _is_hidden(self, made: MadeRecord, caller: Caller) -> None:
        records = self._records
        values = list(made.values)
        (look,) = records.log.together([records.log.case(records.reader, values, caller=caller)])
        if look.answer.status not in GONE:
            return
        self._is_kept_from(made, look, caller)
        for listing, plan in self._lists():
            step = self._listed(listing, plan, made, caller)
            entries = entries_in(step.answer.value(), plan) if step.answer.succeeded else None
            for entry in entries or ():
                if isinstance(entry, Mapping) and any(
                    str(entry.get(name)) == str(made.key) for name in records.keys if name in entry
                ):
                    records.log.wrong(
                        listing,
                        Category.OTHER_RECORD_SHOWN,
                        f"{listing.id} shows {caller.name} a record that {records.reader.id} hides.",
                        "not listed",
                        made.key,
                        f"{listing.id} lists no record that its caller cannot read.",
                        [made.step, look, step],
                        rule=Rule.OWNERSHIP,
                        subject=Subject(other=records.reader.id),
                    )
                    return

    def _is_kept_from(self, made: MadeRecord, look: TriedCase, caller: Caller) -> None:
        """Check that a caller who cannot read a record cannot change it, nor read what is below it."""
        records = self._records
        below = [
            one
            for one in records.context.service.document.understood()
            if one.method == "get"
            and one.path.startswith(records.item_path + "/")
            and HIDDEN.search(records.context.cases.text(records.reader))
        ]
        for operation in [*below, *records.changers()]:
            values = values_for(operation, records.item_path, made.values)
            if values is None or len(values) < len(parameter_names(operation.path)):
                continue
            if "404" not in operation.responses:
                continue
            (step,) = records.log.together([records.log.case(operation, values, caller=caller)])
            if step.answer.succeeded:
                records.log.wrong(
                    operation,
                    Category.OTHER_RECORD_SHOWN,
                    f"{operation.id} serves {caller.name} a record that {records.reader.id} hides.",
                    "404",
                    described(step.answer),
                    f"{operation.id} answers 404 for a record that its caller cannot read.",
                    [made.step, look, step],
                    rule=Rule.OWNERSHIP,
                    subject=Subject(other=records.reader.id),
                )
                return

    def _lists(self) -> Iterator[tuple[Operation, ListPlan]]:
        """All operations that list records of this resource: the list, and searches.

        A list below a record of another kind may show more than its caller can read: a queue, a calendar.
        """
        service, own = self._records.context.service, self._records.group.create.plan.resource
        for operation in service.document.understood():
            plan = service.fallback.plan(operation)
            names = parameter_names(operation.path)
            is_above = len(names) <= len(self._records.parents)
            is_above = is_above and (not names or self._records.item_path.startswith(operation.path + "/"))
            if (
                operation.method == "get"
                and isinstance(plan, ListPlan)
                and plan.resource.word == own.word
                and is_above
            ):
                yield operation, plan

    def _listed(self, listing: Operation, plan: ListPlan, made: MadeRecord, caller: Caller) -> TriedCase:
        texts = made.body.values() if isinstance(made.body, Mapping) else ()
        own = next((one for one in texts if isinstance(one, str) and one.startswith("check-")), None)
        search = plan.selection.search
        query = {search[1]: own} if search is not None and search[0] == "query" and own is not None else {}
        log = self._records.log
        (step,) = log.together([log.case(listing, self._records.parents, query=query, caller=caller)])
        return step
