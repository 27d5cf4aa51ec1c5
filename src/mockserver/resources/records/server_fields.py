"""The fields of a record that are the server's: ids, the parents' ids, moments, how often it was changed."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from mockserver.generation.by_name.lifecycle_words import is_so, outcome
from mockserver.generation.by_name.property_vocabulary import STATES
from mockserver.openapi.names import normalised, words
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.schema_reader import Outline, SchemaReader
from mockserver.openapi.schema.validators import SchemaCompiler

_CREATED = {"created", "create", "creation", "inserted", "added", "placed", "ordered", "posted", "submitted"}
_UPDATED = {"updated", "update", "modified", "modification", "changed", "change"}
_ALONE = {"created", "updated", "modified"}
_MOMENT = {"at", "on", "date", "time", "timestamp", "datetime", "utc"}
_STATES = {"status", "state", "stage", "phase"}
_FIRST = (
    "new",
    "draft",
    "created",
    "pending",
    "open",
    "active",
    "available",
    "queued",
    "placed",
    "scheduled",
    "todo",
    "backlog",
    "received",
    "requested",
    "submitted",
    "unpaid",
    "notstarted",
)
_FIRST_OF_ALL = "active"


class ServerFields:
    """Writes what is the server's into records of one document."""

    def __init__(self, schemas: SchemaReader, compiler: SchemaCompiler) -> None:
        self._schemas = schemas
        self._compiler = compiler

    def fitting(self, schema: Schema, text: str) -> Any:
        """An id from a path in the type that a property has; None when it does not fit there."""
        types = self._schemas.outline(schema).types
        candidates: list[Any] = [text]
        if not types or types & {"integer", "number"}:
            candidates.insert(0 if types else 1, _number(text))
        valid = self._compiler.compile(schema, "response").is_valid
        return next((value for value in candidates if value is not None and valid(value)), None)

    def moments(self, properties: Mapping[str, Schema], now: datetime, *, created: bool) -> dict[str, Any]:
        """What the moments of creation and change are now, for the properties that hold them."""
        found = {}
        for name, schema in properties.items():
            if _says(name, _UPDATED) or (created and _says(name, _CREATED)):
                value = self._moment(schema, now, name)
                if value is not None:
                    found[name] = value
        return found

    def reached(
        self, properties: Mapping[str, Schema], old: Mapping[str, Any], new: Mapping[str, Any], now: datetime
    ) -> dict[str, Any]:
        """The moments that a change of state makes now: `cancelledAt` of what was cancelled."""
        before, after = (_states(record) for record in (old, new))
        found = {}
        for name, schema in properties.items():
            stem = outcome(name) if set(words(name)[-1:]) & _MOMENT and before != after else None
            if stem is None or any(is_so(stem, state) for state in before):
                continue
            value = self._moment(schema, now, name) if any(is_so(stem, state) for state in after) else None
            if value is not None:
                found[name] = value
        return found

    def _moment(self, schema: Schema, now: datetime, name: str) -> Any:
        outline = self._schemas.outline(schema)
        form = self._schemas.target(schema).get("format")
        write = _writer(outline, form, name)
        if write is None:
            return None
        value = write(now)
        return value if self._compiler.compile(schema, "response").is_valid(value) else None

    def is_moment(self, name: str) -> bool:
        """Whether a name speaks of the moment of creation, or of the last change."""
        return _says(name, _CREATED) or _says(name, _UPDATED)

    def first_status(self, name: str, schema: Schema, made: Any) -> Any:
        """The state that something new is in, for a property that tells the state; None for any other.

        The default, what sounds like a beginning, or the first that the document names; `made` is what
        was generated, where the document names none.
        """
        if not _STATES & set(words(name)[-1:]):
            return None
        target = self._schemas.target(schema)
        values = target.get("enum")
        if target.get("default") is not None:
            return target["default"]
        if not isinstance(values, list):
            return _FIRST_OF_ALL if made in STATES else None
        texts = {normalised(value): value for value in values if isinstance(value, str)}
        known = next((texts[text] for text in _FIRST if text in texts), None)
        return known if known is not None else next(iter(texts.values()), None)


def _states(record: Mapping[str, Any]) -> set[str]:
    """The states that a record says it is in."""
    named = (value for name, value in record.items() if _STATES & set(words(name)[-1:]))
    return {value for value in named if isinstance(value, str)}


def _says(name: str, what: set[str]) -> bool:
    """Whether a name speaks of the moment when that was done: `created`, `dateCreated`, `updated_at`."""
    parts = words(name)
    if parts[:1] == ("last",):
        parts = parts[1:]
    if len(parts) == 1:
        return bool(what & _ALONE & set(parts))
    return len(parts) <= 3 and bool(what & set(parts)) and bool(_MOMENT & set(parts))


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
    """How a moment is written in a property of this type and format."""
    if "string" in outline.types:
        if form == "date":
            return lambda now: now.date().isoformat()
        if form in {"date-time", "datetime", None}:
            return _timestamp
        return None
    if outline.types & {"integer", "number"}:
        if form == "int32" or "ms" not in words(name):
            return lambda now: int(now.timestamp())
        return lambda now: int(now.timestamp() * 1000)
    return None


def _timestamp(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
