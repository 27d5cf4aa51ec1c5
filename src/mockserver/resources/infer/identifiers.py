"""The property that identifies a record, inferred from its path parameter."""

from collections.abc import Mapping

from mockserver.openapi.names import normalised, singular, words
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.conventions.record_words import VAGUE
from mockserver.resources.conventions.usual import IDS, NAMES


def candidates(parameter: str, word: str) -> tuple[str, ...]:
    """Possible names of the identifying property, normalised, the likeliest first.

    Args:
        parameter: the path's parameter: `petId`, `slug`, `issue_number`.
        word: what one record is called: `pet`.
    """
    parts = words(parameter)
    last = parts[-1] if parts else "id"
    one = normalised(singular(word))
    usual: tuple[str, ...]
    if last in IDS:
        usual = (last, one + last, *IDS, one + "id", one + "uuid")
    elif last in NAMES and normalised(parameter) != one:
        usual = (last, one + last, *NAMES, *IDS)
    else:
        usual = (*(() if last in NAMES else (last,)), *IDS, one + "id", *NAMES)
    return tuple(dict.fromkeys((normalised(parameter), *usual)))


def telling(parameter: str, word: str) -> frozenset[str]:
    """The property names, normalised, that distinguish a record from its envelope."""
    one, parts = normalised(singular(word)), words(parameter)
    last = {parts[-1]} - VAGUE if len(parts) > 1 else set()
    return frozenset({normalised(parameter), "id", "uuid", "guid", "sid", one + "id", *last})


def identifying(
    schemas: SchemaReader, properties: Mapping[str, Schema], names: tuple[str, ...]
) -> str | None:
    """The property of a record that identifies it; None when it has none."""
    known: dict[str, str] = {}
    for name in properties:
        known.setdefault(normalised(name), name)
    for candidate in names:
        found = known.get(candidate)
        if found is not None and _is_scalar(schemas, properties[found]):
            return found
    return None


def _is_scalar(schemas: SchemaReader, schema: Schema) -> bool:
    return schemas.outline(schema).types <= {"string", "integer", "number", "null"}
