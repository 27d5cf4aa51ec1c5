"""Where an answer shows things: the id of one, the list of several, the thing itself in what wraps it."""

from collections.abc import Mapping
from typing import Any

from mockserver.contract.findings import Step
from mockserver.contract.messages import MISSING

IDENTIFIERS = ("id", "uuid", "key")


def identifier(step: Step, parameter: str) -> Any:
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
