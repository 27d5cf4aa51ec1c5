"""Infer which properties the query parameters of an operation filter and sort by."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from mockserver.openapi.names import normalised, singular, words
from mockserver.openapi.operation import Parameter, Schema
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.body_paths import BodyPath
from mockserver.resources.conventions import usual
from mockserver.resources.conventions.convention import Place
from mockserver.resources.conventions.registry import Conventions, Meaning
from mockserver.resources.plan import Filter, Key, Reason, Selection, View
from mockserver.resources.querying.property_paths import PropertyPaths
from mockserver.resources.querying.value_matching import BOUNDS

_SELECTING = ("direction", "sort", "search", "filters")


def infer_selection(
    parameters: Iterable[Parameter],
    properties: Mapping[str, Schema],
    schemas: SchemaReader,
    conventions: Conventions,
) -> tuple[Selection, tuple[Reason, ...]]:
    """The selection that the query parameters of an operation make among records with these properties."""
    found = _Inference(list(parameters), PropertyPaths(properties, schemas), schemas, conventions)
    return found.selection, tuple(found.reasons)


class _Inference:
    def __init__(
        self,
        parameters: list[Parameter],
        paths: PropertyPaths,
        schemas: SchemaReader,
        conventions: Conventions,
    ) -> None:
        self._paths = paths
        self._schemas = schemas
        self._filters: list[Filter] = []
        self._nested: list[Key] = []
        self._search: Key | None = None
        self._sort: Key | None = None
        self._direction: Key | None = None
        self.reasons: list[Reason] = []
        queries = [parameter for parameter in parameters if parameter.location == "query"]
        self._parameters = queries
        self._conventions = conventions
        self._place = Place(tuple(parameter.name for parameter in queries))
        for parameter in queries:
            self._take(parameter)
        self.selection = Selection(
            paths, tuple(self._filters), tuple(self._nested), self._search, self._sort, self._direction
        )

    def _take(self, parameter: Parameter) -> None:
        """Record the meaning of one parameter."""
        path = self._paths.places.get(normalised(parameter.name))
        if path is not None:
            self._add(self._filter(parameter, path), "same name")
            return
        if self._of_some(parameter):
            return
        found = self._meaning(parameter.name)
        if found is not None:
            self._use(parameter, found)
        elif not self._conventions.ignores(parameter.name, self._place, _SELECTING) and not self._bound(
            parameter
        ):
            self._related(parameter)

    def _meaning(self, name: str) -> Meaning | None:
        """Whether a parameter searches, sorts, or holds filters; `order` sorts if no other does."""
        others = (self._place.words & usual.PARAMETERS["sort"]) - {"order"}
        is_sort = normalised(name) == "order" and not others
        meanings = _SELECTING if not is_sort else ("sort",)
        return self._conventions.parameter(name, self._place, meanings)

    def _use(self, parameter: Parameter, found: Meaning) -> None:
        key = (parameter.location, parameter.name)
        if found.meaning == "direction":
            self._direction = key
        elif found.meaning == "sort":
            self._sort = key
        elif found.meaning == "search":
            self._search = key
        elif "enum" in self._schemas.target(parameter.schema):
            return  # `filter=latest` is no filter
        else:
            self._nested.append(key)
            because = f"`{parameter.name}` holds whole filters"
            self.reasons.append(Reason("filters", because, found.convention))
            return
        self.reasons.append(Reason(found.meaning, found.because(parameter.name), found.convention))

    def _add(self, entry: Filter, because: str) -> None:
        if not self._can_select(entry):
            return
        self._filters.append(entry)
        bound = "" if entry.operator == "eq" else f" by `{entry.operator}`"
        path = ".".join(entry.path)
        self.reasons.append(
            Reason("filters", f"`{entry.parameter[1]}` compares with `{path}`{bound}: {because}")
        )

    def _filter(self, parameter: Parameter, path: BodyPath) -> Filter:
        known = self._paths.values(path)
        ignored = usual.ALL - set(map(str, known)) if known is not None else frozenset()
        key = (parameter.location, parameter.name)
        return Filter(key, path, self._operator(parameter, path), frozenset(ignored))

    def _operator(self, parameter: Parameter, path: BodyPath) -> str:
        """The operator that compares values of the parameter's type with those of a property."""
        asked, found = parameter.schema, self._paths.schema(path)
        types = self._schemas.outline(found).types
        if self._schemas.outline(asked).types == {"boolean"} and types and "boolean" not in types:
            return "some"
        formats = [self._schemas.target(schema).get("format") for schema in (asked, found)]
        return "day" if formats == ["date", "date-time"] else "eq"

    def _of_some(self, parameter: Parameter) -> bool:
        """Record a flag that asks whether a property's amount is above 0: `inStock`."""
        if self._schemas.outline(parameter.schema).types != {"boolean"}:
            return False
        path = self._paths.some(normalised(parameter.name))
        if path is None:
            return False
        is_flag = self._operator(parameter, path) == "eq"
        self._add(self._filter(parameter, path), "its name" if is_flag else "whether its amount is above 0")
        return True

    def _can_select(self, entry: Filter) -> bool:
        """Whether a filter can select anything: not when both enumerate values and share none."""
        asked = next((one.schema for one in self._parameters if one.name == entry.parameter[1]), True)
        values, found = self._schemas.target(asked).get("enum"), self._paths.values(entry.path)
        if entry.operator != "eq" or not isinstance(values, list) or found is None:
            return True
        known = {str(value).lower() for value in found}
        return not known.isdisjoint(str(value).lower() for value in values)

    def _bound(self, parameter: Parameter) -> bool:
        """Record a parameter that bounds a property: `price_min`, `created[gte]`, `filter[name]`."""
        parts = [part for part in words(parameter.name) if part != "filter"]
        for property_parts, bound in ((parts, "eq"), (parts[:-1], parts[-1:]), (parts[1:], parts[:1])):
            operator = "".join(bound)
            joined = "".join(property_parts)
            for candidate in (joined, joined + "at", joined + "on", joined + "date", singular(joined)):
                if operator in BOUNDS and candidate in self._paths.places:
                    entry = self._filter(parameter, self._paths.places[candidate])
                    entry = entry if operator == "eq" else replace(entry, operator=operator)
                    self._add(entry, "the property's name and a bound")
                    return True
        return False

    def _related(self, parameter: Parameter) -> None:
        """Record a parameter for a property of another name: `tag`, `customer_id`, `since`."""
        name, key = normalised(parameter.name), (parameter.location, parameter.name)
        path = self._paths.find(name)
        if path is not None:
            self._add(self._filter(parameter, path), "its id, or one of a list")
        elif name in usual.SINCE | usual.UNTIL and self._is_moment(parameter):
            moment = self._paths.moment(name)
            if moment is not None:
                until = "before" if "before" in name else "until"
                operator = "since" if name in usual.SINCE else until
                self._add(Filter(key, moment, operator), "selects records before or after a time")
        elif name in usual.DAYS and self._is_moment(parameter):
            moment = self._paths.day()
            if moment is not None:
                self._add(Filter(key, moment, "day"), "selects records by day")

    def _is_moment(self, parameter: Parameter) -> bool:
        return str(self._schemas.target(parameter.schema).get("format")) in {"date", "date-time"}


def infer_fields(
    parameters: Iterable[Parameter], view: View | None, schemas: SchemaReader, conventions: Conventions
) -> tuple[Key | None, tuple[Reason, ...]]:
    """The query parameter that chooses the properties of the response; None when there is none."""
    known = set(map(normalised, schemas.outline(view.shown if view is not None else None).properties))
    queries = [entry for entry in parameters if entry.location == "query"]
    place = Place(tuple(entry.name for entry in queries))
    for entry in queries:
        found = conventions.parameter(entry.name, place, ("fields",))
        if found is None and not conventions.ignores(entry.name, place, ("fields",)):
            is_usual = (words(entry.name) or ("",))[0] in usual.FIELDS
            found = Meaning("fields") if is_usual else None
        if found is not None and normalised(entry.name) not in known:
            reason = Reason("fields", found.because(entry.name), found.convention)
            return (entry.location, entry.name), (reason,)
    return None, ()
