"""Servers as processes with either parser, and raw sockets to attack them with."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
HTTPTOOLS, H11 = "httptools", "h11"
_START = "from mockserver.cli.command_line import main; main(prog_name='mockserver')"
_WITHOUT = "import sys; sys.modules['httptools'] = None; "
REQUEST = b"OPTIONS * HTTP/1.1\r\nHost: mock.test\r\n\r\n"


@dataclass
class Attacked:
    """A server under attack."""

    process: subprocess.Popen[str]
    address: tuple[str, int]
    log: list[str] = field(default_factory=list)

    @contextmanager
    def connected(self, receive_buffer: int | None = None) -> Iterator[socket.socket]:
        """A connection; a small receive buffer makes a client that hardly reads."""
        with socket.socket() as connection:
            if receive_buffer is not None:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            connection.settimeout(20)
            connection.connect(self.address)
            yield connection

    def ask(self, *pieces: bytes) -> bytes:
        """Send bytes; what comes until the server closes the connection."""
        with self.connected() as connection:
            with contextlib.suppress(ConnectionError):
                for piece in pieces:
                    connection.sendall(piece)
            return rest(connection)

    @property
    def memory(self) -> int:
        """The process's resident memory, in bytes."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", text)
        assert found is not None, text
        return int(found[1]) * 1024

    def stop(self, seconds: float = 20) -> int:
        """End it by SIGTERM; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(seconds)
        assert self.process.stderr is not None
        self.log = self.process.stderr.read().splitlines()
        return code


@contextmanager
def attacked(parser: str, *arguments: str, **settings: object) -> Iterator[Attacked]:
    """Serve with one of the parsers while the block runs."""
    yield from _started(parser, ["serve", *arguments], settings)


@contextmanager
def attacked_proxy(upstream: str, parser: str = HTTPTOOLS, **settings: object) -> Iterator[Attacked]:
    """Serve a proxy of the bundled documents while the block runs."""
    yield from _started(parser, ["proxy", str(ROOT / "specs/citas.yaml"), "--upstream", upstream], settings)


def _started(parser: str, command: list[str], settings: dict[str, object]) -> Iterator[Attacked]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MOCKSERVER_")}
    environment |= {f"MOCKSERVER_{name.upper()}": str(value) for name, value in settings.items()}
    process = subprocess.Popen(
        [sys.executable, "-c", ("" if parser == HTTPTOOLS else _WITHOUT) + _START, *command, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**environment, "PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        greeting = process.stdout.readline()
        found = re.search(r"http://([\d.]+):(\d+)", greeting)
        assert found is not None, greeting + (process.stderr.read() if process.stderr else "")
        yield Attacked(process, (found[1], int(found[2])))
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def rest(connection: socket.socket) -> bytes:
    """What comes until the connection is closed, by a reset too."""
    received = b""
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(65_536):
            received += piece
    return received


def flood(connection: socket.socket, piece: bytes, size: int, patience: float = 1.0) -> int:
    """Send until `size` bytes are sent, the connection ends, or the server takes no more; the bytes sent."""
    connection.settimeout(patience)
    sent = 0
    with contextlib.suppress(ConnectionError, TimeoutError):
        while sent < size:
            sent += connection.send(piece)
    return sent


def head(connection: socket.socket) -> bytes:
    """What comes up to the end of an answer's head."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65_536)
        assert piece, received
        received += piece
    return received


Act = Callable[[socket.socket], object]
