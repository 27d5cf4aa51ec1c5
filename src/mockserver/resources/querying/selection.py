"""Which records a list shows, and in which order: the operation's own filter, search and sort parameters."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.behaviour.requests import Request
from mockserver.data.store import Record
from mockserver.openapi.model import Operation, Parameter, Schema
from mockserver.openapi.names import normalised, singular, words
from mockserver.openapi.schema.reader import SchemaReader
from mockserver.resources.body_paths import BodyPath, value_at
from mockserver.resources.plan import text_of
from mockserver.resources.querying.compare import BOUNDS, Test, equal, mentions
from mockserver.resources.querying.filter_language import Predicate, parse
from mockserver.resources.querying.property_paths import PropertyPaths
from mockserver.resources.querying.sorting import DIRECTIONS, SORTS, Row, ordered

_SEARCHES = {"q", "query", "search", "searchterm", "searchtext", "term", "keyword", "keywords", "text"}
_FILTERS = {"filter", "filters", "where"}
_ALL = {"all", "any", "both", "*"}
_SINCE = {"since", "from", "fromdate", "startdate", "datefrom", "starttime", "mindate", "after"}
_UNTIL = {"until", "to", "todate", "enddate", "dateto", "endtime", "maxdate", "before"}
_QUALIFIED = re.compile(r"([A-Za-z_][\w.-]*):([^/\s]\S*)")

Key = tuple[str, str]
"""A parameter's location and name."""


@dataclass(frozen=True, slots=True)
class _Filter:
    """`ignored` are the values that leave nothing out: `state=all`."""

    parameter: Key
    place: BodyPath
    test: Test
    ignored: frozenset[str] = frozenset()


