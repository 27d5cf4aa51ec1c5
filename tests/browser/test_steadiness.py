"""Nothing gives way under who works: late answers, other tabs, live traffic, a mock that starts anew."""

from __future__ import annotations

import re
import socket
import sys
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import APIResponse, Browser, Page, Route, expect
from tests.browser.mock import Mock, open_row, open_view, serving
from tests.http.records import APPOINTMENT, CITA, PAGE

COMMAND = [sys.executable, "-W", "ignore", "-m", "mockserver"]
LONG = 9007199254740993


class _Held:
    """Keeps requests of the page waiting until they are let go."""

    def __init__(self, page: Page, url: str) -> None:
        self._routes: list[Route] = []
        self._page, self._url = page, url
        page.route(url, self._hold)

    def _hold(self, route: Route) -> None:
        self._routes.append(route)

    def let_go(self) -> None:
        """Let those that wait go, and hold no more."""
        for route in self._routes:
            route.continue_()
        self._page.unroute(self._url)


def test_a_view_that_was_left_before_it_was_there_does_nothing_more(page: Page, mock: Mock) -> None:
    """Its list is not read again with every change."""
    open_view(page, mock, "tokens")
    held = _Held(page, "**/__admin/apis")
    page.evaluate("location.hash = '#/traffic'")
    expect(page).to_have_title(re.compile("Traffic"))
    page.evaluate("location.hash = '#/coverage'")
    expect(page.locator("main h1")).to_have_text("Coverage")

    with page.expect_response("**/__admin/requests?**"):
        held.let_go()
    lists: list[str] = []
    page.on("request", lambda request: lists.append(request.url) if "/requests?" in request.url else None)
    mock.admin("DELETE", "requests?session=*")
    mock.call("PUT", CITA)

    expect(page.locator(".coverage .hit").first).to_be_visible()
    expect(page.locator("main h1")).to_have_text("Coverage")
    assert lists == []


def test_a_request_that_comes_while_a_view_is_loaded_is_shown(page: Page, mock: Mock) -> None:
    """The first answer is older than it."""
    open_view(page, mock, "tokens")
    expect(page.locator("#live")).to_have_text("Live")
    page.evaluate(
        "const source = new EventSource('/__admin/requests/stream?session=*');"
        "window.heard = new Promise((done) => source.addEventListener('request', done)).then(() => true);"
        "new Promise((done) => source.addEventListener('open', done)).then(() => true)"
    )
    older: list[tuple[Route, APIResponse]] = []
    page.route("**/__admin/coverage?**", lambda route: older.append((route, route.fetch())), times=1)
    with page.expect_request("**/__admin/coverage?**"):
        page.evaluate("location.hash = '#/coverage'")
    while not older:
        page.evaluate("new Promise(requestAnimationFrame)")

    mock.call("PUT", CITA)
    assert page.evaluate("window.heard")
    (route, answer) = older[0]
    route.fulfill(response=answer)

    expect(page.locator(".coverage .hit").first).to_be_visible()


def test_a_journal_that_somebody_else_clears_goes_on(page: Page, mock: Mock) -> None:
    """What comes then is shown, and counted from there."""
    mock.make_traffic()
    open_view(page, mock, "traffic")
    expect(page.locator(".v-space .v-row")).to_have_count(6)

    mock.admin("DELETE", "requests?session=*")
    expect(page.get_by_text("No requests yet")).to_be_visible()
    mock.call("PUT", CITA)

    expect(page.locator(".v-space .v-row")).to_have_count(1)
    expect(page.locator(".count")).to_have_text("1 shown of 1 since the start")


def test_a_late_answer_does_not_undo_a_filter(page: Page, mock: Mock) -> None:
    """The latest question counts."""
    mock.make_traffic()
    open_view(page, mock, "traffic")
    rows = page.locator(".v-space .v-row")
    expect(rows).to_have_count(6)
    held = _Held(page, "**/__admin/requests?*text=protected*")
    with page.expect_request("**/__admin/requests?*text=protected*"):
        page.get_by_label("Search requests").fill("protected")

    page.get_by_label("Search requests").fill("cita/1")
    expect(rows).to_have_count(1)
    with page.expect_response("**/__admin/requests?*text=protected*"):
        held.let_go()
    with page.expect_response("**/__admin/requests?*status=4xx*"):
        page.get_by_label("Status").select_option("4xx")

    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("cita/1")


