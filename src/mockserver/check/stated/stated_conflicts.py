"""Check that what exists already is a conflict, where the document says so in words."""

import re
from collections.abc import Mapping, Sequence

from mockserver.check.findings.issues import Category, Subject, TriedCase
from mockserver.check.lifecycle.made_records import MadeRecord, MadeRecords
from mockserver.check.rules.document_rules import described
from mockserver.openapi.names import words
from mockserver.openapi.operation import Operation
from mockserver.resources.plan import OperationKind

_SENTENCE = re.compile(r"(?<=[.;!?])\s+|\n+")
_CONFLICT = re.compile(r"(?i)\b(409|conflicts?|refused|rejected|taken|unique|cannot|must not)\b")
_TWICE = re.compile(
    r"(?i)\b(?:the caller|you|member|user) (?:has|have|\w+) [^.;]*\balready\b|"
    r"\b(?:second|another) \w+ (?:of|by|for|from) the same (?:caller|member|user|customer|person)\b|"
    r"\b(?:once|only one \w+) (?:per|by|for each) (?:caller|member|user|customer|person)\b"
)
"""Says that a caller may create one such record."""
_FIELDS = 3
_STATUS = 409


class StatedConflicts:
    """Creates and changes records so that they have the unique value of another one."""

    def __init__(self, records: MadeRecords) -> None:
        self._records = records

    def run(self, made: Sequence[MadeRecord]) -> None:
        """Run all checks with the records that there are."""
        for writer in self._records.writers() if len(made) > 1 else ():
            if "409" in writer.responses:
                self._keeps_unique(writer, *made[:2])
        self._is_made_once()

    def _keeps_unique(self, writer: Operation, one: MadeRecord, other: MadeRecord) -> None:
        """Check that an update cannot give a record a value that two new records cannot share."""
        records = self._records
        said = [one for one in _SENTENCE.split(records.context.cases.text(writer)) if _CONFLICT.search(one)]
        plain = f" {' '.join(words(' '.join(said)))} "
        taken = records.read(other) or {}
        names = [name for name in records.bodies.fields(writer) if f" {' '.join(words(name))} " in plain]
        for name in [name for name in names if isinstance(taken.get(name), str)][:_FIELDS]:
            body = records.bodies.least(records.creator)
            if not isinstance(body, Mapping) or not isinstance(one.body, Mapping):
                return
            if (
                records.make_of(
                    {**records.bodies.fresh(records.creator, body), name: taken[name]}
                ).answer.status
                != _STATUS
            ):
                continue
            full = one.body if records.kind(writer) is OperationKind.REPLACE else {}
            step = records.send(writer, one, body={**full, name: taken[name]})
            if step.answer.succeeded:
                self._wrong(
                    writer,
                    f"{writer.id} takes the {name} of another record, which {records.creator.id} refuses.",
                    f"{writer.id} refuses a {name} that another record has.",
                    [one.step, other.step, step],
                    name,
                )

    def _is_made_once(self) -> None:
        """Check that a caller cannot create a second record below a parent that has one of this caller."""
        records, creator = self._records, self._records.creator
        said = _SENTENCE.split(records.context.cases.text(creator))
        is_said = any(_TWICE.search(one) and _CONFLICT.search(one) for one in said)
        parents = records.new_parents[0]() if is_said and records.new_parents else None
        if parents is None or "409" not in creator.responses:
            return
        body = records.bodies.least(creator)
        changes = {} if body is None else {"body": body}
        first = records.log.send(creator, parents, **changes)
        again = records.log.send(creator, parents, **changes)
        if first.answer.succeeded and again.answer.succeeded:
            self._wrong(
                creator,
                f"{creator.id} succeeds a second time for the same caller.",
                f"{creator.id} is refused a second time.",
                [first, again],
                "",
            )

    def _wrong(
        self, operation: Operation, message: str, clause: str, shows: list[TriedCase], name: str
    ) -> None:
        got = described(shows[-1].answer)
        subject = Subject((name,) if name else (), other="again")
        self._records.log.wrong(
            operation, Category.NOT_POSSIBLE, message, "409", got, clause, shows, subject=subject
        )
