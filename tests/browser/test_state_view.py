"""State: pages, order, a search for collections, new records, cells that are left."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.mock import Mock, open_view, serving

COMMAND = [sys.executable, "-W", "ignore", "-m", "mockserver"]
KINDS = ["apples", *(f"fruits{number}" for number in range(1, 16))]
ITEM: dict[str, Any] = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
}


def _paths(kind: str) -> dict[str, Any]:
    item = {"application/json": {"schema": ITEM}}
    several = {"application/json": {"schema": {"type": "array", "items": ITEM}}}
    id_ = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}

    def read(name: str, content: Any, *parameters: Any) -> Any:
        answers = {"200": {"description": "Fine.", "content": content}}
        return {"get": {"operationId": name, "parameters": list(parameters), "responses": answers}}

    return {f"/{kind}": read(f"list_{kind}", several), f"/{kind}/{{id}}": read(f"get_{kind}", item, id_)}


@pytest.fixture
def fruit(browser: Browser, tmp_path: Path) -> Iterator[tuple[Page, Mock]]:
    """A page, and a mock with sixteen collections, one of which has 250 records."""
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Fruit", "version": "1"},
        "paths": {path: item for kind in KINDS for path, item in _paths(kind).items()},
    }
    records = [{"id": number, "name": f"apple {1000 - number}"} for number in range(1, 251)]
    (tmp_path / "specs").mkdir()
    (tmp_path / "fixtures").mkdir()
    (tmp_path / "specs" / "fruit.json").write_text(json.dumps(document))
    fixture = {"collections": {"apples": {"key": "id", "records": records}}}
    (tmp_path / "fixtures" / "fruit.yaml").write_text(json.dumps(fixture))
    with (
        serving(COMMAND, tmp_path, "specs/fruit.json", "--fixtures", "fixtures") as url,
        httpx.Client(base_url=url) as client,
    ):
        context = browser.new_context(viewport={"width": 1360, "height": 860})
        yield context.new_page(), Mock(url, client)
        context.close()


def test_records_come_in_pages_and_in_an_order(fruit: tuple[Page, Mock]) -> None:
    """A hundred at a time; a click on a column sorts by it, another one the other way round."""
    page, mock = fruit
    open_view(page, mock, "state/fruit/apples")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(100)
    expect(page.get_by_text("1 to 100 of 250")).to_be_visible()

    page.get_by_role("button", name="Next").click()
    expect(rows.first).to_contain_text("101")
    page.get_by_role("button", name="Next").click()
    expect(rows).to_have_count(50)
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    page.get_by_role("columnheader").get_by_role("button", name="name").click()

    expect(rows.first).to_contain_text("apple 750")
    page.get_by_role("columnheader").get_by_role("button", name="name").click()
    expect(rows.first).to_contain_text("apple 999")
    expect(page.get_by_role("columnheader").nth(1)).to_have_attribute("aria-sort", "descending")


def test_a_collection_is_found_by_name(fruit: tuple[Page, Mock]) -> None:
    """Where there are many."""
    page, mock = fruit
    open_view(page, mock, "state")
    expect(page.locator(".tree-item")).to_have_count(16)

    page.get_by_label("Find a collection").fill("APP")

    expect(page.locator(".tree-item")).to_have_count(1)
    page.locator(".tree-item").click()
    expect(page.locator(".table-pane h2")).to_contain_text("apples")


def test_a_new_record_has_a_key_that_is_free_and_fits(fruit: tuple[Page, Mock]) -> None:
    """It can be saved as it is."""
    page, mock = fruit
    open_view(page, mock, "state/fruit/apples")
    expect(page.locator("tbody tr").first).to_be_visible()

    page.get_by_role("button", name="New record").click()
    expect(page.get_by_label("Record, as JSON")).to_have_value(re.compile('"id": 251'))
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert mock.admin("GET", "state/fruit/apples/251")["name"]


def test_a_filter_is_kept_while_another_view_is_open(fruit: tuple[Page, Mock]) -> None:
    """In State, in Traffic, and what was typed into the builder."""
    page, mock = fruit
    mock.call("GET", "/apples")
    open_view(page, mock, "state/fruit/apples")
    page.get_by_label("Filter records").fill("apple 77")
    expect(page.locator("tbody tr")).to_have_count(10)
    page.get_by_role("link", name="Traffic").click()
    page.get_by_label("Search requests").fill("nothing has this")
    page.get_by_label("Status").select_option("4xx")
    expect(page.get_by_text("No matches")).to_be_visible()
    page.get_by_role("link", name="Request builder").click()
    page.get_by_label("Operation").select_option("fruit\nget_apples")
    page.get_by_label("id (path)").fill("42")

    page.get_by_role("link", name="State").click()

    expect(page.get_by_label("Filter records")).to_have_value("apple 77")
    expect(page.locator("tbody tr")).to_have_count(10)
    page.get_by_role("link", name="Traffic").click()
    expect(page.get_by_label("Search requests")).to_have_value("nothing has this")
    expect(page.get_by_label("Status")).to_have_value("4xx")
    expect(page.get_by_text("No matches")).to_be_visible()
    page.get_by_role("link", name="Request builder").click()
    expect(page.get_by_label("Operation")).to_have_value("fruit\nget_apples")
    expect(page.get_by_label("id (path)")).to_have_value("42")


@pytest.mark.parametrize("leave", ["Tab", "click"])
def test_a_cell_that_is_left_keeps_what_was_typed(page: Page, mock: Mock, leave: str) -> None:
    """Escape alone takes it back; what does not fit stays to be mended."""
    open_view(page, mock, "state/citas/citas")
    row = page.locator("tbody tr").filter(has=page.get_by_role("rowheader", name="2", exact=True))
    row.get_by_role("button", name="estado").click()
    page.get_by_label("estado of 2").fill("confirmada")

    if leave == "Tab":
        page.keyboard.press("Tab")
    else:
        page.get_by_role("heading", name="State").click()

    expect(page.get_by_text("estado changed")).to_be_visible()
    assert mock.admin("GET", "state/citas/citas/2")["estado"] == "confirmada"
    row.get_by_role("button", name="cliente_id").click()
    page.get_by_label("cliente_id of 2").fill("nobody")
    page.get_by_role("heading", name="State").click()
    expect(page.locator(".toast.error")).to_contain_text("cliente_id")
    expect(page.get_by_label("cliente_id of 2")).to_have_value("nobody")
    page.get_by_label("cliente_id of 2").press("Escape")
    expect(row.get_by_role("button", name="cliente_id")).to_be_visible()
    assert mock.admin("GET", "state/citas/citas/2")["cliente_id"] == 8
