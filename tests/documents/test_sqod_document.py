"""The facts of the two pages on appointments."""

from __future__ import annotations

import re

import pytest

from .reading import Node, document, errors, fields, nodes, operation, operations, resolved, schema

STATUSES = {"scheduled", "waiting", "late", "being_seen", "complete", "no_show", "cancelled"}
FEATURES = {
    "features_breakout_room_enable",
    "features_call_recording_enable",
    "features_messages_chat_enable",
    "features_microphone_access_enable",
    "features_participant_list_enable",
    "features_screen_sharing_enable",
    "features_webcam_access_agent_enable",
    "features_webcam_access_claimant_enable",
    "features_webcam_background_blurring_enable",
}
UPDATE = {
    **dict.fromkeys(FEATURES, "boolean"),
    "appointment_at": "string:date-time",
    "claimant": "Claimant",
    "custom_agent_post_call_redirect_url": "string?",
    "custom_user_post_call_redirect_url": "string?",
    "department_id": "string:uuid",
    "duration_in_minutes": "integer",
    "features_bandwidth": "string",
    "interpreter_language": "string?",
    "is_interpreter_needed": "boolean?",
    "status": "string?",
    "use_custom_post_call_redirect": "boolean",
}
CLAIMANT = {
    "data": "array",
    "date_of_birth": "string:date",
    "email": "string:email",
    "name": "string",
    "phone_number": "string:phone",
}
RESOURCE = {
    **dict.fromkeys(FEATURES, "boolean?"),
    "appointment_at": "string:date-time?",
    "cancellation_reason": "string?",
    "cancelled_at": "string:date-time?",
    "claimant": "AppointmentClaimantResource",
    "created_at": "string:date-time?",
    "custom_agent_post_call_redirect_url": "string?",
    "custom_user_post_call_redirect_url": "string?",
    "department": "DepartmentResource",
    "duration_in_minutes": "integer?",
    "features_bandwidth": "string?",
    "id": "string:uuid?",
    "interpreter_language": "string?",
    "is_interpreter_needed": "boolean?",
    "meeting": "Meeting",
    "reference": "string?",
    "session_ended_at": "string:date-time?",
    "session_started_at": "string:date-time?",
    "status": "string?",
    "url": "string?",
    "use_custom_post_call_redirect": "boolean?",
}
FORM_CLAIMANT = {
    "claimant[data][0][id]": "string:uuid",
    "claimant[data][0][value]": "string",
    "claimant[date_of_birth]": "string:date",
    "claimant[email]": "string:email",
    "claimant[name]": "string",
    "claimant[phone_number]": "string:phone",
}
RESPONSES = ("AppointmentResource", "AppointmentClaimantResource", "DepartmentResource", "Meeting")


def test_the_operations_are_those_of_the_pages() -> None:
    """Cancel, update and the override of its method are all there is."""
    assert {(method, path): found["operationId"] for path, method, found in operations("sqod")} == {
        ("post", "/api/v1/appointments/{appointment}/cancel"): "postCancelAppointment",
        ("patch", "/api/v1/appointments/{appointment}"): "patchAppointmentById",
        ("post", "/api/v1/appointments/{appointment}"): "overridePatchAppointmentById",
    }


@pytest.mark.parametrize(
    ("operation_id", "success"),
    [
        ("postCancelAppointment", "204"),
        ("patchAppointmentById", "200"),
        ("overridePatchAppointmentById", "200"),
    ],
)
def test_only_the_success_has_a_documented_body(operation_id: str, success: str) -> None:
    """The failures of the prose are named, and the bodies of all failures are open."""
    responses = operation("sqod", operation_id)["responses"]
    assert set(responses) == {success, "401", "403", "4XX"}
    assert all("content" not in resolved("sqod", responses[status]) for status in ("401", "403", "4XX"))
    assert resolved("sqod", responses["4XX"])["x-inferred"] is True
    assert ("content" in resolved("sqod", responses[success])) is (success == "200")


@pytest.mark.parametrize("operation_id", ["patchAppointmentById", "overridePatchAppointmentById"])
def test_an_update_answers_with_the_appointment_as_data(operation_id: str) -> None:
    """The answer wraps the appointment in a required `data`."""
    success = resolved("sqod", operation("sqod", operation_id)["responses"]["200"])
    assert success["content"]["application/json"]["schema"] == {
        "type": "object",
        "required": ["data"],
        "properties": {"data": {"$ref": "#/components/schemas/AppointmentResource"}},
    }


