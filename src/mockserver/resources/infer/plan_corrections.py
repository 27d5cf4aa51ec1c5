"""Correct single fields of plans: `x-mock: {plan: …}` in a document, `operations.ID.plan` in a fixture."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol

from mockserver.openapi.extensions import MOCK, PLAN_FIELDS
from mockserver.openapi.names import normalised
from mockserver.openapi.operation import Operation
from mockserver.resources.body_paths import BodyPath
from mockserver.resources.conventions import login_words, usual
from mockserver.resources.infer.completion import PlanCompletion
from mockserver.resources.infer.inference import ResourceInference
from mockserver.resources.plan import (
    ActionPlan,
    ClearPlan,
    CountPlan,
    CreatePlan,
    Filter,
    Key,
    ListPlan,
    LoginPlan,
    MembersPlan,
    OperationKind,
    Plan,
    Progress,
    Reason,
    ReplacePlan,
    View,
    WritePlan,
)

_Selecting = ListPlan | CountPlan | ClearPlan


class NoEffectError(Exception):
    """Raised for a correction that has no effect; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Correction:
    """The wanted value of one field of a plan.

    Attributes:
        source: where the correction is written: the document's extension, or a fixture file.
    """

    field: str
    value: Any
    source: str = f"{MOCK}.plan"


def corrections_of(written: Any, source: str = f"{MOCK}.plan") -> tuple[Correction, ...]:
    """The corrections in an object; none for any other value."""
    fields = written.items() if isinstance(written, Mapping) else ()
    return tuple(Correction(str(name), value, source) for name, value in fields)


class Planner(Protocol):
    """Makes the plans that corrections of `kind` and `caller` ask for."""

    inference: ResourceInference
    completion: PlanCompletion

    def of_kind(self, operation: Operation, kind: OperationKind) -> Plan | None:
        """The plan of an operation as one of this kind; None when it cannot be."""

    def of_caller(self, operation: Operation) -> Plan | None:
        """The plan of an operation as one on the caller's own record; None when it cannot be."""

    def without_users(self, operation: Operation) -> Plan | None:
        """The plan of an operation without regard to the caller; None when there is none."""


@dataclass(frozen=True, slots=True)
class _Change:
    """A correction with the plan and operation that it applies to."""

    field: str
    value: Any
    operation: Operation
    planner: Planner

    def refused(self, reason: str) -> NoEffectError:
        """The error for a correction without effect, with its reason."""
        return NoEffectError(f"`{self.field}` has no effect: {reason}")


def corrected(plan: Plan | None, correction: Correction, operation: Operation, planner: Planner) -> Plan:
    """Return a plan with one corrected field.

    Raises:
        NoEffectError: the field is unknown, cannot have this value, or has it already.
    """
    field, value = correction.field, correction.value
    if field not in PLAN_FIELDS:
        raise NoEffectError(f"Unknown field {field!r} of a plan. Allowed: {', '.join(PLAN_FIELDS)}.")
    if field == "kind":
        found = _of_kind(plan, value, operation, planner.of_kind)
    elif plan is None and field == "caller" and value is True:
        made = planner.of_caller(operation)
        if made is None:
            raise NoEffectError("`caller` has no effect: the document has no users.")
        found = made
    elif plan is None:
        raise NoEffectError(f"`{field}` has no effect: nothing is inferred for {operation.id}. Add `kind`.")
    else:
        found = _FIELDS[field](plan, _Change(field, value, operation, planner))
    if found == plan:
        raise NoEffectError(f"`{field}` has no effect: it is {value!r} already.")
    kept = tuple(reason for reason in found.reasons if reason.field != field)
    return replace(found, reasons=(Reason(field, f"set by {correction.source}"), *kept))


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


def _status(plan: Plan, change: _Change) -> Plan:
    value, operation = change.value, change.operation
    if not isinstance(value, int) or isinstance(value, bool) or operation.response(value) is None:
        documented = ", ".join(operation.responses)
        raise change.refused(f"{value!r} is not documented; {documented} are.")
    view = plan.view
    if view is not None and value != plan.status:
        view = _view_at(replace(plan, status=value), change, view.place) or view
    return replace(plan, status=value, view=view)


