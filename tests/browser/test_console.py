"""The console, driven as a person would: every view does what it says."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.sync_api import Page, expect
from tests.browser.mock import Mock, open_row, open_view
from tests.http.records import APPOINTMENT, CITA, PAGE

RECORD = f"state/sqod/appointments/{PAGE}"


def test_requests_appear_as_they_come_with_the_reason_of_a_refusal(page: Page, mock: Mock) -> None:
    """Nobody has to reload."""
    open_view(page, mock, "traffic")
    expect(page.get_by_text("No requests yet")).to_be_visible()
    expect(page.locator("#live")).to_have_text("Live")

    mock.make_traffic()

    expect(page.locator(".v-space .v-row")).to_have_count(6)
    expect(page.locator(".v-space .v-row").first).to_contain_text("cancelarCita")
    expect(page.locator(".v-space")).to_contain_text('"long" is not of type "integer" (and 1 more)')
    expect(page.locator(".v-space")).to_contain_text("A bearer token is needed.")
    expect(page.locator(".v-space")).to_contain_text("Did you mean PUT /api/citas/{id}/cancelar?")
    expect(page.locator(".v-space")).to_contain_text("time block 302 is protected")


def test_a_refusal_is_explained_down_to_the_line_of_the_document(page: Page, mock: Mock) -> None:
    """Where, what was expected, what was got; one click shows the line."""
    mock.make_traffic()
    open_view(page, mock, "traffic")

    open_row(page, "and 1 more")

    table = page.locator(".violations li")
    expect(table.first).to_contain_text("body /duration_in_minutes")
    expect(table.first).to_contain_text('{"type":"integer"}')
    expect(table.first).to_contain_text('"long"')
    table.first.get_by_role("button").click()
    expect(page.locator(".source .here")).to_contain_text("type: integer")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    expect(page.locator(".detail")).to_contain_text("authorization: ***")


def test_traffic_is_searched_and_filtered(page: Page, mock: Mock) -> None:
    """By text, status, API, what broke the document, and session."""
    mock.make_traffic()
    mock.call("PUT", CITA, "asistente-token", session="other")
    open_view(page, mock, "traffic")
    rows = page.locator(".v-space .v-row")
    expect(rows).to_have_count(7)

    page.get_by_label("Search requests").fill("protected")
    expect(rows).to_have_count(1)
    page.get_by_label("Search requests").fill("nothing has this")
    expect(page.get_by_text("No matches")).to_be_visible()
    page.get_by_label("Search requests").fill("")
    page.get_by_label("Status").select_option("2xx")
    expect(rows).to_have_count(3)
    page.get_by_label("Status").select_option("")
    page.get_by_label("Operation").select_option("reservations\n")
    expect(rows).to_have_count(1)
    page.get_by_label("Operation").select_option("sqod\npatchAppointmentById")
    expect(rows).to_have_count(2)
    page.get_by_label("Operation").select_option("sqod\npostCancelAppointment")
    expect(page.get_by_text("No matches")).to_be_visible()
    page.get_by_label("Operation").select_option("\n")
    page.get_by_label("Contract violations").check()
    expect(rows).to_have_count(1)
    page.get_by_label("Contract violations").uncheck()
    page.get_by_label("This session only").check()
    expect(rows).to_have_count(6)


def test_a_request_is_copied_replayed_and_answered_otherwise(page: Page, mock: Mock) -> None:
    """One click each."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    mock.make_traffic()
    open_view(page, mock, "traffic")
    open_row(page, "cancelarCita")

    page.get_by_role("button", name="Copy as curl").click()
    expect(page.get_by_text("curl command copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "curl -i -X PUT" in copied
    assert "Bearer asistente-token" in copied
    page.get_by_role("button", name="Replay").click()
    expect(page.get_by_text("Sent again: 200")).to_be_visible()
    expect(page.locator(".v-space .v-row")).to_have_count(7)

    page.get_by_role("button", name="Force another answer").click()
    page.get_by_role("dialog").get_by_label("Status").select_option("500")
    page.get_by_role("dialog").get_by_label("How many times").fill("1")
    page.get_by_role("button", name="Force it").click()
    expect(page.locator("#conditions")).to_contain_text("1 forced")
    assert [mock.call("PUT", CITA, "asistente-token") for _ in range(2)] == [500, 200]
    expect(page.locator(".v-space .v-row").nth(1)).to_contain_text("forced")


def test_traffic_is_exported_paused_and_forgotten(page: Page, mock: Mock) -> None:
    """As an HTTP archive, say; paused, nothing moves."""
    mock.make_traffic()
    open_view(page, mock, "traffic")
    expect(page.locator(".v-space .v-row")).to_have_count(6)

    page.get_by_label("Format of the export").select_option("har")
    with page.expect_download() as download:
        page.get_by_label("Export these requests").click()
    archive = json.loads(Path(download.value.path()).read_text())
    assert len(archive["log"]["entries"]) == 6
    page.get_by_role("button", name="Pause").click()
    mock.call("PUT", CITA)
    mock.call("PUT", CITA)
    expect(page.get_by_role("button", name="Resume (2 new)")).to_be_visible()
    expect(page.locator(".v-space .v-row")).to_have_count(6)
    page.get_by_role("button", name="Resume (2 new)").click()
    expect(page.locator(".v-space .v-row")).to_have_count(8)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text("No requests yet")).to_be_visible()


def test_the_list_is_walked_by_keyboard(page: Page, mock: Mock) -> None:
    """Arrows move, Enter opens."""
    mock.make_traffic()
    open_view(page, mock, "traffic")
    page.locator(".v-space .v-row").first.focus()

    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.locator(".detail h2")).to_contain_text("/api/cita/1/cancelar")
    page.keyboard.press("End")
    expect(page.locator(".v-row:focus")).to_have_attribute("aria-rowindex", "7")
    page.keyboard.press("Home")
    expect(page.locator(".v-row:focus")).to_have_attribute("aria-rowindex", "2")
    page.get_by_role("button", name="Close the details").click()
    expect(page.locator(".detail")).to_be_hidden()