def test_the_appointment_is_named_by_a_uuid() -> None:
    """The path parameter is a UUID on every path."""
    for item in document("sqod")["paths"].values():
        (parameter,) = (resolved("sqod", found) for found in item["parameters"])
        assert (parameter["name"], parameter["in"], parameter["required"]) == ("appointment", "path", True)
        assert resolved("sqod", parameter["schema"])["format"] == "uuid"


def test_cancelling_takes_a_body_whose_reason_is_optional() -> None:
    """The body of a cancellation is required, its one field is not."""
    body = operation("sqod", "postCancelAppointment")["requestBody"]
    assert body["required"] is True
    assert list(body["content"]) == ["application/json"]
    assert fields("sqod", "AppointmentCancellation") == {"cancellation_reason": "string"}
    assert "required" not in schema("sqod", "AppointmentCancellation")


def test_the_update_takes_the_documented_fields() -> None:
    """Names, types and formats are the page's, and null is taken where it says so."""
    assert fields("sqod", "AppointmentUpdate") == UPDATE
    assert fields("sqod", "Claimant") == CLAIMANT
    items = schema("sqod", "Claimant")["properties"]["data"]["items"]
    assert set(items["properties"]) == {"id", "value"}
    assert resolved("sqod", items["properties"]["id"])["format"] == "uuid"


def test_the_update_requires_nothing() -> None:
    """Neither the body of an update nor any of its fields has to be sent."""
    body = operation("sqod", "patchAppointmentById")["requestBody"]
    assert body.get("required", False) is False
    assert list(body["content"]) == ["application/json"]
    assert all("required" not in schema("sqod", name) for name in ("AppointmentUpdate", "Claimant"))


def test_the_answer_has_the_documented_fields() -> None:
    """Names, types and formats are the page's, and every field that is not an array may be null."""
    assert fields("sqod", "AppointmentResource") == RESOURCE
    assert fields("sqod", "DepartmentResource") == {"id": "integer?", "name": "string?"}
    assert fields("sqod", "Meeting") == {
        "end_date": "string:date-time?",
        "id": "string?",
        "room_name": "string?",
        "room_url": "string?",
        "start_date": "string:date-time?",
    }
    assert fields("sqod", "AppointmentClaimantResource") == {
        "data": "array",
        "date_of_birth": "string:date?",
        "email": "string?",
        "name": "string?",
        "phone_number": "string?",
    }
    items = schema("sqod", "AppointmentClaimantResource")["properties"]["data"]["items"]
    assert {name: found["type"] for name, found in items["properties"].items()} == {
        **dict.fromkeys(("id", "name", "type", "value"), "string"),
        "required": "boolean",
    }


@pytest.mark.parametrize("component", RESPONSES)
def test_an_answer_may_leave_out_or_null_all_but_its_arrays(component: str) -> None:
    """Exactly the arrays of an answer are required, and exactly they cannot be null."""
    objects = [
        (pointer, node)
        for pointer, node in nodes(schema("sqod", component))
        if isinstance(node.get("properties"), dict)
    ]

    assert objects
    for pointer, node in objects:
        properties = {name: resolved("sqod", found) for name, found in node["properties"].items()}
        arrays = {name for name, found in properties.items() if found["type"] == "array"}
        assert set(node.get("required", [])) == arrays, pointer
        assert {name for name, found in properties.items() if not found.get("nullable")} == arrays, pointer


def test_the_statuses_are_the_documented_ones() -> None:
    """Answer, update and form know the same statuses; only the form cannot say null."""
    assert set(schema("sqod", "AppointmentResource")["properties"]["status"]["enum"]) == {*STATUSES, None}
    update = schema("sqod", "AppointmentUpdate")["properties"]["status"]
    assert set(update["enum"]) == {*STATUSES, None}
    assert update["x-inferred"] is True
    assert set(schema("sqod", "AppointmentUpdateForm")["properties"]["status"]["enum"]) == STATUSES


def test_bandwidth_is_an_enumeration_in_the_update_only() -> None:
    """The answer's bandwidth stays free text."""
    assert schema("sqod", "AppointmentUpdate")["properties"]["features_bandwidth"]["enum"] == [
        "low",
        "medium",
        "high",
    ]
    assert "enum" not in schema("sqod", "AppointmentResource")["properties"]["features_bandwidth"]


