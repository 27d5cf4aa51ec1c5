"""What a document does not say is not blamed without a model; what is broken still is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.check.checking import found, sampled
from tests.check.depot import DOCUMENT, depot

from mockserver.check.check_options import Options
from mockserver.check.outcome import Outcome
from mockserver.check.rules.normalisation import is_like
from mockserver.check.runner import run


def _check(folder: Path, fault: str | None = None) -> Outcome:
    (folder / "depot.yaml").write_text(DOCUMENT)
    with depot(fault) as url:
        return run(Options(specs=(folder / "depot.yaml",), url=url, fuzz=False, profile="quick"))


def test_what_an_implementation_does_on_its_own_is_not_blamed(tmp_path: Path) -> None:
    """It fills in ids, dates and states, tidies up text and prices, cuts pages, and finishes jobs later."""
    outcome = _check(tmp_path)

    assert [finding.issue.message for finding in outcome.findings] == []
    records = outcome.apis[0].operations
    assert all(records[name].served for name in ("createPart", "putPart", "patchPart", "deletePart"))


@pytest.mark.parametrize(
    ("fault", "operation"),
    sampled(
        [("put-loses-note", "putPart"), ("patch-loses-note", "patchPart"), ("list-omits", "listParts")],
        [("put-loses-note", "putPart")],
    ),
)
def test_a_field_that_is_taken_elsewhere_is_missed(tmp_path: Path, fault: str, operation: str) -> None:
    """And so is a part that a list leaves out although its total is shown."""
    assert found(_check(tmp_path, fault))[:1] == [(operation, "state")]


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("  Ada  Lovelace ", "ada lovelace"),
        ("a & b", "a &amp; b"),
        ("+44 20 7946 0958", "+442079460958"),
        ("https://example.com", "https://example.com/"),
        (9.995, 10),
        (19.99, 20),
        (0.125, 0.13),
        ("45", "45.00"),
        (0.1, 0.10000000149011612),
        (["b", "a", "a"], ["A", "b"]),
        (7, {"id": 7, "name": "seven"}),
        (["red"], [{"id": 1, "name": "red"}]),
    ],
)
def test_these_are_one_value_tidied_up(sent: Any, shown: Any) -> None:
    """Trimmed, in another case, escaped, rounded, or in another order."""
    assert is_like(sent, shown)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("check-2", "check-1"),
        (5, 4),
        (1, 0),
        (True, False),
        (1, True),
        ("a", None),
        ({"a": 1}, {}),
        (7, {"id": 8}),
        (["red"], [{"id": 1, "name": "blue"}]),
        (True, {"a": True}),
        ("!", "?"),
        (19.99, 19.98),
        (0.29, 0.28),
        (19.99, 19.9),
    ],
)
def test_these_are_two_values(sent: Any, shown: Any) -> None:
    """No tidying up makes one of the other."""
    assert not is_like(sent, shown)
