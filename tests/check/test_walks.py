"""What answers show of records, lists and files is compared with what was sent and with other answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.check.checking import sampled
from tests.check.walking import walked
from tests.mutation import projects
from tests.mutation.ways import WAYS

FOUND = {
    "complete-not-stored": "not-stored",
    "archive-archives-all": "other-record-changed",
    "patch-task-appends-tags": "field-not-saved",
    "delete-also-next": "other-record-changed",
    "count-never-falls": "count-differs",
    "refusal-cached": "answer-kept",
    "list-cached": "answer-kept",
    "page-skips": "page-leaves-out",
    "filter-drops-one": "filter-leaves-out",
    "sort-never-descends": "order-ignored",
    "read-only-taken": "read-only-taken",
    "etag-not-compared": "condition-ignored",
    "overlap-loses-change": "overlap-lost",
    "overlap-one-number": "overlap-lost",
    "overlap-etag-compared-early": "condition-raced",
    "location-of-another": "location-of-another",
}


@pytest.mark.parametrize(
    ("fault", "category"),
    sampled(
        FOUND.items(),
        [
            ("complete-not-stored", "not-stored"),
            ("delete-also-next", "other-record-changed"),
            ("page-skips", "page-leaves-out"),
            ("etag-not-compared", "condition-ignored"),
            ("overlap-loses-change", "overlap-lost"),
        ],
    ),
)
def test_what_answers_show_differently_is_found(tmp_path: Path, fault: str, category: str) -> None:
    """With the operation that is at fault; `make mutation MUTATION=--projects` tries the others."""
    found = walked(tmp_path, projects.Projects(fault=fault))

    assert (projects.FAULTS[fault][1], category) in [(one.operation.id, one.category) for one in found]


@pytest.mark.parametrize("way", sampled(WAYS, list(WAYS)[::8]))
def test_no_way_of_a_sound_server_is_found(tmp_path: Path, way: str) -> None:
    """Whatever it tidies up, leaves out, clamps or refuses."""
    found = walked(tmp_path, projects.Projects(WAYS[way]))

    assert [(one.message, one.got) for one in found] == []
