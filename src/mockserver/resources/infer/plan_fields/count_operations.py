"""Recognise operations that count records, and where their answers have the number."""

from mockserver.openapi.names import normalised
from mockserver.openapi.operation import DocumentedResponse, MediaType
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.conventions.convention import Words
from mockserver.resources.conventions.usual import NUMBERS


def tells_number(schemas: SchemaReader, content: MediaType | None) -> bool:
    """Whether a response is a number, or an object that has one under a name for counts."""
    if content is None or content.schema is None:
        return False
    outline = schemas.outline(content.schema)
    if outline.types & {"integer", "number"}:
        return True
    return any(
        normalised(name) in NUMBERS and "integer" in schemas.outline(inner).types
        for name, inner in outline.properties.items()
    )


def number_names(schemas: SchemaReader, response: DocumentedResponse | None, names: Words) -> frozenset[str]:
    """The properties of a response's bodies that have a number of records, by these names for it."""
    contents = response.content.values() if response is not None else ()
    return frozenset(
        name
        for content in contents
        for name, inner in schemas.outline(content.schema).properties.items()
        if normalised(name) in names and "integer" in schemas.outline(inner).types
    )
