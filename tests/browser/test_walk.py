"""A walk through what people do with the console beyond the first steps, feature by feature."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Page, Route, expect
from tests.browser.mock import Mock, open_row, open_view
from tests.http.records import APPOINTMENT, CITA

from mockserver.app import build
from mockserver.config import Settings


def _clipboard(page: Page) -> str:
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def _downloaded(page: Page, act: Any) -> str:
    with page.expect_download() as download:
        act()
    return Path(download.value.path()).read_text("utf-8")


def test_a_near_miss_leads_to_the_operation_that_was_meant(page: Page, mock: Mock) -> None:
    """What differs is told, and one click has the request filled in."""
    mock.make_traffic()
    open_view(page, mock, "traffic")
    open_row(page, "Did you mean")

    expect(page.locator(".detail")).to_contain_text("'citas' in place of 'cita'")
    expect(page.locator(".detail .callout")).to_have_count(1)
    page.locator(".detail").get_by_role("link", name="/api/citas/{id}/cancelar").click()

    expect(page.get_by_label("Operation")).to_have_value("citas\ncancelarCita")


@pytest.mark.parametrize(
    ("format_", "starts"),
    [("curl", "curl -i -X PATCH"), ("har", '{\n "log"'), ("pytest", '"""Requests that were sent')],
)
def test_what_is_filtered_is_what_is_exported(page: Page, mock: Mock, format_: str, starts: str) -> None:
    """In the order it came, as curl, HAR or pytest; no more than the filters let through."""
    mock.make_traffic()
    open_view(page, mock, "traffic")
    page.get_by_label("Operation").select_option("sqod\npatchAppointmentById")
    expect(page.locator(".v-space .v-row")).to_have_count(2)

    page.get_by_label("Format of the export").select_option(format_)
    text = _downloaded(page, lambda: page.get_by_label("Export these requests").click())

    assert text.startswith(starts)
    assert (text.count("duration_in_minutes") >= 2, "reservations" in text) == (True, False)


