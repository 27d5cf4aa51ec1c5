"""Short ways to check, for tests."""

from __future__ import annotations

import socket
import socketserver
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.mutation.stand import Stand

from mockserver.check.check_options import Options
from mockserver.check.outcome import Outcome
from mockserver.check.runner import run
from mockserver.cli.command_line import main

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


def sampled(cases: Iterable[Any], kept: Iterable[Any]) -> list[Any]:
    """The cases as parameters of a test; `make test` runs those that are kept, `make mutation` the others."""
    kept = list(kept)
    return [
        case if case in kept else pytest.param(*_values(case), marks=pytest.mark.mutation) for case in cases
    ]


def _values(case: Any) -> tuple[Any, ...]:
    return case if isinstance(case, tuple) else (case,)


def found(outcome: Outcome) -> list[tuple[str, str]]:
    """The operation and the rule of each finding."""
    return [(finding.issue.operation.id, finding.issue.rule) for finding in outcome.findings]


def invoke(*arguments: object) -> Result:
    """Call the command line."""
    return CliRunner().invoke(main, ["check", *map(str, arguments)])


class _Server(socketserver.ThreadingTCPServer):
    """Answers each connection on a thread of its own, and ends only when all of them have."""

    daemon_threads = False
    block_on_close = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """What hangs up on purpose says nothing; anything else is a defect of the test."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


@contextmanager
def answering(reply: Callable[[socket.socket], None], heads: list[bytes] | None = None) -> Iterator[str]:
    """A server that reads a request's head, keeps it in `heads`, and then does as it likes."""

    class Connection(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            head = b""
            while b"\r\n\r\n" not in head:
                part = self.request.recv(65_536)
                if not part:
                    return
                head += part
            if heads is not None:
                heads.append(head)
            reply(self.request)

    with _Server(("127.0.0.1", 0), Connection) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
