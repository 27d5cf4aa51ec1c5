"""Read records, lists, ids and totals from responses, as the plans of their operations describe them."""

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.check.findings.issues import TriedCase
from mockserver.check.target.http_messages import MISSING, HttpResponse
from mockserver.resources.body_paths import value_at
from mockserver.resources.conventions.usual import IDS
from mockserver.resources.plan import ListPlan, Plan

FEW = 5
"""A shorter list than this counts as complete: pages are longer."""
_ROUND = 5
"""Page sizes are usually a multiple of this."""


def keys_of(plan: Plan, parameter: str) -> tuple[str, ...]:
    """Possible names of the property that identifies a record."""
    view = plan.view
    named = (plan.resource.key, view.key if view is not None else None)
    return (*(name for name in named if name is not None), parameter, *IDS)


def identifier(step: TriedCase, plan: Plan, parameter: str) -> Any:
    """The id of a created record: in the response body, else at the end of Location."""
    record = shown(step.answer.value(), plan)
    if isinstance(record, Mapping):
        for name in keys_of(plan, parameter):
            if isinstance(record.get(name), (str, int)):
                return record[name]
    location = step.answer.headers.get("location", "")
    return location.rstrip("/").rpartition("/")[2].partition("?")[0] or None


def shown(value: Any, plan: Plan | None) -> Any:
    """The record in a response body; the whole body if the plan has no place for it."""
    view = plan.view if plan is not None else None
    return value if view is None or not view.place else value_at(value, view.place)


def entries_in(value: Any, plan: Plan) -> list[Any] | None:
    """The records in the list of a response body; None without a list."""
    view = plan.view
    found = value_at(value, view.place) if view is not None else value
    if not isinstance(found, list):
        return None
    return found if view is None else [value_at(entry, view.within) for entry in found]


def is_whole(answer: HttpResponse, entries: list[Any], few: int, plan: ListPlan) -> bool:
    """Whether a list is complete: by the total in the response, else by its length.

    Args:
        answer: the response with the list.
        entries: the list.
        few: a list this long may be the first page of several.
        plan: the plan of the list operation.
    """
    value = answer.value()
    if any(_values_meaning(value, plan, "next", "more")) or 'rel="next"' in answer.headers.get("link", ""):
        return False
    totals = [total for total in _values_meaning(value, plan, "total") if type(total) is int]
    if totals:
        return bool(max(totals) <= len(entries))
    return len(entries) < few and (len(entries) < FEW or len(entries) % _ROUND != 0)


def _values_meaning(value: Any, plan: ListPlan, *meanings: str) -> Iterator[Any]:
    """Values of the envelope's metadata with these meanings."""
    fields = plan.view.metadata if plan.view is not None else ()
    return (value_at(value, field.place) for field in fields if field.meaning in meanings)


def identifiers(entries: list[Any], plan: Plan, parameter: str) -> list[Any]:
    """The ids of the entries of a list, `MISSING` for one without."""
    names = keys_of(plan, parameter)
    return [
        next((entry[name] for name in names if name in entry), MISSING)
        if isinstance(entry, Mapping)
        else entry
        for entry in entries
    ]
