"""Where the records of the pages are served."""

from __future__ import annotations

PAGE = "9a0f170e-0aa0-47db-ab14-4ddcdcbad061"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
APPOINTMENT = f"/api/v1/appointments/{PAGE}"
CANCEL = f"{APPOINTMENT}/cancel"
OVERRIDE = f"{APPOINTMENT}?_method=PATCH"
RESERVATION = "/api/users/42/reservations/89"
UPDATE = "/api/reservations/89"
CITA = "/api/citas/1/cancelar"
STATE = f"/__admin/state/sqod/appointments/{PAGE}"
