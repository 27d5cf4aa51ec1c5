"""Implementations behind the proxy, callbacks' receivers and targets of `check` that never come to an end."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable

from tests.attack.sockets import rest

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
Reply = Callable[[socket.socket], None]


def silent(connection: socket.socket) -> None:
    """Take the request, and say nothing until the other side gives up."""
    rest(connection)


def repeating(start: bytes, more: bytes, *, every: float | None = None) -> Reply:
    """Send `more` until the other side gives up: every so many seconds, or as fast as it is taken."""

    def reply(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.sendall(start)
            connection.settimeout(every or 30)
            while True:
                connection.sendall(more)
                if every is not None:
                    with contextlib.suppress(TimeoutError):
                        if not connection.recv(1):
                            return

    return reply
