"""Differences between the bodies of both responses, and the operation that caused each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mockserver.check.findings.issues import Category, Issue, Rule, Subject, TriedCase, Verdict
from mockserver.check.reference.reference_model import RecordsByCollection
from mockserver.check.rules.body_comparison import (
    SKEW,
    Difference,
    KnownValues,
    differences,
    find,
    is_empty,
    moment,
    same_scalar,
)
from mockserver.check.rules.document_rules import brief
from mockserver.check.target.http_messages import MISSING
from mockserver.http.served_api import Service
from mockserver.openapi import media_types
from mockserver.openapi.operation import MediaType
from mockserver.openapi.schema.schema_locations import schemas_at

FieldKeys = Mapping[str, str]
_UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True)
class AnswerContext:
    """A response with everything needed to judge it.

    Attributes:
        keys: the key property of each collection.
        seeded: the records of both sides at the start.
    """

    step: TriedCase
    history: Sequence[TriedCase]
    knowledge: KnownValues
    service: Service
    keys: FieldKeys
    seeded: RecordsByCollection


def find_issues(context: AnswerContext) -> Iterator[Issue]:
    """The differences between the two bodies that are issues, because the right value is known."""
    step, knowledge = context.step, context.knowledge
    model = step.model
    if (
        model is None
        or not media_types.is_json(step.answer.media_type)
        or not media_types.is_json(model.answer.media_type)
    ):
        return
    if _content(step) is None:  # nothing is documented for this body
        return
    got, expected = step.answer.value(), model.answer.value()
    if got is MISSING:
        return
    for difference in differences(expected, got, knowledge):
        view = _View(context, difference)
        if view.is_grounded(knowledge) and not (_is_one_of_many(view) or _is_left_out(view)):
            issue = _describe(view, knowledge, context.keys)
            yield issue
            if issue.category is Category.OTHER_RECORD_SHOWN:  # every field differs then
                return


class _View:
    """One difference with the data to classify it."""

    def __init__(self, context: AnswerContext, difference: Difference) -> None:
        self.step = context.step
        self.difference = difference
        self.cause = _cause(context.step, context.history)
        self._context = context
        self.content = _content(context.step)
        schema = self.content.schema if self.content else None
        schemas = context.service.document.schemas
        self.nodes = schemas_at(schemas, schema, difference.path) if schema is not None else []
        self.previous = self._value_in(self.cause.before)

    def _value_in(self, records: RecordsByCollection) -> Any:
        """The value at this place in the record that the response is about."""
        record = self._record_in(records)
        for depth in (0, 1):
            value = find(record, self.difference.path[depth:])
            if value is not MISSING:
                return value
        return MISSING

    def _record_in(self, records: RecordsByCollection) -> Any:
        address = self.step.case.address
        found = records.get((self._context.service.name, address.collection or ""), {})
        return found.get(address.key or "", MISSING)

    def is_unchanged(self, knowledge: KnownValues) -> bool:
        """Whether a known record has its earlier value at this place, or is still empty there."""
        got = self.difference.got
        if self._record_in(self.cause.before) is not MISSING and is_empty(got) and is_empty(self.previous):
            return True
        return self.previous is not MISSING and _equal(got, self.previous, knowledge)

    @property
    def is_elsewhere(self) -> bool:
        """Whether this step reads another record than the one named by the causing request."""
        own, named = self.step.case.address, self.cause.case.address
        is_other = (own.collection, own.key) != (named.collection, named.key)
        return is_other and own.key is not None and not self.step.has_written

    @property
    def was_sent(self) -> bool:
        """Whether the causing request set this place."""
        return any(_names_place(name, self.difference.path) for name in self.cause.case.sent)

    def is_grounded(self, knowledge: KnownValues) -> bool:
        """Whether the model's value comes from the document, the fixtures or a request."""
        expected = self.difference.expected
        if any(_names_place(name, self.difference.path) for name in self.step.undecided):
            return False
        if (
            self.step.case.topic == "fuzz"
        ):  # of generated requests only the values of the last one are certain
            return self.was_sent
        key = self.step.case.address.key
        own = [entry for entry in self._context.history if entry.case.address.key == key]
        earlier = [name for entry in own for name in entry.case.sent]
        if self.was_sent or any(_names_place(name, self.difference.path) for name in earlier):
            return True
        if expected is None:  # showing more than the model may be right
            return any(node.schema.get("enum") == [None] for node in self.nodes)
        seeded = self._value_in(self._context.seeded)
        if seeded is not MISSING and _equal(expected, seeded, knowledge):
            return True
        if isinstance(expected, (Mapping, list)):
            return seeded is MISSING
        if any(expected in node.schema.get("enum", ()) for node in self.nodes) or self._is_example(expected):
            return True
        found = moment(expected)
        if found is not None and abs(found - knowledge.model_now) < SKEW:
            return True
        return knowledge.has(expected)

    def _is_example(self, expected: Any) -> bool:
        if any("example" in node.schema and node.schema["example"] == expected for node in self.nodes):
            return True
        examples = self.content.examples.values() if self.content else ()
        return any(find(example, self.difference.path) == expected for example in examples)


