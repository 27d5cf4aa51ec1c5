"""The console acts on what it shows: on this request, in this session, and a removal can be undone."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.mock import Mock, open_row, open_view, serving
from tests.http.records import APPOINTMENT, CITA

COMMAND = [sys.executable, "-W", "ignore", "-m", "mockserver"]
ROOT = Path(__file__).parents[2]


def test_an_open_request_that_is_cleared_is_marked_and_no_other_is_sent(page: Page, mock: Mock) -> None:
    """What has its number now is another request; what was shown stays to be read."""
    mock.call("GET", "/shown")
    open_view(page, mock, "traffic")
    open_row(page, "/shown")

    mock.admin("DELETE", "requests?session=*")
    mock.call("DELETE", "/other")

    panel = page.locator(".detail")
    expect(panel).to_contain_text("no longer in the journal")
    expect(panel.get_by_role("button", name="Replay")).to_be_disabled()
    expect(panel.get_by_role("button", name="Copy as curl")).to_be_disabled()
    expect(panel.locator("h2")).to_contain_text("/shown")
    assert [entry["path"] for entry in mock.admin("GET", "requests")["requests"]] == ["/other"]


def test_a_request_that_the_journal_drops_is_marked(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many requests later as the journal has room for."""
    monkeypatch.setenv("MOCKSERVER_JOURNAL_LIMIT", "3")
    with serving(COMMAND, ROOT) as url, httpx.Client(base_url=url) as client:
        mock = Mock(url, client)
        context = browser.new_context()
        opened = context.new_page()
        mock.call("GET", "/first")
        open_view(opened, mock, "traffic")
        open_row(opened, "/first")

        for number in range(3):
            mock.call("GET", f"/later/{number}")

        expect(opened.locator(".detail")).to_contain_text("no longer in the journal")
        context.close()


def test_a_restart_is_announced(browser: Browser) -> None:
    """The request of the run before is marked; its number is another request's now."""
    context = browser.new_context()
    page = context.new_page()
    with serving(COMMAND, ROOT) as url, httpx.Client(base_url=url) as client:
        mock = Mock(url, client)
        mock.call("GET", "/before")
        open_view(page, mock, "traffic")
        open_row(page, "/before")
    port = url.rpartition(":")[2]
    with serving(COMMAND, ROOT, "--port", port) as url, httpx.Client(base_url=url) as client:
        Mock(url, client).call("DELETE", "/after")

        expect(page.locator("#notice")).to_contain_text("The mock was restarted")
        expect(page.locator(".v-space .v-row")).to_have_count(1)
        expect(page.locator(".v-space .v-row")).to_contain_text("/after")
        expect(page.locator(".detail")).to_contain_text("no longer in the journal")
        expect(page.locator(".detail h2")).to_contain_text("/before")
        page.get_by_role("button", name="Dismiss").click()
        expect(page.locator("#notice")).to_be_hidden()
    context.close()


def test_clear_removes_what_is_shown_and_can_be_undone(page: Page, mock: Mock) -> None:
    """Neither what a filter leaves out nor what other sessions sent, nor the coverage."""
    mock.make_traffic()
    mock.call("PUT", CITA, "asistente-token", session="other")
    open_view(page, mock, "traffic")
    rows = page.locator(".v-space .v-row")
    expect(rows).to_have_count(7)
    page.get_by_label("This session only").check()
    page.get_by_label("Status").select_option("4xx")
    expect(rows).to_have_count(4)

    page.get_by_role("button", name="Clear these 4").click()

    expect(page.get_by_text("4 requests of the session default cleared")).to_be_visible()
    expect(page.get_by_text("No matches")).to_be_visible()
    expect(page.get_by_role("button", name="Clear", exact=True)).to_be_disabled()
    assert len(mock.admin("GET", "requests?session=*")["requests"]) == 3
    covered = mock.admin("GET", "coverage?session=default")["apis"]
    assert sum(entry["calls"] for api in covered for entry in api["operations"]) == 5
    page.get_by_role("button", name="Undo").click()
    expect(rows).to_have_count(4)


def test_a_request_that_comes_while_the_list_is_paused_is_not_cleared(page: Page, mock: Mock) -> None:
    """Nobody has seen it."""
    mock.call("GET", "/seen")
    open_view(page, mock, "traffic")
    expect(page.locator(".v-space .v-row")).to_have_count(1)
    page.get_by_role("button", name="Pause").click()
    mock.call("GET", "/unseen")
    expect(page.get_by_role("button", name="Resume (1 new)")).to_be_visible()

    page.get_by_role("button", name="Clear these 1").click()

    expect(page.get_by_text("1 request of all sessions cleared")).to_be_visible()
    assert [entry["path"] for entry in mock.admin("GET", "requests")["requests"]] == ["/unseen"]


