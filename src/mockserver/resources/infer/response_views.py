"""Find the records in the documented responses of an operation."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from mockserver.openapi import media_types
from mockserver.openapi.names import normalised
from mockserver.openapi.operation import DocumentedResponse, MediaType, Operation, Schema
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.body_paths import BodyPath
from mockserver.resources.conventions.registry import Conventions
from mockserver.resources.infer.envelopes import Envelopes
from mockserver.resources.infer.example_schemas import implied_schema
from mockserver.resources.plan import Resource, View

_PREFERRED = {"create": (201, 200), "delete": (204, 200, 202)}


def success_status(operation: Operation, kind: str = "") -> int | None:
    """The status of a successful response: the one for its kind, else the lowest documented one."""
    documented = operation.responses
    for status in _PREFERRED.get(kind, ()):
        if str(status) in documented:
            return status
    exact = sorted(int(status) for status in documented if status.isdigit() and status[0] == "2")
    if exact:
        return exact[0]
    if "2XX" in documented:
        return 201 if kind == "create" else 200
    return (
        200
        if "default" in documented and not any(status.isdigit() and status[0] < "4" for status in documented)
        else None
    )


def _has_fields(content: MediaType) -> bool:
    """Whether values of a documented content have fields: JSON or XML."""
    return media_types.has_json_values(content.name) or media_types.is_xml(content.name)


class Views:
    """Views of the responses of one document."""

    def __init__(self, schemas: SchemaReader, conventions: Conventions) -> None:
        self._schemas = schemas
        self._implied: dict[str, MediaType] = {}
        self.envelopes = Envelopes(schemas, conventions)

    def content_of(self, response: DocumentedResponse | None) -> MediaType | None:
        """A response's JSON content with its schema (`implied_content`); without JSON, XML with a schema.

        None when there is neither.
        """
        if response is None:
            return None
        found = next(media_types.with_json_values(response.content), None)
        if found is not None:
            return self.implied_content(response, found)
        others = (content for content in response.content.values() if content.schema is not None)
        return next((content for content in others if media_types.is_xml(content.name)), None)

    def shows_same(self, view: View | None, resource: Resource) -> bool:
        """Whether a view shows, or may show, records of a resource: `anyOf` a record and a deleted one."""
        schemas = self._schemas
        if view is None:
            return False
        branches = schemas.branches(view.shown)
        return (
            schemas.identity(view.shown) == resource.identity
            or schemas.target(view.shown) == schemas.target(resource.record) != {}
            or not branches.isdisjoint({resource.identity, *schemas.branches(resource.record)})
        )

    def implied_content(self, response: DocumentedResponse, content: MediaType) -> MediaType:
        """The content with its schema, else with that of another JSON media type or of its example.

        `application/json` may have the examples, and `application/json; charset=utf-8` the schema.
        """
        if content.schema is not None or not media_types.has_json_values(content.name):
            return content
        if content.pointer not in self._implied:
            others = (other.schema for other in media_types.with_json_values(response.content))
            schema = next((other for other in others if other is not None), None)
            implied = implied_schema(content.examples) if schema is None else schema
            self._implied[content.pointer] = replace(content, schema=implied)
        return self._implied[content.pointer]

    def record(
        self,
        status: int,
        content: MediaType | None,
        identifiers: frozenset[str],
        word: str,
        identity: object = None,
    ) -> View | None:
        """The view of one record in a response's content; None when it shows none.

        With an identity the view is narrowed to the schema of that identity; see `narrowed`.
        """
        if content is None or content.schema is None or not _has_fields(content) or status == 204:
            return None
        place = self.envelopes.record(content.schema, identifiers, word)
        if place is None:
            return None
        view = self._view(status, content, place, self.envelopes.schema_at(content.schema, place))
        return view if identity is None else self.narrowed(view, identity)

    def narrowed(self, view: View, identity: object) -> View:
        """The view of the only property with this identity, when the view shows an envelope of it."""
        if self._schemas.identity(view.shown) == identity:
            return view
        properties = self._schemas.outline(view.shown).properties.items()
        found = [name for name, inner in properties if self._schemas.identity(inner) == identity]
        if len(found) != 1:
            return view
        place = (*view.place, found[0])
        return self._view(
            view.status, view.media_type, place, self.envelopes.schema_at(view.schema, place), view.within
        )

    def list(
        self, status: int, content: MediaType | None, identifiers: frozenset[str], word: str
    ) -> View | None:
        """The view of a list of records in a response's content; None when it shows none."""
        if content is None or content.schema is None or not _has_fields(content):
            return None
        place = self.envelopes.list(content.schema, identifiers, word)
        if place is None:
            return self._ids(status, content, content.schema)
        items = self._schemas.outline(self.envelopes.schema_at(content.schema, place)).items
        if items is None:
            return self._view(status, content, place, True)
        return self._elements(status, content, place, items, word)

    def _elements(
        self, status: int, content: MediaType, place: BodyPath, items: Schema, word: str = ""
    ) -> View:
        """The view of a list of records with these elements."""
        within = self.envelopes.element(items, word)
        view = self._view(status, content, place, self.envelopes.schema_at(items, within), within)
        properties = self._schemas.outline(items).properties if within else {}
        if len(properties) <= 1:
            return view
        cursors = frozenset(name for name in properties if normalised(name) == "cursor")
        return replace(view, element=items, cursors=cursors)

    def at(self, status: int, content: MediaType, place: BodyPath, *, is_list: bool) -> View:
        """The view of the record, or the list, at a path.

        Raises:
            KeyError: the response has no such path.
        """
        schema = self.envelopes.schema_at(content.schema or True, place)
        if not is_list:
            return self._view(status, content, place, schema)
        items = self._schemas.outline(schema).items
        if items is None:
            raise KeyError(place)
        return self._elements(status, content, place, items)

    def properties_at(self, contents: Iterable[MediaType], place: BodyPath) -> Mapping[str, Schema] | None:
        """The properties at a path, in the first content that has it; None when none has."""
        for content in contents:
            try:
                return self._schemas.outline(
                    self.envelopes.schema_at(content.schema or True, place)
                ).properties
            except KeyError:
                continue
        return None

    def _ids(self, status: int, content: MediaType, schema: Schema) -> View | None:
        """The view of a list of ids in a response's content; None when it lists none."""
        place = self.envelopes.ids(schema)
        if place is None:
            return None
        items = self._schemas.outline(self.envelopes.schema_at(schema, place)).items
        return View(status, content, schema, place, True if items is None else items, frozenset(), ids=True)

    def _view(
        self, status: int, media_type: MediaType, place: BodyPath, shown: Schema, within: BodyPath = ()
    ) -> View:
        shown = self._schemas.canonical(shown)
        outline = self._schemas.outline(shown)
        hidden = {
            name for name, inner in outline.properties.items() if self._schemas.flag(inner, "writeOnly")
        }
        properties = None if outline.free else frozenset(outline.properties) - hidden
        whole: Schema = True if media_type.schema is None else media_type.schema
        return View(status, media_type, whole, place, shown, properties, within)
