"""Server-assigned fields of a record: ids, parents' ids, timestamps, states."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from mockserver.generation.by_name.lifecycle_words import implies
from mockserver.openapi.names import words
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.schema_reader import Outline, SchemaReader
from mockserver.openapi.schema.validators import Checker, SchemaCompiler
from mockserver.resources.plan import AssignedFields


class TimeField(NamedTuple):
    """A property that holds a time: how it is written, and how it is validated."""

    name: str
    write: Callable[[datetime], Any]
    checker: Checker


class ServerFields:
    """Makes the server-assigned fields of records of one document."""

    def __init__(self, schemas: SchemaReader, compiler: SchemaCompiler) -> None:
        self._schemas = schemas
        self._compiler = compiler
        #: Whether ids of a schema are numbers, None where it names no type; and its validator.
        self._known_ids: dict[int, tuple[Schema, bool | None, Checker]] = {}

    def fitting(self, schema: Schema, text: str) -> Any:
        """An id from a path in the type of a property; None when it is not valid there."""
        known = self._known_ids.get(id(schema))
        if known is None:
            types = self._schemas.outline(schema).types
            is_number = bool(types & {"integer", "number"}) if types else None
            # The schema is kept alive: otherwise its id could be reused.
            known = (schema, is_number, self._compiler.compile(schema, "response"))
            self._known_ids[id(schema)] = known
        _, is_number, checker = known
        if is_number and (number := _number(text)) is not None and checker.is_valid(number):
            return number
        if checker.is_valid(text):
            return text
        if is_number is None and (number := _number(text)) is not None and checker.is_valid(number):
            return number
        return None

    def times(self, properties: Mapping[str, Schema], names: frozenset[str]) -> tuple[TimeField, ...]:
        """Those of these properties that hold a time."""
        found = (
            (name, self._writer(schema, name), self._compiler.compile(schema, "response"))
            for name, schema in properties.items()
            if name in names
        )
        return tuple(TimeField(name, write, checker) for name, write, checker in found if write is not None)

    def reached(
        self,
        properties: Mapping[str, Schema],
        assigned: AssignedFields,
        old: Mapping[str, Any],
        new: Mapping[str, Any],
        now: datetime,
    ) -> dict[str, Any]:
        """The timestamps that a change of state sets: `cancelledAt` of a cancelled order."""
        before, after = (_states(record, assigned.states) for record in (old, new))
        found: dict[str, Any] = {}
        if before == after:
            return found
        for name, stem in assigned.reached.items():
            if any(implies(stem, state) for state in before):
                continue
            schema = properties.get(name, True)
            value = self.moment(schema, now, name) if any(implies(stem, state) for state in after) else None
            if value is not None:
                found[name] = value
        return found

    def moment(self, schema: Schema, now: datetime, name: str) -> Any:
        """A time in the format of a property; None when the property holds no time."""
        write = self._writer(schema, name)
        if write is None:
            return None
        value = write(now)
        return value if self._compiler.compile(schema, "response").is_valid(value) else None

    def _writer(self, schema: Schema, name: str) -> Callable[[datetime], Any] | None:
        return _writer(self._schemas.outline(schema), self._schemas.target(schema).get("format"), name)


def at_moment(fields: tuple[TimeField, ...], now: datetime) -> dict[str, Any]:
    """The current time in each of these properties, if their schema allows it."""
    written = ((name, write(now), checker) for name, write, checker in fields)
    return {name: value for name, value, checker in written if checker.is_valid(value)}


def _states(record: Mapping[str, Any], names: frozenset[str]) -> set[str]:
    """The current states of a record."""
    return {value for name in names if isinstance(value := record.get(name), str)}


def _number(text: str) -> int | float | None:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number == number and abs(number) != float("inf") else None


def _writer(outline: Outline, form: Any, name: str) -> Callable[[datetime], Any] | None:
    """The function that formats a time for a property of this type and format; None when it holds no time."""
    if "string" in outline.types:
        if form == "date":
            return lambda now: now.date().isoformat()
        if form in {"date-time", "datetime", "dateTime", None}:
            return _timestamp
        return None
    if outline.types & {"integer", "number"}:
        if form == "int32" or "ms" not in words(name):
            return lambda now: int(now.timestamp())
        return lambda now: int(now.timestamp() * 1000)
    return None


def _timestamp(now: datetime) -> str:
    return f"{now.astimezone(UTC).isoformat()[:19]}Z"
