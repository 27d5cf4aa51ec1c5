"""Infer what the numbers of a statistics response count: all records, or those with a value."""

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.openapi.names import normalised, singular
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.body_paths import BodyPath
from mockserver.resources.conventions import usual
from mockserver.resources.plan import Resource


def infer_groups(
    schema: Schema | None, resource: Resource, schemas: SchemaReader
) -> Mapping[BodyPath, tuple[Any, ...]]:
    """The paths of counts in a response, each with the property and the value that it counts."""
    found: dict[BodyPath, tuple[Any, ...]] = {}
    values = dict(_enumerated(resource, schemas))
    for name, inner in schemas.outline(schema).properties.items():
        outline, plain = schemas.outline(inner), normalised(name)
        if outline.types & {"integer", "number"}:
            group = _group(plain, values, resource)
            if group is not None:
                found[name,] = group
            continue
        by = next((one for one in values if plain in _grouping(normalised(one))), None)
        if by is None or not outline.is_object:
            continue
        if not outline.properties:
            found[name,] = (by,)
        for other in outline.properties:
            value = values[by].get(normalised(other))
            if value is not None:
                found[name, other] = (by, value)
    return found


def _enumerated(resource: Resource, schemas: SchemaReader) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The properties of a record with enumerated values, each with these, normalised."""
    for name, schema in resource.properties.items():
        values = schemas.target(schema).get("enum")
        if isinstance(values, list):
            yield name, {normalised(value): value for value in values if isinstance(value, str)}
        elif schemas.outline(schema).types == {"boolean"}:
            yield name, {normalised(name).removeprefix("is"): True}


def _group(name: str, values: Mapping[str, Mapping[str, Any]], resource: Resource) -> tuple[Any, ...] | None:
    """The property and value that a number of this name counts; None when it matches none."""
    several, one = normalised(resource.word), normalised(singular(resource.word))
    if name in usual.NUMBERS | {several, f"total{several}", f"{one}count", f"{several}count", "all"}:
        return ()
    for property_name, known in values.items():
        for said, value in known.items():
            by = normalised(property_name)
            if name in {said, said + several, said + "count", said + "total", "total" + said, by + said}:
                return (property_name, value)
    return None


def _grouping(name: str) -> set[str]:
    """Possible names of an object of counts by the values of a property."""
    return {f"by{name}", f"{name}counts", f"{name}count", f"per{name}", f"countby{name}", f"countsby{name}"}