def test_records_are_edited_in_place(page: Page, mock: Mock) -> None:
    """The mock answers with the new value at once; what breaks the schema is refused with its reason."""
    open_view(page, mock, "state/citas/citas")
    row = page.locator("tbody tr").filter(has=page.get_by_role("rowheader", name="2", exact=True))

    row.get_by_role("button", name="estado").click()
    page.get_by_label("estado of 2").fill("confirmada")
    page.keyboard.press("Enter")
    expect(page.get_by_text("estado changed")).to_be_visible()
    assert mock.admin("GET", "state/citas/citas/2")["estado"] == "confirmada"

    row.get_by_role("button", name="cliente_id").click()
    page.get_by_label("cliente_id of 2").fill("nobody")
    page.keyboard.press("Enter")
    expect(page.locator(".toast.error")).to_contain_text("cliente_id")
    page.keyboard.press("Escape")
    assert mock.admin("GET", "state/citas/citas/2")["cliente_id"] == 8
    page.get_by_role("button", name=re.compile("Undo")).click()
    expect(row.get_by_role("button", name="estado")).to_have_text("pendiente")


def test_records_are_made_changed_and_deleted(page: Page, mock: Mock) -> None:
    """As JSON, in a dialog."""
    open_view(page, mock, "state/citas/medicos")

    page.get_by_role("button", name="New record").click()
    page.get_by_label("Record, as JSON").fill('{"id": 77, "nombre": "Nueva"}')
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("rowheader", name="77")).to_be_visible()
    page.get_by_label("Edit 77").click()
    page.get_by_label("Record, as JSON").fill('{"id": 78}')
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("must be an object whose 'id' is '77'")
    page.get_by_role("button", name="Close").click()
    page.get_by_label("Delete 77").click()
    expect(page.get_by_role("rowheader", name="77")).to_have_count(0)
    page.get_by_label("Filter records").fill("Neuro")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_snapshots_revert_reset_and_export(page: Page, mock: Mock) -> None:
    """There is always a way back."""
    mock.admin("PUT", RECORD, {"id": PAGE, "status": "late"})
    mock.admin("POST", "faults", {"kind": "empty", "api": "citas"})
    open_view(page, mock, "state/sqod/appointments")
    page.get_by_label("Name of the snapshot").fill("late one")
    page.get_by_role("button", name="Take").click()
    expect(page.get_by_label("Restore late one")).to_be_visible()

    page.get_by_role("button", name="Revert records").click()
    expect(page.get_by_text("Records reverted")).to_be_visible()
    assert mock.admin("GET", RECORD)["status"] == "scheduled"
    assert len(mock.admin("GET", "faults")["faults"]) == 1
    page.get_by_label("Restore late one").click()
    expect(page.get_by_text("Restored")).to_be_visible()
    assert mock.admin("GET", RECORD)["status"] == "late"
    page.get_by_role("button", name="Reset session").click()
    expect(page.get_by_text("Session default reset")).to_be_visible()
    assert mock.admin("GET", "faults")["faults"] == []
    assert mock.admin("GET", RECORD)["status"] == "scheduled"
    with page.expect_download() as download:
        page.get_by_label("Export sqod as a fixture file").click()
    assert "collections:" in Path(download.value.path()).read_text()


