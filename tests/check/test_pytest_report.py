"""`--report pytest`: each finding is a test that fails until it is mended."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.check.checking import invoke
from tests.check.serving import Asked, Told, small
from tests.mutation import projects

from mockserver.check.check_options import Options
from mockserver.check.reports import pytest_report
from mockserver.check.runner import run


def _tests(text: str) -> dict[str, Callable[[], None]]:
    """The tests of a report, as functions."""
    namespace: dict[str, Any] = {}
    exec(compile(text, "test_check.py", "exec"), namespace)  # noqa: S102  what the report is for
    return {name: one for name, one in namespace.items() if name.startswith("test_")}


@pytest.mark.parametrize("fault", ["delete-not-done", "estimate-wraps", "media-type-missing-fails"])
def test_each_finding_is_a_test_that_fails_until_it_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """The ids of what the first requests make are taken from their answers."""
    (tmp_path / "projects.yaml").write_text(projects.DOCUMENT)
    for name, token in projects.TOKENS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", token)
    server = projects.Projects(fault=fault)
    with small(server) as url:
        options = Options(
            specs=(tmp_path / "projects.yaml",),
            url=url,
            identities=projects.TOKENS,
            fuzz=False,
            only=("createProject", "createTask", "getTask", "deleteTask"),
        )
        tests = _tests(pytest_report.text(run(options)))
        assert tests
        server.reset()
        for test in tests.values():
            with pytest.raises(AssertionError):
                test()
        server.fault = ""
        server.reset()
        for test in tests.values():
            test()


def test_what_a_document_or_a_server_calls_things_is_quoted(tmp_path: Path) -> None:
    """Quotes, line breaks and backslashes in names, messages and bodies run nothing."""
    odd = "'''\"\"\"\n    raise SystemExit(9)  # \\"
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Notes", "version": "1"},
        "paths": {
            "/notes": {
                "get": {
                    "operationId": odd,
                    "responses": {
                        "200": {
                            "description": "All.",
                            "content": {
                                "application/json": {
                                    "schema": {"type": "object", "properties": {odd: {"type": "integer"}}}
                                }
                            },
                        }
                    },
                }
            }
        },
    }
    (tmp_path / "notes.json").write_text(json.dumps(document))

    def answer(asked: Asked) -> Told:
        return Told(200, {odd: odd}) if asked.method == "GET" else Told(405, headers={"Allow": "GET"})

    with small(answer) as url:
        result = invoke(
            *(
                url,
                "--spec",
                tmp_path / "notes.json",
                "--no-fuzz",
                "--report",
                "pytest",
                "--report-dir",
                tmp_path,
            )
        )
        assert result.exit_code == 1, result.output
        tests = _tests((tmp_path / "test_check.py").read_text())
        assert len(tests) == 1
        for test in tests.values():
            with pytest.raises(AssertionError):
                test()


def test_a_token_that_is_not_set_skips_its_tests(tmp_path: Path) -> None:
    """No report shows a token; the variable is named."""
    (tmp_path / "projects.yaml").write_text(projects.DOCUMENT)
    with small(projects.Projects(fault="media-type-missing-fails")) as url:
        options = Options(
            specs=(tmp_path / "projects.yaml",),
            url=url,
            identities=projects.TOKENS,
            fuzz=False,
            only=("createTask",),
        )
        text = pytest_report.text(run(options))

    assert projects.TOKENS["ann"] not in text
    for test in _tests(text).values():
        with pytest.raises(pytest.skip.Exception, match="TOKEN_ANN"):
            test()
