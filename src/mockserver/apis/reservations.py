"""Reservations: delete one, or cancel it and keep the record (`reservations-delete.txt`)."""

from collections.abc import Mapping
from typing import Any

from mockserver.behaviour.backend import Backend, Handlers, Response
from mockserver.errors import ApiError, BadRequestError, ForbiddenError, ResourceNotFoundError
from mockserver.state.baseline import Record

TITLE = "Reservations API"
COLLECTIONS = {"users": "id", "time_blocks": "id", "reservations": "id"}


def delete_reservation(backend: Backend, *, user_id: int, reservation_id: int) -> Response:
    """Delete a user's reservation permanently.

    A patient who names another user is refused before any look-up, so that the answer does not reveal which
    reservations exist.
    """
    if not _may_act_for(backend, user_id):
        raise ForbiddenError("Patients delete their own reservations only.")
    record = backend.collection("reservations").get(reservation_id)
    if record is None or record.get("userId") != user_id:
        raise ResourceNotFoundError(f"User {user_id} has no reservation {reservation_id}.")
    _require_permission(backend, record)
    block = backend.collection("time_blocks").get(record.get("timeBlockId"))
    if block is not None and block.get("protected"):
        raise BadRequestError(
            f"Reservation {reservation_id} cannot be deleted: time block {block['id']} is protected."
        )
    backend.collection("reservations").delete(reservation_id)
    return Response(204)


def update_reservation(backend: Backend, *, reservation_id: int, body: Mapping[str, Any]) -> Response:
    """Set a reservation's status; a cancelled reservation is kept."""
    record = backend.collection("reservations").get(reservation_id)
    if record is None:
        raise ResourceNotFoundError(f"There is no reservation {reservation_id}.")
    _require_permission(backend, record)
    changed = {**record, "status": body["status"]}
    return Response(200, backend.collection("reservations").put(reservation_id, changed))


def _may_act_for(backend: Backend, user_id: int) -> bool:
    caller = backend.identity
    beyond_own = caller.unrestricted or not caller.roles.isdisjoint({"admin", "doctor"})
    return beyond_own or caller.subject == str(user_id)


def _require_permission(backend: Backend, record: Record) -> None:
    caller = backend.identity
    allowed = (
        caller.unrestricted
        or "admin" in caller.roles
        or ("doctor" in caller.roles and caller.subject == str(record.get("doctorId")))
        or ("patient" in caller.roles and caller.subject == str(record.get("userId")))
    )
    if not allowed:
        raise ForbiddenError(f"{caller.name} may not change reservation {record['id']}.")


_DOCUMENTED = {401: "Unauthorized", 403: "Forbidden", 404: "Reservation not found"}


def describe(error: ApiError) -> Response | None:
    """The page's error bodies: a fixed text for 401, 403 and 404, the reason for 400."""
    if error.status == BadRequestError.status:
        reasons = "; ".join(map(str, error.violations))
        return Response(400, {"error": reasons or error.detail})
    text = _DOCUMENTED.get(error.status)
    return None if text is None else Response(error.status, {"error": text})


HANDLERS: Handlers = {
    "deleteReservation": delete_reservation,
    "updateReservation": update_reservation,
}
