"""Resolve parameter names to property paths: `city`, `address.city`, `filter[title]` of JSON:API."""

from collections.abc import Iterable, Mapping

from mockserver.openapi.names import normalised, singular, words
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.body_paths import BodyPath
from mockserver.resources.conventions import usual


class PropertyPaths:
    """The property paths of one resource's records, by possible parameter names."""

    def __init__(self, properties: Mapping[str, Schema], schemas: SchemaReader) -> None:
        #: The path of each property, by its normalised name with the names of outer objects before it.
        self.places: dict[str, BodyPath] = {normalised(name): (name,) for name in properties}
        self._lists: dict[str, BodyPath] = {}
        self._written: dict[BodyPath, Schema] = {(name,): schema for name, schema in properties.items()}
        self._schemas = schemas
        self._created: BodyPath | None = None
        self._updated: BodyPath | None = None
        self._numbers = [
            (name,)
            for name, schema in properties.items()
            if schemas.outline(schema).types & {"integer", "number"}
        ]
        self._moments = [
            (name,)
            for name, schema in properties.items()
            if schemas.target(schema).get("format") in {"date", "date-time"}
        ]
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
        """The path of the property of this name, or of its plural, or of the object whose id it is."""
        found = self.places.get(name) or self._lists.get(name)
        if found is None and name.endswith("id"):
            found = self.places.get(name.removesuffix("id"))
        for ending in ("id", "code", "slug", "name"):
            found = found or self.places.get(name + ending)
        return found or (self.places.get(name.removesuffix("code")) if name.endswith("code") else None)

    def schema(self, place: BodyPath) -> Schema:
        """The schema of the property at a path."""
        return self._written.get(place, True)

    def some(self, name: str) -> BodyPath | None:
        """The path of the amount that a flag asks about: `stock` for `inStock`."""
        names = [name, *(name.removeprefix(prefix) for prefix in usual.HAVING if name.startswith(prefix))]
        if name in usual.IN_STOCK:
            names += usual.STOCK
        names += [singular(stem) + "count" for stem in names if stem != name]
        found = next((self.places[known] for known in names if known in self.places), None)
        if found is None and name in usual.IN_STOCK:
            numbers = [place for place in self._numbers if set(words(place[0])) & usual.TO_BE_HAD]
            found = numbers[0] if len(numbers) == 1 else None
        return found

    def day(self) -> BodyPath | None:
        """The path of the timestamp that a day selects by: the only one, else a start, else the creation."""
        named = ((place, normalised(place[-1])) for place in self._moments)
        starts = (place for place, name in named if name.startswith(("start", "date", "day")))
        only = self._moments[0] if len(self._moments) == 1 else None
        return only or next(starts, None) or self._created

    def moment(self, name: str) -> BodyPath | None:
        """The path of the timestamp that `since` or `until` selects by: last change, else creation."""
        others = (self.places.get(entry) for entry in usual.CREATED_OTHERWISE)
        created = self._created or next((place for place in others if place is not None), None)
        if created is None and self._updated is None:
            return self.day()
        return (self._updated or created) if name == "since" else created

    def _note_moment(self, name: str, place: BodyPath) -> None:
        """Record the first timestamp of creation, and of the last change."""
        if self._created is None and usual.is_moment_of(name, usual.CREATED):
            self._created = place
        elif self._updated is None and usual.is_moment_of(name, usual.UPDATED):
            self._updated = place

    def values(self, place: BodyPath) -> Iterable[object] | None:
        """The enumerated values of a property; None when it has no enum."""
        found = self._schemas.target(self._written.get(place, True)).get("enum")
        return found if isinstance(found, list) else None
