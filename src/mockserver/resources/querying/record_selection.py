"""Filter and sort records by the query parameters of a request."""

import re
from collections.abc import Hashable
from typing import Any

from mockserver.behaviour.handler_request import Request
from mockserver.openapi.names import normalised
from mockserver.resources.body_paths import value_at
from mockserver.resources.plan import Selection, text_of
from mockserver.resources.querying.filter_language import Predicate, parse
from mockserver.resources.querying.sorting import Row, ordered
from mockserver.resources.querying.value_matching import BOUNDS, equal, mentions, prepared
from mockserver.state.baseline import Record

_QUALIFIED = re.compile(r"([A-Za-z_][\w.-]*):([^/\s]\S*)")


class Selector:
    """Applies a selection to records."""

    def __init__(self, plan: Selection) -> None:
        self._plan = plan
        self._parameters = sorted(plan.narrowing | plan.ordering)

    def apply(self, rows: list[Row], request: Request) -> list[Row]:
        """The selected rows, sorted."""
        arguments = request.arguments
        for entry in self._plan.filters:
            wanted = arguments.get(entry.parameter)
            if wanted is not None and not (isinstance(wanted, str) and wanted in entry.ignored):
                test = prepared(BOUNDS[entry.operator], wanted)
                rows = [row for row in rows if test(value_at(row[1], entry.path))]
        for key in self._plan.nested:
            asked = self._asked(arguments.get(key))
            rows = rows if asked is None else [row for row in rows if asked(row[1])]
        wanted = arguments.get(self._plan.search) if self._plan.search else None
        if isinstance(wanted, str) and wanted:
            rows = self._searched(rows, wanted)
        direction = arguments.get(self._plan.direction) if self._plan.direction else None
        return ordered(
            rows, self._plan.paths, arguments.get(self._plan.sort) if self._plan.sort else None, direction
        )

    def asked(self, request: Request) -> Hashable | None:
        """A cache key of the request's filters and order; None when a value is a list or an object."""
        arguments = request.arguments
        if not arguments:
            return ()
        said = [(key, arguments[key]) for key in self._parameters if key in arguments]
        if any(isinstance(value, list | dict) for _, value in said):
            return None
        return tuple((key, type(value), value) for key, value in said)  # the type distinguishes 1 from true

    def keys(self, request: Request, key: str | None) -> list[str]:
        """The keys of the records that a request selects by id: `ids=7,8`."""
        if key is None:
            return []
        asked = (
            entry.parameter
            for entry in self._plan.filters
            if entry.path == (key,) and entry.operator in {"eq", "in"}
        )
        wanted = [request.arguments[place] for place in asked if request.arguments.get(place) is not None]
        several = (entry if isinstance(entry, list) else str(text_of(entry)).split(",") for entry in wanted)
        return [text_of(value).strip() for entry in several for value in entry if not isinstance(value, dict)]

    def understands(self, request: Request) -> bool:
        """Whether all filters of a request are understood."""
        wanted = (request.arguments.get(key) for key in self._plan.nested)
        return all(entry is None or self._asked(entry) is not None for entry in wanted)

    def _asked(self, wanted: Any) -> Predicate | None:
        """The test of a filter: an object of properties (`filter[status]=open`), or a filter expression."""
        if isinstance(wanted, str):
            return parse(wanted, self._plan.paths.places)
        known = self._plan.paths.places
        if not isinstance(wanted, dict) or not any(normalised(name) in known for name in wanted):
            return None
        tests = [
            (known[normalised(name)], prepared(equal, value))
            for name, value in wanted.items()
            if normalised(name) in known
        ]
        return lambda record: all(test(value_at(record, place)) for place, test in tests)

    def _searched(self, rows: list[Row], wanted: str) -> list[Row]:
        """The rows that contain a text, or each of its words, or match its filters: `state:open tea`."""
        asked = parse(wanted, self._plan.paths.places)
        if asked is not None:
            return [row for row in rows if asked(row[1])]
        plain = wanted.lower()
        known, others = [], []
        for word in dict.fromkeys(plain.split()):
            match = _QUALIFIED.fullmatch(word)
            place = self._plan.paths.find(normalised(match[1])) if match else None
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
