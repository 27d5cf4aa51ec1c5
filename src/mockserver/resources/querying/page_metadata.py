"""What stands around a list: totals, page numbers, cursors and links, in the body and in headers."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.behaviour.handler_request import Request
from mockserver.openapi.names import normalised
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.body_paths import BodyPath, put_at, value_at
from mockserver.resources.querying.page_selection import Pager, PageSelection

_TOTALS = {
    "total",
    "totalcount",
    "totalitems",
    "totalresults",
    "totalelements",
    "totalrecords",
    "totalentries",
}
_TOTALS |= {
    "odatacount",
    "totalhits",
    "totalsize",
    "totalrows",
    "itemcount",
    "matches",
    "recordstotal",
    "resultstotal",
}
_COUNTS = {"count", "numberofelements", "returned", "resultcount", "currentcount", "itemsreturned"}
_PAGES = {"page", "pagenumber", "currentpage", "pageno", "pageindex"}
_SIZES = {"perpage", "pagesize", "limit", "itemsperpage", "pagelen", "maxresults", "take", "pagelimit"}
_OFFSETS = {"offset", "skip", "startindex", "startat"}
_PAGE_TOTALS = {"totalpages", "pages", "pagecount", "lastpage", "numpages", "pagetotal", "pagestotal"}
_MORE = {"hasmore", "hasnext", "hasnextpage", "more", "moreavailable", "moreresults", "ismore"}
_FEWER = {"hasprevious", "hasprev", "haspreviouspage", "hasprevpage"}
_NEXT = {"next", "nextcursor", "nextpagetoken", "nexttoken", "nextpage", "nexturl", "nextlink", "nextpageurl"}
_NEXT |= {
    "nexthref",
    "endcursor",
    "nextmarker",
    "nextoffset",
    "cursor",
    "after",
    "odatanextlink",
    "continuationtoken",
}
_PREVIOUS = {
    "previous",
    "prev",
    "previouspage",
    "prevpage",
    "previousurl",
    "prevurl",
    "previouslink",
    "prevlink",
}
_PREVIOUS |= {"previouspageurl", "prevpageurl", "previouscursor", "prevcursor", "before"}
_FIRST = {"firstpageurl", "firsturl", "firstpagelink", "firstlink", "firsthref"}
_LAST = {"lastpageurl", "lasturl", "lastpagelink", "lastlink", "lasthref"}
_LEADING = {"offset", "cursor", "token", "path", "uri", "page", "number"}
_NUMBERS = {"number": "page", "size": "size"}
_ENDS = {"first": "only", "last": "end", "empty": "empty"}
_PAGE = {"page", "pageable", "pagination", "paging", "pageinfo", "pagemetadata"}
_PAGES_TOLD = {"totalelements", "totalpages"}
_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class ListedPage:
    """A list that was asked for: the request, the whole list's keys, the part that is shown."""

    request: Request
    pager: Pager
    keys: list[str]
    part: PageSelection

    def numbers(self) -> dict[str, int]:
        """The numbers that envelopes and headers give."""
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
        """The URL of a neighbouring part; None when there is no such part."""
        start = self.start_of(relation)
        return None if start is None else self.pager.url(self.request, self.part, self.keys, start)

    def start_of(self, relation: str) -> int | None:
        """The index at which a neighbouring part begins; None when there is none."""
        part = self.part
        last = (part.pages - 1) * part.size
        if relation == "next":
            return part.stop if part.stop < part.total else None
        if relation == "prev":
            return max(0, part.start - part.size) if part.start > 0 else None
        return {"self": part.start, "first": 0, "last": last}[relation]


@dataclass(frozen=True, slots=True)
class _Field:
    place: BodyPath
    meaning: str
    schema: Schema


