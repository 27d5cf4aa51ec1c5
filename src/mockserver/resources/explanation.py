"""Explain for each operation of a document how the mock answers it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from mockserver.behaviour.backend import Handler, Handlers
from mockserver.behaviour.handler_files import handler_name, short_place
from mockserver.behaviour.response_choice import choose
from mockserver.errors import ApiError, MockserverError
from mockserver.openapi.document import Document
from mockserver.openapi.operation import Operation
from mockserver.resources.fallback import Fallback
from mockserver.resources.plan import (
    ActionPlan,
    ClearPlan,
    CountPlan,
    CreatePlan,
    EchoPlan,
    ListPlan,
    LoginPlan,
    OperationKind,
    Plan,
    Reason,
    WatchPlan,
    WritePlan,
)
from mockserver.state.answer_rules import AnswerRule

_SHOWN = 120
"""Maximum characters of a rule's schema in an explanation."""
_READING = frozenset({OperationKind.LIST, OperationKind.READ, OperationKind.COUNT})


class Explanation(NamedTuple):
    """How one operation is answered.

    Attributes:
        answer: what answers it, in a few words.
        kind: the plan's kind; None when a handler or the document answers.
        reasons: why the fields of its plan are as they are.
    """

    method: str
    path: str
    operation_id: str
    answer: str
    kind: OperationKind | None = None
    reasons: tuple[Reason, ...] = ()


Rules = Mapping[str, Sequence[AnswerRule]]
"""The rules of operations, by operationId."""


def explain(
    document: Document, handlers: Handlers, fallback: Fallback, rules: Rules = MappingProxyType({})
) -> Iterator[Explanation]:
    """Explain every operation, in the document's order."""
    return (explain_operation(document, name, handlers, fallback, rules) for name in document.index)


def explain_operation(
    document: Document,
    operation_id: str,
    handlers: Handlers,
    fallback: Fallback,
    rules: Rules = MappingProxyType({}),
) -> Explanation:
    """Explain one operation: what `--explain`, the admin API and the console show."""
    method, path = document.index[operation_id].method.upper(), document.full_path(operation_id)
    try:
        operation = document.operation(operation_id)
        plan = None if _handler(operation, handlers) else fallback.plan(operation)
        answer = _answer(operation, handlers, plan)
    except MockserverError as error:
        return Explanation(method, path, operation_id, f"cannot be served: {error}")
    tried = rules.get(operation.behaviour_id, ())
    answer = _after_rules(len(tried)) + answer
    first = (*(_rule_reason(rule) for rule in tried), *_handler_reasons(operation, handlers))
    if plan is None:
        return Explanation(method, path, operation_id, answer, None, first)
    reasons = (*first, *plan.reasons, *fallback.references(plan), *_collection_rules(plan, fallback))
    return Explanation(method, path, operation_id, answer, plan.kind, reasons)


def answerer(operation: Operation, handlers: Handlers, fallback: Fallback) -> tuple[str, str]:
    """Return what answers an operation without rules: `handler`, `plan`, `example` or `generated`, and which.

    Raises:
        MockserverError: nothing can.
    """
    handler = _handler(operation, handlers)
    if handler is not None:
        return "handler", f"{handler_name(handler)} ({short_place(handler)})"
    plan = fallback.plan(operation)
    if plan is not None:
        return "plan", _of(plan)
    choice = choose(operation)
    has_example = choice.media_type is not None and bool(choice.media_type.examples)
    return ("example" if has_example else "generated"), _documented(operation)


def _after_rules(number: int) -> str:
    """The number of rules, which are tried first."""
    return f"{number} rule{'' if number == 1 else 's'}, else " if number else ""


def _rule_reason(rule: AnswerRule) -> Reason:
    """Explain a rule: its status and its conditions."""
    count = "" if rule.answer.count is None else f", {rule.answer.count} times at most"
    when = " and ".join(f"{one.member} fits {_short(one.schema)}" for one in rule.conditions)
    return Reason(f"rule {rule.name}", f"{rule.answer.status}{count}, {f'when {when}' if when else 'always'}")


