"""Citas: cancel one, whatever its state."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from .answers import Exchange, Refused, answer, parse_json
from .faults import active
from .tokens import Unauthenticated

WHOLE_NUMBER = re.compile(r"\d{1,18}", re.ASCII)
ROLES = {"admin", "asistente"}
COLUMNS = (
    "id",
    "cliente_id",
    "medico_id",
    "fecha_solicitada",
    "hora_solicitada",
    "fecha_confirmada",
    "hora_confirmada",
    "sintomas",
    "estado",
    "created_at",
)


def cancel(exchange: Exchange) -> web.Response:
    """Set a cita to cancelada, take its doctor away and show it."""
    _authorise(exchange)
    _read_body(exchange)
    row = _find(exchange.db, exchange.request.match_info["id"])
    if row is None:
        if active("unknown-accepted"):
            return answer(200, {"message": "Cita cancelada", "cita": None})
        raise _failed()
    if row["estado"] == "cancelada" and active("twice-refused"):
        raise Refused(409, {"message": "La cita ya está cancelada"})
    if row["estado"] == "completada" and active("completed-refused"):
        raise _failed()
    if row["medico_id"] is None and active("without-doctor-500"):
        raise _failed()
    key = _neighbour(exchange.db, row["id"]) if active("wrong-record") else row["id"]
    _write(exchange.db, key, _changes(row))
    shown = dict(exchange.db.execute("SELECT * FROM citas WHERE id = ?", (key,)).fetchone())
    if active("removes-record"):
        exchange.db.execute("DELETE FROM citas WHERE id = ?", (key,))
    return _shown({column: shown[column] for column in COLUMNS})


def _changes(row: sqlite3.Row) -> dict[str, Any]:
    changes: dict[str, Any] = {"estado": "cancelada", "medico_id": None}
    if active("doctor-kept"):
        del changes["medico_id"]
    if active("estado-kept"):
        del changes["estado"]
    if active("estado-misspelled"):
        changes["estado"] = "cancelado"
    lost = {
        "confirmed-date-lost": "fecha_confirmada",
        "confirmed-time-lost": "hora_confirmada",
        "symptoms-lost": "sintomas",
    }
    changes |= {column: None for flaw, column in lost.items() if active(flaw)}
    if active("confirmed-overwritten"):
        changes["fecha_confirmada"] = row["fecha_solicitada"]
        changes["hora_confirmada"] = row["hora_solicitada"]
    if active("created-at-renewed"):
        changes["created_at"] = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.000Z"
    return changes


def _write(db: sqlite3.Connection, key: int, changes: dict[str, Any]) -> None:
    if changes:
        marks = ", ".join(f"{column} = ?" for column in changes)
        db.execute(f"UPDATE citas SET {marks} WHERE id = ?", (*changes.values(), key))  # noqa: S608 - our own names


def _shown(cita: dict[str, Any]) -> web.Response:
    """Answer with the message and the cita, spoilt where a fault says so."""
    if active("id-as-text"):
        cita["id"] = str(cita["id"])
    if active("client-as-text"):
        cita["cliente_id"] = str(cita["cliente_id"])
    if active("doctor-as-zero"):
        cita["medico_id"] = 0
    if active("date-as-day-month"):
        year, month, day = cita["fecha_solicitada"][:10].split("-")
        cita["fecha_solicitada"] = f"{day}/{month}/{year}"
    if active("time-shifted") and cita["hora_confirmada"]:
        hour = (int(cita["hora_confirmada"][11:13]) + 1) % 24
        cita["hora_confirmada"] = f"{cita['hora_confirmada'][:11]}{hour:02}{cita['hora_confirmada'][13:]}"
    body = {
        "message": "Appointment cancelled" if active("message-english") else "Cita cancelada",
        "cita": cita,
    }
    if active("message-missing"):
        del body["message"]
    if active("answers-204"):
        return web.Response(status=204)
    return answer(201 if active("answers-201") else 200, cita if active("without-envelope") else body)


def _find(db: sqlite3.Connection, text: str) -> sqlite3.Row | None:
    if not WHOLE_NUMBER.fullmatch(text):
        return None
    row: sqlite3.Row | None = db.execute("SELECT * FROM citas WHERE id = ?", (int(text),)).fetchone()
    return row


def _neighbour(db: sqlite3.Connection, key: int) -> int:
    return int(db.execute("SELECT id FROM citas WHERE id <> ? LIMIT 1", (key,)).fetchone()["id"])


def _read_body(exchange: Exchange) -> None:
    """Want no body; one that claims to be JSON has to be."""
    if not exchange.raw:
        if active("body-required"):
            raise Refused(400, {"message": "El cuerpo es obligatorio"})
        return
    if exchange.request.headers.get("Content-Type", "").lower().startswith("application/json"):
        try:
            parse_json(exchange.raw)
        except ValueError:
            raise Refused(400, {"message": "JSON inválido"}) from None


def _authorise(exchange: Exchange) -> None:
    try:
        caller = exchange.people.caller(exchange.request.headers.get("Authorization"))
    except Unauthenticated:
        key = "error" if active("error-key") else "message"
        status = 403 if active("401-as-403") else 401
        raise Refused(status, {key: "Token no proporcionado"}, {"WWW-Authenticate": "Bearer"}) from None
    allowed = ROLES - {"asistente"} if active("asistente-refused") else ROLES
    if not caller.roles & allowed and not active("role-not-checked"):
        message = (
            "Access denied"
            if active("forbidden-english")
            else "Acceso denegado: requiere rol admin o asistente"
        )
        raise Refused(401 if active("403-as-401") else 403, {"message": message})


def _failed() -> Refused:
    if active("error-as-text"):
        return Refused(500, "<h1>Error</h1>")
    return Refused(500, {"message": "Error al cancelar cita"})
