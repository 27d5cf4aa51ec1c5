"""Transactions on events and counters in the tables of an SQLite file."""

import sqlite3
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from mockserver.state.storages.events import CountName, Counts, EventKind, Events
from mockserver.state.storages.json_values import read_value, write_value

_PUT = "INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?, ?)"


def publish(db: sqlite3.Connection, kind: EventKind, events: Iterable[tuple[Any, int]]) -> None:
    """Store events, and assign their numbers."""
    total, kept, size = _kind(db, kind)
    rows = []
    for event, large_size in events:
        total += 1
        event.number = total
        row = _row(kind, event, large_size)
        size += row[-1]
        rows.append(row)
    kept += len(rows)
    db.executemany(_PUT, rows)
    db.execute(
        "UPDATE kinds SET total = ?, kept = ?, bytes = ? WHERE name = ?", (total, kept, size, kind.name)
    )
    _trim(db, kind, kept, size)


def _kind(db: sqlite3.Connection, kind: EventKind) -> tuple[int, int, int]:
    db.execute("INSERT OR IGNORE INTO kinds (name) VALUES (?)", (kind.name,))
    found: tuple[int, int, int] = db.execute(
        "SELECT total, kept, bytes FROM kinds WHERE name = ?", (kind.name,)
    ).fetchone()
    return found


def _row(kind: EventKind, event: Any, size: int) -> tuple[Any, ...]:
    value, large = kind.parts(event)
    text = None if large is None else write_value(large)
    return kind.name, event.number, event.session, write_value(value), text, 0 if text is None else size


def _trim(db: sqlite3.Connection, kind: EventKind, kept: int, size: int) -> None:
    """Drop the oldest events beyond the limit, and the droppable parts of the oldest beyond their bytes."""
    if kept > kind.limit:
        gone = db.execute(
            "DELETE FROM events WHERE kind = ?1 AND number IN "
            "(SELECT number FROM events WHERE kind = ?1 ORDER BY number LIMIT ?2) RETURNING number, size",
            (kind.name, kept - kind.limit),
        ).fetchall()
        size -= sum(each for _, each in gone)
        db.execute(
            "UPDATE kinds SET kept = ?, dropped = dropped + ?, lost = ?, bytes = ? WHERE name = ?",
            (kind.limit, len(gone), max(number for number, _ in gone), size, kind.name),
        )
    while size > kind.bytes:
        number, each = db.execute(
            "SELECT number, size FROM events WHERE kind = ? AND size > 0 ORDER BY number LIMIT 1",
            (kind.name,),
        ).fetchone()
        size -= each
        db.execute(
            "UPDATE events SET large = NULL, size = 0 WHERE kind = ? AND number = ?", (kind.name, number)
        )
        db.execute("UPDATE kinds SET bytes = ? WHERE name = ?", (size, kind.name))


def update(db: sqlite3.Connection, kind: EventKind, event: Any) -> None:
    """Replace the event with the same number; a dropped part is not stored again."""
    value, large = kind.parts(event)
    db.execute(
        "UPDATE events SET value = ?3, large = CASE WHEN large IS NULL THEN NULL ELSE ?4 END "
        "WHERE kind = ?1 AND number = ?2",
        (kind.name, event.number, write_value(value), None if large is None else write_value(large)),
    )


def read(db: sqlite3.Connection, kind: EventKind, after: int) -> Events:
    """The events after a number."""
    found = db.execute(
        "SELECT total, removed, dropped, lost, forgettings FROM kinds WHERE name = ?", (kind.name,)
    ).fetchone()
    if found is None:
        return Events([])
    rows = db.execute(
        "SELECT number, value, large FROM events WHERE kind = ? AND number > ? ORDER BY number",
        (kind.name, after),
    )
    return Events([_event(kind, *row) for row in rows], *found)


def _event(kind: EventKind, number: int, value: bytes, large: bytes | None) -> Any:
    return kind.event(number, read_value(value), None if large is None else read_value(large))


def forget(
    db: sqlite3.Connection, kind: EventKind, session: str | None, numbers: Collection[int] | None
) -> list[Any]:
    """Delete events, and return them."""
    total, _, _ = _kind(db, kind)
    rows = db.execute(
        "SELECT number, value, large FROM events WHERE kind = ?1 AND (?2 IS NULL OR session = ?2) "
        "ORDER BY number",
        (kind.name, session),
    ).fetchall()
    rows = [row for row in rows if numbers is None or row[0] in numbers]
    db.executemany("DELETE FROM events WHERE kind = ? AND number = ?", ((kind.name, row[0]) for row in rows))
    if session is None and numbers is None:
        db.execute("UPDATE kinds SET removed = ?, dropped = 0, lost = 0 WHERE name = ?", (total, kind.name))
    else:
        db.execute("UPDATE kinds SET removed = removed + ? WHERE name = ?", (len(rows), kind.name))
    _count_anew(db, kind)
    return [_event(kind, *row) for row in rows]


def restore(db: sqlite3.Connection, kind: EventKind, events: Iterable[tuple[Any, int]]) -> None:
    """Restore deleted events in their places."""
    _kind(db, kind)
    rows = [_row(kind, event, size) for event, size in events]
    count = sum(db.execute(_PUT, row).rowcount for row in rows)
    db.execute("UPDATE kinds SET removed = removed - ? WHERE name = ?", (count, kind.name))
    _trim(db, kind, *_count_anew(db, kind))


def _count_anew(db: sqlite3.Connection, kind: EventKind) -> tuple[int, int]:
    kept: int
    size: int
    kept, size = db.execute(
        "SELECT count(*), coalesce(sum(size), 0) FROM events WHERE kind = ?", (kind.name,)
    ).fetchone()
    db.execute(
        "UPDATE kinds SET kept = ?, bytes = ?, forgettings = forgettings + 1 WHERE name = ?",
        (kept, size, kind.name),
    )
    return kept, size


def add_counts(db: sqlite3.Connection, counts: Mapping[CountName, int], limit: int) -> None:
    """Add to counters; increments of names beyond the limit are only counted as a total."""
    (room,) = db.execute("SELECT ? - count(*) FROM counts", (limit,)).fetchone()
    for (session, *others), number in counts.items():
        name = write_value(others)
        changed = db.execute(
            "UPDATE counts SET number = number + ? WHERE session = ? AND name = ?", (number, session, name)
        )
        if changed.rowcount:
            continue
        if room > 0:
            room -= 1
            db.execute("INSERT INTO counts VALUES (?, ?, ?)", (session, name, number))
        else:
            db.execute("UPDATE facts SET value = value + ? WHERE name = 'uncounted'", (number,))


def counts(db: sqlite3.Connection) -> Counts:
    """All counters."""
    rows = db.execute("SELECT session, name, number FROM counts")
    found = {(session, *read_value(name)): number for session, name, number in rows}
    (uncounted,) = db.execute("SELECT value FROM facts WHERE name = 'uncounted'").fetchone()
    return Counts(found, uncounted)


def forget_counts(db: sqlite3.Connection, session: str | None) -> None:
    """Delete the counters of a session, or all."""
    if session is None:
        db.execute("UPDATE facts SET value = 0 WHERE name = 'uncounted'")
    db.execute("DELETE FROM counts WHERE ?1 IS NULL OR session = ?1", (session,))
