"""Attack a server of this checkout, on this machine alone, and count what did not hold.

python -m bench.attack                                          all parts, about half an hour
python -m bench.attack --malformed 2000 --minutes 1 --sessions 500
python -m bench.attack --malformed 0 --sessions 0 --minutes 10  one part alone: 0 leaves a part out
python -m bench.attack --only 4711                              one malformed request again, by its number

What is sent is the same for the same --seed. Exit code 1: something did not hold.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

from bench.attack import malformed, mixed, sessions
from bench.attack.breaches import Findings
from bench.attack.messages import attack
from bench.attack.process import attacked, usage
from bench.servers import RESULTS, Server

GROWTH = 1.5
"""How much more memory than at the start may be held after the load, when its sessions are dropped."""


def main() -> None:
    """Print a table for each part and the breaches; exit with 1 where there is one."""
    arguments = _arguments()
    findings = Findings()
    with attacked() as server:
        asyncio.run(_attack(server, arguments, findings))
        if server.process.poll() is not None:
            findings.blame("the server runs on", f"it ended with {server.process.returncode}")
    for line in findings.report(RESULTS):
        print(line)
    print(f"{len(findings.breaches)} breaches" if findings.breaches else "everything held")
    sys.exit(1 if findings.breaches else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--malformed", type=int, default=50_000, metavar="N", help="so many malformed requests (50000)")
    add("--minutes", type=float, default=10, metavar="M", help="mixed load for so many minutes (10)")
    add("--sessions", type=int, default=10_000, metavar="N", help="so many sessions, with 50 clients (10000)")
    add("--seed", type=int, default=1, help="of everything that is sent (1)")
    add("--only", type=int, metavar="NUMBER", help="one malformed request, and no other part")
    add("--patience", type=float, default=90, help="seconds until no answer and no close is a hang (90)")
    add("--peak", type=float, default=500, metavar="MB", help="the most memory under mixed load (500)")
    return parser.parse_args()


async def _attack(server: Server, arguments: argparse.Namespace, findings: Findings) -> None:
    if arguments.only is not None:
        one = attack(arguments.seed, arguments.only)
        await malformed.send_one(server.port, one, arguments.patience, findings, f"number {arguments.only}, ")
        _print_counts(f"malformed request {arguments.only}: {one.name}", findings, 0)
        return
    # The load first: its start is that of a server that has done nothing else.
    if arguments.minutes:
        await _mixed(server, arguments, findings)
    if arguments.malformed:
        begun, counted = time.monotonic(), Findings(findings.breaches)
        await malformed.send_all(
            server.port, arguments.seed, arguments.malformed, arguments.patience, counted
        )
        _print_counts(f"malformed: {arguments.malformed:,} requests", counted, time.monotonic() - begun)
    if arguments.sessions:
        begun, counted = time.monotonic(), Findings(findings.breaches)
        await sessions.work_all(server.port, arguments.sessions, counted)
        what = f"sessions: {arguments.sessions:,} with {sessions.CLIENTS} clients"
        _print_counts(what, counted, time.monotonic() - begun)
    held = usage(server)
    print(f"\nat the end: RSS {held.megabytes:.0f} MB, {held.descriptors} descriptors")


async def _mixed(server: Server, arguments: argparse.Namespace, findings: Findings) -> None:
    seconds = arguments.minutes * 60
    load = mixed.Load(server, arguments.seed, arguments.patience, findings)
    start = await load.warm_up()
    await load.run(seconds, max(1, seconds / 20))
    await load.clean()
    end = await load.settle(GROWTH * start.megabytes, 30)
    print(f"\nmixed load: {seconds:.0f} s, {mixed.WORKERS} clients, {mixed.STREAMS} event streams")
    for line in mixed.table(load.samples, start, end):
        print(line)
    peak = max(sample.usage.megabytes for sample in load.samples)
    if peak > arguments.peak:
        findings.blame("memory is bounded", f"{peak:.0f} MB under mixed load, more than {arguments.peak:.0f}")
    if end.megabytes > GROWTH * start.megabytes:
        findings.blame(
            "memory comes back", f"{start.megabytes:.0f} MB at the start, {end.megabytes:.0f} at the end"
        )
    if end.descriptors > start.descriptors + 10:
        findings.blame(
            "descriptors come back", f"{start.descriptors} at the start, {end.descriptors} at the end"
        )


def _print_counts(title: str, findings: Findings, seconds: float) -> None:
    print(f"\n{title}{f', {seconds:.0f} s' if seconds else ''}")
    for name, count in sorted(findings.counts.items()):
        print(f"| {name} | {count:,} |")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
