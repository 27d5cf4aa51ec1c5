"""Select properties of a record: `fields=id`, OData's `$select`, `fields[articles]` of JSON:API."""

from typing import Any

from mockserver.behaviour.handler_request import Request
from mockserver.openapi.names import normalised
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.body_paths import BodyPath, put_at, value_at
from mockserver.resources.plan import Key, View
from mockserver.resources.records.record_writer import RecordWriter
from mockserver.state.baseline import Record


class Projection:
    """Applies the query parameter that chooses the properties of the response."""

    def __init__(self, key: Key | None, inside: BodyPath, view: View | None, schemas: SchemaReader) -> None:
        outline = schemas.outline(view.shown if view is not None else None)
        self.key = key
        self._schema = view.shown if view is not None else True
        self._required = outline.required
        self._inside = inside

    def names(self, request: Request) -> frozenset[str]:
        """The normalised names of the fields that a request selects; empty when it selects none."""
        wanted = request.arguments.get(self.key) if self.key else None
        return frozenset(map(normalised, _listed(wanted)))

    def of(self, record: Record, names: frozenset[str], records: RecordWriter) -> Record:
        """The selected and required fields of a record; the whole record when these violate the schema."""
        if not names:
            return record
        inner = value_at(record, self._inside)
        if self._inside and isinstance(inner, dict):
            part = {name: value for name, value in inner.items() if normalised(name) in names}
            shown: dict[str, Any] = put_at(record, self._inside, part)
        else:
            shown = {
                name: value
                for name, value in record.items()
                if normalised(name) in names or name in self._required
            }
        return shown if shown and records.fits(self._schema, shown) else record


def _listed(wanted: Any) -> list[str]:
    """The names in a list, or in a comma-separated string; none for nested ones (`items(id,name)`)."""
    parts = wanted if isinstance(wanted, list) else wanted.split(",") if isinstance(wanted, str) else []
    found = [part.strip() for part in parts if isinstance(part, str)]
    return [] if any({"(", "/", "*", "-"} & set(part) for part in found) else found
