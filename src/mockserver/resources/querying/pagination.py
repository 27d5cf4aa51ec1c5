"""Which part of a list is shown: pages, offsets and cursors, as the operation's parameters say."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from mockserver.behaviour.requests import Request
from mockserver.openapi.model import Operation, Parameter
from mockserver.openapi.names import normalised
from mockserver.openapi.schema.reader import SchemaReader

_PAGES = {"page", "pagenumber", "pageno", "pagenum", "p", "currentpage", "pageindex"}
_SIZES = {
    "perpage",
    "pagesize",
    "size",
    "limit",
    "pagelimit",
    "count",
    "maxresults",
    "pagelen",
    "take",
    "first",
}
_SIZES |= {"top", "results", "num", "rows", "maxitems", "itemsperpage", "pageitems"}
_OFFSETS = {"offset", "skip", "start", "startindex", "pageoffset", "startat"}
_AFTER = {
    "cursor",
    "after",
    "startingafter",
    "pagetoken",
    "nexttoken",
    "continuationtoken",
    "continuation",
    "marker",
}
_AFTER |= {"pageafter", "pagecursor", "bookmark", "nextpagetoken", "nextcursor", "startcursor", "skiptoken"}
_BEFORE = {"before", "endingbefore", "pagebefore", "previouscursor"}
_USUAL_SIZE = 30


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a list that is shown.

    Attributes:
        start: the index of its first element.
        stop: the index after its last.
        total: how many elements the whole list has.
        size: how many a part has at most.
        page: its number, counted from `base`.
    """

    start: int
    stop: int
    total: int
    size: int
    page: int
    base: int

    @property
    def pages(self) -> int:
        """How many parts there are."""
        return max(1, -(-self.total // self.size))


class Pagination:
    """The paging parameters of one list operation."""

    def __init__(self, operation: Operation, schemas: SchemaReader) -> None:
        self._plan_inference: dict[str, Parameter] = {}
        for parameter in operation.parameters:
            if parameter.location == "query":
                plan = self._role(parameter, schemas)
                if plan is not None:
                    self._plan_inference.setdefault(plan, parameter)
        page = self._plan_inference.get("page")
        said = schemas.target(page.schema) if page else {}
        self._base = 0 if page and 0 in (said.get("minimum"), said.get("default")) else 1
        size = self._plan_inference.get("size")
        limits = schemas.target(size.schema) if size else {}
        self._size = _whole(limits.get("default")) or min(
            _USUAL_SIZE, _whole(limits.get("maximum")) or _USUAL_SIZE
        )

    @staticmethod
    def _role(parameter: Parameter, schemas: SchemaReader) -> str | None:
        name = normalised(parameter.name)
        if schemas.target(parameter.schema).get("format") in {"date", "date-time"}:
            return None  # `before` is a moment here
        counts = not schemas.outline(parameter.schema).types or bool(
            schemas.outline(parameter.schema).types & {"integer", "number"}
        )
        if name in _PAGES:
            return "page" if counts else "after"
        if name in _SIZES:
            return "size" if counts else None
        if name in _OFFSETS:
            return "offset" if counts else "after"
        return "after" if name in _AFTER else "before" if name in _BEFORE else None

    @property
    def is_paged(self) -> bool:
        """Whether the operation has any such parameter."""
        return bool(self._plan_inference)

    @property
    def names(self) -> frozenset[str]:
        """The parameters that say which part."""
        return frozenset(parameter.name for parameter in self._plan_inference.values())

    @property
    def by_cursor(self) -> bool:
        """Whether the next part is asked for by a cursor."""
        return "after" in self._plan_inference

    def _value(self, plan: str, request: Request) -> Any:
        parameter = self._plan_inference.get(plan)
        return request.arguments.get((parameter.location, parameter.name)) if parameter else None

    def part(self, request: Request, keys: list[str]) -> Part:
        """The part that a request asks for; `keys` are those of the whole list in its order."""
        total = len(keys)
        given = _whole(self._value("size", request))
        size = given if given is not None else self._size if self._plan_inference else max(total, 1)
        page, start, stop = self._base, 0, None
        offset, wanted = _whole(self._value("offset", request)), _whole(self._value("page", request))
        if self._value("after", request) is not None:
            start = _after(self._value("after", request), keys)
        elif self._value("before", request) is not None:
            stop = _index(self._value("before", request), keys, 0)
            start = max(0, stop - size)
        elif wanted is not None:
            page = max(wanted, self._base)
            start = (page - self._base) * size
        elif offset is not None:
            start = offset
        start = min(start, total)
        stop = min(start + size, total) if stop is None else stop
        if wanted is None and size:
            page = start // size + self._base
        return Part(start, stop, total, max(size, 1), page, self._base)

    def url(self, request: Request, part: Part, keys: list[str], start: int) -> str:
        """The URL of the part that begins at an index."""
        query = {name: values for name, values in request.query.items() if not self._is_position(name)}
        name, value = self._position(part, keys, start)
        if name is not None:
            query[name] = [str(value)]
        text = urlencode(query, doseq=True, quote_via=quote, safe="")
        return request.origin + request.path + (f"?{text}" if text else "")

    def _is_position(self, name: str) -> bool:
        roles = ("page", "offset", "after", "before")
        return any(plan in self._plan_inference and self._plan_inference[plan].name == name for plan in roles)

    def _position(self, part: Part, keys: list[str], start: int) -> tuple[str | None, Any]:
        """The parameter that leads to an index, and its value."""
        if "after" in self._plan_inference:
            name = self._plan_inference["after"].name
            return (name, keys[start - 1]) if 0 < start <= len(keys) else (None, "")
        if "page" in self._plan_inference:
            return self._plan_inference["page"].name, start // part.size + part.base
        if "offset" in self._plan_inference:
            return self._plan_inference["offset"].name, start
        return None, ""


def _whole(value: Any) -> int | None:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if number >= 0 else None


def _after(cursor: Any, keys: list[str]) -> int:
    """The index after a cursor; one that leads nowhere leads to the end, so that nobody goes in circles."""
    return _index(cursor, keys, len(keys) - 1) + 1


def _index(cursor: Any, keys: list[str], otherwise: int) -> int:
    text = str(cursor)
    return keys.index(text) if text in keys else otherwise
