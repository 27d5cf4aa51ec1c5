"""Where records have what parameters speak of: `city`, `address.city`, `filter[title]` of JSON:API."""

from collections.abc import Iterable, Mapping

from mockserver.openapi.names import normalised, singular
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.body_paths import BodyPath
from mockserver.resources.conventions import usual


class PropertyPaths:
    """The properties of one resource's records, by how parameters may call them."""

    def __init__(self, properties: Mapping[str, Schema], schemas: SchemaReader) -> None:
        #: Where each is, by its name without spelling, the names of outer objects before it.
        self.places: dict[str, BodyPath] = {normalised(name): (name,) for name in properties}
        self._lists: dict[str, BodyPath] = {}
        self._written: dict[BodyPath, Schema] = {(name,): schema for name, schema in properties.items()}
        self._schemas = schemas
        self._created: BodyPath | None = None
        self._updated: BodyPath | None = None
        for name, schema in properties.items():
            self._note_moment(name, (name,))
            outline = schemas.outline(schema)
            if outline.is_array:
                self._lists.setdefault(normalised(singular(name)), (name,))
            for inner, inner_schema in outline.properties.items():
                self._written[name, inner] = inner_schema
                self.places.setdefault(normalised(name) + normalised(inner), (name, inner))
                if normalised(name) in usual.HOLDERS:
                    self.places.setdefault(normalised(inner), (name, inner))
                    self._note_moment(inner, (name, inner))

    def find(self, name: str) -> BodyPath | None:
        """The place of what is called so: itself, one of its list, or what it is the id of."""
        found = self.places.get(name) or self._lists.get(name)
        if found is None and name.endswith("id"):
            found = self.places.get(name.removesuffix("id"))
        return found or self.places.get(name + "id")

    def moment(self, name: str) -> BodyPath | None:
        """The place of the moment that `since`, say, means: of the last change, else of the creation."""
        others = (self.places.get(entry) for entry in usual.CREATED_OTHERWISE)
        created = self._created or next((place for place in others if place is not None), None)
        return (self._updated or created) if name == "since" else created

    def _note_moment(self, name: str, place: BodyPath) -> None:
        """Note the first moment of creation, and of the last change."""
        if self._created is None and usual.is_moment_of(name, usual.CREATED):
            self._created = place
        elif self._updated is None and usual.is_moment_of(name, usual.UPDATED):
            self._updated = place

    def values(self, place: BodyPath) -> Iterable[object] | None:
        """What a property may be, where that is enumerated."""
        found = self._schemas.target(self._written.get(place, True)).get("enum")
        return found if isinstance(found, list) else None
