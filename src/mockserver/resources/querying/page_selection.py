"""Pagination: the part of a list that a request selects by page, offset or cursor."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from mockserver.behaviour.handler_request import Request
from mockserver.resources.plan import Key, Pagination


@dataclass(frozen=True, slots=True)
class PageSelection:
    """The part of a list that is shown.

    Attributes:
        start: the index of its first element.
        stop: the index after its last.
        total: how many elements the whole list has.
        size: the page size.
        page: the number of the page, counted from `base`.
    """

    start: int
    stop: int
    total: int
    size: int
    page: int
    base: int

    @property
    def pages(self) -> int:
        """The number of pages."""
        return max(1, -(-self.total // self.size))


class Pager:
    """Applies a pagination to requests."""

    def __init__(self, plan: Pagination) -> None:
        self._plan = plan

    @staticmethod
    def _value(key: Key | None, request: Request) -> Any:
        return request.arguments.get(key) if key else None

    def part(self, request: Request, keys: list[str]) -> PageSelection:
        """The part that a request selects; `keys` are the keys of the whole list, in order."""
        total = len(keys)
        given = whole(self._value(self._plan.size, request))
        size = (
            given
            if given is not None
            else self._plan.default_size
            if self._plan.parameters
            else max(total, 1)
        )
        page, start, stop = self._plan.base, 0, None
        offset, wanted = (
            whole(self._value(self._plan.offset, request)),
            whole(self._value(self._plan.page, request)),
        )
        if self._value(self._plan.after, request) is not None:
            start = _after(self._value(self._plan.after, request), keys)
        elif self._value(self._plan.before, request) is not None:
            stop = _index(self._value(self._plan.before, request), keys, 0)
            start = max(0, stop - size)
        elif wanted is not None:
            page = max(wanted, self._plan.base)
            start = (page - self._plan.base) * size
        elif offset is not None:
            start = offset
        start = min(start, total)
        stop = min(start + size, total) if stop is None else stop
        if wanted is None and size:
            page = start // size + self._plan.base
        return PageSelection(start, stop, total, max(size, 1), page, self._plan.base)

    def url(self, request: Request, part: PageSelection, keys: list[str], start: int) -> str:
        """The URL of the page that begins at an index."""
        query = {name: values for name, values in request.query.items() if not self._is_position(name)}
        name, value = self._position(part, keys, start)
        if name is not None:
            query[name] = [str(value)]
        text = urlencode(query, doseq=True, quote_via=quote, safe="")
        return request.origin + request.path + (f"?{text}" if text else "")

    def _is_position(self, name: str) -> bool:
        positions = (self._plan.page, self._plan.offset, self._plan.after, self._plan.before)
        return any(key is not None and key[1] == name for key in positions)

    def _position(self, part: PageSelection, keys: list[str], start: int) -> tuple[str | None, Any]:
        """The parameter, and its value, that selects the page at an index."""
        if self._plan.after is not None:
            name = self._plan.after[1]
            return (name, keys[start - 1]) if 0 < start <= len(keys) else (None, "")
        if self._plan.page is not None:
            return self._plan.page[1], start // part.size + part.base
        if self._plan.offset is not None:
            return self._plan.offset[1], start
        return None, ""


def whole(value: Any) -> int | None:
    """A non-negative integer, or a string of one, as an integer; None for anything else."""
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if number >= 0 else None


def _after(cursor: Any, keys: list[str]) -> int:
    """The index after a cursor; the end for an unknown one, so that no client loops."""
    return _index(cursor, keys, len(keys) - 1) + 1


def _index(cursor: Any, keys: list[str], otherwise: int) -> int:
    text = str(cursor)
    return keys.index(text) if text in keys else otherwise
