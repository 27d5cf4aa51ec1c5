"""What the mock costs before and beside its requests: start-up, memory, sessions."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from bench.load import put
from bench.measured import BODY, HEADERS, METHOD, PATH, ROOT, ask
from bench.servers import Peer, Server, ServerError, environment, is_appointment, pinned, running

SESSIONS = 10_000
_OTHERS = [
    ("DELETE", "/api/users/42/reservations/89", "patient-token", 204),
    ("PUT", "/api/citas/1/cancelar", "asistente-token", 200),
]


@dataclass(frozen=True, slots=True)
class Footprint:
    """Start-up in seconds, memory in megabytes.

    Attributes:
        first_answer: from the start of the process until each of the three APIs has answered rightly.
        import_connexion: what `python -c "import connexion"` takes.
        started: resident after those first answers.
        loaded: resident after load.
        sessions: growth through ten thousand sessions with one changed record each.
    """

    first_answer: float
    import_connexion: float
    started: float
    loaded: float
    sessions: float


def measure(ours: Peer, rounds: int, cores: tuple[int | None, int | None], folder: Path) -> Footprint:
    """Measure all of it; start-ups and imports take turns."""
    starts, imports = [], []
    _import_connexion(cores[0])  # leaves compiled modules behind for everyone
    for _ in range(rounds):
        starts.append(_start(ours, cores[0]))
        imports.append(_import_connexion(cores[0]))
    with running(ours, cores[0]) as server:
        _answer_all(server)
        started = server.resident_megabytes()
        put(server, 2, cores[1], folder)
        loaded = server.resident_megabytes()
    return Footprint(
        statistics.median(starts), statistics.median(imports), started, loaded, _sessions(ours, cores[0])
    )


def _start(ours: Peer, core: int | None) -> float:
    begun = time.perf_counter()
    with running(ours, core) as server:
        _answer_all(server)
        return time.perf_counter() - begun


def _answer_all(server: Server) -> None:
    server.wait(is_appointment)
    for method, path, token, status in _OTHERS:
        answer = ask(server.port, b"", method=method, path=path, headers={"Authorization": f"Bearer {token}"})
        if answer.status != status:
            raise ServerError(f"{method} {path}: {answer.status} in place of {status}")


def _import_connexion(core: int | None) -> float:
    begun = time.perf_counter()
    command = pinned([sys.executable, "-c", "import connexion"], core)
    subprocess.run(command, cwd=ROOT, env=environment(), check=True, capture_output=True)
    return time.perf_counter() - begun


def _sessions(ours: Peer, core: int | None) -> float:
    """Let ten thousand sessions change a record; the journal is full before, so that it does not count."""
    with running(ours, core) as server:
        server.wait(is_appointment)
        connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
        _repeat(connection, 2_000, lambda _: {})
        before = server.resident_megabytes()
        _repeat(connection, SESSIONS, lambda number: {"X-Mock-Session": f"session-{number}"})
        connection.close()
        return server.resident_megabytes() - before


def _repeat(connection: HTTPConnection, times: int, further: Callable[[int], dict[str, str]]) -> None:
    for number in range(times):
        connection.request(METHOD, PATH, BODY, HEADERS | further(number))
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            raise ServerError(f"session {number}: {response.status}")


def cores() -> tuple[int | None, int | None]:
    """One core for the server, one for the load; None where they cannot be told apart."""
    if not hasattr(os, "sched_getaffinity"):
        return None, None
    available = sorted(os.sched_getaffinity(0))
    return (available[0], available[1]) if len(available) > 1 else (None, None)
