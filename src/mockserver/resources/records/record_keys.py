"""Keys of the records that exist initially, and of new records."""

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.generation.seeds import derive
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.openapi.schema.validators import Checker
from mockserver.resources.body_paths import value_at
from mockserver.resources.plan import SINGLE, Resource, View, text_of
from mockserver.resources.records.generated_values import GeneratedValues
from mockserver.resources.records.server_fields import ServerFields
from mockserver.state.baseline import Record

_FEWEST, _MOST = 3, 10
_ON_A_PAGE = 8
"""Maximum number of initial records: a page of ten has room for new ones."""


class RecordKeys:
    """The keys of the records of one document."""

    def __init__(
        self,
        api: str,
        schemas: SchemaReader,
        generated: GeneratedValues,
        server_fields: ServerFields,
        seed: int,
    ) -> None:
        self._api = api
        self._schemas = schemas
        self._generated_values = generated
        self._server_fields = server_fields
        self._seed = seed
        self._known_examples: dict[str, Mapping[str, Record]] = {}
        self._numbers: dict[int, tuple[Schema, Checker | None]] = {}

    def examples(self, resource: Resource) -> Mapping[str, Record]:
        """The records in the examples of the responses that show them, by key."""
        if resource.name not in self._known_examples:
            found: dict[str, Record] = {}
            is_nameless = resource.key is None and resource.item_path is None
            for number, record in enumerate((*_listed(resource.several), *_shown(resource.one)), 1):
                key = SINGLE if resource.single else text_of(record.get(resource.key or "", ""))
                key = str(number) if is_nameless and not resource.single else key
                if key and key not in found and self._generated_values.fits(resource.record, record):
                    found[key] = record
            self._known_examples[resource.name] = found
        return self._known_examples[resource.name]

    def listed(self, resource: Resource, name: str) -> Iterator[str]:
        """The keys of the initial records, which lists show."""
        if resource.single:
            yield SINGLE
            return
        size = _FEWEST + derive(self._seed, self._api, name, "size") % (_MOST - _FEWEST + 1)
        wanted = min(size, _ON_A_PAGE)
        seen = dict.fromkeys(self.examples(resource))
        yield from seen
        if _listed(resource.several) and seen:
            return
        for number in range(1, 3 * wanted):
            key = self.key(resource, name, number)
            if key is not None and key not in seen:
                seen[key] = None
                yield key
            if len(seen) >= wanted:
                return

    def key(self, resource: Resource, name: str, number: int) -> str | None:
        """The key of the record with a number: the number if ids are numbers, else generated."""
        if resource.key is None and resource.item_path is None:
            return str(number)
        schema = resource.properties.get(resource.key or "", resource.key_schema)
        checker = self._number_checker(schema)
        if checker is not None:
            for value in (number, number + 1000, number + 100_000):
                if checker.is_valid(value) and self._addresses(resource, value):
                    return str(value)
        # Only the first record has the document's example as its id.
        called, later = (name, "id", number, resource.key or "id"), number > 1
        value = self._generated_values.generate(schema, *called, dynamic=later)
        if value is None or isinstance(value, dict | list) or not self._addresses(resource, value):
            value = self._generated_values.generate(resource.key_schema, *called, dynamic=later)
        text = text_of(value) if isinstance(value, str | int | float) else ""
        return text or None

    def _number_checker(self, schema: Schema) -> Checker | None:
        """The validator of a schema's keys if they are numbers; else None."""
        known = self._numbers.get(id(schema))
        if known is None:
            types = self._schemas.outline(schema).types
            # The schema is kept alive: otherwise its id could be reused.
            are_numbers = types & {"integer", "number"} and "string" not in types
            known = (schema, self._generated_values.checker(schema) if are_numbers else None)
            self._numbers[id(schema)] = known
        return known[1]

    def _addresses(self, resource: Resource, value: Any) -> bool:
        """Whether a key is valid in the item's path."""
        schema = resource.key_schema
        text = text_of(value)
        if not text or text in {".", ".."} or (isinstance(value, str) and "/" in text):
            return False
        return self._server_fields.fitting(schema, text) is not None if schema is not True else True


def _listed(view: View | None) -> list[Record]:
    """The records in the examples of a list."""
    bodies = view.media_type.examples.values() if view is not None else ()
    lists = (value_at(body, view.place) for body in bodies) if view is not None else ()
    return [
        record for found in lists if isinstance(found, list) for record in found if isinstance(record, dict)
    ]


def _shown(view: View | None) -> list[Record]:
    """The records in the examples of a response that shows one record."""
    bodies = view.media_type.examples.values() if view is not None else ()
    records = (value_at(body, view.place) for body in bodies) if view is not None else ()
    return [record for record in records if isinstance(record, dict)]
