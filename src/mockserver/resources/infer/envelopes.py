"""Find the record, or the list of records, inside a documented body: envelopes and HAL."""

from collections.abc import Iterator

from mockserver.openapi.names import normalised, singular
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.schema_reader import Outline, SchemaReader
from mockserver.resources.body_paths import BodyPath
from mockserver.resources.conventions.registry import Conventions
from mockserver.resources.conventions.usual import ELEMENTS, ENVELOPES, IDS, TROUBLES

_DEEPEST = 3


class Envelopes:
    """Finds records and lists in the schemas of one document."""

    def __init__(self, schemas: SchemaReader, conventions: Conventions) -> None:
        self._schemas = schemas
        self._list_names = conventions.lists

    def record(self, schema: Schema, names: frozenset[str], word: str, depth: int = 0) -> BodyPath | None:
        """Return the path of the record in a body; None when there is none.

        Args:
            schema: the schema of the body.
            names: possible names, normalised, of the property that identifies a record.
            word: what one record is called.
            depth: the current depth of the search.
        """
        outline = self._schemas.outline(schema)
        if not outline.is_object:
            return None
        if self._identifies(outline, names) or depth == _DEEPEST:
            return ()
        for name in self._envelopes(outline, word):
            place = self.record(outline.properties[name], names, word, depth + 1)
            if place is None and normalised(name) == normalised(singular(word)) != normalised(word):
                place = ()  # its name is that of a single record, even if it contains lists
            if place is not None:
                return (name, *place)
        if any(normalised(name) in self._list_names for name in self._lists(outline)):
            return None
        return ()

    def _identifies(self, outline: Outline, names: frozenset[str]) -> bool:
        """Whether a schema has an id property that is neither an object nor a list."""
        return any(
            normalised(name) in names and not (inner.is_array or inner.properties)
            for name, inner in (
                (name, self._schemas.outline(schema)) for name, schema in outline.properties.items()
            )
        )

    def _envelopes(self, outline: Outline, word: str) -> Iterator[str]:
        """The properties that may hold the record: by an envelope's name, by its own, or as the only one.

        An object with arbitrary keys among other properties is none: `data` of a Kubernetes config map.
        """
        own = (normalised(word), normalised(singular(word)))
        alone = len(outline.properties) == 1
        for name, schema in outline.properties.items():
            called = normalised(name) in ENVELOPES or normalised(name).endswith(own)
            inner = bool(self._schemas.outline(schema).properties)
            if (inner and (alone or called)) or (alone and called):
                yield name

    def list(self, schema: Schema, names: frozenset[str], word: str, depth: int = 0) -> BodyPath | None:
        """Return the path of the list of records in a body; None when there is none; see `record`."""
        outline = self._schemas.outline(schema)
        if outline.is_array:
            return () if self._schemas.outline(outline.items).is_object else None
        if not outline.is_object or depth == _DEEPEST:
            return None
        if self._identifies(outline, names):
            return None  # a record that contains lists
        lists = self._lists(outline)
        preferred = [name for name in lists if normalised(name) == normalised(word)]
        preferred += [name for entry in self._list_names for name in lists if normalised(name) == entry]
        if preferred:
            return (preferred[0],)
        for name, inner in outline.properties.items():
            if (
                len(outline.properties) == 1
                or normalised(name) in self._list_names
                or normalised(name) in ENVELOPES
            ):
                place = self.list(inner, names, word, depth + 1)
                if place is not None:
                    return (name, *place)
        # `device_codes`, not `errors`, at `/devices/codes`.
        rest = [name for name in lists if normalised(name).endswith(normalised(word))] or [
            name for name in lists if normalised(name) not in TROUBLES
        ]
        return (rest[0],) if len(rest) == 1 else (lists[0],) if len(lists) == 1 else None

    def ids(self, schema: Schema) -> BodyPath | None:
        """Return the path of the only list in a body if it is a list of ids; else None."""
        outline = self._schemas.outline(schema)
        if outline.is_array:
            return () if self._schemas.is_scalar(outline.items or True) else None
        if not outline.is_object:
            return None
        arrays = [name for name, inner in outline.properties.items() if self._schemas.outline(inner).is_array]
        items = self._schemas.outline(outline.properties[arrays[0]]).items if len(arrays) == 1 else None
        return (arrays[0],) if items is not None and self._schemas.is_scalar(items) else None

    def element(self, schema: Schema, word: str = "") -> BodyPath:
        """Return the path of the record in an element of a list: `[{"page": {…}}]`, `[{"node": {…}}]`.

        `word` is what one record is called: at `/me/tracks`, `[{"added_at": …, "track": {…}}]` has tracks.
        """
        outline = self._schemas.outline(schema)
        called = {*ELEMENTS, normalised(singular(word))} if word else ELEMENTS
        wrapping = [name for name in outline.properties if normalised(name) in called]
        alone = list(outline.properties) if len(outline.properties) == 1 and not outline.free else []
        ids = {normalised(name) for name in outline.properties} & set(IDS)
        name = next(iter(alone or (wrapping if len(wrapping) == 1 and not ids else [])), None)
        if name is None or not self._schemas.outline(outline.properties[name]).properties:
            return ()
        return (name,)

    def _lists(self, outline: Outline) -> tuple[str, ...]:
        return tuple(
            name
            for name, inner in outline.properties.items()
            if self._schemas.outline(inner).is_array
            and self._schemas.outline(self._schemas.outline(inner).items).is_object
        )

    def schema_at(self, schema: Schema, place: BodyPath) -> Schema:
        """The schema at a path inside a body."""
        for name in place:
            schema = self._schemas.outline(schema).properties[name]
        return schema
