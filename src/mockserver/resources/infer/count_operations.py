"""Recognise operations that count records, and where their answers have the number."""

from mockserver.openapi.names import normalised
from mockserver.openapi.operation import MediaType
from mockserver.openapi.schema.schema_reader import SchemaReader

COUNTING = {"count", "counts", "total", "totalcount"}
"""How the last segment of a path calls it."""
COUNTS = {"count", "total", "totalcount", "totalitems", "number", "quantity"}
"""What a number of records is called in an answer."""


def tells_number(schemas: SchemaReader, content: MediaType | None) -> bool:
    """Whether an answer is a number, or an object that has one under a name for counts."""
    if content is None or content.schema is None:
        return False
    outline = schemas.outline(content.schema)
    if outline.types & {"integer", "number"}:
        return True
    return any(
        normalised(name) in COUNTS and "integer" in schemas.outline(inner).types
        for name, inner in outline.properties.items()
    )
