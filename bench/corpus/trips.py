"""The resources of a document, by nothing but its paths: a create, and an item that is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mockserver.openapi.document import Document

_PARAMETER = re.compile(r"\{[^{}/]+\}")
_SUFFIX = re.compile(r"(\.json|/)$")


@dataclass(frozen=True, slots=True)
class Trip:
    """The operations of one resource, by their ids; None where the document has none.

    Attributes:
        path: the item's.
        create: `POST` at the collection's path, or `PUT` at the item's where it documents 201.
    """

    path: str
    create: str
    read: str
    list: str | None
    updates: tuple[str, ...]
    delete: str | None


def trips(document: Document) -> Iterator[Trip]:
    """Every path that ends in a parameter and is read, with what creates there or one segment above."""
    paths: dict[str, dict[str, str]] = {}
    for operation_id, key in document.index.items():
        paths.setdefault(_plain(key.path), {}).setdefault(key.method, operation_id)
    unnamed = {_unnamed(path): methods for path, methods in reversed(paths.items())}
    for path, item in paths.items():
        above, _, last = path.rpartition("/")
        if not _PARAMETER.fullmatch(last) or "get" not in item:
            continue
        collection = paths.get(above) or unnamed.get(_unnamed(above), {})
        create = collection.get("post") or _creating(document, item)
        if create is not None:
            updates = tuple(item[method] for method in ("put", "patch") if method in item)
            if not updates and "post" in item:  # as Stripe and Twilio have it
                updates = (item["post"],)
            yield Trip(path, create, item["get"], collection.get("get"), updates, item.get("delete"))


def _creating(document: Document, item: Mapping[str, str]) -> str | None:
    """The `PUT` at an item that makes new ones."""
    found = item.get("put")
    key = document.index[found] if found else None
    written = document.root["paths"][key.path][key.method] if key else None
    responses = written.get("responses") if isinstance(written, Mapping) else None
    return found if isinstance(responses, Mapping) and "201" in map(str, responses) else None


def _plain(path: str) -> str:
    return _SUFFIX.sub("", path.partition("?")[0])


def _unnamed(path: str) -> str:
    return _PARAMETER.sub("{}", path)
