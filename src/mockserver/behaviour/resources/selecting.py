"""Which records a list shows, and in which order: the operation's own filter, search and sort parameters."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.behaviour.requests import Request
from mockserver.behaviour.resources.words import flat, singular, words
from mockserver.data.store import Record
from mockserver.openapi.model import Operation, Parameter

_SEARCHES = {"q", "query", "search", "searchterm", "searchtext", "term", "keyword", "keywords", "text"}
_SORTS = {"sort", "sortby", "orderby", "ordering", "sortfield", "sortcolumn", "order", "sortkey"}
_DIRECTIONS = {
    "order",
    "direction",
    "sortorder",
    "sortdirection",
    "sortdir",
    "orderdirection",
    "dir",
    "orderdir",
}
_NAMES = {"id", "uuid", "guid", "gid", "sid", "key", "slug", "code", "name", "login"}
_DESCENDING = {"desc", "descending", "-1", "-"}

Test = Callable[[Any, Any], bool]
Row = tuple[str, Record]


def _text(value: Any) -> str:
    return str(value).lower() if not isinstance(value, bool) else ("true" if value else "false")


def _equal(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, list):
        return any(_equal(found, entry) for entry in wanted)
    if isinstance(found, list):
        return any(_equal(entry, wanted) for entry in found)
    if isinstance(found, Mapping):
        return any(_equal(found[name], wanted) for name in found if flat(name) in _NAMES)
    return found == wanted or (found is not None and _text(found) == _text(wanted))


def _ordered(compare: Callable[[Any, Any], bool]) -> Test:
    def test(found: Any, wanted: Any) -> bool:
        if isinstance(found, bool) or found is None:
            return False
        if isinstance(found, int | float) and isinstance(wanted, int | float):
            return compare(found, wanted)
        return isinstance(found, str) and isinstance(wanted, str) and compare(found, wanted)

    return test


_BOUNDS: Mapping[str, Test] = {
    **dict.fromkeys(
        ("min", "gte", "ge", "from", "since", "after"), _ordered(lambda found, wanted: found >= wanted)
    ),
    **dict.fromkeys(
        ("max", "lte", "le", "to", "until", "before"), _ordered(lambda found, wanted: found <= wanted)
    ),
    "gt": _ordered(lambda found, wanted: found > wanted),
    "lt": _ordered(lambda found, wanted: found < wanted),
    "in": _equal,
    "eq": _equal,
    "contains": lambda found, wanted: _text(wanted) in _text(found),
}


@dataclass(frozen=True, slots=True)
class _Filter:
    parameter: tuple[str, str]
    property: str
    test: Test


class Selection:
    """What the query parameters of one list operation select and sort by."""

    def __init__(self, operation: Operation, properties: Iterable[str]) -> None:
        self._properties = {flat(name): name for name in properties}
        queries = [parameter for parameter in operation.parameters if parameter.location == "query"]
        names = {flat(parameter.name) for parameter in queries}
        self._filters: list[_Filter] = []
        self._nested: list[tuple[str, str]] = []
        self._search: tuple[str, str] | None = None
        self._sort: tuple[str, str] | None = None
        self._direction: tuple[str, str] | None = None
        for parameter in queries:
            self._take(parameter, names)
        #: Whether there is anything to select or sort by.
        self.is_plain = not (self._filters or self._nested or self._search or self._sort)

    @property
    def narrowing(self) -> frozenset[tuple[str, str]]:
        """The parameters that leave records out, by location and name."""
        found = [*(entry.parameter for entry in self._filters), *self._nested]
        return frozenset([*found, self._search] if self._search else found)

    def _take(self, parameter: Parameter, names: set[str]) -> None:
        """Note what one parameter is for."""
        name, key = flat(parameter.name), (parameter.location, parameter.name)
        others = (names & _SORTS) - {"order"}
        if name in self._properties:
            self._filters.append(_Filter(key, self._properties[name], _equal))
        elif name in _DIRECTIONS and (others or name != "order"):
            self._direction = key
        elif name in _SORTS:
            self._sort = key
        elif name in _SEARCHES:
            self._search = key
        elif name in {"filter", "filters", "where"}:
            self._nested.append(key)
        else:
            self._bound(parameter.name, key)

    def _bound(self, name: str, key: tuple[str, str]) -> None:
        """Note a parameter that bounds a property: `price_min`, `created[gte]`, `filter[name]`."""
        parts = [part for part in words(name) if part != "filter"]
        for property_parts, bound in ((parts, "eq"), (parts[:-1], parts[-1:]), (parts[1:], parts[:1])):
            operator = "".join(bound)
            joined = "".join(property_parts)
            for candidate in (joined, joined + "at", joined + "date", singular(joined)):
                if operator in _BOUNDS and candidate in self._properties:
                    self._filters.append(_Filter(key, self._properties[candidate], _BOUNDS[operator]))
                    return

    def apply(self, rows: list[Row], request: Request) -> list[Row]:
        """The rows that are wanted, in the order that is wanted."""
        arguments = request.arguments
        for entry in self._filters:
            wanted = arguments.get(entry.parameter)
            if wanted is not None:
                rows = [row for row in rows if entry.test(row[1].get(entry.property), wanted)]
        for key in self._nested:
            rows = self._apply_nested(rows, arguments.get(key))
        wanted = arguments.get(self._search) if self._search else None
        if isinstance(wanted, str) and wanted:
            rows = [row for row in rows if _mentions(row[1], wanted.lower())]
        return self._sorted(rows, arguments)

    def _apply_nested(self, rows: list[Row], wanted: Any) -> list[Row]:
        """Filter by an object of properties (`filter[status]=open`)."""
        for name, value in wanted.items() if isinstance(wanted, dict) else ():
            field = self._properties.get(flat(name))
            if field is not None:
                rows = [row for row in rows if _equal(row[1].get(field), value)]
        return rows

    def _sorted(self, rows: list[Row], arguments: Mapping[tuple[str, str], Any]) -> list[Row]:
        wanted = arguments.get(self._sort) if self._sort else None
        direction = _text(arguments.get(self._direction, "")) if self._direction else ""
        fields = list(self._fields(wanted, direction in _DESCENDING))
        for field, descending in reversed(fields):
            rows = sorted(rows, key=lambda row: _rank(row[1].get(field)), reverse=descending)
        return rows

    def _fields(self, wanted: Any, descending: bool) -> Iterable[tuple[str, bool]]:
        """What to sort by, from `-price,name`, `price:desc`, `price desc`, or Spring's `price,desc`."""
        parts = wanted if isinstance(wanted, list) else str(wanted or "").split(",")
        found: list[tuple[str, bool]] = []
        for part in map(str, parts):
            text = part.strip()
            name, _, order = text.lstrip("+-").replace(":", " ").replace(",", " ").partition(" ")
            field = self._field(name)
            if field is not None:
                found.append(
                    (field, descending or text.startswith("-") or order.strip().lower() in _DESCENDING)
                )
            elif found and name.lower() in _DESCENDING:
                found[-1] = (found[-1][0], True)
        return found

    def _field(self, name: str) -> str | None:
        known, wanted = self._properties, flat(name)
        candidates = (
            wanted,
            wanted + "at",
            wanted + "date",
            wanted.removesuffix("desc"),
            wanted.removesuffix("asc"),
        )
        return next((known[candidate] for candidate in candidates if candidate in known), None)


def _mentions(value: Any, text: str) -> bool:
    if isinstance(value, str):
        return text in value.lower()
    if isinstance(value, Mapping):
        return any(_mentions(entry, text) for entry in value.values())
    return isinstance(value, list) and any(_mentions(entry, text) for entry in value)


def _rank(value: Any) -> tuple[int, Any]:
    """Where a value stands among others of any type: nothing first, then numbers, then text."""
    if value is None:
        return 0, 0
    if isinstance(value, bool | int | float):
        return 1, value
    return 2, value.lower() if isinstance(value, str) else str(value)
