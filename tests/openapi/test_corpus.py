"""Real documents, a sample of thousands, are served and answer as they say (`make corpus` has all)."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.corpus.documents import FOLDER, is_ours, name_of, sample
from bench.corpus.measure import measure

if not FOLDER.is_dir():
    pytest.skip("the documents were not downloaded: `make corpus` does", allow_module_level=True)

pytestmark = pytest.mark.slow

LEAST = 0.9
"""What every sampled document answers at least, but for the smallest: see the table of `make corpus`."""

HELD = 0.6
"""The part of a sampled document's resources that hold from create to gone at least, but for one."""


def test_the_sample_is_there() -> None:
    """Sixty documents, of the half that is measured here."""
    assert len(sample()) == 60
    assert all(is_ours(name_of(file)) for file in sample())


@pytest.mark.parametrize("file", sample(), ids=name_of)
def test_a_real_document_is_served(file: Path) -> None:
    """No crash, no hang, and nearly every operation answers what is documented."""
    measured = measure(file)

    assert measured.refused == ""
    assert not [cause for cause in measured.causes.count if cause.startswith(("crash", "too slow", "500"))]
    assert measured.answered >= LEAST * measured.operations - 1, measured.causes.examples
    assert measured.held >= HELD * measured.trips - 1, measured.broken.examples
