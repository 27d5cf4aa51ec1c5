"""Find query parameters that filter a list by a property, and values that show whether they do."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mockserver.openapi import pointers
from mockserver.openapi.operation import Operation, Parameter
from mockserver.openapi.schema.schema_locations import types_in
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.plan import ListPlan

_EXACT = {"integer", "number", "boolean"}
"""Types whose filters compare the exact value; text filters are often searches."""


def largest_limit(listing: Operation, plan: ListPlan, schemas: SchemaReader) -> dict[str, int]:
    """The query for the largest documented page size: a shorter list is complete."""
    for parameter in listing.parameters:
        largest = schemas.merged(parameter.schema).get("maximum")
        if (parameter.location, parameter.name) == plan.pagination.size and largest:
            return {parameter.name: int(largest)}
    return {}


def values_to_select(
    listing: Operation, plan: ListPlan, entries: Sequence[Any], schemas: SchemaReader
) -> Iterator[tuple[str, Any]]:
    """Parameters that filter by the property of that name, each with a value that some record does not have.

    Args:
        listing: the list operation.
        plan: what its parameters do.
        entries: its records without a filter.
        schemas: the document's schemas.
    """
    # A parameter with another name, `customer` for `customerId`, may filter by something else.
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
        # Values of existing records come first: an empty list cannot show that a record is missing.
        for value in [*found, *allowed]:
            if (not allowed or value in allowed) and any(other != value for other in found):
                yield parameter.name, value
                break


def _shows(entry: Any, name: str) -> bool:
    return isinstance(entry, Mapping) and isinstance(entry.get(name), (str, int, float))


def _allowed(parameter: Parameter, schemas: SchemaReader) -> Sequence[Any] | None:
    """The enumerated values of a parameter, empty if it has no enum; None if it need not match exactly."""
    view = schemas.merged(parameter.schema)
    written = pointers.resolve(schemas.root, parameter.pointer)
    if view.get("x-inferred") is True or written.get("x-inferred") is True:
        return None
    if "enum" in view:
        return list(view["enum"])
    return [] if types_in(view) - {"null"} and types_in(view) - {"null"} <= _EXACT else None
