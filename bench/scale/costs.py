"""What a request costs with each store: requests a second, and processor time of workers and of the store."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from statistics import median

from tests.state.redis_server import RedisServer

from bench.scale.cluster import Mock, cpu_seconds, served, stored

KINDS = ("memory", "sqlite", "redis")
_ROUNDS = 3
_MANY = "local n = 0; request = function() n = n + 1; h['x-mock-session'] = 's' .. n % 100; "
_SCRIPTS = {
    "read": "local h = {}; " + _MANY + "return wrk.format('GET', nil, h) end",
    "write": "local h = {['content-type'] = 'application/json'}; "
    + _MANY
    + """return wrk.format('PATCH', nil, h, '{"size":3,"name":"x"}') end""",
}


def table(folder: Path, seconds: float) -> list[str]:
    """A line for each store: medians of rounds that take turns."""
    found: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    for _ in range(_ROUNDS):
        for kind in KINDS:
            with stored(kind, folder) as (store, server), served(folder, store, core="0") as mock:
                for name in _SCRIPTS:
                    found.setdefault((kind, name), []).append(_measured(folder, mock, server, name, seconds))
    lines = [
        "| store | operation | requests/s | of memory | worker µs | store µs |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for (kind, name), rounds in found.items():
        rate, worker, store_cost = (median(each) for each in zip(*rounds, strict=True))
        ratios = [
            mine[1] and base[1] / mine[1] for mine, base in zip(rounds, found["memory", name], strict=True)
        ]
        lines.append(
            f"| {kind} | {name} | {rate:,.0f} | {median(ratios):.2f} | {worker:.0f} | {store_cost:.0f} |"
        )
    return lines


def of_workers(folder: Path, seconds: float) -> list[str]:
    """Processor time of all workers for a request, for one worker and for two."""
    lines = []
    for kind in ("sqlite", "redis"):
        for name in _SCRIPTS:
            costs = []
            for workers in (1, 2):
                with stored(kind, folder) as (store, server), served(folder, store, workers) as mock:
                    costs.append(_measured(folder, mock, server, name, seconds)[1])
            lines.append(
                f"{kind}, {name}: {costs[0]:.0f} µs with one worker, {costs[1]:.0f} µs with two: "
                f"{costs[1] / costs[0]:.2f} times as much"
            )
    return lines


def _measured(
    folder: Path, mock: Mock, server: RedisServer | None, name: str, seconds: float
) -> tuple[float, float, float]:
    """Requests a second, and microseconds of workers and of the store for each."""
    script = folder / "request.lua"
    script.write_text(_SCRIPTS[name])
    command = ["wrk", "-t1", "-c16", f"-d{seconds:g}s", "-s", str(script), mock.url + "/items/1"]
    processes = mock.workers()
    before = sum(map(cpu_seconds, processes)), 0.0 if server is None else cpu_seconds(server.process)
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    count = re.search(r"(\d+) requests in", said)
    if count is None or "Non-2xx" in said:
        raise RuntimeError(f"wrk says: {said}")
    requests = int(count[1])
    worker = sum(map(cpu_seconds, processes)) - before[0]
    store = 0.0 if server is None else cpu_seconds(server.process) - before[1]
    return requests / seconds, worker / requests * 1e6, store / requests * 1e6
