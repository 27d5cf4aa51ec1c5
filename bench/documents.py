"""`python -m bench.documents`: what the size of a document costs, at start-up and at each request.

GitHub's document is served beside five operations cut out of it, and the same request of one of the five is
sent to both: what differs is the size of the document alone.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import load
from bench.corpus.documents import FOLDER, fetch
from bench.footprint import cores
from bench.measured import ask, script
from bench.servers import Peer, Server, ServerError, python, running

_GITHUB = "github.com/ghes-3.8.json"
_CUT = ("/gitignore/templates", "/gitignore/templates/{name}", "/zen", "/feeds", "/licenses")
_REQUEST = "/gitignore/templates/C"
_STARTS: tuple[tuple[str, str, str, float, float], ...] = (
    ("GitHub", _GITHUB, _REQUEST, 1.5, 250),
    ("Stripe", "stripe.com.json", "/v1/customers", 0.8, 250),
    ("Microsoft Graph", "microsoft.com/graph.json", "/v1.0/me", 1.8, 190),
)
_PATIENCE = 120.0
_QUIET = 0.9


@dataclass(frozen=True, slots=True)
class Start:
    """What starting took: seconds to the first answer, those of the processor, megabytes then."""

    name: str
    operations: int
    seconds: float
    processor: float
    megabytes: float
    most_seconds: float
    most_megabytes: float


def main() -> None:
    """Measure and print two tables; exit with 1 when a target was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.documents", description=__doc__)
    parser.add_argument("--seconds", type=float, default=4, help="length of one round (4)")
    parser.add_argument("--rounds", type=int, default=7, help="rounds for each document (7)")
    parser.add_argument("--starts", type=int, default=5, help="starts of each document (5)")
    arguments = parser.parse_args()
    fetch()
    starts = [_start(*row, arguments.starts) for row in _STARTS]
    print("\n".join(_start_table(starts)), flush=True)
    with TemporaryDirectory() as folder:
        loads = _loads(Path(folder), arguments.seconds, arguments.rounds)
    print("\n".join(_load_table(loads)))
    missed = [
        start
        for start in starts
        if start.seconds > start.most_seconds or start.megabytes > start.most_megabytes
    ]
    sys.exit(bool(missed) or _share(loads) < 0.8)


def cut(root: dict[str, Any], paths: tuple[str, ...]) -> dict[str, Any]:
    """The document with these paths only, and of its components only what they refer to."""
    kept = {path: {"get": root["paths"][path]["get"]} for path in paths}
    components: dict[str, dict[str, Any]] = {}
    waiting: list[Any] = [kept]
    while waiting:
        for reference in _references(waiting.pop()):
            _, _, kind, name = reference.split("/")
            if name not in components.setdefault(kind, {}):
                components[kind][name] = root["components"][kind][name]
                waiting.append(components[kind][name])
    return {**root, "paths": kept, "components": components}


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _peer(file: Path) -> Peer:
    command = python("mockserver", "serve", str(file), "--auth", "off")
    return Peer(file.name, lambda port: [*command, "--port", str(port)], "")


def _answered(server: Server, path: str) -> bytes:
    """The answer to the first request that is answered."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            answer = ask(server.port, b"", method="GET", path=path, headers={})
        except (OSError, HTTPException):
            time.sleep(0.002)
            continue
        if answer.status != 200:
            raise ServerError(f"{server.peer.name}: {answer.status} for {path}")
        return answer.body
    raise ServerError(f"{server.peer.name} does not answer")


def _start(
    name: str, document: str, path: str, most_seconds: float, most_megabytes: float, times: int
) -> Start:
    seconds, processor, megabytes = [], [], []
    for _ in range(times):
        begun = time.perf_counter()
        with running(_peer(FOLDER / document), None) as server:
            _answered(server, path)
            seconds.append(time.perf_counter() - begun)
            processor.append(server.cpu_seconds())
            megabytes.append(server.resident_megabytes())
    root = json.loads((FOLDER / document).read_bytes())
    operations = sum(
        method in {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
        for item in root["paths"].values()
        for method in item
    )
    return Start(
        name,
        operations,
        statistics.median(seconds),
        statistics.median(processor),
        statistics.median(megabytes),
        most_seconds,
        most_megabytes,
    )


def _loads(folder: Path, seconds: float, rounds: int) -> dict[str, list[load.Load]]:
    """Load both in turn."""
    small = folder / "github-five.json"
    small.write_text(json.dumps(cut(json.loads((FOLDER / _GITHUB).read_bytes()), _CUT)))
    server_core, load_core = cores()
    text = script("GET", b"", {})
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(running(_peer(file), server_core))
            for name, file in (
                ("five of its operations", small),
                ("all of GitHub's document", FOLDER / _GITHUB),
            )
        }
        answers = {_answered(server, _REQUEST) for server in servers.values()}
        if len({len(answer) for answer in answers}) != 1:
            raise ServerError(f"the answers differ: {answers}")
        loads: dict[str, list[load.Load]] = {name: [] for name in servers}
        for number in range(rounds + 1):
            for name, server in servers.items():
                found = load.put(server, seconds, load_core, folder, _REQUEST, text)
                if number:  # the first round warms
                    loads[name].append(found)
    return loads


def _share(loads: Mapping[str, list[load.Load]]) -> float:
    small, large = (load.median(rounds) for rounds in loads.values())
    return large.rate / small.rate


def _start_table(starts: list[Start]) -> Iterator[str]:
    yield "| document | operations | s to the first answer | at most | CPU s | megabytes | at most |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    for start in starts:
        yield (
            f"| {start.name} | {start.operations:,} | {start.seconds:.2f} | {start.most_seconds:g} "
            f"| {start.processor:.2f} | {start.megabytes:.0f} | {start.most_megabytes:g} |"
        )


def _load_table(loads: Mapping[str, list[load.Load]]) -> Iterator[str]:
    yield ""
    yield f"| `GET {_REQUEST}` | requests/s | CPU µs | p50 ms | p99 ms |"
    yield "|---|--:|--:|--:|--:|"
    for name, rounds in loads.items():
        found = load.median(rounds)
        yield f"| {name} | {found.rate:,.0f} | {found.cpu:.1f} | {found.p50:.2f} | {found.p99:.2f} |"
    yield ""
    small, large = (load.median(rounds) for rounds in loads.values())
    yield (
        f"Requests/s on the whole document are {_share(loads):.0%} of those on five operations; "
        f"a request takes {large.cpu / small.cpu:.2f} times the processor's time."
    )
    if min(small.busy, large.busy) < _QUIET:
        yield "The machine was not quiet: only the processor's time says something."


if __name__ == "__main__":
    main()
