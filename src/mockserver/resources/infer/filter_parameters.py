"""Infer what the query parameters of an operation select and order by."""

from collections.abc import Iterable, Mapping

from mockserver.openapi.names import normalised, singular, words
from mockserver.openapi.operation import Parameter, Schema
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.body_paths import BodyPath
from mockserver.resources.plan import Filter, Key, Reason, Selection, View
from mockserver.resources.querying.property_paths import PropertyPaths
from mockserver.resources.querying.sorting import DIRECTIONS, SORTS
from mockserver.resources.querying.value_matching import BOUNDS

_SEARCHES = {"q", "query", "search", "searchterm", "searchtext", "term", "keyword", "keywords", "text"}
_FILTERS = {"filter", "filters", "where"}
_ALL = {"all", "any", "both", "*"}
_SINCE = {"since", "from", "fromdate", "startdate", "datefrom", "starttime", "mindate", "after"}
_UNTIL = {"until", "to", "todate", "enddate", "dateto", "endtime", "maxdate", "before"}


def infer_selection(
    parameters: Iterable[Parameter], properties: Mapping[str, Schema], schemas: SchemaReader
) -> tuple[Selection, tuple[Reason, ...]]:
    """The selection that the query parameters of an operation make among records with these properties."""
    found = _Inference(list(parameters), PropertyPaths(properties, schemas), schemas)
    return found.selection, tuple(found.reasons)


class _Inference:
    def __init__(self, parameters: list[Parameter], paths: PropertyPaths, schemas: SchemaReader) -> None:
        self._paths = paths
        self._schemas = schemas
        self._filters: list[Filter] = []
        self._nested: list[Key] = []
        self._search: Key | None = None
        self._sort: Key | None = None
        self._direction: Key | None = None
        self.reasons: list[Reason] = []
        queries = [parameter for parameter in parameters if parameter.location == "query"]
        names = {normalised(parameter.name) for parameter in queries}
        for parameter in queries:
            self._take(parameter, names)
        self.selection = Selection(
            paths, tuple(self._filters), tuple(self._nested), self._search, self._sort, self._direction
        )

    def _take(self, parameter: Parameter, names: set[str]) -> None:
        """Note what one parameter is for."""
        name, key = normalised(parameter.name), (parameter.location, parameter.name)
        others = (names & SORTS) - {"order"}
        if name in self._paths.places:
            self._add(self._filter(parameter, self._paths.places[name]), "same name")
        elif name in DIRECTIONS and (others or name != "order"):
            self._direction = key
            self.reasons.append(Reason("direction", f"`{parameter.name}` is a usual name for it"))
        elif name in SORTS:
            self._sort = key
            self.reasons.append(Reason("sort", f"`{parameter.name}` is a usual name for it"))
        elif name in _SEARCHES:
            self._search = key
            self.reasons.append(Reason("search", f"`{parameter.name}` is a usual name for it"))
        elif name in _FILTERS:
            if "enum" not in self._schemas.target(parameter.schema):  # `filter=latest` is no filter
                self._nested.append(key)
                custom = "OData" if parameter.name.startswith("$") else ""
                self.reasons.append(Reason("filters", f"`{parameter.name}` holds whole filters", custom))
        elif not self._bound(parameter.name, key):
            self._related(parameter)

    def _add(self, entry: Filter, because: str) -> None:
        self._filters.append(entry)
        bound = "" if entry.operator == "eq" else f" by `{entry.operator}`"
        path = ".".join(entry.path)
        self.reasons.append(
            Reason("filters", f"`{entry.parameter[1]}` compares with `{path}`{bound}: {because}")
        )

    def _filter(self, parameter: Parameter, path: BodyPath) -> Filter:
        known = self._paths.values(path)
        ignored = _ALL - set(map(str, known)) if known is not None else frozenset()
        return Filter((parameter.location, parameter.name), path, ignored=frozenset(ignored))

    def _bound(self, name: str, key: Key) -> bool:
        """Note a parameter that bounds a property: `price_min`, `created[gte]`, `filter[name]`."""
        parts = [part for part in words(name) if part != "filter"]
        for property_parts, bound in ((parts, "eq"), (parts[:-1], parts[-1:]), (parts[1:], parts[:1])):
            operator = "".join(bound)
            joined = "".join(property_parts)
            for candidate in (joined, joined + "at", joined + "date", singular(joined)):
                if operator in BOUNDS and candidate in self._paths.places:
                    path = self._paths.places[candidate]
                    self._add(Filter(key, path, operator), "the property's name and a bound")
                    return True
        return False

    def _related(self, parameter: Parameter) -> None:
        """Note a parameter that means a property of another name: `tag`, `customer_id`, `since`."""
        name, key = normalised(parameter.name), (parameter.location, parameter.name)
        path = self._paths.find(name)
        if path is not None:
            self._add(self._filter(parameter, path), "its id, or one of a list")
        elif name in _SINCE | _UNTIL and self._is_moment(parameter):
            moment = self._paths.moment(name)
            if moment is not None:
                operator = "since" if name in _SINCE else "until"
                self._add(Filter(key, moment, operator), "a moment before or after which records are wanted")

    def _is_moment(self, parameter: Parameter) -> bool:
        return str(self._schemas.target(parameter.schema).get("format")) in {"date", "date-time"}


_CHOOSING = {"fields", "field", "select", "only", "include_fields", "fieldset", "attributes", "columns"}


def infer_fields(parameters: Iterable[Parameter], view: View | None, schemas: SchemaReader) -> Key | None:
    """The query parameter that chooses the properties of what is shown; None where there is none."""
    known = set(map(normalised, schemas.outline(view.shown if view is not None else None).properties))
    queries = (entry for entry in parameters if entry.location == "query")
    chosen = (entry for entry in queries if normalised(entry.name) not in known)
    return next(
        ((entry.location, entry.name) for entry in chosen if (words(entry.name) or ("",))[0] in _CHOOSING),
        None,
    )
