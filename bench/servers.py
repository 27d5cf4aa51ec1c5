"""Start a server on its core, know when it answers, read what it uses, stop it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import yaml

from bench.answer import Answer
from bench.measured import DOCUMENT, HEADERS, ROOT, TOKEN, ask

RESULTS = Path(__file__).parent / "results"
NODE_MODULES = Path(__file__).parent / "peers" / "node_modules"
_PATIENCE = 60.0
_TICKS = os.sysconf("SC_CLK_TCK")


class ServerError(Exception):
    """A server does not start, or does not answer as it should."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A server to measure.

    Attributes:
        command: makes the command line, given a port.
        needs: what must be there for it to run; None when it is.
        is_mock: False for the echo, which is asked for no sense.
        lacks: what it does not do, beyond what can be seen from outside.
    """

    name: str
    command: Callable[[int], list[str]]
    lacks: str
    needs: str | None = None
    is_mock: bool = True


@dataclass(slots=True)
class Server:
    """A running server."""

    peer: Peer
    port: int
    process: subprocess.Popen[bytes]
    log: IO[bytes]
    findings: dict[str, bool] = field(default_factory=dict)

    def cpu_seconds(self) -> float:
        """The processor time that it has used so far, all threads."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def resident_megabytes(self) -> float:
        """The memory that it holds now."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def wait(self, is_ready: Callable[[Answer], bool]) -> None:
        """Ask until the answer is right.

        Raises:
            ServerError: it ended, or took more than a minute.
        """
        deadline = time.monotonic() + _PATIENCE
        last: object = "no answer"
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise ServerError(f"{self.peer.name} ended with {self.process.returncode}: {self._tail()}")
            try:
                last = answer = ask(self.port)
                if is_ready(answer):
                    return
            except (OSError, HTTPException) as error:
                last = error
            time.sleep(0.002)
        raise ServerError(f"{self.peer.name} does not answer as it should: {last!r}. {self._tail()}")

    def _tail(self) -> str:
        self.log.seek(0)
        return self.log.read().decode(errors="replace")[-1500:]


def _uvicorn(application: str) -> Callable[[int], list[str]]:
    start = [sys.executable, "-m", "uvicorn", application, "--no-access-log", "--log-level", "warning"]
    return lambda port: [*start, "--port", str(port)]


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs a module with this Python."""
    return [sys.executable, "-m", module, *arguments]


def node(needs: str, *arguments: str) -> tuple[Callable[[int], list[str]], str | None]:
    """The command that runs a Node program, and what is missing for it."""
    missing = None
    if shutil.which("node") is None:
        missing = "node is missing: install Node.js 20 or later"
    elif not (NODE_MODULES / needs).exists():
        missing = "run `npm ci --prefix bench/peers` first"
    return lambda port: ["node", *(argument.format(port=port) for argument in arguments)], missing


def mockserver(port: int) -> list[str]:
    """The command that serves all bundled documents with the defaults."""
    return [sys.executable, "-m", "mockserver", "serve", "--port", str(port)]


def _document_for_prism() -> Path:
    """Write the document without the nulls in enumerations beside `nullable`, which means the same.

    Prism adds such a null itself; with two of them it cannot compile the schema, compiles it anew at every
    request, and takes any body.
    """
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / "sqod-for-prism.json"
    file.write_text(json.dumps(_without_nulls(yaml.safe_load(DOCUMENT.read_text("utf-8"))), default=str))
    return file


def _without_nulls(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_nulls(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    result = {name: _without_nulls(entry) for name, entry in value.items()}
    if result.get("nullable") is True and isinstance(result.get("enum"), list):
        result["enum"] = [entry for entry in result["enum"] if entry is not None]
    return result


def peers() -> list[Peer]:
    """Every server, ours first."""
    prism, prism_needs = node(
        "@stoplight/prism-cli",
        *(str(NODE_MODULES / "@stoplight/prism-cli/dist/index.js"), "mock", "-h", "127.0.0.1"),
        *("-p", "{port}", "-v", "silent", str(_document_for_prism())),
    )
    backend, backend_needs = node(
        "openapi-backend", str(NODE_MODULES.parent / "openapi-backend.mjs"), str(DOCUMENT), "{port}", TOKEN
    )
    nothing = "state, sessions, journal, roles, response check"
    return [
        Peer("mockserver", mockserver, ""),
        Peer("openapi-backend", backend, f"{nothing}, JWT", backend_needs),
        Peer("Prism", prism, f"{nothing}; it takes any token", prism_needs),
        Peer("Connexion mock", _uvicorn("bench.peers.stock:app"), f"{nothing}, JWT"),
        Peer("bare ASGI echo", _uvicorn("bench.peers.echo:app"), "all of it", is_mock=False),
    ]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def pinned(command: list[str], core: int | None) -> list[str]:
    """The command, held to one core."""
    return command if core is None else ["taskset", "-c", str(core), *command]


def environment() -> dict[str, str]:
    """What servers are started with: this checkout, the document, none of the caller's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MOCKSERVER_")}
    own = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "BENCH_DOCUMENT": str(DOCUMENT), "BENCH_TOKEN": TOKEN}
    return {**kept, **own}


@contextmanager
def running(peer: Peer, core: int | None) -> Iterator[Server]:
    """Start a server; it may not answer yet. It is stopped at the end."""
    port = free_port()
    with TemporaryFile() as log:
        process = subprocess.Popen(
            pinned(peer.command(port), core), cwd=ROOT, env=environment(), stdout=log, stderr=log
        )
        try:
            yield Server(peer, port, process, log)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def is_appointment(answer: Answer) -> bool:
    """Whether an answer is 200 with an appointment, as the document has it."""
    value = answer.json()
    data = value.get("data") if isinstance(value, dict) else None
    return answer.status == 200 and isinstance(data, dict) and {"id", "status", "claimant"} <= set(data)


def prove(server: Server) -> None:
    """Wait until a server answers, and find out what it does with good and bad requests.

    Raises:
        ServerError: it is no server for the measured request.
    """
    if not server.peer.is_mock:
        server.wait(lambda answer: answer.status == 200)
        return
    server.wait(is_appointment)
    nobody = {name: value for name, value in HEADERS.items() if name != "Authorization"}
    server.findings["asks for a token"] = ask(server.port, headers=nobody).status == 401
    server.findings["validates requests"] = ask(server.port, b'{"claimant":{"name":5}}').status in {400, 422}
    ask(server.port, b'{"duration_in_minutes":77}')
    value = ask(server.port, b"{}").json()
    server.findings["remembers"] = value["data"]["duration_in_minutes"] == 77
    if not (server.findings["asks for a token"] and server.findings["validates requests"]):
        raise ServerError(f"{server.peer.name} checks nothing: {server.findings}")
