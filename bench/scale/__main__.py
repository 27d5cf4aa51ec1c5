"""Replicas of this checkout on one store: whether they do what one process does, and what that costs.

python -m bench.scale                                   all parts: consistency, then costs; about 8 minutes
python -m bench.scale --seconds 10 --sessions 1000      shorter
python -m bench.scale --seconds 0 --sessions 0          costs alone
python -m bench.scale --costs 0                         consistency alone

Exit code 1: something was lost, crossed, answered 503 or not in an order that can be.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench.scale import costs
from bench.scale.clients import Seen, faults_of, histories, many_sessions, one_session
from bench.scale.cluster import DURABLE, Link, Mock, prepare, served, stored

_REFUSED_SECONDS = 3
"""A 503 comes within a second; this is for a machine that is busy."""


def main() -> None:
    """Print what each part saw; exit with 1 where something cannot be."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--seconds", type=float, default=40, help="each part of the consistency takes so long (40)")
    add("--sessions", type=int, default=10_000, help="so many sessions at once (10000)")
    add("--costs", type=float, default=5, metavar="SECONDS", help="each measurement takes so long (5)")
    arguments = parser.parse_args()
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        for kind in ("sqlite", "redis"):
            faults += _consistency(kind, folder, arguments)
        if arguments.costs:
            print("\n".join(costs.table(folder, arguments.costs)))
            print("\n".join(costs.of_workers(folder, arguments.costs)))
    for fault in faults:
        print("FAULT", fault)
    sys.exit(1 if faults else 0)


def _consistency(kind: str, folder: Path, arguments: argparse.Namespace) -> list[str]:
    faults: list[str] = []

    def part(title: str, seen: Seen, expected: tuple[int, ...] = (200, 201)) -> None:
        print(f"{kind}: {title}: {seen.line()}", flush=True)
        faults.extend(f"{kind}: {title}: {fault}" for fault in faults_of(seen, expected=expected))

    with ExitStack() as stack:
        store, server = stack.enter_context(stored(kind, folder, *DURABLE))
        mocks = _mocks(stack, folder, kind, store)
        seconds = arguments.seconds
        if seconds:
            part("50 clients, one session", asyncio.run(one_session(mocks, seconds, 0)))
            part("the same, workers killed", asyncio.run(one_session(mocks, seconds, 3)))
            part("histories, workers killed", asyncio.run(histories(mocks, seconds, 3)))
        if arguments.sessions:
            part(f"{arguments.sessions} sessions", asyncio.run(many_sessions(mocks, arguments.sessions)))
        if server is not None and seconds:
            seen = asyncio.run(_disturbed(folder, server.port, seconds))
            part("histories, a slow link and a partition", seen, (200, 201, 503))
            if seen.slowest_refusal > _REFUSED_SECONDS:
                faults.append(f"{kind}: a 503 took {seen.slowest_refusal:.1f} s")
    return faults


def _mocks(stack: ExitStack, folder: Path, kind: str, store: str) -> list[Mock]:
    """Four workers: of one server on a file, of two on Redis."""
    counts = (4,) if kind == "sqlite" else (2, 2)
    return [stack.enter_context(served(folder, store, count)) for count in counts]


async def _disturbed(folder: Path, port: int, seconds: float) -> Seen:
    async with Link(port).open() as link:
        with ExitStack() as stack:
            url = f"redis://127.0.0.1:{link.port}/1"
            mocks = await asyncio.to_thread(_mocks, stack, folder, "redis", url)
            try:
                return await histories(mocks, seconds, 0, link)
            finally:
                link.is_cut = False
                await asyncio.to_thread(stack.close)


if __name__ == "__main__":
    main()
