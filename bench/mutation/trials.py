"""One trial: the reference backend with one fault, or none, held to its document."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.faults import Fault
from tests.mutation.stand import ROOT, Stand

from mockserver.check.check_options import Options, ProfileName
from mockserver.check.runner import run

TOKENS = {"sqod": "administrator-token", "reservations": "admin-token", "citas": "admin-token"}
_STOCK = "from schemathesis.cli import schemathesis; schemathesis()"

Found = tuple[tuple[str, str], ...]
"""What was blamed, operation and rule, in the order in which it is reported."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried.

    Attributes:
        fault: what is broken; None is the sound backend.
        stock: the requests that stock Schemathesis generates for an operation in a phase; None leaves
            it out, and `mockserver check` is tried.
    """

    api: str
    fault: Fault | None
    seed: int
    profile: ProfileName
    fuzz: bool
    stock: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a trial.

    Attributes:
        found: by `mockserver check`.
        codes: by stock Schemathesis, how many failures of each code.
    """

    trial: Trial
    found: Found
    codes: Counter[str]
    requests: int
    seconds: float

    @property
    def is_attributed(self) -> bool:
        """Whether what is listed first names the operation and the rule."""
        fault = self.trial.fault
        return fault is not None and self.found[:1] == ((fault.operation, fault.rule),)


def attempt(stand: Stand, trial: Trial) -> Result:
    """Switch the fault on and try."""
    stand.switch(trial.fault.name if trial.fault else None)
    return _check(stand, trial) if trial.stock is None else _stock(stand, trial, trial.stock)


def _check(stand: Stand, trial: Trial) -> Result:
    outcome = run(
        Options(
            specs=(ROOT / f"specs/{trial.api}.yaml",),
            url=stand.url,
            fixtures=ROOT / "fixtures",
            reset_url=stand.reset_url,
            profile=trial.profile,
            seed=trial.seed,
            fuzz=trial.fuzz,
        )
    )
    found = tuple((finding.issue.operation.id, finding.issue.rule) for finding in outcome.findings)
    return Result(trial, found, Counter(), outcome.requests, outcome.seconds)


def _stock(stand: Stand, trial: Trial, examples: int) -> Result:
    begun = time.monotonic()
    document = ROOT / f"specs/{trial.api}.yaml"
    codes, sent = run_stock(document, stand.url, trial.seed, examples, TOKENS[trial.api])
    return Result(trial, (), codes, sent, time.monotonic() - begun)


def run_stock(
    document: Path, url: str, seed: int, examples: int, token: str = ""
) -> tuple[Counter[str], int]:
    """`schemathesis run` with a token that may do everything; it goes on after a failure.

    Gives how many failures of each code it reports, and how many requests it has sent.
    """
    command = [
        *(sys.executable, "-W", "ignore", "-c", _STOCK, "--no-color", "run"),
        *(str(document), "--url", url, "--seed", str(seed)),
        *("--continue-on-failure", "-n", str(examples)),
        *(("-H", f"Authorization: Bearer {token}") if token else ()),
    ]
    with tempfile.TemporaryDirectory() as folder:
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900, check=False)
    codes = Counter(re.findall(r"^- (ST\d+ .*\S)\s*$", result.stdout, re.MULTILINE))
    sent = re.search(r"(\d+) generated", result.stdout)
    return codes, int(sent[1]) if sent else 0