def test_a_request_is_copied_as_a_test(page: Page, mock: Mock) -> None:
    """It is Python, and asks for what was answered."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    mock.call("PUT", CITA)
    open_view(page, mock, "traffic")
    open_row(page, "A bearer token is needed")

    page.get_by_role("button", name="Copy as pytest").click()
    expect(page.get_by_text("pytest module copied")).to_be_visible()

    copied = _clipboard(page)
    compile(copied, "test_copied.py", "exec")
    assert "== 401" in copied


def test_long_bodies_are_cut_and_secrets_masked(page: Page, mock: Mock) -> None:
    """And the page says so."""
    wrong = {"claimant": {"name": "x" * 70_000}, "password": "hunter2", "duration_in_minutes": "x"}
    mock.call("PATCH", APPOINTMENT, "agent-token", wrong)
    open_view(page, mock, "traffic")
    open_row(page, "PATCH")

    expect(page.locator(".detail")).to_contain_text(re.compile(r"was cut here; it had 70,\d{3} bytes"))
    expect(page.locator(".bad-callout")).to_contain_text('"x" is not of type "integer"')
    mock.call("PATCH", APPOINTMENT, "agent-token", {"password": "hunter2", "duration_in_minutes": "x"})
    expect(page.locator(".v-space .v-row")).to_have_count(2)
    open_row(page, "PATCH")
    expect(page.locator(".detail")).to_contain_text('"password": "***"')
    expect(page.locator(".detail")).not_to_contain_text("hunter2")


def test_details_close_by_keyboard_and_open_by_address(page: Page, mock: Mock) -> None:
    """Escape leads back to the row; a link to one request can be passed on."""
    mock.make_traffic()
    (refused,) = mock.admin("GET", "requests?refused=true")["requests"]
    open_view(page, mock, f"traffic/{refused['id']}")
    expect(page.locator(".detail h2")).to_contain_text("400")

    page.keyboard.press("Escape")

    expect(page.locator(".detail")).to_be_hidden()
    expect(page.locator(".v-row:focus")).to_have_count(1)


def test_the_mock_comes_back_and_the_page_goes_on(page: Page, mock: Mock) -> None:
    """While it is away the bar says so; what came in the meantime is fetched."""
    page.route("**/requests/stream**", lambda route: route.abort())
    open_view(page, mock, "traffic")
    expect(page.locator("#live")).to_have_text("Not connected")
    mock.make_traffic()
    expect(page.get_by_text("No requests yet")).to_be_visible()

    page.unroute("**/requests/stream**")
    page.reload()

    expect(page.locator("#live")).to_have_text("Live")
    expect(page.locator(".v-space .v-row")).to_have_count(6)


def test_what_was_missed_is_fetched(page: Page, mock: Mock) -> None:
    """A page that was too slow for the traffic has no gap in its list."""
    told = "retry: 600000\nevent: missed\ndata: 3\n\n"
    streams: list[Route] = []
    page.route("**/requests/stream**", lambda route: streams.append(route))  # noqa: PLW0108  it has to be a function of Python's
    open_view(page, mock, "traffic")
    expect(page.get_by_text("No requests yet")).to_be_visible()
    mock.make_traffic()
    lists: list[str] = []
    page.on("request", lambda request: lists.append(request.url) if "/requests?" in request.url else None)

    # When the connection is there, and when something was missed.
    with page.expect_request(lambda request: "/requests?" in request.url and len(lists) == 2):
        streams[0].fulfill(content_type="text/event-stream", body=told)

    expect(page.locator(".v-space .v-row")).to_have_count(6)
    expect(page.locator("#live")).to_have_text("Not connected")


def test_a_record_is_changed_as_json_from_a_cell_that_holds_an_object(page: Page, mock: Mock) -> None:
    """What breaks the document is refused in the dialog; what fits is answered at once."""
    open_view(page, mock, "state/sqod/appointments")
    cell = page.get_by_role("button", name="claimant: an object. Change").first
    expect(cell).to_have_count(0)
    page.get_by_label("All 29 fields").check()
    cell.click()
    area = page.get_by_label("Record, as JSON")
    record = json.loads(area.input_value())

    area.fill(json.dumps({**record, "status": 5}))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("/status")
    area.fill(json.dumps({**record, "claimant": {**record["claimant"], "name": "Grace Hopper"}}))
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert mock.admin("GET", f"state/sqod/appointments/{record['id']}")["claimant"]["name"] == "Grace Hopper"
    expect(page.locator(".tree-item[aria-current]")).to_contain_text("1 changed")


def test_a_deleted_record_is_brought_back(page: Page, mock: Mock) -> None:
    """Undo counts down; a snapshot that is not needed any more is dropped."""
    open_view(page, mock, "state/citas/medicos")
    expect(page.get_by_role("button", name=re.compile("Undo"))).to_be_disabled()
    key = page.locator("tbody th").first.inner_text()

    page.get_by_label(f"Delete {key}", exact=True).click()
    expect(page.get_by_role("rowheader", name=key, exact=True)).to_have_count(0)
    page.get_by_role("button", name="Undo (1)").click()

    expect(page.get_by_text(f"Undone: medicos {key}")).to_be_visible()
    expect(page.get_by_role("rowheader", name=key, exact=True)).to_have_count(1)
    page.get_by_label("Name of the snapshot").fill("one")
    page.get_by_role("button", name="Take").click()
    page.get_by_label("Drop one").click()
    expect(page.get_by_label("Restore one")).to_have_count(0)


def test_the_exported_fixture_is_served(page: Page, mock: Mock, tmp_path: Path) -> None:
    """With what was changed in it."""
    record = mock.admin("GET", "state/citas/citas/2")
    mock.admin("PUT", "state/citas/citas/2", {**record, "estado": "confirmada"})
    open_view(page, mock, "state/citas/citas")

    text = _downloaded(page, lambda: page.get_by_label("Export citas as a fixture file").click())

    (tmp_path / "citas.yaml").write_text(text, "utf-8")
    baseline = build(Settings(fixtures=tmp_path)).sessions.baseline
    assert (baseline["citas", "citas"].get("2") or {})["estado"] == "confirmada"
    assert "service-down" in yaml.safe_load(text)["scenarios"]


def test_the_state_grows_as_requests_come(page: Page, mock: Mock) -> None:
    """Nobody has to reload to see what a call has changed."""
    open_view(page, mock, "state/citas/citas")
    row = page.locator("tbody tr").filter(has=page.get_by_role("rowheader", name="1", exact=True))
    expect(row).not_to_contain_text("cancelada")
    # What tells records apart stands first, whatever else has to be scrolled to.
    for place, name in enumerate(("id", "estado", "cliente_id")):
        expect(page.locator("thead th").nth(place)).to_have_text(name)

    mock.call("PUT", CITA, "asistente-token")

    expect(row).to_contain_text("cancelada")


def test_an_answer_is_forced_with_a_body_of_ones_own(page: Page, mock: Mock) -> None:
    """What is no JSON is told before it is sent; what breaks the document when it is."""
    open_view(page, mock, "scenarios")
    page.get_by_label("Operation to force an answer of").select_option("citas\ncancelarCita")
    page.get_by_role("button", name="Force an answer").click()
    dialog = page.get_by_role("dialog")
    for place, status in enumerate(("200", "401")):
        expect(dialog.get_by_label("Status").locator("option").nth(place)).to_have_text(status)

    dialog.get_by_label("Status").select_option("403")
    dialog.get_by_label("Body", exact=True).fill('{"message": ')
    dialog.get_by_role("button", name="Force it").click()
    expect(dialog.get_by_role("alert")).to_contain_text("JSON")
    dialog.get_by_label("Body", exact=True).fill('{"message": 5}')
    dialog.get_by_role("button", name="Force it").click()
    expect(dialog.get_by_role("alert")).to_contain_text("breaks the document")
    dialog.get_by_label("Body", exact=True).fill('{"message": "Not today"}')
    dialog.get_by_role("button", name="Force it").click()

    expect(page.get_by_text("answers 403")).to_be_visible()
    assert mock.call("PUT", CITA, "asistente-token") == 403


def test_a_success_is_forced_without_saying_a_body(page: Page, mock: Mock) -> None:
    """It is made to fit; calls change nothing then."""
    open_view(page, mock, "scenarios")
    page.get_by_label("Operation to force an answer of").select_option("citas\ncancelarCita")
    page.get_by_role("button", name="Force an answer").click()
    page.get_by_role("button", name="Force it").click()
    expect(page.get_by_text("answers 200")).to_be_visible()

    assert mock.call("PUT", CITA, "asistente-token") == 200
    assert mock.admin("GET", "state/citas/citas/1")["estado"] != "cancelada"
    expect(page.get_by_text("always, given 1")).to_be_visible()


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("slow_body", "Send the body slowly: 10 ms"),
        ("cut", "Cut the connection"),
        ("empty", "Send no body"),
        ("malformed", "Send half a body"),
        ("wrong_type", "Send another JSON type"),
        ("wrong_media_type", "Declare another media type"),
    ],
)
def test_every_kind_of_fault_can_be_set(page: Page, mock: Mock, kind: str, told: str) -> None:
    """For a share of the calls, so often, and from a seed."""
    open_view(page, mock, "faults")
    page.get_by_label("What").select_option(kind)
    if kind == "slow_body":
        page.get_by_label("Milliseconds").fill("10")
    page.get_by_label("Share of the calls, in %").fill("12.5")
    page.get_by_label("Maximum times").fill("3")
    page.get_by_label("Seed").fill("7")

    page.get_by_role("button", name="Set the fault").click()

    expect(page.get_by_text(told, exact=True).and_(page.locator("strong"))).to_be_visible()
    expect(page.locator(".line")).to_contain_text("12.5 % of the calls, 3 times at most, applied 0 times")
    (fault,) = mock.admin("GET", "faults")["faults"]
    assert (fault["kind"], fault["share"], fault["count"], fault["seed"]) == (kind, 0.125, 3, 7)


def test_a_delay_is_drawn_from_a_distribution(page: Page, mock: Mock) -> None:
    """Its spread is asked for where it has one."""
    open_view(page, mock, "faults")
    page.get_by_label("What").select_option("delay")
    page.get_by_label("Time", exact=True).select_option("lognormal")
    expect(page.get_by_label("Maximum", exact=True)).to_be_hidden()
    page.get_by_label("Milliseconds").fill("250")
    page.get_by_label("Spread").fill("0.25")

    page.get_by_role("button", name="Set the fault").click()

    expect(page.get_by_text("Answer late: 250 ms, lognormal")).to_be_visible()
    assert mock.admin("GET", "faults")["faults"][0]["delay"]["sigma"] == 0.25


def test_a_session_is_opened_in_the_bar_and_has_a_url(page: Page, mock: Mock) -> None:
    """Faults that are set in it stay in it; the page asks for the chosen one from then on."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_view(page, mock, "faults")
    page.get_by_role("button", name="New session").click()
    expect(page.get_by_text(re.compile("Session session-.* is open"))).to_be_visible()
    expect(page.get_by_label("Session", exact=True)).to_have_value(re.compile("^session-"))
    name = page.get_by_label("Session", exact=True).input_value()

    page.get_by_role("button", name="Set the fault").click()
    expect(page.locator("#conditions")).to_contain_text("1 fault")
    assert [len(mock.admin("GET", "faults", session=each)["faults"]) for each in (name, "default")] == [1, 0]
    page.get_by_role("link", name="Clock and sessions").click()
    page.get_by_label(f"Copy the base URL of {name}").click()

    expect(page.get_by_text("Base URL copied")).to_be_visible()
    assert _clipboard(page) == f"{mock.url}/~{name}"
    page.get_by_label("Copy the base URL of default").click()
    expect(page.get_by_text("Base URL copied")).to_have_count(2)
    assert _clipboard(page) == mock.url


