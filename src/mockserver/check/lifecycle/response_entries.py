"""Where answers show records, by the plans of their operations: the id of one, the list, the total."""

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.check.findings.issues import TriedCase
from mockserver.check.target.http_messages import MISSING, HttpResponse
from mockserver.resources.body_paths import value_at
from mockserver.resources.conventions.usual import IDS
from mockserver.resources.plan import ListPlan, Plan

FEW = 5
"""A list of fewer entries than this is taken for the whole of it: pages are longer."""
_ROUND = 5
"""Pages are so many entries long, or twice as many, whatever was asked for."""


def keys_of(plan: Plan, parameter: str) -> tuple[str, ...]:
    """How answers and bodies may call what identifies a record."""
    view = plan.view
    named = (plan.resource.key, view.key if view is not None else None)
    return (*(name for name in named if name is not None), parameter, *IDS)


def identifier(step: TriedCase, plan: Plan, parameter: str) -> Any:
    """The id of what was created: in the answer, else at the end of Location."""
    record = shown(step.answer.value(), plan)
    if isinstance(record, Mapping):
        for name in keys_of(plan, parameter):
            if isinstance(record.get(name), (str, int)):
                return record[name]
    location = step.answer.headers.get("location", "")
    return location.rstrip("/").rpartition("/")[2].partition("?")[0] or None


def shown(value: Any, plan: Plan | None) -> Any:
    """The record in the body of an answer; the body where the plan has no place for it."""
    view = plan.view if plan is not None else None
    return value if view is None or not view.place else value_at(value, view.place)


def entries_in(value: Any, plan: Plan) -> list[Any] | None:
    """The records in the list that the body of an answer has; None where it has none."""
    view = plan.view
    found = value_at(value, view.place) if view is not None else value
    if not isinstance(found, list):
        return None
    return found if view is None else [value_at(entry, view.within) for entry in found]


def is_whole(answer: HttpResponse, entries: list[Any], few: int, plan: ListPlan) -> bool:
    """Whether a list is all that there is: by the total that the answer has, else by how short it is.

    Args:
        answer: what shows the list.
        entries: the list.
        few: so many entries may be the first page of more.
        plan: how the answer shows the list.
    """
    value = answer.value()
    if any(_told(value, plan, "next", "more")) or 'rel="next"' in answer.headers.get("link", ""):
        return False
    totals = [total for total in _told(value, plan, "total") if type(total) is int]
    if totals:
        return bool(max(totals) <= len(entries))
    return len(entries) < few and (len(entries) < FEW or len(entries) % _ROUND != 0)


def _told(value: Any, plan: ListPlan, *meanings: str) -> Iterator[Any]:
    """What the envelope says of the list."""
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