def _is_one_of_many(view: _View) -> bool:
    """Whether this is the text of a 401: one example covers missing, wrong and expired tokens."""
    difference = view.difference
    is_text = isinstance(difference.expected, str) and isinstance(difference.got, str)
    is_fixed = any("enum" in node.schema for node in view.nodes)
    return view.step.answer.status == _UNAUTHORIZED and is_text and not is_fixed


def _is_left_out(view: _View) -> bool:
    """Whether a field is missing from an inferred response, which may have another shape, say an envelope."""
    return (
        view.difference.is_absence
        and view.cause is view.step
        and bool(view.nodes)
        and all(node.is_inferred for node in view.nodes)
    )


def _equal(left: Any, right: Any, knowledge: KnownValues) -> bool:
    if isinstance(left, (Mapping, list)) or isinstance(right, (Mapping, list)):
        return bool(left == right)
    return same_scalar(left, right, knowledge)


def _names_place(name: str, path: tuple[str, ...]) -> bool:
    """Whether a sent field is at the place: in an envelope, or `department_id` for `department.id`."""
    sent = tuple(name.split(".")) if name else ("-",)
    for depth in (0, 1):
        if path[depth:] == sent or path[depth : depth + len(sent)] == sent:
            return True
        if name and len(sent) == 1 and "_".join(path[depth:]) == name:
            return True
    return False


def _cause(step: TriedCase, history: Sequence[TriedCase]) -> TriedCase:
    """The step that caused the response: this one, or for a read the last one that wrote."""
    if step.case.topic != "read":
        return step
    return next((entry for entry in reversed(history) if entry.case.topic != "read"), step)


def _content(step: TriedCase) -> MediaType | None:
    response = step.case.operation.response(step.answer.status)
    if response is None or not response.content:
        return None
    return response.content.get(step.answer.media_type) or next(iter(response.content.values()))


def _describe(view: _View, knowledge: KnownValues, keys: FieldKeys) -> Issue:
    difference, operation = view.difference, view.cause.case.operation
    is_other = _is_other_record(view, keys)
    rule = Rule.STATE if is_other else _rule(view, knowledge)
    seen = "" if view.cause is view.step else f", as {view.step.case.operation.id} shows it afterwards"
    field = f"{difference.name} of another record" if view.is_elsewhere else difference.name
    message = f"{view.cause.case.title}: {field} is not what it should be{seen}."
    if is_other:
        message = f"{view.cause.case.title}: the answer shows another record than the path names."
    content = view.content
    return Issue(
        operation,
        rule,
        _category(view, rule, knowledge, is_other=is_other),
        _subject(view),
        message,
        brief(difference.expected),
        brief(difference.got),
        content.pointer if content and view.cause is view.step else operation.pointer,
        Verdict.DRIFT,
        path=difference.path,
        absent=difference.field if difference.is_absence and not view.was_sent else None,
        suggested_clause=_clause(view, knowledge, is_other=is_other),
    )


def _subject(view: _View) -> Subject:
    is_seen_later, answer = view.cause is not view.step, view.step.answer
    return Subject(
        view.difference.place,
        None if answer.succeeded else answer.status,
        situation=view.cause.case.situation,
        other=view.step.case.operation.id if is_seen_later else "",
    )


