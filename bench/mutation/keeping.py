"""Results in a file, so that a long run can be interrupted and taken up again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.mutation.faults import Fault

from bench.mutation.trials import Result, Trial


def read(file: Path | None, faults: Mapping[str, Fault]) -> dict[Trial, Result]:
    """The results that the file has, by what was tried."""
    if file is None or not file.exists():
        return {}
    found = [_result(json.loads(line), faults) for line in file.read_text("utf-8").splitlines()]
    return {result.trial: result for result in found}


def append(file: Path | None, result: Result) -> None:
    """Add a result, one line of JSON."""
    if file is not None:
        with file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(_entry(result)) + "\n")


def _entry(result: Result) -> dict[str, Any]:
    trial = result.trial
    name = trial.fault and trial.fault.name
    return {
        "trial": [trial.api, name, trial.seed, trial.profile, trial.fuzz, trial.stock],
        "found": result.found,
        "codes": result.codes,
        "requests": result.requests,
        "seconds": round(result.seconds, 2),
    }


def _result(entry: Mapping[str, Any], faults: Mapping[str, Fault]) -> Result:
    api, name, seed, profile, fuzz, stock = entry["trial"]
    trial = Trial(api, faults[name] if name else None, seed, profile, fuzz, stock)
    found = tuple((operation, rule) for operation, rule in entry["found"])
    return Result(trial, found, Counter(entry["codes"]), entry["requests"], entry["seconds"])
