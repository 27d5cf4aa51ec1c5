"""Measure which faults of the reference backend are found, and by whom: `python -m tests.mutation.table`."""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mockserver.contract.options import Options
from mockserver.contract.runner import run
from tests.mutation.stand import ROOT, Stand, reference

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


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one fault."""

    fault: Fault
    found: tuple[tuple[str, str], ...]
    requests: int
    seconds: float

    @property
    def is_attributed(self) -> bool:
        """Whether what is listed first names the operation and the rule."""
        return self.found[:1] == ((self.fault.operation, self.fault.rule),)


def catalogue(root: Path = ROOT) -> list[Fault]:
    """Every fault."""
    content: Mapping[str, Any] = yaml.safe_load((root / "tests/reference/faults.yaml").read_text("utf-8"))
    return [
        Fault(name, api, entry[0], entry[1])
        for api, faults in content.items()
        for name, entry in faults.items()
    ]


def check(
    stand: Stand, api: str, *, profile: str, seed: int, fuzz: bool
) -> tuple[list[tuple[str, str]], int, float]:
    """Check one API of the reference as it is; return what was found, the requests and the seconds."""
    begun = time.monotonic()
    options = Options(
        specs=(ROOT / f"specs/{api}.yaml",),
        url=stand.url,
        fixtures=ROOT / "fixtures",
        reset_url=stand.reset_url,
        profile=profile,  # type: ignore[arg-type]  # argparse holds it to the choices
        seed=seed,
        fuzz=fuzz,
    )
    outcome = run(options)
    found = [(finding.blame.operation.id, finding.blame.rule) for finding in outcome.findings]
    return found, outcome.requests, time.monotonic() - begun


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", choices=["quick", "ci", "deep"], default="quick")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fuzz", action="store_true", help="with the requests that Schemathesis generates")
    parser.add_argument("--only", default="", help="faults whose name begins so")
    parser.add_argument("--python", default=sys.executable, help="the Python that has aiohttp")
    parser.add_argument("--reference", type=Path, default=ROOT, help="the checkout that has the reference")
    arguments = parser.parse_args()
    results = []
    with reference(arguments.python, arguments.reference) as stand:
        for fault in catalogue(arguments.reference):
            if not fault.name.startswith(arguments.only):
                continue
            stand.switch(fault.name)
            found, requests, seconds = check(
                stand, fault.api, profile=arguments.profile, seed=arguments.seed, fuzz=arguments.fuzz
            )
            result = Result(fault, tuple(found), requests, seconds)
            results.append(result)
            _note(result)
    _print(results)


def _note(result: Result) -> None:
    if not result.is_attributed:
        kinds = list(dict.fromkeys(result.found))[:4]
        print(
            f"{result.fault.name}: wanted {result.fault.operation} {result.fault.rule}, got {kinds}",
            flush=True,
        )


def _print(results: list[Result]) -> None:
    groups: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        groups[result.fault.group].append(result)
    groups["all"] = results
    print(f"\n{'group':16} {'faults':>6} {'found':>6} {'right':>6} {'requests':>9} {'seconds':>8}")
    for name, rows in groups.items():
        found = sum(bool(row.found) for row in rows)
        right = sum(row.is_attributed for row in rows)
        requests = sum(row.requests for row in rows) // max(1, len(rows))
        seconds = sum(row.seconds for row in rows) / max(1, len(rows))
        print(f"{name:16} {len(rows):6} {found:6} {right:6} {requests:9} {seconds:8.1f}")


if __name__ == "__main__":
    main()
