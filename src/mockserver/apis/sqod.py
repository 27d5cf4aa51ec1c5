"""SQOD: cancel and update an appointment (`sqod-cancel-appointment.md`, `sqod-update-appointment.md`)."""

from collections.abc import Mapping
from typing import Any

from mockserver.behaviour.backend import Backend, Handlers, Response
from mockserver.data.store import Record
from mockserver.errors import BadRequestError, ResourceNotFoundError, Violation

COLLECTIONS = {"departments": "uuid", "appointments": "id"}


def cancel_appointment(
    backend: Backend, *, appointment: str, body: Mapping[str, Any]
) -> Response:
    """Cancel an appointment, now, for the reason given; one that is cancelled stays as it is."""
    record = _find(backend, appointment)
    if record["status"] != "cancelled":
        changes = {
            "status": "cancelled",
            "cancelled_at": backend.now(),
            "cancellation_reason": body.get("cancellation_reason"),
        }
        backend.collection("appointments").put(record["id"], {**record, **changes})
    return Response(204)


def update_appointment(
    backend: Backend, *, appointment: str, body: Mapping[str, Any] | None
) -> Response:
    """Change what is sent and nothing else, in nested objects too; with nothing sent it is a read."""
    record = _find(backend, appointment)
    if body:
        changes = dict(body)
        if "department_id" in changes:
            changes["department"] = _department(backend, changes.pop("department_id"))
        if "claimant" in changes:
            changes["claimant"] = _merge_claimant(record.get("claimant") or {}, changes["claimant"])
        record = backend.collection("appointments").put(record["id"], {**record, **changes})
    return Response(200, {"data": record})


def _find(backend: Backend, appointment: str) -> Record:
    # UUIDs are the same in upper and lower case (RFC 9562 section 4).
    record = backend.collection("appointments").get(appointment.lower())
    if record is None:
        raise ResourceNotFoundError(f"There is no appointment {appointment}.")
    return record


def _department(backend: Backend, department_id: str) -> Mapping[str, Any]:
    """The department as an appointment shows it: its `id` is an integer there, as documented."""
    department = backend.collection("departments").get(department_id.lower())
    if department is None:
        detail = f"There is no department {department_id}."
        raise BadRequestError(
            detail, violations=[Violation("body", "/department_id", detail, "exists")]
        )
    return {"id": department["id"], "name": department["name"]}


def _merge_claimant(current: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**current, **sent}
    if "data" in sent:
        merged["data"] = _merge_data(current.get("data") or [], sent["data"])
    return merged


def _merge_data(current: list[Any], sent: list[Any]) -> list[Any]:
    """Give the data fields that are named their new values; the others stay, unknown ones are added."""
    merged = {entry.get("id"): entry for entry in current}
    added = []
    for entry in sent:
        known = merged.get(entry["id"]) if "id" in entry else None
        if known is None:
            added.append(entry)
        else:
            merged[entry["id"]] = {**known, **entry}
    return [*merged.values(), *added]


HANDLERS: Handlers = {
    "postCancelAppointment": cancel_appointment,
    "patchAppointmentById": update_appointment,
}
