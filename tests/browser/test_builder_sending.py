"""The builder sends what its form shows, and opens a request of the journal as it was sent."""

from __future__ import annotations

import re

import httpx
from playwright.sync_api import Page, expect
from tests.browser.mock import Mock, open_row, open_view
from tests.browser.test_steadiness import _Held
from tests.http.records import APPOINTMENT, CITA


def test_nothing_is_sent_while_the_form_of_another_operation_loads(page: Page, mock: Mock) -> None:
    """Send is off at once, and on again with the form that belongs to it."""
    open_view(page, mock, "builder/citas/cancelarCita")
    expect(page.get_by_role("button", name="Send")).to_be_enabled()
    held = _Held(page, "**/operations/updateReservation")
    with page.expect_request("**/operations/updateReservation"):
        page.get_by_label("Operation").select_option("reservations\nupdateReservation")

    expect(page.get_by_role("button", name="Send")).to_be_disabled()
    expect(page.get_by_label("id (path)")).to_be_disabled()
    with page.expect_response("**/operations/updateReservation"):
        held.let_go()

    expect(page.get_by_label("reservationId (path)")).to_be_enabled()
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".answer .status")).to_be_visible()
    (entry,) = mock.admin("GET", "requests?session=*")["requests"]
    assert entry["operation"] == "updateReservation"


def test_a_request_of_the_journal_opens_as_it_was_sent_and_is_sent_again(page: Page, mock: Mock) -> None:
    """Path, query, header fields and body are those of the request; its caller replaces the masked token."""
    headers = {"authorization": "Bearer agent-token", "x-trace": "abc"}
    body = {"duration_in_minutes": 35}
    httpx.patch(f"{mock.url}{APPOINTMENT}?_method=PATCH", headers=headers, json=body).raise_for_status()
    open_view(page, mock, "traffic")
    open_row(page, APPOINTMENT[-14:])

    page.get_by_role("link", name="Open in builder").click()
    expect(page.get_by_label("Path and query")).to_have_value(f"{APPOINTMENT}?_method=PATCH")
    expect(page.get_by_label("Header fields", exact=True)).to_have_value(re.compile("x-trace: abc"))
    expect(page.get_by_label("Body", exact=True)).to_have_value(re.compile('"duration_in_minutes": ?35'))
    expect(page.get_by_label("Caller")).to_have_value("agent")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".answer .status")).to_have_text("200")

    again, first = mock.admin("GET", "requests?session=*")["requests"]
    for name in ("method", "path", "query", "body", "identity", "status"):
        assert again[name] == first[name]
    assert again["headers"]["x-trace"] == "abc"


def test_a_deleted_record_is_not_offered(page: Page, mock: Mock) -> None:
    """The form names one that is there."""
    mock.admin("DELETE", "state/citas/citas/1")
    open_view(page, mock, "builder/citas/cancelarCita")

    expect(page.get_by_label("id (path)")).not_to_have_value("1")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".answer .status")).to_have_text("200")


def test_a_violation_shows_what_was_sent_beside_a_long_list_of_values(page: Page, mock: Mock) -> None:
    """Got is on the screen, however long Expected is; the reason of the row is there too."""
    values = [f"status number {number}" for number in range(200)]
    mock.call("PATCH", APPOINTMENT, "agent-token", {"duration_in_minutes": "long"})

    def lengthen(route: object) -> None:
        response = route.fetch()  # type: ignore[attr-defined]
        told = response.json()
        told["violations"][0] |= {"expected": {"enum": values}, "got": "late", "detail": "No branch fits."}
        route.fulfill(response=response, json=told)  # type: ignore[attr-defined]

    page.route(re.compile(r"/__admin/requests/[0-9a-f]+-\d+$"), lengthen)
    open_view(page, mock, "traffic")
    open_row(page, APPOINTMENT[-14:])

    violation = page.locator(".violations li")
    expect(violation).to_contain_text("No branch fits.")
    expect(violation.get_by_text('"late"')).to_be_in_viewport()
    expect(violation).to_contain_text("… 192 more")
    violation.locator("summary").click()
    expect(violation).to_contain_text("status number 199")


def test_paths_are_cut_where_they_are_alike(page: Page, mock: Mock) -> None:
    """Their ends are shown."""
    page.set_viewport_size({"width": 1000, "height": 800})
    for end in ("first-one", "other-one"):
        mock.call("GET", f"/a/very/long/path/{'x' * 80}/{end}")
    open_view(page, mock, "traffic")

    for row, end in enumerate(("other-one", "first-one")):
        tail = page.locator(".v-space .v-row").nth(row).locator(".tail")
        expect(tail).to_contain_text(end)
        expect(tail).to_be_in_viewport(ratio=1)


def test_a_binary_body_is_not_shown_as_text(page: Page, mock: Mock) -> None:
    """Its media type is; of a form with a file the text is."""
    httpx.post(f"{mock.url}/picture", content=bytes(range(256)), headers={"content-type": "image/png"})
    httpx.post(f"{mock.url}/form", files={"f": ("a.bin", bytes(range(256)))}, data={"n": "value"})
    open_view(page, mock, "traffic")

    open_row(page, "/picture")
    expect(page.get_by_label("Request: body")).to_have_text("Binary: image/png. It is not shown.")
    open_row(page, "/form")
    expect(page.get_by_label("Request: body")).to_contain_text('filename="a.bin"')
    expect(page.get_by_label("Request: body")).to_contain_text("▒")


def test_answers_by_preference_and_scenario_say_so(page: Page, mock: Mock) -> None:
    """By name, on the list and in the details."""
    headers = {"authorization": "Bearer asistente-token", "prefer": "code=403"}
    httpx.put(f"{mock.url}{CITA}", headers=headers)
    mock.admin("POST", "scenarios/citas/service-down")
    mock.call("PUT", CITA, "asistente-token")
    open_view(page, mock, "traffic")

    open_row(page, "prefer code=403")
    expect(page.locator(".detail")).to_contain_text("The caller preferred this answer: Prefer: code=403.")
    expect(page.get_by_label("Answer: header fields")).to_contain_text("preference-applied: code=403")
    open_row(page, "service-down")
    expect(page.locator(".detail")).to_contain_text("The scenario service-down gave this answer.")
