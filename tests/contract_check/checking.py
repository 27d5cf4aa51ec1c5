"""Short ways to check, for tests."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from click.testing import CliRunner, Result
from tests.mutation.stand import Stand

from mockserver.cli import main
from mockserver.contract.options import Options
from mockserver.contract.outcome import Outcome
from mockserver.contract.runner import run

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"


class Check:
    """Checks one API of the reference backend."""

    def __init__(self, stand: Stand, options: Callable[[str, Mapping[str, Any]], Options]) -> None:
        self._stand = stand
        self._options = options

    def __call__(self, api: str, fault: str | None = None, **changes: Any) -> Outcome:
        """Check it with a fault switched on, or none."""
        self._stand.switch(fault)
        return run(self._options(api, changes))


def found(outcome: Outcome) -> list[tuple[str, str]]:
    """The operation and the rule of each finding."""
    return [(finding.blame.operation.id, finding.blame.rule) for finding in outcome.findings]


def invoke(*arguments: object) -> Result:
    """Call the command line."""
    return CliRunner().invoke(main, ["check", *map(str, arguments)])


@contextmanager
def answering(reply: Callable[[socket.socket], None], heads: list[bytes] | None = None) -> Iterator[str]:
    """A server that reads a request's head, keeps it in `heads`, and then does as it likes."""
    listening = socket.create_server(("127.0.0.1", 0))
    open_ones: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            open_ones.append(connection)
            threading.Thread(target=_answer, args=(connection, reply, heads), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.close()
        for connection in open_ones:
            connection.close()


def _answer(
    connection: socket.socket, reply: Callable[[socket.socket], None], heads: list[bytes] | None
) -> None:
    try:
        head = b""
        while b"\r\n\r\n" not in head:
            part = connection.recv(65_536)
            if not part:
                return
            head += part
        if heads is not None:
            heads.append(head)
        reply(connection)
    except OSError:
        pass
