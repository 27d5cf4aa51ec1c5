"""`serve --workers N`: processes on one port, and what becomes of them."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.scaling.replicas import RECORDS, shop

from mockserver.config import Settings
from mockserver.errors import ConfigurationError
from mockserver.serving import serve
from mockserver.workers import check_workers

PATIENCE = 60


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a document and its records."""
    for name, content in (("specs/shop.yaml", shop()), ("fixtures/shop.yaml", RECORDS)):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(json.dumps(content))
    return tmp_path


class Server:
    """A server of several processes, and calls of it: each on a connection of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", *options]
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self._line = self.process.stdout.readline()
        found = re.search(r"http://\S+", self._line)
        self.url = found[0] if found else ""

    def call(self, method: str, target: str, body: Any = None) -> Any:
        """The JSON of an answer, asked again where a process ended that had taken the connection."""
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + target, content, method=method)  # noqa: S310  our own
        request.add_header("content-type", "application/json")
        end = time.monotonic() + PATIENCE
        while True:
            try:
                with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310  our own
                    return json.loads(answer.read() or b"null")
            except urllib.error.HTTPError:
                raise
            except (ConnectionError, urllib.error.URLError):
                assert time.monotonic() < end, f"no answer to {method} {target}"

    def replicas(self) -> set[str]:
        """The names of the processes that share the store."""
        return set(self.call("GET", "/__admin/health")["store"]["replicas"])

    def stop(self) -> tuple[float, int, str]:
        """Ask it to end: the seconds that it took, its exit code, what it said on standard error."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        _, errors = self.process.communicate(timeout=PATIENCE)
        return time.monotonic() - begun, self.process.returncode, errors


@contextlib.contextmanager
def _serving(folder: Path, *options: str) -> Iterator[Server]:
    server = Server(folder, *options)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()
        for stream in (server.process.stdout, server.process.stderr):
            assert stream is not None
            stream.close()


def _wait(until: Any) -> None:
    end = time.monotonic() + PATIENCE
    while not until():
        assert time.monotonic() < end, "nothing changed"


@pytest.mark.slow
def test_a_killed_worker_is_replaced_and_nothing_that_was_acknowledged_is_lost(folder: Path) -> None:
    """Every process but the first one is killed; the journal names who answered; SIGTERM ends all soon."""
    with _serving(folder, "--store", "state.db", "--workers", "2") as server:
        _wait(lambda: len(server.replicas()) == 2)
        before = server.replicas()
        for size in range(20):
            assert server.call("PATCH", "/items/1", {"size": size})["size"] == size
        entries = server.call("GET", "/__admin/requests?limit=100")["requests"]
        assert {entry["replica"] for entry in entries} <= before
        for name in before:
            os.kill(int(name.rpartition("-")[2]), signal.SIGKILL)
        assert server.call("GET", "/items/1")["size"] == 19
        _wait(lambda: len(server.replicas() - before) == 2 and not server.replicas() & before)
        assert server.call("PATCH", "/items/1", {"name": "after"})["size"] == 19
        seconds, code, errors = server.stop()
        assert (code, "Traceback" in errors) == (0, False)
        assert errors.count("another is started") == 2
        assert seconds < 10

    with _serving(folder, "--store", "state.db") as again:
        assert again.call("GET", "/items/1")["name"] == "after"


@pytest.mark.slow
def test_workers_end_with_the_process_that_started_them(folder: Path) -> None:
    """Killed with no chance to say so."""
    with _serving(folder, "--store", "state.db", "--workers", "2") as server:
        _wait(lambda: len(server.replicas()) == 2)
        processes = [int(name.rpartition("-")[2]) for name in server.replicas()]
        server.process.kill()
        server.process.wait(PATIENCE)

        def is_running(process: int) -> bool:
            with contextlib.suppress(FileNotFoundError):
                return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
            return False

        _wait(lambda: not any(map(is_running, processes)))


@pytest.mark.slow
def test_a_server_with_other_documents_is_refused_beside_a_live_one(folder: Path) -> None:
    """It ends with exit code 2 and names the replica; alone it takes the records over that fit."""
    with _serving(folder, "--store", "state.db") as server:
        server.call("PATCH", "/items/1", {"size": 5, "name": "kept"})
        with _serving(folder, "--store", "state.db", "--seed", "7", "--workers", "2") as other:
            _, errors = other.process.communicate(timeout=PATIENCE)
            assert other.process.returncode == 2
            assert errors.startswith("error: The replica ")
            assert "Stop it first" in errors

    with _serving(folder, "--store", "state.db", "--seed", "7") as server:
        assert server.call("GET", "/items/1")["name"] == "kept"


@pytest.mark.slow
def test_a_port_with_workers_is_not_taken_by_another_server(folder: Path) -> None:
    """Though its processes share it among themselves."""
    with _serving(folder, "--stateless", "--workers", "2") as server:
        port = server.url.rpartition(":")[2]
        with _serving(folder, "--stateless", "--workers", "2", "--port", port) as other:
            _, errors = other.process.communicate(timeout=PATIENCE)
        assert other.process.returncode == 2
        assert f"cannot listen on 127.0.0.1:{port}" in errors


def test_workers_without_a_store_that_they_share_are_refused() -> None:
    """The message says what to do; without state they are allowed."""
    with pytest.raises(ConfigurationError, match=r"--store FILE\.db or --store redis://…"):
        serve(Settings(workers=2), lambda application, url: None)
    with pytest.raises(ConfigurationError, match="--reload needs one process"):
        serve(Settings(workers=2, store="state.db", reload=True), lambda application, url: None)
    check_workers(2, is_memory=True, stateless=True, reload=True)


@pytest.mark.parametrize(
    ("store", "told"),
    [
        ("state", "'state'"),
        ("memcached://h", "'memcached://…'"),
        ("redis:/h", "'redis:/h'"),
        ("redsi://u:secret@h", "'redsi://…'"),
    ],
)
def test_a_store_that_is_not_understood_is_refused(store: str, told: str) -> None:
    """With what may be written; a password is not shown."""
    with pytest.raises(ConfigurationError) as caught:
        Settings.load({"store": store}, {})
    assert told in str(caught.value)
    assert "write memory, a file such as state.db, or redis://HOST:PORT/0" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("store", ["memory", "state.db", "/var/x.sqlite3", "redis://h", "rediss://:p@h:1/2"])
def test_stores_that_are_understood(store: str) -> None:
    """Nothing is opened yet."""
    assert Settings.load({"store": store}, {}).store == store


def test_a_file_that_cannot_be_made_is_refused_at_once(tmp_path: Path) -> None:
    """The message names it."""
    settings = Settings(store=str(tmp_path / "none" / "state.db"), port=0)

    with pytest.raises(ConfigurationError, match=r"--store \S+state\.db cannot be used"):
        serve(settings, lambda application, url: None)
