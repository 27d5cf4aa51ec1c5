"""Convert fields, values and times of sessions to text and numbers, for storages outside the process."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from mockserver.state.storage import Dropped, DropReason, Field

_EXACT = b" "
"""First byte of a text that needs the slower, exact parser: long integers, lone surrogates."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
"""A second in microseconds."""

KEPT_DELTAS = 64
"""Number of commits whose changed fields are kept; older versions are loaded whole."""
DELTA_FIELDS = 1_000
"""A commit with more changed fields is not kept so: the session is loaded whole after it."""


def write_value(value: Any) -> bytes:
    """Encode a value as JSON text."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return _EXACT + json.dumps(value, separators=(",", ":")).encode("ascii")


def read_value(text: bytes) -> Any:
    """Decode a text that `write_value` made."""
    return json.loads(text) if text[:1] == _EXACT else orjson.loads(text)


def read_field(text: bytes) -> Field:
    """Decode the name of a field from its JSON text."""
    return tuple(read_value(text))


def microseconds(moment: datetime) -> int:
    """Convert a time to an exact number of microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(number: int) -> datetime:
    """Convert microseconds since 1970 to a time."""
    return _EPOCH + number * _MICROSECOND


def dropped_of(session: str, reason: DropReason | None, at: int | None) -> Dropped | None:
    """The record of why a session was dropped, if it was."""
    return None if reason is None or at is None else Dropped(session, reason, moment_of(at))
