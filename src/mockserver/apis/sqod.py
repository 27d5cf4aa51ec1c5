"""SQOD: cancel and update an appointment (`sqod-cancel-appointment.md`, `sqod-update-appointment.md`)."""

from collections.abc import Mapping
from typing import Any

from mockserver.behaviour.backend import Backend, Collection, Handlers, Response
from mockserver.errors import BadRequestError, ResourceNotFoundError, Violation
from mockserver.state.baseline import Record

TITLE = "SQOD API"
COLLECTIONS = {"departments": "uuid", "appointments": "id"}
PRESUMES = {"postCancelAppointment": {"x-access"}, "patchAppointmentById": {"x-access"}}
"""`x-access` says who may call; in a document without it, the operation may be a different one."""

CLAIMANT_FIELDS = frozenset({"name", "email", "phone_number", "date_of_birth"})
DATA_FIELDS = frozenset({"id", "value"})
UPDATABLE_FIELDS = frozenset(
    {
        "appointment_at",
        "duration_in_minutes",
        "is_interpreter_needed",
        "interpreter_language",
        "status",
        "features_call_recording_enable",
        "features_breakout_room_enable",
        "features_webcam_access_agent_enable",
        "features_webcam_access_claimant_enable",
        "features_webcam_background_blurring_enable",
        "features_microphone_access_enable",
        "features_screen_sharing_enable",
        "features_messages_chat_enable",
        "features_participant_list_enable",
        "features_bandwidth",
        "use_custom_post_call_redirect",
        "custom_user_post_call_redirect_url",
        "custom_agent_post_call_redirect_url",
    }
)
"""Fields that an update may change; other sent fields, such as `id`, are ignored."""


def cancel_appointment(backend: Backend, *, appointment: str, body: Mapping[str, Any]) -> Response:
    """Cancel an appointment now, with the given reason; a cancelled one stays unchanged."""
    appointments = backend.collection("appointments")
    record = _find(appointments, appointment)
    if record.get("status") != "cancelled":
        changes = {
            "status": "cancelled",
            "cancelled_at": backend.now(),
            "cancellation_reason": body.get("cancellation_reason"),
        }
        appointments.put(record["id"], {**record, **changes})
    else:
        backend.decide("cancellation_reason")
    return Response(204)


def update_appointment(backend: Backend, *, appointment: str, body: Mapping[str, Any] | None) -> Response:
    """Change only the fields that were sent, also in nested objects; without a body, just return it."""
    appointments = backend.collection("appointments")
    record = _find(appointments, appointment)
    if body:
        changes = dict(_only(UPDATABLE_FIELDS, body))
        if "department_id" in body:
            changes["department"] = _department(backend, body["department_id"])
        if "claimant" in body:
            changes["claimant"] = _merge_claimant(record.get("claimant") or {}, body["claimant"])
        record = appointments.put(record["id"], {**record, **changes})
    return Response(200, {"data": record})


def _find(appointments: Collection, appointment: str) -> Record:
    # UUIDs are the same in upper and lower case (RFC 9562 section 4).
    record = appointments.get(appointment.lower())
    if record is None:
        raise ResourceNotFoundError(f"There is no appointment {appointment}.")
    return record


def _department(backend: Backend, department_id: str) -> Mapping[str, Any]:
    """The department in the appointment's format: its `id` is an integer there, as documented."""
    department = backend.collection("departments").get(department_id.lower())
    if department is None:
        detail = f"There is no department {department_id}."
        raise BadRequestError(detail, violations=[Violation("body", "/department_id", detail, "exists")])
    return {"id": department.get("id"), "name": department.get("name")}


def _only(names: frozenset[str], sent: Mapping[str, Any]) -> Mapping[str, Any]:
    if names.issuperset(sent):
        return sent
    return {name: value for name, value in sent.items() if name in names}


def _merge_claimant(current: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    # Arrays are never missing, only empty: the page's convention for responses.
    data = current.get("data") or []
    if sent.get("data"):
        data = _merge_data(data, sent["data"])
    return {**current, **_only(CLAIMANT_FIELDS, sent), "data": data}


def _merge_data(current: list[Any], sent: list[Any]) -> list[Any]:
    """Update the named data fields, keep the others, and add unknown ones."""
    merged = list(current)
    for given in sent:
        entry = _only(DATA_FIELDS, given)
        place = _place_of(merged, entry["id"]) if entry.get("id") else None
        if place is None:
            merged.append(entry)
        else:
            merged[place] = {**merged[place], **entry, "id": merged[place]["id"]}
    return merged


def _place_of(data: list[Any], data_id: str) -> int | None:
    """The index of the data field with this id, a UUID: case does not matter."""
    for place, entry in enumerate(data):
        if entry.get("id") == data_id:
            return place
    key = data_id.lower()
    return next((place for place, entry in enumerate(data) if str(entry.get("id")).lower() == key), None)


HANDLERS: Handlers = {
    "postCancelAppointment": cancel_appointment,
    "patchAppointmentById": update_appointment,
}
