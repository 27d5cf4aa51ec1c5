"""The same documents and requests for other mocks, over HTTP, with the same judge.

Each is given the document without its `security`, as ours is served with `--auth off`: what they take for a
token differs, and is no matter here.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.answer import Answer
from bench.corpus.documents import name_of
from bench.corpus.measure import Measured, measure_with
from bench.corpus.requests import Request
from bench.corpus.tables import causes
from bench.servers import NODE_MODULES, Peer, Server, node, python, running
from mockserver.app import build
from mockserver.config import Settings
from mockserver.errors import MockserverError
from mockserver.http.served_api import Service

_SECONDS_TO_START = 60.0
_SECONDS_TO_ANSWER = 10.0
_SECONDS_A_DOCUMENT = 300.0


@dataclass(frozen=True, slots=True)
class Kind:
    """A server to compare.

    Attributes:
        command: its command line, given the document, its base path and a port.
        with_base: whether it serves paths behind the document's base path.
    """

    name: str
    command: Callable[[Path, str, int], list[str]]
    with_base: bool = True
    needs: str | None = None


class TooLateError(Exception):
    """A server had its time."""


def kinds() -> list[Kind]:
    """Ours first, then Prism and Connexion's mock as they come."""
    script = str(NODE_MODULES / "@stoplight/prism-cli/dist/index.js")
    prism, needs = node("@stoplight/prism-cli", script, "mock", "-v", "silent", "-p", "{port}")
    return [
        Kind("mockserver", _mockserver),
        Kind("Prism", lambda file, _, port: [*prism(port), str(file)], with_base=False, needs=needs),
        Kind("Connexion mock", _connexion),
    ]


def _mockserver(file: Path, _: str, port: int) -> list[str]:
    return python("mockserver", "serve", str(file), "--auth", "off", "--port", str(port))


def _connexion(file: Path, base: str, port: int) -> list[str]:
    command = python("connexion", "run", str(file), "--mock=all", "--base-path", base)
    return [*command, "-p", str(port), "-H", "127.0.0.1"]


def compare(files: Sequence[Path], jobs: int) -> dict[str, list[Measured]]:
    """Measure every server with every document."""
    everyone = [kind for kind in kinds() if kind.needs is None]
    with TemporaryDirectory() as folder, ThreadPoolExecutor(jobs) as pool:
        found = []
        for row in pool.map(lambda file: [_measure(kind, file, Path(folder)) for kind in everyone], files):
            found.append(row)
            print(f"{len(found)} of {len(files)} documents", file=sys.stderr)
    return {kind.name: [row[number] for row in found] for number, kind in enumerate(everyone)}


def _measure(kind: Kind, file: Path, folder: Path) -> Measured:
    """Start one server with one document, and put it to the test."""
    measured = Measured(name_of(file))
    try:
        service = next(iter(build(Settings(specs=(file,), auth="off", fixtures=None)).services.values()))
    except MockserverError as error:  # there is nobody to judge by
        measured.refused = f"not read by the judge: {error}"[:300]
        return measured
    copy = folder / f"{name_of(file).replace('/', '-')}"
    copy.write_text(json.dumps(_without_security(json.loads(file.read_bytes()))))
    begun = time.perf_counter()
    peer = Peer(kind.name, partial(kind.command, copy, service.document.base_path), "")
    with running(peer, None) as server:
        try:
            _wait(server, begun)
            _test(kind, server, service, measured, begun)
        except TooLateError as error:
            measured.refused = str(error)
        measured.megabytes = server.resident_megabytes() if server.process.poll() is None else 0.0
    measured.seconds = time.perf_counter() - begun
    return measured


def _without_security(document: dict[str, Any]) -> dict[str, Any]:
    document.pop("security", None)
    paths = document.get("paths")
    for item in paths.values() if isinstance(paths, dict) else ():
        for operation in item.values() if isinstance(item, dict) else ():
            if isinstance(operation, dict):
                operation.pop("security", None)
    return document


def _wait(server: Server, begun: float) -> None:
    """Wait until it answers anything at all."""
    while time.perf_counter() - begun < _SECONDS_TO_START:
        if server.process.poll() is not None:
            raise TooLateError(f"ends with {server.process.returncode}")
        try:
            _ask(server.port, Request("GET", "/"))
        except (OSError, HTTPException):
            time.sleep(0.02)
            continue
        return
    raise TooLateError(f"does not answer within {_SECONDS_TO_START:.0f} s")


def _test(kind: Kind, server: Server, service: Service, measured: Measured, begun: float) -> None:
    base = "" if kind.with_base else service.document.base_path

    async def send(request: Request, session: str) -> Answer:
        if time.perf_counter() - begun > _SECONDS_A_DOCUMENT:
            return Answer(0, {}, b"the document had its time")
        path = request.path.removeprefix(base) or "/"
        headers = {**request.headers, "x-mock-session": session}
        try:
            return _ask(server.port, request, path, headers)
        except TimeoutError:
            return Answer(0, {}, b"no answer in time")
        except (OSError, HTTPException, ValueError) as error:
            return Answer(0, {}, f"no answer: {type(error).__name__}".encode())

    asyncio.run(measure_with(service, send, measured, begun))


def _ask(port: int, request: Request, path: str = "/", headers: dict[str, str] | None = None) -> Answer:
    connection = HTTPConnection("127.0.0.1", port, timeout=_SECONDS_TO_ANSWER)
    query = request.query_string.decode()
    try:
        connection.request(
            request.method, f"{path}?{query}" if query else path, request.body or None, headers or {}
        )
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, response.read())
    finally:
        connection.close()


def comparison(found: dict[str, list[Measured]]) -> Iterator[str]:
    """The servers beside each other, as Markdown, and why the others fail."""
    yield "| server | documents served | operations answered | resources held | seconds to start | silent |"
    yield "|---|--:|--:|--:|--:|--:|"
    documents = len(next(iter(found.values())))
    first = next(iter(found.values()))
    operations, trips = sum(entry.operations for entry in first), sum(entry.trips for entry in first)
    for name, entries in found.items():
        served = [entry for entry in entries if not entry.refused]
        answered, held = sum(entry.answered for entry in served), sum(entry.held for entry in served)
        starts = sorted(entry.to_first_answer for entry in served) or [0.0]
        silent = sum(
            n for entry in served for cause, n in entry.causes.count.items() if cause.startswith("0:")
        )
        yield (
            f"| {name} | {len(served)} of {documents} | {answered:,} of {operations:,} "
            f"({answered / max(operations, 1):.1%}) | {held:,} of {trips:,} ({held / max(trips, 1):.1%}) "
            f"| {starts[len(starts) // 2]:.2f} | {silent} |"
        )
    for name, entries in found.items():
        yield f"\n{name}:"
        yield from (f"- refused: {entry.name}: {entry.refused}" for entry in entries if entry.refused)
        yield from causes("operations", [entry.causes for entry in entries])
