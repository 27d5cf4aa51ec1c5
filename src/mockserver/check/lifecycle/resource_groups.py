"""Find the operations that make, show, list, change and remove the same kind of thing."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from mockserver.check.target.http_messages import HttpResponse
from mockserver.openapi.operation import Operation

_MARK = re.compile(r"delet|remov|archiv|trash|discard", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ResourceGroup:
    """Operations about one kind of thing.

    Attributes:
        create: makes one.
        items: by method, those whose path is the creating one's with one parameter more.
        listing: lists them; None when nothing does.
        parameter: the name of that parameter.
    """

    create: Operation
    items: Mapping[str, Operation]
    listing: Operation | None
    parameter: str


def says_gone(answer: HttpResponse) -> bool:
    """Whether an answer shows a thing as removed: it may stay visible, with a mark."""
    value = answer.value()
    parts = [value, *value.values()] if isinstance(value, Mapping) else []
    marks = [
        entry
        for part in parts
        if isinstance(part, Mapping)
        for name, entry in part.items()
        if _MARK.search(name) or (name in {"status", "state"} and _MARK.search(str(entry)))
    ]
    return any(mark not in (None, False, "", 0) for mark in marks)


def groups(operations: Iterable[Operation]) -> Iterator[ResourceGroup]:
    """Every kind of thing that can be made and looked at with these operations."""
    operations = list(operations)
    by_place = {(entry.path.rstrip("/"), entry.method): entry for entry in operations}
    for create in operations:
        path = create.path.rstrip("/")
        if create.method != "post" or "{" in path:
            continue
        pattern = re.compile(re.escape(path) + r"/\{([^/{}]+)\}")
        below = {
            match[1]: match[0] for entry in operations if (match := pattern.fullmatch(entry.path.rstrip("/")))
        }
        for parameter, item in below.items():
            found = {entry.method: entry for entry in operations if entry.path.rstrip("/") == item}
            if "get" in found:
                yield ResourceGroup(create, found, by_place.get((path, "get")), parameter)