def _record(plan: Plan, change: _Change) -> Plan:
    path = _path(change)
    view = _view_at(plan, change, path)
    if view is None:
        raise change.refused(f"the response has nothing at {'.'.join(path)!r}.")
    return replace(plan, view=view)


def _view_at(plan: Plan, change: _Change, path: BodyPath, status: int = 0) -> View | None:
    """The view of the record, or the list, at a path of a response; None when it has no such path."""
    views, status = change.planner.inference.views, status or plan.status
    content = views.content_of(change.operation.response(status))
    is_list = isinstance(plan, ListPlan | ClearPlan) or (plan.listed and status == plan.status)
    try:
        found = None if content is None else views.at(status, content, path, is_list=is_list)
    except KeyError:
        return None
    return None if found is None else change.planner.completion.view(found, plan)


def _responses(plan: Plan, change: _Change) -> Plan:
    responses = dict(plan.responses)
    for status, written in _pairs(change):
        code = int(status) if str(status).isdigit() else 0
        path = _path(change, written)
        view = _view_at(plan, change, path, code) if code else None
        if view is None:
            raise change.refused(f"no response {status!r} has something at {'.'.join(path)!r}.")
        responses = {place: known for place, known in responses.items() if place[0] != code}
        responses[code, view.media_type.name] = view
    return replace(plan, responses=responses)


def _sent(plan: Plan, change: _Change) -> Plan:
    if not isinstance(plan, WritePlan):
        raise change.refused(f"a plan of kind {plan.kind} has none.")
    path, body = _path(change), change.operation.request_body
    views = change.planner.inference.views
    accepted = views.properties_at(body.content.values(), path) if body else None
    if accepted is None:
        raise change.refused(f"the request's body has nothing at {'.'.join(path)!r}.")
    if path == plan.sent:
        return plan
    return change.planner.completion.accepting(change.operation, replace(plan, sent=path, accepted=accepted))


def _action(plan: Plan, change: _Change) -> Plan:
    if not isinstance(plan, ActionPlan) or not isinstance(change.value, str):
        raise change.refused(f"a plan of kind {plan.kind} takes no {change.value!r} for it.")
    return change.planner.completion.with_effect(change.operation, replace(plan, action=change.value))


def _origin(plan: Plan, change: _Change) -> Plan:
    if not isinstance(plan, ReplacePlan | MembersPlan):
        raise change.refused(f"a plan of kind {plan.kind} has none.")
    found = change.planner.inference.named(str(change.value), 0) if change.value is not None else None
    if found is None and change.value is not None:
        raise change.refused(f"there is no resource {change.value!r}.")
    return replace(plan, origin=found)


def _filters(plan: Plan, change: _Change) -> Plan:
    if not isinstance(plan, _Selecting) or not isinstance(change.value, Mapping):
        raise change.refused("an object of parameters of a list is expected.")
    for name, path in change.value.items():
        plan = _with_filter(plan, change, _parameter(change, name), path)
    return plan


def _with_filter(plan: _Selecting, change: _Change, key: Key, wanted: Any) -> _Selecting:
    """A plan in which a parameter filters by a property, or by none."""
    selection = plan.selection
    kept = tuple(entry for entry in selection.filters if entry.parameter != key)
    if wanted is not None:
        path = selection.paths.places.get(normalised(str(wanted)))
        if path is None:
            raise change.refused(f"the records have no {wanted!r}.")
        known = next((entry for entry in selection.filters if entry.parameter == key), None)
        if known is not None and known.path == path:
            return plan
        kept = (*kept, Filter(key, path))
    roles: dict[str, Any] = {
        role: None for role in ("search", "sort", "direction") if getattr(selection, role) == key
    }
    nested = tuple(other for other in selection.nested if other != key)
    return replace(plan, selection=replace(selection, filters=kept, nested=nested, **roles))


def _of_selection(plan: Plan, change: _Change) -> Plan:
    if not isinstance(plan, _Selecting):
        raise change.refused(f"a plan of kind {plan.kind} has none.")
    key = None if change.value is None else _parameter(change, change.value)
    if getattr(plan.selection, change.field) == key:
        return plan
    if key is not None:
        plan = _with_filter(plan, change, key, None)
    found: dict[str, Any] = {change.field: key}
    return replace(plan, selection=replace(plan.selection, **found))