def _category(view: _View, rule: Rule, knowledge: KnownValues, *, is_other: bool) -> Category:
    if view.is_elsewhere:
        return Category.OTHER_RECORD_CHANGED
    if view.was_sent and view.is_unchanged(knowledge):
        return Category.FIELD_UNCHANGED
    if is_other:
        return Category.OTHER_RECORD_SHOWN
    return Category.FIELD_NOT_SAVED if rule is Rule.STATE and view.was_sent else Category.VALUE_DIFFERS


def _clause(view: _View, knowledge: KnownValues, *, is_other: bool) -> str:
    """A sentence for the document that would make the difference a violation."""
    operation, field = view.cause.case.operation.id, view.difference.field or "the body"
    if is_other:
        return f"{operation} answers with the record that its path names."
    if view.is_elsewhere:
        return f"{operation} changes no other record than the one that its path names."
    expected = view.difference.expected
    if not view.step.answer.succeeded:
        return f"{operation} refuses with {view.step.answer.status} and {field} {brief(expected)}."
    is_kept = view.previous is not MISSING and _equal(expected, view.previous, knowledge)
    if view.was_sent and not is_kept:
        return f"{operation} stores {field} as it is sent, and shows it so."
    if view.cause.has_written and not is_kept:
        found = moment(expected)
        is_now = found is not None and abs(found - knowledge.model_now) < SKEW
        return f"{operation} sets {field} to {'the present moment' if is_now else brief(expected)}."
    if view.cause.case.topic == "read":
        return f"{operation} shows {field} as it is stored."
    return f"{operation} leaves {field} as it was."


def _is_other_record(view: _View, keys: FieldKeys) -> bool:
    address = view.step.case.address
    key = keys.get(address.collection or "")
    is_key = key is not None and view.difference.path[-1:] == (key,) and len(view.difference.path) <= 2
    return is_key and str(view.difference.expected) == str(address.key)


def _rule(view: _View, knowledge: KnownValues) -> Rule:
    difference = view.difference
    expected, got = difference.expected, difference.got
    if moment(expected) is not None and isinstance(got, str) and moment(got) is None:
        return Rule.SCHEMA
    if not view.step.answer.succeeded:  # a refusal has no record, only its own values
        return Rule.VALUE
    if view.is_elsewhere or (view.cause is not view.step and _was_shown(view, knowledge)):
        return Rule.STATE
    is_unchanged = view.previous is not MISSING and _equal(expected, view.previous, knowledge)
    if view.was_sent:
        is_lost = view.cause is not view.step and is_empty(got) and not view.cause.answer.body
        return (
            Rule.STATE if is_lost or (is_unchanged and not _equal(expected, got, knowledge)) else Rule.VALUE
        )
    if not view.cause.has_written:  # a read or a refused write has changed something
        return Rule.STATE
    if is_empty(got) or (view.previous is not MISSING and _equal(got, view.previous, knowledge)):
        return Rule.STATE
    return Rule.VALUE if isinstance(expected, str) else Rule.STATE


def _was_shown(view: _View, knowledge: KnownValues) -> bool:
    """Whether the response of the causing operation had the right value, which then was not stored."""
    value = find(view.cause.answer.value(), view.difference.path)
    return value is not MISSING and _equal(value, view.difference.expected, knowledge)


def rule_of_constant(issue: Issue, context: AnswerContext) -> Rule | None:
    """The rule for a value that differs from a constant of the schema; None for the schema rule."""
    step, knowledge, model = context.step, context.knowledge, context.step.model
    if model is None:
        return None
    expected, got = find(model.answer.value(), issue.path), find(step.answer.value(), issue.path)
    view = _View(context, Difference(issue.path, expected, got))
    if view.previous is not MISSING and _equal(got, view.previous, knowledge) and got != expected:
        return Rule.STATE
    is_constant = any(len(node.schema.get("enum", ())) == 1 for node in view.nodes)
    return Rule.VALUE if is_constant and type(expected) is type(got) else None
