"""Send two writes simultaneously: both must take effect, or one must be refused; none may be lost."""

from collections.abc import Mapping
from typing import Any

from mockserver.check.findings.issues import Category, Rule, Subject, TriedCase, Verdict
from mockserver.check.lifecycle.made_records import ACCEPTED, GONE, MadeRecord, MadeRecords
from mockserver.check.lifecycle.response_entries import identifier
from mockserver.check.lifecycle.walk_log import values_for
from mockserver.check.rules.document_rules import described
from mockserver.check.rules.normalisation import is_like
from mockserver.openapi.operation import Operation
from mockserver.resources.plan import OperationKind

_ROUNDS = 4
"""How often two requests are sent at once: a race condition need not show each time."""
_FIELDS = 2


class OverlapWalk:
    """Creates and updates records with two simultaneous requests."""

    def __init__(self, records: MadeRecords) -> None:
        self._records = records

    def run(self) -> None:
        """Run all checks."""
        if not any(self._loses_a_creation() for _ in range(_ROUNDS)):
            made = self._records.make(full=True)
            if made is not None:
                self._change(made)

    def _change(self, made: MadeRecord) -> None:
        writer = self._records.group.items.get(OperationKind.MERGE)
        if writer is None:
            return
        fields = self._fields(writer.operation, made)
        if len(fields) == _FIELDS:
            any(self._loses_a_change(writer.operation, made, fields) for _ in range(_ROUNDS))
        if fields:
            any(self._takes_both(writer.operation, made, fields[0]) for _ in range(_ROUNDS))

    def _fields(self, writer: Operation, made: MadeRecord) -> list[str]:
        """Fields that store the sent value when there is no concurrent request."""
        found: list[str] = []
        for name in self._records.bodies.fields(writer):
            before = self._records.read(made)
            value = self._value(writer, name, before)
            if value is None:
                continue
            step = self._records.send(writer, made, body={name: value})
            after = self._records.read(made)
            if _is_done(step) and after is not None and after.get(name) == value:
                found.append(name)
            if len(found) == _FIELDS:
                break
        return found

    def _value(self, writer: Operation, name: str, before: Mapping[str, Any] | None) -> Any:
        if before is None or name not in before or name in self._records.keys:
            return None
        return self._records.bodies.ordinary(self._records.bodies.fields(writer)[name], before[name])

    def _both(
        self, writer: Operation, made: MadeRecord, bodies: list[Any], headers: list[tuple[str, str]]
    ) -> list[TriedCase]:
        values = values_for(writer, self._records.item_path, made.values) or []
        log = self._records.log
        return log.together([log.case(writer, values, body=body, headers=headers) for body in bodies])

    def _loses_a_creation(self) -> bool:
        """Whether one of two records created at once is lost."""
        records, log = self._records, self._records.log
        bodies = [records.bodies.least(records.creator) for _ in range(2)]
        if any(body is None for body in bodies):
            return False
        steps = log.together([log.case(records.creator, records.parents, body=body) for body in bodies])
        found = [identifier(one, records.group.create.plan, records.group.parameter) for one in steps]
        if not all(map(_is_done, steps)) or None in found:
            return False
        if found[0] == found[1]:
            self._lost(records.creator, "gives one id to two records", "two ids", found[0], steps)
            return True
        is_below = records.item_path.startswith(records.creator.path.rstrip("/") + "/")
        for key, body, step in zip(found, bodies, steps, strict=True):
            made = MadeRecord(
                (*(records.parents if is_below else ()), key), body, step, tuple(records.parents)
            )
            look = records.look(made)
            if look.answer.status in GONE:
                got = described(look.answer)
                self._lost(records.creator, "loses one of two records", "200", got, [*steps, look])
                return True
            if self._is_another(body, records.record(look)):
                self._lost(records.creator, "mixes up two records", body, look.answer.value(), [*steps, look])
                return True
        return False

    @staticmethod
    def _is_another(body: Any, read: Mapping[str, Any] | None) -> bool:
        """Whether a record has another text than the unique one that it was created with."""
        own = body.items() if isinstance(body, Mapping) else ()
        return any(
            isinstance(value, str)
            and value.startswith("check-")
            and read is not None
            and isinstance(read.get(name), str)
            and not is_like(value, read[name])
            and str(read[name]).startswith("check-")
            for name, value in own
        )

    def _lost(
        self,
        operation: Operation,
        what: str,
        expected: Any,
        got: Any,
        shows: list[TriedCase],
        name: str | None = None,
    ) -> None:
        self._records.log.wrong(
            operation,
            Category.OVERLAP_LOST,
            f"{operation.id} {what} when two requests are sent at once.",
            expected,
            got,
            f"Two requests of {operation.id} at once are carried out one after the other.",
            shows,
            subject=Subject((name,) if name is not None else (), other=self._records.reader.id),
        )

    def _loses_a_change(self, writer: Operation, made: MadeRecord, names: list[str]) -> bool:
        """Whether one of two successful, simultaneous updates of two fields is lost."""
        before = self._records.read(made)
        values = {name: self._value(writer, name, before) for name in names}
        if before is None or None in values.values():
            return False
        steps = self._both(writer, made, [{name: value} for name, value in values.items()], [])
        after = self._records.read(made)
        if not all(map(_is_done, steps)) or after is None:
            return False
        for name, value in values.items():
            if after.get(name) == before[name]:
                shows = [made.step, *steps, self._records.last()]
                self._lost(writer, f"loses the change of {name}", value, after.get(name), shows, name)
                return True
        return False

    def _takes_both(self, writer: Operation, made: MadeRecord, name: str) -> bool:
        """Whether two updates with the same `If-Match` both succeed: the second has an outdated ETag."""
        look = self._records.look(made)
        tag, before = look.answer.headers.get("etag"), self._records.record(look)
        takes = any(one.name.lower() == "if-match" for one in writer.parameters) or "412" in writer.responses
        judged = [one.issue.category for one in self._records.log.issues if one.issue is not None]
        if tag is None or tag.startswith("W/") or not takes or Category.CONDITION_IGNORED in judged:
            return False
        first = self._value(writer, name, before)
        second = self._value(writer, name, {**(before or {}), name: first}) if first is not None else None
        if first is None or second is None or first == second:
            return False
        steps = self._both(writer, made, [{name: first}, {name: second}], [("If-Match", tag)])
        if not all(map(_is_done, steps)):
            return False
        self._records.log.wrong(
            writer,
            Category.CONDITION_RACED,
            f"{writer.id} serves two requests at once that name one ETag in If-Match: one change is lost.",
            "412 to one of them",
            f"{steps[0].answer.status} and {steps[1].answer.status}",
            "",
            [made.step, look, *steps],
            rule=Rule.HEADER,
            subject=Subject(("If-Match",)),
            verdict=Verdict.CONTRACT,  # RFC 9110 section 13.1.1
        )
        return True


def _is_done(step: TriedCase) -> bool:
    return step.answer.succeeded and step.answer.status != ACCEPTED
