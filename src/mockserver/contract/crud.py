"""Find the operations that make, show, list, change and remove the same kind of thing."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mockserver.openapi.model import Operation
from mockserver.server.service import Service


@dataclass(frozen=True, slots=True)
class Group:
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


def groups(service: Service) -> Iterator[Group]:
    """Every kind of thing that can be made and looked at."""
    operations = list(service.document.operations())
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
                yield Group(create, found, by_place.get((path, "get")), parameter)
