"""Sort a list: `sort=-price`, `order_by=name desc`, `sort=price_desc`, `sort=newest`."""

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.openapi.names import normalised
from mockserver.resources.body_paths import BodyPath, value_at
from mockserver.resources.conventions.record_words import DESCENDING, NEWEST
from mockserver.resources.querying.property_paths import PropertyPaths
from mockserver.resources.querying.value_matching import rank, text
from mockserver.state.baseline import Record

Row = tuple[str, Record]


def ordered(rows: list[Row], fields: PropertyPaths, wanted: Any, direction: Any) -> list[Row]:
    """The sorted rows; sort keys that are not understood are ignored."""
    first: dict[BodyPath, bool] = {}
    for place, descending in _places(fields, wanted, text(direction or "") in DESCENDING):
        first.setdefault(place, descending)  # a repeated property is ignored
    for place, descending in reversed(first.items()):
        rows = sorted(rows, key=lambda row: rank(value_at(row[1], place)), reverse=descending)
    return rows


def _places(fields: PropertyPaths, wanted: Any, descending: bool) -> Iterator[tuple[BodyPath, bool]]:
    """The properties to sort by, from `-price,name`, `price:desc`, `price desc`, or Spring's `price,desc`."""
    parts = wanted if isinstance(wanted, list) else str(wanted or "").split(",")
    found: list[tuple[BodyPath, bool]] = []
    for part in map(str, parts):
        written = part.strip()
        name, _, order = written.lstrip("+-").replace(":", " ").replace(",", " ").partition(" ")
        known = _place(fields, normalised(name))
        if known is not None:
            place, is_turned = known
            turned = is_turned or written.startswith("-") or order.strip().lower() in DESCENDING
            found.append((place, descending or turned))
        elif found and name.lower() in DESCENDING:
            found[-1] = (found[-1][0], True)
    return iter(found)


def _place(fields: PropertyPaths, name: str) -> tuple[BodyPath, bool] | None:
    """The property that a name means, and whether the name itself asks for descending order."""
    known: Mapping[str, BodyPath] = fields.places
    for candidate in (name, name + "at", name + "date"):
        if candidate in known:
            return known[candidate], False
    for ending, descending in (("descending", True), ("desc", True), ("ascending", False), ("asc", False)):
        if name.endswith(ending) and name.removesuffix(ending) in known:
            return known[name.removesuffix(ending)], descending
    moment = fields.moment("") if name in NEWEST else None
    return None if moment is None else (moment, NEWEST[name])
