"""A session's clock, and sessions as a whole."""

from __future__ import annotations

from typing import Any

import pytest
from tests.admin.desks import Desk
from tests.http.calling import Caller
from tests.http.records import APPOINTMENT, CANCEL, STATE

from mockserver.app import build
from mockserver.config import Settings
from mockserver.state.clock import FrozenClock
from mockserver.state.storage import completed

RECORD = STATE.removeprefix("/__admin/")


def _cancelled_at(desk: Desk, session: str | None = None) -> Any:
    Caller(desk.application.asgi, "agent-token", session)("POST", CANCEL, {})
    return desk.call("GET", RECORD, session).json["cancelled_at"]


def test_a_frozen_clock_stands_still_and_handlers_go_by_it(desk: Desk) -> None:
    """In its session; the others go by the machine's."""
    desk.call("PUT", "clock", "mine", {"frozen": True, "at": "2030-05-05T12:00:00Z"})
    desk.clock.advance(60)

    assert _cancelled_at(desk, "mine") == "2030-05-05T12:00:00.000Z"
    assert _cancelled_at(desk) == "2026-03-02T09:31:00.000Z"


def test_a_clock_that_is_set_goes_on(desk: Desk) -> None:
    """From where it was set."""
    desk.call("PUT", "clock", json={"at": "2030-05-05T14:00:00+02:00"})
    desk.clock.advance(60)

    told = desk.call("GET", "clock").json

    assert (told["now"], told["mode"]) == ("2030-05-05T12:01:00.000Z", "shifted")


def test_a_clock_is_advanced_and_released(desk: Desk) -> None:
    """Frozen or not, forth and back."""
    desk.call("PUT", "clock", json={"frozen": True})
    desk.call("POST", "clock/advance", json={"seconds": 90})
    assert desk.call("GET", "clock").json["now"] == "2026-03-02T09:31:30.000Z"
    desk.call("PUT", "clock", json={})
    desk.call("POST", "clock/advance", json={"seconds": -30})
    desk.clock.advance(10)
    assert desk.call("GET", "clock").json["now"] == "2026-03-02T09:31:10.000Z"

    assert desk.call("DELETE", "clock").status == 204

    assert desk.call("GET", "clock").json["mode"] == "machine"
    assert completed(desk.application.sessions.run("default", lambda session: session.conditions)) is None


def test_tokens_expire_by_the_sessions_clock(desk: Desk) -> None:
    """A token for an hour does not outlive it."""
    token = desk.call("POST", "tokens", "mine", {"identity": "agent", "expires": 3600}).json["token"]
    desk.call("POST", "clock/advance", "mine", {"seconds": 3599})
    assert desk.read("mine", token).status == 200

    desk.call("POST", "clock/advance", "mine", {"seconds": 2})

    assert desk.read("mine", token).status == 401
    assert desk.read("other", token).status == 200


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("clock", {"at": "tomorrow"}),
        ("clock", {"at": 5}),
        ("clock", {"frozen": "yes"}),
        ("clock/advance", {"seconds": 10**12}),
        ("clock/advance", {"seconds": "1"}),
        ("clock/advance", {}),
    ],
)
def test_a_time_that_is_none_is_refused(desk: Desk, target: str, body: Any) -> None:
    """And the clock stays as it is."""
    assert desk.call("POST" if "advance" in target else "PUT", target, json=body).status == 400
    assert desk.call("GET", "clock").json["mode"] == "machine"


def test_a_clock_goes_only_so_far(desk: Desk) -> None:
    """As far as moments can be written."""
    desk.call("PUT", "clock", json={"at": "9999-12-31T23:59:59Z", "frozen": True})

    assert desk.call("POST", "clock/advance", json={"seconds": 3600}).status == 400


def test_a_session_is_created_cloned_and_dropped(desk: Desk) -> None:
    """A clone has all that goes on in the other, and goes its own way from there."""
    desk.update("one", duration_in_minutes=5)
    desk.call("POST", "faults", "one", {"kind": "status", "api": "citas"})

    made = desk.call("POST", "sessions", json={"name": "two", "source": "one"})

    assert (made.status, made.json["faults"], made.json["changes"]) == (201, 1, 1)
    assert desk.cancel_cita("two").status == 503
    assert desk.call("GET", RECORD, "two").json["duration_in_minutes"] == 5
    desk.update("two", duration_in_minutes=6)
    assert desk.call("GET", RECORD, "one").json["duration_in_minutes"] == 5
    assert desk.call("DELETE", "sessions/two").status == 200
    assert desk.call("DELETE", "sessions/two").status == 404
    assert desk.call("GET", RECORD, "two").json["duration_in_minutes"] == 60


def test_sessions_are_listed(desk: Desk) -> None:
    """The default one always, the latest used first."""
    desk.update("one", duration_in_minutes=5)
    desk.clock.advance(1)
    name = desk.call("POST", "sessions").json["name"]

    listed = desk.call("GET", "sessions").json["sessions"]

    assert [entry["name"] for entry in listed] == [name, "one", "default"]
    assert desk.call("GET", "sessions/one").json == listed[1]
    assert desk.call("GET", "sessions/unknown").json["changes"] == 0


def test_a_session_is_created_once(desk: Desk) -> None:
    """And under a name that it can have."""
    assert desk.call("POST", "sessions", json={"name": "one"}).status == 201
    assert desk.call("POST", "sessions", json={"name": "one"}).status == 409
    assert desk.call("POST", "sessions", json={"name": "a b"}).status == 400


def test_idle_sessions_expire_when_asked(desk: Desk) -> None:
    """Those nobody changed for so long, the default one never."""
    desk.update(duration_in_minutes=5)
    desk.update("old", duration_in_minutes=5)
    desk.clock.advance(100)
    desk.update("new", duration_in_minutes=5)

    assert desk.call("DELETE", "sessions?idle=100").json["dropped"] == 1

    assert [entry["name"] for entry in desk.call("GET", "sessions").json["sessions"]] == ["default", "new"]
    assert desk.call("DELETE", "sessions").status == 400


def test_what_goes_on_survives_a_reload(desk: Desk) -> None:
    """Faults, clock and scenarios are taken over with the records."""
    desk.update("one", duration_in_minutes=5)
    desk.call("POST", "faults", "one", {"kind": "status", "api": "citas"})
    storage = desk.application.sessions.storage
    new = build(Settings(), FrozenClock(desk.clock.now()), storage=storage)

    assert completed(new.sessions.rebase(lambda _, __: True)) == (0, 0)

    assert Caller(new.asgi, "asistente-token", "one")("PUT", "/api/citas/1/cancelar").status == 503
    assert (
        Caller(new.asgi, "agent-token", "one")("PATCH", APPOINTMENT).json["data"]["duration_in_minutes"] == 5
    )
