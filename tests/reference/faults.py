"""The frozen catalogue of faults, and the one that is switched on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

# How a fault's name begins, and the operation that it breaks.
OPERATIONS = {
    "cancel": ("sqod", "postCancelAppointment"),
    "patch": ("sqod", "patchAppointmentById"),
    "override": ("sqod", "overridePatchAppointmentById"),
    "delete": ("reservations", "deleteReservation"),
    "put": ("reservations", "updateReservation"),
    "cita": ("citas", "cancelarCita"),
}
GROUPS = ("response-shape", "input", "auth", "lifecycle", "values", "rules")
RULES = (
    "status",
    "schema",
    "media-type",
    "header",
    "body-validation",
    "auth",
    "role",
    "ownership",
    "state",
    "value",
    "server-error",
    "method",
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to break one operation, and the words of the page that forbid it."""

    name: str
    group: str
    rule: str
    wrong: str
    page: str

    @property
    def api(self) -> str:
        """The API that it breaks."""
        return OPERATIONS[self.name.partition("-")[0]][0]

    @property
    def operation(self) -> str:
        """The operationId that it breaks."""
        return OPERATIONS[self.name.partition("-")[0]][1]


def _catalogue() -> dict[str, Fault]:
    text = Path(__file__).with_name("faults.yaml").read_text(encoding="utf-8")
    apis = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    return {name: Fault(name, *row) for rows in apis.values() for name, row in rows.items()}


FAULTS = _catalogue()


@dataclass(slots=True)
class _Now:
    fault: str | None = None
    operation: str = ""


_now = _Now()


def switch(name: str | None) -> None:
    """Make this the only active fault; None is the sound backend."""
    if name is not None and name not in FAULTS:
        raise ValueError(f"no fault is called {name!r}")
    _now.fault = name


def switched_on() -> str | None:
    """Name the active fault."""
    return _now.fault


def enter(operation: str) -> None:
    """Say which operation runs now, by the word that its faults' names begin with."""
    _now.operation = operation


def active(flaw: str) -> bool:
    """Tell whether the operation that runs now has this flaw.

    Code that operations share asks once; only the one that the active fault names answers wrongly.
    """
    return _now.fault == f"{_now.operation}-{flaw}"
