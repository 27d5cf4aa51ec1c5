"""Scenarios: what the bundled ones promise, and that they stay in their session."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.admin.desks import Desk


def _start(desk: Desk, api: str, name: str, session: str | None = None) -> None:
    assert desk.call("POST", f"scenarios/{api}/{name}", session).status == 200


def _scenario(desk: Desk, name: str, session: str | None = None) -> dict[str, Any]:
    scenarios = desk.call("GET", "scenarios", session).json["scenarios"]
    return next(entry for entry in scenarios if entry["name"] == name)


def test_every_bundled_api_has_scenarios_that_say_what_they_do(desk: Desk) -> None:
    """People choose by the description."""
    scenarios = desk.call("GET", "scenarios").json["scenarios"]

    assert {entry["api"] for entry in scenarios} == {"sqod", "reservations", "citas"}
    assert all(len(entry["description"]) > 20 for entry in scenarios)
    assert not any(entry["on"] for entry in scenarios)


def test_the_cita_service_is_down_as_documented(desk: Desk) -> None:
    """The documented 500, and nothing is cancelled; off means off."""
    _start(desk, "citas", "service-down")

    assert (desk.cancel_cita().status, desk.cancel_cita().json) == (
        500,
        {"message": "Error al cancelar cita"},
    )
    assert desk.call("GET", "state/citas/citas/1").json["estado"] == "confirmada"

    assert desk.call("DELETE", "scenarios/citas").status == 204
    assert desk.cancel_cita().status == 200


def test_a_service_recovers_after_so_many_calls(desk: Desk) -> None:
    """A forced answer with a count is used up, in each run anew."""
    for _ in range(2):
        _start(desk, "citas", "service-recovers")
        assert [desk.cancel_cita().status for _ in range(3)] == [500, 500, 200]


def test_a_token_expires_in_the_middle(desk: Desk) -> None:
    """Two calls are answered, the third is refused in the API's own words, before anything is validated."""
    _start(desk, "sqod", "token-expires")

    assert [desk.read().status for _ in range(4)] == [200, 200, 401, 401]
    assert desk.update(duration_in_minutes="not a number").status == 401
    _start(desk, "citas", "token-expires")
    refused = [desk.cancel_cita() for _ in range(3)][-1]
    assert (refused.status, refused.json) == (401, {"message": "Token no proporcionado"})


def test_what_is_refused_counts_for_nothing(desk: Desk) -> None:
    """Calls are counted that pass every check."""
    _start(desk, "sqod", "being-seen")
    for _ in range(5):
        assert desk.read(token=None).status == 401

    assert desk.read().json["data"]["status"] == "waiting"


def test_the_third_read_says_being_seen(desk: Desk) -> None:
    """The appointment progresses with the calls, and its moments are the session's."""
    _start(desk, "sqod", "being-seen")

    reads = [desk.read().json["data"] for _ in range(5)]

    assert [entry["status"] for entry in reads] == [
        "waiting",
        "waiting",
        "being_seen",
        "being_seen",
        "complete",
    ]
    assert reads[2]["session_started_at"] == "2026-03-02T09:30:00.000Z"
    assert _scenario(desk, "being-seen")["steps_taken"] == 2


def test_time_moves_a_scenario_on(desk: Desk) -> None:
    """The mock's clock decides, and the records that are shown are up to date without a call."""
    _start(desk, "sqod", "running-late")
    states = []
    for seconds in (599, 1, 1199, 1):
        desk.clock.advance(seconds)
        states.append(
            desk.call("GET", "state/sqod/appointments/9a0f170e-0aa0-47db-ab14-4ddcdcbad061").json["status"]
        )

    assert states == ["scheduled", "late", "late", "no_show"]


def test_moving_the_sessions_clock_is_enough(desk: Desk) -> None:
    """Nobody has to wait."""
    _start(desk, "sqod", "running-late", "mine")

    desk.call("POST", "clock/advance", "mine", {"seconds": 600})

    assert desk.read("mine").json["data"]["status"] == "late"
    assert desk.read().json["data"]["status"] == "scheduled"


