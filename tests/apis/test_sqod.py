"""SQOD's handlers: cancelling and updating an appointment, by call."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pytest
from tests.apis.backends import World

from mockserver.apis.sqod import cancel_appointment, update_appointment
from mockserver.behaviour.backend import Backend
from mockserver.errors import BadRequestError, ResourceNotFoundError

PAGE = "9a0f170e-0aa0-47db-ab14-4ddcdcbad061"
CANCELLED = "61c3af75-90e8-42d3-93b6-7f52e108ce26"
SPARSE = "83e5c197-b20a-44f5-b5d8-9174132ae028"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
FIRST_FIELD = "3f2b8c74-5d16-4e0a-9b83-c7a1e4d20f11"
SECOND_FIELD = "8e6d1a95-07c4-4b2f-a3d9-5f1b60c87e12"
NEW_FIELD = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def world() -> World:
    """SQOD as it starts."""
    return World("sqod")


@pytest.fixture
def backend(world: World) -> Backend:
    """SQOD as it starts, for a handler."""
    return world.backend()


def _record(backend: Backend, key: str = PAGE) -> Mapping[str, Any]:
    record = backend.collection("appointments").get(key)
    assert record is not None
    return record


def _patch(backend: Backend, body: Any, key: str = PAGE) -> Mapping[str, Any]:
    response = update_appointment(backend, appointment=key, body=body)
    assert response.status == 200
    assert response.body == {"data": _record(backend, key)}
    return _record(backend, key)


def test_cancelling_sets_status_moment_and_reason_and_nothing_else(backend: Backend) -> None:
    """The answer is 204; the record says cancelled, when, and why."""
    before = dict(_record(backend))

    response = cancel_appointment(backend, appointment=PAGE, body={"cancellation_reason": "Ill"})

    assert (response.status, response.body) == (204, None)
    assert _record(backend) == {
        **before,
        "status": "cancelled",
        "cancelled_at": "2026-03-02T09:30:00.000Z",
        "cancellation_reason": "Ill",
    }


def test_a_reason_is_optional(backend: Backend) -> None:
    """Without a reason the appointment is cancelled without one."""
    cancel_appointment(backend, appointment=PAGE, body={})

    assert _record(backend)["status"] == "cancelled"
    assert _record(backend)["cancellation_reason"] is None


def test_an_empty_reason_is_kept_as_it_is(backend: Backend) -> None:
    """An empty text is a text."""
    cancel_appointment(backend, appointment=PAGE, body={"cancellation_reason": ""})

    assert _record(backend)["cancellation_reason"] == ""


def test_cancelling_twice_changes_nothing(world: World) -> None:
    """The second cancellation is 204 too; moment and reason are still those of the first."""
    cancel_appointment(world.backend(), appointment=PAGE, body={"cancellation_reason": "First"})
    once = _record(world.backend())
    world.clock.advance(3600)

    response = cancel_appointment(world.backend(), appointment=PAGE, body={"cancellation_reason": "Second"})

    assert response.status == 204
    assert _record(world.backend()) == once


def test_one_that_was_cancelled_before_stays_as_it_was(backend: Backend) -> None:
    """A seeded cancellation keeps its own moment and reason."""
    before = _record(backend, CANCELLED)

    cancel_appointment(backend, appointment=CANCELLED, body={"cancellation_reason": "Other"})

    assert _record(backend, CANCELLED) == before


def test_cancelling_reaches_no_other_appointment(world: World) -> None:
    """Every other record is what it was."""
    before = world.records("appointments")

    cancel_appointment(world.backend(), appointment=PAGE, body={})

    after = world.records("appointments")
    assert list(after) == list(before)
    assert [key for key in after if after[key] != before[key]] == [PAGE]


@pytest.mark.parametrize("status", ["scheduled", "waiting", "late", "being_seen", "complete", "no_show"])
def test_it_can_be_cancelled_from_every_status(world: World, status: str) -> None:
    """The page restricts cancelling to no status."""
    key = next(key for key, found in world.records("appointments").items() if found["status"] == status)

    cancel_appointment(world.backend(), appointment=key, body={})

    assert _record(world.backend(), key)["status"] == "cancelled"


@pytest.mark.parametrize("handler", [cancel_appointment, update_appointment])
def test_an_unknown_appointment_is_not_found(backend: Backend, handler: Any) -> None:
    """Both operations say which one there is not."""
    with pytest.raises(ResourceNotFoundError, match=UNKNOWN):
        handler(backend, appointment=UNKNOWN, body={})


def test_an_appointment_is_found_in_capital_letters(backend: Backend) -> None:
    """A UUID is the same in upper and lower case, and the record keeps its own spelling."""
    _patch(backend, {"duration_in_minutes": 5}, PAGE)
    response = update_appointment(backend, appointment=PAGE.upper(), body={"duration_in_minutes": 15})

    assert response.body["data"]["id"] == PAGE
    assert _record(backend)["duration_in_minutes"] == 15


@pytest.mark.parametrize("body", [None, {}])
def test_an_update_with_nothing_in_it_is_a_read(world: World, body: Any) -> None:
    """The answer is the record, and the session has not changed at all."""
    before = _record(world.backend())

    assert _patch(world.backend(), body) == before
    assert world.session.commit() is None


def test_what_is_not_sent_is_kept(backend: Backend) -> None:
    """Exactly the field that is sent is different afterwards."""
    before = _record(backend)

    assert _patch(backend, {"duration_in_minutes": 25}) == {**before, "duration_in_minutes": 25}


def test_what_is_not_sent_inside_the_claimant_is_kept(backend: Backend) -> None:
    """The convention holds for nested objects."""
    before = _record(backend)

    after = _patch(backend, {"claimant": {"email": "new@example.com"}})

    assert after == {**before, "claimant": {**before["claimant"], "email": "new@example.com"}}


def test_an_empty_claimant_changes_nothing(backend: Backend) -> None:
    """Nothing sent inside is nothing changed."""
    before = _record(backend)

    assert _patch(backend, {"claimant": {}}) == before
    assert _patch(backend, {"claimant": {"data": []}}) == before


def test_an_update_never_changes_the_record_it_was_given(backend: Backend) -> None:
    """Records are values: the one before is untouched, deep inside too."""
    before = _record(backend)
    snapshot = copy.deepcopy(before)

    _patch(
        backend, {"claimant": {"name": "X", "data": [{"id": FIRST_FIELD, "value": "X"}]}, "status": "late"}
    )

    assert before == snapshot


@pytest.mark.parametrize("name", ["is_interpreter_needed", "interpreter_language", "status"])
def test_null_empties_a_field_that_may_be_null(backend: Backend, name: str) -> None:
    """A null that passed validation is written, not taken for a field that was left out."""
    assert _patch(backend, {name: None})[name] is None


@pytest.mark.parametrize(
    "name",
    [
        *("id", "reference", "url", "created_at", "cancelled_at", "cancellation_reason", "department"),
        *("meeting", "session_started_at", "session_ended_at", "nonsense"),
    ],
)
def test_what_cannot_be_updated_is_ignored(backend: Backend, name: str) -> None:
    """Fields of the answer alone and fields that nobody knows change nothing."""
    before = _record(backend)

    assert _patch(backend, {name: "changed"}) == before


def test_what_cannot_be_updated_inside_the_claimant_is_ignored(backend: Backend) -> None:
    """Unknown names in the claimant, and the name, type and duty of a data field, stay out."""
    before = _record(backend)
    entry = {"id": FIRST_FIELD, "name": "changed", "type": "changed", "required": False, "x": 1}

    assert _patch(backend, {"claimant": {"id": 5, "nonsense": True, "data": [entry]}}) == before


def test_a_data_field_is_found_by_its_id(backend: Backend) -> None:
    """Its value changes; its name, type and place stay, and so does the other one."""
    before = _record(backend)["claimant"]["data"]

    after = _patch(backend, {"claimant": {"data": [{"id": SECOND_FIELD, "value": "Phone"}]}})

    assert after["claimant"]["data"] == [before[0], {**before[1], "value": "Phone"}]


def test_the_order_in_which_data_fields_are_sent_does_not_matter(backend: Backend) -> None:
    """Each is found by its id, and the record keeps its own order."""
    sent = [{"id": SECOND_FIELD, "value": "b"}, {"id": FIRST_FIELD, "value": "a"}]

    after = _patch(backend, {"claimant": {"data": sent}})["claimant"]["data"]

    assert [(entry["id"], entry["value"]) for entry in after] == [(FIRST_FIELD, "a"), (SECOND_FIELD, "b")]


def test_a_data_field_is_found_in_capital_letters(backend: Backend) -> None:
    """Its id is a UUID like the appointment's: no second one appears, and the spelling stays."""
    after = _patch(backend, {"claimant": {"data": [{"id": FIRST_FIELD.upper(), "value": "x"}]}})

    found = [(entry["id"], entry["value"]) for entry in after["claimant"]["data"]]
    assert found == [(FIRST_FIELD, "x"), (SECOND_FIELD, "Letter")]


