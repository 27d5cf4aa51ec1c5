"""Tests in browsers that run at once, as docs/testing.md has it: a world for each, named by a header."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from tests.browser.mock import Mock

DELETE = """async (url) => {
  const headers = {'Authorization': 'Bearer patient-token', 'Content-Type': 'application/json'}
  const answer = await fetch(`${url}/api/users/42/reservations/89`, {method: 'DELETE', headers})
  return answer.status
}"""
RESET = """(url) =>
  fetch(`${url}/__admin/reset`, {method: 'POST'}).then((answer) => answer.status, () => 'refused')
"""

Opened = tuple[BrowserContext, Page]


class _Frontend(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Say nothing."""


@pytest.fixture
def frontend(tmp_path: Path) -> Iterator[str]:
    """A page on a port of its own, as a development server has it."""
    (tmp_path / "index.html").write_text("<title>Frontend</title>")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Frontend, directory=tmp_path)) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def opened(browser: Browser, frontend: str) -> Iterator[list[Opened]]:
    """The page in two tests, each with its header on every request."""
    contexts = [browser.new_context(extra_http_headers={"X-Mock-Session": name}) for name in ("a", "b")]
    pages = [context.new_page() for context in contexts]
    for page in pages:
        page.goto(frontend)
    yield list(zip(contexts, pages, strict=True))
    for context in contexts:
        context.close()


def test_each_page_has_a_world_of_its_own(opened: list[Opened], mock: Mock) -> None:
    """What one deletes is there for the other, and gone for itself."""
    (_, first), (_, second) = opened

    assert [first.evaluate(DELETE, mock.url) for _ in range(2)] == [204, 404]
    assert second.evaluate(DELETE, mock.url) == 204


def test_the_runner_sets_faults_and_the_page_cannot(opened: list[Opened], mock: Mock) -> None:
    """The admin API is for the test, not for what is tested."""
    (context, page), (_, other) = opened
    fault = {"kind": "status", "status": 503, "count": 1}

    assert context.request.post(f"{mock.url}/__admin/faults", data=fault).status == 201

    assert page.evaluate(RESET, mock.url) == "refused"
    assert (page.evaluate(DELETE, mock.url), other.evaluate(DELETE, mock.url)) == (503, 204)
