"""A fixture that misses its document is told: by its name, or by the roles that it gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.app import build
from mockserver.config import Settings

DOCUMENT = """
openapi: 3.0.3
info: {title: Projects, version: '1'}
paths: {/projects: {get: {operationId: listProjects, responses: {'200': {description: Done.}}}}}
"""


def _warnings(folder: Path, fixtures: Path | None) -> list[str]:
    (folder / "projects.yaml").write_text(DOCUMENT)
    return list(build(Settings(specs=(folder / "projects.yaml",), fixtures=fixtures)).warnings())


def test_a_name_that_is_almost_right_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the folder that is looked in anyway, too."""
    monkeypatch.chdir(tmp_path)
    Path("fixtures").mkdir()
    Path("fixtures/project.yaml").write_text("identities: {}")

    assert _warnings(tmp_path, None) == [
        "fixtures has no projects.yaml, so projects is served without fixtures; is project meant? "
        "A fixture file is called like its document"
    ]


def test_a_folder_without_the_file_is_told_when_it_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody names a folder that is of no use; what lies in `fixtures/` may be for others."""
    monkeypatch.chdir(tmp_path)
    Path("fixtures").mkdir()
    Path("fixtures/shop.yaml").write_text("identities: {}")

    assert _warnings(tmp_path, None) == []
    assert _warnings(tmp_path, Path("fixtures")) == [
        "fixtures has no projects.yaml, so projects is served without fixtures; there are shop"
    ]


def test_an_operation_that_no_identity_may_call_is_told(tmp_path: Path) -> None:
    """A role that is spelled otherwise on one side would refuse everybody."""
    (tmp_path / "fixtures").mkdir()
    fixture = tmp_path / "fixtures/projects.yaml"
    fixture.write_text("identities: {ada: {roles: [owner]}, bo: {roles: [member]}}")
    document = DOCUMENT.replace("operationId:", "x-access: {roles: [owners, admin]}, operationId:")
    (tmp_path / "projects.yaml").write_text(document)

    def warnings(**more: Any) -> list[str]:
        settings = Settings(specs=(tmp_path / "projects.yaml",), fixtures=tmp_path / "fixtures", **more)
        return list(build(settings).warnings())

    assert warnings() == [f"no identity of {fixture} may call listProjects: none has a role of admin, owners"]
    assert warnings(auth="any") == []
