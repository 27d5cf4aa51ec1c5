"""Find query parameters that filter a list by a property, and values that show whether they do."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mockserver.check.stated.sort_orders import order_of
from mockserver.openapi import pointers
from mockserver.openapi.names import normalised, words
from mockserver.openapi.operation import Operation, Parameter
from mockserver.openapi.schema.schema_locations import types_in, view_of
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.plan import ListPlan
from mockserver.resources.querying.value_matching import BOUNDS

_EXACT = {"integer", "number", "boolean"}
"""Types whose filters compare the exact value; text filters are often searches."""

_NUMBERS = {"integer", "number"}
_BOUNDS: Mapping[str, bool] = {
    **dict.fromkeys(("min", "gte", "ge", "from", "since", "after"), True),
    **dict.fromkeys(("max", "lte", "le", "to", "until", "before"), False),
}
"""Operators of filters that give a bound, and whether it is the lower one."""
_INCLUSIVE_OPERATORS = {"min", "gte", "ge", "max", "lte", "le"}
_INCLUSIVE = re.compile(
    r"(?i)(?<!not )(?<!non-)\b(inclusive|including|included|or equal|at least|at most|onwards?|"
    r"or (?:later|earlier|after|before|more|less|fewer|higher|lower|above|below|newer|older)|"
    r"and (?:later|above|up|newer))\b"
)
_CHOICES = 6
"""How many values of an enumeration are tried: a server may forget one."""
_ANY_CASE = re.compile(
    r"(?i)\bcase[- ]?insensitiv\w*|\b(?:regardless|irrespective) of (?:\w+ )?(?:case|capitals?)|"
    r"\bignor\w+ (?:the )?(?:case|capitals?)|\bcase (?:is|does) (?:ignored|not matter)|"
    r"\b(?:regardless|irrespective) of (?:upper|lower)(?: case)? (?:and|or) (?:upper|lower)\b|"
    r"\b(?:upper|lower)(?: case)? (?:and|or) (?:upper|lower)(?: case)? "
    r"(?:are the same|do not matter|make no difference|are equal)\b"
)
_LEFT_OUT = re.compile(r"(?i)\b(not|except|without|but|excluding|beginning|start\w*|prefix|exact\w*)\b")
"""Words of descriptions that are more than a list of the searched properties."""
_SHORT = 2
_MIDDLE = 2
"""There must be more values than these: one on each side of the bound."""


def largest_limit(listing: Operation, plan: ListPlan, schemas: SchemaReader) -> dict[str, int]:
    """The query for the largest documented page size: a shorter list is complete."""
    for parameter in listing.parameters:
        largest = view_of(schemas, parameter.schema).get("maximum")
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
        own = plan.resource.properties.get(parameter.name)
        shown = schemas.merged(own).get("enum") if own is not None else None
        # `all`, which no record has, stands for several values.
        allowed = [value for value in allowed if shown is None or value in shown]
        found = [entry[parameter.name] for entry in entries if _shows(entry, parameter.name)]
        is_choice = bool(allowed) or types_in(view_of(schemas, parameter.schema)) - {"null"} == {"boolean"}
        # Values of existing records come first: an empty list cannot show that a record is missing.
        values = [
            value
            for value in dict.fromkeys([*found, *allowed])
            if (not allowed or value in allowed) and any(other != value for other in found)
        ]
        for value in values[: _CHOICES if is_choice else 1]:
            yield parameter.name, value


def _shows(entry: Any, name: str) -> bool:
    return isinstance(entry, Mapping) and isinstance(entry.get(name), (str, int, float))


def _allowed(parameter: Parameter, schemas: SchemaReader) -> Sequence[Any] | None:
    """The enumerated values of a parameter, empty if it has no enum; None if it need not match exactly."""
    view = view_of(schemas, parameter.schema)
    written = pointers.resolve(schemas.root, parameter.pointer)
    if view.get("x-inferred") is True or written.get("x-inferred") is True:
        return None
    if "enum" in view:
        return list(view["enum"])
    return [] if types_in(view) - {"null"} and types_in(view) - {"null"} <= _EXACT else None


def texts_to_find(
    listing: Operation, plan: ListPlan, entries: Sequence[Any], schemas: SchemaReader
) -> Iterator[tuple[str, str]]:
    """Text filters, each with the text of one record that another record has nowhere.

    Such a filter may search for parts, or in other fields, too; but not list what does not have the text.
    """
    selecting = {
        one.parameter: one.path[0]
        for one in plan.selection.filters
        if one.operator == "eq" and one.path == (one.parameter[1],)
    }
    for parameter in listing.parameters:
        name, view = selecting.get((parameter.location, parameter.name)), view_of(schemas, parameter.schema)
        is_text = types_in(view) - {"null"} == {"string"} and not view.keys() & {"enum", "format", "pattern"}
        if name is None or not is_text or parameter.location != "query" or view.get("x-inferred") is True:
            continue
        found = [one[name] for one in entries if isinstance(one, Mapping) and isinstance(one.get(name), str)]
        words = [text for text in dict.fromkeys(found) if len(text) > _SHORT and text.isascii()]
        for text in words:
            if any(not has_text(one, text) for one in entries):
                yield parameter.name, text
                break


def searches_to_try(
    listing: Operation, plan: ListPlan, entries: Sequence[Any], schemas: SchemaReader
) -> Iterator[tuple[str, str, str, Any]]:
    """Searches that must find a record: the parameter, the property, the text, and the record.

    Only properties that the parameter's description names, and only whole texts; the same text in other
    letters, if the description says that capitals make no difference.
    """
    search = plan.selection.search
    exact = {one.parameter: one.path[0] for one in plan.selection.filters if one.operator == "eq"}
    for parameter in listing.parameters:
        key = (parameter.location, parameter.name)
        written = pointers.resolve(schemas.root, parameter.pointer)
        said = f"{written.get('description', '')} {view_of(schemas, parameter.schema).get('description', '')}"
        if key in exact and parameter.location == "query" and _ANY_CASE.search(said):
            fitting = [one for one in entries if _is_searched(value_of(one, exact[key]))]
            for found in fitting[:1]:
                yield parameter.name, exact[key], str(value_of(found, exact[key])).swapcase(), found
        if key != search or parameter.location != "query":
            continue
        plain = f" {' '.join(words(said))} ".replace(" e mail ", " email ")
        for name in plan.resource.properties:
            if f" {' '.join(words(name))} " not in plain or _LEFT_OUT.search(said):
                continue
            # The check's own records last: an index may not have them yet.
            fitting = [one for one in entries if _is_searched(value_of(one, name))]
            old = [one for one in fitting if "check" not in str(value_of(one, name)).lower()]
            found = next(iter([*old, *fitting]), None)
            if found is None:
                continue
            text = str(value_of(found, name))
            yield parameter.name, name, text, found
            if _ANY_CASE.search(said) and text.swapcase() != text:
                yield parameter.name, name, text.swapcase(), found


def value_of(entry: Any, name: str) -> Any:
    """A property of a listed record; None without it."""
    return entry.get(name) if isinstance(entry, Mapping) else None


def _is_searched(value: Any) -> bool:
    is_plain = isinstance(value, str) and value.isascii() and value.isprintable() and value.strip() == value
    return is_plain and len(value) > _SHORT and value.lower() != value.upper()


def has_text(entry: Any, text: str) -> bool:
    """Whether a record has a word of a text somewhere, in capitals or not."""
    shown = json.dumps(entry, ensure_ascii=False).casefold()
    return any(word in shown for word in re.findall(r"\w+", text.casefold()))


def compared_fields(listing: Operation, plan: ListPlan, schemas: SchemaReader) -> list[str]:
    """The properties that a list is sorted by, or that its parameters give a bound for."""
    sort = plan.selection.sort
    orders = [
        order_of(str(value))[0]
        for parameter in listing.parameters
        if (parameter.location, parameter.name) == sort
        for value in view_of(schemas, parameter.schema).get("enum") or ()
    ]
    bounds = [one.path[0] for one in plan.selection.filters if one.operator in _BOUNDS and len(one.path) == 1]
    return [name for name in dict.fromkeys([*orders, *bounds]) if name]


@dataclass(frozen=True, slots=True)
class Bound:
    """A query parameter with a value that the listed records must not be beyond.

    Attributes:
        name: of the parameter.
        field: the property that is compared.
        value: the bound.
        is_lower: whether the values of listed records are greater.
        is_inclusive: whether the document says that a record with this very value is listed.
    """

    name: str
    field: str
    value: Any
    is_lower: bool
    is_inclusive: bool

    def value_of(self, entry: Any) -> Any:
        """The compared value of a record."""
        return entry.get(self.field) if isinstance(entry, Mapping) else None

    def excludes(self, entry: Any) -> bool:
        """Whether a record is beyond the bound."""
        found = self.value_of(entry)
        return found is not None and BOUNDS["lt" if self.is_lower else "gt"](found, self.value)

    def includes(self, entry: Any) -> bool:
        """Whether a record must be listed."""
        found = self.value_of(entry)
        is_beyond = found is not None and BOUNDS["gt" if self.is_lower else "lt"](found, self.value)
        return is_beyond or (self.is_inclusive and found == self.value)


def bounds_to_try(
    listing: Operation, plan: ListPlan, entries: Sequence[Any], schemas: SchemaReader
) -> Iterator[Bound]:
    """Bounds that some records are within and others beyond.

    Only where the parameter and the property have the same format: a day as a bound of moments depends on a
    time zone.
    """
    for entry in plan.selection.filters:
        parameter = next(
            (one for one in listing.parameters if (one.location, one.name) == entry.parameter), None
        )
        if parameter is None or entry.operator not in _BOUNDS or len(entry.path) != 1:
            continue
        view = view_of(schemas, parameter.schema)
        if parameter.location != "query" or not _is_same_kind(parameter, view, schemas, plan, entry.path[0]):
            continue
        found = {one[entry.path[0]] for one in entries if _shows(one, entry.path[0])}
        values = sorted(found) if len({type(one) for one in found}) == 1 else []
        if len(values) > _MIDDLE:
            written = pointers.resolve(schemas.root, parameter.pointer)
            text = f"{written.get('description', '')} {view.get('description', '')}"
            is_inclusive = bool(_INCLUSIVE.search(text)) or entry.operator in _INCLUSIVE_OPERATORS
            is_lower = _BOUNDS[entry.operator]
            # The second bound selects few records: the first list may be longer than a page.
            for value in dict.fromkeys((values[len(values) // 2], values[-2 if is_lower else 1])):
                yield Bound(parameter.name, entry.path[0], value, is_lower, is_inclusive)


def _is_same_kind(
    parameter: Parameter, view: Mapping[str, Any], schemas: SchemaReader, plan: ListPlan, name: str
) -> bool:
    """Whether a parameter is a bound of this property for certain: `from` may be about another one."""
    views = {key: schemas.merged(schema) for key, schema in plan.resource.properties.items()}
    own = views.get(name, {})
    is_named = normalised(name) in normalised(parameter.name)
    kinds = types_in(view) - {"null"}, types_in(own) - {"null"}
    if kinds[0] <= _NUMBERS and kinds[1] <= _NUMBERS:
        return bool(kinds[0] and kinds[1]) and is_named
    days = [key for key, one in views.items() if one.get("format") == "date"]
    return view.get("format") == own.get("format") == "date" and (is_named or days == [name])
