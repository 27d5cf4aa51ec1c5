"""Put a server under load with wrk, and read what it made of it."""

import json
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.measured import PATH, script
from bench.servers import Server, ServerError, pinned

CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Load:
    """One server under load, once.

    Attributes:
        rate: requests per second.
        cpu: microseconds of the server's processor time per request: what neighbours disturb least.
        p50: milliseconds; half of the answers came sooner.
        p99: milliseconds; all but one in a hundred came sooner.
        busy: the part of its core that the server had; a loaded server on a quiet machine has nearly all.
    """

    rate: float
    cpu: float
    p50: float
    p99: float
    busy: float


def put(
    server: Server,
    seconds: float,
    core: int | None,
    folder: Path,
    path: str = PATH,
    text: str = script(),
) -> Load:
    """Load a server from another core.

    `text` is the request, as wrk is told to send it.

    Raises:
        ServerError: some requests failed.
    """
    file = folder / "request.lua"
    file.write_text(text)
    options = ["-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s", "--timeout", "10s", "-s", str(file)]
    command = pinned(["wrk", *options, f"http://127.0.0.1:{server.port}{path}"], core)
    before = server.cpu_seconds()
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    used = server.cpu_seconds() - before
    if result.returncode:
        raise ServerError(f"wrk failed: {result.stderr or result.stdout}")
    figures = json.loads(result.stdout.splitlines()[-1])
    if figures["failed"] or not figures["requests"]:
        raise ServerError(f"{server.peer.name}: {figures['failed']} of {figures['requests']} requests failed")
    return Load(
        rate=figures["requests"] / figures["microseconds"] * 1e6,
        cpu=used / figures["requests"] * 1e6,
        p50=figures["p50"],
        p99=figures["p99"],
        busy=used / figures["microseconds"] * 1e6,
    )


def median(loads: Sequence[Load]) -> Load:
    """The median of each figure over the rounds."""
    return Load(
        *(
            statistics.median(getattr(load, name) for load in loads)
            for name in ("rate", "cpu", "p50", "p99", "busy")
        )
    )


def spread(loads: Sequence[Load]) -> float:
    """How far the rounds lie apart: highest over lowest rate, less one."""
    rates = [load.rate for load in loads]
    return max(rates) / min(rates) - 1
