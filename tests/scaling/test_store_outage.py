"""A store that cannot be reached: 503 soon, nothing half written, and back by itself."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import NOW
from tests.http.calling import Answer
from tests.http.mocks import Mocks
from tests.scaling.replicas import Replicas
from tests.state.redis_server import RedisServer, running_redis

from mockserver.errors import ConfigurationError, StoreUnavailableError
from mockserver.state.storage import NO_SESSION, Delta
from mockserver.state.storages.redis_storage import RedisStorage
from mockserver.state.storages.sqlite_storage import SqliteStorage

PATIENCE = 30


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """A Redis server that the test may stop; it keeps every change on disk."""
    with running_redis("--save", "''", "--appendonly", "yes", "--appendfsync", "always") as server:
        yield server


@pytest.fixture
def replicas(tmp_path: Path, own_redis: RedisServer) -> Replicas:
    """Two replicas on it."""
    return Replicas(Mocks(tmp_path), lambda: RedisStorage(own_redis.url), 2)


async def _until_it_answers(replicas: Replicas, replica: int) -> Answer:
    """Ask until the answer is no 503."""
    async with asyncio.timeout(PATIENCE):
        while True:
            answer = await replicas.call(replica, "GET", "/items/1")
            if answer.status != 503:
                return answer
            await asyncio.sleep(0.05)


def _is_problem(answer: Answer, url: str) -> bool:
    told = answer.json["detail"]
    return (
        answer.status == 503
        and answer.header("content-type") == "application/problem+json"
        and url.rpartition("@")[2].removeprefix("redis://") in told
    )


@pytest.mark.slow
@pytest.mark.parametrize("hangs", [False, True], ids=["killed", "hanging"])
def test_requests_are_answered_503_until_the_server_is_back(
    replicas: Replicas, own_redis: RedisServer, hangs: bool
) -> None:
    """Mocked ones, those of the admin API, and health; what was acknowledged is still there."""

    async def steps() -> None:
        await replicas.call(0, "PATCH", "/items/1", {"size": 7})
        assert (await replicas.call(1, "GET", "/__admin/health")).json["status"] == "ok"
        if hangs:
            os.kill(own_redis.process, signal.SIGSTOP)
        else:
            own_redis.stop()
        for method, target in (
            ("GET", "/items/1"),
            ("PATCH", "/items/1"),
            ("GET", "/__admin/health"),
            ("GET", "/__admin/requests"),
        ):
            for replica in (0, 1):
                body = {"size": 8} if method == "PATCH" else None
                async with asyncio.timeout(5):  # a second, and what a busy machine takes
                    answer = await replicas.call(replica, method, target, body)
                assert _is_problem(answer, own_redis.url), (target, answer)
        assert (await replicas.call(0, "GET", "/__admin/")).status == 200
        if hangs:
            os.kill(own_redis.process, signal.SIGCONT)
        else:
            own_redis.start()
        for replica in (0, 1):
            assert (await _until_it_answers(replicas, replica)).json["size"] in ({7, 8} if hangs else {7})
        assert (await replicas.call(1, "PATCH", "/items/1", {"size": 9})).status == 200
        assert (await replicas.call(0, "GET", "/items/1")).json["size"] == 9
        health = (await replicas.call(0, "GET", "/__admin/health")).json
        assert (health["status"], health["journal"]["dropped"] >= 2) == ("ok", True)

    replicas.run(steps())


@pytest.mark.slow
def test_what_a_server_lost_is_not_shown_by_those_who_remember_it(tmp_path: Path) -> None:
    """A server that keeps nothing is started again: replicas show what it has, and mix no old with new."""
    with running_redis() as server:
        replicas = Replicas(Mocks(tmp_path), lambda: RedisStorage(server.url), 2)

        async def steps() -> None:
            for size in (5, 6):
                await replicas.call(0, "PATCH", "/items/1", {"size": size})
                await replicas.call(1, "GET", "/items/1")
            server.stop()
            server.start()
            assert (await _until_it_answers(replicas, 0)).json["size"] == 0
            assert (await replicas.call(0, "POST", "/items", {"name": "new"})).status == 201
            assert (await replicas.call(0, "PATCH", "/items/1", {"name": "x"})).status == 200
            found = await _until_it_answers(replicas, 1)
            assert (found.json["size"], found.json["name"]) == (0, "x")

        replicas.run(steps())


@pytest.mark.slow
def test_a_server_that_refuses_is_quoted_and_a_password_is_not(own_redis: RedisServer) -> None:
    """Nobody is let in without the password; the message names the server."""
    own_redis.command("CONFIG", "SET", "requirepass", "s3cret")

    async def steps() -> None:
        for url in (own_redis.url, own_redis.url.replace("//", "//:wrong@")):
            storage = RedisStorage(url)
            with pytest.raises(StoreUnavailableError) as caught:
                await storage.dropped()
            assert str(own_redis.port) in caught.value.detail
            assert "wrong@" not in caught.value.detail
            await storage.close()
        right = RedisStorage(own_redis.url.replace("//", "//:s3cret@"))
        assert await right.dropped() == {}
        await right.close()

    asyncio.run(steps())


def test_a_file_that_another_process_writes_all_the_time_is_read_and_not_written(tmp_path: Path) -> None:
    """The write is refused within a second; the event loop goes on meanwhile."""
    file = tmp_path / "state.db"

    async def steps() -> None:
        storage = SqliteStorage(file)
        now = NOW
        await storage.commit("s", NO_SESSION, Delta(fields={("count", "x"): 1}), now)
        with sqlite3.connect(file, isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            turns = 0
            writing = asyncio.ensure_future(storage.commit("t", NO_SESSION, Delta(), now))
            while not writing.done():
                turns += 1
                assert (await storage.load("s", NO_SESSION, now)).fields == {("count", "x"): 1}
                await asyncio.sleep(0)
            with pytest.raises(StoreUnavailableError, match=r"state\.db"):
                await writing
            other.execute("ROLLBACK")
        other.close()
        assert turns > 100
        assert (await storage.commit("t", NO_SESSION, Delta(), now)).version
        await storage.close()

    asyncio.run(steps())


def test_a_file_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    """A database of another program, and what is no database."""
    foreign, text = tmp_path / "other.db", tmp_path / "text.db"
    with sqlite3.connect(foreign) as db:
        db.execute("CREATE TABLE things (name)")
    db.close()
    text.write_text("nothing that SQLite reads " * 100)

    for file in (foreign, text):
        before = file.read_bytes()
        with pytest.raises(ConfigurationError, match=file.name):
            SqliteStorage(file).check()
        assert file.read_bytes() == before
