"""On a narrow screen the console does as much; without its token it asks for it."""

from __future__ import annotations

import sys
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.mock import Mock, open_row, open_view, serving
from tests.browser.test_accessibility import violations
from tests.http.records import CITA

COMMAND = [sys.executable, "-W", "ignore", "-m", "mockserver"]
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("width", [390, 900])
def test_a_long_list_draws_only_the_rows_that_are_seen(page: Page, mock: Mock, width: int) -> None:
    """Below 960 pixels too."""
    mock.call("PUT", CITA)
    (entry,) = mock.admin("GET", "requests?view=brief")["requests"]
    many = [
        {**entry, "id": f"x-{number}", "number": number, "path": f"/{number}"}
        for number in range(2_000, 0, -1)
    ]
    told = {"run": "x", "latest": 2_000, "total": 2_000, "dropped": 0, "requests": many}
    page.route("**/__admin/requests?**", lambda route: route.fulfill(json=told))
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{mock.url}/__admin/#/traffic")
    expect(page.locator(".count")).to_contain_text("2,000 shown of 2,000")
    expect(page.locator(".v-space .v-row").nth(6)).to_be_attached()

    assert 5 < page.locator(".v-space .v-row").count() < 80
    assert page.evaluate("document.querySelectorAll('*').length") < 3_000
    page.locator(".v-space .v-row").first.focus()
    page.keyboard.press("End")
    expect(page.locator(".v-row[aria-rowindex='2001']")).to_be_in_viewport()


@pytest.mark.parametrize("width", [390, 900])
def test_details_open_where_one_looks(page: Page, mock: Mock, width: int) -> None:
    """Their head and their way out are on the screen, however far the page was scrolled."""
    for _ in range(8):
        mock.make_traffic()
    page.set_viewport_size({"width": width, "height": 700})
    open_view(page, mock, "traffic")
    expect(page.locator(".v-space .v-row").first).to_be_visible()
    page.locator("main").evaluate("(main) => main.scrollTo(0, main.scrollHeight)")
    page.locator(".v-view").evaluate("(view) => view.scrollTo(0, 300)")

    open_row(page, "and 1 more")

    expect(page.locator(".detail h2")).to_be_in_viewport(ratio=1)
    expect(page.get_by_label("Close the details")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.get_by_label("Close the details").click()
    expect(page.locator(".detail")).to_be_hidden()


def test_the_console_asks_for_its_token(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page with one field; a wrong token is told, the right one opens the view that was asked for."""
    monkeypatch.setenv("MOCKSERVER_ADMIN_TOKEN", "open-sesame")
    context = browser.new_context()
    page = context.new_page()
    with serving(COMMAND, ROOT) as url:
        response = page.goto(f"{url}/__admin/#/~default/faults")
        assert response is not None
        assert response.status == 401
        expect(page.get_by_role("heading", name="The console needs its token")).to_be_visible()
        assert violations(page) == []

        page.get_by_label("Token").fill("wrong")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("Wrong token")
        assert "wrong" not in page.url
        page.get_by_label("Token").fill("open-sesame")
        page.get_by_role("button", name="Open the console").click()

        expect(page.get_by_role("heading", name="Faults", exact=True)).to_be_visible()
        assert "open-sesame" not in page.url
        assert httpx.get(f"{url}/__admin/requests").json()["status"] == 401
    context.close()
