"""The server that is attacked: a process of its own, watched from outside."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.servers import Peer, Server, mockserver, running


@dataclass(frozen=True, slots=True)
class Usage:
    """What the process holds at one moment."""

    megabytes: float
    descriptors: int


@contextmanager
def attacked() -> Iterator[Server]:
    """Serve the bundled documents from this checkout; yields when the server answers."""
    with running(Peer("mockserver", mockserver, ""), None) as server:
        server.wait(lambda answer: answer.status < 500)
        yield server


def usage(server: Server) -> Usage:
    """Its memory and its open files and sockets, from /proc."""
    return Usage(server.resident_megabytes(), len(os.listdir(Path(f"/proc/{server.process.pid}/fd"))))