def test_a_reset_is_undone_with_a_click(page: Page, mock: Mock) -> None:
    """The records and faults of the session are there again."""
    mock.admin("POST", "faults", {"kind": "empty"})
    mock.admin("DELETE", "state/citas/medicos/3")
    open_view(page, mock, "state/citas/medicos")
    expect(page.get_by_role("rowheader", name="3", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Reset session").click()
    expect(page.get_by_text("Session default reset")).to_be_visible()
    expect(page.get_by_role("rowheader", name="3", exact=True)).to_be_visible()

    page.locator(".toast").get_by_role("button", name="Undo").click()

    expect(page.get_by_role("rowheader", name="3", exact=True)).to_have_count(0)
    expect(page.locator("#conditions")).to_contain_text("1 fault")


def test_dropped_sessions_come_back(page: Page, mock: Mock) -> None:
    """At once, or from the list of what was removed lately."""
    for name in ("one", "two"):
        mock.admin("POST", "faults", {"kind": "empty"}, session=name)
    open_view(page, mock, "sessions")
    page.get_by_label("Drop one").click()
    expect(page.get_by_text("Session one dropped").first).to_be_visible()
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("rowheader", name="one")).to_be_visible()
    page.get_by_label("Idle seconds").fill("0")
    page.get_by_role("button", name="Drop idle").click()
    expect(page.locator("tbody tr")).to_have_count(1)

    page.get_by_role("button", name=re.compile("Undo: Session (one, two|two, one) dropped")).click()

    expect(page.locator("tbody tr")).to_have_count(3)
    assert len(mock.admin("GET", "faults", session="two")["faults"]) == 1


def test_an_answer_is_forced_in_the_session_of_the_request(page: Page, mock: Mock) -> None:
    """Whatever session the picker has; the dialog says which."""
    mock.call("PUT", CITA, "asistente-token", session="other")
    open_view(page, mock, "traffic")
    open_row(page, CITA)

    page.get_by_role("button", name="Force another answer").click()
    expect(page.get_by_role("dialog")).to_contain_text("in the session other")
    page.get_by_role("dialog").get_by_label("Status").select_option("500")
    page.get_by_role("button", name="Force it").click()
    expect(page.get_by_text("cancelarCita will answer 500 in the session other")).to_be_visible()

    counts = [len(mock.admin("GET", "answers", session=name)["answers"]) for name in ("other", "default")]
    assert counts == [1, 0]


def test_the_builder_opens_in_the_session_of_the_request(page: Page, mock: Mock) -> None:
    """The picker says so, and the request is sent there."""
    mock.call("PUT", CITA, "asistente-token", session="other")
    open_view(page, mock, "traffic")
    open_row(page, CITA)

    page.get_by_role("link", name="Open in builder").click()

    expect(page.get_by_label("Session", exact=True)).to_have_value("other")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".answer .status")).to_be_visible()
    assert {entry["session"] for entry in mock.admin("GET", "requests?session=*")["requests"]} == {"other"}


def test_a_tab_keeps_its_session_over_a_reload(page: Page, mock: Mock) -> None:
    """Its address names it, whatever another tab chooses."""
    mock.admin("POST", "sessions", {"name": "mine"})
    open_view(page, mock, "faults")
    expect(page).to_have_url(re.compile(r"#/~default/faults$"))
    other = page.context.new_page()
    open_view(other, mock, "~mine/faults")
    expect(other.get_by_label("Session", exact=True)).to_have_value("mine")

    page.reload()
    other.get_by_role("link", name="Scenarios").click()
    other.reload()

    expect(page.get_by_label("Session", exact=True)).to_have_value("default")
    expect(other.get_by_label("Session", exact=True)).to_have_value("mine")
    expect(other).to_have_url(re.compile(r"#/~mine/scenarios$"))
    other.get_by_label("Session", exact=True).select_option("default")
    expect(other.locator("main")).to_contain_text("in the session default")
    other.go_back()
    expect(other.get_by_label("Session", exact=True)).to_have_value("mine")
    expect(other.locator("main")).to_contain_text("in the session mine")


def test_an_open_request_has_an_address(page: Page, mock: Mock) -> None:
    """A reload shows it again, and so does a link to it."""
    mock.call("GET", "/linked")
    open_view(page, mock, "traffic")
    open_row(page, "/linked")

    page.reload()

    expect(page.locator(".detail h2")).to_contain_text("/linked")


@pytest.mark.parametrize("name", ["Copy as curl", "Copy as pytest"])
def test_what_could_not_be_copied_is_not_said_to_be_copied(page: Page, mock: Mock, name: str) -> None:
    """Of a body that the journal has cut nothing is put on the clipboard, and nothing is sent again."""
    mock.call("PATCH", APPOINTMENT, "agent-token", {"note": "x" * 70_000})
    open_view(page, mock, "traffic")
    open_row(page, APPOINTMENT)

    expect(page.get_by_role("button", name=name)).to_be_disabled()
    expect(page.get_by_role("button", name="Replay")).to_be_disabled()
    expect(page.locator(".detail")).to_contain_text("It cannot be copied or sent again")
    expect(page.get_by_label("Request: body")).to_contain_text('{\n  "note": "xxx')


def test_a_secret_that_a_copied_command_lacks_is_told(page: Page, mock: Mock) -> None:
    """The command is copied, and what has to be put in is said."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    httpx.post(f"{mock.url}/nowhere", json={"password": "hunter2"})
    open_view(page, mock, "traffic")
    open_row(page, "/nowhere")

    page.get_by_role("button", name="Copy as curl").click()

    expect(page.get_by_text(re.compile("curl command copied.*secrets are masked"))).to_be_visible()
    assert "hunter2" not in page.evaluate("navigator.clipboard.readText()")


def test_a_limit_is_set_counted_and_switched_off(page: Page, mock: Mock) -> None:
    """The list says how much is left; without a limit it says what one would do."""
    open_view(page, mock, "faults")
    expect(page.get_by_text("No limits")).to_be_visible()

    page.get_by_role("button", name="Set the limit").click()

    expect(page.get_by_text("10 in 60 s, 10 left")).to_be_visible()
    [limit] = mock.admin("GET", "limits")["limits"]
    page.get_by_role("button", name=f"Switch off the limit of {limit['operation']}").click()
    expect(page.get_by_text("No limits")).to_be_visible()
    assert mock.admin("GET", "limits")["limits"] == []
