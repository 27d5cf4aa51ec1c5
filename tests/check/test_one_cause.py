"""One fault is one finding; what else it breaks follows from that."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.check.serving import small
from tests.mutation import projects

from mockserver.check.check_options import Options
from mockserver.check.runner import run


@pytest.mark.parametrize(("fault", "operation"), [("put-answers-what-was-sent", "putProject")])
def test_a_writer_that_stores_nothing_is_one_finding(tmp_path: Path, fault: str, operation: str) -> None:
    """Each field that it loses follows from the first."""
    (tmp_path / "projects.yaml").write_text(projects.DOCUMENT)
    with small(projects.Projects(fault=fault)) as url:
        options = Options(
            specs=(tmp_path / "projects.yaml",),
            url=url,
            identities=projects.TOKENS,
            fuzz=False,
            only=("/projects",),
            exclude=("/projects/{project_id}/tasks", "/projects/{project_id}/logo"),
        )
        outcome = run(options)

    first, *others = outcome.findings
    assert first.issue.operation.id == operation
    assert len(others) >= 3
    assert {one.follows for one in others} == {first.id}
