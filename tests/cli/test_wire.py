"""Bytes over a socket: what no library of clients would send."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from tests.cli.test_cli import APPOINTMENT, Server, serving


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server of all bundled APIs; its log stays empty, whatever comes."""
    with serving() as running:
        yield running
        assert running.stop() == 0
        assert running.process.stderr is not None
        assert running.process.stderr.read() == ""


def exchanged(server: Server, *pieces: bytes) -> bytes:
    """Send bytes, and take what comes until the server closes the connection."""
    host, _, port = server.url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        for piece in pieces:
            connection.sendall(piece)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def _head(method: str, target: str, *fields: str) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "Host: mock.test", "Connection: close", *fields]
    return "\r\n".join([*lines, "", ""]).encode()


def test_a_trailer_is_no_header(server: Server) -> None:
    """Who may call is said before the body (RFC 9110 6.5.1)."""
    chunked = ("Transfer-Encoding: chunked", "Content-Type: application/json")
    body = b"2\r\n{}\r\n0\r\nAuthorization: Bearer agent-token\r\n\r\n"

    answer = exchanged(server, _head("PATCH", APPOINTMENT, *chunked) + body)

    assert answer.startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize("requests", [1, 3])
def test_who_has_said_everything_may_stop_sending(server: Server, requests: int) -> None:
    """As `nc -N` does: what was asked is answered, also when it was asked in one go (RFC 9112 9.6)."""
    host, _, port = server.url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(b"OPTIONS * HTTP/1.1\r\nHost: mock.test\r\n\r\n" * requests)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))

    assert answer.count(b"HTTP/1.1 204 ") == requests


def test_who_stops_in_the_middle_of_a_body_is_not_waited_for(server: Server) -> None:
    """The rest will not come."""
    host, _, port = server.url.removeprefix("http://").rpartition(":")
    fields = ("Authorization: Bearer agent-token", "Content-Type: application/json", "Content-Length: 50")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(_head("PATCH", APPOINTMENT, *fields) + b"{")
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))

    assert answer == b""
