"""Create a record of a file from its bytes, and download it again."""

from mockserver.check.findings.issues import Category, TriedCase
from mockserver.check.lifecycle.made_records import GONE, MadeRecord, MadeRecords
from mockserver.check.lifecycle.response_entries import identifier
from mockserver.check.lifecycle.upload_walk import CONTENT, is_file
from mockserver.check.rules.document_rules import described

_PARENTS = 4
"""How many parents are tried: a caller may not write below every one."""


class FileRecords:
    """Checks a resource whose records are created from files."""

    def __init__(self, records: MadeRecords) -> None:
        self._records = records

    def run(self) -> MadeRecord | None:
        """Create a file, download it, and compare both; return the record."""
        body = self._records.creator.request_body
        media_type = (
            next((name for name in body.content if is_file(name)), None) if body is not None else None
        )
        if media_type is None:
            return None
        made = self._made(media_type)
        if made is not None:
            self._is_the_same(made)
        return made

    def _made(self, media_type: str) -> MadeRecord | None:
        records = self._records
        for parents in [records.parents, *records.other_parents][:_PARENTS]:
            step = records.log.send(records.creator, parents, data=(media_type, CONTENT))
            found = identifier(step, records.group.create.plan, records.group.parameter)
            if step.answer.succeeded and found is not None:
                return MadeRecord((*parents, found), CONTENT, step, tuple(parents))
        return None

    def _is_the_same(self, made: MadeRecord) -> None:
        records = self._records
        look: TriedCase = records.look(made)
        creator, reader = records.creator, records.reader
        if look.answer.status in GONE:
            records.log.wrong(
                creator,
                Category.NOT_STORED,
                f"{creator.id} takes a file that {reader.id} does not find.",
                "200",
                described(look.answer),
                f"After {creator.id}, {reader.id} gives the file.",
                [made.step, look],
            )
        is_file_shown = is_file(look.answer.headers.get("content-type", "application/json").partition(";")[0])
        if look.answer.succeeded and is_file_shown and look.answer.body != CONTENT:
            records.log.wrong(
                creator,
                Category.FILE_DIFFERS,
                f"{reader.id} gives back another file than was sent to {creator.id}.",
                f"{len(CONTENT)} bytes as they were sent",
                f"{len(look.answer.body)} bytes",
                f"{reader.id} gives the file as it was sent.",
                [made.step, look],
            )
