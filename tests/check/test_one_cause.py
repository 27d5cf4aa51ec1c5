"""One fault is one finding; what else it breaks follows from that."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.check.checking import sampled
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
            only=("createProject", "getProject", "putProject"),
        )
        outcome = run(options)

    first, *others = outcome.findings
    assert first.issue.operation.id == operation
    assert len(others) >= 3
    assert {one.follows for one in others} == {first.id}


@pytest.mark.parametrize(
    "fault", sampled(["token-begins-right", "token-with-more", "token-in-any-case"], ["token-with-more"])
)
def test_a_token_that_is_nearly_right_is_found_and_not_shown(tmp_path: Path, fault: str) -> None:
    """Its variable is another than that of the token that it is made of."""
    (tmp_path / "projects.yaml").write_text(projects.DOCUMENT)
    with small(projects.Projects(fault=fault)) as url:
        options = Options(
            specs=(tmp_path / "projects.yaml",),
            url=url,
            identities=projects.TOKENS,
            fuzz=False,
            only=("listProjects",),
        )
        outcome = run(options)

    assert {one.issue.category for one in outcome.findings} == {"caller-served"}
    assert '"$TOKEN_ANN_' in outcome.findings[0].steps[-1]
    assert "of-ann" not in "".join(step for one in outcome.findings for step in one.steps).lower()
