"""What the mock itself sends, sent and seen in the console."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.mock import Mock, Quiet, open_row, open_view, running, serving
from tests.browser.test_accessibility import violations
from tests.resources.mocking import answering, taking

PET = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
}
BORN = {"born": {"{$request.body#/url}": {"post": {**taking(PET), "responses": {}}}}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Pets", "version": "1"},
    "paths": {
        "/pets": {"post": {**taking({"type": "object"}), **answering(PET, "201"), "callbacks": BORN}},
    },
    "webhooks": {"newPet": {"post": {"summary": "A pet was born", **taking(PET)}}},
}


@pytest.fixture
def pets(browser: Browser, tmp_path: Path) -> Iterator[tuple[Page, Mock]]:
    """A page, and a mock."""
    (tmp_path / "pets.json").write_text(json.dumps(DOCUMENT))
    command = [sys.executable, "-W", "ignore", "-m", "mockserver"]
    with serving(command, tmp_path, "pets.json") as url, httpx.Client(base_url=url) as client:
        context = browser.new_context(viewport={"width": 1360, "height": 860})
        yield context.new_page(), Mock(url, client)
        context.close()


class _Hearing(Quiet):
    def serve(self) -> None:
        """Hear, and say so."""
        self.rfile.read(int(self.headers["content-length"]))
        self.answer(204)


@pytest.fixture
def hooks() -> Iterator[str]:
    """The URL of a program that takes what the mock sends."""
    with running(_Hearing) as url:
        yield f"{url}/hooks"


def test_a_webhook_is_sent_and_seen(pets: tuple[Page, Mock], hooks: str) -> None:
    """With a body that is made up, or one's own, which has to fit; and what the other end said."""
    page, mock = pets
    open_view(page, mock, "webhooks")
    expect(page.get_by_text("Nothing was sent")).to_be_visible()

    page.get_by_label("Target URL").fill(hooks)
    page.get_by_role("button", name="Send it").click()
    expect(page.locator("summary")).to_contain_text("newPet POST")
    expect(page.locator("summary .status")).to_have_text("204")
    page.get_by_label("Body", exact=True).fill('{"id": "x"}')
    page.get_by_role("button", name="Send it").click()
    expect(page.get_by_role("alert")).to_contain_text("name")
    page.get_by_label("Body", exact=True).fill('{"id": 7, "name": "Rex"}')
    page.get_by_label("Target URL").fill("http://127.0.0.1:1/nobody")
    page.get_by_role("button", name="Send it").click()
    expect(page.locator("summary")).to_have_count(2)

    page.locator("summary").first.click()
    expect(page.get_by_label("Body of newPet").first).to_contain_text('"name": "Rex"')
    expect(page.locator("details .callout").first).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text("Nothing was sent")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("summary")).to_have_count(2)


def test_a_callback_stands_with_the_request_that_asked_for_it(pets: tuple[Page, Mock], hooks: str) -> None:
    """And among what was sent."""
    page, mock = pets
    mock.call("POST", "/pets", json={"url": hooks})
    open_view(page, mock, "webhooks")
    expect(page.locator("summary")).to_contain_text("born POST")

    open_view(page, mock, "traffic")
    open_row(page, "/pets")

    expect(page.locator(".detail")).to_contain_text("Triggered callbacks")
    expect(page.locator(".detail summary .status")).to_have_text("204")
