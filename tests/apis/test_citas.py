"""Citas' handler: cancelling a cita, by call."""

from __future__ import annotations

import pytest
from tests.apis.backends import World

from mockserver.apis.citas import cancel_cita, describe
from mockserver.errors import (
    BadRequestError,
    ConflictError,
    ForbiddenError,
    OperationFailedError,
    UnauthorizedError,
    Violation,
)


@pytest.fixture
def world() -> World:
    """Citas as it starts."""
    return World("citas")


def test_cancelling_changes_state_and_doctor_and_nothing_else(world: World) -> None:
    """The answer has the page's message and the whole cita; the confirmed date and time are there."""
    before = world.records("citas")["1"]

    response = cancel_cita(world.backend("asistente"), id=1)

    cita = {**before, "estado": "cancelada", "medico_id": None}
    assert (before["medico_id"], before["fecha_confirmada"]) == (3, "2026-03-15T00:00:00.000Z")
    assert (response.status, response.body) == (200, {"message": "Cita cancelada", "cita": cita})
    assert world.records("citas")["1"] == cita


@pytest.mark.parametrize("estado", ["pendiente", "confirmada", "completada", "cancelada"])
def test_a_cita_can_be_cancelled_from_every_state(world: World, estado: str) -> None:
    """What is written of the confirmed date and time stays, in each of them."""
    found = [cita for cita in world.records("citas").values() if cita["estado"] == estado]
    assert len(found) >= 5

    for before in found:
        cita = cancel_cita(world.backend(), id=before["id"]).body["cita"]
        assert cita == {**before, "estado": "cancelada", "medico_id": None}


def test_cancelling_twice_answers_the_same(world: World) -> None:
    """A cancelled one can be cancelled like any other."""
    assert cancel_cita(world.backend(), id=7) == cancel_cita(world.backend(), id=7)


def test_cancelling_reaches_no_other_cita(world: World) -> None:
    """Every other record is what it was, in its place."""
    before = world.records("citas")

    cancel_cita(world.backend(), id=4)

    after = world.records("citas")
    assert list(after) == list(before)
    assert [key for key in after if after[key] != before[key]] == ["4"]


def test_a_whole_number_may_be_written_with_a_fraction(world: World) -> None:
    """An id is a number: 1.0 is 1."""
    assert cancel_cita(world.backend(), id=1.0).body["cita"]["id"] == 1


@pytest.mark.parametrize("unknown", [999, 0, -1, 1.5, 10**30, 1e308])
def test_an_unknown_cita_is_the_documented_failure(world: World, unknown: float) -> None:
    """The page knows no 404."""
    with pytest.raises(OperationFailedError):
        cancel_cita(world.backend(), id=unknown)


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (UnauthorizedError("x"), 401, "Token no proporcionado"),
        (ForbiddenError("x"), 403, "Acceso denegado: requiere rol admin o asistente"),
        (OperationFailedError("x"), 500, "Error al cancelar cita"),
        (
            BadRequestError("x", violations=[Violation("path", "id", "x", "type")]),
            500,
            "Error al cancelar cita",
        ),
    ],
)
def test_errors_have_the_messages_of_the_page(error: ForbiddenError, status: int, message: str) -> None:
    """Word for word; an id that is none is a failure to cancel."""
    response = describe(error)

    assert response is not None
    assert (response.status, response.body) == (status, {"message": message})


def test_an_error_that_the_page_does_not_know_is_left_to_the_document() -> None:
    """There is no message for it, nor for a bad request that is not about the id."""
    assert describe(ConflictError("x")) is None
    assert describe(BadRequestError("x", violations=[Violation("header", "Prefer", "x", "code")])) is None
