"""Faults that were written before the checker was read: what is found is the first operation at fault."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.check.checking import sampled
from tests.check.serving import small
from tests.mutation.unseen import UNSEEN

from mockserver.check.check_options import Options
from mockserver.check.outcome import Outcome
from mockserver.check.runner import run

MISSED = {"filter-by-prefix"}
"""A filter of text may be a search: no document promises that it compares whole values."""
FAULTS = [(api, fault) for api, one in UNSEEN.items() for fault in one.faults if fault not in MISSED]
KEPT = [
    ("bookings", "cancel-takes-the-next"),
    ("bookings", "last-day-excluded"),
    ("payments", "refused-but-done"),
    ("payments", "repeated-key-counts-twice"),
    ("wiki", "location-of-the-page"),
    ("wiki", "draft-in-search"),
]


def _check(folder: Path, name: str, fault: str, *, has_fixtures: bool = False) -> Outcome:
    api = UNSEEN[name]
    (folder / f"{name}.yaml").write_text(api.document)
    fixtures = folder / "fixtures" if has_fixtures else None
    if fixtures is not None:
        fixtures.mkdir()
        (fixtures / f"{name}.yaml").write_text(json.dumps(api.fixtures))
    specs, tokens = (folder / f"{name}.yaml",), dict(api.tokens)
    with small(api.server(fault)) as url:
        return run(Options(specs=specs, url=url, fixtures=fixtures, identities=tokens, fuzz=False))


@pytest.mark.parametrize(
    ("name", "has_fixtures"),
    sampled([(name, has) for name in UNSEEN for has in (False, True)], [("payments", True), ("wiki", False)]),
)
def test_nothing_is_found_where_there_is_no_fault(tmp_path: Path, name: str, has_fixtures: bool) -> None:
    """With the document alone, and with the records that the server has."""
    outcome = _check(tmp_path, name, "", has_fixtures=has_fixtures)

    found = [*outcome.findings, *outcome.apis[0].unstable, *outcome.apis[0].warnings]
    assert [(one.issue.message, one.issue.got) for one in found] == []
    assert all(record.served for record in outcome.apis[0].operations.values())


@pytest.mark.parametrize(("name", "fault"), sampled(FAULTS, KEPT))
def test_the_operation_with_the_fault_is_named_first(tmp_path: Path, name: str, fault: str) -> None:
    """Warnings count as well: two tokens without fixtures may be of one user."""
    outcome = _check(tmp_path, name, fault)

    first, *_ = [*outcome.findings, *outcome.apis[0].warnings]
    assert first.issue.operation.id == UNSEEN[name].faults[fault][1]
