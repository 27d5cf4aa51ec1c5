"""Write down what was measured: a table for people, JSON for machines."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.footprint import SESSIONS, Footprint
from bench.load import CONNECTIONS, Load, median, spread
from bench.servers import RESULTS, Peer

_QUIET = 0.9


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that one run found out.

    Attributes:
        loads: the rounds of each server, by name; ours first.
        findings: what each server was seen to do.
        skipped: peers that could not run, with the reason.
    """

    peers: Sequence[Peer]
    loads: Mapping[str, Sequence[Load]]
    findings: Mapping[str, Mapping[str, bool]]
    skipped: Mapping[str, str]
    footprint: Footprint | None
    seconds: float


def table(results: Results) -> str:
    """The figures as Markdown."""
    lines = [
        "| server | requests/s | mockserver is | p50 ms | p99 ms "
        "| CPU µs | mockserver takes | remembers | does not do |",
        "|---|--:|--:|--:|--:|--:|--:|:-:|---|",
    ]
    medians = {name: median(loads) for name, loads in results.loads.items()}
    ours = next(iter(medians.values()))
    for peer in results.peers:
        load = medians.get(peer.name)
        if load is None:
            continue
        ratio, cost = "", ""
        if load is not ours:
            ratio, cost = f"{ours.rate / load.rate:.2f} x", f"{ours.cpu / load.cpu:.2f} x"
        remembers = "yes" if results.findings[peer.name].get("remembers") else "no"
        lines.append(
            f"| {peer.name} | {load.rate:,.0f} | {ratio} | {load.p50:.2f} | {load.p99:.2f} "
            f"| {load.cpu:.1f} | {cost} | {remembers} | {peer.lacks} |"
        )
    lines += [f"| {name} | skipped | | | | | | | {reason} |" for name, reason in results.skipped.items()]
    return "\n".join([*lines, "", *_remarks(results)])


def _remarks(results: Results) -> list[str]:
    rounds = max(map(len, results.loads.values()))
    apart = max(spread(loads) for loads in results.loads.values())
    remarks = [
        f"The same PATCH (bearer token, nested JSON body) from {CONNECTIONS} connections, server and load "
        f"on a core each; medians of {rounds} interleaved rounds of {results.seconds:g} s, those of one "
        f"server up to {apart:.0%} apart. CPU is the server's processor time per request.",
    ]
    starved = [name for name, loads in results.loads.items() if median(loads).busy < _QUIET]
    if starved:
        remarks += [
            "",
            f"The machine was not quiet: {', '.join(starved)} had less than {_QUIET:.0%} of the core. "
            "Requests/s, latencies and their ratios say little then; processor time per request says more.",
        ]
    found = results.footprint
    if found is not None:
        ratio = found.first_answer / found.import_connexion
        remarks += [
            "",
            "| start-up and memory | |",
            "|---|--:|",
            f"| start to right answers of all three APIs | {found.first_answer:.2f} s |",
            f'| `python -c "import connexion"` | {found.import_connexion:.2f} s |',
            f"| ratio | {ratio:.2f} x |",
            f"| resident after start | {found.started:.0f} MB |",
            f"| resident after load | {found.loaded:.0f} MB |",
            f"| {SESSIONS:,} sessions with a changed record each | + {found.sessions:.0f} MB |",
        ]
    return remarks


def write(results: Results) -> list[Path]:
    """Write `latest.json` and `latest.md`, and return where they are."""
    RESULTS.mkdir(exist_ok=True)
    files = [RESULTS / "latest.json", RESULTS / "latest.md"]
    files[0].write_text(json.dumps(_values(results), indent=2) + "\n")
    files[1].write_text(table(results) + "\n")
    return files


def _values(results: Results) -> dict[str, Any]:
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "seconds": results.seconds,
        "servers": {
            name: {
                **asdict(median(loads)),
                "rounds": [asdict(load) for load in loads],
                "findings": dict(results.findings[name]),
            }
            for name, loads in results.loads.items()
        },
        "skipped": dict(results.skipped),
        "footprint": asdict(results.footprint) if results.footprint else None,
    }