def test_a_scenario_is_switched_on_and_off(page: Page, mock: Mock) -> None:
    """By mouse or keyboard, beside others; the bar says what is on, and the steps move on as calls come."""
    open_view(page, mock, "scenarios")
    being_seen = page.get_by_role("switch", name="being seen")

    being_seen.focus()
    page.keyboard.press("Space")

    expect(being_seen).to_have_attribute("aria-checked", "true")
    expect(being_seen).to_be_focused()
    expect(page.locator("#conditions")).to_contain_text("being-seen")
    for _ in range(3):
        mock.call("PATCH", APPOINTMENT, "agent-token")
    expect(page.get_by_text("1 of 2 steps taken")).to_be_visible()
    locked = page.get_by_role("switch", name="locked")
    locked.click()
    expect(page.get_by_text("2. of 2")).to_be_visible()
    expect(page.locator("#conditions")).to_contain_text("locked")
    being_seen.click()
    expect(being_seen).to_have_attribute("aria-checked", "false")
    expect(locked).to_have_attribute("aria-checked", "true")
    page.get_by_role("button", name="Force an answer").click()
    page.get_by_role("dialog").get_by_label("Status").select_option("500")
    page.get_by_role("button", name="Force it").click()
    expect(page.get_by_text("answers 500")).to_be_visible()
    page.get_by_role("button", name=re.compile("Remove the forced 500")).click()
    expect(page.get_by_text("answers 500")).to_have_count(0)


def test_a_rule_is_added_switched_off_and_removed(page: Page, mock: Mock) -> None:
    """It answers at once; the page says why it did not match, and details which rule answered."""
    open_view(page, mock, "rules")
    page.get_by_label("Operation to add a rule to").select_option("citas\ncancelarCita")
    page.get_by_role("button", name="Add a rule").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("When").select_option("headers")
    dialog.get_by_label("JSON Schema").fill('{"required": ["x-try"')
    dialog.get_by_label("Status").fill("403")
    dialog.get_by_label("Body").fill('{"message": "Not today"}')
    dialog.get_by_role("button", name="Add it").click()
    expect(dialog.get_by_role("alert")).to_contain_text("JSON")
    dialog.get_by_label("JSON Schema").fill('{"required": ["x-try"]}')
    dialog.get_by_role("button", name="Add it").click()
    switch = page.get_by_role("switch", name="cancelarCita added")
    expect(switch).to_have_attribute("aria-checked", "true")
    expect(page.get_by_text("Not tried yet in this session.")).to_be_visible()

    assert mock.call("PUT", CITA, "asistente-token") == 200
    expect(page.get_by_text("It did not match: headers /x-try is missing")).to_be_visible()
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    page.get_by_role("link", name="the latest request").click()
    expect(page.locator(".detail")).to_contain_text("did not match: headers /x-try is missing")
    expect(page.locator(".detail .facts")).to_contain_text("handler cancel_cita (citas.py:")
    page.go_back()
    page.get_by_role("button", name=re.compile("Remove the rule")).click()
    expect(page.get_by_text("No rules")).to_be_visible()


