"""Every view passes axe-core, light and dark, wide and narrow; ten thousand requests are no burden."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.mock import Mock, open_view
from tests.http.records import CITA

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
VIEWS = [
    "traffic",
    "state",
    "scenarios",
    "rules",
    "faults",
    "sessions",
    "tokens",
    "coverage",
    "builder",
    "webhooks",
]
NARROW, WIDE = {"width": 400, "height": 800}, {"width": 1360, "height": 860}


def violations(page: Page) -> list[str]:
    """What axe-core finds."""
    page.evaluate(AXE.read_text("utf-8"))
    found: list[Any] = page.evaluate("axe.run(document).then((result) => result.violations)")
    return [f"{entry['id']}: {entry['help']} {entry['nodes'][0]['html'][:200]}" for entry in found]


@pytest.mark.parametrize(("scheme", "size"), [("light", WIDE), ("dark", WIDE), ("light", NARROW)])
def test_every_view_is_accessible(browser: Browser, mock: Mock, scheme: Any, size: Any) -> None:
    """Roles, names, contrast, focus: what a machine can tell."""
    mock.make_traffic()
    mock.admin("POST", "scenarios/sqod/being-seen")
    mock.admin("POST", "faults", {"kind": "empty", "api": "citas"})
    mock.admin("POST", "answers", {"api": "citas", "operation": "cancelarCita", "status": 500})
    rule = {"api": "citas", "operation": "cancelarCita", "answer": {"status": 403}}
    mock.admin("POST", "rules", {**rule, "when": {"body": {"required": ["a"]}}})
    mock.admin("PUT", "snapshots/one")
    context = browser.new_context(viewport=size, color_scheme=scheme)
    page = context.new_page()
    found = {}
    for view in VIEWS:
        open_view(page, mock, view)
        expect(page.locator("#conditions .chip")).to_have_count(3)
        if view == "traffic":
            page.locator(".v-space .v-row", has_text="and 1 more").click()
            expect(page.locator(".bad-callout")).to_be_visible()
        found[view] = violations(page)
    context.close()

    assert {view: violations for view, violations in found.items() if violations} == {}


def test_a_narrow_page_is_never_wider_than_the_screen(page: Page, mock: Mock) -> None:
    """What does not fit scrolls inside; where one is stands in sight."""
    mock.make_traffic()
    page.set_viewport_size({"width": 400, "height": 800})
    for view in VIEWS:
        open_view(page, mock, view)
        expect(page.locator("#nav [aria-current]")).to_be_in_viewport(ratio=0.99)
        assert page.evaluate("document.documentElement.scrollWidth") == 400, view


def test_dialogs_are_accessible(page: Page, mock: Mock) -> None:
    """Those of records, forced answers and documents; focus goes in, and Escape leads out."""
    mock.make_traffic()
    page.goto(f"{mock.url}/__admin/#/state/citas/citas")
    page.get_by_label("Edit 1", exact=True).click()
    found = violations(page)
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    page.goto(f"{mock.url}/__admin/#/scenarios")
    page.get_by_role("button", name="Force an answer").click()
    expect(page.locator("dialog")).to_be_visible()
    found += violations(page)

    assert found == []
    expect(page.locator("dialog :focus")).to_have_count(1)


def test_an_empty_journal_is_accessible(page: Page, mock: Mock) -> None:
    """There is nothing, and it says so."""
    page.goto(f"{mock.url}/__admin/")
    expect(page.get_by_text("No requests yet")).to_be_visible()

    assert violations(page) == []


def test_ten_thousand_requests_are_no_burden(page: Page, mock: Mock) -> None:
    """The DOM has only the rows that are seen, and the end is reached at once."""
    mock.call("PUT", CITA)
    (entry,) = mock.admin("GET", "requests?view=brief")["requests"]
    many = [
        {**entry, "id": f"x-{number}", "number": number, "path": f"/{number}"}
        for number in range(10_000, 0, -1)
    ]
    told = {"run": "x", "latest": 10_000, "total": 10_000, "dropped": 0, "requests": many}
    page.route("**/__admin/requests?**", lambda route: route.fulfill(json=told))
    page.goto(f"{mock.url}/__admin/#/traffic")
    expect(page.locator(".count")).to_contain_text("10,000 shown of 10,000")
    page.locator(".v-space .v-row").first.focus()

    most = page.evaluate(
        """async () => {
            const view = document.querySelector(".v-view");
            let most = 0;
            for (let step = 1; step <= 20; step++) {
                view.scrollTop = (view.scrollHeight * step) / 20;
                await new Promise(requestAnimationFrame);
                most = Math.max(most, document.querySelectorAll(".v-space .v-row").length);
            }
            return most;
        }"""
    )

    assert 10 < most < 80
    page.keyboard.press("End")
    expect(page.locator(".v-row[aria-rowindex='10001']")).to_be_focused()
    expect(page.locator(".v-row[aria-rowindex='10001']")).to_contain_text("/1")
