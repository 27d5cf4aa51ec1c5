"""Where records have what parameters speak of: `city`, `address.city`, `filter[title]` of JSON:API."""

from collections.abc import Iterable, Mapping

from mockserver.openapi.names import normalised, singular
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.body_paths import BodyPath

_HOLDERS = {"attributes", "fields", "properties"}
"""What a record may keep its own properties in: whoever names one leaves that out."""
_CREATED: tuple[str, ...] = (
    "createdat",
    "created",
    "createddate",
    "datecreated",
    "createtime",
    "creationdate",
    "createdon",
)
_CREATED += ("creationtime", "createdtime", "createddatetime", "timestamp", "date")
_UPDATED = ("updatedat", "updated", "modifiedat", "modified", "lastmodified", "updatetime", "updateddate")


class PropertyPaths:
    """The properties of one resource's records, by how parameters may call them."""

    def __init__(self, properties: Mapping[str, Schema], schemas: SchemaReader) -> None:
        #: Where each is, by its name without spelling, the names of outer objects before it.
        self.places: dict[str, BodyPath] = {normalised(name): (name,) for name in properties}
        self._lists: dict[str, BodyPath] = {}
        self._written: dict[BodyPath, Schema] = {(name,): schema for name, schema in properties.items()}
        self._schemas = schemas
        for name, schema in properties.items():
            outline = schemas.outline(schema)
            if outline.is_array:
                self._lists.setdefault(normalised(singular(name)), (name,))
            for inner, inner_schema in outline.properties.items():
                self._written[name, inner] = inner_schema
                self.places.setdefault(normalised(name) + normalised(inner), (name, inner))
                if normalised(name) in _HOLDERS:
                    self.places.setdefault(normalised(inner), (name, inner))

    def find(self, name: str) -> BodyPath | None:
        """The place of what is called so: itself, one of its list, or what it is the id of."""
        found = self.places.get(name) or self._lists.get(name)
        if found is None and name.endswith("id"):
            found = self.places.get(name.removesuffix("id"))
        return found or self.places.get(name + "id")

    def moment(self, name: str) -> BodyPath | None:
        """The place of the moment that `since`, say, means: of the last change, else of the creation."""
        wanted = (*_UPDATED, *_CREATED) if name == "since" else _CREATED
        return next((self.places[entry] for entry in wanted if entry in self.places), None)

    def values(self, place: BodyPath) -> Iterable[object] | None:
        """What a property may be, where that is enumerated."""
        found = self._schemas.target(self._written.get(place, True)).get("enum")
        return found if isinstance(found, list) else None
