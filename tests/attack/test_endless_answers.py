"""Answers without an end, from targets of `check`, receivers of callbacks, and the proxy's upstream."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import time
import zlib
from collections.abc import Iterator

import pytest
from tests.attack.sockets import H11, HTTPTOOLS, Attacked, attacked_proxy, head, rest
from tests.attack.upstreams import HEAD, Reply, repeating, silent
from tests.check.checking import answering

from mockserver.behaviour.outgoing_requests import OutgoingRequest
from mockserver.check.target.credentials import Credentials
from mockserver.check.target.http_messages import HttpRequest
from mockserver.check.target.implementation import ExchangeLimits, Implementation
from mockserver.errors import NoAnswerError
from mockserver.http.outgoing.outbox import Outbox

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_BOMB = gzip.compress(bytes(8_000_000))
_TWICE = gzip.compress(gzip.compress(bytes(64_000_000)))
_ENDLESS: dict[str, Reply] = {
    "nothing": silent,
    "100 again and again": repeating(b"", _CONTINUE),
    "100 now and then": repeating(b"", _CONTINUE, every=0.05),
    "header fields": repeating(HEAD, b"A: b\r\n" * 100),
    "header fields that trickle": repeating(HEAD, b"A: b\r\n", every=0.05),
    "a header value": repeating(HEAD + b"A: ", b"a" * 1_000),
    "a body": repeating(HEAD + b"\r\n", b" " * 65_536),
    "a body that trickles": repeating(HEAD + b"\r\n", b" ", every=0.05),
    "chunks that trickle": repeating(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", every=0.05),
}


def _bomb(coding: bytes, content: bytes) -> Reply:
    fields = b"Content-Encoding: %s\r\nContent-Length: %d\r\n\r\n" % (coding, len(content))

    def reply(connection: socket.socket) -> None:
        connection.sendall(HEAD + fields + content)

    return reply


@pytest.mark.parametrize("name", _ENDLESS)
def test_check_takes_no_answer_beyond_its_limits(name: str) -> None:
    """One limit for the whole exchange, whatever trickles; the next request is another matter."""
    with answering(_ENDLESS[name]) as url:
        target = Implementation(url, Credentials({}), ExchangeLimits(seconds=0.5, size=2**20))
        begun = time.monotonic()
        for _ in range(2):
            with pytest.raises(NoAnswerError):
                target.send(HttpRequest("GET", "/"))
        took = time.monotonic() - begun
        target.close()

    assert took < 10


@pytest.mark.parametrize(
    ("coding", "content"),
    [(b"gzip", _BOMB), (b"gzip, gzip", _TWICE), (b"deflate", zlib.compress(bytes(8_000_000)))],
    ids=["gzip", "gzip in gzip", "deflate"],
)
def test_check_unpacks_no_more_than_its_limit(coding: bytes, content: bytes) -> None:
    """However small it came."""
    with answering(_bomb(coding, content)) as url:
        target = Implementation(url, Credentials({}), ExchangeLimits(seconds=5, size=2**20))
        with pytest.raises(NoAnswerError, match="more than 1 MB"):
            target.send(HttpRequest("GET", "/"))
        target.close()


@pytest.mark.parametrize("name", _ENDLESS)
def test_a_callback_is_over_within_its_limit(name: str) -> None:
    """Of the answer nothing is read but the status."""
    with answering(_ENDLESS[name]) as url:
        sent = asyncio.run(Outbox(seconds=0.5).fire(OutgoingRequest("POST", url + "/hook", b"{}"), "default"))

    if name.startswith(("a body", "chunks")):
        assert (sent.status, sent.reason) == (200, None)
    else:
        assert sent.status is None
        assert sent.reason


_SLOW_HEADS = {
    "nothing": 504,
    "100 again and again": 504,
    "100 now and then": 504,
    "header fields": 502,
    "header fields that trickle": 504,
    "a header value": 502,
    "a body": 502,
}


@pytest.fixture(scope="module")
def endless() -> Iterator[Attacked]:
    """A proxy whose upstream gives the answer that the request's field `Answer` names."""
    heads: list[bytes] = []

    def reply(connection: socket.socket) -> None:
        fields = dict(line.lower().split(b": ", 1) for line in heads[-1].splitlines() if b": " in line)
        _ENDLESS[fields[b"answer"].decode()](connection)

    with (
        answering(reply, heads) as url,
        attacked_proxy(url, body_seconds=1, body_limit=1_000_000) as proxy,
    ):
        yield proxy


@pytest.mark.parametrize(("name", "status"), _SLOW_HEADS.items())
def test_an_upstream_without_an_end_is_given_up(name: str, status: int, endless: Attacked) -> None:
    """With a sentence."""
    fields = f"Host: a\r\nAnswer: {name}\r\nConnection: close"
    answer = endless.ask(f"PUT /api/citas/1/cancelar HTTP/1.1\r\n{fields}\r\n\r\n".encode())

    assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:300]
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["detail"]