def test_the_clock_is_moved_and_tokens_expire_by_it(page: Page, mock: Mock) -> None:
    """The page shows the session's time, whatever the machine's is."""
    mock.admin("PUT", "clock", {"at": "2019-01-01T00:00:00Z", "frozen": True})
    open_view(page, mock, "sessions")
    for step, face in (
        ("+1 day", "2019-01-02 00:00:00"),
        ("+1 minute", "2019-01-02 00:01:00"),
        ("\N{MINUS SIGN}1 hour", "2019-01-01 23:01:00"),
    ):
        page.get_by_role("button", name=step).click()
        expect(page.locator(".face")).to_have_text(face)

    page.get_by_role("link", name="Tokens").click()
    expect(page.get_by_role("rowheader", name="expired").first).to_be_visible()

    expect(page.locator(".chip.bad")).to_have_count(0)
    assert mock.call("PUT", CITA, "expired-token") == 200


def test_a_header_is_copied_and_a_token_made_to_measure(page: Page, mock: Mock) -> None:
    """Expired already, or with other roles."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_view(page, mock, "tokens")
    page.get_by_label("Copy the header of medico").click()
    expect(page.get_by_text("Header copied")).to_be_visible()
    assert _clipboard(page) == "Authorization: Bearer medico-token"

    statuses = []
    for roles, seconds in (("cliente", "60"), ("asistente, admin", "60"), ("admin", "-60")):
        page.get_by_label("Identity", exact=True).select_option("citas\ncliente")
        page.get_by_label("Roles, comma-separated").fill(roles)
        page.get_by_label("Expires in seconds").fill(seconds)
        made = page.locator(".made code")
        before = made.inner_text() if made.count() else ""
        page.get_by_role("button", name="Issue", exact=True).click()
        expect(made).not_to_have_text(before or "-")
        statuses.append(mock.call("PUT", CITA, made.inner_text()))

    assert statuses == [403, 200, 401]


def test_a_token_to_be_refused_is_one_click(page: Page, mock: Mock) -> None:
    """Expired, tampered, of another issuer, revoked; a new one is good."""
    open_view(page, mock, "tokens")
    page.get_by_label("Identity", exact=True).select_option("citas\nasistente")
    made, statuses = page.locator(".made code"), []

    for name in ("Expired", "Tampered", "Wrong issuer", "Revoked", "Issue"):
        before = made.inner_text() if made.count() else "-"
        page.get_by_role("button", name=name, exact=True).click()
        expect(made).not_to_have_text(before)
        statuses.append(mock.call("PUT", CITA, made.inner_text()))

    assert statuses == [401, 401, 401, 401, 200]


def test_coverage_is_of_one_session_or_all(page: Page, mock: Mock) -> None:
    """What a fault answered is shown apart."""
    mock.call("PUT", CITA, session="other")
    mock.admin("POST", "faults", {"kind": "status", "status": 503, "api": "citas", "count": 1})
    mock.call("PUT", CITA)
    open_view(page, mock, "coverage")
    citas = page.locator(".card").filter(has=page.get_by_role("heading", name="Citas API"))

    expect(citas.locator(".made")).to_contain_text("503 fault 1")
    expect(citas.locator(".odd")).to_have_count(0)
    expect(citas.get_by_text("401 \N{EN DASH}")).to_be_visible()
    page.get_by_label("All sessions").check()
    expect(citas.get_by_text("401 ✓ 1")).to_be_visible()


def test_the_builder_sends_what_is_filled_in(page: Page, mock: Mock) -> None:
    """Callers, forms and optional parameters; the link leads to this request, whoever else calls."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_view(page, mock, "builder/sqod/overridePatchAppointmentById")

    page.get_by_label("Caller").select_option("read-only")
    page.get_by_role("button", name="Copy as curl").click()
    expect(page.get_by_text("curl command copied")).to_be_visible()
    assert re.search(r"_method=PATCH.*Bearer read-only-token.*--form-string ", _clipboard(page))
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".answer .status")).to_have_text("403")
    expect(page.get_by_label("Header fields of the answer")).to_contain_text("content-type:")
    page.get_by_label("Caller").select_option("agent")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".answer .status")).to_have_text("200")
    mock.call("PUT", CITA, session="other")
    page.get_by_role("link", name="See it in traffic").click()

    expect(page.locator(".detail")).to_contain_text("overridePatchAppointmentById")


