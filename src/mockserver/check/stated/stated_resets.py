"""Check that a replacement gives the fields that it leaves out their defaults, if the document says so."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.check.findings.issues import Category, Subject
from mockserver.check.lifecycle.made_records import ACCEPTED, MadeRecords
from mockserver.check.rules.normalisation import is_kept
from mockserver.openapi.operation import Operation
from mockserver.resources.plan import OperationKind

_REPLACES = re.compile(r"(?i)\breplac\w*")
_WHOLE = re.compile(
    r"(?i)\breplac\w* (?:all|the whole|the entire|every|everything|completely)\b|"
    r"\b(?:not sent|missing|left out|omitted|not given|not in the body)\b"
)
"""Says that nothing is left of the record before."""


class StatedResets:
    """Replaces a record with every field by one with only the required fields."""

    def __init__(self, records: MadeRecords) -> None:
        self._records = records

    def run(self) -> None:
        """Run the check for the operation that replaces records."""
        records = self._records
        for writer in records.writers():
            text = f"{records.context.cases.text(writer)} {writer.id}"
            if records.kind(writer) is OperationKind.REPLACE and _REPLACES.search(text):
                self._resets(writer, is_whole=bool(_WHOLE.search(text)))

    def _resets(self, writer: Operation, *, is_whole: bool) -> None:
        records = self._records
        made = records.make(full=True)
        full = made.body if made is not None else None
        if made is None or not isinstance(full, Mapping):
            return
        optional = dict(self._optional(writer, full))
        filled = {**full, **{name: value for name, (value, _) in optional.items()}}
        first = records.send(writer, made, body=filled)
        before = records.read(made)
        least = {name: value for name, value in filled.items() if name not in optional}
        step = records.send(writer, made, body=least)
        after = records.read(made)
        if not first.answer.succeeded or not step.answer.succeeded or step.answer.status == ACCEPTED:
            return
        for name, (value, default) in optional.items() if before and after else ():
            was_taken = before is not None and name in before and is_kept(value, before[name])
            is_left = after is not None and name in after and after[name] == value
            if was_taken and is_left and (default is not None or is_whole) and value != default:
                records.log.wrong(
                    writer,
                    Category.FIELD_UNCHANGED,
                    f"{writer.id} was not sent {name}, and keeps its value, though it replaces the record.",
                    "null or nothing" if default is None else default,
                    value,
                    f"{writer.id} gives {name} its default if it is not sent.",
                    [made.step, first, step, records.last()],
                    subject=Subject((name,), other="not sent"),
                )
                return

    def _optional(self, writer: Operation, full: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Any, Any]]]:
        """The fields that a replacement need not have, each with a value and its default."""
        records, content = self._records, self._records.context.cases.content(writer)
        needed = records.context.schemas.merged(content.schema).get("required") or () if content else ()
        for name, field in records.bodies.fields(writer).items():
            default = field.view.get("default")
            ordinary = records.bodies.ordinary(field, default)
            # 0 may be shown as null.
            value = ordinary or (False if ordinary is False else records.bodies.ordinary(field, ordinary))
            is_moving = name in records.parent_fields(writer) or name in records.context.references(writer)
            if name not in needed and value is not None and not is_moving:
                yield name, (value, default)
