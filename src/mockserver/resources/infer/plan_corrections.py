"""Correct single fields of plans: `x-mock: {plan: …}` in a document, `operations.ID.plan` in a fixture."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mockserver.openapi.extensions import MOCK, PLAN_FIELDS
from mockserver.openapi.names import normalised
from mockserver.openapi.operation import Operation
from mockserver.resources.body_paths import BodyPath
from mockserver.resources.infer.response_views import Views
from mockserver.resources.plan import (
    ActionPlan,
    ClearPlan,
    CountPlan,
    Filter,
    Key,
    ListPlan,
    OperationKind,
    Plan,
    ReadPlan,
    Reason,
    WritePlan,
)

_Selecting = ListPlan | CountPlan | ClearPlan


class NoEffectError(Exception):
    """A correction that changes nothing; the text says why."""


@dataclass(frozen=True, slots=True)
class Correction:
    """One field of a plan, as somebody wants it.

    Attributes:
        source: who says so: the document's extension or a fixture file.
    """

    field: str
    value: Any
    source: str = f"{MOCK}.plan"


def corrections_of(written: Any, source: str = f"{MOCK}.plan") -> tuple[Correction, ...]:
    """The corrections in an object; none where it is no object."""
    fields = written.items() if isinstance(written, Mapping) else ()
    return tuple(Correction(str(name), value, source) for name, value in fields)


def corrected(
    plan: Plan | None,
    correction: Correction,
    operation: Operation,
    views: Views,
    of_kind: Callable[[Operation, OperationKind], Plan | None],
) -> Plan:
    """A plan with one field as it is wanted.

    Raises:
        NoEffectError: the field is unknown, cannot be what is wanted, or is so already.
    """
    field, value = correction.field, correction.value
    if field not in PLAN_FIELDS:
        raise NoEffectError(f"Unknown field {field!r} of a plan. Allowed: {', '.join(PLAN_FIELDS)}.")
    if field == "kind":
        found = _of_kind(plan, value, operation, of_kind)
    elif plan is None:
        raise NoEffectError(f"`{field}` has no effect: nothing is inferred for {operation.id}. Add `kind`.")
    else:
        found = _FIELDS[field](plan, field, value, operation, views)
    if found == plan:
        raise NoEffectError(f"`{field}` has no effect: it is {value!r} already.")
    kept = tuple(reason for reason in found.reasons if reason.field != field)
    return replace(found, reasons=(Reason(field, f"{correction.source} says so"), *kept))


def _of_kind(
    plan: Plan | None,
    value: Any,
    operation: Operation,
    of_kind: Callable[[Operation, OperationKind], Plan | None],
) -> Plan:
    if value not in set(OperationKind):
        raise NoEffectError(f"Unknown kind {value!r}. Allowed: {', '.join(OperationKind)}.")
    if plan is not None and plan.kind == value:
        return plan
    found = of_kind(operation, OperationKind(value))
    if found is None:
        raise NoEffectError(f"`kind` has no effect: no resource at {operation.path} allows {value!r}.")
    return found


def _status(plan: Plan, field: str, value: Any, operation: Operation, views: Views) -> Plan:
    if not isinstance(value, int) or operation.response(value) is None:
        documented = ", ".join(operation.responses)
        raise NoEffectError(f"`{field}` has no effect: {value!r} is not documented; {documented} are.")
    content = views.content_of(operation.response(value))
    view = plan.view
    if view is not None and content is not None and value != plan.status:
        view = views.at(value, content, view.place, is_list=isinstance(plan, ListPlan) or plan.listed)
    return replace(plan, status=value, view=view)


def _record(plan: Plan, field: str, value: Any, operation: Operation, views: Views) -> Plan:
    path, content = _path(field, value), views.content_of(operation.response(plan.status))
    try:
        is_list = isinstance(plan, ListPlan | ClearPlan) or plan.listed
        view = None if content is None else views.at(plan.status, content, path, is_list=is_list)
    except KeyError:
        view = None
    if view is None:
        raise NoEffectError(f"`{field}` has no effect: the response has nothing at {'.'.join(path)!r}.")
    return replace(plan, view=view)


def _sent(plan: Plan, field: str, value: Any, operation: Operation, views: Views) -> Plan:
    if not isinstance(plan, WritePlan):
        raise NoEffectError(f"`{field}` has no effect: a plan of kind {plan.kind} has none.")
    path = _path(field, value)
    accepted = (
        views.properties_at(operation.request_body.content.values(), path) if operation.request_body else None
    )
    if accepted is None:
        raise NoEffectError(f"`{field}` has no effect: the request's body has nothing at {'.'.join(path)!r}.")
    return replace(plan, sent=path, accepted=accepted)


def _path(field: str, value: Any) -> BodyPath:
    if isinstance(value, str):
        return tuple(part for part in value.split(".") if part)
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return tuple(value)
    raise NoEffectError(f"`{field}` has no effect: a path such as data.items is expected, not {value!r}.")


def _action(plan: Plan, field: str, value: Any, operation: Operation, views: Views) -> Plan:
    if not isinstance(plan, ActionPlan) or not isinstance(value, str):
        raise NoEffectError(f"`{field}` has no effect: a plan of kind {plan.kind} takes no {value!r} for it.")
    return replace(plan, action=value)


def _filters(plan: Plan, field: str, value: Any, operation: Operation, views: Views) -> Plan:
    if not isinstance(plan, _Selecting) or not isinstance(value, Mapping):
        raise NoEffectError(f"`{field}` has no effect: an object of parameters of a list is expected.")
    for name, path in value.items():
        plan = _with_filter(plan, field, _parameter(operation, field, name), path)
    return plan


def _with_filter(plan: _Selecting, field: str, key: Key, wanted: Any) -> _Selecting:
    """A plan in which a parameter selects by a property, or by none."""
    selection = plan.selection
    kept = tuple(entry for entry in selection.filters if entry.parameter != key)
    if wanted is not None:
        path = selection.paths.places.get(normalised(str(wanted)))
        if path is None:
            raise NoEffectError(f"`{field}` has no effect: the records have no {wanted!r}.")
        known = next((entry for entry in selection.filters if entry.parameter == key), None)
        if known is not None and known.path == path:
            return plan
        kept = (*kept, Filter(key, path))
    roles: dict[str, Any] = {
        role: None for role in ("search", "sort", "direction") if getattr(selection, role) == key
    }
    nested = tuple(other for other in selection.nested if other != key)
    return replace(plan, selection=replace(selection, filters=kept, nested=nested, **roles))


def _of_selection(plan: Plan, field: str, value: Any, operation: Operation, views: Views) -> Plan:
    if not isinstance(plan, _Selecting):
        raise NoEffectError(f"`{field}` has no effect: a plan of kind {plan.kind} has none.")
    key = None if value is None else _parameter(operation, field, value)
    if getattr(plan.selection, field) == key:
        return plan
    if key is not None:
        plan = _with_filter(plan, field, key, None)
    change: dict[str, Any] = {field: key}
    return replace(plan, selection=replace(plan.selection, **change))


def _of_pagination(plan: Plan, field: str, value: Any, operation: Operation, views: Views) -> Plan:
    if not isinstance(plan, ListPlan):
        raise NoEffectError(f"`{field}` has no effect: a plan of kind {plan.kind} has none.")
    key = None if value is None else _parameter(operation, field, value)
    change: dict[str, Any] = {field: key}
    return replace(plan, pagination=replace(plan.pagination, **change))


def _fields(plan: Plan, field: str, value: Any, operation: Operation, views: Views) -> Plan:
    if not isinstance(plan, ListPlan | ReadPlan):
        raise NoEffectError(f"`{field}` has no effect: a plan of kind {plan.kind} has none.")
    return replace(plan, fields=None if value is None else _parameter(operation, field, value))


def _parameter(operation: Operation, field: str, name: Any) -> Key:
    queries = [entry.name for entry in operation.parameters if entry.location == "query"]
    if name not in queries:
        known = ", ".join(queries) or "none"
        raise NoEffectError(f"`{field}` has no effect: no query parameter {name!r}; there are {known}.")
    return "query", str(name)


_FIELDS: Mapping[str, Callable[[Plan, str, Any, Operation, Views], Plan]] = {
    "status": _status,
    "record": _record,
    "sent": _sent,
    "action": _action,
    "filters": _filters,
    **dict.fromkeys(("search", "sort", "direction"), _of_selection),
    **dict.fromkeys(("page", "size", "offset", "after", "before"), _of_pagination),
    "fields": _fields,
}
