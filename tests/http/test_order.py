"""The order of refusals: 404, 405, 401, 403, 415, 400, and only then the operation."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from tests.http.calling import Answer, Caller
from tests.http.records import APPOINTMENT, CANCEL, CITA, OVERRIDE, PAGE, RESERVATION, UNKNOWN, UPDATE

_STATUSES = {"path": 404, "method": 405, "token": 401, "role": 403, "media type": 415, "request": 400}
_FAULTS = [*_STATUSES, "record"]


def _combinations(*left_out: str) -> list[Any]:
    """Every set of things that are wrong at once."""
    faults = [fault for fault in _FAULTS if fault not in left_out]
    return [
        pytest.param(frozenset(chosen), id=" + ".join(chosen) or "nothing")
        for size in range(len(faults) + 1)
        for chosen in itertools.combinations(faults, size)
    ]


def _expected(wrong: frozenset[str], otherwise: int, missing: int = 404) -> int:
    first = next((_STATUSES[fault] for fault in _STATUSES if fault in wrong), None)
    return first or (missing if "record" in wrong else otherwise)


def _authorization(wrong: frozenset[str], right: str, little: str) -> dict[str, str]:
    if "token" in wrong:
        return {}
    return {"authorization": f"Bearer {little if 'role' in wrong else right}"}


def _hold_to_status(answer: Answer) -> None:
    if answer.status == 401:
        assert (answer.header("www-authenticate") or "").startswith("Bearer")
    else:
        assert answer.header("www-authenticate") is None
    assert (answer.header("allow") is not None) is (answer.status == 405)


@pytest.mark.parametrize("wrong", _combinations())
def test_an_update_is_refused_for_the_first_thing_that_is_wrong(call: Caller, wrong: frozenset[str]) -> None:
    """Whatever else is wrong with it."""
    target = APPOINTMENT.replace(PAGE, UNKNOWN) if "record" in wrong else APPOINTMENT
    answer = call(
        "DELETE" if "method" in wrong else "PATCH",
        target + ("/nowhere" if "path" in wrong else "") + "?_method=PATCH",
        content=b'{"duration_in_minutes": "x"}' if "request" in wrong else b'{"duration_in_minutes": 5}',
        media_type="text/plain" if "media type" in wrong else "application/json",
        headers=_authorization(wrong, "agent-token", "read-only-token"),
    )

    assert answer.status == _expected(wrong, 200)
    _hold_to_status(answer)


@pytest.mark.parametrize("wrong", _combinations())
def test_an_override_is_refused_for_the_first_thing_that_is_wrong(
    call: Caller, wrong: frozenset[str]
) -> None:
    """Here the request is wrong in its query: a parameter comes after the media type too."""
    target = APPOINTMENT.replace(PAGE, UNKNOWN) if "record" in wrong else APPOINTMENT
    answer = call(
        "PUT" if "method" in wrong else "POST",
        target + ("/nowhere" if "path" in wrong else "") + ("" if "request" in wrong else "?_method=PATCH"),
        content=b"duration_in_minutes=5",
        media_type="application/json" if "media type" in wrong else "application/x-www-form-urlencoded",
        headers=_authorization(wrong, "agent-token", "read-only-token"),
    )

    assert answer.status == _expected(wrong, 200)
    _hold_to_status(answer)


@pytest.mark.parametrize("wrong", _combinations("role"))
def test_a_status_update_is_refused_for_the_first_thing_that_is_wrong(
    call: Caller, wrong: frozenset[str]
) -> None:
    """Whose reservation it is can only be asked when everything else is right."""
    answer = call(
        "POST" if "method" in wrong else "PUT",
        ("/api/reservations/9999" if "record" in wrong else UPDATE) + ("/x" if "path" in wrong else ""),
        content=b'{"status": "DELETED"}' if "request" in wrong else b'{"status": "CANCELLED"}',
        media_type="application/xml" if "media type" in wrong else "application/json",
        headers=_authorization(wrong, "other-patient-token", ""),
    )

    assert answer.status == _expected(wrong, 403)
    _hold_to_status(answer)


@pytest.mark.parametrize("wrong", _combinations("media type"))
def test_a_cita_is_refused_for_the_first_thing_that_is_wrong(call: Caller, wrong: frozenset[str]) -> None:
    """An id that is no number, and one that nobody has, are the page's 500."""
    identifier = "uno" if "request" in wrong else "999" if "record" in wrong else "1"
    answer = call(
        "DELETE" if "method" in wrong else "PUT",
        f"/api/citas/{identifier}/{'nada' if 'path' in wrong else 'cancelar'}",
        headers=_authorization(wrong, "asistente-token", "medico-token"),
    )

    expected = _expected(wrong, 200, missing=500)
    assert answer.status == (500 if expected == 400 else expected)
    _hold_to_status(answer)


