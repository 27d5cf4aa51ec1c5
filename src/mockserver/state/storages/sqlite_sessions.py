"""Transactions on sessions in the tables of an SQLite file."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from mockserver.state.storage import (
    DROPPED,
    LASTING,
    NO_SESSION,
    Committed,
    Delta,
    DropReason,
    Field,
    Limits,
    Loaded,
    SessionSummary,
    StorageConflictError,
    counts_of,
)
from mockserver.state.storages.json_values import (
    DELTA_FIELDS,
    KEPT_DELTAS,
    SECOND,
    dropped_of,
    microseconds,
    moment_of,
    read_field,
    read_value,
    write_value,
)

_CONDITIONS = write_value(("conditions",))

FIND = """
SELECT s.version, s.used, w.name IS NOT NULL, d.reason, d.at FROM (SELECT 1)
LEFT JOIN sessions s ON s.name = ?1 LEFT JOIN watched w ON w.name = ?1 LEFT JOIN drops d ON d.name = ?1
"""
_NEXT = "UPDATE held SET version = version + 1, bytes = bytes + ? RETURNING version, bytes"
_UPDATE = "UPDATE sessions SET version = ?, used = ?, size = ?, changes = ? WHERE name = ?"
_SET = """
INSERT INTO fields (session, name, value) VALUES (?, ?, ?)
ON CONFLICT (session, name) DO UPDATE SET value = excluded.value
"""


def fields_of(db: sqlite3.Connection, session: str) -> dict[Field, Any]:
    """All fields of a session, in their order."""
    rows = db.execute("SELECT name, value FROM fields WHERE session = ? ORDER BY id", (session,))
    return {read_field(name): read_value(value) for name, value in rows}


def load(db: sqlite3.Connection, session: str, known: int) -> Loaded:
    """Load the changes of a session since the known version; everything if that version is unknown."""
    version, _, watched, reason, at = db.execute(FIND, (session,)).fetchone()
    is_watched = bool(watched)
    if version is None:
        dropped = dropped_of(session, reason, at)
        is_same = known == NO_SESSION and dropped is None
        return Loaded(None if is_same else NO_SESSION, watched=is_watched, dropped=dropped)
    if version == known:
        return Loaded(None, watched=is_watched)
    deltas = db.execute(
        "SELECT previous, change FROM deltas WHERE session = ? AND version > ? ORDER BY version",
        (session, known),
    ).fetchall()
    if deltas and deltas[0][0] == known != NO_SESSION:
        removed, fields = _changed(db, session, [read_value(change) for _, change in deltas])
        return Loaded(version, fields, removed, whole=False, watched=is_watched)
    return Loaded(version, fields_of(db, session), watched=is_watched)


def _changed(
    db: sqlite3.Connection, session: str, changes: list[tuple[list[str], list[str]]]
) -> tuple[list[Field], dict[Field, Any]]:
    """Fields that commits removed, and current values of fields that they set; missing ones are removed."""
    removed = {name: None for gone, _ in changes for name in gone}
    rows = []
    for name in dict.fromkeys(name for _, names in changes for name in names):
        row = db.execute(
            "SELECT id, name, value FROM fields WHERE session = ? AND name = ?", (session, name.encode())
        ).fetchone()
        if row is None:
            removed[name] = None
        else:
            rows.append(row)
    rows.sort()
    return (
        [read_field(name.encode()) for name in removed],
        {read_field(name): read_value(value) for _, name, value in rows},
    )


def commit(
    db: sqlite3.Connection, session: str, expected: int, delta: Delta, now: datetime, limits: Limits
) -> Committed:
    """Change, create or drop a session."""
    found = db.execute("SELECT version, size, used FROM sessions WHERE name = ?", (session,)).fetchone()
    version, size, used = (NO_SESSION, 0, 0) if found is None else found
    if version != expected:
        raise StorageConflictError(session)
    if delta.drop:
        forget(db, session)
        return Committed(NO_SESSION)
    gone: list[str] = []
    if found is None:
        gone = _make_room(db, now, limits)
    new, held = db.execute(_NEXT, (delta.size - size,)).fetchone()
    moment = microseconds(now)
    if found is None:
        db.execute(
            "INSERT INTO sessions VALUES (?, ?, ?, ?, ?)", (session, new, moment, delta.size, delta.changes)
        )
    else:
        # The time of use is indexed, and may lag by a second.
        used = moment if moment - used >= SECOND else used
        db.execute(_UPDATE, (new, used, delta.size, delta.changes, session))
    _write_fields(db, session, expected, new, delta)
    if held > limits.bytes and delta.size > size:
        gone += _free_bytes(db, session, now, limits)
    return Committed(new, tuple(gone))


def _write_fields(db: sqlite3.Connection, session: str, previous: int, version: int, delta: Delta) -> None:
    removed = [write_value(name) for name in delta.removed]
    fields = [(write_value(name), write_value(value)) for name, value in delta.fields.items()]
    for name in removed:
        db.execute("DELETE FROM fields WHERE session = ? AND name = ?", (session, name))
    for name, value in fields:
        db.execute(_SET, (session, name, value))
    if previous == NO_SESSION:
        return
    if len(removed) + len(fields) > DELTA_FIELDS:
        db.execute("DELETE FROM deltas WHERE session = ?", (session,))
        return
    change = write_value([[name.decode() for name in removed], [name.decode() for name, _ in fields]])
    db.execute("INSERT INTO deltas VALUES (?, ?, ?, ?)", (session, version, previous, change))
    if version % (KEPT_DELTAS // 4) == 0:
        db.execute(
            "DELETE FROM deltas WHERE session = ?1 AND version <= (SELECT version FROM deltas "
            "WHERE session = ?1 ORDER BY version DESC LIMIT 1 OFFSET ?2)",
            (session, KEPT_DELTAS),
        )


def summaries(db: sqlite3.Connection) -> list[SessionSummary]:
    """The entries of a list of sessions, the least recently used first."""
    rows = db.execute(
        "SELECT s.name, s.changes, s.used, f.value FROM sessions s "
        "LEFT JOIN fields f ON f.session = s.name AND f.name = ? ORDER BY s.used",
        (_CONDITIONS,),
    ).fetchall()
    return [
        SessionSummary(
            name,
            changes,
            moment_of(used),
            None if conditions is None else read_value(conditions),
            {} if conditions is None else counts_of(fields_of(db, name)),
        )
        for name, changes, used, conditions in rows
    ]


def use(db: sqlite3.Connection, used: Iterable[tuple[str, int]]) -> None:
    """Record when sessions were last used."""
    db.executemany("UPDATE sessions SET used = ?2 WHERE name = ?1 AND used < ?2", used)


def drop_unused(db: sqlite3.Connection, before: datetime, reason: DropReason, now: datetime) -> list[str]:
    """Drop the sessions that were not used since a moment, except the lasting ones."""
    rows = db.execute("SELECT name FROM sessions WHERE used <= ? ORDER BY used", (microseconds(before),))
    names = [name for (name,) in rows if name not in LASTING]
    for name in names:
        drop(db, name, reason, now)
    return names


def drop(db: sqlite3.Connection, session: str, reason: DropReason, now: datetime) -> None:
    """Drop a session for a reason other than a request by name, and remember that."""
    forget(db, session)
    db.execute(
        "INSERT INTO dropped VALUES (?, 1) ON CONFLICT (reason) DO UPDATE SET number = number + 1", (reason,)
    )
    db.execute(
        "INSERT OR REPLACE INTO drops (name, reason, at) VALUES (?, ?, ?)",
        (session, reason, microseconds(now)),
    )
    db.execute("DELETE FROM drops WHERE id <= (SELECT max(id) FROM drops) - ?", (DROPPED,))


def forget(db: sqlite3.Connection, session: str) -> bool:
    """Delete a session; False when there is none."""
    found = db.execute("DELETE FROM sessions WHERE name = ? RETURNING size", (session,)).fetchone()
    if found is None:
        return False
    db.execute("UPDATE held SET bytes = bytes - ?", found)
    db.execute("DELETE FROM fields WHERE session = ?", (session,))
    db.execute("DELETE FROM deltas WHERE session = ?", (session,))
    return True


def _make_room(db: sqlite3.Connection, now: datetime, limits: Limits) -> list[str]:
    """Drop idle sessions, then others until there is room for one more; the lasting ones stay."""
    gone = drop_unused(db, now - limits.idle, "idle", now)
    (count,) = db.execute("SELECT count(*) FROM sessions").fetchone()
    excess = count - limits.sessions + 1
    if excess > 0:
        others = "SELECT name FROM sessions WHERE name NOT IN (?, ?) ORDER BY used LIMIT ?"
        for (name,) in db.execute(others, (*LASTING, excess)).fetchall():
            drop(db, name, "count", now)
            gone.append(name)
    return gone


def _free_bytes(db: sqlite3.Connection, session: str, now: datetime, limits: Limits) -> list[str]:
    """Evict other sessions until all together are within the limit."""
    gone: list[str] = []
    others = "SELECT name FROM sessions WHERE size > 0 AND name NOT IN (?, ?, ?) ORDER BY used LIMIT 1"
    while db.execute("SELECT bytes FROM held").fetchone()[0] > limits.bytes:
        found = db.execute(others, (*LASTING, session)).fetchone()
        if found is None:
            break
        drop(db, found[0], "size", now)
        gone.append(found[0])
    return gone
