"""What a stranger plants shows in the console as text, and what is copied or exported there runs nothing."""

from __future__ import annotations

import csv
import subprocess
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect
from tests.browser.mock import Mock, open_row, open_view
from tests.http.records import APPOINTMENT

PLANTED = "$(touch PWNED) `touch PWNED` \\'; touch PWNED; \"; touch PWNED; y"


def _runs_nothing(command: str, folder: Path) -> list[str]:
    """The arguments that curl gets; a file that the command makes would be noticed."""
    show = "curl() { printf '%s\\n' \"$@\"; }\n"
    done = subprocess.run(
        ["bash", "-c", show + command], cwd=folder, capture_output=True, text=True, check=True, timeout=60
    )
    assert list(folder.iterdir()) == []
    return done.stdout.splitlines()


def test_a_copied_request_runs_nothing_that_a_page_planted(page: Page, mock: Mock, tmp_path: Path) -> None:
    """The server quotes it."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    headers = {"authorization": PLANTED, "x-planted": PLANTED}
    httpx.patch(f"{mock.url}{APPOINTMENT}?q=%24(touch+PWNED)", headers=headers, content=PLANTED)
    open_view(page, mock, "traffic")
    open_row(page, APPOINTMENT)

    page.get_by_role("button", name="Copy as curl").click()
    expect(page.get_by_text("curl command copied")).to_be_visible()
    words = _runs_nothing(page.evaluate("navigator.clipboard.readText()"), tmp_path)

    assert f"x-planted: {PLANTED}" in words


def test_a_request_that_is_built_is_copied_in_quotes(page: Page, mock: Mock, tmp_path: Path) -> None:
    """Values that a document suggests, controls of a terminal among them."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_view(page, mock, "builder/sqod/patchAppointmentById")

    page.get_by_label("Body, application/json").fill(PLANTED + "\x1b[201~\u202e")
    page.get_by_role("button", name="Copy as curl").click()
    expect(page.get_by_text("curl command copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    words = _runs_nothing(copied, tmp_path)

    assert words[-1] == PLANTED + "\x1b[201~\u202e"
    assert not set(copied) & {"\x1b", "\u202e"}
    assert any(word.startswith(f"{mock.url}/") for word in words)


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t"])
def test_no_cell_of_the_exported_coverage_is_a_formula(
    page: Page, mock: Mock, tmp_path: Path, begin: str
) -> None:
    """A spreadsheet shows the text."""
    formula = f"{begin}cmd|' /C calc'!A0"

    def rename(route: object) -> None:
        response = route.fetch()  # type: ignore[attr-defined]
        told = response.json()
        told["apis"][0]["operations"][0]["operation"] = formula
        route.fulfill(response=response, json=told)  # type: ignore[attr-defined]

    page.route("**/__admin/coverage?*", rename)
    open_view(page, mock, "coverage")

    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV").click()
    download.value.save_as(tmp_path / "coverage.csv")

    rows = list(csv.reader((tmp_path / "coverage.csv").read_text().splitlines()))
    assert rows[1][1] == f"'{formula}"
