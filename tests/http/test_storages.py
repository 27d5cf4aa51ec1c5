"""The mock over any storage: what users do gives the same, though the storage suspends and conflicts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.http.calling import Answer, Caller, exchange, run, scope_of
from tests.http.mocks import Mocks
from tests.http.records import APPOINTMENT, RESERVATION, STATE
from tests.http.test_openid_provider import FIXTURE, PETS, Provider
from tests.state.json_storage import JsonStorage

from mockserver.app import Application, build
from mockserver.behaviour.backend import Backend, Response
from mockserver.behaviour.handler_files import ApiHandlers
from mockserver.behaviour.outgoing_requests import OutgoingRequest
from mockserver.config import Settings
from mockserver.errors import ConflictError
from mockserver.http.outgoing.outbox import Outbox
from mockserver.state.clock import FrozenClock
from mockserver.state.storage import SessionStorage
from mockserver.state.storages.memory import MemoryStorage
from mockserver.state.storages.redis_storage import RedisStorage
from mockserver.state.storages.selection import is_shared
from mockserver.state.storages.sqlite_storage import SqliteStorage

STORAGES: dict[str, Callable[[pytest.FixtureRequest], SessionStorage]] = {
    "memory": lambda _: MemoryStorage(),
    "json": lambda _: JsonStorage(),
    "conflicts": lambda _: JsonStorage(conflicts=3),
    "sqlite": lambda request: SqliteStorage(request.getfixturevalue("tmp_path") / "state.db"),
    "redis": lambda request: RedisStorage(request.getfixturevalue("redis_url")),
}
ITEM = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
}


@pytest.fixture(
    params=[pytest.param(name, marks=[pytest.mark.slow] * (name == "redis")) for name in STORAGES]
)
def storage(request: pytest.FixtureRequest) -> Iterator[SessionStorage]:
    """A storage of each kind."""
    made = STORAGES[request.param](request)
    yield made
    if is_shared(made):
        run(made.close())


@pytest.fixture
def bundled(storage: SessionStorage, clock: FrozenClock) -> Application:
    """The bundled APIs over the storage."""
    return build(Settings(), clock, storage=storage)


@pytest.fixture
def agent(bundled: Application) -> Caller:
    """Somebody who may update appointments."""
    return Caller(bundled.asgi, "agent-token", "one")


def _json(schema: Any) -> Any:
    return {"content": {"application/json": {"schema": schema}}}


def _document() -> Any:
    body = {"requestBody": _json({"type": "object", "properties": {"name": {"type": "string"}}})}
    item, items = {"description": "An item.", **_json(ITEM)}, _json({"type": "array", "items": ITEM})
    gone = {"404": {"description": "None."}}
    one: dict[str, Any] = {
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
        "get": {"operationId": "getItem", "responses": {"200": item, **gone}},
        "patch": {"operationId": "patchItem", **body, "responses": {"200": item, **gone}},
        "delete": {"operationId": "deleteItem", "responses": {"204": {"description": "Gone."}, **gone}},
    }
    callback = {"{$request.body#/name}": {"post": {"responses": {"200": {"description": "Taken."}}}}}
    many: dict[str, Any] = {
        "get": {"operationId": "listItems", "responses": {"200": {"description": "All.", **items}}},
        "post": {
            "operationId": "createItem",
            **body,
            "responses": {"201": item},
            "callbacks": {"created": callback},
        },
    }
    info = {"title": "Shop", "version": "1"}
    return {"openapi": "3.0.3", "info": info, "paths": {"/items": many, "/items/{id}": one}}


def _fixture() -> Any:
    records = [{"id": 1, "name": "one"}, {"id": 2, "name": "two"}]
    return {"collections": {"items": {"key": "id", "records": records}}}


async def _at_once(asgi: Any, count: int, method: str, target: str) -> list[Answer]:
    fields = [(b"host", b"mock.test"), (b"authorization", b"Bearer agent-token")]
    fields.append((b"x-mock-session", b"one"))
    calls = (exchange(asgi, scope_of(method, target, list(fields)), [b""]) for _ in range(count))
    return list(await asyncio.gather(*calls))


def test_records_are_created_read_changed_and_deleted(mocks: Mocks, storage: SessionStorage) -> None:
    """By what the document implies; what one request wrote the next one reads."""
    call = Caller(mocks.build(_document(), _fixture(), storage=storage).asgi)

    made = call("POST", "/items", {"name": "new"})
    item = f"/items/{made.json['id']}"

    assert (made.status, made.json["name"]) == (201, "new")
    assert call("GET", item).json == made.json
    assert call("PATCH", item, {"name": "other"}).json["name"] == "other"
    assert [entry["name"] for entry in call("GET", "/items").json] == ["one", "two", "other"]
    assert call("DELETE", "/items/1").status == 204
    assert call("GET", "/items/1").status == 404
    assert [entry["name"] for entry in call("GET", "/items").json] == ["two", "other"]
    assert call("POST", "/__admin/reset").status == 200
    assert [entry["name"] for entry in call("GET", "/items").json] == ["one", "two"]


def test_fifty_records_created_at_once_have_fifty_ids(mocks: Mocks, storage: SessionStorage) -> None:
    """And all of them are there."""
    application = mocks.build(_document(), _fixture(), storage=storage)

    answers = run(_at_once(application.asgi, 50, "POST", "/items"))

    assert {answer.status for answer in answers} == {201}
    assert len({answer.json["id"] for answer in answers}) == 50
    assert len(Caller(application.asgi, session="one")("GET", "/items").json) == 52


def test_changes_are_undone_and_snapshots_restored(agent: Caller) -> None:
    """A reset leaves the snapshots."""

    def minutes() -> int:
        found: int = agent("GET", STATE).json["duration_in_minutes"]
        return found

    assert minutes() == 60
    agent("PATCH", APPOINTMENT, {"duration_in_minutes": 1})
    assert agent("PUT", "/__admin/snapshots/s").status == 200
    agent("PATCH", APPOINTMENT, {"duration_in_minutes": 2})
    assert agent.as_("admin-token")("DELETE", RESERVATION).status == 204

    assert agent("POST", "/__admin/undo").status == 200
    assert agent.as_("admin-token")("DELETE", RESERVATION).status == 204
    assert minutes() == 2
    assert agent("POST", "/__admin/reset").status == 200
    assert minutes() == 60
    assert agent("POST", "/__admin/snapshots/s/restore").status == 200
    assert minutes() == 1


def test_a_fault_with_a_count_of_one_strikes_one_of_fifty_requests(
    bundled: Application, agent: Caller
) -> None:
    """However they come."""
    agent("POST", "/__admin/faults", {"kind": "status", "status": 503, "count": 1})

    answers = run(_at_once(bundled.asgi, 50, "PATCH", APPOINTMENT))

    assert sorted(answer.status for answer in answers) == [200] * 49 + [503]
    assert agent("GET", "/__admin/faults").json["faults"][0]["hits"] == 1


def test_a_forced_answer_with_a_count_of_one_is_given_to_one_of_fifty_requests(
    bundled: Application, agent: Caller
) -> None:
    """The others get the operation's own."""
    forced = {"api": "sqod", "operation": "patchAppointmentById", "status": 404, "count": 1}
    assert agent("POST", "/__admin/answers", forced).status == 201

    answers = run(_at_once(bundled.asgi, 50, "PATCH", APPOINTMENT))

    assert sorted(answer.status for answer in answers) == [200] * 49 + [404]


