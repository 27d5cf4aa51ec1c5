"""Server-assigned fields of a record: ids, parents' ids, timestamps, states."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from mockserver.generation.by_name.lifecycle_words import implies
from mockserver.generation.by_name.property_vocabulary import STATES
from mockserver.openapi.names import words
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.schema_reader import Outline, SchemaReader
from mockserver.openapi.schema.validators import SchemaCompiler
from mockserver.resources.plan import AssignedFields

_FIRST_OF_ALL = "active"


class ServerFields:
    """Makes the server-assigned fields of records of one document."""

    def __init__(self, schemas: SchemaReader, compiler: SchemaCompiler) -> None:
        self._schemas = schemas
        self._compiler = compiler

    def fitting(self, schema: Schema, text: str) -> Any:
        """An id from a path in the type of a property; None when it is not valid there."""
        types = self._schemas.outline(schema).types
        candidates: list[Any] = [text]
        if not types or types & {"integer", "number"}:
            candidates.insert(0 if types else 1, _number(text))
        valid = self._compiler.compile(schema, "response").is_valid
        return next((value for value in candidates if value is not None and valid(value)), None)

    def moments(
        self, properties: Mapping[str, Schema], assigned: AssignedFields, now: datetime, *, created: bool
    ) -> dict[str, Any]:
        """The current values of the properties for the times of creation and change."""
        names = assigned.updated | assigned.created if created else assigned.updated
        return self.now(properties, names, now)

    def now(self, properties: Mapping[str, Schema], names: frozenset[str], now: datetime) -> dict[str, Any]:
        """The current time in each of these properties, if their schema allows it."""
        written = (
            (name, self.moment(schema, now, name)) for name, schema in properties.items() if name in names
        )
        return {name: value for name, value in written if value is not None}

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
        outline = self._schemas.outline(schema)
        form = self._schemas.target(schema).get("format")
        write = _writer(outline, form, name)
        if write is None:
            return None
        value = write(now)
        return value if self._compiler.compile(schema, "response").is_valid(value) else None

    @staticmethod
    def first_state(name: str, assigned: AssignedFields, made: Any) -> Any:
        """The initial state of a new record; None for a property that holds no state.

        `made` is the generated value, used when the document enumerates no states.
        """
        found = assigned.initial.get(name)
        is_made_up = found is None and name in assigned.states and made in STATES
        return _FIRST_OF_ALL if is_made_up else found


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
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
