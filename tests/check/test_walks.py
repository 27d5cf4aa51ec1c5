"""What answers show of records, lists and files is compared with what was sent and with other answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.check.walking import walked
from tests.mutation import projects
from tests.mutation.ways import WAYS

FOUND = {
    "complete-not-stored": "not-stored",
    "archive-shows-open": "value-differs",
    "archive-archives-all": "other-record-changed",
}


@pytest.mark.parametrize(("fault", "category"), FOUND.items())
def test_what_one_answer_shows_and_another_does_not_is_found(tmp_path: Path, fault: str, category: str) -> None:
    """With the operation that is at fault."""
    found = walked(tmp_path, projects.Projects(fault=fault))

    assert (projects.FAULTS[fault][1], category) in [(one.operation.id, one.category) for one in found]


@pytest.mark.parametrize("way", list(WAYS))
def test_no_way_of_a_sound_server_is_found(tmp_path: Path, way: str) -> None:
    """Whatever it tidies up, leaves out, clamps or refuses."""
    found = walked(tmp_path, projects.Projects(WAYS[way]))

    assert [(one.message, one.got) for one in found] == []
