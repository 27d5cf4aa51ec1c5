"""What a check may change: records of the fixtures, and those that it has made itself."""

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
"""How a name that something else has already may be refused."""

Path = tuple[str, tuple[str, ...]]
"""The shape of a record's path, and the values of its parameters."""


class OwnRecords:
    """Knows the records that the check has made, and makes more where one is needed to be changed.

    What somebody else has made is read only, unless everything may be changed.
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
        """Remember what a request has made, and forget what it has removed."""
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
        """What has made the records that paths begin with: the project of `/projects/10/tasks`."""
        paths = [(shape(step.case.operation.path), self._values(step.case)) for step in steps]
        return [
            made
            for (own, values), made in self._made.items()
            if made not in steps
            and any(path.startswith(f"{own}/") and known[: len(values)] == values for path, known in paths)
        ]

    def may_send(self, case: Case) -> bool:
        """Whether a request changes nothing but what the fixtures list and what the check has made."""
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
        """The scenario with a record that the check has made; None where it may not be played at all."""
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
        """Whether there is an operation that makes what this one changes."""
        return self._creator(operation) is not None or self._upsert(operation) is not None

    def try_again(self) -> None:
        """Make records again where that has failed: there is more to make them below."""
        self._hopeless.clear()

    def left_behind(self) -> Iterator[str]:
        """Remove what was made and is still there; gives the paths of what cannot be removed."""
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
        """The path of what an operation makes: below its own, else the one that its plan knows."""
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
        """The PUT that makes a record, as 201 among its answers says; None without one."""
        own = shape(_to_the_last_parameter(operation.path))
        fitting = (one for one in self._operations if one.method == "put" and shape(one.path) == own)
        return next((one for one in fitting if str(_CREATED) in one.responses), None)

    def _places(self, creator: Operation) -> Iterator[RecordAndCaller]:
        """Where to make a record; of one that PUT makes, a name that nothing has."""
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
            body = bodies.body(creator, 0)
            if body is not None:
                case = self._context.cases.with_body(plain, body, FILLED)
                yield replace(case, topic="sequence", is_promised=False)


def _to_the_last_parameter(path: str) -> str:
    return path[: path.rfind("}") + 1] or path


def _at(case: Case, values: tuple[str, ...]) -> Case:
    """The same request to another record; what is special about its path stays."""
    address = case.address
    if address.kind is not PathValueKind.KNOWN or address.key is not None:
        return case
    names = parameter_names(case.operation.path)
    filled: Mapping[str, Any] = {**address.values, **dict(zip(names, values, strict=False))}
    moved = replace(address, values=filled)
    request = replace(case.request, path=moved.path(case.operation.path))
    return replace(case, address=moved, request=request)
