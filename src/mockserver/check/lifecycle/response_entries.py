"""Where an answer shows things: the id of one, the list of several, the thing itself in what wraps it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.check.findings.issues import TriedCase
from mockserver.check.target.http_messages import MISSING, HttpResponse

FEW = 5
"""A list of fewer entries than this is taken for the whole of it: pages are longer."""
_ROUND = 5
"""Pages are so many entries long, or twice as many, whatever was asked for."""
_TOTAL = re.compile(r"total", re.IGNORECASE)
_COUNT = re.compile(r"count", re.IGNORECASE)
_MORE = re.compile(r"next|more|cursor", re.IGNORECASE)
IDENTIFIERS = ("id", "uuid", "key")


def identifier(step: TriedCase, parameter: str) -> Any:
    """The id of what was made: in the answer, else at the end of Location."""
    value = step.answer.value()
    for place in (value, *(value.values() if isinstance(value, Mapping) else ())):
        if isinstance(place, Mapping):
            for name in (parameter, *IDENTIFIERS, "name"):
                if isinstance(place.get(name), (str, int)):
                    return place[name]
    location = step.answer.headers.get("location", "")
    return location.rstrip("/").rpartition("/")[2].partition("?")[0] or None


def entries_in(value: Any) -> list[Any] | None:
    """The list that an answer is, or that it holds alone."""
    if isinstance(value, list):
        return value
    lists = (
        [entry for entry in value.values() if isinstance(entry, list)] if isinstance(value, Mapping) else []
    )
    return lists[0] if len(lists) == 1 else None


def is_whole(answer: HttpResponse, entries: list[Any], few: int) -> bool:
    """Whether a list is all that there is: by the total that stands beside it, else by how short it is.

    Args:
        answer: what shows the list.
        entries: the list.
        few: so many entries may be the first page of more.
    """
    value = answer.value()
    beside = dict(_beside(value)) if isinstance(value, Mapping) else {}
    further = [entry for name, entry in beside.items() if _MORE.search(name)]
    if any(further) or 'rel="next"' in answer.headers.get("link", ""):
        return False
    # What is merely called a count may be that of the page, unless the answer knows other pages.
    names = [name for name in beside if _TOTAL.search(name) or (further and _COUNT.search(name))]
    totals = [int(beside[name]) for name in names if type(beside[name]) is int]
    if totals:
        return max(totals) <= len(entries)
    return len(entries) < few and (len(entries) < FEW or len(entries) % _ROUND != 0)


def _beside(value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, entry in value.items():
        yield name, entry
        if isinstance(entry, Mapping):
            yield from entry.items()


def identifiers(entries: list[Any], parameter: str) -> list[Any]:
    """The ids of the entries of a list, `MISSING` for one without."""
    names = (parameter, *IDENTIFIERS, "name")
    return [
        next((entry[name] for name in names if name in entry), MISSING)
        if isinstance(entry, Mapping)
        else entry
        for entry in entries
    ]


def unwrapped(value: Any, sent: Any) -> Any:
    """What stands for the thing itself: the answer, or the one object in it that has the sent fields."""
    if isinstance(value, Mapping) and isinstance(sent, Mapping) and not set(sent) & set(value):
        inner = [entry for entry in value.values() if isinstance(entry, Mapping) and set(sent) & set(entry)]
        return inner[0] if len(inner) == 1 else value
    return value
