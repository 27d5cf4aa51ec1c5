"""Fields, values and moments of sessions as text and numbers, for storages outside of the process."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from mockserver.state.storage import Dropped, DropReason, Field

_EXACT = b" "
"""The first byte of a text that only the slower reader reads exactly: long integers, lone surrogates."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
"""In microseconds."""

KEPT_DELTAS = 64
"""Of so many commits it is kept which fields they changed: who knows an older version loads only those."""
DELTA_FIELDS = 1_000
"""A commit that changed more fields is not kept so: the session is loaded whole after it."""


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


def microseconds(moment: datetime) -> int:
    """A moment as a number, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of(number: int) -> datetime:
    """The moment of a number."""
    return _EPOCH + number * _MICROSECOND


def dropped_of(session: str, reason: DropReason | None, at: int | None) -> Dropped | None:
    """What dropped a session, if anything did."""
    return None if reason is None or at is None else Dropped(session, reason, moment_of(at))
