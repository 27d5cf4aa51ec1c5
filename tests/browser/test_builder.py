"""The request builder with parameters and bodies of every kind."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.mock import Mock, open_view, serving

COMMAND = [sys.executable, "-W", "ignore", "-m", "mockserver"]


def _parameter(name: str, where: str, schema: Any, **more: Any) -> Any:
    return {"name": name, "in": where, "required": True, "schema": schema, **more}


def _body(media_type: str, schema: Any) -> Any:
    return {"required": True, "content": {media_type: {"schema": schema}}}


def _fields(**schemas: Any) -> Any:
    return {"type": "object", "required": [*schemas], "properties": schemas}


LOCATION = {"Location": {"schema": {"type": "string"}}}
TEXTS = {"type": "array", "items": {"type": "string"}, "example": ["a b", "c,d"]}
NUMBERS = {"type": "array", "items": {"type": "integer"}, "minItems": 2, "example": [3, 4]}
OBJECT = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer", "example": 5}}}
FILE = {"type": "string", "format": "binary"}
OPERATIONS: dict[str, Any] = {
    "query": {
        "parameters": [
            _parameter("many", "query", TEXTS),
            _parameter("joined", "query", TEXTS, explode=False),
            _parameter("piped", "query", NUMBERS, style="pipeDelimited", explode=False),
            _parameter("spaced", "query", NUMBERS, style="spaceDelimited", explode=False),
            _parameter("deep", "query", OBJECT, style="deepObject"),
            _parameter("flat", "query", OBJECT, explode=False),
            {
                "name": "json",
                "in": "query",
                "required": True,
                "content": {"application/json": {"schema": OBJECT}},
            },
        ]
    },
    "header": {
        "parameters": [_parameter("X-Many", "header", NUMBERS), _parameter("X-One", "header", OBJECT)]
    },
    "cookie": {"parameters": [_parameter("sid", "cookie", {"type": "string", "example": "abc"})]},
    "form": _body("application/x-www-form-urlencoded", _fields(n={"type": "integer"}, t=NUMBERS)),
    "file": _body("multipart/form-data", _fields(f=FILE, n=NUMBERS, o=OBJECT)),
    "raw": _body("application/octet-stream", FILE),
    "basic": {"security": [{"basic": []}]},
    "key": {"security": [{"key": []}]},
    "moved": {"responses": {"302": {"description": "Elsewhere.", "headers": LOCATION}}},
}
DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "Styles", "version": "1"},
    "components": {
        "securitySchemes": {
            "basic": {"type": "http", "scheme": "basic"},
            "key": {"type": "apiKey", "in": "query", "name": "key"},
        }
    },
    "paths": {
        f"/{name}": {
            "post" if "content" in one else "get": {
                "operationId": name,
                "responses": {"204": {"description": "Fine."}},
                **({"requestBody": one} if "content" in one else one),
            }
        }
        for name, one in OPERATIONS.items()
    }
    | {
        "/path/{label}/{matrix}/{plain}": {
            "get": {
                "operationId": "path",
                "parameters": [
                    _parameter("label", "path", NUMBERS, style="label"),
                    _parameter("matrix", "path", NUMBERS, style="matrix", explode=True),
                    _parameter("plain", "path", TEXTS),
                ],
                "responses": {"204": {"description": "Fine."}},
            }
        }
    },
}


@pytest.fixture
def styles(browser: Browser, tmp_path: Path) -> Iterator[tuple[Page, Mock]]:
    """A page, and a mock whose document has parameters and bodies of every kind."""
    (tmp_path / "styles.json").write_text(json.dumps(DOCUMENT))
    with serving(COMMAND, tmp_path, "styles.json") as url, httpx.Client(base_url=url) as client:
        context = browser.new_context()
        yield context.new_page(), Mock(url, client)
        context.close()


def test_what_the_builder_fills_in_is_valid(styles: tuple[Page, Mock], tmp_path: Path) -> None:
    """In every style, as a form, a file, a cookie, with credentials; a redirection is shown as it is."""
    page, mock = styles
    answers = {}
    for operation in (*OPERATIONS, "path"):
        open_view(page, mock, f"builder/styles/{operation}")
        expect(page.get_by_label("Operation")).to_have_value(f"styles\n{operation}")
        page.get_by_role("button", name="Send").click()
        answers[operation] = page.locator(".answer .status").inner_text()
    assert answers == {**dict.fromkeys((*OPERATIONS, "path"), "204"), "moved": "302"}
    assert page.context.cookies() == []

    page.get_by_text("Answered by: 204 without a body").click()
    expect(page.get_by_text("Nothing is inferred for this operation.")).to_be_visible()

    (tmp_path / "picture.bin").write_bytes(bytes(range(256)))
    open_view(page, mock, "builder/styles/file")
    page.get_by_label("File for f").set_input_files(tmp_path / "picture.bin")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".answer .status")).to_have_text("204")
    assert 'filename="picture.bin"' in mock.admin("GET", "requests?limit=1")["requests"][0]["body"]
