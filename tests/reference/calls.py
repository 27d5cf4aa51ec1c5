"""Requests to the documented operations, in few words."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import jwt

from .client import Call

APPOINTMENT = "9a0f170e-0aa0-47db-ab14-4ddcdcbad061"
WAITING = "0b6f2d34-5a77-4c0e-9a53-6f1b7a1c0002"
CANCELLED = "0b6f2d34-5a77-4c0e-9a53-6f1b7a1c0003"
UNKNOWN = "0b6f2d34-5a77-4c0e-9a53-6f1b7a1c9999"
PHYSIOTHERAPY = "5d3f4a10-8d0c-4c55-9f0e-0d6a4c1b2e02"
JSON = "application/json"
NOTHING = object()

AGENT = "Bearer agent-token"
READER = "Bearer reader-token"
PATIENT = "Bearer patient-token"
OTHER_PATIENT = "Bearer other-patient-token"
DOCTOR = "Bearer doctor-token"
OTHER_DOCTOR = "Bearer other-doctor-token"
ADMIN = "Bearer admin-token"
ASISTENTE = "Bearer asistente-token"
MEDICO = "Bearer medico-token"
EXPIRED = "Bearer expired-token"
INVENTED = "Bearer somebody-said-so"


def signed(key: str, **claims: object) -> str:
    """Make an Authorization header with a token signed with this key."""
    return f"Bearer {jwt.encode(claims, key, algorithm='HS256')}"


FORGED = signed("a key that the backend has never seen", sub="42", roles=["agent", "patient"])


def _json(body: object) -> bytes | None:
    return None if body is NOTHING else json.dumps(body).encode()


def cancel(
    body: object = NOTHING, key: str = APPOINTMENT, who: str | None = AGENT, *, raw: bytes | None = None
) -> Call:
    """Cancel an appointment."""
    return Call("POST", f"/api/v1/appointments/{key}/cancel", who, raw or _json(body), JSON)


def patch(
    body: object = NOTHING, key: str = APPOINTMENT, who: str | None = AGENT, *, raw: bytes | None = None
) -> Call:
    """Update an appointment; without a body, read it."""
    return Call("PATCH", f"/api/v1/appointments/{key}", who, raw or _json(body), JSON)


READ = patch()


def form(who: str | None = AGENT, query: str = "?_method=PATCH", **fields: str) -> Call:
    """Update an appointment with an urlencoded form."""
    path = f"/api/v1/appointments/{APPOINTMENT}{query}"
    return Call("POST", path, who, urlencode(fields).encode(), "application/x-www-form-urlencoded")


def multipart(fields: dict[str, str]) -> Call:
    """Update an appointment with a multipart form."""
    parts = [
        f'--cut\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in fields.items()
    ]
    path = f"/api/v1/appointments/{APPOINTMENT}?_method=PATCH"
    return Call(
        "POST", path, AGENT, f"{''.join(parts)}--cut--\r\n".encode(), "multipart/form-data; boundary=cut"
    )


def delete(reservation: object = 89, user: object = 42, who: str | None = PATIENT) -> Call:
    """Delete a user's reservation."""
    return Call("DELETE", f"/api/users/{user}/reservations/{reservation}", who)


def put(
    reservation: object = 89, who: str | None = PATIENT, body: object = None, *, raw: bytes | None = None
) -> Call:
    """Set a reservation's status, to CANCELLED unless told."""
    sent = {"status": "CANCELLED"} if body is None else body
    return Call("PUT", f"/api/reservations/{reservation}", who, raw or _json(sent), JSON)


def cancelar(cita: object = 1, who: str | None = ADMIN) -> Call:
    """Cancel a cita."""
    return Call("PUT", f"/api/citas/{cita}/cancelar", who, None, JSON)
