"""Implementations that cannot be checked: the right exit code and a sentence, never a traceback."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.check.checking import HEAD, answering, invoke
from tests.mutation.stand import ROOT, Stand

from mockserver.check.check_options import Options
from mockserver.check.runner import run
from mockserver.check.target.credentials import Credentials
from mockserver.check.target.http_messages import HttpRequest
from mockserver.check.target.implementation import ExchangeLimits, Implementation
from mockserver.errors import NoAnswerError, NotSentError

CITAS = ("--spec", ROOT / "specs/citas.yaml", "--fixtures", ROOT / "fixtures", "--no-fuzz")


def _sending(content: bytes) -> Callable[[socket.socket], None]:
    def reply(connection: socket.socket) -> None:
        connection.sendall(content)
        connection.close()

    return reply


def _status(line: bytes, more: bytes = b"") -> Callable[[socket.socket], None]:
    return _sending(b"HTTP/1.1 " + line + b"\r\nContent-Length: 0\r\nConnection: close\r\n" + more + b"\r\n")


PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>"


@pytest.mark.parametrize(
    ("reply", "suggested_clause"),
    [
        (lambda connection: connection.close(), "hung up"),
        (_sending(b"\x00\x01 rubbish\r\n\r\n"), "does not speak HTTP"),
        (_status(b"302 Found", b"Location: /loop\r\n"), "redirects to /loop"),
        (_status(b"401 Unauthorized"), "credentials are refused"),
        (_status(b"404 Not Found"), "right URL"),
        (_status(b"503 Service Unavailable"), "not available"),
        (_sending(PAGE), "web page"),
        (_sending(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"), "not encoded"),
    ],
    ids=["drops", "rubbish", "redirects", "wrong-token", "wrong-path", "busy", "page", "encoding"],
)
def test_there_is_no_verdict(reply: Callable[[socket.socket], None], suggested_clause: str) -> None:
    """Exit code 3, and what to do about it."""
    with answering(reply) as url:
        result = invoke(url, *CITAS)

    assert result.exit_code == 3
    assert suggested_clause in result.output
    assert "Traceback" not in result.output


def test_an_unreachable_target_gives_no_verdict() -> None:
    """Nobody listens."""
    result = invoke("http://127.0.0.1:1", *CITAS)

    assert (result.exit_code, "cannot be reached" in result.output) == (3, True)


def test_a_header_field_that_is_none_is_not_blamed_on_the_implementation() -> None:
    """White space around a value is left away; what cannot be written as HTTP is not sent."""
    heads: list[bytes] = []

    with answering(_status(b"204 No Content"), heads) as url:
        target = Implementation(url, Credentials({}))
        target.send(HttpRequest("GET", "/", headers=(("If-Match", " a\t"),)))
        with pytest.raises(NotSentError):
            target.send(HttpRequest("GET", "/", headers=(("If-Match", "a\nb"),)))
        target.close()

    assert [b"If-Match: a\r\n" in head for head in heads] == [True]


def _hang(connection: socket.socket) -> None:
    connection.recv(1)  # until the other side gives up


def _trickle(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\n")
    connection.settimeout(0.05)
    for _ in range(100):
        connection.sendall(b"x")
        with contextlib.suppress(TimeoutError):
            if not connection.recv(1):
                return


def _flood(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: 2147483648\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65_536)


def _bomb(connection: socket.socket) -> None:
    packed = gzip.compress(bytes(4_000_000))
    connection.sendall(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed)


@pytest.mark.parametrize(
    ("reply", "suggested_clause"),
    [
        (_hang, "did not answer within"),
        (_trickle, "did not finish"),
        (_flood, "more than 1 MB"),
        (_bomb, "more than 1 MB"),
    ],
    ids=["hangs", "trickles", "floods", "bomb"],
)
def test_an_answer_has_limits(reply: Callable[[socket.socket], None], suggested_clause: str) -> None:
    """In time and in size, also once it is unpacked."""
    with answering(reply) as url:
        target = Implementation(url, Credentials({}), ExchangeLimits(seconds=0.5, size=2**20))
        with pytest.raises(NoAnswerError, match=suggested_clause):
            target.send(HttpRequest("GET", "/"))
        target.close()


def test_connections_that_are_dropped_now_and_then_are_a_finding() -> None:
    """An implementation that mostly answers has broken its word where it hangs up."""
    count = itertools.count(1)

    def reply(connection: socket.socket) -> None:
        if next(count) % 4 in {1, 2}:  # what follows is dropped, and dropped again when it is repeated
            _sending(HEAD + b"Content-Length: 2\r\n\r\n{}")(connection)
        connection.close()

    with answering(reply) as url:
        result = invoke(url, *CITAS)

    assert (result.exit_code, "server-error · cancelarCita" in result.output) == (1, True)
    assert ".." not in result.output


def test_a_reset_that_fails_gives_no_verdict(stand: Stand) -> None:
    """It is named."""
    result = invoke(stand.url, *CITAS, "--reset-url", stand.url + "/nowhere")

    assert (result.exit_code, "/nowhere answers 404" in result.output) == (3, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("localhost:80", *CITAS),
        ("ftp://example.com", *CITAS),
        ("http://127.0.0.1:1", "--spec", "nowhere.yaml"),
        ("http://127.0.0.1:1", *CITAS, "--identity", "admin"),
        ("http://127.0.0.1:1", *CITAS, "--identity", "nobody-there=x"),
        ("http://127.0.0.1:1", *CITAS, "--report", "pdf"),
        ("http://127.0.0.1:1", *CITAS, "--update-baseline"),
        ("http://127.0.0.1:1", *CITAS, "--profile", "slow"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments: tuple[object, ...]) -> None:
    """Exit code 2, before anything is sent."""
    assert invoke(*arguments).exit_code == 2


def test_a_url_alone_is_not_held_to_the_bundled_documents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no `specs/`, somebody forgot to say what to hold it to."""
    monkeypatch.chdir(tmp_path)

    result = invoke("http://127.0.0.1:1")

    assert (result.exit_code, "--spec is missing" in result.output) == (2, True)


def test_a_baseline_that_is_none_is_refused(tmp_path: Path) -> None:
    """Any JSON will not do."""
    file = tmp_path / "baseline.json"
    file.write_text('{"a": 1}')

    assert invoke("http://127.0.0.1:1", *CITAS, "--baseline", file).exit_code == 2


def test_an_operation_with_servers_of_its_own_is_found_there(tmp_path: Path) -> None:
    """And its requests are shown with that path."""
    (tmp_path / "files.yaml").write_text(
        """
openapi: 3.0.3
info: {title: Files, version: '1'}
servers: [{url: 'https://api.example.com/v1'}]
paths:
  /a: {get: {operationId: a, responses: &done {'200': {description: Done.}}}}
  /b: {servers: [{url: 'https://files.example.com/files'}], get: {operationId: b, responses: *done}}
"""
    )
    heads: list[bytes] = []
    failing = b"HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with answering(lambda connection: connection.sendall(failing), heads) as url:
        outcome = run(Options(specs=(tmp_path / "files.yaml",), url=url, fuzz=False))

    paths = {head.split()[1] for head in heads if head.startswith(b"GET")}
    assert paths == {b"/v1/a", b"/files/b"}
    steps = {finding.issue.operation.id: finding.steps[-1] for finding in outcome.findings}
    assert f"{url}/files/b" in steps["b"]
