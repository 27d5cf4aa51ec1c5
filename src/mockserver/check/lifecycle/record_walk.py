"""Make two records, work on the first, and compare all that is shown of both before and after.

What an answer shows is compared with what was sent and with what other answers show of the same record. A
document need not promise that in words: what is found is drift, unless it breaks HTTP or `readOnly`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from mockserver.check.findings.issues import Category, Rule, Subject, TriedCase, Verdict
from mockserver.check.lifecycle.resource_groups import Planned, ResourceGroup
from mockserver.check.lifecycle.response_entries import entries_in, identifier, keys_of, shown
from mockserver.check.lifecycle.walk_bodies import WalkBodies
from mockserver.check.lifecycle.walk_log import WalkLog, values_for
from mockserver.check.planning.path_values import item_path_below
from mockserver.check.planning.planning_context import PlanningContext
from mockserver.check.rules.document_rules import described
from mockserver.check.rules.normalisation import is_like
from mockserver.check.target.http_messages import MISSING, NOBODY
from mockserver.openapi.operation import Operation
from mockserver.resources.plan import ActionPlan, OperationKind, WritePlan

_REFUSED = range(400, 500)
_ACCEPTED = 202
_FIELDS = 8
"""So many fields are changed one by one."""
_ACTIONS = 4
_NOT_MODIFIED = 304
_GONE = {404, 410}


@dataclass(frozen=True, slots=True)
class MadeRecord:
    """A record that a walk has made.

    Attributes:
        values: of the path that names it.
        body: that it was made with.
        step: that made it.
    """

    values: tuple[Any, ...]
    body: Any
    step: TriedCase

    @property
    def key(self) -> Any:
        """What identifies it among its kind."""
        return self.values[-1]


class RecordWalk:
    """Works on records of one resource that it has made itself."""

    def __init__(self, log: WalkLog, context: PlanningContext, group: ResourceGroup) -> None:
        self._log = log
        self._context = context
        self._group = group
        self._keys = frozenset(keys_of(group.create.plan, group.parameter))
        self.bodies = WalkBodies(context, self._keys)
        creator = group.create.operation
        below = item_path_below(creator, context.service.document.understood())
        self.item_path = below or group.create.plan.resource.item_path or ""
        places = context.places(creator)
        self._parents = list(places[0].address.values.values()) if places else []
        self._others = [list(place.address.values.values()) for place in places[1:]]
        #: The fields that requests may set, which nothing else is expected to change.
        self._settable = {
            name for writer in (creator, *self._writers()) for name in self.bodies.fields(writer)
        }

    def run(self) -> list[MadeRecord]:
        """Go through everything; gives the records that are left."""
        one, other = self.make(full=True), self.make(full=False)
        if one is None or other is None or self._read(one) is None:
            return [made for made in (one, other) if made is not None]
        self._is_found_at_location(one)
        self._reads_alike(one)
        self._is_listed_as_it_is_read(one)
        self._is_below_its_parent(one)
        for writer in self._writers():
            self._takes_values(writer, one, other)
            self._refuses_without_a_trace(writer, one)
        self._keeps_read_only(one)
        self._keeps_out_strangers(one)
        self._has_tags(one)
        acted = [
            made for action in self._actions()[:_ACTIONS] if (made := self._acts(action, one)) is not None
        ]
        self._is_removed_alone(other, one)
        return [one, *acted]

    # requests

    @property
    def creator(self) -> Operation:
        """What makes the records."""
        return self._group.create.operation

    @property
    def _reader(self) -> Operation:
        return self._group.items[OperationKind.READ].operation

    def _writers(self) -> list[Operation]:
        kinds = (OperationKind.MERGE, OperationKind.REPLACE)
        return [self._group.items[kind].operation for kind in kinds if kind in self._group.items]

    def _actions(self) -> list[Planned]:
        """What may be done to a record without telling more than which."""
        return [
            one
            for one in self._group.actions
            if values_for(one.operation, self.item_path, [0] * 9) is not None
        ]

    def make(self, *, full: bool) -> MadeRecord | None:
        """Make a record; None where that does not succeed, or takes until later."""
        body = self.bodies.full(self.creator) if full else self.bodies.least(self.creator)
        step = self._make_of(body)
        if step.answer.status in _REFUSED and full:
            body = self.bodies.least(self.creator)
            step = self._make_of(body)
        plan = self._group.create.plan
        found = identifier(step, plan, self._group.parameter)
        if not step.answer.succeeded or step.answer.status == _ACCEPTED or found is None:
            return None
        is_below = self.item_path.startswith(self.creator.path.rstrip("/") + "/")
        return MadeRecord((*(self._parents if is_below else ()), found), body, step)

    def is_made_twice(self, made: MadeRecord) -> bool:
        """Whether the list shows another record with the text that only this one was sent."""
        listing = self._group.listing
        if listing is None or not isinstance(made.body, Mapping):
            return False
        own = {
            name: one for name, one in made.body.items() if isinstance(one, str) and one.startswith("check-")
        }
        if not own:
            return False
        step = self._log.send(listing.operation, self._parents)
        entries = entries_in(step.answer.value(), listing.plan) or []
        alike = (
            one
            for one in entries
            if isinstance(one, Mapping) and all(one.get(name) == text for name, text in own.items())
        )
        return sum(1 for _ in alike) > 1

    def _make_of(self, body: Any) -> TriedCase:
        return self._log.send(self.creator, self._parents, body=MISSING if body is None else body)

    def _send(self, operation: Operation, made: MadeRecord, **changes: Any) -> TriedCase:
        return self._log.send(operation, values_for(operation, self.item_path, made.values) or [], **changes)

    def _look(self, made: MadeRecord, **changes: Any) -> TriedCase:
        return self._send(self._reader, made, **changes)

    def _read(self, made: MadeRecord) -> Mapping[str, Any] | None:
        """The record as it is shown; None where it is not."""
        step = self._look(made)
        return self._record(step)

    def _record(self, step: TriedCase) -> Mapping[str, Any] | None:
        value = shown(step.answer.value(), self._group.plan_of(step.case.operation))
        return value if step.answer.succeeded and isinstance(value, Mapping) else None

    def _last(self) -> TriedCase:
        return self._log.steps[-1]

    # what is expected

    def _is_found_at_location(self, made: MadeRecord) -> None:
        location = made.step.answer.headers.get("location", "")
        path = unquote(urlsplit(location).path).removeprefix(
            self._context.service.document.base_path.rstrip("/")
        )
        answer = self._log.get(path) if path else None
        value = answer.value() if answer is not None and answer.succeeded else None
        known = [value[name] for name in self._keys if isinstance(value, Mapping) and name in value]
        if known and all(str(one) != str(made.key) for one in known):
            self._log.wrong(
                self.creator,
                Category.LOCATION_OF_ANOTHER,
                f"Location of {self.creator.id} leads to another record than the one that was made.",
                made.key,
                known[0],
                "",
                [made.step, self._last()],
                rule=Rule.HEADER,
                subject=Subject(("Location",)),
                verdict=Verdict.CONTRACT,  # RFC 9110 section 15.3.2
            )

    def _reads_alike(self, made: MadeRecord) -> None:
        """Reading changes nothing that requests may set."""
        first, second = self._read(made), self._read(made)
        for name, expected, got in self._changed(first, second):
            self._log.wrong(
                self._reader,
                Category.READING_CHANGES,
                f"{self._reader.id} shows another {name} each time: reading changes it.",
                expected,
                got,
                f"{self._reader.id} changes nothing.",
                [made.step, *self._log.steps[-2:]],
                subject=Subject((name,)),
            )

    def _changed(
        self, before: Any, after: Any, besides: Sequence[str] = ()
    ) -> Iterator[tuple[str, Any, Any]]:
        """Fields that requests may set, and that two looks show with two values."""
        if not isinstance(before, Mapping) or not isinstance(after, Mapping):
            return
        for name in sorted(self._settable & before.keys() & after.keys() - {*besides} - self._keys):
            if not is_like(before[name], after[name]) and before[name] != after[name]:
                yield name, before[name], after[name]

    def _is_listed_as_it_is_read(self, made: MadeRecord) -> None:
        """A list shows a record's numbers, flags and choices as the record's own operation does."""
        read, entry = self._read(made), self._entry(made)
        if read is None or not isinstance(entry, Mapping) or self._group.listing is None:
            return
        for name, expected, got in self._changed(read, entry):
            if isinstance(expected, (bool, int, float)) and isinstance(got, (bool, int, float)):
                listing = self._group.listing.operation
                self._log.wrong(
                    listing,
                    Category.LIST_DIFFERS,
                    f"{listing.id} shows another {name} of a record than {self._reader.id}.",
                    expected,
                    got,
                    f"{listing.id} shows {name} as {self._reader.id} does.",
                    [made.step, *self._log.steps[-2:]],
                    rule=Rule.VALUE,
                    subject=Subject((name,)),
                )

    def _entry(self, made: MadeRecord, parents: Sequence[Any] | None = None) -> Any:
        """The record in the list of all; None where the list does not show it."""
        listing = self._group.listing
        if listing is None:
            return None
        step = self._log.send(listing.operation, self._parents if parents is None else parents)
        entries = entries_in(step.answer.value(), listing.plan) or []
        fitting = (
            one
            for one in entries
            if isinstance(one, Mapping)
            and any(str(one.get(name)) == str(made.key) for name in self._keys if name in one)
        )
        return next(fitting, None)

    def _is_below_its_parent(self, made: MadeRecord) -> None:
        """What is made below a record belongs to that one, and is not listed below another."""
        below = self._group.create.plan.below
        read = self._read(made)
        for name, parent in zip(below, self._parents, strict=False):
            if name is None or read is None or name not in read or isinstance(read[name], (Mapping, list)):
                continue
            if str(read[name]) != str(parent):
                self._log.wrong(
                    self.creator,
                    Category.VALUE_DIFFERS,
                    f"{self.creator.id} below {parent} makes a record whose {name} is another.",
                    parent,
                    read[name],
                    f"{self.creator.id} sets {name} to the one in the path.",
                    [made.step, self._last()],
                    subject=Subject((name,)),
                )
        listing = self._group.listing
        for others in self._others[:1] if below and listing is not None else ():
            if listing is not None and others != self._parents and self._entry(made, others) is not None:
                self._log.wrong(
                    listing.operation,
                    Category.LISTED_ELSEWHERE,
                    f"{listing.operation.id} lists a record below another one than it was made below.",
                    "not listed",
                    made.key,
                    f"{listing.operation.id} lists the records below the one in the path.",
                    [made.step, self._last()],
                )

    # changes

    def _takes_values(self, writer: Operation, made: MadeRecord, other: MadeRecord) -> None:
        """Each field alone: it is shown as it was sent, nothing else changes, no other record does."""
        is_merge = self._kind(writer) is OperationKind.MERGE
        full = dict(made.body) if isinstance(made.body, Mapping) else {}
        for name, field in list(self.bodies.fields(writer).items())[:_FIELDS]:
            before = self._read(made)
            if before is None:
                return
            ordinary = self.bodies.ordinary(field, before.get(name))
            values = [ordinary, *self.bodies.telling(field), self.bodies.ordinary(field, ordinary)]
            values.append(self.bodies.empty(field))
            for value in (one for one in values if one is not None):
                body = {name: value} if is_merge else {**full, name: value}
                if not self._takes(writer, made, other, name, value, body):
                    break

    def _kind(self, writer: Operation) -> OperationKind | None:
        plan = self._group.plan_of(writer)
        return plan.kind if plan is not None else None

    def _takes(
        self, writer: Operation, made: MadeRecord, other: MadeRecord, name: str, value: Any, body: Any
    ) -> bool:
        """Whether one change leaves things as they should be; one that is refused is no change."""
        before, beside = self._read(made), self._read(other)
        step = self._send(writer, made, body=body)
        if not step.answer.succeeded or step.answer.status == _ACCEPTED:
            return True
        after = self._read(made)
        shows = [made.step, step, self._last()]
        if before is None or after is None:
            return False
        is_lost = name in before and name in after and before[name] == after[name]
        if (
            name in after
            and not _is_kept(value, after[name])
            and (is_lost or not self._is_assigned(writer, name))
        ):
            self._log.wrong(
                writer,
                Category.FIELD_NOT_SAVED,
                f"{writer.id} was sent another {name}, and {self._reader.id} does not show it.",
                value,
                after[name],
                f"{writer.id} stores {name} as it is sent.",
                shows,
                subject=Subject((name,), other=self._reader.id),
            )
            return False
        for field, expected, got in self._changed(before, after, [name]):
            if field in body:
                continue
            self._log.wrong(
                writer,
                Category.UNSENT_FIELD_CHANGED,
                f"{writer.id} was not sent {field}, and has changed it.",
                expected,
                got,
                f"{writer.id} keeps what is not sent.",
                shows,
                subject=Subject((field,)),
            )
            return False
        return self._leaves_alone(writer, other, beside, {name: after.get(name)}, [other.step, *shows])

    def _is_assigned(self, writer: Operation, name: str) -> bool:
        """Whether the server may set a field itself, whatever is sent."""
        plan = self._group.plan_of(writer)
        assigned = plan.assigned if isinstance(plan, WritePlan) else None
        return assigned is not None and name in {*assigned.generated, *assigned.updated, *assigned.states}

    def _leaves_alone(
        self,
        writer: Operation,
        other: MadeRecord,
        before: Mapping[str, Any] | None,
        set_to: Mapping[str, Any],
        shows: Sequence[TriedCase],
    ) -> bool:
        """Another record has not got the values that this one was given."""
        after = self._read(other)
        if before is not None and after is None and self._last().answer.status in _GONE:
            self._log.wrong(
                writer,
                Category.OTHER_RECORD_CHANGED,
                f"{writer.id} on one record has removed another.",
                "200",
                described(self._last().answer),
                f"{writer.id} changes no other record.",
                [*shows, self._last()],
            )
            return False
        for name, value in set_to.items() if before is not None and after is not None else ():
            is_same = after is not None and name in after and after[name] == value
            if is_same and before is not None and before.get(name) != value:
                self._log.wrong(
                    writer,
                    Category.OTHER_RECORD_CHANGED,
                    f"{writer.id} on one record has changed {name} of another.",
                    before.get(name),
                    value,
                    f"{writer.id} changes no other record.",
                    [*shows, self._last()],
                    subject=Subject((name,)),
                )
                return False
        return True

    def _refuses_without_a_trace(self, writer: Operation, made: MadeRecord) -> None:
        """Good fields in a request that is refused for a bad one are not stored."""
        before = self._read(made)
        for name, field in self.bodies.fields(writer).items():
            value = self.bodies.ordinary(field, (before or {}).get(name))
            bad = self.bodies.bad(writer, {name: value})
            if before is None or value is None or bad is None or name not in before:
                continue
            full = made.body if isinstance(made.body, Mapping) else {}
            base = {} if self._kind(writer) is OperationKind.MERGE else full
            step = self._send(writer, made, body={**base, name: value, bad[0]: bad[1]})
            after = self._read(made)
            if step.answer.status in _REFUSED and after is not None:
                self._is_unchanged(writer, before, after, [made.step, step, self._last()])
            return

    def _is_unchanged(
        self,
        writer: Operation,
        before: Mapping[str, Any],
        after: Mapping[str, Any],
        shows: Sequence[TriedCase],
    ) -> None:
        for name, expected, got in self._changed(before, after):
            self._log.wrong(
                writer,
                Category.CHANGED_THOUGH_REFUSED,
                f"{writer.id} was refused, and has changed {name} all the same.",
                expected,
                got,
                f"A request of {writer.id} that is refused changes nothing.",
                shows,
                subject=Subject((name,)),
            )
            return

    def _keeps_read_only(self, made: MadeRecord) -> None:
        """What the document has as read-only is not set by requests."""
        view = self._group.create.plan.resource
        names = [
            name
            for name, schema in view.properties.items()
            if self._context.schemas.merged(schema).get("readOnly") is True
        ]
        for writer in (self.creator, *self._writers()):
            for name in names:
                self._keeps_one(writer, made, name)

    def _keeps_one(self, writer: Operation, made: MadeRecord, name: str) -> None:
        before = self._read(made)
        value = _another(before.get(name), self._context, self._group, name) if before is not None else None
        if value is None or before is None:
            return
        is_creating = writer is self.creator
        body: Any = self.bodies.least(writer) if is_creating else {}
        if not is_creating and self._kind(writer) is not OperationKind.MERGE:
            body = made.body
        if not isinstance(body, Mapping):
            return
        if is_creating:
            step = self._make_of({**body, name: value})
        else:
            some = next(
                ((key, before[key]) for key in self.bodies.fields(writer) if before.get(key) is not None),
                None,
            )
            step = self._send(
                writer, made, body={**body, **({some[0]: some[1]} if some else {}), name: value}
            )
        record = self._record(step)
        if record is not None and name in record and record[name] == value and before[name] != value:
            self._log.wrong(
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
        """A request without a credential changes nothing, and is not answered with what somebody else was."""
        callers = self._context.candidates(self._reader)
        if not self._reader.security or not callers or callers[0] == NOBODY:
            return
        before = self._read(made)
        turned_away = self._look(made, caller=NOBODY)
        after = self._read(made)
        if before is not None and after is None and turned_away.answer.status in {401, 403}:
            self._log.wrong(
                self._reader,
                Category.ANSWER_KEPT,
                f"{self._reader.id} refuses everybody after it has refused a request without a credential.",
                "200",
                described(self._last().answer),
                "",
                [made.step, turned_away, self._last()],
                rule=Rule.AUTH,
                verdict=Verdict.CONTRACT,
            )
        removers = (
            [self._group.items[OperationKind.DELETE].operation]
            if OperationKind.DELETE in self._group.items
            else []
        )
        for writer in [*self._writers(), *removers]:
            step = self._send(writer, made, caller=NOBODY)
            look = self._look(made)
            if step.answer.status in {401, 403} and after is not None and look.answer.status in _GONE:
                self._log.wrong(
                    writer,
                    Category.CHANGED_THOUGH_REFUSED,
                    f"{writer.id} was refused, and the record is gone all the same.",
                    "200",
                    described(look.answer),
                    f"A request of {writer.id} that is refused changes nothing.",
                    [made.step, step, look],
                )
                return

    def _has_tags(self, made: MadeRecord) -> None:
        """An ETag changes with what is shown, and conditions that name an old one fail (RFC 9110)."""
        look = self._look(made)
        old, before = look.answer.headers.get("etag"), self._record(look)
        if old is None or before is None:
            return
        for writer in self._writers():
            fields = self.bodies.fields(writer)
            name = next((one for one in fields if one in before), None)
            value = self.bodies.ordinary(fields[name], before[name]) if name is not None else None
            if name is None or value is None:
                continue
            full = dict(made.body) if isinstance(made.body, Mapping) else {}
            base = {} if self._kind(writer) is OperationKind.MERGE else full
            change = self._send(writer, made, body={**base, name: value})
            after = self._look(made)
            record = self._record(after)
            if not change.answer.succeeded or record is None or record.get(name) == before.get(name):
                continue
            self._compare_tags(writer, made, old, after, {**base, name: before[name]})
            return

    def _compare_tags(
        self, writer: Operation, made: MadeRecord, old: str, after: TriedCase, body: Mapping[str, Any]
    ) -> None:
        contract = {"rule": Rule.HEADER, "verdict": Verdict.CONTRACT, "subject": Subject(("ETag",))}
        shows = [made.step, after]
        if after.answer.headers.get("etag") == old:
            message = f"{self._reader.id} has the same ETag before and after a change."
            self._log.wrong(
                self._reader, Category.TAG_KEPT, message, "another ETag", old, "", shows, **contract
            )
            return
        step = self._look(made, headers=[("If-None-Match", old)])
        if step.answer.status == _NOT_MODIFIED:
            message = f"{self._reader.id} answers 304 to the ETag of an earlier version."
            self._log.wrong(
                self._reader,
                Category.NOT_MODIFIED_WRONGLY,
                message,
                "200",
                "304",
                "",
                [*shows, step],
                **contract,
            )
        takes = any(one.name.lower() == "if-match" for one in writer.parameters) or "412" in writer.responses
        if takes and not old.startswith("W/"):
            step = self._send(writer, made, body=body, headers=[("If-Match", old)])
            if step.answer.succeeded:
                message = f"{writer.id} is served with the ETag of an earlier version in If-Match."
                self._log.wrong(
                    writer,
                    Category.CONDITION_IGNORED,
                    message,
                    "412",
                    described(step.answer),
                    "",
                    [*shows, step],
                    **contract,
                )

    # actions and removal

    def _acts(self, action: Planned, other: MadeRecord) -> MadeRecord | None:
        """What an action shows is there afterwards, and nowhere else; gives the record it was done to."""
        made = self.make(full=False)
        before, beside = (self._read(made), self._read(other)) if made is not None else (None, None)
        if made is None or before is None:
            return made
        operation = action.operation
        step = self._send(operation, made)
        if not step.answer.succeeded or step.answer.status == _ACCEPTED:
            return made
        told = self._record(step)
        look = self._look(made)
        after = self._record(look)
        if after is None:
            return None
        shows = [made.step, step, look]
        self._compare_effect(action, before, told, after, shows)
        changed = {
            name: value
            for name, value in after.items()
            if before.get(name) != value and isinstance(value, (str, bool)) and name not in self._keys
        }
        sets = action.plan.sets if isinstance(action.plan, ActionPlan) else {}
        lasting = {name: value for name, value in changed.items() if name in sets}
        self._leaves_alone(operation, other, beside, lasting, [other.step, *shows])
        self._send(operation, made)  # whatever comes of a repetition, it is no error of the server
        return made

    def _compare_effect(
        self,
        action: Planned,
        before: Mapping[str, Any],
        told: Mapping[str, Any] | None,
        after: Mapping[str, Any],
        shows: Sequence[TriedCase],
    ) -> None:
        operation = action.operation
        sets = dict(action.plan.sets) if isinstance(action.plan, ActionPlan) else {}
        names = [name for name in {**sets, **(told or {})} if name in before and name in after]
        for name in names:
            value = told[name] if told is not None and name in told else MISSING
            is_state = name in sets or isinstance(before[name], bool)
            if not is_state or name in self._settable:
                continue
            if value is not MISSING and value != before[name] and after[name] == before[name]:
                message = f"{operation.id} shows another {name}, and {self._reader.id} shows it as before."
                self._effect(operation, Category.NOT_STORED, message, value, after[name], name, shows)
            elif value is not MISSING and value == before[name] and after[name] != before[name]:
                message = f"{operation.id} shows {name} as before, and {self._reader.id} shows it changed."
                self._effect(operation, Category.VALUE_DIFFERS, message, after[name], value, name, shows)
        is_idle = all(before.get(name) == after.get(name) for name in before.keys() | sets.keys())
        is_told = told is None or all(told.get(name, before.get(name)) == before.get(name) for name in sets)
        for name, value in sets.items() if is_idle and is_told else ():
            if name in after and after[name] != value:
                message = f"{operation.id} is served, and changes nothing."
                self._effect(operation, Category.FIELD_UNCHANGED, message, value, after[name], name, shows)

    def _effect(
        self,
        operation: Operation,
        category: Category,
        message: str,
        expected: Any,
        got: Any,
        name: str,
        shows: Sequence[TriedCase],
    ) -> None:
        clause = f"{operation.id} sets {name}."
        self._log.wrong(operation, category, message, expected, got, clause, shows, subject=Subject((name,)))

    def _is_removed_alone(self, made: MadeRecord, other: MadeRecord) -> None:
        """Removing one record leaves the others, and is counted where its making was."""
        if OperationKind.DELETE not in self._group.items:
            return
        remover = self._group.items[OperationKind.DELETE].operation
        beside, counted = self._read(other), self._count_above()
        step = self._send(remover, made)
        if not step.answer.succeeded:
            return
        if self._look(made).answer.status in _GONE:
            self._leaves_alone(remover, other, beside, {}, [other.step, made.step, step])
        self._send(remover, made)
        left = self._count_above()
        if counted is None or left is None or left[1] != counted[1]:
            return
        more = self.make(full=False)
        grown = self._count_above()
        if more is not None and grown is not None and grown[1] > left[1]:
            operation, value, name = counted
            self._log.wrong(
                operation,
                Category.COUNT_DIFFERS,
                f"{operation.id} counts in {name} what is made, and not what {remover.id} removes.",
                value - 1,
                value,
                f"{remover.id} lowers {name} by one.",
                [made.step, step, self._last()],
                subject=Subject((name,)),
            )

    def _count_above(self) -> tuple[Operation, int, str] | None:
        """How many of its kind the record above says that there are."""
        name = self._group.create.plan.counted
        if name is None or not self._parents:
            return None
        own = self.creator.path.rstrip("/").rpartition("/")[0]
        for operation in self._context.service.document.understood():
            if operation.method == "get" and operation.path.rstrip("/") == own:
                step = self._log.send(operation, self._parents)
                plan = self._context.service.fallback.plan(operation)
                value = shown(step.answer.value(), plan)
                if isinstance(value, Mapping) and type(value.get(name)) is int:
                    return operation, value[name], name
        return None


def _is_kept(sent: Any, got: Any) -> bool:
    """Whether a value is what was sent, tidied up, or left empty where nothing was sent."""
    return got == sent or is_like(sent, got) or (not sent and not got)


def _another(present: Any, context: PlanningContext, group: ResourceGroup, name: str) -> Any:
    """Another value of a read-only field that a careless server would take."""
    view = context.schemas.merged(group.create.plan.resource.properties[name])
    if "enum" in view:
        return next((value for value in view["enum"] if value not in {present, None}), None)
    if isinstance(present, bool):
        return not present
    if isinstance(present, int) and name == group.key:
        return present + 1_000_003
    return None
