"""Create two records, update the first, and compare both before and after.

Responses are compared with the request bodies and with other responses about the same record. As documents
do not promise this consistency, its violations are drift, unless they violate HTTP or `readOnly`.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from mockserver.check.findings.issues import Category, Rule, Subject, TriedCase, Verdict
from mockserver.check.lifecycle.made_records import ACCEPTED, GONE, REFUSED, MadeRecord, MadeRecords
from mockserver.check.lifecycle.resource_groups import ResourceGroup
from mockserver.check.planning.planning_context import PlanningContext
from mockserver.check.planning.situations import SampleKind, Situation, SituationKind
from mockserver.check.rules.document_rules import described
from mockserver.check.rules.normalisation import is_kept
from mockserver.check.stated.stated_values import StatedValues
from mockserver.check.target.http_messages import ANONYMOUS
from mockserver.openapi.operation import Operation
from mockserver.resources.plan import OperationKind, WritePlan

_BEGINNING = re.compile(r"(?i)creat(ed|ion)(_?(at|on|date|time))?$")
"""Names of creation times, which an update must not change."""
_IN_ORDER = re.compile(
    r"(?i)\b(in|of|by|keeps?|preserves?) (?:the |this |their )?(?:same |given )?order\b|\bordered\b"
)
"""Says that the order of a list counts."""
_NEAR = ("2027-02", "2027-03")
"""The months around the date that does not exist."""
_FRACTION = re.compile(r":\d\d\.\d*[1-9]")
"""A time with a fraction of a second."""
_FIELDS = 12
"""How many fields are updated one by one."""


class RecordWalk:
    """Creates records of one resource, reads and updates them, and checks every response."""

    def __init__(self, records: MadeRecords) -> None:
        self._records = records
        #: Fields that have stored a sent value: where request and response share a schema, some do not.
        self._taken: set[str] = set()
        self._dates: dict[tuple[str, str], list[tuple[bool, Sequence[TriedCase], Any]]] = {}

    def run(self) -> list[MadeRecord]:
        """Run all checks; return the records that are left."""
        records = self._records
        one, other = records.make(full=True), records.make(full=False)
        if one is None or other is None or records.read(one) is None:
            return [made for made in (one, other) if made is not None]
        self.is_found_at_location(one)
        self._reads_alike(one)
        self._is_listed_as_it_is_read(one)
        self._is_listed_as_it_is_read(other)
        self._is_below_its_parent(one)
        for made in (one, other):
            self._has_stated_values(made)
        for writer in self._records.writers():
            self._keeps_what_is_not_sent(writer, one)
            self._takes_values(writer, one, other)
            self._is_dated(writer)
            self._refuses_without_a_trace(writer, one)
        self._keeps_read_only(one)
        self._keeps_out_strangers(one)
        self._makes_what_is_sent()
        self._moves_no_date()
        self._makes_nothing_that_is_refused()
        return [one, other]

    def is_found_at_location(self, made: MadeRecord) -> None:
        """Check that `Location` leads to the created record, not to another one or to what is above it."""
        records = self._records
        location = made.step.answer.headers.get("location", "")
        path = unquote(urlsplit(location).path).removeprefix(
            records.context.service.document.base_path.rstrip("/")
        )
        # A path with as many parts as the record's parent leads to the parent, or to a list.
        count = len(parts_of(records.item_path))
        is_above = bool(path) and len(parts_of(path)) < count and self._is_parent(path, made)
        if is_above:
            self._leads_elsewhere(made, made.key, path, [made.step])
            return
        answer = records.log.get(path) if path else None
        value = answer.value() if answer is not None and answer.succeeded else None
        known = [value[name] for name in records.keys if isinstance(value, Mapping) and name in value]
        if answer is not None and answer.status in GONE:
            known = [described(answer)]
        if known and all(str(one) != str(made.key) for one in known):
            self._leads_elsewhere(made, made.key, known[0], [made.step, records.last()])

    def _is_parent(self, path: str, made: MadeRecord) -> bool:
        """Whether a path is the one of the created record without its last parts."""
        values = iter(map(str, made.values))
        own = [
            next(values, "") if part.startswith("{") else part for part in parts_of(self._records.item_path)
        ]
        found = parts_of(path)
        return len(found) < len(own) and own[: len(found)] == found

    def _leads_elsewhere(self, made: MadeRecord, expected: Any, got: Any, shows: Sequence[TriedCase]) -> None:
        self._records.log.wrong(
            self._records.creator,
            Category.LOCATION_OF_ANOTHER,
            f"Location of {self._records.creator.id} leads to another record than the created one.",
            expected,
            got,
            "",
            shows,
            rule=Rule.HEADER,
            subject=Subject(("Location",)),
            verdict=Verdict.CONTRACT,  # RFC 9110 section 15.3.2
        )

    def _reads_alike(self, made: MadeRecord) -> None:
        """Check that reading does not change settable fields."""
        first, second = self._records.read(made), self._records.read(made)
        for name, expected, got in self._records.changed(first, second):
            self._records.log.wrong(
                self._records.reader,
                Category.READING_CHANGES,
                f"{self._records.reader.id} shows another {name} each time: reading changes it.",
                expected,
                got,
                f"{self._records.reader.id} changes nothing.",
                [made.step, *self._records.log.steps[-2:]],
                subject=Subject((name,)),
            )

    def _is_listed_as_it_is_read(self, made: MadeRecord) -> None:
        """Check that the list shows the same numbers, booleans and enum values as the read operation."""
        read, entry = self._records.read(made), self._records.entry(made)
        if read is None or not isinstance(entry, Mapping) or self._records.group.listing is None:
            return
        for name, expected, got in self._records.changed(read, entry):
            if isinstance(expected, (bool, int, float)) and isinstance(got, (bool, int, float)):
                listing = self._records.group.listing.operation
                self._records.log.wrong(
                    listing,
                    Category.LIST_DIFFERS,
                    f"{listing.id} shows another {name} of a record than {self._records.reader.id}.",
                    expected,
                    got,
                    f"{listing.id} shows {name} as {self._records.reader.id} does.",
                    [made.step, *self._records.log.steps[-2:]],
                    rule=Rule.VALUE,
                    subject=Subject((name,)),
                )

    def _has_stated_values(self, made: MadeRecord) -> None:
        """Check documented defaults and sums of a new record."""
        read = self._records.read(made)
        if read is not None and not self._records.bodies.is_shared(self._records.creator):
            StatedValues(self._records).compare(made, read, [made.step, self._records.last()])

    def _is_below_its_parent(self, made: MadeRecord) -> None:
        """Check that a nested record belongs to its parent, and is not listed below another one."""
        below = self._records.group.create.plan.below
        read = self._records.read(made)
        for name, parent in zip(below, made.parents, strict=False):
            if name is None or read is None or name not in read or isinstance(read[name], (Mapping, list)):
                continue
            if str(read[name]) != str(parent):
                self._records.log.wrong(
                    self._records.creator,
                    Category.VALUE_DIFFERS,
                    f"{self._records.creator.id} below {parent} creates a record with another {name}.",
                    parent,
                    read[name],
                    f"{self._records.creator.id} sets {name} to the one in the path.",
                    [made.step, self._records.last()],
                    subject=Subject((name,)),
                )
        listing = self._records.group.listing
        for others in self._records.other_parents[:1] if below and listing is not None else ():
            is_elsewhere = others != self._records.parents and self._records.entry(made, others) is not None
            if listing is not None and is_elsewhere:
                self._records.log.wrong(
                    listing.operation,
                    Category.LISTED_ELSEWHERE,
                    f"{listing.operation.id} lists a record below another parent than its own.",
                    "not listed",
                    made.key,
                    f"{listing.operation.id} lists the records below the one in the path.",
                    [made.step, self._records.last()],
                )

    def _keeps_what_is_not_sent(self, writer: Operation, made: MadeRecord) -> None:
        """Check that an update keeps the fields that it does not send."""
        if self._records.kind(writer) is not OperationKind.MERGE:
            return
        before = self._records.read(made)
        step = self._records.send(writer, made, body={})
        after = self._records.read(made)
        if not step.answer.succeeded or step.answer.status == ACCEPTED:
            return
        for name, expected, got in self._records.changed(before, after):
            self._unsent(writer, name, expected, got, [made.step, step, self._records.last()])
            return

    def _unsent(
        self, writer: Operation, name: str, expected: Any, got: Any, shows: Sequence[TriedCase]
    ) -> None:
        self._records.log.wrong(
            writer,
            Category.UNSENT_FIELD_CHANGED,
            f"{writer.id} has changed {name}, which was not sent.",
            expected,
            got,
            f"{writer.id} keeps fields that are not sent.",
            shows,
            subject=Subject((name,)),
        )

    def _takes_values(self, writer: Operation, made: MadeRecord, other: MadeRecord) -> None:
        """Update each field alone: it must be stored, and other fields and records must not change."""
        is_merge = self._records.kind(writer) is OperationKind.MERGE
        full = dict(made.body) if isinstance(made.body, Mapping) else {}
        for name, field in list(self._records.bodies.fields(writer).items())[:_FIELDS]:
            before = self._records.read(made)
            if before is None:
                return
            if name in self._records.parent_fields(writer):
                continue  # it would move the record to another list
            ordinary = self._records.bodies.ordinary(field, before.get(name))
            values = [
                ordinary,
                *self._records.bodies.telling(field),
                self._records.bodies.ordinary(field, ordinary),
            ]
            values.append(self._records.bodies.empty(field))
            values = [one for one in values if one is not None]
            if is_merge and self._records.bodies.takes_null(field):
                values += [ordinary, None] if ordinary is not None else [None]
            for value in values:
                body = {name: value} if is_merge else {**full, name: value}
                if not self._takes(writer, made, other, name, value, body):
                    break
            # With a value again, so that it shows when a later request empties it.
            if is_merge and ordinary is not None and None in values:
                self._records.send(writer, made, body={name: ordinary})

    def _takes(
        self, writer: Operation, made: MadeRecord, other: MadeRecord, name: str, value: Any, body: Any
    ) -> bool:
        """Whether one update has the right effect; a refused one counts as right."""
        before, bystander = self._records.read(made), self._records.read(other)
        step = self._records.send(writer, made, body=body)
        if not step.answer.succeeded or step.answer.status == ACCEPTED:
            return True
        after = self._records.read(made)
        shows = [made.step, step, self._records.last()]
        if before is None or after is None:
            return False
        is_stored = name not in after or self._is_kept(name, value, after[name])
        if is_stored and name in after and before.get(name) != after[name]:
            self._taken.add(name)
        if not is_stored and self._may_be_missed(writer, name, before, after):
            self._records.log.wrong(
                writer,
                Category.FIELD_NOT_SAVED,
                f"{writer.id} was sent another {name}, and {self._records.reader.id} does not show it.",
                value,
                after[name],
                f"{writer.id} stores {name} as it is sent.",
                shows,
                subject=Subject((name,), other=self._records.reader.id),
            )
            return False
        self._note_date(writer, name, before, after, shows)
        begun = [
            (field, before[field], after[field])
            for field in before.keys() & after.keys()
            if _BEGINNING.match(field) and not is_kept(before[field], after[field])
        ]
        for field, expected, got in [*self._records.changed(before, after, [name]), *begun]:
            if field in body:
                continue
            self._unsent(writer, field, expected, got, shows)
            return False
        return self._records.leaves_alone(
            writer, other, bystander, {name: after.get(name)}, [other.step, *shows]
        )

    def _note_date(
        self,
        writer: Operation,
        name: str,
        before: Mapping[str, Any],
        after: Mapping[str, Any],
        shows: Sequence[TriedCase],
    ) -> None:
        """Remember whether the time of the last change is another one after a change."""
        plan = self._records.group.plan_of(writer)
        has_changed = name in after and before.get(name) != after[name]
        for field in plan.assigned.updated if has_changed and isinstance(plan, WritePlan) else ():
            # Others may be the same within a second.
            if _FRACTION.search(str(before.get(field, ""))) and field not in self._records.settable:
                is_same = before[field] == after.get(field)
                self._dates.setdefault((writer.id, field), []).append((is_same, shows, before[field]))

    def _is_dated(self, writer: Operation) -> None:
        """Check that one change at least has changed the time of the last change."""
        for (name, field), noted in self._dates.items():
            if name == writer.id and len(noted) > 1 and all(is_same for is_same, _, _ in noted):
                shows = noted[-1][1]
                fresh = self._records.make(full=False)
                newest = self._records.read(fresh) if fresh is not None else None
                if newest is None or newest.get(field) in {None, noted[-1][2]}:
                    continue  # the server's clock is stopped
                self._records.log.wrong(
                    writer,
                    Category.FIELD_UNCHANGED,
                    f"{writer.id} changes fields, but not {field}.",
                    "a later time",
                    "the same",
                    f"{writer.id} sets {field} to the present time.",
                    shows,
                    subject=Subject((field,)),
                )

    def _is_kept(self, name: str, sent: Any, got: Any) -> bool:
        """Whether a field has the value that was sent; lists in their order, if the document speaks of it."""
        schema = self._records.group.create.plan.resource.properties.get(name)
        fields = self._records.bodies.fields(self._records.creator)
        views = [self._records.context.schemas.merged(schema)] if schema is not None else []
        views += [fields[name].view] if name in fields else []
        is_ordered = any(_IN_ORDER.search(str(one.get("description", ""))) for one in views)
        if is_ordered and isinstance(sent, list) and isinstance(got, list) and len(sent) == len(got):
            return all(map(is_kept, sent, got))
        return is_kept(sent, got)

    def _may_be_missed(
        self, writer: Operation, name: str, before: Mapping[str, Any], after: Mapping[str, Any]
    ) -> bool:
        """Whether a field without the sent value is settable at all, so that its loss is an issue."""
        if self._records.bodies.is_shared(writer) and name not in self._taken:
            return False
        return before.get(name) == after[name] or not self._is_assigned(writer, name)

    def _is_assigned(self, writer: Operation, name: str) -> bool:
        """Whether the field may be server-assigned, so that the sent value is ignored."""
        plan = self._records.group.plan_of(writer)
        assigned = plan.assigned if isinstance(plan, WritePlan) else None
        return assigned is not None and name in {*assigned.generated, *assigned.updated, *assigned.states}

    def _makes_what_is_sent(self) -> None:
        """Check that a new record stores values of which faulty servers lose a part."""
        fields = self._records.bodies.fields(self._records.creator)
        telling = {name: list(self._records.bodies.telling(field)) for name, field in fields.items()}
        for number in range(max(map(len, telling.values()), default=0)):
            body = self._records.bodies.least(self._records.creator)
            special = {name: values[number] for name, values in telling.items() if number < len(values)}
            made = (
                self._records.made_of({**body, **special}) if isinstance(body, Mapping) and special else None
            )
            read = self._records.read(made) if made is not None else None
            if made is not None and read is not None and isinstance(made.body, Mapping):
                # The values as they were sent: references may name another record.
                self._shows(made, {name: made.body.get(name) for name in special}, read)

    def _shows(self, made: MadeRecord, sent: Mapping[str, Any], read: Mapping[str, Any]) -> None:
        creator = self._records.creator
        for name, value in sent.items():
            is_shared = self._records.bodies.is_shared(creator) and name not in self._taken
            if name in read and not self._is_kept(name, value, read[name]) and not is_shared:
                self._records.log.wrong(
                    creator,
                    Category.FIELD_NOT_SAVED,
                    f"{creator.id} was sent {name}, and {self._records.reader.id} shows another.",
                    value,
                    read[name],
                    f"{creator.id} stores {name} as it is sent.",
                    [made.step, self._records.last()],
                    subject=Subject((name,), other=self._records.reader.id),
                )

    def _moves_no_date(self) -> None:
        """Check that a date that does not exist is refused, or at least not stored as another day."""
        bodies, creator = self._records.bodies, self._records.creator
        for name, field in bodies.fields(creator).items():
            impossible, body = bodies.impossible(field), bodies.least(creator)
            if impossible is None or not isinstance(body, Mapping):
                continue
            body = {**body, name: impossible}
            situation = Situation(SituationKind.FIELD, name, sample=SampleKind.IMPOSSIBLE, about=impossible)
            step = self._records.log.send(creator, self._records.parents, body=body, situation=situation)
            made = self._records.made_by(step, body)
            read = self._records.read(made) if made is not None else None
            shown = read.get(name) if read is not None else None
            # Any other date is one that the server sets itself.
            is_near = isinstance(shown, str) and shown.startswith(_NEAR) and bodies.fits(field, shown)
            if made is not None and is_near:
                self._records.log.wrong(
                    creator,
                    Category.INVALID_ACCEPTED,
                    f"{creator.id} takes a {name} that does not exist, and stores another.",
                    "a client error such as 400 or 422",
                    shown,
                    f"{creator.id} refuses a {name} that does not exist.",
                    [made.step, self._records.last()],
                    rule=Rule.BODY_VALIDATION,
                    subject=Subject((name,), other=self._records.reader.id),
                )
                return

    def _makes_nothing_that_is_refused(self) -> None:
        """Check that a create request refused for an invalid field creates no record."""
        body = self._records.bodies.least(self._records.creator)
        bad = self._records.bodies.bad(self._records.creator, body) if isinstance(body, Mapping) else None
        if bad is None:
            return
        step = self._records.make_of({**body, bad[0]: bad[1]})
        if step.answer.status in REFUSED and self._records.listed_with(body) > 0:
            self._records.log.wrong(
                self._records.creator,
                Category.CHANGED_THOUGH_REFUSED,
                f"{self._records.creator.id} was refused, but has created a record.",
                "no record",
                "a record with the same values",
                f"A request of {self._records.creator.id} that is refused creates no record.",
                [step, self._records.last()],
            )

    def _refuses_without_a_trace(self, writer: Operation, made: MadeRecord) -> None:
        """Check that an update refused for an invalid field does not store the valid ones."""
        before = self._records.read(made)
        for name, field in self._records.bodies.fields(writer).items():
            value = self._records.bodies.ordinary(field, (before or {}).get(name))
            bad = self._records.bodies.bad(writer, {name: value})
            if before is None or value is None or bad is None or name not in before:
                continue
            full = made.body if isinstance(made.body, Mapping) else {}
            base = {} if self._records.kind(writer) is OperationKind.MERGE else full
            step = self._records.send(writer, made, body={**base, name: value, bad[0]: bad[1]})
            after = self._records.read(made)
            if step.answer.status in REFUSED and after is not None:
                self._is_unchanged(writer, before, after, [made.step, step, self._records.last()])
            return

    def _is_unchanged(
        self,
        writer: Operation,
        before: Mapping[str, Any],
        after: Mapping[str, Any],
        shows: Sequence[TriedCase],
    ) -> None:
        for name, expected, got in self._records.changed(before, after):
            self._records.log.wrong(
                writer,
                Category.CHANGED_THOUGH_REFUSED,
                f"{writer.id} was refused, but has changed {name}.",
                expected,
                got,
                f"A request of {writer.id} that is refused changes nothing.",
                shows,
                subject=Subject((name,)),
            )
            return

    def _keeps_read_only(self, made: MadeRecord) -> None:
        """Check that requests cannot set `readOnly` fields."""
        view = self._records.group.create.plan.resource
        names = [
            name
            for name, schema in view.properties.items()
            if self._records.context.schemas.merged(schema).get("readOnly") is True
        ]
        for writer in (self._records.creator, *self._records.writers()):
            for name in names:
                self._keeps_one(writer, made, name)

    def _keeps_one(self, writer: Operation, made: MadeRecord, name: str) -> None:
        before = self._records.read(made)
        value = (
            _another(before.get(name), self._records.context, self._records.group, name)
            if before is not None
            else None
        )
        if value is None or before is None:
            return
        is_creating = writer is self._records.creator
        body: Any = self._records.bodies.least(writer) if is_creating else {}
        if not is_creating and self._records.kind(writer) is not OperationKind.MERGE:
            body = made.body
        if not isinstance(body, Mapping):
            return
        if is_creating:
            step = self._records.make_of({**body, name: value})
        else:
            some = next(
                (
                    (key, before[key])
                    for key in self._records.bodies.fields(writer)
                    if before.get(key) is not None
                ),
                None,
            )
            step = self._records.send(
                writer, made, body={**body, **({some[0]: some[1]} if some else {}), name: value}
            )
        record = self._records.record(step)
        if record is not None and name in record and record[name] == value and before[name] != value:
            self._records.log.wrong(
                writer,
                Category.READ_ONLY_TAKEN,
                f"{writer.id} takes {name} from the request, which the document has as read-only.",
                "ignored or refused",
                value,
                "",
                [step] if is_creating else [made.step, step],
                rule=Rule.BODY_VALIDATION,
                subject=Subject((name,)),
                verdict=Verdict.CONTRACT,
            )

    def _keeps_out_strangers(self, made: MadeRecord) -> None:
        """Check that a request without a credential changes nothing, and affects no later caller."""
        callers = self._records.context.candidates(self._records.reader)
        if not self._records.reader.security or not callers or callers[0] == ANONYMOUS:
            return
        before = self._records.read(made)
        turned_away = self._records.look(made, caller=ANONYMOUS)
        after = self._records.read(made)
        if before is not None and after is None and turned_away.answer.status in {401, 403}:
            self._records.log.wrong(
                self._records.reader,
                Category.ANSWER_KEPT,
                f"{self._records.reader.id} refuses every caller after a request without a credential.",
                "200",
                described(self._records.last().answer),
                "",
                [made.step, turned_away, self._records.last()],
                rule=Rule.AUTH,
                verdict=Verdict.CONTRACT,
            )
        removers = (
            [self._records.group.items[OperationKind.DELETE].operation]
            if OperationKind.DELETE in self._records.group.items
            else []
        )
        for writer in [*self._records.writers(), *removers]:
            step = self._records.send(writer, made, caller=ANONYMOUS)
            look = self._records.look(made)
            if step.answer.status in {401, 403} and after is not None and look.answer.status in GONE:
                self._records.log.wrong(
                    writer,
                    Category.CHANGED_THOUGH_REFUSED,
                    f"{writer.id} was refused, but has deleted the record.",
                    "200",
                    described(look.answer),
                    f"A request of {writer.id} that is refused changes nothing.",
                    [made.step, step, look],
                )
                return


def parts_of(path: str) -> list[str]:
    """The segments of a path."""
    return [part for part in path.split("/") if part]


def _another(present: Any, context: PlanningContext, group: ResourceGroup, name: str) -> Any:
    """Another value for a read-only field that a faulty server would store."""
    view = context.schemas.merged(group.create.plan.resource.properties[name])
    if "enum" in view:
        return next((value for value in view["enum"] if value not in {present, None}), None)
    if isinstance(present, bool):
        return not present
    if isinstance(present, int) and name == group.key:
        return present + 1_000_003
    return None
