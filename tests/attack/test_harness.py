"""`make attack` finds what it is there to find, and a short run of it passes."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from bench.attack import malformed, sessions
from bench.attack.breaches import Findings, is_undocumented
from bench.attack.messages import MUTATIONS, Attack, attack
from bench.attack.wire import Reply, WireError, parse

Server = Callable[[bytes], bytes | None]
_ROOT = Path(__file__).parents[2]
_PROBLEM = b"HTTP/1.1 500 X\r\nContent-Type: application/problem+json\r\nContent-Length: 2\r\n\r\n{}"


def _served(answer: Server, act: Callable[[int], Awaitable[None]]) -> None:
    """Run `act` with the port of a server that answers each request as `answer` says; None: it hangs."""
    conversations: list[asyncio.Task[None] | None] = []

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversations.append(asyncio.current_task())
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lines = head.lower().split(b"\r\n")
                length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
                reply = answer(head + await reader.readexactly(length))
                if reply is not None:
                    writer.write(reply)
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(converse, "127.0.0.1", 0)
        await act(server.sockets[0].getsockname()[1])
        server.close()
        await asyncio.gather(*filter(None, conversations))

    asyncio.run(run())


def _json(value: object) -> bytes:
    body = json.dumps(value).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )


@pytest.mark.parametrize(
    ("answer", "promise"),
    [
        (_PROBLEM, "undocumented 5xx"),
        (b"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n", "undocumented 5xx"),
        (None, "hang"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", "hang"),
        (b"hello\r\n\r\n", "answers are HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 XXX\r\n\r\n", "answers are HTTP"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "answers are HTTP"),
    ],
)
def test_a_broken_answer_is_a_breach(answer: bytes | None, promise: str) -> None:
    """With the bytes that were sent."""
    findings = Findings()
    one = Attack("x", (b"GET / HTTP/1.1\r\n", b"\r\n"), ends=False, documented=frozenset({500}))

    _served(lambda _: answer, lambda port: malformed.send_one(port, one, 0.5, findings))

    assert [(breach.promise, breach.sent) for breach in findings.breaches] == [
        (promise, b"GET / HTTP/1.1\r\n\r\n")
    ]


def test_a_sound_answer_is_none() -> None:
    """Nor is a 5xx that the document has."""
    findings = Findings()
    one = Attack("x", (b"GET / HTTP/1.1\r\n\r\n",), documented=frozenset({500}))

    answers = iter((_json({}), b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n"))
    for _ in range(2):
        _served(lambda _: next(answers), lambda port: malformed.send_one(port, one, 30, findings))

    assert findings.breaches == []
    assert findings.counts == {"connections": 2, "2xx": 1, "5xx": 1}


class _Appointments:
    """A server of the appointment, one for each session, that can go wrong in one way."""

    def __init__(self, *, loses: bool = False, mixes: bool = False) -> None:
        self._records: dict[bytes, dict[str, object]] = {}
        self._loses = loses
        self._mixes = mixes
        self._count = 0

    def __call__(self, request: bytes) -> bytes:
        head, _, body = request.partition(b"\r\n\r\n")
        session = b"" if self._mixes else head.partition(b"counter-")[2].partition(b"\r\n")[0]
        record = self._records.setdefault(session, {"duration_in_minutes": 0, "claimant": {"name": ""}})
        self._count += 1
        if not (self._loses and self._count == 7):
            record.update(json.loads(body))
        return _json({"data": record})


@pytest.mark.parametrize("fault", ["", "loses", "mixes"])
def test_lost_and_crossed_updates_are_breaches(fault: str) -> None:
    """And a server that keeps them has none."""
    findings = Findings()
    server = _Appointments(**({fault: True} if fault else {}))

    _served(server, lambda port: sessions.work_all(port, 5, findings))

    assert {breach.promise for breach in findings.breaches} == (
        {"no update is lost or crossed"} if fault else set()
    )
    assert findings.counts == {"updates": 20, "checked at the end": 10}


def test_attacks_are_the_same_for_the_same_seed() -> None:
    """And all kinds are among the first few hundred."""
    first = [attack(3, number) for number in range(600)]

    assert first == [attack(3, number) for number in range(600)]
    assert first != [attack(4, number) for number in range(600)]
    assert {one.name.partition(",")[0] for one in first} == set(MUTATIONS)
    assert {one.name.partition(",")[2] for one in first} == {
        "",
        " slow",
        " cut",
        " pipelined",
        " cut and held open",
    }


@pytest.mark.parametrize(
    ("data", "statuses", "rest"),
    [
        (
            b"HTTP/1.1 100 C\r\n\r\nHTTP/1.1 204 X\r\n\r\nHTTP/1.1 200 X\r\ncontent-length: 1\r\n\r\naHT",
            [204, 200],
            b"HT",
        ),
        (b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", [200], b""),
        (b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n", [], None),
        (b"HTTP/1.1 200 X\r\ncontent-length: 2\r\n\r\na", [], None),
        (b"", [], b""),
    ],
)
def test_answers_are_told_apart(data: bytes, statuses: list[int], rest: bytes | None) -> None:
    """An incomplete one is left over."""
    replies, left = parse(data)

    assert [reply.status for reply in replies] == statuses
    assert left == (data if rest is None else rest)


def test_what_is_no_http_is_refused() -> None:
    """Such as a body that is longer than its length says."""
    with pytest.raises(WireError):
        parse(b"HTTP/1.1 200 X\r\ncontent-length: 1\r\n\r\nabc")


def test_the_mocks_own_500_is_never_documented() -> None:
    """A problem document is not the body that the document has."""
    own = Reply(500, {"content-type": "application/problem+json; charset=utf-8"}, b"{}")

    assert is_undocumented(own, frozenset({500}))
    assert not is_undocumented(Reply(404, own.headers, b""), frozenset())


@pytest.mark.slow
def test_a_short_attack_finds_nothing() -> None:
    """All parts, against a server of this checkout."""
    short = ["--malformed", "400", "--minutes", "0.05", "--sessions", "10"]

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "bench.attack", *short],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "everything held" in done.stdout