def test_what_a_filter_leaves_out_does_not_count_as_news(page: Page, mock: Mock) -> None:
    """Neither while the list is paused nor when it goes on; the total goes on all the same."""
    mock.make_traffic()
    open_view(page, mock, "traffic")
    page.get_by_label("Status").select_option("2xx")
    expect(page.locator(".v-space .v-row")).to_have_count(2)
    mock.call("PUT", CITA)
    expect(page.locator(".count")).to_have_text("2 shown of 7 since the start")

    page.get_by_role("button", name="Pause").click()
    mock.call("PUT", CITA)
    mock.call("PUT", CITA, "asistente-token")
    expect(page.get_by_role("button", name="Resume (1 new)")).to_be_visible()
    page.get_by_role("button", name="Resume (1 new)").click()

    expect(page.locator(".v-space .v-row")).to_have_count(3)
    expect(page.locator(".count")).to_have_text("3 shown of 9 since the start")


def test_the_row_that_one_is_at_stays_the_same_request(page: Page, mock: Mock) -> None:
    """While newer ones come above it; Escape leads back to it."""
    mock.make_traffic()
    open_view(page, mock, "traffic")
    page.locator(".v-space .v-row", has_text="and 1 more").click()
    expect(page.locator(".detail h2")).to_contain_text("400")

    mock.call("PUT", CITA)
    mock.call("PUT", CITA)
    expect(page.locator(".v-space .v-row")).to_have_count(8)

    focused = page.locator(".v-row:focus")
    expect(focused).to_contain_text("and 1 more")
    expect(focused).to_have_attribute("aria-rowindex", "8")
    expect(page.locator(".v-row[aria-selected='true']")).to_contain_text("and 1 more")
    page.keyboard.press("Escape")
    expect(page.locator(".detail")).to_be_hidden()
    expect(focused).to_contain_text("and 1 more")
    # Whoever listens to the page hears the rows in their order.
    numbers = page.locator(".v-space .v-row").evaluate_all(
        "(rows) => rows.map((row) => Number(row.ariaRowIndex))"
    )
    assert numbers == sorted(numbers)


def test_the_details_are_of_the_request_that_was_opened_last(page: Page, mock: Mock) -> None:
    """Whichever is answered first; one that is not kept any more is told of."""
    mock.make_traffic()
    open_view(page, mock, "traffic")
    (refused,) = mock.admin("GET", "requests?refused=true")["requests"]
    address = f"**/__admin/requests/{refused['id']}"
    held = _Held(page, address)
    with page.expect_request(address):
        page.locator(".v-space .v-row", has_text="and 1 more").click()
    open_row(page, "protected")

    with page.expect_response(address):
        held.let_go()
    page.get_by_role("button", name="Replay").click()
    expect(page.get_by_text(re.compile("Sent again: 4"))).to_be_visible()

    expect(page.locator(".detail h2")).to_contain_text("/reservations/90")
    expect(page.get_by_role("button", name="Replay")).to_be_focused()
    open_view(page, mock, "traffic/99999")
    expect(page.locator(".detail")).to_contain_text("The journal has no request 99999")


@pytest.mark.parametrize("address", ["traffic/%E0%A4%A", "builder/%/%", "nowhere"])
def test_an_address_that_makes_no_sense_shows_a_view_all_the_same(
    page: Page, mock: Mock, address: str
) -> None:
    """An empty page would tell nobody anything."""
    page.goto(f"{mock.url}/__admin/#/{address}")

    expect(page.locator("main:not([aria-busy]) h1")).to_be_visible()


