"""A browser, and a mock of the test's own for it to look at."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.browser.mock import Mock, serving

# Chromium without its windows takes half the time.
BROWSERS = ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(shutil.which, BROWSERS), BROWSERS[0])
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
# Milliseconds until something counts as missing: a busy machine is no defect.
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)
# What the page says in passing stays to be read by whoever is slow.
NOTES_STAY = """
    const later = window.setTimeout;
    window.setTimeout = (act, wait, ...more) => (wait > 3000 && wait < 9000 ? 0 : later(act, wait, ...more));
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of this package on one worker, one after the other."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, for this package alone: while it runs no other test can have an event loop."""
    if shutil.which(CHROMIUM) is None:
        pytest.skip(f"{CHROMIUM} is missing: `make browser` installs it")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="package")
def server() -> Iterator[str]:
    """The URL of a mock that serves the bundled documents."""
    root = Path(__file__).parents[2]
    with serving([sys.executable, "-W", "ignore", "-m", "mockserver"], root) as url:
        yield url


@pytest.fixture
def mock(server: str) -> Iterator[Mock]:
    """The mock as new, without a request in its journal."""
    with httpx.Client(base_url=server) as client:
        mock = Mock(server, client)
        mock.clear()
        yield mock


@pytest.fixture
def page(browser: Browser, mock: Mock) -> Iterator[Page]:
    """A page of its own, wide and light; what it complains of fails the test."""
    context = browser.new_context(viewport={"width": 1360, "height": 860}, color_scheme="light")
    context.set_default_timeout(PATIENCE)
    context.add_init_script(NOTES_STAY)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda request: _stay_here(request.url, mock.url, complaints))
    yield opened
    context.close()
    assert complaints == []


def _stay_here(url: str, origin: str, complaints: list[str]) -> None:
    if not url.startswith((origin + "/", "blob:", "data:")):
        complaints.append(f"asked for {url}")