def test_the_request_that_is_linked_is_the_one_that_was_sent(page: Page, mock: Mock) -> None:
    """Somebody else's may come in between."""
    open_view(page, mock, "builder/citas/cancelarCita")
    page.route(
        "**/__admin/requests?**",
        lambda route: (mock.call("PUT", CITA, session="other"), route.continue_()),
    )

    page.get_by_role("button", name="Send").click()

    target = page.get_by_role("link", name="See it in traffic").get_attribute("href") or ""
    assert mock.admin("GET", f"requests/{target.rpartition('/')[2]}")["session"] == "default"


def test_swagger_ui_is_a_click_away(page: Page, mock: Mock) -> None:
    """For those who want it."""
    open_view(page, mock, "traffic")

    page.get_by_role("link", name="APIs and Swagger UI").click()
    page.get_by_role("link", name="Swagger UI for Citas API").click()

    expect(page.locator("#swagger-ui")).to_contain_text("/api/citas/{id}/cancelar")


def test_the_content_is_reached_at_once_by_keyboard(page: Page, mock: Mock) -> None:
    """The first stop of the page leads past the navigation."""
    open_view(page, mock, "scenarios")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()

    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    expect(page.locator("main :focus")).to_have_count(1)
    expect(page.locator("main h1")).to_have_text("Scenarios")


def test_views_keep_up_while_requests_keep_coming(page: Page, mock: Mock) -> None:
    """They do not wait until it is quiet."""
    open_view(page, mock, "coverage")
    citas = page.locator(".card").filter(has=page.get_by_role("heading", name="Citas API"))
    page.evaluate("setInterval(() => fetch('/api/citas/1/cancelar', { method: 'PUT' }), 100)")

    expect(citas.locator(".hit")).to_have_count(2)


def test_a_link_to_an_operation_that_is_gone_is_told(page: Page, mock: Mock) -> None:
    """And another one is there to go on with."""
    open_view(page, mock, "builder/citas/renamed")

    expect(page.locator(".toast.error")).to_contain_text("There is no operation citas · renamed")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".answer .status")).to_have_text("200")