def test_a_fault_is_set_and_taken_away(page: Page, mock: Mock) -> None:
    """It strikes at once, and says how often it did."""
    open_view(page, mock, "faults")

    page.get_by_label("Where").select_option("citas\ncancelarCita")
    page.get_by_label("Status").fill("502")
    page.get_by_role("button", name="Set the fault").click()
    expect(page.get_by_text("Answer with a status: 502")).to_be_visible()
    assert mock.call("PUT", CITA, "asistente-token") == 502
    expect(page.get_by_text("applied 1 time")).to_be_visible()
    page.get_by_label("What").select_option("delay")
    page.get_by_label("Time", exact=True).select_option("uniform")
    page.get_by_label("Milliseconds").fill("1")
    page.get_by_label("Maximum", exact=True).fill("2")
    page.get_by_role("button", name="Set the fault").click()
    expect(page.get_by_text("Answer late: 1 to 2 ms")).to_be_visible()
    page.get_by_label("Remove: Answer with a status: 502").click()
    expect(page.get_by_text("Answer with a status: 502")).to_have_count(0)
    page.get_by_role("button", name="Remove all").click()
    expect(page.get_by_text("No faults", exact=True)).to_be_visible()
    assert mock.call("PUT", CITA, "asistente-token") == 200


def test_the_clock_is_frozen_set_and_released(page: Page, mock: Mock) -> None:
    """In the session that is chosen."""
    open_view(page, mock, "sessions")

    page.get_by_role("switch", name="Freeze the clock").click()
    expect(page.get_by_text("frozen", exact=True)).to_be_visible()
    page.get_by_label("Set to, UTC").fill("2030-05-05T12:00:00")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.locator(".face")).to_have_text("2030-05-05 12:00:00")
    page.get_by_role("button", name="+1 hour").click()
    expect(page.locator(".face")).to_have_text("2030-05-05 13:00:00")
    assert mock.admin("GET", "clock")["now"] == "2030-05-05T13:00:00.000Z"
    expect(page.locator("#conditions")).to_contain_text("clock frozen")
    page.get_by_role("button", name="System time").click()
    expect(page.get_by_text("system time", exact=True)).to_be_visible()


