"""Which query parameters of a list pick its entries by a field, and by which value that shows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mockserver.openapi import pointers
from mockserver.openapi.operation import Operation, Parameter
from mockserver.openapi.schema.schema_locations import types_in
from mockserver.openapi.schema.schema_reader import SchemaReader

LIMITS = {"limit", "per_page", "perpage", "page_size", "pagesize", "size", "count", "first", "top"}
"""Parameters that say how many entries a list may have."""
_POSITIONS = {"page", "offset", "skip", "start", "from", "to", "after", "before", "since", "until", "cursor"}
_EXACT = {"integer", "number", "boolean"}
"""Types that are picked by their value; text is often searched in."""


def largest_limit(listing: Operation, schemas: SchemaReader) -> dict[str, int]:
    """The query for as many entries as the document allows: a shorter list is the whole of it."""
    for parameter in listing.parameters:
        largest = schemas.merged(parameter.schema).get("maximum")
        if parameter.location == "query" and parameter.name.lower() in LIMITS and largest:
            return {parameter.name: int(largest)}
    return {}


def values_to_select(
    listing: Operation, entries: Sequence[Any], schemas: SchemaReader
) -> Iterator[tuple[str, Any]]:
    """Parameters that are called like a field of the entries, each with a value that some entry has not.

    Args:
        listing: the operation that lists.
        entries: what it shows when nothing is picked.
        schemas: the document's.
    """
    for parameter in listing.parameters:
        allowed = _allowed(parameter, schemas)
        if allowed is None:
            continue
        shown = [entry[parameter.name] for entry in entries if _shows(entry, parameter.name)]
        # A value that is there comes first: what a list without entries leaves out, nobody sees.
        for value in [*shown, *allowed]:
            if (not allowed or value in allowed) and any(other != value for other in shown):
                yield parameter.name, value
                break


def _shows(entry: Any, name: str) -> bool:
    return isinstance(entry, Mapping) and isinstance(entry.get(name), (str, int, float))


def _allowed(parameter: Parameter, schemas: SchemaReader) -> Sequence[Any] | None:
    """The values that a parameter enumerates, none for any; None where it may mean something else."""
    view = schemas.merged(parameter.schema)
    written = pointers.resolve(schemas.root, parameter.pointer)
    is_inferred = view.get("x-inferred") is True or written.get("x-inferred") is True
    if parameter.location != "query" or parameter.name.lower() in LIMITS | _POSITIONS or is_inferred:
        return None
    if "enum" in view:
        return list(view["enum"])
    return [] if types_in(view) - {"null"} and types_in(view) - {"null"} <= _EXACT else None
