"""Compare what a list shows to its caller with what the caller can read and do with the records of others."""

import re
from collections.abc import Iterator, Mapping

from mockserver.check.findings.issues import Category, Rule, Subject, TriedCase
from mockserver.check.lifecycle.made_records import GONE, MadeRecord, MadeRecords
from mockserver.check.lifecycle.response_entries import entries_in, is_whole
from mockserver.check.lifecycle.walk_log import values_for
from mockserver.check.rules.document_rules import described
from mockserver.check.target.http_messages import ANONYMOUS, Caller
from mockserver.openapi import pointers
from mockserver.openapi.names import normalised
from mockserver.openapi.operation import Operation
from mockserver.openapi.schema.schema_locations import types_in
from mockserver.resources.plan import ListPlan, OperationKind

_OWNERS = (
    r"(?:users?|callers?|compan(?:y|ies)|tenants?|organi[sz]ations?|accounts?|customers?|teams?|workspaces?|"
    r"members?|clients?|people|owners?)"
)
HIDDEN = re.compile(
    rf"(?i)\b(?:(?:other|another|foreign|different) (?:\w+ )?{_OWNERS}|belongs? to)\b[^\n]*?"
    r"\b(?:404|do(?:es)? not exist|not found|invisible|disclos\w+|reveal\w*)\b"
)
"""Says that records of others are hidden."""
_MINE = re.compile(
    r"(?i)\b(?:(?:made|created|owned|written|booked|uploaded|reported|opened) by "
    r"(?:the caller|you|me|the current user|the authenticated user)|(?:the caller'?s|your|my) own)\b"
)
_OWN_NAMES = {"mine", "my", "own", "onlymine", "myown", "mineonly", "owned", "createdbyme"}
_CALLERS = 3
_FORBIDDEN = 403
_MANY = 20


