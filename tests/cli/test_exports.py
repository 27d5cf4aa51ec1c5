"""What the journal exports runs, pasted as it is, and gets the answers that were given."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.browser.mock import Mock, serving
from tests.http.records import APPOINTMENT

ROOT = Path(__file__).parents[2]
FORCED = {"api": "citas", "operation": "cancelarCita", "status": 500, "count": 1}
COMMAND = [sys.executable, "-W", "ignore", "-m", "mockserver"]


@pytest.fixture
def busy() -> Iterator[tuple[Mock, list[int]]]:
    """A mock that was asked all kinds of things, and what it answered."""
    with serving(COMMAND, ROOT) as url, httpx.Client(base_url=url) as client:
        mock = Mock(url, client)
        mock.make_traffic()
        form = {"duration_in_minutes": (None, "5"), "claimant[name]": (None, 'Zo\'ë "$HOME"')}
        headers = {"authorization": "Bearer agent-token"}
        client.post(f"{APPOINTMENT}?_method=PATCH", headers=headers, files=form).raise_for_status()
        mock.call("PUT", "/api/citas/2/cancelar", "admin-token", session="mine")
        entries = mock.admin("GET", "requests?view=brief")["requests"]
        yield mock, [entry["status"] for entry in reversed(entries)]


def _exported(mock: Mock, format_: str, file: Path) -> Path:
    """Take the journal, and have the mock begin anew."""
    file.write_text(httpx.get(f"{mock.url}/__admin/requests/export?format={format_}").text, "utf-8")
    mock.clear()
    return file


def test_curl_commands_run(busy: tuple[Mock, list[int]], tmp_path: Path) -> None:
    """Whatever the port, and whatever stands in a body."""
    mock, statuses = busy
    script = _exported(mock, "curl", tmp_path / "requests.sh")

    done = subprocess.run(["sh", script], capture_output=True, text=True, check=False, timeout=60)

    assert [int(status) for status in re.findall(r"HTTP/1.1 (\d+)", done.stdout)] == statuses
    assert mock.admin("GET", f"state/sqod/appointments/{APPOINTMENT[-36:]}")["claimant"]["name"].endswith(
        '"$HOME"'
    )


def test_the_pytest_module_sets_up_what_went_wrong_on_purpose(tmp_path: Path) -> None:
    """Faults and forced answers come again, of a session of their own too, and nothing is left behind."""
    with serving(COMMAND, ROOT) as url, httpx.Client(base_url=url) as client:
        mock = Mock(url, client)
        mock.admin("POST", "faults", {"kind": "status", "status": 503, "count": 1}, session="mine")
        mock.admin("POST", "faults", {"kind": "cut", "count": 1})
        mock.admin(
            "POST", "answers", {"api": "citas", "operation": "cancelarCita", "status": 500, "count": 1}
        )
        mock.call("PUT", "/api/citas/2/cancelar", "admin-token", session="mine")
        with pytest.raises(httpx.TransportError):
            mock.call("PUT", "/api/citas/2/cancelar", "admin-token")
        mock.admin("POST", "faults", {"kind": "malformed", "count": 1})
        mock.admin(
            "POST", "answers", {"api": "citas", "operation": "cancelarCita", "status": 500, "count": 1}
        )
        mock.call("PUT", "/api/citas/2/cancelar", "admin-token")
        module = _exported(mock, "pytest", tmp_path / "test_requests.py")

        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:schemathesis", module],
            cwd=tmp_path,
            env={name: value for name, value in os.environ.items() if name != "BASE_URL"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        ).stdout

        assert "3 passed" in done, done
        assert "503" in module.read_text()
        assert mock.admin("GET", "faults")["faults"] == mock.admin("GET", "answers")["answers"] == []
        assert mock.admin("GET", "faults", session="mine")["faults"] == []


def test_the_pytest_module_passes(busy: tuple[Mock, list[int]], tmp_path: Path) -> None:
    """Against the mock as new, and not against one that answers otherwise."""
    mock, statuses = busy
    module = _exported(mock, "pytest", tmp_path / "test_requests.py")
    run = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:schemathesis",
        str(module),
    ]
    environment = {name: value for name, value in os.environ.items() if name != "BASE_URL"}

    done = [
        subprocess.run(
            run, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=60
        ).stdout
        for _ in range(2)
    ]

    assert f"{len(statuses)} passed" in done[0], done[0]
    # The records are no longer those of the start.
    assert "1 failed" in done[1], done[1]
