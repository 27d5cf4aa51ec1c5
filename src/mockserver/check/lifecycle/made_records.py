"""Create, read and compare the records of a walk."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from mockserver.check.findings.issues import Category, Subject, TriedCase
from mockserver.check.lifecycle.resource_groups import ResourceGroup
from mockserver.check.lifecycle.response_entries import entries_in, identifier, keys_of, shown
from mockserver.check.lifecycle.walk_bodies import WalkBodies
from mockserver.check.lifecycle.walk_log import WalkLog, values_for
from mockserver.check.planning.cases import referring
from mockserver.check.planning.path_values import item_path_below, shape
from mockserver.check.planning.planning_context import PlanningContext
from mockserver.check.rules.document_rules import described
from mockserver.check.rules.normalisation import is_like
from mockserver.check.target.http_messages import MISSING
from mockserver.openapi.operation import Operation
from mockserver.resources.plan import OperationKind

REFUSED = range(400, 500)
GONE = {404, 410}
_NOT_BELOW = {403, 404, 409}
"""Statuses that may be due to the parent of a new record."""
ACCEPTED = 202
"""The record may be created later."""


@dataclass(frozen=True, slots=True)
class MadeRecord:
    """A record that a walk has created.

    Attributes:
        values: the path parameters that identify it.
        parents: the path parameters of the request that created it.
        body: the request body that created it.
        step: the request that created it, with its response.
    """

    values: tuple[Any, ...]
    body: Any
    step: TriedCase
    parents: tuple[Any, ...] = ()

    @property
    def key(self) -> Any:
        """Its last path parameter."""
        return self.values[-1]


class MadeRecords:
    """Creates and reads records of one resource."""

    def __init__(self, log: WalkLog, context: PlanningContext, group: ResourceGroup) -> None:
        self.log = log
        self.context = context
        self.group = group
        self.keys = frozenset(keys_of(group.create.plan, group.parameter))
        self.bodies = WalkBodies(context, self.keys)
        creator = group.create.operation
        below = item_path_below(creator, context.service.document.understood())
        self.item_path = below or group.create.plan.resource.item_path or ""
        places = context.places(creator)
        # The last parent: a faulty server may use the first for all.
        self.parents = list(places[-1].address.values.values()) if places else []
        self._has_made = False
        #: Creates other records for the references in a body.
        self.renew: Callable[[Operation], Mapping[str, Any]] | None = None
        self._needs_others = self._needs_fresh = False
        #: Ways to create another parent, with its path parameters: a book can be lent once at a time, and an
        #: invoice is paid only after an action has sent it. The first one is likely to fit.
        self.new_parents: list[Callable[[], list[Any] | None]] = []
        self.other_parents = [list(place.address.values.values()) for place in places[:-1]]
        #: The fields that requests may set; nothing else should change them.
        self.settable = {name for writer in (creator, *self.writers()) for name in self.bodies.fields(writer)}

    @property
    def creator(self) -> Operation:
        """The operation that creates a record."""
        return self.group.create.operation

    @property
    def reader(self) -> Operation:
        """The operation that reads one record."""
        return self.group.items[OperationKind.READ].operation

    def writers(self) -> list[Operation]:
        """The operations that update or replace a record."""
        kinds = (OperationKind.MERGE, OperationKind.REPLACE)
        return [self.group.items[kind].operation for kind in kinds if kind in self.group.items]

    def changers(self) -> list[Operation]:
        """The operations that change a record on its own path; the one that deletes it is last."""
        actions = [
            one.operation
            for one in self.group.actions
            if values_for(one.operation, self.item_path, [0] * 9) is not None
        ]
        remover = self.group.items.get(OperationKind.DELETE)
        return [*self.writers(), *actions, *([remover.operation] if remover is not None else [])]

    def parent_fields(self, writer: Operation) -> frozenset[str]:
        """The fields of a body that name a record in the path of the list: they move a record."""
        own = shape(self.creator.path)
        paths = self.context.reference_paths(writer)
        return frozenset(name for name, path in paths.items() if own.startswith(shape(path) + "/"))

    def make(self, *, full: bool) -> MadeRecord | None:
        """Create a record; None if that fails, or is only accepted (202)."""
        made = self.made_of(self.bodies.full(self.creator) if full else self.bodies.least(self.creator))
        return self.made_of(self.bodies.least(self.creator)) if made is None and full else made

    def twin(self, made: MadeRecord) -> MadeRecord | None:
        """Create a record with the values of another one, its key excepted; with others if that fails."""
        if not isinstance(made.body, Mapping):
            return self.make(full=False)
        fresh = self.bodies.least(self.creator)
        keys = {name: fresh[name] for name in self.keys if isinstance(fresh, Mapping) and name in fresh}
        return self.made_of({**made.body, **keys}) or self.make(full=False)

    def made_of(self, body: Any) -> MadeRecord | None:
        """Create a record with this body; None if that fails, or is only accepted (202)."""
        if self._needs_others and self.renew is not None:
            body = referring(body, self.renew(self.creator))
        if self._needs_fresh:
            body = self.bodies.fresh(self.creator, body)
        step = self.make_of(body)
        if step.answer.status == HTTPStatus.CONFLICT and not self._needs_fresh:
            fresh = self.bodies.fresh(self.creator, body)
            if fresh != body:
                step = self.make_of(fresh)
                self._needs_fresh = step.answer.succeeded
                body = fresh if step.answer.succeeded else body
        if step.answer.status == HTTPStatus.CONFLICT and self.renew is not None and not self._needs_others:
            # A room can be booked once at a time: each record may need another one to refer to.
            references = self.renew(self.creator)
            if references:
                body = referring(body, references)
                step = self.make_of(body)
                self._needs_others = step.answer.succeeded
        if step.answer.status == HTTPStatus.CONFLICT and self.new_parents:
            body, step = self._made_below(body, step)
        while step.answer.status in _NOT_BELOW and self.other_parents and not self._has_made:
            # This caller may not write below every parent.
            self.parents = self.other_parents.pop()
            step = self.make_of(body)
        self._has_made = self._has_made or step.answer.succeeded
        return self.made_by(step, body)

    def _made_below(self, body: Any, refused: TriedCase) -> tuple[Any, TriedCase]:
        """Create the record below a new parent; its body, and the last request."""
        step, modest = refused, self.bodies.modest(self.creator, body)
        bodies = [body] if modest == body else [body, modest]
        for number, make_parent in enumerate(self.new_parents):
            parents = make_parent()
            for one in bodies if parents is not None else ():
                self.parents, self.other_parents = parents or [], []
                step = self.make_of(one)
                if step.answer.succeeded:
                    self.new_parents.insert(0, self.new_parents.pop(number))
                    return one, step
        return body, step

    def made_by(self, step: TriedCase, body: Any) -> MadeRecord | None:
        """The record that such a request has created; None if it failed, or was only accepted (202)."""
        found = identifier(step, self.group.create.plan, self.group.parameter)
        if not step.answer.succeeded or step.answer.status == ACCEPTED or found is None:
            return None
        is_below = self.item_path.startswith(self.creator.path.rstrip("/") + "/")
        return MadeRecord((*(self.parents if is_below else ()), found), body, step, tuple(self.parents))

    def listed_with(self, body: Any) -> int:
        """How many records of the list have the unique texts of this body."""
        listing = self.group.listing
        texts = body.items() if isinstance(body, Mapping) else ()
        own = {name: one for name, one in texts if isinstance(one, str) and one.startswith("check-")}
        if listing is None or not own:
            return 0
        step = self.log.send(listing.operation, self.parents)
        entries = entries_in(step.answer.value(), listing.plan) or []
        alike = (
            one
            for one in entries
            if isinstance(one, Mapping) and all(one.get(name) == text for name, text in own.items())
        )
        return sum(1 for _ in alike)

    def is_made_twice(self, made: MadeRecord) -> bool:
        """Whether the list has another record with the unique texts of this one."""
        return self.listed_with(made.body) > 1

    def make_of(self, body: Any) -> TriedCase:
        """Send the create request with a body."""
        return self.log.send(self.creator, self.parents, body=MISSING if body is None else body)

    def send(self, operation: Operation, made: MadeRecord, **changes: Any) -> TriedCase:
        """Send a request about a record; `changes` are keyword arguments of `WalkLog.send`."""
        return self.log.send(operation, values_for(operation, self.item_path, made.values) or [], **changes)

    def look(self, made: MadeRecord, **changes: Any) -> TriedCase:
        """Send the request that reads a record."""
        return self.send(self.reader, made, **changes)

    def read(self, made: MadeRecord) -> Mapping[str, Any] | None:
        """Read the record; None if the response has none."""
        step = self.look(made)
        return self.record(step)

    def record(self, step: TriedCase) -> Mapping[str, Any] | None:
        """The record in a response; None if it has none."""
        value = shown(step.answer.value(), self.group.plan_of(step.case.operation))
        return value if step.answer.succeeded and isinstance(value, Mapping) else None

    def last(self) -> TriedCase:
        """The last request, with its response."""
        return self.log.steps[-1]

    def changed(self, before: Any, after: Any, ignored: Sequence[str] = ()) -> Iterator[tuple[str, Any, Any]]:
        """Settable fields that differ between two versions of a record, with both values."""
        if not isinstance(before, Mapping) or not isinstance(after, Mapping):
            return
        for name in sorted(self.settable & before.keys() & after.keys() - {*ignored} - self.keys):
            if not is_like(before[name], after[name]) and before[name] != after[name]:
                yield name, before[name], after[name]

    def kind(self, writer: Operation) -> OperationKind | None:
        """The kind of one of the operations."""
        plan = self.group.plan_of(writer)
        return plan.kind if plan is not None else None

    def leaves_alone(
        self,
        writer: Operation,
        other: MadeRecord,
        before: Mapping[str, Any] | None,
        set_to: Mapping[str, Any],
        shows: Sequence[TriedCase],
    ) -> bool:
        """Whether a write has left another record unchanged; otherwise record an issue."""
        after = self.read(other)
        if before is not None and after is None and self.last().answer.status in GONE:
            self.log.wrong(
                writer,
                Category.OTHER_RECORD_CHANGED,
                f"{writer.id} on one record has removed another.",
                "200",
                described(self.last().answer),
                f"{writer.id} changes no other record.",
                [*shows, self.last()],
            )
            return False
        for name, value in set_to.items() if before is not None and after is not None else ():
            is_same = after is not None and name in after and after[name] == value
            if is_same and before is not None and before.get(name) != value:
                self.log.wrong(
                    writer,
                    Category.OTHER_RECORD_CHANGED,
                    f"{writer.id} on one record has changed {name} of another.",
                    before.get(name),
                    value,
                    f"{writer.id} changes no other record.",
                    [*shows, self.last()],
                    subject=Subject((name,)),
                )
                return False
        return True

    def entry(self, made: MadeRecord, parents: Sequence[Any] | None = None) -> Any:
        """The record's entry in the list; None if the list does not contain it."""
        listing = self.group.listing
        if listing is None:
            return None
        step = self.log.send(listing.operation, made.parents if parents is None else parents)
        entries = entries_in(step.answer.value(), listing.plan) or []
        fitting = (
            one
            for one in entries
            if isinstance(one, Mapping)
            and any(str(one.get(name)) == str(made.key) for name in self.keys if name in one)
        )
        return next(fitting, None)