def test_a_protected_time_block_stops_a_deletion(desk: Desk) -> None:
    """The reservation stays, and the reason is told."""
    _start(desk, "reservations", "protected-time-block", "mine")

    refused = desk.delete_reservation("mine")

    assert (refused.status, "protected" in refused.json["error"]) == (400, True)
    assert desk.delete_reservation("other").status == 204


def test_switching_off_puts_back_what_was_there(desk: Desk) -> None:
    """What the session had changed before is there again; what it changes elsewhere stays."""
    desk.update(duration_in_minutes=5)
    before = desk.read().json
    _start(desk, "sqod", "being-seen")
    for _ in range(5):
        desk.read()
    desk.call("PUT", "state/citas/medicos/77", json={"id": 77})

    desk.call("DELETE", "scenarios/sqod")

    assert desk.read().json == before
    assert desk.call("GET", "state/citas/medicos/77").status == 200


def test_a_scenario_is_laid_over_the_one_before(desk: Desk) -> None:
    """Several are on; what the latest says holds."""
    _start(desk, "citas", "already-cancelled")
    _start(desk, "citas", "cita-gone")

    on = [entry["name"] for entry in desk.call("GET", "scenarios").json["scenarios"] if entry["on"]]

    assert on == ["already-cancelled", "cita-gone"]
    assert desk.cancel_cita().status == 500


def test_reset_ends_a_scenario(desk: Desk) -> None:
    """A session that was reset is as new."""
    _start(desk, "citas", "service-down")

    desk.call("POST", "reset")

    assert desk.cancel_cita().status == 200
    assert not _scenario(desk, "service-down")["on"]


def test_an_unknown_scenario_is_told_which_there_are(desk: Desk) -> None:
    """Of this API."""
    answer = desk.call("POST", "scenarios/citas/nothing")

    assert (answer.status, "service-down" in answer.json["detail"]) == (404, True)
    assert desk.call("POST", "scenarios/nothing/x").status == 404
    assert desk.call("DELETE", "scenarios/citas").status == 404


def test_a_forced_answer_is_given_whatever_is_asked(desk: Desk) -> None:
    """Documented example, body of one's own, or the API's words; so often, and in this session."""
    force = {"api": "citas", "operation": "cancelarCita"}
    assert desk.call("POST", "answers", "mine", {**force, "status": 500, "count": 1}).status == 201

    assert [desk.cancel_cita("mine").status, desk.cancel_cita("mine").status] == [500, 200]
    assert desk.cancel_cita("other").status == 200
    desk.call("POST", "answers", "mine", {**force, "status": 403, "body": {"message": "No"}})
    assert (desk.cancel_cita("mine").status, desk.cancel_cita("mine").json) == (403, {"message": "No"})
    (first, second) = desk.call("GET", "answers", "mine").json["answers"]
    assert (first["given"], second["given"]) == (2, 1)
    assert desk.call("DELETE", f"answers/{first['id']}", "mine").status == 204
    assert desk.cancel_cita("mine").status == 200


def test_a_forced_answer_has_to_be_documented(desk: Desk) -> None:
    """Anything else is what faults are for; the refusal points to what is wrong."""
    force = {"api": "citas", "operation": "cancelarCita"}
    wrong = [
        ({**force, "status": 503}, "#/status"),
        ({**force, "status": 200, "body": {"message": 5}}, "#/body"),
        ({**force, "status": 500, "example": "nothing"}, "#/example"),
        ({**force, "status": 500, "media_type": "text/csv"}, "#/media_type"),
        ({**force, "operation": "nothing", "status": 500}, "#"),
        ({**force, "api": "nothing", "status": 500}, "#/api"),
    ]
    for body, pointer in wrong:
        answer = desk.call("POST", "answers", json=body)
        assert (answer.status, answer.pointers[0].startswith(pointer)) == (400, True), body
    assert desk.call("GET", "answers").json["answers"] == []


def test_the_journal_says_what_was_forced(desk: Desk) -> None:
    """So that nobody wonders."""
    _start(desk, "citas", "service-down")
    desk.cancel_cita()
    desk.call("POST", "reset")
    desk.cancel_cita()

    ordinary, forced = desk.call("GET", "requests?view=brief").json["requests"]

    assert (forced["forced"], ordinary["forced"]) == (True, False)
    assert timedelta(milliseconds=forced["milliseconds"]) < timedelta(seconds=5)
