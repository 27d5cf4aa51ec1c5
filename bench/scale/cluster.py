"""Servers of this checkout on one store, a Redis server, a link between them that can be cut or slow."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.scaling.replicas import RECORDS, shop
from tests.state.redis_server import RedisServer, running_redis

_TICKS = os.sysconf("SC_CLK_TCK")
DURABLE = ("--save", "''", "--appendonly", "yes", "--appendfsync", "always")
"""A Redis server that keeps every change on disk before it is acknowledged."""


def prepare(folder: Path) -> None:
    """Write the document that is served, its records, and a handler that counts."""
    for name, content in (
        ("specs/shop.yaml", json.dumps(shop())),
        ("fixtures/shop.yaml", json.dumps(RECORDS)),
        ("handlers/shop.py", _HANDLERS),
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)


_HANDLERS = """
from mockserver import Backend, Response

def count(backend: Backend) -> Response:
    items = backend.collection("items")
    item = items.get(1) or {"id": 1, "size": 0}
    return Response(200, items.put(1, {**item, "size": item["size"] + 1}))

HANDLERS = {"count": count}
"""


@dataclass
class Mock:
    """A server: the process that was started, and its URL."""

    process: subprocess.Popen[str]
    url: str

    def workers(self) -> list[int]:
        """The processes that serve: its own, or those that it started."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(child) for child in children] or [self.process.pid]

    def kill_worker(self, number: int) -> None:
        """Kill a worker with no chance to say anything."""
        workers = self.workers()
        with contextlib.suppress(ProcessLookupError):
            os.kill(workers[number % len(workers)], signal.SIGKILL)


@contextlib.contextmanager
def served(folder: Path, store: str, workers: int = 1, core: str | None = None) -> Iterator[Mock]:
    """A server of the folder's document on a store."""
    command = [sys.executable, "-W", "ignore", "-m", "mockserver", "serve", "--port", "0", "--auth", "off"]
    command += ["--store", store, "--workers", str(workers), "--log-level", "error"]
    pinned = command if core is None else ["taskset", "-c", core, *command]
    with subprocess.Popen(pinned, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # noqa: S101  it was asked for
        found = re.search(r"http://\S+", process.stdout.readline())
        if found is None:
            raise RuntimeError(f"the server on {store} has not started")
        try:
            yield Mock(process, found[0])
        finally:
            process.terminate()
            process.wait(30)


@contextlib.contextmanager
def stored(kind: str, folder: Path, *options: str) -> Iterator[tuple[str, RedisServer | None]]:
    """An empty store of a kind: its name for `--store`, and the server where it is one."""
    if kind == "redis":
        with running_redis(*options) as server:
            yield server.url, server
    elif kind == "sqlite":
        for old in folder.glob("state.db*"):
            old.unlink()
        yield str(folder / "state.db"), None
    else:
        yield kind, None


def cpu_seconds(process: int) -> float:
    """The processor time that a process has used so far."""
    with contextlib.suppress(FileNotFoundError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS
    return 0.0


@dataclass
class Link:
    """Forwards connections to a port; cut, it passes nothing and closes nothing: a network that is down."""

    target: int
    delay: float = 0.0
    is_cut: bool = False
    port: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @contextlib.asynccontextmanager
    async def open(self):  # type: ignore[no-untyped-def]
        """Listen on a free port."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            try:
                yield self
            finally:
                for task in self._tasks:
                    task.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
            for pump in (self._pump(reader, far_writer), self._pump(far_reader, writer)):
                task = asyncio.ensure_future(pump)
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                if self.delay:
                    await asyncio.sleep(self.delay)
                while self.is_cut:
                    await asyncio.sleep(0.02)
                writer.write(data)
                await writer.drain()
        writer.close()


def now() -> float:
    """The moment of a call or a return in a history."""
    return time.perf_counter()
