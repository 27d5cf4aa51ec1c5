"""The pytest plugin: a mock per test, findings as items, nothing loaded before it is used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.mutation.stand import ROOT, Stand

QUIET = ("-q", "-p", "no:cacheprovider", "-p", "no:schemathesis")
SETTINGS = f"""[pytest]
mockserver_specs = {ROOT}/specs/citas.yaml
mockserver_fixtures = {ROOT}/fixtures
"""
TESTS = """
import json
import urllib.request

def _cancel(server):
    headers = {"Authorization": "Bearer " + server.token("admin")}
    request = urllib.request.Request(server.url + "/api/citas/1/cancelar", method="PUT", headers=headers)
    with urllib.request.urlopen(request) as response:
        return json.load(response)["cita"]

def _state(server):
    with urllib.request.urlopen(server.url + "/__admin/state/citas/citas/1") as response:
        return json.load(response)["estado"]

def test_one(mock_server):
    assert _state(mock_server) == "confirmada"
    assert _cancel(mock_server)["estado"] == "cancelada"
    assert _state(mock_server) == "cancelada"
    mock_server.reset()
    assert _state(mock_server) == "confirmada"

def test_two(mock_server):
    assert _state(mock_server) == "confirmada"
    _cancel(mock_server)

def test_three(mock_server):
    assert _state(mock_server) == "confirmada"
"""


def test_a_strict_run_is_not_failed_by_what_dependencies_warn_of(tmp_path: Path) -> None:
    """`filterwarnings = error` is about the code that is tested, and the summary shows no warning of ours.

    What one of these tests changes no other sees.
    """
    (tmp_path / "test_it.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", *QUIET, "-W", "error"]
    (tmp_path / "pytest.ini").write_text(SETTINGS)

    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)

    assert "3 passed" in result.stdout, result.stdout + result.stderr
    assert "warning" not in result.stdout


def _pytest(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    (folder / "pytest.ini").write_text(SETTINGS)
    command = [sys.executable, "-W", "ignore", "-m", "pytest", *QUIET, *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


WAYS = [pytest.param((), id="alone", marks=pytest.mark.mutation), pytest.param(("-n", "2"), id="xdist")]
"""In one process, as in the first test, and in several."""


@pytest.mark.parametrize("arguments", WAYS)
def test_findings_are_items_beside_tests_with_mocks(
    tmp_path: Path, stand: Stand, arguments: tuple[str, ...]
) -> None:
    """One for each operation and rule; the broken one fails with the requests that show it.

    Each test has a mock of its own: what one changes no other sees.
    """
    (tmp_path / "test_it.py").write_text(TESTS)
    stand.switch("cita-message-missing")
    spec = ("--contract-spec", ROOT / "specs/citas.yaml", "--contract-fixtures", ROOT / "fixtures")
    target = ("--contract-url", stand.url, "--contract-reset-url", stand.reset_url)

    result = _pytest(tmp_path, *target, *spec, "--contract-profile", "quick", *arguments)

    assert "1 failed, 15 passed" in result.stdout, result.stdout + result.stderr
    assert "cancelarCita::schema" in result.stdout
    assert "$ curl -i -X PUT" in result.stdout
    assert "pytest_plugin.py" not in result.stdout


def test_an_unreachable_implementation_skips_the_items(tmp_path: Path) -> None:
    """There is no verdict, and it is said why."""
    spec = ("--contract-spec", ROOT / "specs/citas.yaml", "--contract-fixtures", ROOT / "fixtures")

    result = _pytest(tmp_path, "--contract-url", "http://127.0.0.1:1", *spec, "-rs")

    assert "13 skipped" in result.stdout
    assert "cannot be reached" in result.stdout


@pytest.mark.parametrize("arguments", WAYS)
def test_a_mistake_in_the_options_fails_with_a_sentence(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """No process waits for a check that could not begin."""
    spec = ("--contract-spec", ROOT / "specs/citas.yaml", "--contract-fixtures", ROOT / "fixtures")
    target = ("--contract-url", "http://127.0.0.1:1", "--contract-identity", "stranger=secret")

    result = _pytest(tmp_path, *target, *spec, *arguments)

    assert "13 failed" in result.stdout, result.stdout + result.stderr
    assert "the fixtures have no such identity" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr
    assert "pytest_plugin.py" not in result.stdout


def test_documents_that_cannot_be_read_are_a_usage_error(tmp_path: Path) -> None:
    """Before any test runs."""
    result = _pytest(tmp_path, "--contract-url", "http://127.0.0.1:1", "--contract-spec", "missing.yaml")

    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert "missing.yaml" in result.stderr
    assert "Traceback" not in result.stdout + result.stderr


def test_loading_the_plugin_loads_nothing_else() -> None:
    """Every run of pytest loads it, and must not pay for it."""
    code = (
        "import sys, pytest; before = set(sys.modules); import mockserver.pytest_plugin; "
        "print([name for name in set(sys.modules) - before if not name.startswith('mockserver')])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )

    heavy = {"httpx", "connexion", "schemathesis", "uvicorn", "click", "jsonschema_rs", "yaml"}
    assert not heavy & {name.strip(" '[],\n").split(".")[0] for name in result.stdout.split(",")}


def test_serving_does_not_load_the_check() -> None:
    """`mockserver serve` starts without Schemathesis and the checker's client."""
    heavy = ("schemathesis", "httpx")
    code = f"import sys, mockserver.cli.command_line; print([one for one in {heavy} if one in sys.modules])"

    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )

    assert result.stdout.strip() == "[]"
