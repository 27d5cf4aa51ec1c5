"""A mock and its admin API, called in process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.http.calling import Answer, Caller
from tests.http.records import APPOINTMENT, CITA, RESERVATION

from mockserver.app import Application
from mockserver.state.clock import FrozenClock

_NOTHING = object()
AGENT, ASISTENTE = "agent-token", "asistente-token"


@dataclass(frozen=True)
class Desk:
    """Calls the mocked APIs, and the admin API, in one session or another."""

    application: Application
    clock: FrozenClock
    slept: list[float]

    def call(self, method: str, target: str, session: str | None = None, json: Any = _NOTHING) -> Answer:
        """Ask the admin API; `target` is what stands behind `/__admin/`."""
        caller = Caller(self.application.asgi, session=session)
        body = () if json is _NOTHING else (json,)
        return caller(method, f"/__admin/{target}", *body)

    def cancel_cita(self, session: str | None = None, token: str | None = ASISTENTE) -> Answer:
        """Cancel cita 1."""
        return Caller(self.application.asgi, token, session)("PUT", CITA)

    def read(self, session: str | None = None, token: str | None = AGENT) -> Answer:
        """Read the appointment of the page: an update that changes nothing."""
        return Caller(self.application.asgi, token, session)("PATCH", APPOINTMENT)

    def update(self, session: str | None = None, **fields: Any) -> Answer:
        """Update the appointment of the page."""
        return Caller(self.application.asgi, "agent-token", session)("PATCH", APPOINTMENT, fields)

    def delete_reservation(self, session: str | None = None) -> Answer:
        """Delete reservation 89."""
        return Caller(self.application.asgi, "patient-token", session)("DELETE", RESERVATION)