def test_each_tab_has_a_session_of_its_own(page: Page, mock: Mock) -> None:
    """What one tab chooses does not change under another; a new one begins with the latest choice."""
    mock.admin("POST", "sessions", {"name": "mine"})
    open_view(page, mock, "faults")
    other = page.context.new_page()
    open_view(other, mock, "faults")
    expect(other.get_by_label("Session", exact=True)).to_have_value("default")
    other.get_by_label("Session", exact=True).select_option("mine")
    expect(other.locator("main")).to_contain_text("in the session mine")

    page.get_by_role("button", name="Set the fault").click()
    expect(page.get_by_text("Answer with a status: 503")).to_be_visible()

    counts = [len(mock.admin("GET", "faults", session=name)["faults"]) for name in ("default", "mine")]
    assert counts == [1, 0]
    third = page.context.new_page()
    open_view(third, mock, "faults")
    expect(third.locator("main")).to_contain_text("in the session mine")


def test_the_answer_for_another_collection_is_not_shown(page: Page, mock: Mock) -> None:
    """Records are never shown, or changed, under the name of others."""
    open_view(page, mock, "state/citas/citas")
    held = _Held(page, "**/__admin/state/citas/medicos")
    tree = page.locator(".tree")
    with page.expect_request("**/__admin/state/citas/medicos"):
        tree.get_by_role("button", name=re.compile("^medicos")).click()
    tree.get_by_role("button", name=re.compile("^citas")).click()
    expect(page.locator(".table-pane h2")).to_contain_text("citas")

    with page.expect_response("**/__admin/state/citas/medicos"):
        held.let_go()
    mock.call("PUT", CITA, "asistente-token")

    expect(page.locator("tbody tr", has_text="cancelada").first).to_be_visible()
    expect(page.locator(".table-pane h2")).to_contain_text("citas")
    expect(page.locator("thead")).to_contain_text("estado")


def test_what_is_typed_stays_while_requests_come(page: Page, mock: Mock) -> None:
    """The name of a snapshot, a filter with the caret in it, an operation that is being looked for."""
    open_view(page, mock, "state/citas/citas")
    name = page.get_by_label("Name of the snapshot")
    name.fill("half a na")

    mock.call("PUT", CITA, "asistente-token")

    expect(page.locator("tbody tr", has_text="cancelada").first).to_be_visible()
    expect(name).to_have_value("half a na")
    expect(name).to_be_focused()
    page.get_by_label("Filter records").fill("cance")
    expect(page.locator("tbody tr").first).to_contain_text("cancelada")
    page.get_by_label("Filter records").press("Home")
    page.get_by_label("Filter records").press("Delete")
    expect(page.get_by_label("Filter records")).to_have_value("ance")
    expect(page.get_by_label("Filter records")).to_have_js_property("selectionStart", 0)


def test_a_change_in_place_keeps_what_a_request_changed_meanwhile(page: Page, mock: Mock) -> None:
    """One field is changed, not the record as it was when it was drawn; nothing is changed by Enter alone."""
    open_view(page, mock, "state/citas/citas")
    row = page.locator("tbody tr").filter(has=page.get_by_role("rowheader", name="1", exact=True))
    row.get_by_role("button", name="cliente_id").click()
    page.get_by_label("cliente_id of 1").fill("77")

    assert mock.call("PUT", CITA, "asistente-token") == 200
    page.keyboard.press("Enter")

    expect(page.get_by_text("cliente_id changed")).to_be_visible()
    record = mock.admin("GET", "state/citas/citas/1")
    assert (record["cliente_id"], record["estado"]) == (77, "cancelada")
    expect(row.get_by_role("button", name="cliente_id")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(row.get_by_role("button", name="cliente_id")).to_be_focused()
    assert mock.admin("GET", "snapshots")["undoable"] == 2


def test_a_record_that_was_changed_meanwhile_is_not_overwritten_unasked(page: Page, mock: Mock) -> None:
    """The dialog says so; saving once more is a decision. A new record does not replace another either."""
    open_view(page, mock, "state/citas/citas")
    page.get_by_label("Edit 1", exact=True).click()
    mock.call("PUT", CITA, "asistente-token")

    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("changed in the meantime")
    assert mock.admin("GET", "state/citas/citas/1")["estado"] == "cancelada"
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert mock.admin("GET", "state/citas/citas/1")["estado"] != "cancelada"
    expect(page.get_by_label("Edit 1", exact=True)).to_be_focused()

    page.get_by_role("button", name="New record").click()
    for text, told in (
        ("null", "A record must be a JSON object"),
        ('{"id": 1}', "There is a record 1 already"),
    ):
        page.get_by_label("Record, as JSON").fill(text)
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("alert")).to_contain_text(told)


