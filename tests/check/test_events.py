"""Faults of kinds that nobody had in mind when the rules were written: cursors, moments, what is not sent."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.check.checking import sampled
from tests.check.serving import small
from tests.mutation import events

from mockserver.check.check_options import Options
from mockserver.check.outcome import Outcome
from mockserver.check.runner import run


def _check(folder: Path, fault: str) -> Outcome:
    (folder / "events.yaml").write_text(events.DOCUMENT)
    with small(events.Events(fault)) as url:
        return run(Options(specs=(folder / "events.yaml",), url=url, fuzz=False))


def test_nothing_is_found_where_all_is_well(tmp_path: Path) -> None:
    """Envelopes, cursors, totals in header fields, defaults."""
    outcome = _check(tmp_path, "")

    assert [(one.issue.message, one.issue.got) for one in outcome.findings] == []
    assert all(record.served for record in outcome.apis[0].operations.values())


@pytest.mark.parametrize("fault", sampled(events.FAULTS, ["total-counts-deleted", "offset-lost"]))
def test_the_operation_that_is_at_fault_comes_first(tmp_path: Path, fault: str) -> None:
    """Each is another kind; `make mutation` tries all."""
    first, *_ = _check(tmp_path, fault).findings

    assert first.issue.operation.id == events.FAULTS[fault][1]
