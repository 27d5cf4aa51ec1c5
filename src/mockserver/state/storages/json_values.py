"""Fields, values and moments of sessions as text and numbers, and the log of what commits changed."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from mockserver.state.storage import Dropped, DropReason, Field

_EXACT = b" "
"""The first byte of a text that only the slower reader reads exactly: long integers, lone surrogates."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

KEPT_DELTAS = 64
"""So many changes of a session are kept, so that others who know an older version load only those."""
KEPT_DELTA_BYTES = 256 * 1024
"""A longer change is not kept: who knows an older version loads the session whole."""


def write_value(value: Any) -> bytes:
    """A value as JSON text."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return _EXACT + json.dumps(value, separators=(",", ":")).encode("ascii")


def read_value(text: bytes) -> Any:
    """The value of a text that `write_value` made."""
    return json.loads(text) if text[:1] == _EXACT else orjson.loads(text)


def read_field(text: bytes) -> Field:
    """The name of a field from its JSON text."""
    return tuple(read_value(text))


def merged_deltas(
    deltas: Iterable[tuple[list[str], Mapping[str, str]]],
) -> tuple[list[Field], dict[Field, Any]]:
    """What several changes, one after the other, remove and set; names and values are JSON text."""
    removed: dict[str, None] = {}
    fields: dict[str, str] = {}
    for gone, values in deltas:
        for name in gone:
            removed[name] = None
            fields.pop(name, None)
        fields.update(values)
    return (
        [read_field(name.encode()) for name in removed],
        {read_field(name.encode()): read_value(value.encode()) for name, value in fields.items()},
    )


def microseconds(moment: datetime) -> int:
    """A moment as a number, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(number: int) -> datetime:
    """The moment of a number."""
    return _EPOCH + number * _MICROSECOND


def dropped_of(session: str, reason: DropReason | None, at: int | None) -> Dropped | None:
    """What dropped a session, if anything did."""
    return None if reason is None or at is None else Dropped(session, reason, moment_of(at))