@pytest.mark.parametrize(
    ("target", "allow"),
    [
        (APPOINTMENT, {"PATCH", "POST", "OPTIONS"}),
        (CANCEL, {"POST", "OPTIONS"}),
        (RESERVATION, {"DELETE", "OPTIONS"}),
        (UPDATE, {"PUT", "OPTIONS"}),
        (CITA, {"PUT", "OPTIONS"}),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "TRACE", "PURGE"])
def test_a_path_says_which_methods_it_takes(call: Caller, target: str, allow: set[str], method: str) -> None:
    """As RFC 9110 section 15.5.6 demands of a 405."""
    answer = call(method, target)

    assert answer.status == 405
    assert set((answer.header("allow") or "").split(", ")) == allow


@pytest.mark.parametrize(
    "target",
    [
        *("/nowhere", "/api", APPOINTMENT + "/", APPOINTMENT.upper(), "/" + APPOINTMENT, CITA + "/x"),
        *("/api/v1/appointments/", "/api/v1/appointments//cancel", "/api/users//reservations/89", "//"),
        *("/api/v1/appointments/" + PAGE + "%2Fcancel/cancel/x", "/%2e%2e/api/citas/1/cancelar", "*"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_a_path_that_no_document_has_is_not_found(call: Caller, target: str, method: str) -> None:
    """It is a problem, whoever asks, and however."""
    answer = call.as_("admin-token")(method, target)

    assert (answer.status, answer.header("content-type")) == (404, "application/problem+json")


@pytest.mark.parametrize("bad", ["89.0", "089", "8 9", "x", "1e2", "%00", "89%2F90", "٣", "0x59", "+89"])
def test_a_reservation_that_is_no_integer_is_a_bad_request(call: Caller, bad: str) -> None:
    """It is not an unknown path: 400, and the reason names the parameter."""
    quoted = (
        "".join(f"%{byte:02X}" for byte in bad.encode()) if not bad.isascii() else bad.replace(" ", "%20")
    )

    answer = call.as_("admin-token")("DELETE", f"/api/users/42/reservations/{quoted}")

    assert answer.status == 400
    assert answer.json["error"].startswith("path reservationId: ")


@pytest.mark.parametrize(
    "bad", ["1", "x" + PAGE, PAGE + "%2Fx", PAGE.replace("-", ""), "%FF", "%7B" + PAGE + "%7D"]
)
def test_an_appointment_that_is_no_uuid_is_a_bad_request(call: Caller, bad: str) -> None:
    """A slash that is percent-encoded belongs to the value, and ends no segment."""
    answer = call.as_("agent-token")("PATCH", f"/api/v1/appointments/{bad}", {})

    assert (answer.status, answer.pointers) == (400, ["appointment"])


@pytest.mark.parametrize("bad", ["uno", "NaN", "Infinity", "1e999", "1,5", "%31%2F", "true", "9" * 500])
def test_a_cita_that_is_no_number_is_the_documented_failure(call: Caller, bad: str) -> None:
    """The page knows one failure of the operation."""
    answer = call.as_("admin-token")("PUT", f"/api/citas/{bad}/cancelar")

    assert (answer.status, answer.json) == (500, {"message": "Error al cancelar cita"})


@pytest.mark.parametrize("same", ["1", "1.0", "1e0", "%31"])
def test_a_cita_is_found_however_its_number_is_written(call: Caller, same: str) -> None:
    """An id is a number there, and percent-encoding is only a way to write it."""
    answer = call.as_("admin-token")("PUT", f"/api/citas/{same}/cancelar")

    assert answer.json["cita"]["id"] == 1


def test_percent_encoding_of_a_fixed_segment_means_the_same(call: Caller) -> None:
    """RFC 3986 section 6.2.2.2."""
    assert call.as_("agent-token")("PATCH", APPOINTMENT.replace("p", "%70"), {}).status == 200


def test_everything_right_is_answered(call: Caller) -> None:
    """The fixtures of this module are not wrong in themselves."""
    assert call.as_("agent-token")("POST", OVERRIDE).status == 200
    assert call.as_("agent-token")("POST", CANCEL, {}).status == 204
    assert call.as_("patient-token")("PUT", UPDATE, {"status": "CANCELLED"}).status == 200
    assert call.as_("patient-token")("DELETE", RESERVATION).status == 204
    assert call.as_("admin-token")("PUT", CITA).status == 200
