"""Check an implementation against itself: written values are read back, deleted records are gone."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from mockserver.check.findings.issues import Category, Issue, Rule, Subject, TriedCase, Verdict
from mockserver.check.lifecycle.list_parameters import largest_limit, values_to_select
from mockserver.check.lifecycle.resource_groups import ResourceGroup, says_gone
from mockserver.check.lifecycle.response_entries import (
    FEW,
    entries_in,
    identifier,
    identifiers,
    is_whole,
    keys_of,
    shown,
)
from mockserver.check.lifecycle.round_trip_bodies import RoundTripBodies
from mockserver.check.planning.cases import FILLED, CaseSequence, Topic
from mockserver.check.planning.path_values import PathValues, parameter_names
from mockserver.check.planning.planning_context import PlanningContext
from mockserver.check.reference.paired_run import PairedRun, PlayedSequence
from mockserver.check.rules.body_comparison import Difference, KnownValues, differences
from mockserver.check.rules.document_rules import brief, described
from mockserver.check.rules.normalisation import is_like
from mockserver.check.target.http_messages import ANONYMOUS, MISSING, HttpResponse
from mockserver.errors import NoAnswerError, NotSentError
from mockserver.openapi.operation import Operation
from mockserver.resources.plan import ListPlan, OperationKind

_TAKEN = {HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY}
"""Statuses that may refuse a name that is already in use."""
_FIELDS = 8
"""How many fields are updated one by one."""


class RoundTrips:
    """Creates records and follows them until they are deleted."""

    def __init__(
        self,
        run: PairedRun,
        context: PlanningContext,
        keep: Callable[[PlayedSequence, Issue, bool], None],
        unanswered: Callable[[CaseSequence, NoAnswerError], None],
        is_time_up: Callable[[], bool] = lambda: False,
    ) -> None:
        self._run = run
        self._context = context
        self._keep = keep
        self._unanswered = unanswered
        self._is_time_up = is_time_up
        #: Every step that was tried.
        self.steps: list[TriedCase] = []

    def run(self, groups: Iterable[ResourceGroup]) -> None:
        """Check these resources; an issue that occurs twice is a finding."""
        for group in groups:
            if self._is_time_up():
                return
            try:
                self._twice(group)
            except NoAnswerError as error:
                case = self._run.latest
                if case is not None and not isinstance(error, NotSentError):
                    self._unanswered(CaseSequence((case,), "sequence"), error)

    def _twice(self, group: ResourceGroup) -> None:
        first = list(self._once(group))
        if not first:
            return
        again = {played.issue.id for played in self._once(group) if played.issue}
        for played in first:
            if played.issue is not None:
                self._keep(played, played.issue, played.issue.id in again)

    def _once(self, group: ResourceGroup) -> Iterator[PlayedSequence]:
        trip = _RoundTrip(self._run, self._context, group)
        try:
            yield from trip.issues()
        finally:
            self.steps += trip.steps


class _RoundTrip:
    """One record, from its creation to its deletion."""

    def __init__(self, run: PairedRun, context: PlanningContext, group: ResourceGroup) -> None:
        self._run = run
        self._context = context
        self._group = group
        #: The steps so far.
        self.steps: list[TriedCase] = []
        self._issues: list[PlayedSequence] = []
        self._judged: set[tuple[str, Rule]] = set()
        self._sent: Any = None
        self._id: Any = None
        #: Fields that have stored a sent value.
        self._taken: set[str] = set()
        #: Issues that count only if the implementation stores the field at all.
        self._doubtful: list[tuple[str, PlayedSequence]] = []
        #: Possible names of the property that identifies the record.
        self._keys = frozenset(keys_of(group.create.plan, group.parameter))
        self._drafts = RoundTripBodies(context, self._keys)

    def issues(self) -> list[PlayedSequence]:
        """All issues of the round trip."""
        self._live()
        return self._issues + [played for field, played in self._doubtful if field in self._taken]

    def _live(self) -> None:
        self._run.begin()
        self._sent = body = self._drafts.body(self._creator, 0)
        made = self._send(self._creator, body=body)
        if made.answer.status in _TAKEN:  # a record of an earlier check may have this name
            self._drafts.suffix = f"-{secrets.token_hex(4)}"
            self._sent = body = self._drafts.fresh(self._creator, self._drafts.body(self._creator, 0))
            made = self._send(self._creator, body=body)
        self._id = identifier(made, self._group.create.plan, self._group.parameter)
        # A request that was only accepted (202) may create the record later.
        is_made = made.answer.succeeded and made.answer.status != HTTPStatus.ACCEPTED
        if not is_made or self._id is None or self._group.parameter in self._open_parameters():
            return
        self._is_there(made, body)
        self._is_listed()
        for kind in (OperationKind.REPLACE, OperationKind.MERGE):
            if kind in self._group.items:
                self._is_changed(self._group.items[kind].operation)
                self._is_changed_field_by_field(self._group.items[kind].operation)
        if OperationKind.DELETE in self._group.items:
            self._is_removed(self._group.items[OperationKind.DELETE].operation)

    @property
    def _creator(self) -> Operation:
        return self._group.create.operation

    @property
    def _reader(self) -> Operation:
        return self._group.items[OperationKind.READ].operation

    def _kind(self, operation: Operation) -> OperationKind | None:
        """The kind of one of the operations."""
        plan = self._group.plan_of(operation)
        return plan.kind if plan is not None else None

    def _record(self, step: TriedCase) -> Any:
        """The record in a response."""
        return shown(step.answer.value(), self._group.plan_of(step.case.operation))

    def _open_parameters(self) -> set[str]:
        """Path parameters without a known value."""
        names = {
            entry.name
            for entry in self._group.items[OperationKind.READ].operation.parameters
            if entry.location == "path"
        }
        return names - {self._group.parameter} and {self._group.parameter}

    def _send(
        self, operation: Operation, *, body: Any = None, query: Mapping[str, Any] | None = None
    ) -> TriedCase:
        address = self._address(operation)
        callers = self._context.candidates(operation)
        case = self._context.cases.plain(operation, address, callers[0] if callers else ANONYMOUS)
        if body is not None:
            case = self._context.cases.with_body(case, body, FILLED)
        if query:
            case = replace(
                case, request=replace(case.request, query=self._context.cases.query(operation, query))
            )
        topic: Topic = "read" if operation.method == "get" else "sequence"
        step = self._run.step(replace(case, topic=topic, is_promised=False))
        issues = self._run.judge(step, self.steps)
        self.steps.append(step)
        for issue in issues:
            self._judged.add((issue.operation.id, issue.rule))
            self._note(issue, self._writes())
        return step

    def _address(self, operation: Operation) -> PathValues:
        """The path values of the record if the path names it; else those of its parent."""
        if self._group.parameter in parameter_names(operation.path):
            return PathValues({self._group.parameter: self._id})
        places = self._context.places(operation)
        return places[0].address if places else PathValues({})

    def _writes(self) -> list[TriedCase]:
        """The writes before the latest request; reads make no difference."""
        return [step for step in self.steps[:-1] if step.case.topic != "read"]

    def _telling(self, blamed: Operation) -> list[TriedCase]:
        """The steps that show an operation's effect: the creation, the latest such update, the deletion."""
        writes = self._writes()
        made = [step for step in writes if step.case.operation.id == self._creator.id][-1:]
        changes = [step for step in writes if step.case.operation.id == blamed.id and step not in made][-1:]
        removals = [step for step in writes if step.case.operation.method == "delete" and step not in changes]
        return made + changes + removals

    def _note(self, issue: Issue, before: list[TriedCase], doubt: str = "") -> None:
        steps = before + self.steps[-1:]
        cases = tuple(step.case for step in steps)
        played = PlayedSequence(CaseSequence(cases, "sequence"), tuple(steps), issue)
        if doubt:
            self._doubtful.append((doubt, played))
        else:
            self._issues.append(played)

    def _wrong(
        self,
        operation: Operation,
        rule: Rule,
        category: Category,
        subject: Subject,
        message: str,
        expected: Any,
        got: str,
        clause: str,
        doubt: str = "",
    ) -> None:
        if (operation.id, rule) in self._judged:  # the model has reported it more precisely
            return
        text = expected if isinstance(expected, str) else brief(expected)
        issue = Issue(
            operation,
            rule,
            category,
            subject,
            message,
            text,
            got,
            operation.pointer,
            Verdict.DRIFT,
            suggested_clause=clause,
        )
        self._note(issue, self._telling(operation), doubt)

    def _shown_as(
        self, step: TriedCase, sent: Any, writer: Operation, how: str, earlier: Any = MISSING
    ) -> bool:
        """Whether a response shows what was sent; the first field that differs is an issue of the writer.

        Args:
            step: the step with the response.
            sent: the fields that were sent.
            writer: the operation that they were sent to.
            how: text that names where they are looked for.
            earlier: the record as an earlier response showed it, if any.
        """
        value = self._record(step)
        if not isinstance(value, Mapping) or not isinstance(sent, Mapping):
            return True
        # Not every response has every field; one that is never shown may still be stored.
        is_read = step.case.operation.id == self._reader.id
        seen = {name for name in sent if is_read and {name, f"[].{name}"} & self._run.shown}
        known = {
            name: entry
            for name, entry in sent.items()
            if (is_read or name in value) and name not in self._keys
        }
        different = list(self._different(known, value))
        self._taken |= self._newly_taken(known, earlier, writer) - {one.path[0] for one in different}
        for difference in different:
            name = difference.path[0]
            doubt = name if self._drafts.is_shared(writer) or name not in {*value, *seen} else ""
            shows = "does not show it" if difference.is_absence else "shows another value"
            message = f"{writer.id} was sent {difference.name}, and {how} {shows}."
            is_own = step.case.operation.id == writer.id
            rule = Rule.VALUE if is_own else Rule.STATE
            subject = Subject(difference.place, other="" if is_own else step.case.operation.id)
            clause = f"{writer.id} stores {difference.field} as it is sent, and shows it so."
            got = "nothing" if difference.is_absence else brief(difference.got)
            expected = brief(difference.expected)
            self._wrong(writer, rule, Category.VALUE_DIFFERS, subject, message, expected, got, clause, doubt)
            if not doubt:
                return False
        return not different

    def _different(self, expected: Any, got: Any) -> Iterator[Difference]:
        now = self._context.service.clock.now()
        knowledge = KnownValues(frozenset(), frozenset(), now, now)
        found = differences(expected, got, knowledge)
        return (one for one in found if not is_like(one.expected, one.got) and not _is_left_out(one))

    def _newly_taken(self, sent: Mapping[str, Any], earlier: Any, writer: Operation) -> set[str]:
        """The fields whose value is new, so that it cannot be the default by chance."""
        before = earlier
        if not isinstance(before, Mapping):
            return {name for name, value in sent.items() if value} - self._drafts.choices(writer)
        return {name for name, value in sent.items() if value and not is_like(value, before.get(name))}

    def _is_there(self, made: TriedCase, body: Any) -> None:
        self._shown_as(made, body, self._creator, "its answer")
        read = self._send(self._reader)
        if read.answer.status in {404, 410}:
            message = "The created record cannot be found."
            clause = f"After {self._creator.id}, {read.case.operation.id} answers 200."
            got = described(read.answer)
            subject, create = Subject(other=read.case.operation.id), self._creator
            self._wrong(create, Rule.STATE, Category.NOT_STORED, subject, message, "200", got, clause)
        elif read.answer.succeeded:
            self._shown_as(read, body, self._creator, self._reader.id)

    def _is_listed(self) -> None:
        if self._group.listing is None or not isinstance(self._group.listing.plan, ListPlan):
            return
        listing, plan = self._group.listing.operation, self._group.listing.plan
        limits = largest_limit(listing, plan, self._context.schemas)
        answer = self._send(listing, query=limits).answer
        entries = entries_in(answer.value(), plan)
        is_all = entries is not None and is_whole(answer, entries, min(limits.values(), default=FEW), plan)
        known = identifiers(entries or [], plan, self._group.parameter)
        if is_all and self._id not in known and MISSING not in known and not self._is_hidden(listing):
            message = f"{listing.id} does not list the record that {self._creator.id} created."
            clause = f"After {self._creator.id}, {listing.id} lists the created record."
            got = f"{len(known)} others"
            subject, wanted = Subject(other=self._creator.id), brief(self._id)
            self._wrong(listing, Rule.STATE, Category.NOT_LISTED, subject, message, wanted, got, clause)
        size = plan.pagination.size
        if size is not None:
            self._is_limited(listing, size[1])
        for name, value in values_to_select(listing, plan, entries or [], self._context.schemas):
            self._is_selected(listing, name, value)

    def _entries(self, answer: HttpResponse) -> list[Any] | None:
        """The records in a response of the list operation."""
        return entries_in(answer.value(), self._group.listing.plan) if self._group.listing else None

    def _identifiers(self, entries: list[Any] | None) -> list[Any]:
        """The ids in a list."""
        listing = self._group.listing
        return identifiers(entries or [], listing.plan, self._group.parameter) if listing else []

    def _is_hidden(self, listing: Operation) -> bool:
        """Whether the list shows the record only with a filter such as `archived=true`."""
        sent = self._sent if isinstance(self._sent, Mapping) else {}
        names = {entry.name for entry in listing.parameters if entry.location == "query"}
        query = {name: value for name, value in sent.items() if name in names}
        if not query:
            return False
        return self._id in self._identifiers(self._entries(self._send(listing, query=query).answer))

    def _is_limited(self, listing: Operation, name: str) -> None:
        step = self._send(listing, query={name: 1})
        entries = self._entries(step.answer)
        if step.answer.succeeded and entries is not None and len(entries) > 1:
            message = f"{listing.id} with {name}=1 lists {len(entries)} entries."
            clause = f"{listing.id} lists {name} entries at most."
            got = f"{len(entries)} entries"
            subject, expected = Subject(("query", name)), "at most 1 entry"
            self._wrong(listing, Rule.VALUE, Category.LIMIT_IGNORED, subject, message, expected, got, clause)

    def _is_selected(self, listing: Operation, name: str, value: Any) -> None:
        """Check that a filter named like a field lists only entries with its value."""
        step = self._send(listing, query={name: value})
        entries = self._entries(step.answer) if step.answer.succeeded else None
        for entry in entries or ():
            other = entry.get(name) if isinstance(entry, Mapping) else None
            if other is not None and other != value:
                query = f"{name}={value}"
                message = f"{listing.id} with {query} lists an entry whose {name} is another."
                clause = f"{listing.id} with {name} lists those of that {name}."
                subject, shown = Subject(("query", name)), brief(other)
                self._wrong(
                    listing,
                    Rule.VALUE,
                    Category.FILTER_IGNORED,
                    subject,
                    message,
                    brief(value),
                    shown,
                    clause,
                )
                return

    def _is_changed(self, writer: Operation) -> None:
        body = self._drafts.body(writer, 1) or self._drafts.one_field(writer)
        if isinstance(body, Mapping):
            own = self._keys & body.keys()
            body = {**body, **dict.fromkeys(own, self._id)}
        before = self._send(self._reader)
        changed = self._send(writer, body=body)
        after = self._send(self._reader)
        if changed.answer.succeeded and after.answer.succeeded:
            earlier = self._record(before)
            if self._shown_as(changed, body, writer, "its answer", earlier):
                self._shown_as(after, body, writer, self._reader.id, earlier)
            if self._kind(writer) is OperationKind.MERGE:
                self._keeps_the_rest(before, after, body, writer)
            again = self._send(writer, body=body)
            if (
                self._kind(writer) is OperationKind.REPLACE
                and not again.answer.succeeded
                and again.answer.status not in {409, 412, 428, 429}
            ):
                message = f"{writer.id} succeeds once, and is refused when it is repeated."
                clause = f"{writer.id} may be repeated."
                expected, got = str(changed.answer.status), described(again.answer)
                self._wrong(
                    writer, Rule.STATUS, Category.REPEAT_REFUSED, Subject(), message, expected, got, clause
                )
        elif changed.answer.status >= 400:
            self._has_changed_nothing(before, after, body, writer)

    def _is_changed_field_by_field(self, writer: Operation) -> None:
        """Update each field once, and check that it is stored."""
        reader, content = self._reader, self._context.cases.content(writer)
        present = self._record(self._send(reader))
        if content is None or not isinstance(present, Mapping):
            return
        needed = self._drafts.body(writer, 1) or {}
        for field in self._drafts.changeable(content.schema)[:_FIELDS]:
            value = self._drafts.another(field, present.get(field.name))
            if value is None or not isinstance(needed, Mapping):
                continue
            body = {**needed, field.name: value}
            own = self._keys & body.keys()
            changed = self._send(writer, body={**body, **dict.fromkeys(own, self._id)})
            read = self._send(reader) if changed.answer.succeeded else None
            if read is not None and read.answer.succeeded:
                self._shown_as(read, {field.name: value}, writer, reader.id, present)

    def _keeps_the_rest(self, before: TriedCase, after: TriedCase, body: Any, writer: Operation) -> None:
        """Check that an update keeps the fields of the creation that it does not send."""
        earlier, later = (self._record(step) for step in (before, after))
        if not (isinstance(body, Mapping) and isinstance(earlier, Mapping) and isinstance(later, Mapping)):
            return
        rest = {name: earlier[name] for name in self._sent if name in earlier and name not in body}
        for difference in self._different(rest, later):
            doubt = difference.path[0] if self._drafts.is_shared(self._creator) else ""
            message = f"{writer.id} has changed {difference.name}, which was not sent."
            clause = f"{writer.id} leaves {difference.field} as it was."
            got = brief(difference.got)
            expected = brief(difference.expected)
            self._wrong(
                writer,
                Rule.STATE,
                Category.UNSENT_FIELD_CHANGED,
                Subject(difference.place),
                message,
                expected,
                got,
                clause,
                doubt,
            )
            return

    def _has_changed_nothing(self, before: TriedCase, after: TriedCase, body: Any, writer: Operation) -> None:
        """Check that a refused request stores nothing; counters and timestamps may have changed."""
        earlier, later = (self._record(step) for step in (before, after))
        if not (isinstance(body, Mapping) and isinstance(earlier, Mapping) and isinstance(later, Mapping)):
            return
        if any(earlier.get(name, MISSING) != later.get(name, MISSING) for name in body):
            message = f"{writer.id} was refused, but has changed the record."
            clause = f"{writer.id} changes nothing when it is refused."
            expected, got = described(before.answer), described(after.answer)
            self._wrong(
                writer,
                Rule.STATE,
                Category.CHANGED_THOUGH_REFUSED,
                Subject(),
                message,
                expected,
                got,
                clause,
            )

    def _is_removed(self, remover: Operation) -> None:
        removed = self._send(remover)
        if not removed.answer.succeeded or removed.answer.status == 202:
            return
        read = self._send(self._reader)
        if read.answer.succeeded and not says_gone(read.answer):
            message = f"The record that {remover.id} deleted still exists."
            clause = f"After {remover.id}, {read.case.operation.id} answers 404."
            got = described(read.answer)
            subject, expected = Subject(other=read.case.operation.id), "404 or 410"
            self._wrong(remover, Rule.STATE, Category.STILL_THERE, subject, message, expected, got, clause)
        if self._group.listing is not None:
            listing = self._group.listing.operation
            entries = self._entries(self._send(listing).answer)
            if not read.answer.succeeded and self._id in self._identifiers(entries):
                message = f"{listing.id} lists the record that {remover.id} deleted."
                clause = f"After {remover.id}, {listing.id} no longer lists it."
                got = brief(self._id)
                self._wrong(
                    listing,
                    Rule.STATE,
                    Category.REMOVED_STILL_LISTED,
                    Subject(other=remover.id),
                    message,
                    "not listed",
                    got,
                    clause,
                )


def _is_left_out(difference: Difference) -> bool:
    """Whether an empty value is omitted: some servers omit null, 0, false and empty values."""
    return difference.is_absence and difference.expected in (None, False, 0, "", [], {})
