"""The sound reference answers what the pages say: access, methods, reservations and citas."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from .calls import (
    ADMIN,
    ASISTENTE,
    DOCTOR,
    EXPIRED,
    FORGED,
    INVENTED,
    MEDICO,
    OTHER_DOCTOR,
    OTHER_PATIENT,
    PATIENT,
    READ,
    READER,
    WAITING,
    cancel,
    cancelar,
    delete,
    form,
    patch,
    put,
    signed,
)
from .client import Call, Client
from .tokens import DEFAULT_KEY

REFUSALS = {400, 404, 415, 422}
FIVE_YEARS_ON = 2_000_000_000


def _data(client: Client, call: Call) -> dict[str, Any]:
    outcome = client.send(call)
    assert outcome.status == 200, outcome
    data: dict[str, Any] = outcome.body["data"]
    return data


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"\xff",
        b"NaN",
        b'{"a": Infinity}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"9" * 5000,
        b"\xef\xbb\xbf{}",
    ],
)
@pytest.mark.parametrize("call", [patch(), cancel(), put()])
def test_malformed_json_is_400(client: Client, call: Call, raw: bytes) -> None:
    """What is not one JSON text in UTF-8 is refused."""
    assert client.send(replace(call, body=raw)).status == 400


@pytest.mark.parametrize(
    "call",
    [READ, cancel({}), form(), delete(), put(), cancelar()],
    ids=["patch", "cancel", "form", "delete", "put", "cita"],
)
@pytest.mark.parametrize(
    "who", [None, "", "Bearer", "Bearer ", "agent-token", "Basic admin-token", INVENTED, EXPIRED, FORGED]
)
def test_credentials_that_are_not_believed_are_401(client: Client, call: Call, who: str | None) -> None:
    """Missing, malformed, unknown, expired and forged tokens alike."""
    outcome = client.send(replace(call, authorization=who))

    assert (outcome.status, outcome.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_signed_tokens_are_believed_until_they_expire(client: Client) -> None:
    """An HS256 token with our key says who calls; its own expiry counts."""
    admin = signed(DEFAULT_KEY, sub="1", role="admin", exp=FIVE_YEARS_ON)

    assert client.send(cancelar(who=admin)).status == 200
    assert client.send(cancelar(who=signed(DEFAULT_KEY, sub="1", role="admin", exp=1))).status == 401


def test_a_read_only_user_may_not_write(client: Client) -> None:
    """The appointments want an agent or an administrator."""
    for call in (patch({"status": "late"}), cancel({}), form(status="late")):
        assert client.send(replace(call, authorization=READER)).status == 403
        assert client.send(replace(call, authorization="Bearer administrator-token")).status in {200, 204}


@pytest.mark.parametrize("who", [PATIENT, ADMIN, DOCTOR])
def test_a_reservation_is_deleted_for_good(client: Client, who: str) -> None:
    """The page's three curls: 204 with nothing, then 404."""
    first, second = client.send(delete(who=who)), client.send(delete(who=who))

    assert (first.status, first.body) == (204, "")
    assert (second.status, second.body) == (404, {"error": "Reservation not found"})


@pytest.mark.parametrize(
    "call", [delete(who=OTHER_PATIENT), delete(who=OTHER_DOCTOR), put(who=OTHER_PATIENT), put(90)]
)
def test_another_ones_reservation_is_forbidden(client: Client, call: Call) -> None:
    """A patient has the own ones, a doctor those of the schedule."""
    outcome = client.send(call)

    assert (outcome.status, outcome.body) == (403, {"error": "Forbidden"})


@pytest.mark.parametrize("call", [delete(77), delete(90, 42), delete(2**70), put(77), put(2**70)])
def test_a_reservation_that_is_not_there_is_404(client: Client, call: Call) -> None:
    """Neither is one of another user than the path says."""
    assert client.send(replace(call, authorization=ADMIN)).status == 404


