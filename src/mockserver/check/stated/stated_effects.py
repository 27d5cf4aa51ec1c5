"""Check what descriptions say that operations do: add an amount, refuse an end before the start."""

import re
from collections.abc import Mapping
from typing import Any

from mockserver.check.findings.issues import Category, Rule, Subject, TriedCase
from mockserver.check.lifecycle.made_records import ACCEPTED, REFUSED, MadeRecords
from mockserver.check.lifecycle.resource_groups import Planned
from mockserver.check.rules.document_rules import described
from mockserver.check.stated.field_pairs import FieldPair, in_order, is_before, later
from mockserver.openapi.names import words
from mockserver.openapi.operation import Operation
from mockserver.openapi.schema.schema_locations import BodyField, fields_of, types_in
from mockserver.resources.plan import OperationKind

_ADDS = re.compile(r"(?i)\b(adds?|increases?|increments?|credits?|raises?|tops? up|deposits?)\b")
_TAKES = re.compile(
    r"(?i)\b(subtracts?|deducts?|decreases?|decrements?|debits?|lowers?|reduces?|withdraws?)\b"
)
_ADJACENT = re.compile(
    r"(?i)\b(end|until|to|checkout|departure)\W+(?:is|are) (?:an? )?exclusive|back[- ]to[- ]back|"
    r"(?:start|begin)s? .{0,30}(?:very|same|exact) (?:time|moment|day).{0,40}\bends?\b"
)
_AMOUNT = {"quantity", "amount", "delta", "points", "units", "count", "number", "credits", "by", "sum"}
_MEAN = re.compile(r"(?i)\b(averages?|mean|median|score|ratings?)\b")
"""An amount that is added to one of these is not its difference."""
_NOT_ALLOWED = re.compile(r"(?i)\b(not|no|never|cannot|refused?)\b.{0,20}back[- ]to[- ]back")
_AMOUNTS = 3, 4
_CONFLICT = 409