def _of_pagination(plan: Plan, change: _Change) -> Plan:
    if not isinstance(plan, ListPlan):
        raise change.refused(f"a plan of kind {plan.kind} has none.")
    key = None if change.value is None else _parameter(change, change.value)
    return _paged(plan, change, key)


def _number(plan: Plan, change: _Change) -> Plan:
    value = change.value
    if not isinstance(plan, ListPlan):
        raise change.refused(f"a plan of kind {plan.kind} has none.")
    if not isinstance(value, int) or isinstance(value, bool) or value < (change.field == "default_size"):
        raise change.refused(f"a number is expected, not {value!r}.")
    return _paged(plan, change, value)


def _paged(plan: ListPlan, change: _Change, value: Any) -> Plan:
    """A plan of a list with another pagination, and the list metadata that depend on it."""
    found: dict[str, Any] = {change.field: value}
    pagination = replace(plan.pagination, **found)
    if pagination == plan.pagination:
        return plan
    plan = replace(plan, pagination=pagination)
    if plan.view is None:
        return plan
    field, view = change.planner.completion.page_metadata.field, plan.view
    metadata = (field(view, known.place, known.meaning, pagination) for known in view.metadata)
    return replace(plan, view=replace(view, metadata=tuple(metadata)))


def _metadata(plan: Plan, change: _Change) -> Plan:
    """Correct the meaning of properties of the envelope."""
    if not isinstance(plan, ListPlan) or plan.view is None:
        raise change.refused(f"a plan of kind {plan.kind} has none.")
    known = {field.place: field for field in plan.view.metadata}
    for written, meaning in _pairs(change):
        path = _path(change, written)
        known.pop(path, None)
        if meaning is None:
            continue
        if meaning not in usual.MEANINGS:
            raise change.refused(f"{meaning!r} is unknown. Allowed: {', '.join(usual.MEANINGS)}.")
        try:
            known[path] = change.planner.completion.page_metadata.field(
                plan.view, path, meaning, plan.pagination
            )
        except KeyError:
            raise change.refused(f"the response has nothing at {'.'.join(path)!r}.") from None
    if known == {field.place: field for field in plan.view.metadata}:
        return plan
    return replace(plan, view=replace(plan.view, metadata=tuple(known.values())))


def _headers(plan: Plan, change: _Change) -> Plan:
    """Correct the meaning of response headers."""
    if not isinstance(plan, ListPlan):
        raise change.refused(f"a plan of kind {plan.kind} has none.")
    response = change.operation.response(plan.status)
    known = {header.name.lower(): header.name for header in response.headers.values()} if response else {}
    headers = dict(plan.headers)
    for name, meaning in _pairs(change):
        written = known.get(str(name).lower())
        if written is None:
            raise change.refused(f"no header field {name!r} is documented.")
        headers.pop(written, None)
        if meaning is not None and meaning not in usual.HEADER_MEANINGS:
            raise change.refused(f"{meaning!r} is unknown. Allowed: {', '.join(usual.HEADER_MEANINGS)}.")
        headers |= {} if meaning is None else {written: meaning}
    return replace(plan, headers=headers)


def _progress(plan: Plan, change: _Change) -> Plan:
    """Correct the states that an accepted record goes through, or remove them."""
    if change.value is None:
        return replace(plan, progress=None)
    states = tuple(_listed(change))
    known = plan.progress
    if known is not None:
        return replace(plan, progress=replace(known, states=states))
    properties, fits = plan.resource.properties, change.planner.inference.schemas
    for name, schema in properties.items():
        values = fits.target(schema).get("enum")
        if isinstance(values, list) and states and set(states) <= set(values):
            return replace(plan, progress=Progress(name, states))
    raise change.refused(f"no property of the records has the values {list(states)}.")


def _starts(plan: Plan, change: _Change) -> Plan:
    """Remove the job record that the operation creates."""
    if change.value is not None:
        raise change.refused(f"null is expected, not {change.value!r}.")
    return replace(plan, starts=None)


def _watch(plan: Plan, change: _Change) -> Plan:
    """Remove the watch: the stream ends after the records."""
    if change.value is not None or not isinstance(plan, ListPlan):
        raise change.refused("null is expected, for a list.")
    return replace(plan, watch=None)