def test_a_protected_time_block_prevents_the_deletion(client: Client) -> None:
    """Even an admin's; the status can still be set."""
    outcome = client.send(delete(91, who=ADMIN))

    assert (outcome.status, list(outcome.body)) == (400, ["error"])
    assert client.send(put(91)).status == 200


@pytest.mark.parametrize("reservation", ["abc", "1.5", "", "%20", "0x10", "-", "9" * 5000, "%D9%A1"])
def test_an_id_that_is_no_integer_is_refused(client: Client, reservation: str) -> None:
    """It is the client's mistake."""
    assert client.send(delete(reservation)).status in REFUSALS
    assert client.send(put(reservation)).status in REFUSALS


def test_a_status_update_keeps_the_record(client: Client) -> None:
    """The page's curl: the reservation is shown, cancelled, otherwise as it was."""
    outcome = client.send(put())

    assert (outcome.status, outcome.body["status"], outcome.body["reason"]) == (200, "CANCELLED", "Headache")
    assert client.send(delete()).status == 204


@pytest.mark.parametrize(
    "body", [{}, {"status": None}, {"status": ""}, {"status": 1}, {"status": "LOST"}, []]
)
def test_an_unknown_status_is_refused(client: Client, body: object) -> None:
    """The page knows one status."""
    assert client.send(put(body=body)).status == 400


def test_cancelar_answers_the_pages_example(client: Client) -> None:
    """The page's curl, word for word."""
    outcome = client.send(cancelar())

    assert outcome.status == 200
    assert outcome.body == {
        "message": "Cita cancelada",
        "cita": {
            "id": 1,
            "cliente_id": 5,
            "medico_id": None,
            "fecha_solicitada": "2026-03-15T00:00:00.000Z",
            "hora_solicitada": "1970-01-01T14:30:00.000Z",
            "fecha_confirmada": "2026-03-15T00:00:00.000Z",
            "hora_confirmada": "2026-03-05T18:20:00.000Z",
            "sintomas": "Dolor de cabeza constante",
            "estado": "cancelada",
            "created_at": "2026-03-05T10:00:00.000Z",
        },
    }
    assert client.send(cancelar(who=ASISTENTE)) == outcome


def test_any_cita_can_be_cancelled(client: Client) -> None:
    """Whatever its state, doctor or missing confirmation."""
    for cita in (1, 2, 3, 4):
        shown = client.send(cancelar(cita)).body["cita"]
        assert (shown["id"], shown["estado"], shown["medico_id"]) == (cita, "cancelada", None)


def test_cancelar_refuses_in_the_pages_words(client: Client) -> None:
    """401, 403 and 500 have the documented messages."""
    refusals = {cancelar(who=None): 401, cancelar(who=MEDICO): 403, cancelar(77): 500, cancelar("abc"): 500}

    outcomes = {call: client.send(call) for call in refusals}

    assert {call: outcome.status for call, outcome in outcomes.items()} == refusals
    assert [outcome.body["message"] for outcome in outcomes.values()] == [
        "Token no proporcionado",
        "Acceso denegado: requiere rol admin o asistente",
        "Error al cancelar cita",
        "Error al cancelar cita",
    ]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE", "QUERY"])
def test_other_methods_are_405_with_allow(client: Client, method: str) -> None:
    """Each path says what it allows."""
    allowed = {cancel({}): "POST", READ: "PATCH, POST", delete(): "DELETE", put(): "PUT", cancelar(): "PUT"}

    outcomes = {call: client.send(replace(call, method=method)) for call in allowed}

    assert {call: outcome.headers["Allow"] for call, outcome in outcomes.items()} == allowed
    assert {outcome.status for outcome in outcomes.values()} == {405}


def test_reset_restores_the_seed(client: Client) -> None:
    """Whatever was done is forgotten; an unknown fault is refused."""
    before = _data(client, patch(key=WAITING))
    client.send(cancel({}, WAITING))

    client.reset()

    assert _data(client, patch(key=WAITING)) == before
    assert (
        client.send(Call("POST", "/__reset", None, b'{"fault": "none-such"}', "application/json")).status
        == 400
    )