def _short(schema: Any) -> str:
    text = json.dumps(schema, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _handler_reasons(operation: Operation, handlers: Handlers) -> Iterator[Reason]:
    handler = _handler(operation, handlers)
    if handler is not None:
        yield Reason("handler", short_place(handler))


def _collection_rules(plan: Plan, fallback: Fallback) -> Iterator[Reason]:
    """Explain the collection rules that apply to an operation on its records."""
    rules = None if fallback.rules is None else fallback.rules(plan.resource.fixture or plan.resource.name)
    if rules is None:
        return
    if rules.owner is not None:
        everybody = f", except {', '.join(sorted(rules.owner.all))}" if rules.owner.all else ""
        yield Reason(
            "owner", f"callers see only records whose `{rules.owner.field}` is their subject{everybody}"
        )
    if plan.kind in _READING:
        return
    for name, what in (("unique", rules.unique), ("compute", rules.computed), ("hooks", rules.hooks)):
        if what:
            yield Reason(name, ", ".join(f"`{one}`" for one in what))


def _handler(operation: Operation, handlers: Handlers) -> Handler | None:
    return handlers.get(operation.behaviour_id)


def _answer(operation: Operation, handlers: Handlers, plan: Plan | None) -> str:
    handler = _handler(operation, handlers)
    if handler is not None:
        return f"handler {handler_name(handler)}"
    return _of(plan) if plan is not None else _documented(operation)


def _of(plan: Plan) -> str:
    resource = plan.resource
    world = "" if resource.fixture is None else f", those of fixture {resource.fixture}"
    if isinstance(plan, EchoPlan):
        shown = ", ".join(sorted({*plan.shown, *plan.echoed}))
        return f"{plan.status} with {shown} of the request" if shown else f"{plan.status} generated"
    if isinstance(plan, WatchPlan):
        return f"stream of {resource.name}{world}"
    if isinstance(plan, LoginPlan):
        users = "" if plan.resource.single else f" of {plan.resource.name}{world}"
        return f"login{users} by {', '.join(plan.credentials)}"
    if plan.caller:
        return f"{plan.kind} the caller's own record of {resource.name}{world}"
    if isinstance(plan, ListPlan):
        return f"list of {resource.name}{world}{_parameters(plan)}"
    if isinstance(plan, ClearPlan):
        names = plan.choosing
        return f"clear {resource.name}{world}" + (f", chosen by {', '.join(names)}" if names else "")
    if isinstance(plan, CountPlan):
        return f"count of {resource.name}{world}"
    if isinstance(plan, CreatePlan) and plan.tokens:
        return f"create {resource.name}{world}, and log in"
    if isinstance(plan, WritePlan) and plan.many is not None:
        return f"{plan.kind} {resource.name}{world}, each in the list"
    what = f"action {plan.action} on" if isinstance(plan, ActionPlan) else plan.kind.value
    by = f" by {resource.key}" if resource.key and not resource.single else ""
    return f"{what} {resource.name}{by}{world}"


def _parameters(plan: ListPlan) -> str:
    """Which query parameters of a list the plan uses, and which it ignores."""
    said = {
        "filtered by": {name for _, name in plan.selection.narrowing},
        "sorted by": {name for _, name in plan.selection.ordering},
        "paged by": {name for _, name in plan.pagination.parameters},
        "fields by": {plan.fields[1]} if plan.fields else set(),
        "with deleted by": {plan.deleted[1]} if plan.deleted else set(),
    }
    used = set().union(*said.values())
    said["ignores"] = {name for name in plan.queries if name not in used}
    parts = ((verb, [name for name in plan.queries if name in names]) for verb, names in said.items())
    return "".join(f"; {verb} {', '.join(names)}" for verb, names in parts if names)


def _documented(operation: Operation) -> str:
    try:
        choice = choose(operation)
    except ApiError as error:
        return f"nothing: {error.detail}"
    if choice.media_type is None:
        return f"{choice.status} without a body"
    return f"{choice.status} {'example' if choice.media_type.examples else 'generated'}"