class StatedEffects:
    """Tries what the descriptions of a resource's operations promise in so many words."""

    def __init__(self, records: MadeRecords) -> None:
        self._records = records

    def run(self) -> None:
        """Run all checks."""
        for action in self._records.group.actions:
            self._adds_its_amount(action)
        for pair in self._records.context.cases.pairs(self._records.creator):
            if pair.is_stated:
                self._keeps_the_order(pair)
            self._takes_neighbours(pair)
        for writer in self._records.writers():
            cases = self._records.context.cases
            pairs = [*cases.pairs(self._records.creator), *cases.pairs(writer)]
            # Which fields they are counts, not where the document says so.
            for pair in {(one.first.name, one.second.name): one for one in pairs if one.is_stated}.values():
                self._keeps_what_was_in_order(writer, pair)

    # amounts

    def _adds_its_amount(self, action: Planned) -> None:
        """Check that an action that adds its amount to a number does so twice when it is called twice."""
        operation = action.operation
        text = self._records.context.cases.text(operation)
        adds, takes = bool(_ADDS.search(text)), bool(_TAKES.search(text))
        field = self._amount(action)
        if field is None or adds == takes or _MEAN.search(text) or not _AMOUNT & set(words(field.name)):
            return
        made = self._records.make(full=False)
        before = self._records.read(made) if made is not None else None
        names = [name for name in before or {} if self._is_named(name, text) and name != field.name]
        if made is None or before is None or len(names) != 1:
            return
        name, shows = names[0], [made.step]
        values = [before[name]]
        for amount in _AMOUNTS:
            body = self._records.bodies.least(operation)
            step = self._records.send(operation, made, body={**body, field.name: amount})
            after = self._records.read(made)
            shows += [step, self._records.last()]
            is_done = step.answer.succeeded and step.answer.status != ACCEPTED
            if not is_done or after is None or name not in after:
                return
            values.append(after[name])
        sign = 1 if adds else -1
        wanted = values[0] + sign * sum(_AMOUNTS)
        if values[-1] != wanted:
            verb = "adds to" if adds else "takes from"
            self._wrong(
                operation,
                Category.VALUE_DIFFERS,
                Rule.STATE,
                f"{operation.id}, called with {field.name} 3 and 4, does not change {name} by 7.",
                wanted,
                values[-1],
                f"{operation.id} {verb} {name}.",
                shows,
                name,
            )

    def _amount(self, action: Planned) -> BodyField | None:
        """The only number in an action's body."""
        content = self._records.context.cases.content(action.operation)
        fields = list(fields_of(self._records.context.schemas, content.schema if content else None))
        numbers = [
            one
            for one in fields
            if types_in(one.view) - {"null"} <= {"integer", "number"} and types_in(one.view)
        ]
        is_one = len(numbers) == 1 and len(numbers[0].tokens) == 1
        fits = is_one and all(self._records.bodies.fits(numbers[0], amount) for amount in _AMOUNTS)
        return numbers[0] if fits else None

    def _is_named(self, name: str, text: str) -> bool:
        """Whether a number that requests cannot set is named in a description."""
        schemas = self._records.context.schemas
        schema = self._records.group.create.plan.resource.properties.get(name)
        view = schemas.merged(schema) if schema is not None else {}
        is_number = bool(types_in(view)) and types_in(view) - {"null"} <= {"integer", "number"}
        is_own = name not in self._records.settable and name not in self._records.keys
        return is_number and is_own and f" {' '.join(words(name))} " in f" {' '.join(words(text))} "

    # periods

    def _keeps_the_order(self, pair: FieldPair) -> None:
        """Check that a second value before the first is refused, if the document says that it comes after."""
        creator, body = self._records.creator, self._records.bodies.least(self._records.creator)
        first, second = pair.first.name, pair.second.name
        if not isinstance(body, Mapping) or first not in body or second not in body:
            return
        if not is_before(body[first], body[second]) or body[first] == body[second]:
            return
        control = self._records.made_of(body)
        step = self._records.make_of({**body, first: body[second], second: body[first]})
        if control is not None and step.answer.succeeded:
            self._wrong(
                creator,
                Category.INVALID_ACCEPTED,
                Rule.BODY_VALIDATION,
                f"{creator.id} takes a {second} before {first}.",
                "a client error such as 400 or 422",
                described(step.answer),
                f"{creator.id} refuses a {second} before {first}.",
                [step],
                second,
            )

    def _keeps_what_was_in_order(self, writer: Operation, pair: FieldPair) -> None:
        """Check that an update with both exchanged is refused, if that is said there, and changes nothing."""
        records, first, second = self._records, pair.first.name, pair.second.name
        made = records.make(full=True)
        before = records.read(made) if made is not None else None
        if made is None or before is None or not {first, second} <= records.bodies.fields(writer).keys():
            return
        full = made.body if records.kind(writer) is OperationKind.REPLACE else {}
        body = in_order({**full, **records.bodies.changed(writer, before)}, [pair])
        if first not in body or second not in body or not is_before(body[first], body[second]):
            return
        step = records.send(writer, made, body={**body, first: later(body[second], 2), second: body[first]})
        shows = [made.step, step]
        own = (one for one in records.context.cases.pairs(writer) if one.is_stated)
        is_said = any((one.first.name, one.second.name) == (first, second) for one in own)
        if step.answer.succeeded and is_said:
            self._wrong(
                writer,
                Category.INVALID_ACCEPTED,
                Rule.BODY_VALIDATION,
                f"{writer.id} takes a {second} before {first}.",
                "a client error such as 400 or 422",
                described(step.answer),
                f"{writer.id} refuses a {second} before {first}.",
                shows,
                second,
            )
        if step.answer.status not in REFUSED:
            return
        for name, expected, got in records.changed(before, records.read(made)):
            self._wrong(
                writer,
                Category.CHANGED_THOUGH_REFUSED,
                Rule.STATE,
                f"{writer.id} was refused, but has changed {name}.",
                expected,
                got,
                f"A request of {writer.id} that is refused changes nothing.",
                [*shows, records.last()],
                name,
            )
            return

    def _takes_neighbours(self, pair: FieldPair) -> None:
        """Check that a period that begins when another one ends is no conflict, if the document says so."""
        creator, records = self._records.creator, self._records
        text, body = records.context.cases.text(creator), records.bodies.least(creator)
        first, second = pair.first.name, pair.second.name
        is_said = _ADJACENT.search(text) and not _NOT_ALLOWED.search(text) and "409" in creator.responses
        if not is_said or not isinstance(body, Mapping) or first not in body or second not in body:
            return
        made = records.made_of(body)
        sent: Any = made.body if made is not None else None
        if made is None or not isinstance(sent, Mapping):
            return
        end = sent[second]
        fresh = records.bodies.least(creator)
        own = {name: sent[name] for name in records.context.reference_paths(creator) if name in sent}
        step = records.make_of({**fresh, **own, first: end, second: later(end)})
        moved = {first: later(end), second: later(end, 2)}
        # Accepted an hour later: it is the boundary that is refused, and no third record is in the way.
        if step.answer.status == _CONFLICT and records.make_of({**fresh, **own, **moved}).answer.succeeded:
            self._wrong(
                creator,
                Category.REQUEST_REFUSED,
                Rule.STATE,
                f"{creator.id} refuses a {first} that is the {second} of another record.",
                "201",
                described(step.answer),
                f"{creator.id} takes a {first} that is the {second} of another record.",
                [made.step, step],
                first,
            )

    def _wrong(
        self,
        operation: Any,
        category: Category,
        rule: Rule,
        message: str,
        expected: Any,
        got: Any,
        clause: str,
        shows: list[TriedCase],
        name: str,
    ) -> None:
        self._records.log.wrong(
            operation, category, message, expected, got, clause, shows, rule=rule, subject=Subject((name,))
        )
