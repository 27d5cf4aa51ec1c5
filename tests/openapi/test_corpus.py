"""Real documents, a sample of thousands, are served and answer as they say (`make corpus` has all)."""

from __future__ import annotations

import os
from typing import Any

import pytest
from bench.corpus.agreement import Agreement, judge_all, judge_value
from bench.corpus.documents import FOLDER, is_ours, name_of, sample
from bench.corpus.measure import Measured, measure_all

if not FOLDER.is_dir():
    pytest.skip("the documents were not downloaded: `make corpus` does", allow_module_level=True)

pytestmark = pytest.mark.slow

LEAST = 0.9
"""The part of its operations that every sampled document answers, less one operation."""

ANSWERED = 0.997
"""The part of all operations that answer as documented: 1,148 of 1,151 when this was written."""

HELD = 1.0
"""The part of all resources that hold from create to delete: 53 of 53 when this was written."""


def test_the_sample_is_there() -> None:
    """Sixty documents, of the half that is measured here."""
    assert len(sample()) == 60
    assert all(is_ours(name_of(file)) for file in sample())


def test_real_documents_are_served() -> None:
    """Nothing crashes or hangs, and no document or total falls below what was reached before."""
    found = list(measure_all(sample(), os.cpu_count() or 1))

    assert len(found) == 60
    assert [defect for measured in found for defect in _defects(measured)] == []
    answered, operations = (sum(getattr(one, name) for one in found) for name in ("answered", "operations"))
    held, trips = (sum(getattr(one, name) for one in found) for name in ("held", "trips"))
    assert answered >= ANSWERED * operations, [one.causes.examples for one in found if one.causes.count]
    assert held >= HELD * trips, [one.broken.examples for one in found if one.broken.count]


def _defects(measured: Measured) -> list[str]:
    """What is wrong with one document alone."""
    causes = measured.causes.count
    serious = [cause for cause in causes if cause.startswith(("crash", "too slow", "500"))]
    refused = [measured.refused] if measured.refused else []
    few = measured.answered < LEAST * measured.operations - 1
    return [f"{measured.name}: {reason}" for reason in (*serious, *refused, *(["few"] if few else []))]


def test_generated_data_agrees_with_itself() -> None:
    """Counts, sums, moments, bounds and references of what real documents without examples answer."""
    found = judge_all(sample(), os.cpu_count() or 1)

    assert len(found) == 60
    assert [wrong for agreement in found for wrong in agreement.wrong] == []
    assert sum(sum(agreement.judged.values()) for agreement in found) >= 3_000


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ({"tagCount": 1, "tags": []}, "counts"),
        ({"subtotal": 10, "tax": 2, "total": 11}, "sums"),
        ({"quantity": 2, "unit_price": 3, "line_total": 5}, "sums"),
        ({"created_at": "2026-03-02T00:00:00Z", "updatedAt": "2026-03-01T00:00:00Z"}, "order"),
        ({"from_date": "2026-03-02", "to_date": "2026-03-01"}, "order"),
        ([{"min_temp": -1, "max_temp": -5}], "order"),
        ({"place": {"latitude": 91.5}}, "bounds"),
    ],
)
def test_data_that_disagrees_is_found(value: Any, rule: str) -> None:
    """The judge sees what it is there for."""
    found = Agreement("document")
    judge_value(value, "operation", found)
    assert [wrong.split()[2] for wrong in found.wrong] == [f"{rule}:"]
