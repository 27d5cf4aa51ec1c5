"""Decide whether a sorted list is in one of the orders that its document allows."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mockserver.openapi import pointers
from mockserver.openapi.operation import Parameter
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.plan import ListPlan

_TIES = re.compile(
    r"(?i)\b(?:same|equal)\b[^.;]*\b(?:by (?:their )?(?:ids?|numbers?)|order (?:of|in which)[^.;]*\b"
    r"(?:ids?|numbers?|created|opened|issued|added|made|registered|entered))\b"
)
"""Says that records with equal values are in the order of their creation."""

Order = Callable[[Any], Any]
"""Gives the key by which values are sorted."""

_BETWEEN = r"[^.]{0,12}?"
"""What a description may have between two values of an enumeration: `low < normal`, `low, then normal`."""


def order_of(value: str) -> tuple[str | None, bool]:
    """The property and the direction that a value of a sort parameter names."""
    text = value.lstrip("+-")
    descends = value.startswith("-")
    for end in ("asc", "desc"):
        for sign in (":", " ", "_", ",", "."):
            if text.lower().endswith(sign + end):
                return text[: -len(end) - 1], end == "desc"
    return text or None, descends


def orders_of(name: str, parameter: Parameter, plan: ListPlan, schemas: SchemaReader) -> list[Order]:
    """The orders in which a list sorted by a property may be.

    Values of an enumeration are sorted by the alphabet or by rank, in the order of the document. Only the
    latter is right if the sort parameter's description names the values in this order. Where requests cannot
    choose the direction, the highest rank may come first.
    """
    schema = plan.resource.properties.get(name)
    ranks = [one for one in schemas.merged(schema).get("enum") or () if one is not None] if schema else []
    if not ranks:
        return [_itself]
    rank = {repr(one): number for number, one in enumerate(ranks)}
    by_rank: Order = lambda value: rank.get(repr(value), len(rank))  # noqa: E731
    written = pointers.resolve(schemas.root, parameter.pointer)
    text = written.get("description", "") if isinstance(written, Mapping) else ""
    in_order = _BETWEEN.join(rf"\b{re.escape(str(one))}\b" for one in ranks)
    says_so = len(ranks) > 1 and re.search(in_order, str(text), re.IGNORECASE | re.DOTALL)
    if says_so:
        return [by_rank]
    directions = {
        order_of(str(one))[1]
        for one in schemas.merged(parameter.schema).get("enum") or ()
        if order_of(str(one))[0] == name
    }
    from_the_top: list[Order] = [lambda value: -by_rank(value)]
    is_given = len(directions) > 1 or plan.selection.direction is not None
    return [by_rank, _itself, _in_small_letters, *([] if is_given else from_the_top)]


def says_order_of_ties(text: str) -> bool:
    """Whether a description says that records with equal values are in the order of their creation."""
    return bool(_TIES.search(text))


def unordered(values: Sequence[Any], orders: Sequence[Order], *, descends: bool) -> list[Any] | None:
    """The values as they should be sorted if they are in none of these orders; else None.

    Values that servers sort in different ways, such as null and texts with capitals, are left out.
    """
    is_plain = list(orders) == [_itself]
    compared = [one for one in values if one is not None and (not is_plain or _can_be_ordered(one))]
    if not _are_alike(compared):
        return None
    wanted = [sorted(compared, key=order, reverse=descends) for order in orders]
    keys = [[order(one) for one in compared] for order in orders]
    is_right = any(found == sorted(found, reverse=descends) for found in keys)
    return None if is_right else wanted[0]


def _itself(value: Any) -> Any:
    return value


def _in_small_letters(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _are_alike(values: Sequence[Any]) -> bool:
    """Whether values can be compared with each other: all are numbers, or all are texts."""
    return len({isinstance(one, str) for one in values}) == 1


def _can_be_ordered(value: Any) -> bool:
    """Whether every server sorts a value alike: numbers, and plain lower-case words."""
    if isinstance(value, bool):
        return False
    if isinstance(value, (int, float)):
        return True
    return isinstance(value, str) and value.isascii() and value.isalpha() and value.islower()
