"""The catalogue of faults, and how one is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from tests.mutation.stand import ROOT

OPERATIONS = {
    "cancel": "postCancelAppointment",
    "patch": "patchAppointmentById",
    "override": "overridePatchAppointmentById",
    "delete": "deleteReservation",
    "put": "updateReservation",
    "cita": "cancelarCita",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry of the catalogue."""

    name: str
    api: str
    group: str
    rule: str

    @property
    def operation(self) -> str:
        """The operation that it breaks: the name's first word says which."""
        return OPERATIONS[self.name.partition("-")[0]]


def catalogue(root: Path = ROOT) -> list[Fault]:
    """Every fault."""
    content: Mapping[str, Any] = yaml.safe_load((root / "tests/reference/faults.yaml").read_text("utf-8"))
    return [
        Fault(name, api, entry[0], entry[1])
        for api, faults in content.items()
        for name, entry in faults.items()
    ]
