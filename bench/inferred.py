"""`python -m bench.inferred`: operations without a handler, beside servers that answer from the document.

Ours keeps what it is sent, and validates both directions; the others keep nothing.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
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
from bench.answer import Answer
from bench.footprint import cores
from bench.measured import ask, script
from bench.servers import NODE_MODULES, Peer, Server, ServerError, node, python, running

DOCUMENT = Path(__file__).with_name("things.json")
_THING = json.dumps(
    {"name": "A thing", "price": 12.5, "status": "open", "description": "Something to have"}
).encode()
_JSON = {"Content-Type": "application/json"}
_LISTED = 10
_PATIENCE = 60.0
_QUIET = 0.9


@dataclass(frozen=True, slots=True)
class Operation:
    """A request to measure; `status` is that of its answer."""

    name: str
    method: str
    path: str
    body: bytes = b""
    status: int = 200


OPERATIONS = (
    Operation("GET item", "GET", "/things/1"),
    Operation(f"GET list of {_LISTED}", "GET", "/things"),
    Operation("PATCH", "PATCH", "/things/1", _THING),
    Operation("POST create", "POST", "/things", _THING, 201),
)
"""Creates come last: the list of the others has ten records."""


def peers() -> list[Peer]:
    """Every server, ours first."""
    ours = python("mockserver", "serve", str(DOCUMENT))
    prism, prism_needs = node(
        "@stoplight/prism-cli",
        *(str(NODE_MODULES / "@stoplight/prism-cli/dist/index.js"), "mock", "-h", "127.0.0.1"),
        *("-p", "{port}", "-v", "silent", str(DOCUMENT)),
    )
    system = {"Linux": "linux", "Darwin": "darwin"}.get(platform.system(), "win32")
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    # The program itself: what `steady` starts is a process of its own, whose time would not be counted.
    steady = NODE_MODULES / f"@stdy/cli-{system}-{machine}" / "bin" / "steady"
    options = ["--host", "127.0.0.1", "-q", f"--generator-array-size={_LISTED}"]
    steady_needs = None if steady.exists() else "run `npm ci --prefix bench/peers` first"
    return [
        Peer("mockserver", lambda port: [*ours, "--port", str(port)], ""),
        Peer(
            "Steady", lambda port: [str(steady), "-p", str(port), *options, str(DOCUMENT)], "", steady_needs
        ),
        Peer("Prism", prism, "", prism_needs),
    ]


def measure(seconds: float, rounds: int) -> dict[tuple[str, str], list[load.Load]]:
    """The rounds of each server and operation; servers take turns."""
    present = [peer for peer in peers() if peer.needs is None]
    for peer in peers():
        if peer.needs is not None:
            print(f"skipped: {peer.name}: {peer.needs}", file=sys.stderr)
    server_core, load_core = cores()
    loads: dict[tuple[str, str], list[load.Load]] = {}
    with TemporaryDirectory() as name, ExitStack() as stack:
        servers = [stack.enter_context(running(peer, server_core)) for peer in present]
        for server in servers:
            _prove(server)
        for operation in OPERATIONS:
            text = script(operation.method, operation.body, _JSON if operation.body else {})
            for number in range(rounds + 1):
                for server in servers:
                    _begin_anew(server)
                    found = load.put(server, seconds, load_core, Path(name), operation.path, text)
                    if number:  # the first round warms
                        loads.setdefault((server.peer.name, operation.name), []).append(found)
    return loads


def _asked(server: Server, operation: Operation) -> Answer:
    headers = _JSON if operation.body else {}
    return ask(server.port, operation.body, method=operation.method, path=operation.path, headers=headers)


def _begin_anew(server: Server) -> None:
    """Have ten records, as the others always show; what was made before is gone."""
    if server.peer.name != "mockserver":
        return
    ask(server.port, b"", method="POST", path="/__admin/reset", headers={})
    for _ in range(_LISTED):
        ask(server.port, _THING, method="POST", path="/things", headers=_JSON)


def _prove(server: Server) -> None:
    """Wait until a server answers, and see that it answers what is measured and refuses what is wrong.

    Raises:
        ServerError: it does not.
    """
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            _begin_anew(server)
            _asked(server, OPERATIONS[0])
            break
        except (OSError, HTTPException) as error:
            if time.monotonic() > deadline or server.process.poll() is not None:
                raise ServerError(f"{server.peer.name} does not answer: {error}") from None
            time.sleep(0.02)
    for operation in OPERATIONS:
        answer = _asked(server, operation)
        value: Any = answer.json()
        if answer.status != operation.status or not value:
            raise ServerError(
                f"{server.peer.name}: {answer.status} {answer.body[:80]!r} for {operation.name}"
            )
        if isinstance(value, list) and server.peer.name != "Prism" and len(value) != _LISTED:
            raise ServerError(f"{server.peer.name} lists {len(value)}")
    wrong = ask(server.port, b'{"name":5}', method="POST", path="/things", headers=_JSON)
    if wrong.status not in {400, 422}:
        raise ServerError(f"{server.peer.name} takes a wrong body: {wrong.status}")


def table(loads: Mapping[tuple[str, str], list[load.Load]], seconds: float) -> Iterator[str]:
    """The medians as Markdown: requests a second, and microseconds of the processor for each."""
    found = {key: load.median(rounds) for key, rounds in loads.items()}
    names = list(dict.fromkeys(name for name, _ in found))
    yield "| requests/s (CPU µs) | " + " | ".join(operation.name for operation in OPERATIONS) + " |"
    yield "|---|" + "--:|" * len(OPERATIONS)
    for name in names:
        cells = (found[name, operation.name] for operation in OPERATIONS)
        yield f"| {name} | " + " | ".join(f"{cell.rate:,.0f} ({cell.cpu:.0f})" for cell in cells) + " |"
    if "Steady" in names:
        pairs = [(found["mockserver", one.name], found["Steady", one.name]) for one in OPERATIONS]
        rates = (f"{ours.rate / theirs.rate:.2f} x" for ours, theirs in pairs)
        costs = (f"{ours.cpu / theirs.cpu:.2f} x" for ours, theirs in pairs)
        yield f"| mockserver is, of Steady | {' | '.join(rates)} |"
        yield f"| and takes, of its CPU | {' | '.join(costs)} |"
    yield ""
    yield (
        f"Operations without a handler, from {load.CONNECTIONS} connections, server and load on a core each; "
        f"medians of {max(map(len, loads.values()))} interleaved rounds of {seconds:g} s. Prism lists one "
        "record, and the others keep nothing. Steady has more than one thread: its CPU time is that of all."
    )
    busy = min(cell.busy for cell in found.values())
    if busy < _QUIET:
        yield f"The machine was not quiet (a server had {busy:.0%} of its core): CPU time says more."


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.inferred", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3, help="length of one round (3)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds for each operation (5)")
    arguments = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("bench: wrk is missing: apt-get install wrk")
    try:
        print("\n".join(table(measure(arguments.seconds, arguments.rounds), arguments.seconds)))
    except ServerError as error:
        sys.exit(f"bench: {error}")


if __name__ == "__main__":
    main()
