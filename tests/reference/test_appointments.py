"""The sound reference keeps appointments as their two pages say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from .calls import (
    APPOINTMENT,
    CANCELLED,
    PHYSIOTHERAPY,
    READ,
    UNKNOWN,
    cancel,
    form,
    multipart,
    patch,
)
from .client import NOW, Call, Client
from .probes import ITEM


def _each(field: str, *values: object) -> list[dict[str, object]]:
    return [{field: value} for value in values]


def _data(client: Client, call: Call) -> dict[str, Any]:
    outcome = client.send(call)
    assert outcome.status == 200, outcome
    data: dict[str, Any] = outcome.body["data"]
    return data


def test_cancel_sets_status_date_and_reason(client: Client) -> None:
    """A cancellation answers an empty 204 and shows in the appointment."""
    outcome = client.send(cancel({"cancellation_reason": "Flu"}))
    shown = _data(client, READ)

    assert (outcome.status, outcome.body, outcome.headers["Content-Type"]) == (204, "", None)
    assert (shown["status"], shown["cancelled_at"], shown["cancellation_reason"]) == ("cancelled", NOW, "Flu")


def test_cancel_needs_no_reason(client: Client) -> None:
    """The reason is optional, the body is not."""
    assert client.send(cancel({})).status == 204
    assert client.send(cancel()).status == 422


def test_cancelling_twice_changes_nothing(client: Client) -> None:
    """The first cancellation's date and reason stay."""
    before = _data(client, patch(key=CANCELLED))

    assert client.send(cancel({"cancellation_reason": "Another"}, CANCELLED)).status == 204
    assert _data(client, patch(key=CANCELLED)) == before


def test_an_empty_patch_reads(client: Client) -> None:
    """Nothing sent, nothing changed, the whole appointment shown."""
    assert _data(client, READ) == _data(client, patch({}))
    assert _data(client, READ)["department"] == {"id": 1, "name": "Outpatients"}


def test_patch_changes_only_what_is_sent(client: Client) -> None:
    """The other fields keep their value, also inside the claimant, and the next read agrees."""
    before = _data(client, READ)

    after = _data(client, patch({"duration_in_minutes": 25, "claimant": {"name": "  Zoë 🤒 "}}))

    assert after == before | {
        "duration_in_minutes": 25,
        "claimant": before["claimant"] | {"name": "  Zoë 🤒 "},
    }
    assert _data(client, READ) == after


def test_claimant_data_is_merged_by_id(client: Client) -> None:
    """A known item gets its value and keeps its name; an unknown one is appended."""
    sent = [{"id": ITEM, "value": "new"}, {"id": UNKNOWN, "value": "more"}]

    items = _data(client, patch({"claimant": {"data": sent}}))["claimant"]["data"]

    assert [item["value"] for item in items] == ["new", "Wheelchair", "more"]
    assert items[0]["name"] == "National insurance number"
    assert items[2] == {"id": UNKNOWN, "value": "more"}


def test_department_id_moves_the_appointment(client: Client) -> None:
    """The UUID is sent, the number and the name are shown."""
    assert _data(client, patch({"department_id": PHYSIOTHERAPY}))["department"] == {
        "id": 2,
        "name": "Physiotherapy",
    }
    assert client.send(patch({"department_id": UNKNOWN})).status == 422


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("is_interpreter_needed", True),
        ("interpreter_language", "English"),
        ("status", "scheduled"),
        ("custom_user_post_call_redirect_url", "https://example.com/custom-post-call-redirect"),
        ("custom_agent_post_call_redirect_url", "https://example.com/custom-agent-post-call-redirect"),
    ],
)
def test_null_unsets_the_nullable_fields(client: Client, field: str, value: object) -> None:
    """What is unset is left out of the answer."""
    assert _data(client, READ)[field] == value
    assert field not in _data(client, patch({field: None}))
    assert _data(client, patch({field: value}))[field] == value


def test_moments_are_shown_in_utc(client: Client) -> None:
    """The same moment comes back, whatever the offset it was sent with."""
    sent = {"appointment_at": "2026-12-31T23:30:00.25-02:00"}

    assert _data(client, patch(sent))["appointment_at"] == "2027-01-01T01:30:00.250Z"