def test_long_numbers_and_several_lines_are_shown_and_kept(page: Page, mock: Mock) -> None:
    """JavaScript's own numbers would change them, a field of one line would join them."""
    record = {**mock.admin("GET", f"state/sqod/appointments/{PAGE}"), "more": LONG, "note": "one\ntwo"}
    mock.admin("PUT", f"state/sqod/appointments/{PAGE}", record)
    open_view(page, mock, "state/sqod/appointments")
    page.get_by_label(re.compile("All .* fields")).check()
    page.get_by_label("Filter records").fill(str(LONG))
    expect(page.get_by_role("button", name=f"more: {LONG}. Change")).to_be_visible()

    page.get_by_role("button", name="note: one").click()
    area = page.get_by_label("Record, as JSON")
    expect(area).to_have_value(re.compile(rf'"more": {LONG},'))
    area.fill(area.input_value().replace("one\\ntwo", "one\\nthree"))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()

    changed = mock.admin("GET", f"state/sqod/appointments/{PAGE}")
    assert (changed["more"], changed["note"]) == (LONG, "one\nthree")
    mock.call("PATCH", APPOINTMENT, "agent-token", {"duration_in_minutes": "x", "more": LONG})
    open_view(page, mock, "traffic")
    open_row(page, "PATCH")
    expect(page.locator(".detail")).to_contain_text(f'"more": {LONG}')


def test_the_keyboard_stays_where_it_is(page: Page, mock: Mock) -> None:
    """What is drawn anew after a click does not send one back to the top of the page."""
    mock.admin("PUT", "clock", {"at": "2030-05-05T12:00:00Z", "frozen": True})
    open_view(page, mock, "sessions")
    later = page.get_by_role("button", name="+1 hour")
    later.focus()
    for hour in (13, 14):
        page.keyboard.press("Enter")
        expect(page.locator(".face")).to_have_text(f"2030-05-05 {hour}:00:00")
        expect(later).to_be_focused()
    page.get_by_role("link", name="State").click()
    page.get_by_label("Delete 3", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("3 deleted")).to_be_visible()

    expect(page.get_by_label("Delete 3", exact=True)).to_have_count(0)
    expect(page.locator(".records button:focus")).to_have_count(1)


def test_a_stream_that_is_refused_is_tried_again(page: Page, mock: Mock) -> None:
    """Too many may be listening at the moment: a browser would give up for good."""
    page.route("**/requests/stream**", lambda route: route.fulfill(status=400, body="{}"))
    open_view(page, mock, "traffic")
    expect(page.locator("#live")).to_have_text("Not connected")

    page.unroute("**/requests/stream**")

    expect(page.locator("#live")).to_have_text("Live")


@pytest.fixture
def address() -> str:
    """A port that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def test_a_mock_that_starts_anew_is_shown_as_it_is_now(browser: Browser, address: str) -> None:
    """Whatever view is open, one that could not be opened while it was away too."""
    root = Path(__file__).parents[2]
    context = browser.new_context()
    coverage, traffic = context.new_page(), context.new_page()
    with serving(COMMAND, root, "--port", address) as url, httpx.Client(base_url=url) as client:
        mock = Mock(url, client)
        mock.make_traffic()
        open_view(coverage, mock, "coverage")
        expect(coverage.locator(".coverage .hit").first).to_be_visible()
        open_view(traffic, mock, "traffic")
        expect(traffic.locator(".v-space .v-row")).to_have_count(6)
    for page in (coverage, traffic):
        expect(page.locator("#live")).to_have_text("Not connected")
    traffic.get_by_role("link", name="Faults").click()
    expect(traffic.locator("main")).to_contain_text("The mock does not answer")

    with serving(COMMAND, root, "--port", address):
        for page in (coverage, traffic):
            expect(page.locator("#live")).to_have_text("Live")
        expect(coverage.locator(".coverage .hit")).to_have_count(0)
        expect(traffic.get_by_role("button", name="Set the fault")).to_be_visible()
        context.close()
