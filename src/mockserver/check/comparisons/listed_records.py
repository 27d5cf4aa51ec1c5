"""Create records that no operation reads one by one, such as comments, and find them in their list."""

from collections.abc import Mapping
from typing import Any

from mockserver.check.comparisons.shown_counts import ShownCounts
from mockserver.check.findings.issues import Category, Rule, Subject, TriedCase
from mockserver.check.lifecycle.made_records import MadeRecord, MadeRecords
from mockserver.check.lifecycle.response_entries import entries_in, is_whole
from mockserver.check.rules.normalisation import is_kept
from mockserver.check.stated.stated_values import StatedValues
from mockserver.resources.plan import ListPlan, OperationKind

Entry = Mapping[str, Any]


class ListedRecords:
    """Checks the list of a resource without an operation that reads one record."""

    def __init__(self, records: MadeRecords) -> None:
        self._records = records

    def run(self) -> list[MadeRecord]:
        """Run all checks; return the records that are left."""
        records = self._records
        made = [one for full in (True, False) if (one := records.make(full=full)) is not None]
        for one in made:
            self._is_listed_as_sent(one)
        self._keeps_values()
        made = [one for one in made if one.body is not None]
        return [*made, *self._is_removed_alone()]

    def _listed(self) -> tuple[TriedCase | None, list[Any]]:
        """The list; no step if it is not complete."""
        listing = self._records.group.listing
        if listing is None or not isinstance(listing.plan, ListPlan):
            return None, []
        step = self._records.log.send(listing.operation, self._records.parents)
        entries = entries_in(step.answer.value(), listing.plan) if step.answer.succeeded else None
        is_complete = entries is not None and is_whole(step.answer, entries, _MANY, listing.plan)
        return (step if is_complete else None), entries or []

    def _entry(self, made: MadeRecord, entries: list[Any]) -> Entry | None:
        return next(
            (
                one
                for one in entries
                if isinstance(one, Mapping)
                and any(str(one.get(name)) == str(made.key) for name in self._records.keys if name in one)
            ),
            None,
        )

    def _is_listed_as_sent(self, made: MadeRecord) -> Entry | None:
        """Check that a record is in the list, with the values that were sent and the documented defaults."""
        _, entries = self._listed()
        entry, creator = self._entry(made, entries), self._records.creator
        listing = self._records.group.listing
        if entry is None or listing is None:  # new ones may be listed later
            return None
        shows = [made.step, self._records.last()]
        for name, value in made.body.items() if isinstance(made.body, Mapping) else ():
            if name in entry and not is_kept(value, entry[name]):
                self._wrong(
                    creator,
                    Category.FIELD_NOT_SAVED,
                    f"was sent {name}, and {listing.operation.id} shows another",
                    value,
                    entry[name],
                    shows,
                    name,
                )
                return entry
        StatedValues(self._records).compare(made, entry, shows)
        return entry

    def _keeps_values(self) -> None:
        """Check that the list shows values of which faulty servers lose a part."""
        bodies, creator = self._records.bodies, self._records.creator
        telling = {name: list(bodies.telling(field)) for name, field in bodies.fields(creator).items()}
        for number in range(max(map(len, telling.values()), default=0)):
            body = bodies.least(creator)
            special = {name: values[number] for name, values in telling.items() if number < len(values)}
            made = self._records.made_of({**body, **special}) if isinstance(body, Mapping) else None
            if made is not None:
                self._is_listed_as_sent(made)

    def _is_removed_alone(self) -> list[MadeRecord]:
        """Check that deleting one of three records keeps the other two, and changes the counts by one."""
        records = self._records
        remover = records.group.items.get(OperationKind.DELETE)
        counts = ShownCounts(records)
        if remover is None:
            return []
        first = records.make(full=False)
        moments = [counts.read()]
        made = records.make(full=False)
        moments.append(counts.read())
        last = records.twin(made) if made is not None else None
        moments.append(counts.read())
        if first is None or made is None or last is None:
            return []
        _, before = self._listed()
        step = records.send(remover.operation, made)
        look, after = self._listed()
        if step.answer.succeeded and look is not None:
            moments.append(counts.read())
            shows = [first.step, made.step, last.step, step, look]
            for other in (first, last):
                if self._entry(other, before) is not None and self._entry(other, after) is None:
                    self._wrong(
                        remover.operation,
                        Category.OTHER_RECORD_CHANGED,
                        "on one record has removed another",
                        other.key,
                        "not listed",
                        shows,
                    )
                    return [first]
            if self._entry(made, before) is not None and self._entry(made, after) == self._entry(
                made, before
            ):
                self._wrong(
                    remover.operation,
                    Category.REMOVED_STILL_LISTED,
                    "succeeds, and the record is listed as before",
                    "not listed",
                    made.key,
                    shows,
                )
            counts.compare(moments, remover.operation, [made.step, step])
        return [first, last]

    def _wrong(
        self,
        operation: Any,
        category: Category,
        what: str,
        expected: Any,
        got: Any,
        shows: list[TriedCase],
        name: str = "",
    ) -> None:
        listing = self._records.group.listing
        self._records.log.wrong(
            operation,
            category,
            f"{operation.id} {what}.",
            expected,
            got,
            f"After {operation.id}, the list shows what it did.",
            shows,
            rule=Rule.STATE,
            subject=Subject(
                (name,) if name else (), other=listing.operation.id if listing is not None else ""
            ),
        )


_MANY = 20
"""A list of so many records may be the first page of several."""
