"""What was cleared, reset or dropped can be put back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.admin.desks import Desk
from tests.http.calling import run
from tests.http.records import PAGE
from tests.state.json_storage import JsonStorage

from mockserver.app import build
from mockserver.config import Settings
from mockserver.state.clock import FrozenClock
from mockserver.state.storage import SessionStorage
from mockserver.state.storages.redis_storage import RedisStorage
from mockserver.state.storages.selection import is_shared
from mockserver.state.storages.sqlite_storage import SqliteStorage

RECORD = f"state/sqod/appointments/{PAGE}"


def _undo(desk: Desk, removal: str | None) -> Any:
    answer = desk.call("POST", f"removals/{removal}/undo")
    assert answer.status == 200, answer.body
    return answer.json


def _minutes(desk: Desk, session: str) -> Any:
    return desk.call("GET", RECORD, session).json["duration_in_minutes"]


def test_a_reset_is_undone_with_all_that_went_on(desk: Desk) -> None:
    """Records, undo steps and faults are there again; the undo can be undone, too."""
    desk.call("PUT", "snapshots/one", "mine")
    desk.update("mine", duration_in_minutes=7)
    desk.call("POST", "faults", "mine", {"kind": "status", "api": "citas"})

    removal = desk.call("POST", "reset", "mine").json["removal"]
    assert (_minutes(desk, "mine"), desk.cancel_cita("mine").status) == (60, 200)
    assert desk.call("GET", "snapshots", "mine").json["snapshots"] == ["one"]
    desk.update("mine", duration_in_minutes=9)
    undone = _undo(desk, removal)

    assert undone["what"] == "Session mine reset"
    assert (_minutes(desk, "mine"), desk.cancel_cita("mine").status) == (7, 503)
    assert desk.call("GET", "snapshots", "mine").json["undoable"] == 1
    _undo(desk, undone["removal"])
    assert _minutes(desk, "mine") == 9


def test_a_removal_is_undone_once(desk: Desk) -> None:
    """The second time says why not."""
    desk.update("mine", duration_in_minutes=7)
    removal = desk.call("DELETE", "sessions/mine").json["removal"]
    _undo(desk, removal)

    again = desk.call("POST", f"removals/{removal}/undo")

    assert again.status == 404
    assert "undone already" in again.json["detail"]
    assert _minutes(desk, "mine") == 7


def test_dropped_idle_sessions_come_back(desk: Desk) -> None:
    """All of them, with their records; no request is told that they were dropped."""
    desk.update("one", duration_in_minutes=1)
    desk.update("two", duration_in_minutes=2)
    desk.clock.advance(100)

    told = desk.call("DELETE", "sessions?idle=60").json
    assert (told["dropped"], _minutes(desk, "one")) == (2, 60)
    assert desk.call("GET", "removals").json["removals"][0]["what"] == "Session one, two dropped"
    _undo(desk, told["removal"])

    assert (_minutes(desk, "one"), _minutes(desk, "two")) == (1, 2)
    assert desk.call("GET", "sessions", "one").header("x-mock-session-dropped") is None


def test_only_the_requests_that_were_asked_for_are_cleared_and_come_back_in_their_places(desk: Desk) -> None:
    """By session, status, text and number, like a search; the numbers stay theirs."""
    desk.cancel_cita()
    desk.cancel_cita("mine")
    desk.cancel_cita("mine", token=None)
    desk.update(duration_in_minutes="many")

    def numbers() -> list[int]:
        return [entry["number"] for entry in desk.call("GET", "requests?view=brief").json["requests"]]

    cleared = desk.call("DELETE", "requests?session=mine&status=4xx").json
    assert (cleared["removed"], numbers()) == (1, [4, 2, 1])
    desk.call("DELETE", "requests?session=*&text=many")
    assert numbers() == [2, 1]
    desk.call("DELETE", "requests?session=*&before=2")
    assert numbers() == [2]
    desk.cancel_cita()
    _undo(desk, cleared["removal"])

    assert numbers() == [5, 3, 2]
    assert desk.call("GET", "requests").json["dropped"] == 0


def test_clearing_requests_leaves_the_coverage_which_is_cleared_by_itself(desk: Desk) -> None:
    """Of one session or all; undone, it is added to what came since."""

    def calls() -> Any:
        (citas,) = (
            entry for entry in desk.call("GET", "coverage?session=*").json["apis"] if entry["api"] == "citas"
        )
        return citas["operations"][0]["calls"]

    desk.cancel_cita()
    desk.cancel_cita("mine")
    desk.call("DELETE", "requests?session=*")
    assert calls() == 2
    desk.call("DELETE", "coverage?session=mine")
    assert calls() == 1
    removal = desk.call("DELETE", "coverage?session=*").json["removal"]
    desk.cancel_cita()
    _undo(desk, removal)

    assert calls() == 2


@pytest.mark.parametrize("count", [21, 30])
def test_the_latest_twenty_removals_can_be_undone(desk: Desk, count: int) -> None:
    """Older ones are given up."""
    for number in range(count):
        desk.update("mine", duration_in_minutes=number)
        desk.call("POST", "reset", "mine")

    listed = desk.call("GET", "removals").json["removals"]

    assert [entry["id"] for entry in listed] == [str(number) for number in range(count, count - 20, -1)]
    assert desk.call("POST", f"removals/{count - 20}/undo").status == 404


def test_removals_can_be_given_up(desk: Desk) -> None:
    """What was cleared is gone for good then."""
    desk.update("mine", duration_in_minutes=45)
    removal = desk.call("POST", "reset", "mine").json["removal"]

    answer = desk.call("DELETE", "removals")

    assert answer.status == 204
    assert desk.call("GET", "removals").json["removals"] == []
    assert desk.call("POST", f"removals/{removal}/undo").status == 404


def test_a_removal_larger_than_a_session_may_be_is_not_kept() -> None:
    """And the answer says so, instead of promising an undo."""
    application = build(Settings(session_bytes=20_000))
    desk = Desk(application, FrozenClock(datetime(2026, 3, 2, tzinfo=UTC)), [])
    for _ in range(30):
        desk.cancel_cita()

    cleared = desk.call("DELETE", "requests?session=*").json

    assert (cleared["removed"], cleared["removal"]) == (30, None)


STORAGES: dict[str, Callable[[pytest.FixtureRequest], SessionStorage]] = {
    "json": lambda _: JsonStorage(),
    "sqlite": lambda request: SqliteStorage(request.getfixturevalue("tmp_path") / "state.db"),
    "redis": lambda request: RedisStorage(request.getfixturevalue("redis_url")),
}


@pytest.mark.parametrize("kind", STORAGES)
def test_another_replica_undoes_what_one_removed(request: pytest.FixtureRequest, kind: str) -> None:
    """Requests, coverage and sessions are kept where all replicas find them; each is restored once."""
    storage = STORAGES[kind](request)
    clock = FrozenClock(datetime(2026, 3, 2, tzinfo=UTC))
    one, other = (Desk(build(Settings(), clock, storage=storage), clock, []) for _ in range(2))
    one.cancel_cita("mine")
    one.update("mine", duration_in_minutes=7)
    targets = ("requests?session=*", "coverage?session=*", "sessions/mine")
    shown = [other.call("GET", target) for target in ("requests?session=*", "coverage?session=*")]

    removals = [one.call("DELETE", target).json["removal"] for target in targets]
    assert [entry["id"] for entry in other.call("GET", "removals").json["removals"]] == removals[::-1]
    assert _minutes(other, "mine") == 60
    other.call("DELETE", "coverage?session=*")
    for removal in removals:
        _undo(other, removal)

    assert [one.call("POST", f"removals/{removal}/undo").status for removal in removals] == [404] * 3
    assert _minutes(one, "mine") == 7
    restored = [one.call("GET", target) for target in ("requests?session=*", "coverage?session=*")]
    numbers = [[entry["number"] for entry in answer.json["requests"]] for answer in (shown[0], restored[0])]
    assert numbers[1][-2:] == numbers[0]
    calls = [
        [operation["calls"] for api in answer.json["apis"] for operation in api["operations"]]
        for answer in (shown[1], restored[1])
    ]
    assert all(before <= after for before, after in zip(*calls, strict=True))
    assert sum(calls[0]) > 0
    if is_shared(storage):
        run(storage.close())
