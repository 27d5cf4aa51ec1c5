"""The mock finds the operations that stock Connexion finds, and comes to the same verdicts.

A few thousand requests to the bundled documents and to twenty real ones. Where the two differ, the reason is
in `differences.py`; a difference without a reason fails, and so does a reason that explains nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from bench.corpus.documents import FOLDER, name_of, sample
from connexion.exceptions import InvalidSpecification

from mockserver.openapi.document import load
from mockserver.openapi.operation import METHODS

from .comparison import Compared, Verdict, compare, stock_connexion
from .differences import DIFFERENCES, Difference
from .variations import Change

pytestmark = pytest.mark.slow

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


CHOSEN = _chosen()
needs_corpus = pytest.mark.skipif(not CHOSEN, reason="the documents were not downloaded: `make corpus` does")


def _compared(files: Iterable[Path]) -> list[Compared]:
    found = []
    for file in files:
        with TemporaryDirectory() as folder:
            found += compare(file, Path(folder))
    return found


def _reason(compared: Compared) -> Difference | None:
    return next((difference for difference in DIFFERENCES if difference.covers(compared)), None)


def _assert_explained(found: Iterable[Compared]) -> set[str]:
    """Fail for a difference without a reason; return the names of the reasons that were met."""
    differing = [compared for compared in found if not compared.connexion.agrees(compared.mock)]
    reasons = [_reason(compared) for compared in differing]
    unexplained = [
        f"{compared.variation.document.name}: {compared}"
        for compared, reason in zip(differing, reasons, strict=True)
        if reason is None
    ]
    shown = "\n".join(unexplained[:10])
    assert not unexplained, f"{len(unexplained)} differences without a reason:\n{shown}"
    return {reason.name for reason in reasons if reason is not None}


@pytest.mark.parametrize("file", BUNDLED, ids=lambda file: file.stem)
def test_both_find_the_same_operation_and_come_to_the_same_verdict(file: Path) -> None:
    """Or the table of known differences says why not."""
    found = _compared([file])

    assert found
    _assert_explained(found)


@needs_corpus
def test_both_agree_on_thousands_of_requests_to_real_documents() -> None:
    """Every change is made, most requests come to the same end, and every known difference is met."""
    # One test: what twenty documents come to takes half a minute, and the whole table is about all of them.
    found = _compared(BUNDLED + CHOSEN)
    agreeing = Counter(entry.mock.verdict for entry in found if entry.connexion.agrees(entry.mock))

    met = _assert_explained(found)

    assert len(CHOSEN) == _DOCUMENTS
    assert len(found) > 5_000
    assert {entry.variation.change for entry in found} == set(Change)
    assert agreeing.total() > 0.7 * len(found)
    assert (
        min(agreeing[verdict] for verdict in (Verdict.ACCEPTED, Verdict.UNAUTHORIZED, Verdict.REFUSED)) > 400
    )
    assert met == {difference.name for difference in DIFFERENCES}, "remove what explains nothing any more"


@needs_corpus
@pytest.mark.parametrize("name", UNLOADED)
def test_what_is_left_out_cannot_be_loaded(name: str) -> None:
    """Connexion refuses the document itself; the mock serves it."""
    with pytest.raises(InvalidSpecification):
        stock_connexion(load(FOLDER / name))