def test_an_unknown_data_field_is_added_at_the_end(backend: Backend) -> None:
    """With what was sent of it."""
    before = _record(backend)["claimant"]["data"]

    after = _patch(backend, {"claimant": {"data": [{"id": NEW_FIELD, "value": "x"}]}})

    assert after["claimant"]["data"] == [*before, {"id": NEW_FIELD, "value": "x"}]


def test_a_data_field_that_is_sent_twice_keeps_the_later_value(backend: Backend) -> None:
    """One id stays one data field, known or new."""
    sent = [{"id": key, "value": value} for value in ("one", "two") for key in (FIRST_FIELD, NEW_FIELD)]

    after = _patch(backend, {"claimant": {"data": sent}})["claimant"]["data"]

    assert [entry["id"] for entry in after] == [FIRST_FIELD, SECOND_FIELD, NEW_FIELD]
    assert (after[0]["value"], after[2]["value"]) == ("two", "two")


def test_a_data_field_without_an_id_is_added(world: World) -> None:
    """It never lands on another one that has no id either, or a null one."""
    claimant = {"name": "A", "data": [{"id": None, "value": "null id"}, {"value": "no id"}]}
    world.put("appointments", PAGE, {"id": PAGE, "claimant": claimant})

    after = _patch(world.backend(), {"claimant": {"data": [{"value": "new"}]}})

    assert after["claimant"]["data"] == [*claimant["data"], {"value": "new"}]


