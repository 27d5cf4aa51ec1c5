"""Connections that want more memory or time than a server should give, with each of the two parsers."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from tests.attack.sockets import H11, HTTPTOOLS, REQUEST, Attacked, attacked, flood, head, rest
from tests.cli.test_cli import APPOINTMENT

MB = 1024 * 1024
SMALL = {"head_seconds": 1, "body_seconds": 1, "connection_limit": 20}


@pytest.fixture(scope="module", params=[HTTPTOOLS, H11])
def server(request: pytest.FixtureRequest) -> Iterator[Attacked]:
    """A server with the limits that it has by default; its log stays empty, whatever comes."""
    with attacked(request.param) as running:
        yield running
        assert running.stop() == 0
        assert "\n".join(running.log) == ""


@pytest.fixture(scope="module", params=[HTTPTOOLS, H11])
def hasty(request: pytest.FixtureRequest) -> Iterator[Attacked]:
    """A server that waits for a second at most, and takes twenty connections."""
    with attacked(request.param, **SMALL) as running:
        yield running
        assert running.stop() == 0
        assert "\n".join(running.log) == ""


def _head(method: str, target: str, *fields: str) -> bytes:
    return "\r\n".join([f"{method} {target} HTTP/1.1", "Host: mock.test", *fields, "", ""]).encode()


def _chunked(target: str = APPOINTMENT) -> bytes:
    fields = ("Authorization: Bearer agent-token", "Content-Type: application/json")
    return _head("PATCH", target, *fields, "Transfer-Encoding: chunked")


def _assert_refused(answer: bytes, status: int, words: str) -> None:
    head_lines, _, body = answer.partition(b"\r\n\r\n")
    assert head_lines.startswith(b"HTTP/1.1 %d " % status), answer[:500]
    assert b"content-type: application/problem+json" in head_lines.lower()
    assert b"connection: close" in head_lines.lower()
    problem = json.loads(body)
    assert problem["status"] == status
    assert words in problem["detail"]


@pytest.mark.parametrize(
    ("request_", "status", "words"),
    [
        (_head("GET", "/" + "a" * 16_384), 414, "16,384 bytes"),
        (_head("GET", "/?" + "a" * 60_000), 414, "16,384 bytes"),
        (_head("GET", "/", "A: " + "a" * 65_536), 431, "65,536 bytes"),
        (_head("GET", "/", *(f"A{number}: {'a' * 400}" for number in range(190))), 431, "65,536 bytes"),
        (_head("GET", "/", *["A: b"] * 200), 431, "200 header fields"),
        (_head("GET", "/", "a" * 70_000 + ": b"), 431, "65,536 bytes"),
        (_chunked() + b"2\r\n{}\r\n0\r\nA: " + b"a" * 8_192 + b"\r\n\r\n", 400, "8,192 bytes"),
        (_chunked() + b"2\r\n{}\r\n0\r\n" + b"A: b\r\n" * 1_400 + b"\r\n", 400, "8,192 bytes"),
        (_chunked() + b"2;a=" + b"b" * 16_384 + b"\r\n{}\r\n0\r\n\r\n", 400, "8,192 bytes"),
        (_chunked() + (b"1;" + b"b" * 90 + b"\r\n \r\n") * 200 + b"0\r\n\r\n", 400, "8,192 bytes"),
        (_head("CONNECT", "example.com:443"), 501, "CONNECT"),
        (b"GET @example.com/ HTTP/1.1\r\nHost: mock.test\r\n\r\n", 400, ""),
        (b"\x00\x01\x02\r\n\r\n", 400, ""),
    ],
    ids=[
        *("target", "query", "value", "values", "fields", "name", "trailer", "trailers"),
        *("extension", "extensions", "connect", "authority", "rubbish"),
    ],
)
def test_what_is_too_long_is_refused_with_a_sentence(
    server: Attacked, request_: bytes, status: int, words: str
) -> None:
    """And the connection is closed, so that nothing else is taken for a request."""
    _assert_refused(server.ask(request_ + REQUEST), status, words)


@pytest.mark.parametrize(
    "request_",
    [
        _head("OPTIONS", "/" + "a" * 16_000, "Connection: close"),
        _head("OPTIONS", "/", "A: " + "a" * 65_000, "Connection: close"),
        _head("OPTIONS", "/", *["A: b"] * 198, "Connection: close"),
        _chunked().replace(b"Host", b"Connection: close\r\nHost")
        + b"1\r\n{\r\n" + b"1\r\n \r\n" * 20_000 + b"1\r\n}\r\n0\r\nA: " + b"a" * 8_000 + b"\r\n\r\n",
    ],
    ids=["target", "value", "fields", "chunks"],
)  # fmt: skip
def test_what_is_within_the_limits_is_served(server: Attacked, request_: bytes) -> None:
    """Just below each limit."""
    answer = server.ask(request_)

    assert answer[9:12] in {b"200", b"204", b"404"}, answer[:300]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_refusal_comes_after_the_answers_to_what_was_asked_before(server: Attacked, number: int) -> None:
    """In one go with it; an answer is never mixed with another."""
    answer = server.ask(REQUEST * number + _head("GET", "/" + "a" * 20_000))

    answers = answer.split(b"HTTP/1.1 ")[1:]
    assert [text[:3] for text in answers] == [b"204"] * number + [b"414"]


@pytest.mark.parametrize("number", [1, 2, 50, 3_000])
def test_requests_in_one_go_are_all_answered(server: Attacked, number: int) -> None:
    """In their order, to a client that reads them, and also once it has stopped sending."""
    with server.connected() as connection:
        connection.sendall(REQUEST * number)
        connection.shutdown(socket.SHUT_WR)
        answer = rest(connection)

    assert answer.count(b"HTTP/1.1 204 ") == number


@pytest.mark.parametrize("is_in_one_go", [True, False])
@pytest.mark.parametrize("framing", ["Content-Length: 26", "Transfer-Encoding: chunked"])
def test_a_body_behind_an_offer_to_upgrade_is_no_request(
    server: Attacked, framing: str, is_in_one_go: bool
) -> None:
    """The HTTP client of Java offers HTTP/2 with its first request, whatever body that has."""
    body = b'{"duration_in_minutes": 9}'
    start = _head(
        *("PATCH", APPOINTMENT, "Authorization: Bearer agent-token", "Content-Type: application/json"),
        *(framing, "Connection: Upgrade", "Upgrade: h2c"),
    )
    sent = body if framing.startswith("C") else b"1a\r\n" + body + b"\r\n0\r\n\r\n"
    last = REQUEST.replace(b"Host", b"Connection: close\r\nHost")
    with server.connected() as connection:
        connection.sendall(start + sent + last if is_in_one_go else start)
        if not is_in_one_go:
            connection.sendall(sent)
            connection.sendall(last)
        answer = rest(connection)

    assert (answer.count(b"HTTP/1.1 200 "), answer.count(b"HTTP/1.1 204 ")) == (1, 1)
    assert b'"duration_in_minutes":9' in answer


def test_a_target_that_is_a_whole_url_names_the_host(server: Attacked) -> None:
    """It goes before the Host header (RFC 9112 3.2.2), for the admin API's guard too."""
    fields = ("Connection: close",)
    served = server.ask(_head("GET", f"http://mock.test{APPOINTMENT}?x=1", *fields))
    page = server.ask(_head("GET", "http://127.0.0.1", *fields))
    guarded = server.ask(
        b"GET http://evil.com/__admin/state HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    )

    assert (served[9:12], page[9:12], guarded[9:12]) == (b"405", b"200", b"403")


_ENDLESS = {
    "lines": (b"GET / HTTP/1.1\r\n", b"Abcdefgh: ijklmnop\r\n" * 3_000),
    "value": (b"GET / HTTP/1.1\r\nA: ", b"a" * 65_536),
    "name": (b"GET / HTTP/1.1\r\n", b"a" * 65_536),
    "target": (b"GET /", b"a" * 65_536),
    "white space": (b"GET / HTTP/1.1\r\nA:", b" " * 65_536),
    "empty lines": (b"", b"\r\n" * 32_768),
    "trailers": (_chunked() + b"2\r\n{}\r\n0\r\n", b"Abcdefgh: ijklmnop\r\n" * 3_000),
    "extensions": (_chunked() + b"2;", b"a" * 65_536),
}


@pytest.mark.parametrize("name", _ENDLESS)
def test_what_has_no_end_is_cut_off(server: Attacked, name: str) -> None:
    """Of 200 MB hardly any are taken, and no memory is."""
    start, more = _ENDLESS[name]
    before = server.memory
    with server.connected() as connection:
        connection.sendall(start)
        sent = flood(connection, more, 200 * MB)

    assert sent < 20 * MB
    assert server.memory - before < 50 * MB


def test_requests_whose_answers_are_not_read_are_not_taken(server: Attacked) -> None:
    """The server stops to read: nothing is queued but what the system has room for."""
    before = server.memory
    with server.connected(receive_buffer=4_096) as connection:
        sent = flood(connection, _head("GET", "/__admin/health") * 1_000, 200 * MB)
        grown = server.memory - before
        received = head(connection)

    assert sent < 40 * MB
    assert grown < 50 * MB
    assert received.startswith(b"HTTP/1.1 200 ")


def test_many_clients_that_read_no_answers_cost_little(server: Attacked) -> None:
    """Each has the answers of one request in memory, and what was read ahead."""
    before = server.memory
    with ExitStack() as stack:
        clients = [stack.enter_context(server.connected(receive_buffer=4_096)) for _ in range(50)]
        for client in clients:
            flood(client, REQUEST * 1_000, 8 * MB, patience=0.05)
        grown = server.memory - before

    # Of 400 MB that are offered. Most of what is held is garbage that the collector has not yet looked at.
    assert grown < 300 * MB


def test_a_head_that_trickles_is_given_up(hasty: Attacked) -> None:
    """However often a byte comes, and after an answer on the same connection too."""
    with hasty.connected() as connection:
        connection.sendall(REQUEST)
        assert head(connection).startswith(b"HTTP/1.1 204 ")
        answer = _trickled(connection, b"GET / HTTP/1.1\r\nA: ", b"a")

    _assert_refused(answer, 408, "within 1 seconds")


def _trickled(connection: socket.socket, start: bytes, more: bytes) -> bytes:
    connection.sendall(start)
    connection.settimeout(0.1)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            first = connection.recv(65_536)
        except TimeoutError:
            with contextlib.suppress(ConnectionError):
                connection.sendall(more)
            continue
        connection.settimeout(10)
        return first + rest(connection)
    raise AssertionError("the server waits on")


@pytest.mark.parametrize(
    ("start", "more"),
    [
        (_head("PATCH", APPOINTMENT, "Content-Length: 100") + b"{", b""),
        (_chunked() + b"2\r\n{}\r\n", b""),
        (_chunked() + b"2\r\n{}\r\n1;", b"a"),
        (_chunked() + b"2\r\n{}\r\n0\r\nA: ", b"a"),
    ],
    ids=["length", "chunks", "extension", "trailer"],
)
def test_a_body_that_makes_no_progress_is_given_up(hasty: Attacked, start: bytes, more: bytes) -> None:
    """Extensions and trailers are none."""
    answer = _in(hasty, start, more)

    assert answer[9:12] in {b"408", b"401"}


def _in(server: Attacked, start: bytes, more: bytes) -> bytes:
    with server.connected() as connection:
        return _trickled(connection, start, more)


def test_a_body_that_makes_progress_is_waited_for(hasty: Attacked) -> None:
    """Longer than a body may stand still."""
    body = b'{"duration_in_minutes": 11}'
    fields = ("Authorization: Bearer agent-token", "Content-Type: application/json")
    with hasty.connected() as connection:
        connection.sendall(_head("PATCH", APPOINTMENT, *fields, f"Content-Length: {len(body)}"))
        connection.settimeout(0.1)
        for byte in body:
            connection.sendall(bytes([byte]))
            with contextlib.suppress(TimeoutError):
                assert connection.recv(1) == b"H"
                break
        connection.settimeout(20)
        answer = head(connection)

    assert b" 200 OK" in answer


def test_a_connection_on_which_nothing_is_sent_is_closed(hasty: Attacked) -> None:
    """Without a word: nothing was asked."""
    with hasty.connected() as connection:
        assert rest(connection) == b""


@pytest.mark.parametrize("target", ["/__admin/openapi.json", "/__admin/requests/export?format=har"])
def test_an_answer_that_is_not_read_is_given_up(hasty: Attacked, target: str) -> None:
    """Once nothing of it was taken for too long; more is asked for than the system buffers."""
    for _ in range(200):
        hasty.ask(_head("POST", "/unknown", "Connection: close", "Content-Length: 60000") + b"x" * 60_000)
    with hasty.connected(receive_buffer=4_096) as connection:
        flood(connection, _head("GET", target) * 100, 200 * MB, patience=0.3)
        ends = select.poll()
        ends.register(connection, select.POLLHUP | select.POLLERR)  # what is waiting to be read is no matter
        assert ends.poll(60_000)


def test_an_answer_that_is_read_slowly_is_sent_to_its_end(hasty: Attacked) -> None:
    """It may take longer than the limit: only standing still ends it."""
    with hasty.connected(receive_buffer=4_096) as connection:
        number = 200
        connection.sendall(_head("GET", "/__admin/openapi.json") * number)
        connection.shutdown(socket.SHUT_WR)
        begun, received = time.monotonic(), bytearray()
        while time.monotonic() - begun < 3:
            received += connection.recv(1_024)
        received += rest(connection)

    assert received.count(b"HTTP/1.1 200 OK") == number
    assert received.endswith(b"}")


def test_an_event_stream_is_exempt_from_the_time_limits(hasty: Attacked) -> None:
    """It goes on when everybody else would have been given up."""
    with hasty.connected() as stream, hasty.connected() as idle:
        stream.sendall(_head("GET", "/__admin/requests/stream"))
        head(stream)
        assert rest(idle) == b""  # closed, as its time is over
        assert _in(hasty, b"GET / HTTP/1.1\r\nA: ", b"a")[9:12] == b"408"
        hasty.ask(_head("GET", "/api/nowhere", "Connection: close"))

        received = b""
        while b"/api/nowhere" not in received:
            piece = stream.recv(65_536)
            assert piece
            received += piece
        assert b"data:" in received


@pytest.mark.parametrize("parser", [HTTPTOOLS, H11])
def test_an_idle_connection_is_closed_after_its_time(parser: str) -> None:
    """After an answer it waits for the next request for keep_alive_seconds, and is then closed in silence."""
    with attacked(parser, keep_alive_seconds=1) as server, server.connected() as connection:
        connection.sendall(_head("OPTIONS", "*"))
        first = head(connection)
        left = rest(connection)

    assert first.startswith(b"HTTP/1.1 204 ")
    assert left == b""


def test_one_connection_too_many_is_refused(hasty: Attacked) -> None:
    """With 503; it is served again once another one has gone."""
    with ExitStack() as stack:
        others = [stack.enter_context(hasty.connected()) for _ in range(20)]
        for other in others:
            other.sendall(_head("GET", "/__admin/requests/stream"))
            head(other)
        refused = hasty.ask()
    deadline = time.monotonic() + 20
    while not (served := hasty.ask(_head("OPTIONS", "*", "Connection: close"))).startswith(b"HTTP/1.1 204"):
        assert time.monotonic() < deadline, served

    _assert_refused(refused, 503, "connection_limit")
    assert served.startswith(b"HTTP/1.1 204 ")


@pytest.mark.parametrize("parser", [HTTPTOOLS, H11])
def test_slow_connections_do_not_keep_a_server_from_stopping(parser: str) -> None:
    """Heads, bodies, answers that are not read, streams, delays: all at once."""
    fields = ("Authorization: Bearer agent-token", "Content-Type: application/json")
    with attacked(parser) as server, ExitStack() as stack:
        begun = []
        for sent in (
            b"",
            b"GET / HTTP/1.1\r\nA: ",
            _head("PATCH", APPOINTMENT, *fields, "Content-Length: 100") + b"{",
            _chunked() + b"2\r\n{}\r\n0\r\nA: ",
            _head("GET", "/__admin/requests/stream"),
            _head("GET", APPOINTMENT, *fields, "Prefer: delay=20000"),
            _head("PATCH", APPOINTMENT, *fields, "Prefer: delay=20000", "Content-Length: 2") + b"{}",
            REQUEST + b"GET / HT",
        ):
            connection = stack.enter_context(server.connected())
            connection.sendall(sent)
            begun.append(connection)
        unread = stack.enter_context(server.connected(receive_buffer=4_096))
        flood(unread, _head("GET", "/__admin/health") * 1_000, 20 * MB, patience=0.3)
        server.ask(_head("OPTIONS", "*", "Connection: close"))
        started = time.monotonic()
        code = server.stop()
        took = time.monotonic() - started

    assert code == 0
    assert took < 5, "it takes a second; the machine may be busy"
    assert not [line for line in server.log if "Traceback" in line]
