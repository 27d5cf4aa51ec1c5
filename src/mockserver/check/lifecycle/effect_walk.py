"""Check the effects of actions and deletions on this record and on others, and of ETags and If-Match."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from mockserver.check.comparisons.shown_counts import ShownCounts
from mockserver.check.findings.issues import Category, Rule, Subject, TriedCase, Verdict
from mockserver.check.lifecycle.made_records import ACCEPTED, GONE, MadeRecord, MadeRecords
from mockserver.check.lifecycle.resource_groups import Planned
from mockserver.check.lifecycle.walk_log import values_for
from mockserver.check.rules.document_rules import described
from mockserver.check.stated.stated_results import StatedResults
from mockserver.check.target.http_messages import MISSING
from mockserver.openapi import pointers
from mockserver.openapi.operation import Operation
from mockserver.resources.plan import ActionPlan, OperationKind

_ACTIONS = 4
"""How many actions of a resource are tried."""
_NOT_MODIFIED = 304
_SENTENCE = re.compile(r"(?<=[.;!?])\s+|\n+")
_HARMLESS = re.compile(
    r"(?i)\b(?:changes? nothing|no (?:\w+ )?effect|idempotent\w*|(?:is|are) ignored|"
    r"nothing (?:happens|changes)|succeeds?)\b"
)
"""Says that a repetition is served."""


class EffectWalk:
    """Runs actions on records that a walk has created, and deletes them."""

    def __init__(self, records: MadeRecords) -> None:
        self._records = records

    def run(self, one: MadeRecord, other: MadeRecord) -> None:
        """Run all checks."""
        self._has_tags(one, other)
        self._removes_its_version()
        for action in self._actions()[:_ACTIONS]:
            self._acts(action, one)
        self._is_removed_alone(other)

    def _actions(self) -> list[Planned]:
        """Actions that need no parameters or body beyond the record's path."""
        return [
            one
            for one in self._records.group.actions
            if values_for(one.operation, self._records.item_path, [0] * 9) is not None
        ]

    def _acts(self, action: Planned, other: MadeRecord) -> None:
        """Check that an action changes its record as its response shows, and no other."""
        results = StatedResults(self._records)
        found = self._ready(action)
        made = found[0] if found is not None else self._records.make(full=False)
        before = self._records.read(made) if made is not None else None
        if made is None or before is None:
            return
        # One created before the record, and one after it: faults may hit either neighbour.
        neighbour = self._records.make(full=False)
        others = [one for one in (other, neighbour) if one is not None]
        bystanders = [self._records.read(one) for one in others]
        operation = action.operation
        step = self._records.send(operation, made)
        if not step.answer.succeeded or step.answer.status == ACCEPTED:
            return
        answered = self._records.record(step)
        look = self._records.look(made)
        after = self._records.record(look)
        if after is None:
            return
        shows = [made.step, *(found[1] if found is not None else []), step, look]
        self._compare_effect(action, before, answered, after, shows)
        results.compare_values(operation, after, shows)
        changed = {
            name: value
            for name, value in after.items()
            if before.get(name) != value and isinstance(value, (str, bool)) and name not in self._records.keys
        }
        sets = action.plan.sets if isinstance(action.plan, ActionPlan) else {}
        lasting = {name: value for name, value in changed.items() if name in sets}
        for one, known in zip(others, bystanders, strict=True):
            self._records.leaves_alone(operation, one, known, lasting, [one.step, *shows])
        self._is_refused_again(action, made, after, shows)
        if found is None:
            self._leaves_its_count(action, before, after, results)

    def _leaves_its_count(
        self, action: Planned, before: Mapping[str, Any], after: Mapping[str, Any], results: StatedResults
    ) -> None:
        """Check that the count of records in the state that the action ends is lowered."""
        records = self._records
        states = [
            (str(before[name]), str(after[name]))
            for name in before.keys() & after.keys() - records.settable
            if isinstance(before[name], str) and before[name] != after[name] and before[name].isalpha()
        ]
        if len(states) != 1 or not records.creator.path.rpartition("/")[0].endswith("}"):
            return
        parents = records.new_parents[0]() if records.new_parents else None
        records.parents = parents or records.parents
        first = results.counts(records.parents)
        made = records.make(full=False) if first else None
        if made is None or [*made.parents] != [*records.parents]:
            return
        second = results.counts(made.parents)
        step = records.send(action.operation, made)
        if step.answer.succeeded and step.answer.status != ACCEPTED:
            known = first, second, results.counts(made.parents)
            results.compare_counts(action.operation, known, states[0], [made.step, step])

    def _ready(self, action: Planned) -> tuple[MadeRecord, list[TriedCase]] | None:
        """A new record on which the action is no conflict, and the actions before: what is shipped is placed.

        None if a new record will do, or no other action leads to one.
        """
        probe = self._records.make(full=False)
        if probe is None or self._records.send(action.operation, probe).answer.status != HTTPStatus.CONFLICT:
            return None
        for first in self._actions()[:_ACTIONS]:
            if first.operation.id == action.operation.id:
                continue
            one, twin = self._records.make(full=False), self._records.make(full=False)
            if one is None or twin is None or not self._records.send(first.operation, one).answer.succeeded:
                continue
            if self._records.send(action.operation, one).answer.succeeded:
                step = self._records.send(first.operation, twin)
                return (twin, [step]) if step.answer.succeeded else None
        return None

    def _is_refused_again(
        self, action: Planned, made: MadeRecord, after: Mapping[str, Any], shows: Sequence[TriedCase]
    ) -> None:
        """Check that a repetition is refused, if the document says so; it must not be a server error."""
        operation = action.operation
        again = self._records.send(operation, made)
        conflicts = action.plan.conflicts if isinstance(action.plan, ActionPlan) else {}
        states = [str(after[name]) for name, refused in conflicts.items() if after.get(name) in refused]
        text = self._records.context.cases.text(operation)
        response = operation.response(HTTPStatus.CONFLICT)
        written = pointers.resolve(self._records.context.schemas.root, response.pointer) if response else {}
        text += f"\n{written.get('description', '') if isinstance(written, Mapping) else ''}"
        if again.answer.succeeded and any(_is_refused_in(one, text) for one in states):
            self._records.log.wrong(
                operation,
                Category.NOT_POSSIBLE,
                f"{operation.id} succeeds a second time.",
                "409",
                described(again.answer),
                f"{operation.id} is refused on a record on which it has been done.",
                [*shows, again],
                subject=Subject(other="again"),
            )

    def _compare_effect(
        self,
        action: Planned,
        before: Mapping[str, Any],
        answered: Mapping[str, Any] | None,
        after: Mapping[str, Any],
        shows: Sequence[TriedCase],
    ) -> None:
        operation, reader = action.operation, self._records.reader.id
        sets = dict(action.plan.sets) if isinstance(action.plan, ActionPlan) else {}
        names = [name for name in {**sets, **(answered or {})} if name in before and name in after]
        for name in names:
            value = answered[name] if answered is not None and name in answered else MISSING
            is_state = name in sets or isinstance(before[name], bool)
            if not is_state or name in self._records.settable:
                continue
            if value is not MISSING and value != before[name] and after[name] == before[name]:
                message = f"{operation.id} shows another {name}, and {reader} shows it as before."
                self._effect(operation, Category.NOT_STORED, message, value, after[name], name, shows)
            elif value is not MISSING and value == before[name] and after[name] != before[name]:
                message = f"{operation.id} shows {name} as before, and {reader} shows it changed."
                self._effect(operation, Category.VALUE_DIFFERS, message, after[name], value, name, shows)
        is_idle = all(before.get(name) == after.get(name) for name in before.keys() | sets.keys())
        is_shown_unchanged = answered is None or all(
            answered.get(name, before.get(name)) == before.get(name) for name in sets
        )
        for name, value in sets.items() if is_idle and is_shown_unchanged else ():
            if name in after and after[name] != value:
                message = f"{operation.id} succeeds, but changes nothing."
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
        subject = Subject((name,), other=self._records.reader.id)
        self._records.log.wrong(operation, category, message, expected, got, clause, shows, subject=subject)

    def _is_removed_alone(self, other: MadeRecord) -> None:
        """Check that deleting a record keeps the others, and lowers a count that its creation has raised."""
        if OperationKind.DELETE not in self._records.group.items:
            return
        remover = self._records.group.items[OperationKind.DELETE].operation
        counts = ShownCounts(self._records)
        moments = [counts.read()]
        made = self._records.make(full=False)
        moments.append(counts.read())
        neighbour = self._records.twin(made) if made is not None else None
        if made is None or neighbour is None:
            return
        others = [other, neighbour]
        bystanders = [self._records.read(one) for one in others]
        moments.append(counts.read())
        step = self._records.send(remover, made)
        if not step.answer.succeeded:
            return
        if self._records.look(made).answer.status in GONE:
            for one, before in zip(others, bystanders, strict=True):
                self._records.leaves_alone(remover, one, before, {}, [one.step, made.step, step])
        moments.append(counts.read())
        counts.compare(moments, remover, [made.step, step])
        # A repetition, or an action on a deleted record, may be refused, but must not be a server error.
        self._records.send(remover, made)
        for action in self._actions()[:_ACTIONS]:
            self._records.send(action.operation, made)

    def _has_tags(self, made: MadeRecord, other: MadeRecord) -> None:
        """Check that the ETag changes with the record, and conditions with another one fail (RFC 9110)."""
        kept: list[tuple[Operation, list[TriedCase]]] = []
        compared = 0
        for writer in self._records.writers():
            look = self._records.look(made)
            old, before = look.answer.headers.get("etag"), self._records.record(look)
            if old is None or before is None:
                return
            body = self._changed(writer, made, before)
            if body is None:
                continue
            change = self._records.send(writer, made, body=body)
            after = self._records.look(made)
            record = self._records.record(after)
            if not change.answer.succeeded or record is None or self._is_unchanged(before, record):
                continue
            shows = [made.step, change, after]
            if after.answer.headers.get("etag") == old:
                kept.append((writer, [made.step, look, change, after]))
                continue
            compared += 1
            if compared == 1:
                self._compare_tag_of_reader(made, other, old, shows)
            back = self._changed(writer, made, record)
            if back is not None:
                self._compare_condition(writer, made, old, back, shows)
        for writer, shows in kept[:1]:
            # A writer that alone keeps the ETag is at fault, not the operation that shows it.
            blamed = writer if compared else self._records.reader
            message = f"{self._records.reader.id} has the same ETag before and after {writer.id}."
            tag = shows[-1].answer.headers.get("etag", "")
            self._breaks_http(blamed, Category.TAG_KEPT, message, "another ETag", tag, shows)

    def _changed(
        self, writer: Operation, made: MadeRecord, before: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        """A body that changes a field of the record; None if there is none."""
        fields = self._records.bodies.fields(writer)
        name = next((one for one in fields if one in before), None)
        value = self._records.bodies.ordinary(fields[name], before[name]) if name is not None else None
        if name is None or value is None:
            return None
        full = dict(made.body) if isinstance(made.body, Mapping) else {}
        return {**({} if self._records.kind(writer) is OperationKind.MERGE else full), name: value}

    def _is_unchanged(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
        return not any(self._records.changed(before, after))

    def _compare_tag_of_reader(
        self, made: MadeRecord, other: MadeRecord, old: str, shows: Sequence[TriedCase]
    ) -> None:
        """Check that the ETag of an earlier version, and that of another record, do not count as known."""
        reader = self._records.reader
        step = self._records.look(made, headers=[("If-None-Match", old)])
        if step.answer.status == _NOT_MODIFIED:
            message = f"{reader.id} answers 304 to the ETag of an earlier version."
            self._breaks_http(reader, Category.NOT_MODIFIED_WRONGLY, message, "200", "304", [*shows, step])
        known = self._records.look(other)
        foreign = known.answer.headers.get("etag")
        if foreign is None or foreign == shows[-1].answer.headers.get("etag"):
            return
        step = self._records.look(made, headers=[("If-None-Match", foreign)])
        if step.answer.status == _NOT_MODIFIED:
            message = f"{reader.id} answers 304 to the ETag of another record."
            steps = [made.step, other.step, known, step]
            self._breaks_http(reader, Category.NOT_MODIFIED_WRONGLY, message, "200", "304", steps, "another")

    def _compare_condition(
        self, writer: Operation, made: MadeRecord, old: str, body: Any, shows: Sequence[TriedCase]
    ) -> None:
        if not _takes_condition(writer) or old.startswith("W/"):
            return
        step = self._records.send(writer, made, body=body, headers=[("If-Match", old)])
        if step.answer.succeeded:
            message = f"{writer.id} is served with the ETag of an earlier version in If-Match."
            got = described(step.answer)
            self._breaks_http(writer, Category.CONDITION_IGNORED, message, "412", got, [*shows, step])

    def _removes_its_version(self) -> None:
        """Check that a deletion on condition of an earlier ETag is refused."""
        removers = self._records.group.items.get(OperationKind.DELETE)
        if removers is None or not _takes_condition(removers.operation) or not self._records.writers():
            return
        made = self._records.make(full=False)
        look = self._records.look(made) if made is not None else None
        before = self._records.record(look) if look is not None else None
        old = look.answer.headers.get("etag") if look is not None else None
        writer = self._records.writers()[0]
        body = self._changed(writer, made, before) if made is not None and before is not None else None
        if made is None or body is None or old is None or old.startswith("W/"):
            return
        change = self._records.send(writer, made, body=body)
        if not change.answer.succeeded or self._records.look(made).answer.headers.get("etag") == old:
            return
        step = self._records.send(removers.operation, made, headers=[("If-Match", old)])
        if step.answer.succeeded:
            message = f"{removers.operation.id} is served with the ETag of an earlier version in If-Match."
            got, shows = described(step.answer), [made.step, change, step]
            self._breaks_http(removers.operation, Category.CONDITION_IGNORED, message, "412", got, shows)

    def _breaks_http(
        self,
        operation: Operation,
        category: Category,
        message: str,
        expected: str,
        got: str,
        shows: Sequence[TriedCase],
        other: str = "",
    ) -> None:
        self._records.log.wrong(
            operation,
            category,
            message,
            expected,
            got,
            "",
            shows,
            rule=Rule.HEADER,
            subject=Subject(("ETag",), other=other),
            verdict=Verdict.CONTRACT,
        )


def _takes_condition(writer: Operation) -> bool:
    """Whether the document has `If-Match` or 412 for an operation."""
    return any(one.name.lower() == "if-match" for one in writer.parameters) or "412" in writer.responses


def _is_refused_in(state: str, text: str) -> bool:
    """Whether a text says that an action is refused on a record that is in this state."""
    text = "\n".join(one for one in _SENTENCE.split(text) if not _HARMLESS.search(one))
    own = re.escape(state)
    refused = (
        rf"\b(?:again|twice|already)\b|\b{own} \w+ (?:cannot|can not|can't|may not|is a conflict)|"
        rf"\b(?:is|are) (?:\w+ or |already )*{own}\b"
    )
    only = re.search(r"(?i)\bonly (?:an? |the )?(\w+)(?: \w+)? (?:can|may)\b", text)
    is_other = only is not None and only[1].lower().rstrip("s") != state.lower()
    return bool(re.search(refused, text, re.IGNORECASE)) or is_other
