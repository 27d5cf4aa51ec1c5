"""Reservations: delete one for good, or mark it cancelled."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

from aiohttp import web

from .answers import Exchange, Refused, answer, nothing, parse_json
from .faults import active
from .tokens import Caller, Unauthenticated

WHOLE_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)", re.ASCII)
LARGEST_KEY = 2**63 - 1
STATUSES = ("CANCELLED",)


def delete(exchange: Exchange) -> web.Response:
    """Delete a user's reservation, if its time block lets it go."""
    caller = _caller(exchange)
    user_id, key = _number(exchange, "userId"), _number(exchange, "reservationId")
    if "admin" not in caller.roles and "doctor" not in caller.roles and caller.subject != str(user_id):
        _forbid_unless("others-allowed")
    row = _find(exchange.db, key)
    if row is None or row["hidden"] or (row["user_id"] != user_id and not active("owner-ignored")):
        if active("unknown-204"):
            return nothing()
        if active("second-500") and row is None and 0 < key < 1000:
            raise RuntimeError("Cannot read properties of null")
        raise _not_found()
    _permit(caller, row)
    _restrict(exchange.db, row)
    _remove(exchange.db, row)
    return nothing()


def _remove(db: sqlite3.Connection, row: sqlite3.Row) -> None:
    if active("without-effect"):
        return
    if active("only-hides"):
        db.execute("UPDATE reservations SET hidden = 1 WHERE id = ?", (row["id"],))
    elif active("removes-all"):
        db.execute("DELETE FROM reservations WHERE user_id = ?", (row["user_id"],))
    elif active("wrong-record"):
        db.execute(
            "DELETE FROM reservations WHERE id = (SELECT MAX(id) FROM reservations WHERE id <> ?)",
            (row["id"],),
        )
    else:
        db.execute("DELETE FROM reservations WHERE id = ?", (row["id"],))


def _restrict(db: sqlite3.Connection, row: sqlite3.Row) -> None:
    """Refuse while the time block is protected, as its foreign key does."""
    block = db.execute("SELECT protected FROM time_blocks WHERE id = ?", (row["time_block_id"],)).fetchone()
    if not block or not block["protected"] or active("protected-ignored"):
        return
    if active("protected-500"):
        raise sqlite3.IntegrityError("FOREIGN KEY constraint failed")
    body = (
        {}
        if active("protected-without-reason")
        else {"error": "The time block of this reservation is protected"}
    )
    raise Refused(200 if active("protected-answers-200") else 400, body)


def update(exchange: Exchange) -> web.Response:
    """Set a reservation's status and show it."""
    caller = _caller(exchange)
    key = _number(exchange, "reservationId")
    status = _status(exchange)
    row = _find(exchange.db, key)
    if row is None:
        if active("unknown-500"):
            raise RuntimeError("Record to update not found")
        if active("unknown-accepted"):
            return answer(200, {"id": key, "status": status})
        raise _not_found()
    _permit(caller, row)
    if not active("status-ignored"):
        exchange.db.execute("UPDATE reservations SET status = ? WHERE id = ?", (status, key))
    if active("reason-lost"):
        exchange.db.execute("UPDATE reservations SET reason = NULL WHERE id = ?", (key,))
    if active("owner-changed"):
        exchange.db.execute("UPDATE reservations SET user_id = doctor_id WHERE id = ?", (key,))
    shown = _shown(_find(exchange.db, key))
    if active("deletes"):
        exchange.db.execute("DELETE FROM reservations WHERE id = ?", (key,))
    return answer(200, shown)


def _status(exchange: Exchange) -> str:
    try:
        body = parse_json(exchange.raw)
    except ValueError:
        if active("malformed-500"):
            raise
        raise Refused(400, {"error": "Request body must be valid JSON"}) from None
    media_type = exchange.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise Refused(400, {"error": "Request body must be application/json"})
    status = body.get("status") if isinstance(body, dict) else None
    if active("empty-500") and status == "":
        raise RuntimeError("Invalid enum value")
    if not isinstance(status, str) or status not in STATUSES:
        raise Refused(400, {"error": f"status must be one of {', '.join(STATUSES)}"})
    return status


def _shown(row: sqlite3.Row | None) -> dict[str, Any]:
    assert row is not None
    return {
        "id": row["id"],
        "userId": row["user_id"],
        "doctorId": row["doctor_id"],
        "timeBlockId": row["time_block_id"],
        "status": row["status"].lower() if active("status-lowercased") else row["status"],
        "reason": row["reason"],
        "createdAt": row["created_at"],
    }


def _find(db: sqlite3.Connection, key: int) -> sqlite3.Row | None:
    if abs(key) > LARGEST_KEY:
        if active("huge-500"):
            raise OverflowError("value out of range for type bigint")
        return None
    row: sqlite3.Row | None = db.execute("SELECT * FROM reservations WHERE id = ?", (key,)).fetchone()
    return row


def _permit(caller: Caller, row: sqlite3.Row) -> None:
    """Let an admin touch any, a doctor those of the schedule, a patient the own."""
    if "admin" in caller.roles and not active("admin-refused"):
        return
    if "doctor" in caller.roles and not active("doctor-refused"):
        if caller.subject != str(row["doctor_id"]):
            _forbid_unless("any-doctor")
    elif "patient" not in caller.roles or caller.subject != str(row["user_id"]):
        _forbid_unless("others-allowed")


def _forbid_unless(flaw: str) -> None:
    if not active(flaw):
        raise Refused(401 if active("403-as-401") else 403, {"error": "Forbidden"})


def _caller(exchange: Exchange) -> Caller:
    try:
        return exchange.people.caller(exchange.request.headers.get("Authorization"))
    except Unauthenticated:
        status = 403 if active("401-as-403") else 401
        raise Refused(status, {"error": "Unauthorized"}, {"WWW-Authenticate": "Bearer"}) from None


def _number(exchange: Exchange, name: str) -> int:
    text = exchange.request.match_info[name]
    if not WHOLE_NUMBER.fullmatch(text) or len(text) > 4000:
        if active("text-id-500"):
            raise ValueError(f"invalid input syntax for type integer: {text!r}")
        raise Refused(400, {"error": f"{name} must be an integer"})
    number = int(text)
    if number < 0 and active("negative-500"):
        raise ValueError("id must be positive")
    return number


def _not_found() -> Refused:
    if active("error-as-text"):
        return Refused(404, "<h1>Not Found</h1>")
    return Refused(404, {"message" if active("error-key") else "error": "Reservation not found"})
