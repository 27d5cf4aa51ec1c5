"""Infer the progress of a record accepted with 202: its states from the first to success."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from mockserver.generation.by_name.lifecycle_words import is_beginning
from mockserver.openapi.names import normalised, words
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.conventions import usual
from mockserver.resources.conventions.convention import words as words_in
from mockserver.resources.infer.plan_fields.assigned_fields import infer_assigned
from mockserver.resources.plan import Progress, Reason, Resource

_FAILURES = re.compile(
    r"fail|error|cancel|abort|reject|refus|time.?out|timed|expir|denied|declin|invalid|unknown|stop|paus"
    r"|skip|delet|partial|crash|kill|lost|conflict|unavail|suspend|warning|none",
    re.IGNORECASE,
)
_SUCCESSES = re.compile(
    r"succe|complet|done|finish|ready|processed|available|exported|imported|generated|applied|delivered"
    r"|closed|^ok$|resolved|approved|published",
    re.IGNORECASE,
)
_FLAGS = frozenset({"done", "completed", "complete", "finished", "iscomplete", "isdone", "isfinished"})
_PERCENT = re.compile(r"progress|percent|completion", re.IGNORECASE)
_STARTED = words_in("started start begun begin")
_ENDED = words_in("completed complete completion finished finish ended end done succeeded processed")
_RESULTS = words_in("result results output outputs download artifact artifacts report")


def infer_progress(
    resource: Resource, schemas: SchemaReader, collections: Collection[str]
) -> tuple[Progress | None, tuple[Reason, ...]]:
    """Infer the states that a record goes through; None when its schema does not enumerate them."""
    properties = resource.properties
    for name, schema in properties.items():
        states = _course(name, schema, schemas)
        if states:
            break
    else:
        return None, ()
    numbers = dict(_numbers(properties, schemas))
    results = frozenset(
        one
        for one, inner in properties.items()
        if _RESULTS & set(words(one))
        and one != resource.key
        and _may_be_missing(resource, one, inner, schemas)
    )
    moments = {one: parts for one in properties if (parts := set(words(one))) & usual.MOMENTS}
    starts = frozenset(one for one, parts in moments.items() if parts & _STARTED)
    ends = frozenset(one for one, parts in moments.items() if parts & _ENDED)
    assigned, _ = infer_assigned(resource, (), collections, schemas)
    progress = Progress(
        name, states, numbers=numbers, results=results, starts=starts, ends=ends, assigned=assigned
    )
    shown = ", ".join(f"`{state}`" for state in states)
    because = f"after a 202, each read moves `{name}` on: {shown}"
    return progress, (Reason("progress", because),)


def _course(name: str, schema: Schema, schemas: SchemaReader) -> tuple[Any, ...]:
    """The states from the first to success; empty when a property does not hold them."""
    target = schemas.target(schema)
    if normalised(name) in _FLAGS and "boolean" in schemas.outline(schema).types:
        return (False, True)
    values = target.get("enum")
    if not usual.STATES & set(words(name)[-1:]) or not isinstance(values, list):
        return ()
    return course(values)


def course(values: list[Any]) -> tuple[str, ...]:
    """The documented states in the order of a successful course, without failures."""
    known = [value for value in values if isinstance(value, str) and not _FAILURES.search(value)]
    ends = [value for value in known if _SUCCESSES.search(value)]
    beginnings = [value for value in known if value not in ends and is_beginning(value)]
    between = [value for value in known if value not in ends and value not in beginnings]
    found = (*beginnings, *between, *ends[-1:])
    return found if len(found) > 1 else ()


def _numbers(properties: Mapping[str, Schema], schemas: SchemaReader) -> Iterator[tuple[str, float]]:
    """The properties that hold the progress as a number, each with its value at the end."""
    for name, schema in properties.items():
        types = schemas.outline(schema).types
        if types & {"integer", "number"} and _PERCENT.search(name):
            yield name, 1 if "integer" not in types and schemas.target(schema).get("maximum") == 1 else 100


def _may_be_missing(resource: Resource, name: str, schema: Schema, schemas: SchemaReader) -> bool:
    """Whether a record may lack a property, or have null for it, until it is done."""
    target = schemas.target(schema)
    is_nullable = "null" in schemas.outline(schema).types or target.get("nullable") is True
    return is_nullable or name not in resource.required
