"""A server on the loopback interface that records the bytes of each request, and answers 204."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_ANSWER = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True)
class Received:
    """One request as it came: the target, the header fields in their order, the body."""

    method: bytes
    target: bytes
    fields: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def only(self, names: set[bytes]) -> list[tuple[bytes, bytes]]:
        """The fields of these names."""
        return [(name, value) for name, value in self.fields if name in names]


@dataclass
class Recorder:
    """The URL of the server, and what it received."""

    url: str
    received: list[Received] = field(default_factory=list)

    def take(self) -> list[Received]:
        """What was received since the last call."""
        taken, self.received = self.received, []
        return taken


@contextmanager
def recording() -> Iterator[Recorder]:
    """Run the server until the block ends."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        recorder = Recorder(f"http://127.0.0.1:{listening.getsockname()[1]}")
        thread = threading.Thread(target=_serve, args=(listening, recorder), daemon=True)
        thread.start()
        yield recorder
        # Closing a socket does not end an accept() that waits for it.
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def _serve(listening: socket.socket, recorder: Recorder) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        with connection, connection.makefile("rb") as stream:
            connection.settimeout(30)
            start = stream.readline().rstrip(b"\r\n")
            if not start:  # the client gave up before it sent anything
                continue
            method, _, rest = start.partition(b" ")
            target = rest.rpartition(b" ")[0]
            lines = iter(lambda stream=stream: stream.readline().rstrip(b"\r\n"), b"")  # type: ignore[misc]
            pairs = (line.partition(b":") for line in lines)
            fields = tuple((name.lower(), value.strip(b" \t")) for name, _, value in pairs)
            length = int(dict(fields).get(b"content-length", b"0"))
            recorder.received.append(Received(method, target, fields, stream.read(length)))
            connection.sendall(_ANSWER)