def _pace(plan: Plan, change: _Change) -> Plan:
    """Correct how long each state of an accepted record lasts."""
    if plan.progress is None:
        raise change.refused("the plan has no progress; set `progress` first.")
    if change.field == "by_polls":
        return replace(plan, progress=replace(plan.progress, by_polls=_switch(change)))
    value = change.value
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    if value is not None and not is_number:
        raise change.refused(f"a number above 0 or null is expected, not {value!r}.")
    return replace(plan, progress=replace(plan.progress, seconds=None if value is None else float(value)))


def _caller(plan: Plan, change: _Change) -> Plan:
    """Correct whether an operation acts on the caller's own record."""
    is_wanted, planner = _switch(change), change.planner
    if is_wanted == plan.caller:
        return plan
    make = planner.of_caller if is_wanted else planner.without_users
    found = make(change.operation)
    if found is None:
        raise change.refused("the document has no users" if is_wanted else "nothing else is inferred")
    return found


def _credentials(plan: Plan, change: _Change) -> Plan:
    """Correct the paths of credentials in a login's request."""
    if not isinstance(plan, LoginPlan):
        raise change.refused(f"a plan of kind {plan.kind} has none.")
    found = dict(plan.credentials)
    for meaning, written in _pairs(change):
        if meaning not in login_words.SENT:
            raise change.refused(f"{meaning!r} is unknown. Allowed: {', '.join(login_words.SENT)}.")
        found.pop(meaning, None)
        if written is not None:
            found[meaning] = _path(change, written)
    return replace(plan, credentials=found)


def _tokens(plan: Plan, change: _Change) -> Plan:
    """Correct the meaning of token properties of a response."""
    if not isinstance(plan, LoginPlan | CreatePlan):
        raise change.refused(f"a plan of kind {plan.kind} has none.")
    found = dict(plan.tokens)
    for written, meaning in _pairs(change):
        if meaning is not None and meaning not in login_words.MEANINGS:
            raise change.refused(f"{meaning!r} is unknown. Allowed: {', '.join(login_words.MEANINGS)}.")
        found.pop(_path(change, written), None)
        if meaning is not None:
            found[_path(change, written)] = meaning
    return replace(plan, tokens=found)


def _simple(convert: Callable[[_Change], Any]) -> Callable[[Plan, _Change], Plan]:
    """Return a correction that sets a field to the given value, for plans that have the field."""

    def change_field(plan: Plan, change: _Change) -> Plan:
        if change.field not in {known.name for known in fields(plan)}:
            raise change.refused(f"a plan of kind {plan.kind} has none.")
        found: dict[str, Any] = {change.field: convert(change)}
        return replace(plan, **found)

    return change_field


def _assigned(plan: Plan, change: _Change) -> Plan:
    """Correct the set of server-assigned properties."""
    if not isinstance(plan, WritePlan):
        raise change.refused(f"a plan of kind {plan.kind} has none.")
    value: Any = _names(change) if change.field not in _ASSIGNED_VALUES else _values(change)
    for name in value:
        if name not in plan.resource.properties:
            raise change.refused(f"the records have no {name!r}.")
    found: dict[str, Any] = {change.field: value}
    return replace(plan, assigned=replace(plan.assigned, **found))


def _switch(change: _Change) -> bool:
    if not isinstance(change.value, bool):
        raise change.refused(f"true or false is expected, not {change.value!r}.")
    return change.value


def _path(change: _Change, written: Any = None) -> BodyPath:
    value = change.value if written is None else written
    if isinstance(value, str):
        return tuple(part for part in value.split(".") if part)
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return tuple(value)
    raise change.refused(f"a path such as data.items is expected, not {value!r}.")


def _path_or_none(change: _Change) -> BodyPath | None:
    return None if change.value is None else _path(change)


def _parameter(change: _Change, name: Any) -> Key:
    queries = [entry.name for entry in change.operation.parameters if entry.location == "query"]
    if name not in queries:
        known = ", ".join(queries) or "none"
        raise change.refused(f"no query parameter {name!r}; there are {known}.")
    return "query", str(name)


def _parameter_or_none(change: _Change) -> Key | None:
    return None if change.value is None else _parameter(change, change.value)


def _parameters(change: _Change) -> tuple[Key, ...]:
    return tuple(_parameter(change, name) for name in _listed(change))


def _names(change: _Change) -> frozenset[str]:
    return frozenset(map(str, _listed(change)))