def test_sessions_are_made_used_cloned_and_dropped(page: Page, mock: Mock) -> None:
    """And what is done in one is done in no other."""
    open_view(page, mock, "sessions")

    expect(page.get_by_label("Processes that share the store")).to_have_count(0)
    page.get_by_label("Name of the new session").fill("mine")
    page.get_by_role("button", name="Create").click()
    page.get_by_label("Use mine").click()
    expect(page.get_by_label("Session", exact=True)).to_have_value("mine")
    page.get_by_role("link", name="Scenarios").click()
    page.get_by_role("switch", name="service down").click()
    expect(page.locator("#conditions")).to_contain_text("service-down")
    statuses = [mock.call("PUT", CITA, "asistente-token", session=name) for name in ("mine", "default")]
    assert statuses == [500, 200]
    page.get_by_role("link", name="Clock and sessions").click()
    page.get_by_label("Clone mine").click()
    expect(page.get_by_text("is a copy of mine")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(3)
    # With what goes on in it.
    expect(page.locator("tbody tr", has_text="service-down")).to_have_count(2)
    page.get_by_label("Drop mine").click()
    expect(page.get_by_label("Session", exact=True)).to_have_value("default")
    page.get_by_label("Idle seconds").fill("0")
    page.get_by_role("button", name="Drop idle").click()
    expect(page.locator("tbody tr")).to_have_count(1)


def test_tokens_are_ready_to_copy(page: Page, mock: Mock) -> None:
    """Those of the fixtures, and new ones that the mock takes."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_view(page, mock, "tokens")

    page.get_by_label("Copy the token of asistente").click()
    expect(page.get_by_text("Token copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "asistente-token"
    page.get_by_label("Identity").select_option("sqod\nagent")
    page.get_by_role("button", name="Issue", exact=True).click()
    token = page.locator(".made code").inner_text()
    assert mock.call("PATCH", APPOINTMENT, token) == 200


def test_coverage_shows_what_was_exercised(page: Page, mock: Mock) -> None:
    """It grows as requests come, and can be exported."""
    open_view(page, mock, "coverage")
    citas = page.locator(".card").filter(has=page.get_by_role("heading", name="Citas API"))
    expect(citas).to_contain_text("0 %")

    mock.call("PUT", CITA, "asistente-token")

    expect(citas.locator(".hit")).to_have_count(2)
    expect(citas).to_contain_text("33 %")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV").click()
    assert '"citas","cancelarCita","PUT"' in Path(download.value.path()).read_text()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export JSON").click()
    assert json.loads(Path(download.value.path()).read_text())["apis"]


def test_a_request_is_built_and_sent(page: Page, mock: Mock) -> None:
    """It is valid as it stands; a link leads from traffic to it and back."""
    mock.make_traffic()
    open_view(page, mock, "traffic")
    open_row(page, "patchAppointmentById")
    page.get_by_role("link", name="Open in builder").click()

    expect(page.get_by_label("Operation")).to_have_value("sqod\npatchAppointmentById")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".answer .status")).to_have_text("200")
    page.get_by_role("button", name="New example").click()
    expect(page.get_by_label("Body, application/json")).to_have_value(re.compile("claimant"))
    page.get_by_label("Body, application/json").fill('{"duration_in_minutes": "x"}')
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".answer .status")).to_have_text("400")
    page.get_by_role("link", name="See it in traffic").click()
    expect(page.locator(".bad-callout")).to_contain_text("duration_in_minutes")


def test_the_theme_is_chosen_and_kept(page: Page, mock: Mock) -> None:
    """Like the system, light, or dark."""
    open_view(page, mock, "traffic")
    control = page.get_by_role("button", name=re.compile("Theme"))
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")

    control.click()
    control.click()
    expect(control).to_have_attribute("aria-label", "Theme: dark")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.reload()

    assert dark != light
    expect(control).to_have_attribute("aria-label", "Theme: dark")
    expect(page.locator("body")).to_have_css("background-color", dark)


def test_a_mock_that_is_away_is_told_of(page: Page, mock: Mock) -> None:
    """And nothing breaks."""
    open_view(page, mock, "faults")
    page.route("**/__admin/faults", lambda route: route.abort())

    page.get_by_role("button", name="Set the fault").click()

    expect(page.locator(".toast.error")).to_contain_text("The mock does not answer")


def test_a_long_body_of_a_refused_request_is_shown(page: Page, mock: Mock) -> None:
    """64 KB on one line and 64 KB of JSON: the page goes on, and says what was cut and what was not sent."""
    mock.call("PATCH", APPOINTMENT, "nobody", ["x" * 60_000])
    mock.call("PATCH", APPOINTMENT, "nobody", [{"a": 1}] * 20_000)
    mock.call("DELETE", "/nowhere")
    open_view(page, mock, "traffic")
    rows = page.locator(".v-space .v-row")
    body = page.get_by_label("Request: body")

    rows.nth(2).click()
    expect(body).to_contain_text("x" * 60_000)
    rows.nth(1).click()
    expect(page.locator(".detail")).to_contain_text("The body was cut here; it had")
    rows.nth(0).click()
    expect(page.locator(".detail")).to_contain_text("No body.")
