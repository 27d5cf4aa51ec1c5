"""Swagger UI shows documents of every version, and sends requests to the mock."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, expect
from tests.browser.mock import serving

COMMAND = [sys.executable, "-W", "ignore", "-m", "mockserver"]
NOTE = {
    "type": "object",
    "required": ["id", "text"],
    "properties": {"id": {"type": "integer"}, "text": {"type": "string"}},
}


def _notes(version: str) -> dict[str, Any]:
    """A document of this version of OpenAPI, with one operation."""
    content = {"application/json": {"schema": {"type": "array", "items": NOTE}}}
    found = {"200": {"description": "All notes.", "content": content}}
    return {
        "openapi": version,
        "info": {"title": f"Notes {version}", "version": "1"},
        "paths": {"/notes": {"get": {"summary": "List every note", "responses": found}}},
    }


def _as_version(route: Route, version: str) -> None:
    """Answer with the mock's document, as one of this version."""
    content = route.fetch().json()
    content["openapi"] = version
    content["info"]["title"] = f"Notes {version}"
    route.fulfill(json=content)


@pytest.mark.parametrize("version", ["3.0.4", "3.1.1", "3.2.0"])
def test_swagger_ui_shows_and_calls_a_document_of_each_version(
    browser: Browser, tmp_path: Path, version: str
) -> None:
    """From the front page: the operation is shown, a request is sent, and the policy refuses nothing."""
    file = tmp_path / "notes.json"
    served = "3.1.1" if version.startswith("3.2") else version
    file.write_text(json.dumps(_notes(served)), "utf-8")
    complaints: list[str] = []
    with serving(COMMAND, tmp_path, str(file)) as url:
        page = browser.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Security" in said.text else None)
        page.route("**/openapi.json", lambda route: _as_version(route, version))
        page.goto(f"{url}/")
        page.get_by_role("link", name="Swagger UI for Notes").click()

        expect(page.locator("#swagger-ui .title")).to_contain_text(f"Notes {version}")
        page.get_by_text("List every note").click()
        page.get_by_role("button", name="Try it out").click()
        page.get_by_role("button", name="Execute").click()
        expect(page.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
        page.close()
    assert complaints == []
