"""Replicas on one store do what one process does: on an SQLite file, and on a real Redis server."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bench.scale.histories import Operation, counter, is_linearizable, register
from tests.http.calling import Answer
from tests.http.mocks import Mocks
from tests.scaling.replicas import Replicas

from mockserver.config import Settings
from mockserver.reload import Reloader, fingerprint
from mockserver.state.storages.redis_storage import RedisStorage
from mockserver.state.storages.replicas import Membership, OtherDocumentsError, SharedStorage
from mockserver.state.storages.sqlite_storage import SqliteStorage

Make = Callable[[], SharedStorage]


@pytest.fixture(params=["sqlite", pytest.param("redis", marks=pytest.mark.slow)])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Makes a storage of the same store for each replica."""
    if request.param == "sqlite":
        return lambda: SqliteStorage(tmp_path / "state.db")
    url = request.getfixturevalue("redis_url")
    return lambda: RedisStorage(url)


@pytest.fixture
def mocks(tmp_path: Path) -> Mocks:
    """A folder for documents."""
    return Mocks(tmp_path)


@pytest.fixture
def replicas(mocks: Mocks, make: Make) -> Replicas:
    """Four replicas."""
    return Replicas(mocks, make, 4)


async def _all(calls: Iterator[Any]) -> list[Answer]:
    return list(await asyncio.gather(*calls))


def test_fifty_clients_on_one_session_lose_no_update(replicas: Replicas) -> None:
    """None is answered 503, each sees its own addition, and ids are given once."""

    async def steps() -> None:
        added = await _all(replicas.call(n, "POST", "/count") for n in range(200))
        assert {answer.status for answer in added} == {200}
        assert sorted(answer.json["size"] for answer in added) == list(range(1, 201))
        made = await _all(replicas.call(n, "POST", "/items", {"name": str(n)}) for n in range(50))
        assert {answer.status for answer in made} == {201}
        assert len({answer.json["id"] for answer in made}) == 50
        for replica in range(4):
            assert len((await replicas.call(replica, "GET", "/items")).json) == 51
            assert (await replicas.call(replica, "GET", "/items/1")).json["size"] == 200

    replicas.run(steps())


def test_what_one_replica_acknowledged_each_other_shows(replicas: Replicas) -> None:
    """Written through one, read through the next, again and again; sessions do not see each other."""

    async def steps() -> None:
        for number in range(40):
            await replicas.call(number, "PATCH", "/items/1", {"size": number})
            assert (await replicas.call(number + 1, "GET", "/items/1")).json["size"] == number
        assert (await replicas.call(0, "DELETE", "/items/1")).status == 204
        assert (await replicas.call(1, "GET", "/items/1")).status == 404
        assert (await replicas.call(2, "GET", "/items/1", session="other")).json["size"] == 0

    replicas.run(steps())


def test_a_fault_with_a_count_of_one_strikes_once_among_all_replicas(replicas: Replicas) -> None:
    """Set through one replica, counted by all."""

    async def steps() -> None:
        fault = {"kind": "status", "status": 418, "count": 1}
        assert (await replicas.call(0, "POST", "/__admin/faults", fault)).status == 201
        answers = await _all(replicas.call(n, "GET", "/items/1") for n in range(40))
        assert sorted(answer.status for answer in answers) == [200] * 39 + [418]
        assert (await replicas.call(3, "GET", "/__admin/faults")).json["faults"][0]["hits"] == 1

    replicas.run(steps())


def test_undo_snapshots_and_reset_work_through_any_replica(replicas: Replicas) -> None:
    """And so does the clock of a session."""

    async def size(replica: int) -> int:
        found: int = (await replicas.call(replica, "GET", "/items/1")).json["size"]
        return found

    async def steps() -> None:
        await replicas.call(0, "GET", "/__admin/faults")  # whoever uses the admin API can undo from then on
        for number in (1, 2, 3):
            await replicas.call(number, "PATCH", "/items/1", {"size": number})
        assert (await replicas.call(1, "PUT", "/__admin/snapshots/s")).status == 200
        assert (await replicas.call(0, "POST", "/__admin/undo")).status == 200
        assert await size(2) == 2
        assert (await replicas.call(3, "POST", "/__admin/reset")).status == 200
        assert [await size(replica) for replica in range(4)] == [0] * 4
        assert (await replicas.call(2, "POST", "/__admin/snapshots/s/restore")).status == 200
        assert [await size(replica) for replica in range(4)] == [3] * 4
        frozen = {"at": "2031-05-06T07:08:09Z", "frozen": True}
        assert (await replicas.call(1, "PUT", "/__admin/clock", frozen)).status == 200
        assert (await replicas.call(2, "GET", "/__admin/clock")).json["now"].startswith("2031-05-06T07:08:09")

    replicas.run(steps())