@pytest.mark.parametrize(
    "body",
    [
        *({field: None} for field in ("appointment_at", "duration_in_minutes", "department_id", "claimant")),
        *({field: None} for field in ("features_bandwidth", "use_custom_post_call_redirect")),
        *(
            {"claimant": {field: None}}
            for field in ("name", "email", "phone_number", "date_of_birth", "data")
        ),
        *_each("duration_in_minutes", "60", 1.5, True, [], 10**30, 1e300),
        *_each("is_interpreter_needed", "true", 1, {}),
        *_each("status", "", "Waiting", "canceled", 1),
        *_each("features_bandwidth", "", "HIGH", "high ", 3),
        *_each("department_id", "", "2", 2, "not-a-uuid"),
        *_each("appointment_at", "", "2026-03-01", "2026-02-30T00:00:00Z", "2026-03-01 10:00:00Z"),
        *_each("appointment_at", "2026-03-01T10:00:00", "0001-01-01T00:00:00+14:00", 0),
        *_each("claimant", *_each("date_of_birth", "", "1980-2-1", "1981-02-29", "1980-02-01T00:00:00Z")),
        *_each("claimant", *_each("email", "", "@", "a@", "a b@example.com", "a..b@example.com")),
        *_each("claimant", [], "John", {"data": {}}, {"data": ["x"]}, {"data": [{"id": "x"}]}),
        {"claimant": {"data": [{"id": ITEM, "value": None}]}},
        {"interpreter_language": "\ud800"},
        [],
        None,
        "text",
        0,
    ],
)
def test_patch_refuses_what_breaks_the_page(client: Client, body: object) -> None:
    """Wrong types, formats, enums and nulls are 422 and leave the appointment alone."""
    before = _data(client, READ)

    assert client.send(patch(body)).status == 422
    assert _data(client, READ) == before


def test_a_refused_patch_names_its_fields(client: Client) -> None:
    """Errors come in Laravel's shape."""
    body = client.send(patch({"duration_in_minutes": "x", "claimant": {"email": "x"}})).body

    assert body["message"] == "The duration in minutes field must be an integer. (and 1 more error)"
    assert set(body["errors"]) == {"duration_in_minutes", "claimant.email"}


def test_another_media_type_is_refused(client: Client) -> None:
    """The page knows JSON alone; a form needs POST."""
    for call in (patch({"status": "late"}), cancel({})):
        for media_type in (None, "text/plain", "application/x-www-form-urlencoded"):
            assert client.send(replace(call, media_type=media_type)).status == 415


def test_a_form_is_coerced_and_nested(client: Client) -> None:
    """A form says what JSON would."""
    fields = {"duration_in_minutes": "25", "features_breakout_room_enable": "1", "claimant[name]": "Zoë"}
    items = {"claimant[data][0][id]": ITEM, "claimant[data][0][value]": "new"}

    for call in (multipart(fields | items), form(**fields, **items)):
        client.reset()
        shown = _data(client, call)
        assert (shown["duration_in_minutes"], shown["features_breakout_room_enable"]) == (25, True)
        assert (shown["claimant"]["name"], shown["claimant"]["data"][0]["value"]) == ("Zoë", "new")
        assert shown == _data(client, READ)


def test_an_override_may_carry_json(client: Client) -> None:
    """It routes to the PATCH operation, whose body is JSON."""
    assert (
        _data(client, replace(patch({"status": "late"}), method="POST", path=form().path))["status"] == "late"
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"duration_in_minutes": "1.5"},
        {"duration_in_minutes": ""},
        {"is_interpreter_needed": "maybe"},
        {"features_bandwidth": "enormous"},
        {"claimant": "John"},
        {"claimant[data]": "x"},
        {"claimant[data][0]": "x"},
        {"department_id": "2"},
    ],
)
def test_a_form_is_validated(client: Client, fields: dict[str, str]) -> None:
    """What PATCH refuses is refused in a form."""
    assert client.send(form(**fields)).status == 422
    assert client.send(multipart(fields)).status == 422


@pytest.mark.parametrize("query", ["", "?_method=DELETE", "?_method=", "?_method=PATCH&_method=PUT"])
def test_post_without_override_is_405(client: Client, query: str) -> None:
    """Only _method=PATCH makes a POST a PATCH."""
    outcome = client.send(form(query=query, status="late"))

    assert (outcome.status, outcome.headers["Allow"]) == (405, "PATCH")


def test_an_empty_form_reads(client: Client) -> None:
    """No part, no change; empty text is null where it cannot be a value."""
    before = _data(client, READ)

    assert _data(client, multipart({})) == before
    assert "status" not in _data(client, form(status=""))


def test_a_broken_multipart_body_is_refused(client: Client) -> None:
    """It is the client's mistake."""
    whole = multipart({"status": "late"})

    assert client.send(replace(whole, media_type="multipart/form-data")).status == 400
    for body in (b"\xff\x00rubbish", b"--cut\r\n[]--cut--\r\n", b"--cut\r\n\r\nlate\r\n--cut--\r\n"):
        assert client.send(replace(whole, body=body)).status == 400


def test_an_unknown_appointment_is_404(client: Client) -> None:
    """So is a path that is no UUID."""
    for key in (UNKNOWN, "12", "%00", "%F0%9F%A4%92", APPOINTMENT + "x"):
        assert client.send(patch(key=key)).status == 404
        assert client.send(cancel({}, key)).status == 404