class CallerScopes:
    """Creates records as one caller, and asks for them as each of the others."""

    def __init__(self, records: MadeRecords) -> None:
        self._records = records

    def run(self) -> None:
        """Run all checks; they need two callers and a list."""
        callers = self._records.context.candidates(self._records.reader)
        if len(callers) == 1 or not callers or callers[0] == ANONYMOUS or self._records.group.listing is None:
            return
        made = self._records.make(full=False)
        if made is None or self._records.read(made) is None:
            return
        for caller in callers[1:_CALLERS]:
            is_listed = self._is_listed(made, caller)
            if is_listed is False and HIDDEN.search(self._text()):
                self._is_hidden(made, caller)
        self._lists_own(made, callers[0], callers[1:_CALLERS])

    def _text(self) -> str:
        """What the document says of the resource's operations, and at its beginning."""
        root = self._records.context.service.document.root
        cases, group = self._records.context.cases, self._records.group
        operations = [self._records.creator, self._records.reader, *(one.operation for one in group.actions)]
        own = [cases.text(one) for one in operations]
        said = str((root.get("info") or {}).get("description") or "")
        # A paragraph may be wrapped.
        return "\n".join([*re.sub(r"(?<!\n)\n(?!\n)", " ", said).split("\n\n"), *own])

    def _entries(self, caller: Caller, query: Mapping[str, object]) -> tuple[TriedCase, list[str], bool]:
        """The ids of a list as a caller is shown it, and whether it is complete."""
        log, listing = self._records.log, self._records.group.listing
        if listing is None or not isinstance(listing.plan, ListPlan):
            return self._records.last(), [], False
        (step,) = log.together(
            [log.case(listing.operation, self._records.parents, query=query, caller=caller)]
        )
        entries = entries_in(step.answer.value(), listing.plan) if step.answer.succeeded else None
        is_complete = entries is not None and is_whole(step.answer, entries, _MANY, listing.plan)
        ids = [
            str(one[name])
            for one in entries or ()
            if isinstance(one, Mapping)
            for name in self._records.keys
            if name in one
        ]
        return step, ids, is_complete

    def _is_listed(self, made: MadeRecord, caller: Caller) -> bool | None:
        """Whether a caller's list has the record; None if that is unknown."""
        _, ids, is_complete = self._entries(caller, {})
        return str(made.key) in ids if is_complete else None

    def _is_hidden(self, made: MadeRecord, caller: Caller) -> None:
        """Check that a record that a caller's list leaves out cannot be read, and is not disclosed by 403."""
        records, values = self._records, list(made.values)
        (look,) = records.log.together([records.log.case(records.reader, values, caller=caller)])
        if look.answer.succeeded:
            self._wrong(
                records.reader,
                f"shows {caller.name} a record that belongs to others",
                "404",
                made,
                look,
                "read",
            )
        operations = [*records.writers(), *(one.operation for one in records.group.actions)]
        remover = records.group.items.get(OperationKind.DELETE)
        operations += [remover.operation] if remover is not None else []
        for operation in [records.reader, *operations]:
            own = values_for(operation, records.item_path, made.values)
            if own is None or "404" not in operation.responses:
                continue
            (step,) = records.log.together([records.log.case(operation, own, caller=caller)])
            if step.answer.status != _FORBIDDEN:
                continue
            unknown = [*own[:-1], self._unknown(own[-1])]
            (other,) = records.log.together([records.log.case(operation, unknown, caller=caller)])
            if other.answer.status in GONE:
                self._wrong(
                    operation,
                    f"discloses to {caller.name} that a record of others exists",
                    "404",
                    made,
                    step,
                    "exists",
                )

    @staticmethod
    def _unknown(value: object) -> object:
        return 2_000_000_017 if isinstance(value, int) or str(value).isdigit() else "mockserver-check-unknown"

    def _lists_own(self, made: MadeRecord, caller: Caller, others: list[Caller]) -> None:
        """Check that a parameter such as `mine=true` leaves out what another caller has created."""
        listing = self._records.group.listing
        for name in self._own_parameters() if listing is not None else ():
            for other in others:
                body = self._records.bodies.least(self._records.creator)
                if self._records.renew is not None:
                    self._records.renew(self._records.creator)
                    body = self._records.bodies.least(self._records.creator)
                parts = {} if body is None else {"body": body}
                case = self._records.log.case(
                    self._records.creator, self._records.parents, caller=other, **parts
                )
                (step,) = self._records.log.together([case])
                theirs = self._records.made_by(step, body)
                _, everything, _ = self._entries(caller, {})
                if theirs is None or str(theirs.key) not in everything:
                    continue
                look, own, _ = self._entries(caller, {name: True})
                if listing is not None and str(theirs.key) in own:
                    self._records.log.wrong(
                        listing.operation,
                        Category.FILTER_IGNORED,
                        f"{listing.operation.id} with {name}=true lists a record of another caller.",
                        "not listed",
                        theirs.key,
                        f"{listing.operation.id} with {name}=true lists the caller's own records.",
                        [made.step, step, look],
                        rule=Rule.VALUE,
                        subject=Subject(("query", name)),
                    )
                    return

    def _own_parameters(self) -> Iterator[str]:
        listing: Operation | None = (
            self._records.group.listing.operation if self._records.group.listing else None
        )
        schemas = self._records.context.schemas
        for parameter in listing.parameters if listing is not None else ():
            view = schemas.merged(parameter.schema)
            if parameter.location != "query" or types_in(view) - {"null"} != {"boolean"}:
                continue
            written = pointers.resolve(schemas.root, parameter.pointer)
            text = str(written.get("description", "")) if isinstance(written, Mapping) else ""
            if normalised(parameter.name) in _OWN_NAMES or _MINE.search(text):
                yield parameter.name

    def _wrong(
        self, operation: Operation, what: str, expected: str, made: MadeRecord, step: TriedCase, other: str
    ) -> None:
        self._records.log.wrong(
            operation,
            Category.OTHER_RECORD_SHOWN,
            f"{operation.id} {what}.",
            expected,
            described(step.answer),
            f"{operation.id} answers 404 for a record that does not belong to its caller.",
            [made.step, step],
            rule=Rule.OWNERSHIP,
            subject=Subject(other=other),
        )
