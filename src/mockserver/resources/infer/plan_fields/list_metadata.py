"""Infer the list metadata in the envelope and the response headers of a list."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mockserver.openapi.names import normalised
from mockserver.openapi.operation import DocumentedResponse, Schema
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.body_paths import BodyPath
from mockserver.resources.conventions import usual
from mockserver.resources.conventions.convention import Place
from mockserver.resources.conventions.registry import Conventions, Meaning
from mockserver.resources.plan import PageField, Pagination, Reason, View

_DEEPEST = 3
_VALUES = (
    "total",
    "count",
    "page",
    "size",
    "offset",
    "pages",
    "next",
    "prev",
    "first",
    "last",
    "here",
    "first_id",
    "last_id",
)
_NUMBERS = frozenset(("total", "count", "page", "size", "offset", "pages"))


class _Found(NamedTuple):
    place: BodyPath
    meaning: Meaning


class PageMetadataInference:
    """Finds the properties and response headers that hold list metadata in one document."""

    def __init__(self, schemas: SchemaReader, conventions: Conventions) -> None:
        self._schemas = schemas
        self._conventions = conventions

    def fields(self, view: View, pagination: Pagination) -> tuple[tuple[PageField, ...], tuple[Reason, ...]]:
        """The properties of a view's envelope that hold list metadata."""
        found = list(self._find(view.schema, view.place, ()))
        if not any(entry.meaning.meaning == "total" for entry in found):
            # If no other property holds the total, `count` does.
            found = [
                entry._replace(meaning=entry.meaning._replace(meaning="total"))
                if entry.meaning.meaning == "count"
                else entry
                for entry in found
            ]
        fields = (self.field(view, entry.place, entry.meaning.meaning, pagination) for entry in found)
        return tuple(fields), tuple(map(_reason, found))

    def field(self, view: View, place: BodyPath, meaning: str, pagination: Pagination) -> PageField:
        """The list metadata that a property of a view's envelope holds.

        Raises:
            KeyError: the envelope has no such property.
        """
        schema = outer = view.schema
        optional: BodyPath = ()
        for number, name in enumerate(place):
            outline = self._schemas.outline(schema)
            schema = outline.properties[name]
            outer = outer if number else schema
            optional = optional if name in outline.required else place[: number + 1]
        leads = len(place) == 2 and _leads(place[0])
        forms = self._forms(place, schema, pagination)
        return PageField(place, meaning, schema, outer, forms, place[:1] if leads else optional)

    def headers(self, response: DocumentedResponse | None) -> tuple[Mapping[str, str], tuple[Reason, ...]]:
        """The list metadata in documented response headers: `X-Total-Count`, `Link` (RFC 8288)."""
        headers, reasons = {}, []
        for header in response.headers.values() if response is not None else ():
            plain = normalised(header.name).removeprefix("x").removeprefix("pagination")
            found = (
                Meaning("link") if plain == "link" else self._conventions.metadata(plain, Place(), _NUMBERS)
            )
            if found is not None:
                meaning = "total" if found.meaning == "count" else found.meaning
                headers[header.name] = meaning
                reasons.append(Reason("headers", f"`{header.name}` is a usual name for `{meaning}`"))
        return headers, tuple(reasons)

    def _find(self, schema: Schema, list_path: BodyPath, above: BodyPath) -> Iterator[_Found]:
        properties = self._schemas.outline(schema).properties
        for name, inner in properties.items():
            path = (*above, name)
            if path == list_path or len(path) > _DEEPEST:
                continue
            outline = self._schemas.outline(inner)
            if outline.properties:
                yield from self._find(inner, list_path, path)
            elif not outline.is_array:
                place = Place(tuple(properties))
                found = self._meaning(path, place, is_flag="boolean" in outline.types)
                if found is not None:
                    yield _Found(path, found)

    def _meaning(self, path: BodyPath, place: Place, *, is_flag: bool) -> Meaning | None:
        """The meaning of a property for the list; None when it has none."""
        name, outer = normalised(path[-1]), normalised("".join(path[-2:-1]))
        if name in {"href", "url"} and len(path) > 1:
            name = outer
        allowed = usual.FLAGS if is_flag else _VALUES
        if outer in usual.PAGE_OBJECTS and name in usual.PAGE_NUMBERS:
            found = self._conventions.metadata(name, place, allowed)
            meaning = usual.PAGE_NUMBERS[name]
            return found or (Meaning(meaning) if meaning in allowed else None)
        if len(path) == 2 and name in usual.POSITIONS and not is_flag:
            found = self._conventions.metadata(outer, place, ("next", "prev"))
            if found is not None:
                return found
        found = self._conventions.metadata(name, place, allowed)
        if found is not None and (found.meaning != "here" or len(path) == 1):
            return found
        in_links = any("link" in normalised(part) for part in path[:-1])
        return Meaning(name) if in_links and name in {"self", "first", "last"} and not is_flag else None

    def _forms(self, place: BodyPath, schema: Schema, pagination: Pagination) -> tuple[str, ...]:
        """The forms in which a property may give the start of a neighbouring page."""
        name = normalised(place[-1])
        number = "start" if "offset" in name else "number"
        is_link = self._schemas.target(schema).get("format") in {"uri", "url", "uri-reference"}
        is_link = is_link or name.endswith(("url", "uri", "link", "href"))
        if len(place) > 1:
            is_link = is_link or "link" in normalised(place[-2] if name != "href" else place[0])
        if pagination.after is not None and not is_link:
            return ("cursor", "link")
        is_text = "string" in self._schemas.outline(schema).types
        return ("link", number, "cursor") if is_link or is_text else (number,)


def _leads(name: str) -> bool:
    word = normalised(name)
    return word in usual.METADATA["next"] | usual.METADATA["prev"]


def _reason(found: _Found) -> Reason:
    path, meaning = ".".join(found.place), found.meaning
    because = f"`{path}` is {'its' if meaning.convention else 'a usual'} name for `{meaning.meaning}`"
    return Reason("metadata", because, meaning.convention)
