"""A React application works against a document, a fixture file and one handler file of under forty lines."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.mock import serving

CLIENTS = Path(__file__).parents[1] / "clients"
STOREFRONT = CLIENTS / "storefront"
ESBUILD = CLIENTS / "node_modules/.bin/esbuild"
COMMAND = [sys.executable, "-W", "ignore", "-m", "mockserver"]


class _Files(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Say nothing."""


@pytest.fixture
def storefront(tmp_path: Path) -> Iterator[str]:
    """The URL of the application, on an origin of its own."""
    if not ESBUILD.exists():
        pytest.skip("esbuild is missing: `npm ci` was not run in tests/clients (make test does it)")
    shutil.copy(STOREFRONT / "index.html", tmp_path)
    with serving(COMMAND, STOREFRONT, "store.yaml") as mock:
        bundle = [
            str(ESBUILD),
            str(STOREFRONT / "app.jsx"),
            "--bundle",
            "--jsx=automatic",
            "--log-level=warning",
        ]
        options = [f'--define:MOCK="{mock}"', f"--outfile={tmp_path / 'app.js'}"]
        subprocess.run([*bundle, *options], check=True, timeout=60)
        with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(tmp_path))) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://localhost:{server.server_address[1]}/"
            server.shutdown()


@pytest.fixture
def shopper(browser: Browser) -> Iterator[Page]:
    """A page without cookies and storage; an exception in it fails the test."""
    context = browser.new_context()
    opened, complaints = context.new_page(), list[str]()
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert complaints == []


def _log_in(page: Page, email: str, password: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def _order(page: Page, product: int, quantity: int) -> None:
    page.get_by_label("Product").select_option(str(product))
    page.get_by_label("Quantity").fill(str(quantity))
    page.get_by_role("button", name="Order").click()


@pytest.mark.slow
def test_people_log_in_see_their_orders_and_order(storefront: str, shopper: Page) -> None:
    """A wrong password is refused, totals and stock are right, and each sees their own orders."""
    shopper.goto(storefront)
    _log_in(shopper, "ada@example.org", "guess")
    expect(shopper.get_by_role("alert")).to_contain_text("401")
    _log_in(shopper, "ada@example.org", "open-sesame")
    expect(shopper.get_by_role("heading", name="Orders of Ada Lovelace")).to_be_visible()
    expect(shopper.get_by_role("listitem")).to_have_count(0)

    _order(shopper, 1, 2)
    expect(shopper.get_by_role("listitem")).to_have_text(["2 x Teapot: 25.00"])
    expect(shopper.get_by_label("Product")).to_contain_text("Teapot, 1 left")
    _order(shopper, 1, 2)
    expect(shopper.get_by_role("alert")).to_have_text("409: Teapot is sold out.")
    _order(shopper, 2, 3)
    expect(shopper.get_by_role("listitem")).to_have_text(["2 x Teapot: 25.00", "3 x Cup: 12.00"])

    shopper.reload()
    expect(shopper.get_by_role("listitem")).to_have_count(2)
    shopper.get_by_role("button", name="Log out").click()
    _log_in(shopper, "bo@example.org", "let-me-in")
    expect(shopper.get_by_role("heading", name="Orders of Bo Diddley")).to_be_visible()
    expect(shopper.get_by_role("listitem")).to_have_text(["1 x Cup: 4.00"])


def test_the_handler_file_of_the_storefront_is_short() -> None:
    """Under forty lines, with its docstrings."""
    assert len((STOREFRONT / "handlers/store.py").read_text("utf-8").splitlines()) < 40
