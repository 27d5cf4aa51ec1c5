"""Several scenarios at once: what each lays over the records, in which order, and those of `--scenario`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import NOW
from tests.http.calling import Caller, run
from tests.http.mocks import Mocks, document, operation
from tests.state.json_storage import JsonStorage

from mockserver.app import Application, build
from mockserver.config import Settings
from mockserver.errors import ConfigurationError
from mockserver.reload import Reloader, fingerprint
from mockserver.state.clock import FrozenClock
from mockserver.state.storage import SessionStorage
from mockserver.state.storages.memory import MemoryStorage
from mockserver.state.storages.sqlite_storage import SqliteStorage

ORDER = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "integer"},
        "status": {"type": "string"},
        "note": {"type": "string"},
        "at": {"type": "string", "format": "date-time"},
    },
}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}


def _json(schema: Any) -> Any:
    return {"description": "", "content": {"application/json": {"schema": schema}}}


ERROR = _json({"type": "object", "required": ["error"]})
ANSWERS = {"200": _json(ORDER), "402": ERROR, "404": ERROR, "409": ERROR}
SHOP = document(
    {
        "/orders": {
            "get": operation("listOrders", responses={"200": _json({"type": "array", "items": ORDER})})
        },
        "/orders/{id}": {
            "parameters": [ID],
            "get": operation("getOrder", responses=ANSWERS),
            "patch": operation(
                "changeOrder",
                requestBody={"content": {"application/json": {"schema": {"type": "object"}}}},
                responses=ANSWERS,
            ),
        },
    }
)


def _orders(*records: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"description": "A situation.", "records": {"orders": list(records)}, **more}


def _refusing(number: int) -> dict[str, Any]:
    rule = {"answer": {"status": 409, "body": {"error": f"rule {number}"}}}
    return {"description": "A situation.", "rules": {"changeOrder": [rule]}}


FIXTURE = {
    "collections": {"orders": {"records": [{"id": 1, "status": "open"}, {"id": 2, "status": "open"}]}},
    "scenarios": {
        "shipped": _orders({"id": 1, "status": "shipped"}, {"id": 3, "status": "new"}),
        "lost": _orders({"id": 1, "status": "lost", "note": "look for it"}),
        "gone": {"description": "None is left.", "remove": {"orders": [2]}},
        "stepping": _orders(
            {"id": 1, "at": {"now": {"minutes": -5}}},
            steps=[{"after": {"calls": 2}, "records": {"orders": [{"id": 2, "status": "late"}]}}],
        ),
        "refused": _refusing(1),
        "refused-too": _refusing(2),
        "down": {
            "description": "It fails.",
            "answers": {"getOrder": {"status": 402, "body": {"error": "a"}}},
        },
        "down-too": {
            "description": "It fails.",
            "answers": {"getOrder": {"status": 404, "body": {"error": "b"}}},
        },
    },
}


@pytest.fixture
def call(mocks: Mocks) -> Caller:
    """A shop with scenarios."""
    return mocks.call(SHOP, FIXTURE)


def _on(call: Caller, *names: str) -> None:
    for name in names:
        assert call("POST", f"/__admin/scenarios/shop/{name}").status == 200


def _off(call: Caller, name: str) -> int:
    return call("DELETE", f"/__admin/scenarios/shop/{name}").status


def _names(call: Caller) -> list[str]:
    scenarios = call("GET", "/__admin/scenarios").json["scenarios"]
    on = sorted((entry["place"], entry["name"]) for entry in scenarios if entry["on"])
    assert [place for place, _ in on] == list(range(1, len(on) + 1))
    assert all(entry["place"] is None for entry in scenarios if not entry["on"])
    return [name for _, name in on]


def _records(call: Caller) -> list[dict[str, Any]]:
    return list(call("GET", "/orders").json)


def test_records_are_laid_over_one_another_field_by_field(call: Caller) -> None:
    """In the order in which the scenarios were switched on."""
    _on(call, "shipped", "lost", "gone")

    assert _names(call) == ["shipped", "lost", "gone"]
    assert _records(call) == [
        {"id": 1, "status": "lost", "note": "look for it"},
        {"id": 3, "status": "new"},
    ]


@pytest.mark.parametrize(
    ("off", "expected"),
    [
        ("shipped", [{"id": 1, "status": "lost", "note": "look for it"}]),
        ("lost", [{"id": 1, "status": "shipped"}, {"id": 3, "status": "new"}]),
        (
            "gone",
            [
                {"id": 1, "status": "lost", "note": "look for it"},
                {"id": 2, "status": "open"},
                {"id": 3, "status": "new"},
            ],
        ),
    ],
)
def test_switching_one_off_lays_the_others_anew(
    call: Caller, off: str, expected: list[dict[str, Any]]
) -> None:
    """Whichever it was; nothing of it is left, and nothing of the others is lost."""
    _on(call, "shipped", "lost", "gone")

    assert _off(call, off) == 204
    assert _records(call) == expected


def test_after_the_last_one_the_records_are_what_they_were(call: Caller) -> None:
    """What the session itself had changed before is there again, in any order of switching off."""
    call("PATCH", "/orders/1", {"note": "mine"})
    before = _records(call)
    _on(call, "shipped", "lost", "gone")

    for name in ("shipped", "gone", "lost"):
        assert _off(call, name) == 204

    assert (_records(call), _names(call)) == (before, [])


def test_a_scenario_that_is_on_begins_anew_as_the_latest(call: Caller) -> None:
    """Switched on again, it lies over those that came between."""
    _on(call, "shipped", "lost", "shipped")

    assert _names(call) == ["lost", "shipped"]
    assert _records(call)[0] == {"id": 1, "status": "shipped", "note": "look for it"}


def test_steps_and_moments_are_laid_again_as_they_were(mocks: Mocks) -> None:
    """A step that was taken stays taken, and moments do not move when another scenario goes."""
    application = mocks.build(SHOP, FIXTURE)
    call = Caller(application.asgi)
    _on(call, "gone", "stepping")
    at = _records(call)[0]["at"]
    _records(call)
    _records(call)
    call("POST", "/__admin/clock/advance", {"seconds": 3600})

    assert _off(call, "gone") == 204
    assert _records(call) == [{"id": 1, "status": "open", "at": at}, {"id": 2, "status": "late"}]


def test_the_latest_scenario_answers_first(call: Caller) -> None:
    """Its forced answers and its rules come before those of the ones that were switched on earlier."""
    _on(call, "down", "down-too", "refused", "refused-too")

    assert call("GET", "/orders/1").json == {"error": "b"}
    assert call("PATCH", "/orders/1", {}).json == {"error": "rule 2"}
    assert _off(call, "down-too") == _off(call, "refused-too") == 204
    assert call("GET", "/orders/1").json == {"error": "a"}
    assert call("PATCH", "/orders/1", {}).json == {"error": "rule 1"}


def test_one_that_is_not_on_or_not_there_cannot_be_switched_off(call: Caller) -> None:
    """404, which says which of the two it is; all of an API go at once."""
    _on(call, "shipped", "gone")

    unknown, off = call("DELETE", "/__admin/scenarios/shop/x"), call("DELETE", "/__admin/scenarios/shop/lost")

    assert (unknown.status, "shipped" in unknown.json["detail"]) == (404, True)
    assert (off.status, "is not on" in off.json["detail"]) == (404, True)
    assert call("DELETE", "/__admin/scenarios/shop").status == 204
    assert [record["id"] for record in _records(call)] == [1, 2]


def test_the_list_of_sessions_names_all_that_are_on(call: Caller) -> None:
    """With their API."""
    _on(call, "shipped", "gone")

    assert call("GET", "/__admin/sessions/default").json["scenarios"] == ["shop/shipped", "shop/gone"]


STORAGES: dict[str, Callable[[Path], SessionStorage]] = {
    "memory": lambda _: MemoryStorage(),
    "json": lambda _: JsonStorage(),
    "conflicts": lambda _: JsonStorage(conflicts=3),
    "sqlite": lambda folder: SqliteStorage(folder / "state.db"),
}


@pytest.fixture(params=STORAGES)
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SessionStorage]:
    """A storage of each kind."""
    made = STORAGES[request.param](tmp_path)
    yield made
    if isinstance(made, SqliteStorage):
        run(made.close())


def _begun(mocks: Mocks, storage: SessionStorage | None = None, *names: str) -> Application:
    on = tuple(f"shop/{name}" for name in names or ("shipped", "lost"))
    return mocks.build(SHOP, FIXTURE, storage=storage, scenarios=on)


LOST = {"id": 1, "status": "lost", "note": "look for it"}


def test_every_session_begins_with_the_scenarios_of_the_start(mocks: Mocks, storage: SessionStorage) -> None:
    """In their order, whichever request comes first; replicas see the same."""
    application = _begun(mocks, storage)
    other = build(mocks.settings(scenarios=("shop/shipped", "shop/lost")), FrozenClock(NOW), storage=storage)

    assert _records(Caller(application.asgi))[0] == LOST
    assert _names(Caller(application.asgi, session="asked-first")) == ["shipped", "lost"]
    assert _records(Caller(other.asgi, session="asked-first"))[0] == LOST
    assert _records(Caller(other.asgi))[0] == LOST


def test_the_first_request_of_a_session_meets_a_scenario_of_the_start(
    mocks: Mocks, storage: SessionStorage
) -> None:
    """Its forced answers are given at once, in each session."""
    call = Caller(_begun(mocks, storage, "down").asgi)

    assert (call("GET", "/orders/1").status, call("GET", "/~other/orders/1").status) == (402, 402)


def test_a_reset_lays_the_scenarios_of_the_start_again(mocks: Mocks, storage: SessionStorage) -> None:
    """What was switched on later goes, what was switched off comes back; so it is in a dropped session."""
    call = Caller(_begun(mocks, storage).asgi)
    call("PATCH", "/orders/1", {"note": "mine"})
    _on(call, "gone")
    assert _off(call, "lost") == 204
    assert _names(call) == ["shipped", "gone"]

    call("PUT", "/__admin/snapshots/kept")
    assert call("POST", "/__admin/reset").status == 200
    assert (_names(call), _records(call)[0]) == (["shipped", "lost"], LOST)

    call("DELETE", "/__admin/scenarios/shop")
    assert _names(call) == []
    call("DELETE", "/__admin/sessions/default")
    assert (_names(call), _records(call)[0]) == (["shipped", "lost"], LOST)


def test_what_is_off_stays_off_until_the_session_is_reset(mocks: Mocks, storage: SessionStorage) -> None:
    """Also where nothing else is left in the session; a copy of a session has what that one has."""
    application = _begun(mocks, storage)
    call = Caller(application.asgi)
    assert call("DELETE", "/__admin/scenarios/shop").status == 204

    call("POST", "/__admin/sessions", {"name": "copy", "source": "default"})
    call("POST", "/__admin/sessions", {"name": "fresh"})

    assert _records(call) == FIXTURE["collections"]["orders"]["records"]
    assert _names(Caller(application.asgi, session="copy")) == []
    assert _names(Caller(application.asgi, session="fresh")) == ["shipped", "lost"]


def test_a_request_that_fails_leaves_the_beginning_as_it_is(mocks: Mocks, storage: SessionStorage) -> None:
    """The first request of a session may be answered 500, and takes nothing of the beginning back."""

    def fail(backend: Any) -> Any:
        raise RuntimeError("broken")

    on = ("shop/shipped",)
    application = mocks.build(SHOP, FIXTURE, {"listOrders": fail}, storage=storage, scenarios=on)
    call = Caller(application.asgi, defects=True)

    assert call("GET", "/orders").status == 500
    assert call("GET", "/orders/1").json["status"] == "shipped"


def test_the_beginning_is_no_step_to_undo(mocks: Mocks) -> None:
    """The first undo takes back what the session did, the next finds nothing."""
    call = Caller(_begun(mocks).asgi)
    call("GET", "/__admin/state")
    call("POST", "/__admin/reset")
    call("PATCH", "/orders/1", {"note": "mine"})

    assert call("POST", "/__admin/undo").status == 200
    assert _records(call)[0] == LOST
    assert call("POST", "/__admin/undo").status == 409


@pytest.mark.parametrize("text", ["shop/nothing", "shop", "other/shipped", "", "shipped"])
def test_an_unknown_scenario_stops_the_start_and_says_which_there_are(mocks: Mocks, text: str) -> None:
    """As they have to be written."""
    mocks.build(SHOP, FIXTURE)

    with pytest.raises(ConfigurationError, match="write one of shop/shipped, shop/lost, shop/gone"):
        build(mocks.settings(scenarios=(text,)))


def test_fixtures_without_scenarios_are_said_to_have_none(mocks: Mocks) -> None:
    """Where a list of names would be empty."""
    with pytest.raises(ConfigurationError, match="the fixture files have none"):
        mocks.build(SHOP, {"collections": {}}, scenarios=("shop/shipped",))


def test_a_reload_refuses_to_lose_a_scenario_of_the_start(mocks: Mocks) -> None:
    """The server goes on as it was; a changed scenario holds for sessions that begin after it."""
    application = _begun(mocks, None, "shipped")
    settings = mocks.settings(scenarios=("shop/shipped",))
    reloader = Reloader(application, settings)
    before = _records(Caller(reloader))[0]["status"]
    mocks.write("fixtures/shop.yaml", {**FIXTURE, "scenarios": {}})
    is_reloaded = run(reloader.reload())
    mocks.write(
        "fixtures/shop.yaml", {**FIXTURE, "scenarios": {"shipped": _orders({"id": 1, "status": "sent"})}}
    )

    assert (before, is_reloaded) == ("shipped", False)
    assert run(reloader.reload())
    assert _records(Caller(reloader))[0]["status"] == "shipped"
    assert _records(Caller(reloader, session="later"))[0]["status"] == "sent"


def test_settings_name_scenarios_in_a_file_and_in_the_environment(tmp_path: Path) -> None:
    """As a list, or with commas; the first are laid first."""
    file = tmp_path / "mockserver.toml"
    file.write_text('scenarios = ["shop/a", "shop/b"]')

    assert Settings.load({}, {}, file).scenarios == ("shop/a", "shop/b")
    assert Settings.load({}, {"MOCKSERVER_SCENARIOS": "x/a,x/b"}, file).scenarios == ("x/a", "x/b")


def test_replicas_with_other_scenarios_do_not_serve_the_same(mocks: Mocks) -> None:
    """One store may not have sessions that begin in two ways."""
    application = _begun(mocks)

    prints = {fingerprint(application, mocks.settings(scenarios=names)) for names in ((), ("shop/lost",))}

    assert len(prints) == 2