def test_a_claimant_appears_where_there_was_none(backend: Backend) -> None:
    """With an array that is there, if only empty, as the conventions have it."""
    after = _patch(backend, {"claimant": {"name": "Nia"}}, SPARSE)

    assert after["claimant"] == {"name": "Nia", "data": []}


def test_a_department_is_named_by_its_uuid_and_shown_with_its_number(backend: Backend) -> None:
    """The appointment moves; nothing else of it changes."""
    before = _record(backend)

    after = _patch(backend, {"department_id": "C2A9E1B7-94d3-4f60-b1c5-0e8d7a6f4b03"})

    assert after == {**before, "department": {"id": 3, "name": "Disability Assessments"}}


def test_an_unknown_department_is_refused_and_nothing_changes(backend: Backend) -> None:
    """The refusal names the field, and what was sent beside it is not written either."""
    before = _record(backend)

    with pytest.raises(BadRequestError) as refused:
        update_appointment(
            backend, appointment=PAGE, body={"duration_in_minutes": 1, "department_id": UNKNOWN}
        )

    assert [(found.location, found.pointer) for found in refused.value.violations] == [
        ("body", "/department_id")
    ]
    assert _record(backend) == before


def test_an_update_of_everything_is_taken_over(backend: Backend) -> None:
    """Every field that the update documents, at once."""
    body: dict[str, Any] = {
        "appointment_at": "2026-04-01T08:00:00Z",
        "duration_in_minutes": 10**30,
        "is_interpreter_needed": False,
        "interpreter_language": None,
        "status": "no_show",
        "features_bandwidth": "low",
        "custom_user_post_call_redirect_url": None,
        "custom_agent_post_call_redirect_url": "https://example.com/x",
        "use_custom_post_call_redirect": False,
    }
    body |= {name: False for name in _record(backend) if name.endswith("_enable")}

    after = _patch(backend, body)

    assert {name: after[name] for name in body} == body


def test_an_appointment_that_lacks_everything_can_be_cancelled_and_updated(world: World) -> None:
    """The schema requires no field of an appointment, so a record may have none but its key."""
    world.put("appointments", SPARSE, {"id": SPARSE})

    assert _patch(world.backend(), {"features_bandwidth": "low"}, SPARSE)["features_bandwidth"] == "low"
    assert cancel_appointment(world.backend(), appointment=SPARSE, body={}).status == 204
    assert _record(world.backend(), SPARSE)["status"] == "cancelled"


def test_a_department_that_lacks_its_name_can_be_moved_to(world: World) -> None:
    """Departments have no schema: a record may have none but its key."""
    world.put("departments", NEW_FIELD, {"uuid": NEW_FIELD})

    after = _patch(world.backend(), {"department_id": NEW_FIELD})

    assert after["department"] == {"id": None, "name": None}
