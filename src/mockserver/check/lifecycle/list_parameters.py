"""Which query parameters of a list select its records by a property, and by which value that shows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mockserver.openapi import pointers
from mockserver.openapi.operation import Operation, Parameter
from mockserver.openapi.schema.schema_locations import types_in
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.plan import ListPlan

_EXACT = {"integer", "number", "boolean"}
"""Types that are selected by their value; text is often searched in."""


def largest_limit(listing: Operation, plan: ListPlan, schemas: SchemaReader) -> dict[str, int]:
    """The query for as many records as the document allows: a shorter list is the whole of it."""
    for parameter in listing.parameters:
        largest = schemas.merged(parameter.schema).get("maximum")
        if (parameter.location, parameter.name) == plan.pagination.size and largest:
            return {parameter.name: int(largest)}
    return {}


def values_to_select(
    listing: Operation, plan: ListPlan, entries: Sequence[Any], schemas: SchemaReader
) -> Iterator[tuple[str, Any]]:
    """Parameters that select by a property of their name, each with a value that some record has not.

    Args:
        listing: the operation that lists.
        plan: what its parameters do.
        entries: what it shows when nothing is selected.
        schemas: the document's.
    """
    # A parameter of another name, `customer` for `customerId`, may mean more than the property says.
    selecting = {
        entry.parameter
        for entry in plan.selection.filters
        if entry.operator == "eq" and entry.path == (entry.parameter[1],)
    }
    for parameter in listing.parameters:
        allowed = _allowed(parameter, schemas)
        if (parameter.location, parameter.name) not in selecting or allowed is None:
            continue
        found = [entry[parameter.name] for entry in entries if _shows(entry, parameter.name)]
        # A value that is there comes first: what a list without entries leaves out, nobody sees.
        for value in [*found, *allowed]:
            if (not allowed or value in allowed) and any(other != value for other in found):
                yield parameter.name, value
                break


def _shows(entry: Any, name: str) -> bool:
    return isinstance(entry, Mapping) and isinstance(entry.get(name), (str, int, float))


def _allowed(parameter: Parameter, schemas: SchemaReader) -> Sequence[Any] | None:
    """The values that a parameter enumerates, none for any; None where a value need not be exact."""
    view = schemas.merged(parameter.schema)
    written = pointers.resolve(schemas.root, parameter.pointer)
    if view.get("x-inferred") is True or written.get("x-inferred") is True:
        return None
    if "enum" in view:
        return list(view["enum"])
    return [] if types_in(view) - {"null"} and types_in(view) - {"null"} <= _EXACT else None
