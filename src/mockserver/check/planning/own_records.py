"""Restrict writes to records that the check may change: those of the fixtures, and those it created."""

import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mockserver.check.findings.issues import TriedCase
from mockserver.check.lifecycle.response_entries import identifier
from mockserver.check.lifecycle.round_trip_bodies import RoundTripBodies
from mockserver.check.planning.cases import FILLED, Case, CaseSequence
from mockserver.check.planning.path_values import (
    PathValues,
    item_path,
    item_path_below,
    parameter_names,
    shape,
)
from mockserver.check.planning.planning_context import PlanningContext, RecordAndCaller
from mockserver.check.planning.situations import PathValueKind
from mockserver.openapi.operation import Operation
from mockserver.resources.plan import OperationKind

_READS = {"GET", "HEAD", "OPTIONS", "TRACE"}
_CREATED = 201
_TAKEN = {400, 409, 422}
"""Statuses that may refuse a name that is already in use."""

Path = tuple[str, tuple[str, ...]]
"""A record's path without parameter names, and the values of its parameters."""


class OwnRecords:
    """Knows the records that the check has created, and creates more if one is needed for a write.

    All other records are only read, unless everything may be changed.
    """

    def __init__(
        self, context: PlanningContext, send: Callable[[Case], TriedCase], *, may_change_all: bool
    ) -> None:
        self._context = context
        self._send = send
        self.may_change_all = may_change_all
        self._made: dict[Path, TriedCase] = {}
        self._hopeless: set[str] = set()
        self._operations = list(context.service.document.understood())

    def note(self, step: TriedCase) -> None:
        """Remember the record that a request has created; forget the one it has deleted."""
        case, answer = step.case, step.answer
        if not answer.succeeded:
            return
        if case.request.method == "DELETE":
            self._made.pop(self._named(case), None)
        elif case.request.method == "POST" and case.operation.method == "post":
            path = self._item_path(case.operation)
            plan = self._context.service.fallback.plan(case.operation)
            if path is None or plan is None:
                return
            *above, name = parameter_names(path)
            found = identifier(step, plan, name)
            is_below = shape(path).startswith(shape(case.operation.path) + "/")
            values = self._values(case) if is_below else tuple(map(case.address.values.get, above))
            if found is not None and None not in values:
                self._made[shape(path), (*map(str, values), str(found))] = step
        elif case.request.method == "PUT" and answer.status == _CREATED:
            self._made[self._named(case)] = step

    def makers(self, steps: Sequence[TriedCase]) -> list[TriedCase]:
        """The steps that created the parents in the paths: the project of `/projects/10/tasks`."""
        paths = [(shape(step.case.operation.path), self._values(step.case)) for step in steps]
        return [
            made
            for (own, values), made in self._made.items()
            if made not in steps
            and any(path.startswith(f"{own}/") and known[: len(values)] == values for path, known in paths)
        ]

    def may_send(self, case: Case) -> bool:
        """Whether a request changes only records of the fixtures, or of the check."""
        method, operation = case.request.method, case.operation
        if method in _READS or self.may_change_all:
            return True
        plan = self._context.service.fallback.plan(operation)
        kind = plan.kind if plan is not None else None
        is_making = method == "POST" and kind is not OperationKind.CLEAR
        if not parameter_names(operation.path):
            return is_making
        if is_making and kind is OperationKind.CREATE and operation.method == "post":
            return True
        is_known = case.address.key is not None or case.address.kind is not PathValueKind.KNOWN
        return is_known or self._named(case) in self._made

    def bound(self, scenario: CaseSequence) -> CaseSequence | None:
        """The scenario on a record that the check has created; None if it may not be played at all."""
        if all(map(self.may_send, scenario.cases)):
            return scenario
        operation = next(case.operation for case in scenario.cases if not self.may_send(case))
        values = self._record_for(operation)
        if values is None:
            return None
        wanted = shape(_to_the_last_parameter(operation.path))
        cases = tuple(
            _at(case, values) if shape(case.operation.path).startswith(wanted) else case
            for case in scenario.cases
        )
        return replace(scenario, cases=cases) if all(map(self.may_send, cases)) else None

    def can_bind(self, operation: Operation) -> bool:
        """Whether some operation creates the records that this one changes."""
        return self._creator(operation) is not None or self._upsert(operation) is not None

    def try_again(self) -> None:
        """Retry failed creations: there are more parents now."""
        self._hopeless.clear()

    def left_behind(self) -> Iterator[str]:
        """Delete the records that the check created; give the paths of those that cannot be deleted."""
        for (own, values), made in list(self._made.items()):
            removal = next(
                (one for one in self._operations if one.method == "delete" and shape(one.path) == own), None
            )
            if removal is not None:
                address = PathValues(dict(zip(parameter_names(removal.path), values, strict=True)))
                case = self._context.cases.plain(removal, address, made.case.request.caller, topic="sequence")
                self._send(case)
            if (own, values) in self._made:
                parts = iter(values)
                yield re.sub(r"\{\}", lambda _: next(parts), own)  # noqa: B023  used at once

    def _named(self, case: Case) -> Path:
        return shape(_to_the_last_parameter(case.operation.path)), self._values(case)

    @staticmethod
    def _values(case: Case) -> tuple[str, ...]:
        values = case.address.values
        return tuple(str(values.get(name, "1")) for name in parameter_names(case.operation.path))

    def _item_path(self, creator: Operation) -> str | None:
        """The path of the record that an operation creates: below its own path, else from its plan."""
        return item_path_below(creator, self._operations) or item_path(
            self._context.service.fallback.plan(creator)
        )

    def _creator(self, operation: Operation) -> Operation | None:
        own = shape(_to_the_last_parameter(operation.path))
        makers = (one for one in self._operations if one.method == "post")
        return next((one for one in makers if shape(self._item_path(one) or "") == own), None)

    def _record_for(self, operation: Operation) -> tuple[str, ...] | None:
        own = shape(_to_the_last_parameter(operation.path))
        creator = self._creator(operation) or self._upsert(operation)
        if creator is None or creator.id in self._hopeless:
            return None
        for known, values in self._made:
            if known == own:
                return values
        for case in self._creations(creator):
            step = self._send(case)
            made = [values for known, values in self._made if known == own]
            if made:
                return made[-1]
            if step.answer.status not in _TAKEN:
                break
        self._hopeless.add(creator.id)
        return None

    def _upsert(self, operation: Operation) -> Operation | None:
        """The PUT that can create a record, which is one that documents 201; None without one."""
        own = shape(_to_the_last_parameter(operation.path))
        fitting = (one for one in self._operations if one.method == "put" and shape(one.path) == own)
        return next((one for one in fitting if str(_CREATED) in one.responses), None)

    def _places(self, creator: Operation) -> Iterator[RecordAndCaller]:
        """Where to create a record; for PUT, a path with an unused name."""
        for place in self._context.places(creator)[:1]:
            if creator.method == "post":
                yield place
                continue
            address = self._context.addresses.fresh(creator, place.address)
            if address is not None:
                yield replace(place, address=address)

    def _creations(self, creator: Operation) -> Iterator[Case]:
        for place in self._places(creator):
            plain = self._context.cases.plain(creator, place.address, place.caller, topic="sequence")
            yield replace(plain, is_promised=False)
            bodies = RoundTripBodies(self._context, ())
            bodies.suffix = f"-{secrets.token_hex(4)}"
            body = bodies.fresh(creator, bodies.body(creator, 0))
            if body is not None:
                case = self._context.cases.with_body(plain, body, FILLED)
                yield replace(case, topic="sequence", is_promised=False)


def _to_the_last_parameter(path: str) -> str:
    return path[: path.rfind("}") + 1] or path


def _at(case: Case, values: tuple[str, ...]) -> Case:
    """The same request on another record; special path values are kept."""
    address = case.address
    if address.kind is not PathValueKind.KNOWN or address.key is not None:
        return case
    names = parameter_names(case.operation.path)
    filled: Mapping[str, Any] = {**address.values, **dict(zip(names, values, strict=False))}
    moved = replace(address, values=filled)
    request = replace(case.request, path=moved.path(case.operation.path))
    return replace(case, address=moved, request=request)