def _listed(change: _Change) -> list[Any]:
    if not isinstance(change.value, list):
        raise change.refused(f"a list of names is expected, not {change.value!r}.")
    return change.value


def _pairs(change: _Change) -> Iterable[tuple[Any, Any]]:
    if not isinstance(change.value, Mapping):
        raise change.refused(f"an object is expected, not {change.value!r}.")
    return change.value.items()


def _shown(change: _Change) -> Mapping[str, Key]:
    known = {entry.name: (entry.location, entry.name) for entry in change.operation.parameters}
    found = _values(change)
    for name in found.values():
        if name not in known:
            raise change.refused(f"no parameter {name!r}; there are {', '.join(known) or 'none'}.")
    return {name: known[parameter] for name, parameter in found.items()}


def _name_or_none(change: _Change) -> str | None:
    return None if change.value is None else str(change.value)


def _properties_below(change: _Change) -> tuple[str | None, ...]:
    return tuple(None if name is None else str(name) for name in _listed(change))


def _paths(change: _Change) -> Mapping[str, BodyPath]:
    return {str(name): _path(change, path) for name, path in _pairs(change)}


def _texts(change: _Change) -> Mapping[str, str]:
    return {str(name): str(value) for name, value in _pairs(change)}


def _values(change: _Change) -> Mapping[str, Any]:
    return {str(name): value for name, value in _pairs(change)}


def _conflicts(change: _Change) -> Mapping[str, tuple[Any, ...]]:
    found = _values(change)
    return {name: tuple(value) if isinstance(value, list) else (value,) for name, value in found.items()}


def _groups(change: _Change) -> Mapping[BodyPath, tuple[Any, ...]]:
    return {
        _path(change, written): tuple(group) if isinstance(group, list) else (group,)
        for written, group in _pairs(change)
    }


def _steps(change: _Change) -> Mapping[str, int]:
    found = _values(change)
    if not all(type(step) is int for step in found.values()):
        raise change.refused("a number of steps is expected for each property.")
    return found


_ASSIGNED_VALUES = frozenset({"reached", "initial", "empty"})

_FIELDS: Mapping[str, Callable[[Plan, _Change], Plan]] = {
    "status": _status,
    "record": _record,
    "responses": _responses,
    "sent": _sent,
    "action": _action,
    "origin": _origin,
    "filters": _filters,
    **dict.fromkeys(("search", "sort", "direction"), _of_selection),
    **dict.fromkeys(("page", "size", "offset", "after", "before"), _of_pagination),
    **dict.fromkeys(("base", "default_size"), _number),
    "progress": _progress,
    "starts": _starts,
    "watch": _watch,
    **dict.fromkeys(("state_seconds", "by_polls"), _pace),
    "metadata": _metadata,
    "headers": _headers,
    **dict.fromkeys(("fields", "naming", "deleted"), _simple(_parameter_or_none)),
    **dict.fromkeys(("key_in", "many", "confirmed", "newest_by"), _simple(_path_or_none)),
    "fields_in": _simple(_path),
    **dict.fromkeys(("ids", "unknown", "flags"), _simple(_parameters)),
    **dict.fromkeys(("names", "numbers", "all", "echoed", "unique"), _simple(_names)),
    **dict.fromkeys(("moments", "singled_out", "flips", "inherited", "kept_by", "marks"), _simple(_names)),
    "element_ids": _simple(_names),
    "shown": _simple(_shown),
    "below": _simple(_properties_below),
    **dict.fromkeys(("counted", "part_of", "elements", "cookie", "uploads"), _simple(_name_or_none)),
    "groups": _simple(_groups),
    **dict.fromkeys(
        ("entity_tags", "location", "bare", "creates", "restorable", "restores", "copies", "every", "fresh"),
        _simple(_switch),
    ),
    **dict.fromkeys(
        ("created", "updated", "states", "generated", "revisions", "later", "reached", "initial", "empty"),
        _assigned,
    ),
    "placed": _simple(_paths),
    **dict.fromkeys(("asked", "counted_by"), _simple(_texts)),
    "caller": _caller,
    "credentials": _credentials,
    "tokens": _tokens,
    "sets": _simple(_values),
    "conflicts": _simple(_conflicts),
    "counts": _simple(_steps),
}