def test_the_override_repeats_the_update_as_a_flat_form() -> None:
    """The form has the fields of the update, nested ones in brackets, as constrained there, and no null.

    Booleans alone differ: a form has text for them.
    """
    update = {name: form.rstrip("?") for name, form in UPDATE.items() if name != "claimant"}
    spelled = {name: "string" if form == "boolean" else form for name, form in update.items()}
    assert fields("sqod", "AppointmentUpdateForm") == {**spelled, **FORM_CLAIMANT}
    form = schema("sqod", "AppointmentUpdateForm")["properties"]
    for name in (name for name, kind in update.items() if kind != "boolean"):
        wanted = {
            key: value for key, value in _constraints("AppointmentUpdate", name).items() if key != "nullable"
        }
        if "enum" in wanted:
            wanted["enum"] = [value for value in wanted["enum"] if value is not None]
        assert _kept(form[name]) == wanted, name


def test_a_boolean_in_a_form_has_four_spellings() -> None:
    """A form says `true` and `false`, or `1` and `0`, which no page spells out."""
    booleans = {name for name, kind in UPDATE.items() if kind.startswith("boolean")}
    form = schema("sqod", "AppointmentUpdateForm")["properties"]
    assert {
        name for name, node in form.items() if resolved("sqod", node).get("title") == "Boolean in a form"
    } == booleans
    assert schema("sqod", "FormBoolean")["enum"] == ["true", "false", "1", "0"]
    assert schema("sqod", "FormBoolean")["x-inferred"] is True


def _constraints(component: str, name: str) -> Node:
    return _kept(schema("sqod", component)["properties"][name])


def _kept(node: Node) -> Node:
    return {
        key: value for key, value in node.items() if key not in {"description", "example"} and key[:2] != "x-"
    }


def test_the_override_is_asked_for_in_the_query() -> None:
    """`_method=PATCH` is required with POST and optional with PATCH."""
    (override,) = operation("sqod", "overridePatchAppointmentById")["parameters"]
    (patch,) = operation("sqod", "patchAppointmentById")["parameters"]
    for parameter, required in ((override, True), (resolved("sqod", patch), False)):
        assert (parameter["name"], parameter["in"], parameter["required"]) == ("_method", "query", required)
        assert parameter["schema"] == {"type": "string", "enum": ["PATCH"]}


def test_the_override_takes_forms_and_names_the_operation_it_stands_for() -> None:
    """Multipart is documented, urlencoded is inferred, and both lead to the update."""
    override = operation("sqod", "overridePatchAppointmentById")
    assert override["x-method-override"] == {"operationId": "patchAppointmentById"}
    content = override["requestBody"]["content"]
    assert {media_type: found.get("x-inferred", False) for media_type, found in content.items()} == {
        "multipart/form-data": False,
        "application/x-www-form-urlencoded": True,
    }
    assert {found["schema"]["$ref"] for found in content.values()} == {
        "#/components/schemas/AppointmentUpdateForm"
    }
    assert override["requestBody"].get("required", False) is False


def test_the_roles_are_inferred() -> None:
    """Each operation is open to agents and administrators, which no page says."""
    for _, _, found in operations("sqod"):
        assert found["x-access"]["roles"] == ["agent", "administrator"]
        assert found["x-access"]["x-inferred"] is True


def test_the_servers_are_those_of_the_pages() -> None:
    """The customer's server comes first and is the root unless told otherwise."""
    first, second = document("sqod")["servers"]
    assert first["url"] == "{customerRef}"
    assert first["variables"]["customerRef"]["default"] == ""
    assert second["url"] == "https://auth.app.sqod.co.uk"


@pytest.mark.parametrize(
    "value",
    [{"claimant": {}}, {"claimant": {"data": None}}, {"status": "postponed"}, {"department": {"id": "1"}}],
)
def test_an_answer_that_breaks_the_page_is_refused(value: Node) -> None:
    """The schema of the answer rejects a claimant without data, unknown statuses and wrong types."""
    assert errors("sqod", schema("sqod", "AppointmentResource"), value)


@pytest.mark.parametrize(
    "value", [{}, {"id": None, "claimant": None, "meeting": None}, {"claimant": {"data": []}}]
)
def test_an_answer_that_the_prose_allows_is_accepted(value: Node) -> None:
    """The schema of the answer accepts missing fields, nulls and an empty array."""
    assert errors("sqod", schema("sqod", "AppointmentResource"), value) == []


def test_examples_that_broke_their_type_are_text_now() -> None:
    """Reference, meeting id and phone number are digits in a string; the e-mail address is one."""
    assert schema("sqod", "AppointmentResource")["properties"]["reference"]["example"] == "123456789"
    assert schema("sqod", "Meeting")["properties"]["id"]["example"] == "1234567890"
    claimant = schema("sqod", "Claimant")["properties"]
    assert claimant["phone_number"]["example"] == "1234567890"
    assert re.fullmatch(r"[\w.]+@example\.com", claimant["email"]["example"])
