"""Check that requests are refused in the states in which the document says so, and then change nothing."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mockserver.check.findings.issues import Category, Subject, TriedCase
from mockserver.check.lifecycle.made_records import ACCEPTED, REFUSED, MadeRecord, MadeRecords
from mockserver.check.lifecycle.resource_groups import Planned, ResourceGroup
from mockserver.check.lifecycle.walk_log import values_for
from mockserver.check.planning.path_values import shape
from mockserver.check.rules.body_comparison import moment
from mockserver.check.rules.document_rules import described
from mockserver.openapi.names import singular, words
from mockserver.openapi.operation import Operation
from mockserver.resources.plan import OperationKind

_SENTENCE = re.compile(r"(?<=[.;!?])\s+|\n+")
_REFUSED = (
    r"(?:can ?not|can't|may not|must not|(?:is|are) (?:also )?(?:a )?(?:conflicts?|refused|rejected)|"
    r"(?:get|have|take|accept|receive)s? no)"
)
_EXCEPT = re.compile(r"(?i)\b(unless|except|other than|but not|if it is not)\b")
_ONLY = re.compile(r"(?i)\bonly (?:an? |the )?(\w+)(?: \w+)? (?:can|may|are|is)\b")
_ACTIONS = 4
_OTHERS = 8
"""How many requests are tried after an action."""


@dataclass(frozen=True, slots=True)
class _Move:
    """What an action has changed.

    Attributes:
        left: the words for the states that the record has left: `draft`.
        now: the words for its states now: `sent`, `archived`.
        known: all values of the property that has changed.
    """

    left: frozenset[str]
    now: frozenset[str]
    known: frozenset[str]

    def refuses(self, text: str, thing: str) -> bool:
        """Whether a text says that a request is refused in the new state.

        Args:
            text: the description of the request's operation.
            thing: the word for a record in the state: `invoice`.
        """
        return any(self._is_said(one, re.escape(thing)) for one in _SENTENCE.split(text))

    def _is_said(self, sentence: str, thing: str) -> bool:
        only = _ONLY.search(sentence)
        if only is not None and only[1].lower().rstrip("s") in self.known | self.left:
            return only[1].lower().rstrip("s") not in self.now
        if _EXCEPT.search(sentence) or only is not None:
            return False
        for state in map(re.escape, self.now):
            own = rf"\b{state} {thing}\w*\b"
            forms = rf"{own}[^.;,]*\b{_REFUSED}|\b{_REFUSED}\b[^.;]*\b(?:and so is|as is) [^.;,]*{own}"
            if re.search(forms, sentence, re.IGNORECASE):
                return True
        for state in map(re.escape, self.left):
            form = rf"\b(?:that|which) (?:is|are) (?:not|no longer) {state}\b[^.;,]*\b{_REFUSED}"
            if re.search(form, sentence, re.IGNORECASE):
                return True
        return False


class StatedRefusals:
    """Runs an action on a new record, and then each request that the document refuses in the new state."""

    def __init__(self, records: MadeRecords, groups: Sequence[ResourceGroup]) -> None:
        self._records = records
        self._groups = groups

    def run(self) -> None:
        """Run the check for each action that leads to a state."""
        for action in self._records.group.actions[:_ACTIONS]:
            if values_for(action.operation, self._records.item_path, [0] * 9) is not None:
                self._run(action)

    def _run(self, action: Planned) -> None:
        records = self._records
        move: _Move | None = None
        for other in [*self._operations(action.operation)][:_OTHERS]:
            if move is not None and not move.refuses(records.context.cases.text(other), self._thing()):
                continue
            made = records.make(full=True)
            before = records.read(made) if made is not None else None
            step = records.send(action.operation, made) if made is not None and before is not None else None
            if made is None or before is None or step is None or not step.answer.succeeded:
                return
            after = records.read(made)
            if after is None or step.answer.status == ACCEPTED:
                return
            move = self._move(before, after)
            if not move.now:
                return
            if move.refuses(records.context.cases.text(other), self._thing()):
                self._is_refused(other, made, after, [made.step, step])

    def _thing(self) -> str:
        return singular(self._records.group.create.plan.resource.word).lower()

    def _operations(self, action: Operation) -> Iterator[Operation]:
        """The requests that change a record, or create another one with a reference to it."""
        own = shape(self._records.item_path)
        plain = self._records.changers()
        created = [one.create.operation for one in self._groups]
        for operation in {one.id: one for one in (*plain, *created)}.values():
            is_here = values_for(operation, self._records.item_path, [0] * 9) is not None
            paths = self._records.context.reference_paths(operation).values()
            is_about = is_here or own in map(shape, paths)
            if is_about and operation.id not in {action.id, self._records.creator.id}:
                yield operation

    def _move(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> _Move:
        left, now, known = set[str](), set[str](), set[str]()
        properties = self._records.group.create.plan.resource.properties
        for name in before.keys() & after.keys() - self._records.keys:
            old, new = before[name], after[name]
            if old == new:
                continue
            view = self._records.context.schemas.merged(properties[name]) if name in properties else {}
            values = {str(one).lower() for one in view.get("enum") or () if one is not None}
            if isinstance(new, str) and new.lower() in values:
                known |= values
                left.add(str(old).lower())
                now.add(new.lower())
            elif (new is True and old is False) or (old is None and moment(new) is not None):
                now.add(" ".join(words(name)[:1]))
        return _Move(frozenset(left), frozenset(now), frozenset(known))

    def _is_refused(
        self, other: Operation, made: MadeRecord, before: Mapping[str, Any], shows: Sequence[TriedCase]
    ) -> None:
        records = self._records
        step = self._sent(other, made, before)
        if step.answer.succeeded:
            records.log.wrong(
                other,
                Category.NOT_POSSIBLE,
                f"{other.id} succeeds after {shows[-1].case.operation.id}, where the document refuses it.",
                "409",
                described(step.answer),
                f"{other.id} is refused after {shows[-1].case.operation.id}.",
                [*shows, step],
                subject=Subject(other=shows[-1].case.operation.id),
            )
        elif step.answer.status in REFUSED:
            after = records.read(made)
            for name, expected, got in records.changed(before, after):
                records.log.wrong(
                    other,
                    Category.CHANGED_THOUGH_REFUSED,
                    f"{other.id} was refused, but has changed {name}.",
                    expected,
                    got,
                    f"A request of {other.id} that is refused changes nothing.",
                    [*shows, step, records.last()],
                    subject=Subject((name,), other="state"),
                )
                return

    def _sent(self, operation: Operation, made: MadeRecord, before: Mapping[str, Any]) -> TriedCase:
        """Send the request about the record: on its path, or with a reference to it."""
        records, context = self._records, self._records.context
        if values_for(operation, records.item_path, [0] * 9) is not None:
            if operation.id not in {one.id for one in records.writers()}:
                return records.send(operation, made)
            full = {} if records.kind(operation) is OperationKind.MERGE else made.body
            body = {**full, **records.bodies.changed(operation, before)}
            return records.send(operation, made, body=body)
        group = next(one for one in self._groups if one.create.operation.id == operation.id)
        below = MadeRecords(records.log, context, group)
        own = shape(records.item_path)
        paths = context.reference_paths(operation)
        names = [name for name, path in paths.items() if shape(path) == own]
        body = below.bodies.least(operation)
        return below.make_of(
            {**body, **dict.fromkeys(names, made.key)} if isinstance(body, Mapping) else body
        )