_EVENTS = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


def test_events_pass_the_proxy_as_they_come() -> None:
    """For longer than anything else may take; the upstream is left when the client leaves."""
    with (
        answering(repeating(_EVENTS, b"data: 1\n\n", every=1.5)) as url,
        attacked_proxy(url, body_seconds=1) as proxy,
    ):
        with proxy.connected() as connection:
            connection.sendall(b"GET /api/events HTTP/1.1\r\nHost: a\r\n\r\n")
            received = head(connection)
            assert b"content-type: text/event-stream" in received
            while received.count(b"data: 1") < 3:
                piece = connection.recv(65_536)
                assert piece, received
                received += piece
        assert proxy.stop() == 0


@pytest.fixture(scope="module", params=[HTTPTOOLS, H11])
def proxied(request: pytest.FixtureRequest) -> Iterator[tuple[Attacked, list[bytes]]]:
    """A proxy, and the heads that reach the implementation, whose URL has a path."""
    heads: list[bytes] = []

    def reply(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}")

    with answering(reply, heads) as url, attacked_proxy(url + "/base", request.param) as proxy:
        yield proxy, heads


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"CONNECT example.com:443", 501),
        (b"CONNECT 127.0.0.1:22", 501),
        (b"GET http://example.com/api", 421),
        (b"GET HTTP://127.0.0.1.example.com/api", 421),
        (b"GET http://a@127.0.0.1/api", 400),
        (b"GET http:///api", 400),
        (b"GET https://example.com:443/api", 421),
        (b"GET ftp://example.com/api", 400),
        (b"GET @example.com/api", 400),
        (b"GET .example.com/api", 400),
        (b"GET :80/api", 400),
        (b"GET /../api", 400),
        (b"GET /..", 400),
        (b"GET /a/../../api", 400),
        (b"GET /%2e%2e/api", 400),
        (b"GET /%2E./api", 400),
        (b"GET /a/%2e%2e/.%2e/api", 400),
        (b"GET /..%2fapi", 400),
        (b"GET /%2e%2e%5capi", 400),
        (b"GET /..\\api", 400),
        (b"GET /a\\..\\..\\api", 400),
        (b"GET /%252e%252e/api", 400),
        (b"GET /..;a=b/api", 400),
        (b"GET //../api", 400),
        (b"GET /./../api", 400),
        (b"GET /~mine/../api", 400),
        (b"GET http://localhost/../api", 400),
    ],
    ids=lambda value: value.decode() if isinstance(value, bytes) else "",
)
def test_the_proxy_keeps_to_its_upstream(
    proxied: tuple[Attacked, list[bytes]], line: bytes, status: int
) -> None:
    """Nothing reaches it that would lead elsewhere."""
    proxy, heads = proxied
    heads.clear()
    answer = proxy.ask(line + b" HTTP/1.1\r\nHost: mock.test\r\nConnection: close\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:300]
    assert heads == []


@pytest.mark.parametrize("target", [b"/api/a/../b", b"/api/%2e%2e/b", b"http://localhost/api", b"/a..b/..c"])
def test_what_stays_below_the_upstream_passes(proxied: tuple[Attacked, list[bytes]], target: bytes) -> None:
    """As it came."""
    proxy, heads = proxied
    heads.clear()
    answer = proxy.ask(b"GET " + target + b" HTTP/1.1\r\nHost: mock.test\r\nConnection: close\r\n\r\n")

    path = target.removeprefix(b"http://localhost")
    assert answer.startswith(b"HTTP/1.1 200 "), answer[:300]
    assert [line.split(b" ")[1] for line in heads] == [b"/base" + path]


def test_a_path_that_a_server_could_take_for_a_host_is_refused() -> None:
    """Where the URL of the implementation has no path before it."""
    heads: list[bytes] = []
    with answering(silent, heads) as url, attacked_proxy(url) as proxy:
        for target in (b"//example.com/api", b"/\\example.com/api", b"/%5Cexample.com/api"):
            answer = proxy.ask(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 400 "), answer[:300]

    assert heads == []


def test_a_proxy_whose_upstream_stalls_stops_at_once() -> None:
    """Requests that wait for it are given up."""
    with answering(silent) as url, attacked_proxy(url) as proxy, proxy.connected() as connection:
        connection.sendall(b"PUT /api/citas/1/cancelar HTTP/1.1\r\nHost: a\r\n\r\n")
        proxy.ask(b"OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        begun = time.monotonic()
        code = proxy.stop()
        took = time.monotonic() - begun
        rest(connection)

    assert code == 0
    assert took < 5, "it takes a second; the machine may be busy"
