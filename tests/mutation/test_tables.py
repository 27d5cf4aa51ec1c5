"""The tables of the mutation bench: what counts as found, as rightly named, as stable."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from bench.mutation import keeping, tables
from bench.mutation.trials import Found, Result, Trial
from tests.mutation.faults import Fault

LOST = Fault("cita-doctor-kept", "citas", "lifecycle", "state")
RIGHT = (("cancelarCita", "state"),)
OTHER = (("cancelarCita", "value"),)
ERROR = "ST101 Server error"


def _result(
    found: Found = (), *, fault: Fault | None = LOST, seed: int = 1, codes: dict[str, int] | None = None
) -> Result:
    stock = None if codes is None else 10
    trial = Trial("citas", fault, seed, "ci", fuzz=False, stock=stock)
    return Result(trial, found, Counter(codes or {}), requests=10, seconds=1.0)


def test_what_stock_says_of_the_sound_backend_does_not_count() -> None:
    """Only what it says more often, or besides, has to do with the fault."""
    sound = _result(fault=None, codes={ERROR: 1})
    alike = _result(codes={ERROR: 1})
    more = _result(codes={ERROR: 2})

    assert "| lifecycle | 1 | 0 | 1 | 1 |" in "\n".join(tables.by_group([sound, alike, _result(RIGHT)]))
    assert "| lifecycle | 1 | 1 | 1 | 0 |" in "\n".join(tables.by_group([sound, more, _result(OTHER)]))


def test_a_fault_is_stable_when_every_seed_ends_alike() -> None:
    """As found or not, and, more strictly, in what is blamed first."""
    steady = [_result(RIGHT, seed=seed) for seed in (1, 2)]
    wavering = [_result(RIGHT, seed=1), _result(OTHER, seed=2)]
    split = [_result(RIGHT, seed=1), _result((), seed=2)]

    assert list(tables.stability(steady))[-2:] == [
        "found or not found alike in 2 of 2 seeds: 1 of 1 faults, 100.0 %",
        "the same operation and rule first in 2 of 2 seeds: 1 of 1 faults, 100.0 %",
    ]
    assert "cita-doctor-kept: 1 x cancelarCita state, 1 x cancelarCita value" in tables.stability(wavering)
    assert [line.rpartition(", ")[2] for line in tables.stability(wavering)][-2:] == ["100.0 %", "0.0 %"]
    assert [line.rpartition(", ")[2] for line in tables.stability(split)][-2:] == ["0.0 %", "0.0 %"]


def test_results_are_read_back(tmp_path: Path) -> None:
    """So that a run that was interrupted goes on where it ended."""
    file = tmp_path / "results.jsonl"
    results = [_result(RIGHT), _result(fault=None, codes={ERROR: 1}), _result(OTHER, seed=2)]
    for result in results:
        keeping.append(file, result)

    assert keeping.read(file, {LOST.name: LOST}) == {result.trial: result for result in results}
    assert keeping.read(tmp_path / "none.jsonl", {}) == {}
