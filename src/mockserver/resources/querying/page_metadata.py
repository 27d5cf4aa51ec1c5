"""List metadata: totals, page numbers, cursors and links, in the response body and headers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.behaviour.handler_request import Request
from mockserver.openapi.operation import Schema
from mockserver.resources.body_paths import BodyPath, put_at, value_at
from mockserver.resources.plan import PageField
from mockserver.resources.querying.page_selection import Pager, PageSelection


@dataclass(frozen=True, slots=True)
class ListedPage:
    """One page of a list: the request, the keys of the whole list, the selected part."""

    request: Request
    pager: Pager
    keys: list[str]
    part: PageSelection

    def numbers(self) -> dict[str, int]:
        """The numbers for envelopes and headers, by meaning."""
        part = self.part
        return {
            "total": part.total,
            "count": max(0, part.stop - part.start),
            "page": part.page,
            "size": part.size,
            "offset": part.start,
            "pages": part.pages,
        }

    def link(self, relation: str) -> str | None:
        """The URL of a related page; None when there is no such page."""
        start = self.start_of(relation)
        return None if start is None else self.pager.url(self.request, self.part, self.keys, start)

    def start_of(self, relation: str) -> int | None:
        """The index at which a related page begins; None when there is no such page."""
        part = self.part
        last = (part.pages - 1) * part.size
        if relation == "next":
            return part.stop if part.stop < part.total else None
        if relation == "prev":
            return max(0, part.start - part.size) if part.start > 0 else None
        return {"self": part.start, "first": 0, "last": last}[relation]


class PageMetadata:
    """Writes list metadata into an envelope."""

    def __init__(self, fields: tuple[PageField, ...], fits: Callable[[Schema, Any], bool]) -> None:
        self._fields = fields
        self._fits = fits

    def fill(self, body: Any, page: ListedPage) -> Any:
        """The body with its list metadata; fields whose schema allows no correct value are unchanged."""
        for field in self._fields:
            if not isinstance(value_at(body, field.place[:-1]), dict):
                body = self._added(body, field, _values(field, page))
                continue
            for value in _values(field, page):
                if self._fits(field.schema, value):
                    body = put_at(body, field.place, value)
                    break
            else:
                is_end = field.meaning in {"next", "prev"} and page.start_of(field.meaning) is None
                if is_end or field.meaning in {"first_id", "last_id"}:
                    body = self._ended(body, field)
        return body

    def _ended(self, body: Any, field: PageField) -> Any:
        """The body with a link to a missing neighbouring page set to null, removed, or empty."""
        if field.ends_at != field.place and len(field.place) == 2 and self._fits(field.outer, None):
            return {**body, field.place[0]: None}
        if not field.ends_at:
            return put_at(body, field.place, "") if self._fits(field.schema, "") else body
        return _without(body, field.ends_at)

    def _added(self, body: Any, field: PageField, values: list[Any]) -> Any:
        """The body with a field in an object that it lacks; unchanged when that violates the schema."""
        for value in values:
            if value is not None and self._fits(field.schema, value):
                more = put_at(body, field.place, value)
                return more if self._fits(field.outer, more[field.place[0]]) else body
        return body


def _values(field: PageField, page: ListedPage) -> list[Any]:
    """The possible values of a field, the preferred first."""
    meaning, numbers = field.meaning, page.numbers()
    if meaning in numbers:
        return [numbers[meaning], str(numbers[meaning])]
    if meaning in _FLAGS:
        return [_FLAGS[meaning](page)]
    if meaning == "here":
        return [page.request.path, page.request.origin + page.request.path]
    if meaning in {"first_id", "last_id"}:
        shown = page.keys[page.part.start : page.part.stop]
        key = (shown[0] if meaning == "first_id" else shown[-1]) if shown else None
        return [key, int(key) if key is not None and key.isdigit() else None]
    start = page.start_of(meaning)
    if start is None:
        return [None]
    neighbour: Mapping[str, Callable[[], Any]] = {
        "link": lambda: page.link(meaning),
        "cursor": lambda: page.keys[start - 1] if 0 < start <= len(page.keys) else None,
        "number": lambda: start // page.part.size + page.part.base,
        "start": lambda: start,
    }
    return [neighbour[form]() for form in field.forms]


_FLAGS: Mapping[str, Callable[[ListedPage], bool]] = {
    "more": lambda page: page.start_of("next") is not None,
    "fewer": lambda page: page.start_of("prev") is not None,
    "only": lambda page: page.start_of("prev") is None,
    "end": lambda page: page.start_of("next") is None,
    "empty": lambda page: page.part.stop <= page.part.start,
}


def _without(body: Any, place: BodyPath) -> Any:
    """The body without the value at a path."""
    if not isinstance(body, dict) or place[0] not in body:
        return body
    if len(place) == 1:
        return {name: value for name, value in body.items() if name != place[0]}
    return {**body, place[0]: _without(body[place[0]], place[1:])}


def link_header(page: ListedPage) -> str:
    """The `Link` header (RFC 8288) of a list; empty when everything is shown."""
    relations = ("first", "prev", "next", "last")
    if page.part.pages == 1 and page.start_of("prev") is None:
        return ""
    links = ((relation, page.link(relation)) for relation in relations)
    return ", ".join(f'<{url}>; rel="{relation}"' for relation, url in links if url is not None)


def header_value(meaning: str, page: ListedPage) -> str:
    """The value of a response header with this meaning."""
    return link_header(page) if meaning == "link" else str(page.numbers()[meaning])
