"""The mock finds the operations that stock Connexion finds, and comes to the same verdicts.

A few thousand requests to the bundled documents and to twenty real ones. Where the two differ, the reason is
in `differences.py`; a difference without a reason fails, and so does a reason that explains nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from bench.corpus.documents import FOLDER, name_of, sample
from connexion.exceptions import InvalidSpecification

from mockserver.openapi.document import load
from mockserver.openapi.model import METHODS

from .comparison import Compared, Verdict, compare, stock_connexion
from .differences import DIFFERENCES, Difference
from .variations import Change

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("connexion")]

ROOT = Path(__file__).parents[2]
BUNDLED = [ROOT / "specs" / f"{name}.yaml" for name in ("sqod", "reservations", "citas")]

#: The documents of the sample that stock Connexion does not load, and why.
UNLOADED = {"adyen.com/DisputeService-v30.json": "OpenAPI 3.1, of which Connexion 3.3 takes none"}

_SMALL = 100_000
_DOCUMENTS = 20


def _chosen() -> list[Path]:
    """Of the sample's small documents that can be loaded, the twenty with the most operations."""
    if not FOLDER.is_dir():
        return []
    small = [file for file in sample() if file.stat().st_size < _SMALL and name_of(file) not in UNLOADED]
    return sorted(small, key=_operations, reverse=True)[:_DOCUMENTS]


def _operations(file: Path) -> int:
    paths = json.loads(file.read_bytes())["paths"]
    return sum(method in METHODS for item in paths.values() for method in item)


def _id(file: Path) -> str:
    return name_of(file) if file.is_relative_to(FOLDER) else file.stem


CHOSEN = _chosen()
needs_corpus = pytest.mark.skipif(not CHOSEN, reason="the documents were not downloaded: `make corpus` does")


@cache
def _compared(file: Path) -> list[Compared]:
    with TemporaryDirectory() as folder:
        return compare(file, Path(folder))


def _reason(compared: Compared) -> Difference | None:
    return next((difference for difference in DIFFERENCES if difference.covers(compared)), None)


def _differing(file: Path) -> list[Compared]:
    return [compared for compared in _compared(file) if not compared.connexion.agrees(compared.mock)]


@pytest.mark.parametrize("file", BUNDLED + CHOSEN, ids=_id)
def test_both_find_the_same_operation_and_come_to_the_same_verdict(file: Path) -> None:
    """Or the table of known differences says why not."""
    assert _compared(file)

    unexplained = [str(compared) for compared in _differing(file) if _reason(compared) is None]

    assert not unexplained, f"{len(unexplained)} differences without a reason:\n" + "\n".join(
        unexplained[:10]
    )


@needs_corpus
def test_thousands_of_requests_of_every_kind_are_compared() -> None:
    """Each change is made, and most requests agree."""
    compared = [entry for file in BUNDLED + CHOSEN for entry in _compared(file)]
    agreeing = Counter(entry.mock.verdict for entry in compared if entry.connexion.agrees(entry.mock))

    assert len(CHOSEN) == _DOCUMENTS
    assert len(compared) > 5_000
    assert {entry.variation.change for entry in compared} == set(Change)
    assert agreeing.total() > 0.7 * len(compared)
    assert (
        min(agreeing[verdict] for verdict in (Verdict.ACCEPTED, Verdict.UNAUTHORIZED, Verdict.REFUSED)) > 400
    )


@needs_corpus
@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: difference.name)
def test_a_known_difference_is_met(difference: Difference) -> None:
    """An entry of the table that explains nothing any more must be removed."""
    differing = [compared for file in BUNDLED + CHOSEN for compared in _differing(file)]

    assert any(_reason(compared) is difference for compared in differing)


@needs_corpus
@pytest.mark.parametrize("name", UNLOADED)
def test_what_is_left_out_cannot_be_loaded(name: str) -> None:
    """Connexion refuses the document itself; the mock serves it."""
    with pytest.raises(InvalidSpecification):
        stock_connexion(load(FOLDER / name))
