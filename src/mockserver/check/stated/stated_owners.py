"""Check that only the owner of a record may change it, where the document says so in words."""

import re
from collections.abc import Iterator

from mockserver.check.findings.issues import Category, Rule, Subject
from mockserver.check.lifecycle.made_records import MadeRecords
from mockserver.check.rules.document_rules import described
from mockserver.check.target.http_messages import ANONYMOUS
from mockserver.openapi.operation import Operation

_OWNER = re.compile(
    r"(?i)\bonly (?:its|their|the) (?:own )?(?:author|creator|owner|uploader|reporter|sender|submitter|"
    r"member|user|customer|organi[sz]er|host)s? (?:may|can|is allowed|are allowed)\b"
)
_OTHERS = re.compile(r"(?i)\b(admin\w*|moderators?|staff|managers?|operators?|support|editors?)\b")
"""Who else may do it."""
_CALLERS = 3


class StatedOwners:
    """Sends the requests that only the owner of a record may send, as somebody else."""

    def __init__(self, records: MadeRecords) -> None:
        self._records = records

    def run(self) -> None:
        """Run the check; it needs two callers."""
        records = self._records
        callers = records.context.candidates(records.creator)
        if len(callers) == 1 or not callers or callers[0] == ANONYMOUS:
            return
        for operation in self._operations():
            made = records.make(full=False)
            for caller in callers[1:_CALLERS] if made is not None else ():
                step = records.send(operation, made, caller=caller) if made is not None else None
                if made is not None and step is not None and step.answer.succeeded:
                    records.log.wrong(
                        operation,
                        Category.FORBIDDEN_CALLER_SERVED,
                        f"{operation.id} serves {caller.name} a record that somebody else has created.",
                        "403",
                        described(step.answer),
                        f"{operation.id} is refused to others than the owner of the record.",
                        [made.step, step],
                        rule=Rule.OWNERSHIP,
                        subject=Subject(other="owner"),
                    )
                    return

    def _operations(self) -> Iterator[Operation]:
        records = self._records
        for operation in records.changers():
            text = records.context.cases.text(operation)
            if "403" in operation.responses and _OWNER.search(text) and not _OTHERS.search(text):
                yield operation
