"""Reservations' handlers: deleting one, or cancelling it, by call; who may do what."""

from __future__ import annotations

from typing import Any

import pytest
from tests.apis.backends import World

from mockserver.apis.reservations import delete_reservation, describe, update_reservation
from mockserver.errors import (
    ApiError,
    BadRequestError,
    ConflictError,
    ForbiddenError,
    ResourceNotFoundError,
    UnauthorizedError,
    Violation,
)

ALL = ("patient", "other-patient", "doctor", "other-doctor", "admin", "anyone")
NOT_FOUND, FORBIDDEN, BAD = ResourceNotFoundError, ForbiddenError, BadRequestError

# user, reservation: what comes of it, caller by caller; None is a deletion.
_MATRIX: dict[tuple[int, int], dict[str, type[ApiError] | None]] = {
    # Patient 42 with doctor 7, nothing protects it.
    (42, 89): {"patient": None, "doctor": None, "admin": None, "anyone": None}
    | {"other-patient": FORBIDDEN, "other-doctor": FORBIDDEN},
    # The same on a protected time block: the permission is asked for first.
    (42, 90): {"patient": BAD, "doctor": BAD, "admin": BAD, "anyone": BAD}
    | {"other-patient": FORBIDDEN, "other-doctor": FORBIDDEN},
    # Patient 42 with doctor 8.
    (42, 91): {"patient": None, "other-doctor": None, "admin": None, "anyone": None}
    | {"other-patient": FORBIDDEN, "doctor": FORBIDDEN},
    # Patient 43 with doctor 7.
    (43, 92): {"other-patient": None, "doctor": None, "admin": None, "anyone": None}
    | {"patient": FORBIDDEN, "other-doctor": FORBIDDEN},
    # It exists, and is not that user's: a patient who names somebody else learns nothing.
    (42, 92): dict.fromkeys(ALL, NOT_FOUND) | {"other-patient": FORBIDDEN},
    (43, 89): dict.fromkeys(ALL, NOT_FOUND) | {"patient": FORBIDDEN},
    # It does not exist.
    (42, 9999): dict.fromkeys(ALL, NOT_FOUND) | {"other-patient": FORBIDDEN},
    (9999, 89): dict.fromkeys(ALL, NOT_FOUND) | {"patient": FORBIDDEN, "other-patient": FORBIDDEN},
}
CASES = [
    pytest.param(user, reservation, caller, error, id=f"{caller} {user}/{reservation}")
    for (user, reservation), callers in _MATRIX.items()
    for caller, error in callers.items()
]


@pytest.fixture
def world() -> World:
    """Reservations as they start."""
    return World("reservations")


def test_the_matrix_is_complete() -> None:
    """Every caller meets every case."""
    assert all(set(callers) == set(ALL) for callers in _MATRIX.values())


@pytest.mark.parametrize(("user", "reservation", "caller", "error"), CASES)
def test_who_may_delete_what(
    world: World, user: int, reservation: int, caller: str, error: type[ApiError] | None
) -> None:
    """Patients their own, doctors those on their schedule, admins any, nobody a protected one."""
    before = world.records("reservations")

    if error is None:
        response = delete_reservation(world.backend(caller), user_id=user, reservation_id=reservation)
        assert (response.status, response.body) == (204, None)
        del before[str(reservation)]
    else:
        with pytest.raises(error):
            delete_reservation(world.backend(caller), user_id=user, reservation_id=reservation)

    assert world.records("reservations") == before


def test_a_deletion_is_for_good(world: World) -> None:
    """A second one finds nothing, and neither does an update."""
    delete_reservation(world.backend("admin"), user_id=42, reservation_id=89)

    with pytest.raises(ResourceNotFoundError):
        delete_reservation(world.backend("admin"), user_id=42, reservation_id=89)
    with pytest.raises(ResourceNotFoundError):
        update_reservation(world.backend("admin"), reservation_id=89, body={"status": "CANCELLED"})