def test_the_admin_api_of_each_replica_shows_what_all_did(replicas: Replicas) -> None:
    """The journal with numbers that are given once, coverage, the sessions."""

    async def steps() -> None:
        await _all(replicas.call(n, "GET", "/items", session=f"s{n}") for n in range(8))
        await _all(replicas.call(n, "PATCH", "/items/1", {"size": n}, session=f"s{n}") for n in range(8))
        for application in replicas.applications:
            await application.journal.tell_counts()
        for replica in range(4):
            listed = (await replicas.call(replica, "GET", "/__admin/requests?session=*")).json
            assert sorted(entry["number"] for entry in listed["requests"]) == list(range(1, 17))
            assert all(entry["replica"] for entry in listed["requests"])
            sessions = (await replicas.call(replica, "GET", "/__admin/sessions")).json["sessions"]
            assert {f"s{n}" for n in range(8)} <= {entry["name"] for entry in sessions}
            covered = (await replicas.call(replica, "GET", "/__admin/coverage?session=*")).json["apis"][0]
            calls = {entry["operation"]: entry["calls"] for entry in covered["operations"]}
            assert (calls["listItems"], calls["patchItem"]) == (8, 8)

    replicas.run(steps())


def test_a_listener_of_one_replica_hears_of_the_requests_of_another(replicas: Replicas) -> None:
    """The live view."""

    async def steps() -> None:
        listener = await replicas.applications[0].journal.listen()
        waiting = asyncio.create_task(listener.next(30))
        await replicas.call(1, "GET", "/items/1")
        ((number, heard),) = await waiting
        assert (number, heard.path) == (1, "/items/1")

    replicas.run(steps())


def test_histories_of_a_register_and_a_counter_are_linearizable(replicas: Replicas) -> None:
    """Ten clients that call different replicas; each answer fits an order that keeps to the clock."""
    numbers = itertools.count(1)
    registers: list[Operation] = []
    counters: list[Operation] = []

    async def client(own: int) -> None:
        for turn in range(8):
            called = time.perf_counter()
            if (own + turn) % 3:
                found = (await replicas.call(own + turn, "GET", "/items/1", session="r")).json["size"]
                registers.append(Operation("read", None, found, called, time.perf_counter()))
            else:
                value = next(numbers)
                await replicas.call(own + turn, "PATCH", "/items/1", {"size": value}, session="r")
                registers.append(Operation("write", value, None, called, time.perf_counter()))
            called = time.perf_counter()
            found = (await replicas.call(own + turn, "POST", "/count", session="c")).json["size"]
            counters.append(Operation("add", 1, found, called, time.perf_counter()))

    async def steps() -> None:
        await asyncio.gather(*map(client, range(10)))

    replicas.run(steps())

    assert (len(registers), len(counters)) == (80, 80)
    assert is_linearizable(registers, register, 0)
    assert is_linearizable(counters, counter, 0)


async def _no_sleep(seconds: float) -> None:
    del seconds


def test_a_newcomer_with_other_documents_is_refused_beside_a_live_replica(make: Make) -> None:
    """Alone it takes the store over, and is told that what is in it was made with others."""

    async def steps() -> None:
        storage = make()
        assert not await storage.join("first", "old")
        assert not await storage.join("second", "old")
        with pytest.raises(OtherDocumentsError, match=r"first|second"):
            await Membership(storage, "new", _no_sleep).join()
        await storage.leave("first")
        with pytest.raises(OtherDocumentsError, match="second"):
            await storage.join("second-and-a-half", "new")
        assert await storage.replicas() == ["second"]
        await storage.leave("second")
        assert await storage.join("third", "new")
        assert not await storage.renew("second", "old")
        assert await storage.renew("third", "new")
        await storage.close()

    asyncio.run(steps())


def test_replicas_agree_on_the_first_value_that_was_offered(make: Make) -> None:
    """The admin token that a server makes."""

    async def steps() -> None:
        one, two = make(), make()
        assert await one.agree("admin_token", "first") == "first"
        assert await two.agree("admin_token", "second") == "first"
        await one.close()
        await two.close()

    asyncio.run(steps())


def test_a_reload_is_refused_beside_another_replica_and_done_alone(
    replicas: Replicas, mocks: Mocks, caplog: pytest.LogCaptureFixture
) -> None:
    """With a message that names the other one."""
    settings: Settings = mocks.settings()
    application = replicas.applications[0]
    storage = replicas.storages[0]

    async def steps() -> None:
        membership = Membership(storage, fingerprint(application, settings), _no_sleep)
        reloader = Reloader(application, settings, membership=membership)
        await membership.join()
        await storage.join("other", fingerprint(application, settings))
        changed = mocks.folder / "fixtures/shop.yaml"
        changed.write_text(changed.read_text().replace('"one"', '"two"'))
        assert not await reloader.reload()
        assert "Not reloaded: The replica other uses the same store" in caplog.text
        await storage.leave("other")
        assert await reloader.reload()
        reloader.application.journal.close()

    replicas.run(steps())