class Selection:
    """What the query parameters of one list operation select and sort by."""

    def __init__(self, operation: Operation, properties: Mapping[str, Schema], schemas: SchemaReader) -> None:
        self._fields = PropertyPaths(properties, schemas)
        self._schemas = schemas
        queries = [parameter for parameter in operation.parameters if parameter.location == "query"]
        names = {normalised(parameter.name) for parameter in queries}
        self._filters: list[_Filter] = []
        self._nested: list[Key] = []
        self._search: Key | None = None
        self._sort: Key | None = None
        self._direction: Key | None = None
        for parameter in queries:
            self._take(parameter, names)
        #: Whether there is anything to select or sort by.
        self.is_plain = not (self._filters or self._nested or self._search or self._sort)

    @property
    def narrowing(self) -> frozenset[Key]:
        """The parameters that leave records out, by location and name."""
        found = [*(entry.parameter for entry in self._filters), *self._nested]
        return frozenset([*found, self._search] if self._search else found)

    @property
    def ordering(self) -> frozenset[Key]:
        """The parameters that say in which order, by location and name."""
        return frozenset(key for key in (self._sort, self._direction) if key is not None)

    def _take(self, parameter: Parameter, names: set[str]) -> None:
        """Note what one parameter is for."""
        name, key = normalised(parameter.name), (parameter.location, parameter.name)
        others = (names & SORTS) - {"order"}
        if name in self._fields.places:
            self._filters.append(self._filter(parameter, self._fields.places[name]))
        elif name in DIRECTIONS and (others or name != "order"):
            self._direction = key
        elif name in SORTS:
            self._sort = key
        elif name in _SEARCHES:
            self._search = key
        elif name in _FILTERS:
            if "enum" not in self._schemas.target(parameter.schema):  # `filter=latest` is no filter
                self._nested.append(key)
        elif not self._bound(parameter.name, key):
            self._related(parameter)

    def _filter(self, parameter: Parameter, place: BodyPath) -> _Filter:
        known = self._fields.values(place)
        ignored = _ALL - set(map(str, known)) if known is not None else frozenset()
        return _Filter((parameter.location, parameter.name), place, equal, frozenset(ignored))

    def _bound(self, name: str, key: Key) -> bool:
        """Note a parameter that bounds a property: `price_min`, `created[gte]`, `filter[name]`."""
        parts = [part for part in words(name) if part != "filter"]
        for property_parts, bound in ((parts, "eq"), (parts[:-1], parts[-1:]), (parts[1:], parts[:1])):
            operator = "".join(bound)
            joined = "".join(property_parts)
            for candidate in (joined, joined + "at", joined + "date", singular(joined)):
                if operator in BOUNDS and candidate in self._fields.places:
                    self._filters.append(_Filter(key, self._fields.places[candidate], BOUNDS[operator]))
                    return True
        return False

    def _related(self, parameter: Parameter) -> None:
        """Note a parameter that means a property of another name: `tag`, `customer_id`, `since`."""
        name, key = normalised(parameter.name), (parameter.location, parameter.name)
        place = self._fields.find(name)
        if place is not None:
            self._filters.append(self._filter(parameter, place))
        elif name in _SINCE | _UNTIL and self._is_moment(parameter):
            moment = self._fields.moment(name)
            if moment is not None:
                test = BOUNDS["since" if name in _SINCE else "until"]
                self._filters.append(_Filter(key, moment, test))

    def _is_moment(self, parameter: Parameter) -> bool:
        return str(self._schemas.target(parameter.schema).get("format")) in {"date", "date-time"}

    def apply(self, rows: list[Row], request: Request) -> list[Row]:
        """The rows that are wanted, in the order that is wanted."""
        arguments = request.arguments
        for entry in self._filters:
            wanted = arguments.get(entry.parameter)
            if wanted is not None and not (isinstance(wanted, str) and wanted in entry.ignored):
                rows = [row for row in rows if entry.test(value_at(row[1], entry.place), wanted)]
        for key in self._nested:
            asked = self._asked(arguments.get(key))
            rows = rows if asked is None else [row for row in rows if asked(row[1])]
        wanted = arguments.get(self._search) if self._search else None
        if isinstance(wanted, str) and wanted:
            rows = self._searched(rows, wanted)
        direction = arguments.get(self._direction) if self._direction else None
        return ordered(rows, self._fields, arguments.get(self._sort) if self._sort else None, direction)

    def keys(self, request: Request, key: str | None) -> list[str]:
        """The records that a request asks for by what identifies them: `ids=7,8`."""
        if key is None:
            return []
        asked = (entry.parameter for entry in self._filters if entry.place == (key,) and entry.test is equal)
        wanted = [request.arguments[place] for place in asked if request.arguments.get(place) is not None]
        several = (entry if isinstance(entry, list) else str(text_of(entry)).split(",") for entry in wanted)
        return [text_of(value).strip() for entry in several for value in entry if not isinstance(value, dict)]

    def understands(self, request: Request) -> bool:
        """Whether everything that a request's filters say is understood."""
        wanted = (request.arguments.get(key) for key in self._nested)
        return all(entry is None or self._asked(entry) is not None for entry in wanted)

    def _asked(self, wanted: Any) -> Predicate | None:
        """What a filter says: an object of properties (`filter[status]=open`), or text of its own kind."""
        if isinstance(wanted, str):
            return parse(wanted, self._fields.places)
        known = self._fields.places
        if not isinstance(wanted, dict) or not any(normalised(name) in known for name in wanted):
            return None
        tests = [
            (known[normalised(name)], value) for name, value in wanted.items() if normalised(name) in known
        ]
        return lambda record: all(equal(value_at(record, place), value) for place, value in tests)

    def _searched(self, rows: list[Row], wanted: str) -> list[Row]:
        """The rows that have a text, or each of its words, or are what it says: `state:open tea`."""
        asked = parse(wanted, self._fields.places)
        if asked is not None:
            return [row for row in rows if asked(row[1])]
        plain = wanted.lower()
        known, others = [], []
        for word in plain.split():
            match = _QUALIFIED.fullmatch(word)
            place = self._fields.find(normalised(match[1])) if match else None
            if match and place:
                known.append((place, match[2].strip("\"'")))
            elif match is None:
                others.append(word)

        def is_wanted(record: Record) -> bool:
            return mentions(record, plain) or (
                bool(known or others)
                and all(equal(value_at(record, place), value) for place, value in known)
                and all(mentions(record, word) for word in others)
            )

        return [row for row in rows if is_wanted(row[1])]