def test_the_list_of_sessions_shows_what_is_set_in_each(agent: Caller) -> None:
    """Faults and the clock; a copy has them too."""
    agent("PATCH", APPOINTMENT, {"duration_in_minutes": 1})
    agent("POST", "/__admin/faults", {"kind": "status"})
    agent("PUT", "/__admin/clock", {"frozen": True})
    assert agent("POST", "/__admin/sessions", {"name": "two", "source": "one"}).status == 201

    sessions = {entry["name"]: entry for entry in agent("GET", "/__admin/sessions").json["sessions"]}

    for name in ("one", "two"):
        told = sessions[name]
        assert (told["changes"], told["clock"], told["faults"]) == (1, "set", 1)


def test_a_scenario_changes_records_and_takes_its_steps(agent: Caller) -> None:
    """By the calls that are counted; switched off, the records are what they were."""
    listed = agent("GET", "/__admin/scenarios").json["scenarios"]
    first = listed[0]
    place = f"/__admin/scenarios/{first['api']}/{first['name']}"

    assert agent("POST", place).status == 200
    on = [entry["name"] for entry in agent("GET", "/__admin/scenarios").json["scenarios"] if entry["on"]]
    assert on == [first["name"]]
    assert agent("DELETE", f"/__admin/scenarios/{first['api']}").status == 204
    assert [entry for entry in agent("GET", "/__admin/scenarios").json["scenarios"] if entry["on"]] == []


def test_what_a_request_sends_is_sent_once_though_its_handler_runs_again(mocks: Mocks) -> None:
    """After the commit; a handler that another process overtook runs on the changed session."""
    sent: list[str] = []
    runs: list[int] = []

    async def post(request: OutgoingRequest) -> int:
        sent.append(request.url)
        return 200

    def create(backend: Backend, *, body: Any) -> Response:
        runs.append(1)
        items = backend.collection("items")
        key = items.next_number() + 2
        return Response(201, items.put(key, {"id": key, "name": body["name"]}))

    storage = JsonStorage(conflicts=2)
    mocks.write("specs/shop.yaml", _document())
    mocks.write("fixtures/shop.yaml", _fixture())
    own = {"shop": ApiHandlers(handlers={"createItem": create})}
    application = build(mocks.settings(), outbox=Outbox(None, post), handlers=own, storage=storage)

    async def steps() -> list[Answer]:
        body = b'{"name": "http://127.0.0.1:9/hook"}'
        fields = [(b"host", b"mock.test"), (b"content-type", b"application/json")]
        fields.append((b"content-length", b"%d" % len(body)))
        answers = [
            await exchange(application.asgi, scope_of("POST", "/items", list(fields)), [body])
            for _ in range(4)
        ]
        for _ in range(20):
            await asyncio.sleep(0)
        return answers

    answers = run(steps())

    assert [answer.status for answer in answers] == [201] * 4
    assert [answer.json["id"] for answer in answers] == [3, 4, 5, 6]
    assert storage.conflicts > 0
    assert len(runs) == 4 + storage.conflicts
    assert sent == ["http://127.0.0.1:9/hook"] * 4


