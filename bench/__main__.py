"""`python -m bench`: measure the mock beside its peers, in one run."""

import argparse
import shutil
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import footprint, load, report
from bench.inferred import measure, table
from bench.layers import print_console_costs, print_layers
from bench.rule_costs import print_rule_costs
from bench.servers import Peer, Server, ServerError, peers, prove, running


def main() -> None:
    """Measure, print the table, write the results."""
    arguments = _arguments()
    if arguments.profile:
        print_layers()
        return
    missing = _missing()
    if missing:
        sys.exit(f"bench: {missing}")
    try:
        results = _measure(arguments.seconds, arguments.rounds, arguments.starts)
        seconds = min(arguments.seconds, 3)
        inferred = list(table(measure(seconds, arguments.rounds), seconds))
    except ServerError as error:
        sys.exit(f"bench: {error}")
    print(report.table(results))
    print()
    print("\n".join(inferred))
    print_console_costs()
    print_rule_costs()
    for file in report.write(results):
        print(f"written: {file.relative_to(Path.cwd())}" if file.is_relative_to(Path.cwd()) else file)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--seconds", type=int, default=5, help="length of one round (5)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds per server (5)")
    parser.add_argument("--starts", type=int, default=7, help="starts to measure, 0 for none (7)")
    parser.add_argument("--profile", action="store_true", help="say where a request's time goes, by layer")
    return parser.parse_args()


def _missing() -> str | None:
    if shutil.which("wrk") is None:
        return "wrk is missing: apt-get install wrk"
    if footprint.cores()[0] is None:
        print(
            "bench: fewer than two cores to choose from: server and load disturb each other", file=sys.stderr
        )
    elif shutil.which("taskset") is None:
        return "taskset is missing: apt-get install util-linux"
    return None


def _measure(seconds: float, rounds: int, starts: int) -> report.Results:
    everyone = peers()
    present = [peer for peer in everyone if peer.needs is None]
    skipped = {peer.name: peer.needs for peer in everyone if peer.needs is not None}
    for name, reason in skipped.items():
        print(f"skipped: {name}: {reason}", file=sys.stderr)
    with TemporaryDirectory() as name:
        folder = Path(name)
        results = _take_turns(present, seconds, rounds, folder)
        found = footprint.measure(present[0], starts, footprint.cores(), folder) if starts else None
    return replace(results, peers=everyone, skipped=skipped, footprint=found)


def _take_turns(present: list[Peer], seconds: float, rounds: int, folder: Path) -> report.Results:
    """Load the servers in turn, round by round, so that a slow minute of the machine is everyone's."""
    server_core, load_core = footprint.cores()
    with ExitStack() as stack:
        servers = [stack.enter_context(running(peer, server_core)) for peer in present]
        for server in servers:
            prove(server)
            load.put(server, 3, load_core, folder)  # warm
        loads: dict[str, list[load.Load]] = {peer.name: [] for peer in present}
        for number in range(rounds):
            for server in servers:
                loads[server.peer.name].append(_once(server, number, seconds, load_core, folder))
        findings = {server.peer.name: server.findings for server in servers}
    return report.Results(present, loads, findings, {}, None, seconds)


def _once(server: Server, number: int, seconds: float, core: int | None, folder: Path) -> load.Load:
    result = load.put(server, seconds, core, folder)
    note = f"round {number + 1}: {server.peer.name} {result.rate:,.0f} requests/s"
    print(note, file=sys.stderr)
    return result


if __name__ == "__main__":
    main()
