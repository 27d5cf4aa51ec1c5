"""Delete and rename records that others belong to, and see what becomes of these."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from mockserver.check.findings.issues import Category, Rule, Subject, TriedCase
from mockserver.check.lifecycle.made_records import GONE, MadeRecord, MadeRecords
from mockserver.check.lifecycle.resource_groups import ResourceGroup, says_gone
from mockserver.check.planning.path_values import parameter_names, shape
from mockserver.check.rules.document_rules import described
from mockserver.openapi.names import normalised, singular, words
from mockserver.openapi.operation import Operation
from mockserver.openapi.schema.schema_locations import types_in
from mockserver.resources.plan import OperationKind

_WITH_ALL = re.compile(
    r"(?i)\b(everything|cascad\w+|together with|along with|including (?:all|its|the)|with (?:all|its|their)|"
    r"and (?:all|its|their)|also (?:deletes?|removes?)|(?:deleted|removed)(?:,? (?:too|as well|also))|"
    r"(?:are|is|get) (?:also |then )?(?:deleted|removed))\b"
)
_EVERYTHING = re.compile(r"(?i)\b(everything|contents?|children|cascad\w+)\b")
_KEEPS = re.compile(
    r"(?i)\b(cannot be|can't be|can not be|must not be|may not be|is not|are not|never|refused|only) "
    r"(?:be )?(?:removed|deleted)\b|\bnot (?:be )?empty\b|\b(?:removed|deleted) only\b|\brefused\b"
)
_SURVIVE = re.compile(
    r"(?i)\b(kept|keeps?|remains?|stays?|survives?|unassigned|moved|detach\w*|archived?|"
    r"not (?:be )?(?:deleted|removed))\b"
)
_SOME = re.compile(
    r"(?i)\b(open|active|unpaid|pending|running|unfinished|outstanding|current|future|upcoming|ongoing|overdue|"
    r"published|confirmed|approved|paid)\b"
)
"""Words for some of the dependent records, of which a new one need not be."""
_SENTENCE = re.compile(r"(?<=[.;!?])\s+|\n+")
_OPTIONS = ("recursive", "cascade", "force", "recurse", "deep", "purge")
_OTHERS = 3
"""How many kinds of dependent records are tried."""
_REFUSED = {400, 409, 412, 422, 423}


class DependentRecords:
    """Creates records below, or with a reference to, a record that is then deleted or renamed."""

    def __init__(self, records: MadeRecords, groups: Sequence[ResourceGroup]) -> None:
        self._records = records
        self._groups = groups

    def run(self) -> None:
        """Run the check for each resource that depends on this one."""
        tried = 0
        for group in self._groups:
            if tried < _OTHERS and self._depends(group):
                tried += 1
                self._follows(group)
                if OperationKind.DELETE in self._records.group.items:
                    self._is_removed_with(group)

    def _depends(self, group: ResourceGroup) -> bool:
        own, creator = shape(self._records.item_path), group.create.operation
        if shape(creator.path).startswith(own + "/"):
            return True
        content = self._records.context.cases.content(creator)
        if content is None:
            return False
        paths = self._records.context.reference_paths(creator).values()
        return own in map(shape, paths)

    def _pair(self, group: ResourceGroup) -> tuple[MadeRecord, MadeRecords, MadeRecord] | None:
        """A new record, and a new one that depends on it."""
        context = self._records.context
        above = self._records.make(full=False)
        if above is None:
            return None
        key = shape(self._records.item_path)
        before = context.current.get(key)
        context.current[key] = above.key
        try:
            below = MadeRecords(self._records.log, context, group)
            if shape(group.create.operation.path).startswith(key + "/"):
                below.parents = list(above.values)[: len(parameter_names(group.create.operation.path))]
                below.other_parents = []
            body = below.bodies.least(group.create.operation)
            made = below.made_of(self._referring(group, body, above))
        finally:
            if before is None:
                context.current.pop(key, None)
            else:
                context.current[key] = before
        return None if made is None else (above, below, made)

    def _referring(self, group: ResourceGroup, body: Any, above: MadeRecord) -> Any:
        """The body with a reference to the record, if that is an optional field."""
        if not isinstance(body, Mapping):
            return body
        own = shape(self._records.item_path)
        paths = self._records.context.reference_paths(group.create.operation)
        fields = self._records.context.cases.fields(group.create.operation)
        names = [name for name, path in paths.items() if shape(path) == own and name in fields]
        return {**body, **{name: above.key for name in names if name not in body}}

    def _shown(self, below: MadeRecords, made: MadeRecord) -> tuple[TriedCase, Any]:
        """How the dependent record is shown: by the operation that reads it, else in its list."""
        if OperationKind.READ in below.group.items:
            step = below.look(made)
            return step, below.record(step)
        entry = below.entry(made)
        return below.last(), entry

    def _is_removed_with(self, group: ResourceGroup) -> None:
        records = self._records
        remover = records.group.items[OperationKind.DELETE].operation
        text = records.context.cases.text(remover)
        about = [one for one in _SENTENCE.split(text) if self._is_meant(group, one)]
        is_meant = bool(about)
        pair = self._pair(group) if is_meant or self._lists_below(group) else None
        if pair is None:
            return
        above, below, made = pair
        first, known = self._shown(below, made)
        if known is None:
            return
        step = records.send(remover, above)
        shows = [above.step, made.step, step]
        option = self._option(remover)
        keeping = [one for one in about if _KEEPS.search(one) and _is_about(one, known)]
        if step.answer.succeeded and keeping and "409" in remover.responses:
            self._wrong(
                remover,
                Category.NOT_POSSIBLE,
                f"{remover.id} removes a record that another one belongs to.",
                "409",
                described(step.answer),
                f"{remover.id} refuses to remove a record that another one belongs to.",
                shows,
                first,
            )
            return
        if step.answer.status in _REFUSED and option is not None:
            step = records.send(remover, above, query={option: True})
            shows = [above.step, made.step, step]
        if not step.answer.succeeded or records.look(above).answer.status not in GONE:
            return
        look, after = self._shown(below, made)
        is_said = any(map(_WITH_ALL.search, about)) and not any(map(_SURVIVE.search, about))
        is_orphan = self._lists_below(group) and look.case.operation.id == self._listing_id(below)
        if after is not None and not says_gone(look.answer) and (is_said or is_orphan):
            self._wrong(
                remover,
                Category.STILL_THERE,
                f"{remover.id} removes a record, and {look.case.operation.id} shows what belongs to it.",
                "404",
                described(look.answer),
                f"{remover.id} removes what belongs to the record, too.",
                [*shows, look],
                first,
            )

    @staticmethod
    def _listing_id(below: MadeRecords) -> str:
        return below.group.listing.operation.id if below.group.listing is not None else ""

    def _lists_below(self, group: ResourceGroup) -> bool:
        """Whether a list below the record's path is documented to answer 404."""
        listing = group.listing.operation if group.listing is not None else None
        own = shape(self._records.item_path) + "/"
        return listing is not None and shape(listing.path).startswith(own) and "404" in listing.responses

    def _is_meant(self, group: ResourceGroup, text: str) -> bool:
        """Whether a description of the deletion names the dependent records."""
        word = normalised(singular(group.create.plan.resource.word))
        named = {normalised(singular(one)) for one in words(text)}
        return word in named or bool(_EVERYTHING.search(text))

    def _option(self, remover: Operation) -> str | None:
        """The query parameter of a deletion that includes dependent records."""
        for parameter in remover.parameters:
            view = self._records.context.schemas.merged(parameter.schema)
            is_flag = types_in(view) - {"null"} == {"boolean"} and parameter.location == "query"
            if is_flag and normalised(parameter.name) in _OPTIONS:
                return parameter.name
        return None

    def _follows(self, group: ResourceGroup) -> None:
        """Check that a text that begins with the same text of the record above changes with it."""
        records = self._records
        writers = records.writers()
        is_tree = group.create.operation.id == records.creator.id
        pair = self._pair(group) if is_tree and writers and OperationKind.READ in group.items else None
        if pair is None:
            return
        above, below, made = pair
        parent, child = records.read(above), below.read(made)
        names = [
            name
            for name, value in (parent or {}).items()
            if child is not None
            and isinstance(value, str)
            and len(value) > 1
            and name not in records.keys
            and name not in records.settable
            and re.match(rf"{re.escape(value)}\W", str(child.get(name, "")))
        ]
        body = {
            name: records.bodies.ordinary(field, (parent or {}).get(name))
            for name, field in records.bodies.fields(writers[0]).items()
            if name not in records.context.reference_paths(writers[0])
        }
        body = {name: value for name, value in body.items() if isinstance(value, str)}
        if not names or not body:
            return
        step = records.send(writers[0], above, body=body)
        parent_now, child_now = records.read(above), below.read(made)
        for name in names if parent_now is not None and child_now is not None else ():
            has_moved = (
                parent_now[name] != (parent or {})[name] if parent_now and name in parent_now else False
            )
            if has_moved and not str((child_now or {}).get(name)).startswith(str((parent_now or {})[name])):
                self._wrong(
                    writers[0],
                    Category.FIELD_UNCHANGED,
                    f"{writers[0].id} changes {name}, but not where records below begin with it.",
                    f"{(parent_now or {})[name]}...",
                    (child_now or {}).get(name),
                    f"{writers[0].id} changes {name} of the records below, too.",
                    [above.step, made.step, step],
                    records.last(),
                    name,
                )

    def _wrong(
        self,
        operation: Operation,
        category: Category,
        message: str,
        expected: Any,
        got: Any,
        clause: str,
        shows: Sequence[TriedCase],
        look: TriedCase,
        name: str = "",
    ) -> None:
        self._records.log.wrong(
            operation,
            category,
            message,
            expected,
            got,
            clause,
            shows,
            rule=Rule.STATE,
            subject=Subject((name,) if name else (), other=look.case.operation.id),
        )


def _is_about(sentence: str, record: Mapping[str, Any]) -> bool:
    """Whether a sentence about dependent records is about this one: it may name only some states."""
    states = [str(value) for name, value in record.items() if normalised(name) in {"status", "state"}]
    if states:
        return any(re.search(rf"\b{re.escape(one)}\b", sentence, re.IGNORECASE) for one in states)
    return not _SOME.search(sentence)
