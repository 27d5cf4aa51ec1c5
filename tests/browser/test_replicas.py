"""The console of one of several processes that share a store: who they are, and what each has answered."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect
from tests.browser.mock import Mock, open_row, open_view, serving
from tests.http.records import CITA

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-W", "ignore", "-m", "mockserver"]


@pytest.fixture
def mock(tmp_path: Path) -> Iterator[Mock]:
    """The process that the browser looks at, in the place of the one that other tests have."""
    options = ("specs/citas.yaml", "--store", str(tmp_path / "state.db"))
    with serving(COMMAND, ROOT, *options) as url, httpx.Client(base_url=url) as client:
        yield Mock(url, client)


@pytest.fixture
def other(mock: Mock, tmp_path: Path) -> Iterator[Mock]:
    """Another process on the same store."""
    options = ("specs/citas.yaml", "--store", str(tmp_path / "state.db"))
    with serving(COMMAND, ROOT, *options) as url, httpx.Client(base_url=url) as client:
        yield Mock(url, client)


def test_processes_sessions_and_requests_of_all_replicas_are_shown(
    page: Page, mock: Mock, other: Mock
) -> None:
    """The page of one shows both, a session and a request of the other, and which process answered it."""
    assert other.call("PUT", CITA, "asistente-token", session="elsewhere") == 200
    here, there = (each.admin("GET", "health")["store"]["replica"] for each in (mock, other))

    open_view(page, mock, "sessions")
    processes = page.get_by_label("Processes that share the store").locator("li")
    expect(processes).to_have_count(2)
    expect(processes.filter(has_text=there)).to_have_count(1)
    expect(processes.filter(has_text="answers this page")).to_contain_text(here)
    expect(page.get_by_role("rowheader", name="elsewhere")).to_be_visible()

    open_view(page, mock, "~elsewhere/traffic")
    open_row(page, CITA)
    expect(page.locator(".facts")).to_contain_text(there)
