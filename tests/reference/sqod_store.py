"""Appointments in their tables: read as the documented resource, changed field by field."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from .faults import active
from .sqod_rules import FLAGS

PLAIN = (
    "id",
    "reference",
    "appointment_at",
    "duration_in_minutes",
    "is_interpreter_needed",
    "interpreter_language",
    "status",
    "url",
    "created_at",
    "cancelled_at",
    "cancellation_reason",
    *(flag for flag in FLAGS if flag.startswith("features_")),
    "features_bandwidth",
    "use_custom_post_call_redirect",
    "custom_user_post_call_redirect_url",
    "custom_agent_post_call_redirect_url",
)
SESSION = ("session_started_at", "session_ended_at")
PERSON = ("name", "phone_number", "email", "date_of_birth")
ITEM = ("id", "value", "name", "type", "required")
MEETING = ("id", "room_name", "room_url", "start_date", "end_date")


def find(db: sqlite3.Connection, key: str) -> sqlite3.Row | None:
    """Find an appointment's row by its UUID."""
    row: sqlite3.Row | None = db.execute("SELECT * FROM appointments WHERE id = ?", (key,)).fetchone()
    return row


def neighbour(db: sqlite3.Connection, key: str) -> str:
    """Name another appointment than this one."""
    return str(db.execute("SELECT id FROM appointments WHERE id <> ? LIMIT 1", (key,)).fetchone()["id"])


def resource(db: sqlite3.Connection, key: str) -> dict[str, Any]:
    """Show an appointment as documented; what has no value is left out."""
    row = find(db, key)
    assert row is not None
    shown = _present(row, PLAIN) | {field: row[field] for field in SESSION}
    department = db.execute("SELECT * FROM departments WHERE id = ?", (row["department_id"],)).fetchone()
    if department:
        number = department["uuid"] if active("department-id-uuid") else department["id"]
        shown["department"] = {"id": number, "name": department["name"]}
    person = db.execute("SELECT * FROM claimants WHERE appointment_id = ?", (key,)).fetchone()
    if person:
        shown["claimant"] = _present(person, PERSON) | {"data": _items(db, key)}
    meeting = db.execute("SELECT * FROM meetings WHERE appointment_id = ?", (key,)).fetchone()
    if meeting:
        shown["meeting"] = _present(meeting, MEETING)
    return shown


def _present(row: sqlite3.Row, columns: tuple[str, ...]) -> dict[str, Any]:
    shown = {column: row[column] for column in columns if row[column] is not None}
    booleans = () if active("booleans-as-numbers") else (*FLAGS, "required")
    return {column: bool(value) if column in booleans else value for column, value in shown.items()}


def _items(db: sqlite3.Connection, key: str) -> list[dict[str, Any]] | None:
    rows = db.execute(
        "SELECT * FROM claimant_data WHERE appointment_id = ? ORDER BY position", (key,)
    ).fetchall()
    if not rows and active("data-null"):
        return None
    return [_present(row, ITEM) for row in rows]


def set_columns(db: sqlite3.Connection, table: str, key: str, values: Mapping[str, Any]) -> None:
    """Write these columns of an appointment's row in a table and leave the others alone."""
    if values:
        column = "id" if table == "appointments" else "appointment_id"
        marks = ", ".join(f"{name} = ?" for name in values)
        db.execute(f"UPDATE {table} SET {marks} WHERE {column} = ?", (*values.values(), key))  # noqa: S608 - our own names


def department_number(db: sqlite3.Connection, uuid: str) -> int | None:
    """Look up the number of the department with this UUID."""
    row = db.execute("SELECT id FROM departments WHERE uuid = ?", (uuid.lower(),)).fetchone()
    return row["id"] if row else None


def change(db: sqlite3.Connection, key: str, sent: dict[str, Any]) -> None:
    """Write what was sent, and nothing else."""
    values = {field: value for field, value in sent.items() if field not in ("claimant", "department_id")}
    if "department_id" in sent and not active("department-not-moved"):
        values["department_id"] = department_number(db, sent["department_id"])
    if sent and active("resets-others"):
        values = dict.fromkeys((*FLAGS, "interpreter_language")) | values
    if sent and active("revives-cancelled"):
        values = {"cancelled_at": None, "cancellation_reason": None} | values
    set_columns(db, "appointments", key, _distorted(values))
    if "claimant" in sent:
        _change_claimant(db, key, dict(sent["claimant"]))


def _distorted(values: dict[str, Any]) -> dict[str, Any]:
    """Spoil values on their way into the table, when a fault says so."""
    if active("false-ignored"):
        values = {field: value for field, value in values.items() if value is not False}
    if active("null-ignored"):
        values = {field: value for field, value in values.items() if value is not None}
    if active("language-ignored"):
        values.pop("interpreter_language", None)
    language = values.get("interpreter_language") or ""
    if language and active("language-lowercased"):
        values["interpreter_language"] = language.lower()
    if language and active("language-truncated"):
        values["interpreter_language"] = language[:5]
    if "appointment_at" in values and active("time-shifted"):
        values["appointment_at"] = _moved(values["appointment_at"], timedelta(hours=1))
    return values


def _moved(text: str, by: timedelta) -> str:
    moved = datetime.fromisoformat(text[:19]) + by
    return moved.isoformat() + text[19:]


def _change_claimant(db: sqlite3.Connection, key: str, sent: dict[str, Any]) -> None:
    items = sent.pop("data", None)
    db.execute("INSERT OR IGNORE INTO claimants (appointment_id) VALUES (?)", (key,))
    if active("nested-merge-lost"):
        sent = dict.fromkeys(PERSON) | sent
    if sent.get("name") and active("name-trimmed"):
        sent["name"] = sent["name"].strip()
    if sent.get("date_of_birth") and active("birth-date-off-by-one"):
        day = datetime.fromisoformat(sent["date_of_birth"]) - timedelta(days=1)
        sent["date_of_birth"] = day.date().isoformat()
    set_columns(db, "claimants", key, sent)
    if items is not None:
        _merge_items(db, key, items)


def _merge_items(db: sqlite3.Connection, key: str, items: list[dict[str, Any]]) -> None:
    """Give known items their new value and append unknown ones; an item without an id names nothing."""
    if active("data-replaced"):
        db.execute("DELETE FROM claimant_data WHERE appointment_id = ?", (key,))
    if active("data-ignored"):
        return
    for item in items:
        if "id" not in item:
            continue
        where = (key, item["id"])
        if "value" in item:
            db.execute(
                "UPDATE claimant_data SET value = ? WHERE appointment_id = ? AND id = ?",
                (item["value"], *where),
            )
        if active("data-label-lost"):
            db.execute(
                "UPDATE claimant_data SET name = NULL, type = NULL WHERE appointment_id = ? AND id = ?", where
            )
        found = db.execute(
            "SELECT 1 FROM claimant_data WHERE appointment_id = ? AND id = ?", where
        ).fetchone()
        if not found:
            db.execute(
                "INSERT INTO claimant_data (appointment_id, position, id, value) "
                "VALUES (?, (SELECT COUNT(*) FROM claimant_data WHERE appointment_id = ?), ?, ?)",
                (key, *where, item.get("value")),
            )
