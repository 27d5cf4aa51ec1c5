"""Show of a record what a request names: `fields=id`, OData's `$select`, `fields[articles]` of JSON:API."""

from typing import Any

from mockserver.behaviour.requests import Request
from mockserver.data.store import Record
from mockserver.openapi.model import Operation
from mockserver.openapi.names import normalised, words
from mockserver.openapi.schema.reader import SchemaReader
from mockserver.resources.plan import View
from mockserver.resources.records.records import Records

_NAMES = {"fields", "field", "select", "only", "include_fields", "fieldset", "attributes", "columns"}


class Projection:
    """The parameter of one operation that chooses the fields of what is shown."""

    def __init__(self, operation: Operation, view: View | None, schemas: SchemaReader) -> None:
        outline = schemas.outline(view.shown if view is not None else None)
        known = set(map(normalised, outline.properties))
        queries = (entry for entry in operation.parameters if entry.location == "query")
        chosen = (entry.name for entry in queries if normalised(entry.name) not in known)
        #: The parameter's name; None where there is none.
        self.name = next((name for name in chosen if words(name)[:1] and words(name)[0] in _NAMES), None)
        self._schema = view.shown if view is not None else True
        self._required = outline.required
        # JSON:API keeps a record's fields in `attributes`: those are what is chosen.
        self._inside = "attributes" if "attributes" in outline.properties else None

    def of(self, record: Record, request: Request, records: Records) -> Record:
        """What is asked for of a record, and what must be there; all of it where that does not fit."""
        wanted = request.arguments.get(("query", self.name)) if self.name else None
        names = set(map(normalised, _listed(wanted)))
        if not names:
            return record
        if self._inside is not None and isinstance(record.get(self._inside), dict):
            part = {name: value for name, value in record[self._inside].items() if normalised(name) in names}
            shown: dict[str, Any] = {**record, self._inside: part}
        else:
            shown = {
                name: value
                for name, value in record.items()
                if normalised(name) in names or name in self._required
            }
        return shown if shown and records.fits(self._schema, shown) else record


def _listed(wanted: Any) -> list[str]:
    """The names in a list, or in a text with commas; none of what is nested (`items(id,name)`)."""
    parts = wanted if isinstance(wanted, list) else wanted.split(",") if isinstance(wanted, str) else []
    found = [part.strip() for part in parts if isinstance(part, str)]
    return [] if any({"(", "/", "*", "-"} & set(part) for part in found) else found
