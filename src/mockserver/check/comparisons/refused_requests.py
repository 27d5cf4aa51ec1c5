"""Check that a write that is refused to one of the callers changes nothing."""

from typing import Any

from mockserver.check.findings.issues import Category, Subject, TriedCase
from mockserver.check.lifecycle.made_records import GONE, MadeRecord, MadeRecords
from mockserver.check.rules.body_comparison import moment
from mockserver.check.rules.document_rules import described
from mockserver.check.target.http_messages import ANONYMOUS, Caller
from mockserver.openapi.operation import Operation

_CALLERS = 3
_FORBIDDEN = {401, 403}


class RefusedRequests:
    """Sends each write about a record by every other caller, and reads the record again."""

    def __init__(self, records: MadeRecords) -> None:
        self._records = records

    def run(self) -> None:
        """Run the check on a new record."""
        callers = self._others()
        made = self._records.make(full=False) if callers else None
        if made is None:
            return
        for operation in self._records.changers():
            for caller in callers:
                if not self._changes_nothing(operation, made, caller):
                    return

    def _others(self) -> list[Caller]:
        """Callers besides the one who creates and reads the records."""
        known = self._records.context.candidates(self._records.creator)
        return [*known[1:_CALLERS], ANONYMOUS] if known and known[0] != ANONYMOUS else []

    def _changes_nothing(self, operation: Operation, made: MadeRecord, caller: Caller) -> bool:
        """Whether the record may be used further: it still exists."""
        if not operation.security and caller == ANONYMOUS:
            return True
        records = self._records
        first, before = records.read(made), records.read(made)
        if first is None or before is None:
            return False
        body = {"body": records.bodies.changed(operation, before)} if operation in records.writers() else {}
        step = records.send(operation, made, caller=caller, **body)
        look = records.look(made)
        after = records.record(look)
        if step.answer.status not in _FORBIDDEN:
            return after is not None
        shows = [made.step, step, look]
        if look.answer.status in GONE:
            self._wrong(operation, "has deleted the record", "200", described(look.answer), shows)
            return False
        for name in sorted(before.keys() & after.keys()) if after is not None else ():
            is_steady = first.get(name) == before[name] and moment(before[name]) is None
            if after is not None and is_steady and before[name] != after[name]:
                self._wrong(operation, f"has changed {name}", before[name], after[name], shows, name)
                return True
        return after is not None

    def _wrong(
        self, operation: Operation, what: str, expected: Any, got: Any, shows: list[TriedCase], name: str = ""
    ) -> None:
        caller = shows[1].case.request.caller
        self._records.log.wrong(
            operation,
            Category.CHANGED_THOUGH_REFUSED,
            f"{operation.id} was refused to {caller.name}, but {what}.",
            expected,
            got,
            f"A request of {operation.id} that is refused changes nothing.",
            shows,
            subject=Subject((name,) if name else (), caller=caller.kind),
        )
