"""Make the pictures of the console: `python -m tests.browser.screenshots docs/screenshots`."""

from __future__ import annotations

import sys
from pathlib import Path

import httpx
from playwright.sync_api import Page, ViewportSize, sync_playwright
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.mock import Mock, serving
from tests.http.records import APPOINTMENT, CITA

ROOT = Path(__file__).parents[2]
WIDE: ViewportSize = {"width": 1440, "height": 900}
NARROW: ViewportSize = {"width": 390, "height": 844}


def main(folder: Path) -> None:
    """Show the console empty, busy, light, dark and narrow."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-W", "ignore", "-m", "mockserver"]
    with serving(command, ROOT) as url, httpx.Client(base_url=url) as client, sync_playwright() as playwright:
        mock = Mock(url, client)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport=WIDE, color_scheme="light")
        _take(page, mock, "traffic", folder / "empty.png")
        _be_busy(mock)
        _take(page, mock, "traffic", folder / "traffic.png", "and 1 more")
        for view in ("state/citas/citas", "scenarios", "faults", "sessions", "coverage"):
            _take(page, mock, view, folder / f"{view.partition('/')[0]}.png")
        page.emulate_media(color_scheme="dark")
        _take(page, mock, "traffic", folder / "traffic-dark.png", "and 1 more")
        page.set_viewport_size(NARROW)
        _take(page, mock, "traffic", folder / "narrow-dark.png")
        page.emulate_media(color_scheme="light")
        _take(page, mock, "scenarios", folder / "narrow.png")
        browser.close()


def _be_busy(mock: Mock) -> None:
    """An afternoon of somebody who tries things out."""
    for _ in range(4):
        mock.make_traffic()
    mock.call("PATCH", APPOINTMENT, "agent-token", {"status": "late"}, session="checkout-flow")
    mock.admin("POST", "scenarios/citas/service-down")
    mock.call("PUT", CITA, "asistente-token")
    mock.admin("DELETE", "scenarios/citas")
    mock.admin("POST", "scenarios/sqod/being-seen")
    fault = {"kind": "delay", "api": "citas", "share": 0.3, "delay": {"milliseconds": 5}}
    mock.admin("POST", "faults", fault)
    mock.admin(
        "POST", "faults", {"kind": "status", "status": 503, "operation": "updateReservation", "count": 3}
    )
    mock.admin("PUT", "snapshots/before the release")
    mock.make_traffic()
    mock.admin("POST", "scenarios/citas/already-cancelled")


def _take(page: Page, mock: Mock, view: str, file: Path, row: str = "") -> None:
    # A hash alone would not load the page anew.
    page.goto("about:blank")
    page.goto(f"{mock.url}/__admin/#/{view}")
    page.locator("main:not([aria-busy]) h1").wait_for()
    page.locator("#live.on").wait_for()
    if row:
        page.locator(".v-space .v-row", has_text=row).first.click()
        page.locator(".detail h2").wait_for()
    page.locator("main .card, main .v-space .v-row, main table, main .empty").first.wait_for()
    # Chips and fonts settle within a frame or two.
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.screenshot(path=file, animations="disabled")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