def test_a_handler_that_fails_leaves_nothing_behind_and_one_that_refuses_what_it_wrote(
    mocks: Mocks, storage: SessionStorage
) -> None:
    """A defect changes nothing; a refusal is an answer like any other."""

    def delete(backend: Backend, *, id_: int) -> Response:
        backend.collection("items").delete(id_)
        if id_ == 1:
            raise KeyError(id_)
        raise ConflictError("The item was the last one.")

    call = Caller(
        mocks.build(_document(), _fixture(), {"deleteItem": delete}, storage=storage).asgi, defects=True
    )

    assert [call("DELETE", f"/items/{number}").status for number in (1, 2)] == [500, 409]
    assert [entry["id"] for entry in call("GET", "/items").json] == [1]


def test_the_journal_shows_a_request_whole(agent: Caller) -> None:
    """Its fields, bodies, violations, what was probably meant, and the faults that struck it."""
    agent("PATCH", APPOINTMENT, {"duration_in_minutes": "long"})
    agent("PATCH", "/unknown" + APPOINTMENT, {})
    agent("POST", "/__admin/faults", {"kind": "status", "status": 503})
    agent("PATCH", APPOINTMENT, {"duration_in_minutes": 7}, headers={"x-note": "here"})

    listed = agent("GET", "/__admin/requests").json
    struck, unknown, wrong = (agent("GET", f"/__admin/requests/{n}").json for n in (3, 2, 1))

    assert (listed["total"], [entry["status"] for entry in listed["requests"]]) == (3, [503, 404, 400])
    assert struck["faults"] == ["status"]
    assert struck["body"] == '{"duration_in_minutes": 7}'
    assert struck["headers"]["x-note"] == "here"
    assert unknown["near"][0]["operation"] == "patchAppointmentById"
    (violation,) = wrong["violations"]
    assert (violation["pointer"], violation["got"]) == ("/duration_in_minutes", "long")
    coverage = agent("GET", "/__admin/coverage").json["apis"]
    assert sum(entry["calls"] for api in coverage for entry in api["operations"]) == 1
    assert agent("POST", "/__admin/requests/1/replay").json["number"] == 4
    assert agent("DELETE", "/__admin/requests").json["removed"] == 4
    assert agent("GET", "/__admin/requests").json["requests"] == []
    exported = agent("GET", "/__admin/requests/export?format=har")
    assert exported.status == 200


def test_what_was_sent_is_shown_with_its_request(mocks: Mocks, storage: SessionStorage) -> None:
    """And what the other end answered."""

    async def post(request: OutgoingRequest) -> int:
        return 202

    mocks.write("specs/shop.yaml", _document())
    application = build(mocks.settings(), outbox=Outbox(None, post), storage=storage)

    async def steps() -> None:
        body = b'{"name": "http://127.0.0.1:9/hook"}'
        fields = [(b"host", b"mock.test"), (b"content-type", b"application/json")]
        fields.append((b"content-length", b"%d" % len(body)))
        await exchange(application.asgi, scope_of("POST", "/items", fields), [body])
        for _ in range(20):
            await asyncio.sleep(0)

    run(steps())
    call = Caller(application.asgi)

    (sent,) = call("GET", "/__admin/sent").json["sent"]
    assert (sent["url"], sent["status"]) == ("http://127.0.0.1:9/hook", 202)
    assert call("GET", "/__admin/requests/1").json["sent"] == [sent]
    assert call("DELETE", "/__admin/sent").json["removed"] == 1
    assert call("GET", "/__admin/sent").json["sent"] == []


def test_what_the_openid_provider_allowed_is_kept(mocks: Mocks, storage: SessionStorage) -> None:
    """Codes and refresh tokens that are good once, and tokens that were revoked."""
    provider = Provider(Caller(mocks.build(PETS, FIXTURE, storage=storage).asgi))

    tokens = provider.tokens()
    renewed = provider.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])

    assert (renewed.status, provider.pets(tokens["access_token"])) == (200, 200)
    provider.post("/revoke", {"token": tokens["access_token"], "client_id": "web"})
    assert provider.pets(tokens["access_token"]) == 401
    assert provider.pets(renewed.json["access_token"]) == 200
    again = provider.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert again.json["error"] == "invalid_grant"