class PageMetadata:
    """The fields of an envelope that tell about the list in it."""

    def __init__(self, schemas: SchemaReader, schema: Schema, beside: BodyPath) -> None:
        self._schemas = schemas
        self._properties = schemas.outline(schema).properties
        self._fields = list(self._find(schema, beside, ()))
        if not any(field.meaning == "total" for field in self._fields):
            # Where nothing else gives the total, `count` does, as Django's REST framework has it.
            self._fields = [
                _Field(field.place, "total" if field.meaning == "count" else field.meaning, field.schema)
                for field in self._fields
            ]

    def _find(self, schema: Schema, beside: BodyPath, above: BodyPath) -> Iterator[_Field]:
        properties = self._schemas.outline(schema).properties
        # Spring's pages: `{"page": {"size": 20, "number": 0}}`, or all of it beside the list.
        paged = (
            bool(_PAGES_TOLD & set(map(normalised, properties))) or normalised("".join(above[-1:])) in _PAGE
        )
        for name, inner in properties.items():
            place = (*above, name)
            if place == beside or len(place) > _DEEPEST:
                continue
            outline = self._schemas.outline(inner)
            if outline.properties:
                yield from self._find(inner, beside, place)
            elif not outline.is_array:
                meaning = _meaning(place, "boolean" in outline.types, paged=paged)
                if meaning is not None:
                    yield _Field(place, meaning, inner)

    def fill(self, body: Any, situation: ListedPage, fits: Callable[[Schema, Any], bool]) -> Any:
        """The body with its fields saying how things are; those that cannot say it stay."""
        numbers = situation.numbers()
        for field in self._fields:
            if not isinstance(value_at(body, field.place[:-1]), dict):
                body = self._added(body, field, self._values(field, situation, numbers), fits)
                continue
            for value in self._values(field, situation, numbers):
                if fits(field.schema, value):
                    body = put_at(body, field.place, value)
                    break
            else:
                if field.meaning in {"next", "prev"} and situation.start_of(field.meaning) is None:
                    body = self._ended(body, field.place, fits)
        return body

    def _ended(self, body: Any, place: BodyPath, fits: Callable[[Schema, Any], bool]) -> Any:
        """The body without what leads to a neighbour, where there is none: it is null, or not there."""
        if len(place) == 2 and normalised(place[0]) in _NEXT | _PREVIOUS:
            is_null = fits(self._properties.get(place[0], True), None)
            return {**body, place[0]: None} if is_null else _without(body, place[:1])
        return _without(body, place)

    def _added(self, body: Any, field: _Field, values: list[Any], fits: Callable[[Schema, Any], bool]) -> Any:
        """The body with a field in an object that it has not yet; as it is where that does not fit."""
        schema = self._properties.get(field.place[0], True)
        for value in values:
            if value is not None and fits(field.schema, value):
                more = put_at(body, field.place, value)
                return more if fits(schema, more[field.place[0]]) else body
        return body

    def _values(self, field: _Field, situation: ListedPage, numbers: Mapping[str, int]) -> list[Any]:
        meaning = field.meaning
        if meaning in numbers:
            return [numbers[meaning], str(numbers[meaning])]
        if meaning in _FLAGS:
            return [_FLAGS[meaning](situation)]
        if meaning == "here":
            path = situation.request.path
            return [path, situation.request.origin + path]
        start = situation.start_of(meaning)
        if start is None:
            return [None]
        return self._neighbour(field, situation, start)

    def _neighbour(self, field: _Field, situation: ListedPage, start: int) -> list[Any]:
        """How a field may say where a neighbouring part begins."""
        name, part, keys = normalised(field.place[-1]), situation.part, situation.keys
        number = start if "offset" in name else start // part.size + part.base
        url = situation.link(field.meaning)
        cursor = keys[start - 1] if 0 < start <= len(keys) else None
        form = self._schemas.target(field.schema).get("format")
        is_link = form in {"uri", "url", "uri-reference"} or name.endswith(("url", "uri", "link", "href"))
        is_link = is_link or (
            len(field.place) > 1
            and "link" in normalised(field.place[-2] if name != "href" else field.place[0])
        )
        if situation.pager.by_cursor and not is_link:
            return [cursor, url]
        return (
            [url, number, cursor]
            if is_link or "string" in self._schemas.outline(field.schema).types
            else [number]
        )


_FLAGS: Mapping[str, Callable[[ListedPage], bool]] = {
    "more": lambda situation: situation.start_of("next") is not None,
    "fewer": lambda situation: situation.start_of("prev") is not None,
    "only": lambda situation: situation.start_of("prev") is None,
    "end": lambda situation: situation.start_of("next") is None,
    "empty": lambda situation: situation.part.stop <= situation.part.start,
}


def _meaning(place: BodyPath, is_flag: bool, *, paged: bool) -> str | None:
    name = normalised(place[-1])
    if name in {"href", "url"} and len(place) > 1:
        name = normalised(place[-2])
    if is_flag:
        found = "more" if name in _MORE else "fewer" if name in _FEWER else None
        return _ENDS.get(name) if found is None and paged else found
    if paged and name in _NUMBERS:
        return _NUMBERS[name]
    if len(place) == 2 and name in _LEADING:
        outer = normalised(place[0])
        found = "next" if outer in _NEXT else "prev" if outer in _PREVIOUS else None
        if found is not None:
            return found
    if place == ("url",):
        return "here"  # Stripe's lists tell the path that they are listed at
    for meaning, names in _MEANINGS.items():
        if name in names:
            return meaning
    in_links = any("link" in normalised(part) for part in place[:-1])
    return name if in_links and name in {"self", "first", "last"} else None


_MEANINGS = {
    "total": _TOTALS,
    "count": _COUNTS,
    "page": _PAGES,
    "size": _SIZES,
    "offset": _OFFSETS,
    "pages": _PAGE_TOTALS,
    "next": _NEXT,
    "prev": _PREVIOUS,
    "first": _FIRST,
    "last": _LAST,
}


def _without(body: Any, place: BodyPath) -> Any:
    """The body without what stands at a place."""
    if not isinstance(body, dict) or place[0] not in body:
        return body
    if len(place) == 1:
        return {name: value for name, value in body.items() if name != place[0]}
    return {**body, place[0]: _without(body[place[0]], place[1:])}


def link_header(situation: ListedPage) -> str:
    """The `Link` header (RFC 8288) of a list; empty when everything is shown."""
    relations = ("first", "prev", "next", "last")
    if situation.part.pages == 1 and situation.start_of("prev") is None:
        return ""
    links = ((relation, situation.link(relation)) for relation in relations)
    return ", ".join(f'<{url}>; rel="{relation}"' for relation, url in links if url is not None)


def header_value(name: str, situation: ListedPage) -> str | None:
    """What a documented header says about the list; None for headers about something else."""
    plain = normalised(name).removeprefix("x").removeprefix("pagination")
    if plain == "link":
        return link_header(situation)
    for meaning, names in _MEANINGS.items():
        if plain in names and meaning in situation.numbers():
            return str(situation.numbers()["total" if meaning == "count" else meaning])
    return None