def test_a_protected_reservation_says_what_holds_it(world: World) -> None:
    """The reason names the reservation and its time block."""
    with pytest.raises(BadRequestError) as refused:
        delete_reservation(world.backend("patient"), user_id=42, reservation_id=90)

    assert "90" in refused.value.detail
    assert "302" in refused.value.detail


def test_a_reservation_without_block_owner_or_doctor_is_no_defect(world: World) -> None:
    """Its schema requires id and status alone, and time blocks have none."""
    world.put("reservations", 89, {"id": 89, "status": "PENDING"})
    world.put("reservations", 91, {"id": 91, "status": "PENDING", "userId": 42, "timeBlockId": 777})
    world.put("time_blocks", 301, {"id": 301})
    world.put("reservations", 94, {"id": 94, "status": "PENDING", "userId": 42, "timeBlockId": 301})

    for caller in ("patient", "doctor", "admin"):
        with pytest.raises(ResourceNotFoundError):
            delete_reservation(world.backend(caller), user_id=42, reservation_id=89)
    with pytest.raises(ForbiddenError):
        update_reservation(world.backend("doctor"), reservation_id=89, body={"status": "CANCELLED"})
    for reservation in (91, 94):
        assert delete_reservation(world.backend(), user_id=42, reservation_id=reservation).status == 204


_UPDATERS = {
    89: {"patient", "doctor", "admin", "anyone"},
    90: {"patient", "doctor", "admin", "anyone"},
    91: {"patient", "other-doctor", "admin", "anyone"},
    93: {"other-patient", "other-doctor", "admin", "anyone"},
    96: {"admin", "anyone"},
}


@pytest.mark.parametrize("caller", ALL)
@pytest.mark.parametrize("reservation", _UPDATERS)
def test_who_may_cancel_and_keep_what(world: World, reservation: int, caller: str) -> None:
    """The rules of the deletion, but a protected time block does not stand in the way."""
    before = world.records("reservations")[str(reservation)]
    body = {"status": "CANCELLED", "userId": 1, "nonsense": True}

    if caller in _UPDATERS[reservation]:
        response = update_reservation(world.backend(caller), reservation_id=reservation, body=body)
        assert (response.status, response.body) == (200, {**before, "status": "CANCELLED"})
        assert world.records("reservations")[str(reservation)] == response.body
    else:
        with pytest.raises(ForbiddenError):
            update_reservation(world.backend(caller), reservation_id=reservation, body=body)
        assert world.records("reservations")[str(reservation)] == before


@pytest.mark.parametrize("caller", ALL)
def test_what_does_not_exist_cannot_be_cancelled(world: World, caller: str) -> None:
    """Whoever asks."""
    with pytest.raises(ResourceNotFoundError):
        update_reservation(world.backend(caller), reservation_id=9999, body={"status": "CANCELLED"})


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (UnauthorizedError("x"), 401, "Unauthorized"),
        (ForbiddenError("x"), 403, "Forbidden"),
        (ResourceNotFoundError("x"), 404, "Reservation not found"),
        (BadRequestError("the reason"), 400, "the reason"),
    ],
)
def test_errors_have_the_bodies_of_the_page(error: ApiError, status: int, text: str) -> None:
    """Fixed texts for 401, 403 and 404, the reason for 400."""
    response: Any = describe(error)

    assert (response.status, response.body) == (status, {"error": text})


def test_a_bad_request_says_everything_that_is_wrong_with_it() -> None:
    """Each violation, with its place."""
    violations = [
        Violation("path", "userId", "no", "type"),
        Violation("path", "reservationId", "neither", "type"),
    ]

    response: Any = describe(BadRequestError("x", violations=violations))

    assert response.body == {"error": "path userId: no; path reservationId: neither"}


def test_an_error_that_the_page_does_not_know_is_left_to_the_document() -> None:
    """There is no text for it."""
    assert describe(ConflictError("x")) is None
