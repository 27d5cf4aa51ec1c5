"""Appointments: cancel, update, and the update that comes as a form."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from . import sqod_store as store
from .answers import Exchange, Refused, answer, nothing, parse_json
from .faults import active
from .forms import read_form
from .sqod_rules import UUID, InvalidError, checked, string, unprocessable
from .tokens import Unauthenticated

WRITERS = {"agent", "administrator"}
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


def cancel(exchange: Exchange) -> web.Response:
    """Cancel an appointment, once; a cancelled one stays as it is."""
    key = _appointment(exchange)
    reason = _reason(exchange)
    row = store.find(exchange.db, key)
    if row and row["status"] == "cancelled" and row["cancelled_at"]:
        if active("twice-refused"):
            raise Refused(409, {"message": "The appointment is already cancelled."})
        if active("twice-500"):
            raise RuntimeError("Invalid state transition")
        if not active("twice-overwrites"):
            return nothing()
    if active("wrong-record"):
        key = store.neighbour(exchange.db, key)
    if active("removes-record"):
        exchange.db.execute("DELETE FROM appointments WHERE id = ?", (key,))
    store.set_columns(exchange.db, "appointments", key, _cancellation(reason))
    return nothing()


def _cancellation(reason: str | None) -> dict[str, Any]:
    now = datetime.now(UTC) + timedelta(hours=2 if active("date-shifted") else 0)
    values: dict[str, Any] = {
        "status": "cancelled",
        "cancelled_at": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z",
    }
    if reason is not None:
        values["cancellation_reason"] = reason[:20] if active("reason-truncated") else reason
    if active("without-effect"):
        return {}
    lost = {"status-kept": "status", "date-missing": "cancelled_at", "reason-lost": "cancellation_reason"}
    return {
        column: value
        for column, value in values.items()
        if not any(active(flaw) and column == field for flaw, field in lost.items())
    }


def _reason(exchange: Exchange) -> str | None:
    if not exchange.raw.strip() and active("body-optional"):
        return None
    body = _json_object(exchange)
    if body is None:
        raise unprocessable({"body": ["The request body is required."]})
    if "cancellation_reason" not in body:
        return None
    reason = body["cancellation_reason"]
    if active("number-accepted") and isinstance(reason, int):
        return str(reason)
    if active("null-accepted") and reason is None:
        return None
    try:
        text = string(reason)
    except InvalidError as refusal:
        raise unprocessable({"cancellation_reason": [f"The cancellation reason field {refusal}."]}) from None
    if (active("empty-500") and not text) or (active("long-500") and len(text) > 255):
        raise RuntimeError("Data too long for column cancellation_reason")
    return text


def update(exchange: Exchange) -> web.Response:
    """Change the fields that were sent and show the appointment."""
    key = _appointment(exchange)
    methods = exchange.request.query.getall("_method", [])
    if any(method != "PATCH" for method in methods) and not active("method-query-open"):
        raise unprocessable({"_method": ["The selected _method is invalid."]})
    return _updated(exchange, key, _json_object(exchange) or {})


def override(exchange: Exchange) -> web.Response:
    """Answer POST as PATCH when the query says so; a form is welcome here."""
    methods = exchange.request.query.getall("_method", [])
    spelled = not methods if active("any-post") else False
    wrong_verb = active("wrong-verb") and methods == ["DELETE"]
    if active("ignored") or not (spelled or wrong_verb or (methods and set(methods) == {"PATCH"})):
        message = "The POST method is not supported for this route. Supported methods: PATCH."
        raise Refused(405, {"message": message}, {"Allow": "PATCH"})
    key = _appointment(exchange)
    media_type = _media_type(exchange)
    if media_type not in FORMS or not exchange.raw:
        return _updated(exchange, key, _json_object(exchange) or {})
    if active("multipart-refused") and media_type == FORMS[0]:
        raise Refused(415, {"message": "Unsupported Media Type"})
    try:
        body = read_form(exchange.request.headers["Content-Type"], exchange.raw)
    except ValueError:
        raise Refused(400, {"message": "The form cannot be read."}) from None
    return _updated(exchange, key, body)


def _updated(exchange: Exchange, key: str, body: dict[str, object]) -> web.Response:
    sent = checked(body)
    uuid = sent.get("department_id")
    if uuid is not None and store.department_number(exchange.db, str(uuid)) is None:
        if active("unknown-department-500"):
            raise sqlite3.IntegrityError("FOREIGN KEY constraint failed")
        raise unprocessable({"department_id": ["The selected department id is invalid."]})
    exchange.db.execute("BEGIN")
    store.change(exchange.db, store.neighbour(exchange.db, key) if active("other-record") else key, sent)
    shown = store.resource(exchange.db, key)
    exchange.db.execute("ROLLBACK" if active("not-saved") else "COMMIT")
    return _shown(shown)


def _shown(shown: dict[str, Any]) -> web.Response:
    """Answer with the resource, spoilt where a fault says so."""
    if active("duration-as-text"):
        shown["duration_in_minutes"] = str(shown.get("duration_in_minutes"))
    if active("status-misspelled") and shown.get("status") == "cancelled":
        shown["status"] = "canceled"
    if active("date-with-slashes"):
        shown["appointment_at"] = shown["appointment_at"].replace("-", "/")
    if active("date-without-offset"):
        shown["appointment_at"] = shown["appointment_at"].removesuffix("Z")
    if active("birth-date-as-moment") and "claimant" in shown:
        shown["claimant"]["date_of_birth"] = f"{shown['claimant'].get('date_of_birth')}T00:00:00.000Z"
    if active("answers-204"):
        return web.Response(status=204)
    if active("without-envelope"):
        return answer(200, shown)
    return answer(201 if active("answers-201") else 200, {"data": None if active("null-envelope") else shown})


def _appointment(exchange: Exchange) -> str:
    """Authenticate, find the appointment and ask whether the caller may write, in Laravel's order."""
    try:
        caller = exchange.people.caller(exchange.request.headers.get("Authorization"))
    except Unauthenticated:
        status = 403 if active("401-as-403") else 401
        raise Refused(status, {"message": "Unauthenticated."}, {"WWW-Authenticate": "Bearer"}) from None
    key = exchange.request.match_info["appointment"]
    if active("non-uuid-500") and not UUID.fullmatch(key):
        raise RuntimeError("invalid input syntax for type uuid")
    row = store.find(exchange.db, key) if UUID.fullmatch(key) else None
    if row is None:
        raise Refused(404, {"message": "Appointment not found."})
    if not caller.roles & WRITERS and not active("role-not-checked"):
        raise Refused(401 if active("403-as-401") else 403, {"message": "This action is unauthorized."})
    return str(row["id"])


def _media_type(exchange: Exchange) -> str:
    return exchange.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _json_object(exchange: Exchange) -> dict[str, object] | None:
    """Parse the body as a JSON object; None when there is no body."""
    if not exchange.raw:
        return None
    if _media_type(exchange) != "application/json" and not active("content-type-ignored"):
        raise Refused(415, {"message": "The request must be application/json."})
    try:
        body = parse_json(exchange.raw)
    except ValueError:
        if active("malformed-500"):
            raise
        if active("malformed-accepted"):
            return {}
        raise Refused(400, {"message": "The request body is not valid JSON."}) from None
    if isinstance(body, dict):
        return body
    if active("list-accepted"):
        return {}
    raise unprocessable({"body": ["The request body must be an object."]})
