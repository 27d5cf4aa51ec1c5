"""Fifty clients on replicas of one store, while workers are killed: what they saw, what cannot be."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bench.scale.cluster import Link, Mock, now
from bench.scale.histories import UNKNOWN, Operation, counter, is_linearizable, register

CLIENTS = 50
_PATIENCE = 60
_PAUSE = 0.3
NEVER = float("inf")


@dataclass
class Seen:
    """What the clients of a part saw."""

    statuses: Counter[int] = field(default_factory=Counter)
    lost: int = 0
    slowest: float = 0.0
    slowest_refusal: float = 0.0
    histories: dict[tuple[str, str], list[Operation]] = field(default_factory=lambda: defaultdict(list))
    ids: list[Any] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def line(self) -> str:
        """The counts in words."""
        answers = ", ".join(f"{count} times {status}" for status, count in sorted(self.statuses.items()))
        refused = f", slowest 503 {self.slowest_refusal:.2f} s" if self.slowest_refusal else ""
        return f"{answers}; {self.lost} without an answer; slowest {self.slowest:.2f} s{refused}"


class Client:
    """Calls replicas in turn, each on a connection that is kept, and notes what came back."""

    def __init__(self, http: aiohttp.ClientSession, mocks: list[Mock], seen: Seen, seed: int) -> None:
        self._http = http
        self._mocks = mocks
        self._seen = seen
        self.random = random.Random(seed)

    async def call(self, method: str, path: str, session: str, body: Any = None) -> tuple[int, Any]:
        """A status and a JSON value; 0 where the connection broke."""
        url = self.random.choice(self._mocks).url + path
        begun = now()
        try:
            async with self._http.request(
                method, url, json=body, headers={"x-mock-session": session}
            ) as answer:
                value = await answer.json(content_type=None) if answer.status != 204 else None
        except (aiohttp.ClientError, OSError, ValueError):
            self._seen.lost += 1
            return 0, None
        self._seen.statuses[answer.status] += 1
        self._seen.slowest = max(self._seen.slowest, now() - begun)
        if answer.status == 503:
            self._seen.slowest_refusal = max(self._seen.slowest_refusal, now() - begun)
        return answer.status, value

    async def operate(self, name: str, session: str, value: int = 0) -> None:
        """One operation on a register or a counter, noted in its history."""
        calls = {
            "read": ("GET", "/items/1", None),
            "write": ("PATCH", "/items/1", {"size": value}),
            "add": ("POST", "/count", None),
        }
        kind = "counter" if name == "add" else "register"
        method, path, body = calls[name]
        begun = now()
        status, found = await self.call(method, path, f"{kind}-{session}", body)
        if status == 200:
            answer = None if name == "write" else found["size"]
            operation = Operation(name, value or 1, answer, begun, now())
        elif name == "read":
            return
        else:  # broken off, or 503: it may have happened
            await asyncio.sleep(_PAUSE)  # few of these: each of them may be anywhere in the order
            operation = Operation(name, value or 1, UNKNOWN, begun, NEVER)
        self._seen.histories[kind, session].append(operation)


def _http() -> aiohttp.ClientSession:
    timeout = aiohttp.ClientTimeout(total=_PATIENCE)
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout)


async def one_session(mocks: list[Mock], seconds: float, kills: float) -> Seen:
    """All clients on one session: they count, create and read, while a worker is killed now and then.

    Args:
        mocks: the servers.
        seconds: how long.
        kills: seconds between two kills; 0 for none.
    """
    seen = Seen()
    end = now() + seconds
    session = f"one-{kills:g}"
    async with _http() as http:

        async def work(number: int) -> None:
            client = Client(http, mocks, seen, number)
            while now() < end:
                status, found = await client.call("POST", "/count", session)
                if status == 200:
                    seen.histories["sums", "one"].append(Operation("add", 1, found["size"], 0, 0))
                status, found = await client.call("POST", "/items", session, {"name": str(number)})
                if status == 201:
                    seen.ids.append(found["id"])
                if number < 5:  # the list grows: not everybody reads it
                    await client.call("GET", "/items/1", session)

        await asyncio.gather(_killing(mocks, end, kills), *map(work, range(CLIENTS)))
        client = Client(http, mocks, seen, 0)
        sums = [each.answer for each in seen.histories.pop(("sums", "one"), [])]
        _, item = await client.call("GET", "/items/1", session)
        _, items = await client.call("GET", "/items", session)
    if len(set(sums)) != len(sums):
        seen.faults.append(f"{len(sums) - len(set(sums))} sums were answered twice: updates were lost")
    if not len(sums) <= item["size"] <= len(sums) + seen.lost + seen.statuses[503]:
        seen.faults.append(f"{len(sums)} additions were acknowledged, {item['size']} are there")
    if len(set(seen.ids)) != len(seen.ids):
        seen.faults.append("an id was given twice")
    if missing := set(seen.ids) - {entry["id"] for entry in items}:
        seen.faults.append(f"{len(missing)} acknowledged records are gone")
    return seen


async def histories(mocks: list[Mock], seconds: float, kills: float, link: Link | None = None) -> Seen:
    """Clients on few operations of many sessions, so that each history can be searched.

    With a link, it is slow for a third of the time, cut for another, and as it was at the end.
    """
    seen = Seen()
    end = now() + seconds
    async with _http() as http:

        async def work(number: int) -> None:
            client = Client(http, mocks, seen, 1_000 + number)
            turn = 0
            while now() < end:
                # Ten clients share a session for a while, then all go on to another.
                session = f"{number % 5}-{turn // 6}"
                turn += 1
                value = number * 1_000_000 + turn
                await client.operate(client.random.choice(("read", "read", "write", "add")), session, value)

        await asyncio.gather(_killing(mocks, end, kills), _disturb(link, seconds), *map(work, range(CLIENTS)))
    for (kind, session), history in seen.histories.items():
        step = counter if kind == "counter" else register
        plain = [
            Operation(each.name, 1 if kind == "counter" else each.argument, *_rest(each)) for each in history
        ]
        if not is_linearizable(plain, step, 0):
            seen.faults.append(
                f"the {kind} of session {session} is not linearizable: {len(plain)} operations"
            )
    return seen


def _rest(operation: Operation) -> tuple[Any, float, float]:
    return operation.answer, operation.called, operation.returned


async def many_sessions(mocks: list[Mock], count: int) -> Seen:
    """Each session is written through one replica and read through another; none sees another's."""
    seen = Seen()
    numbers = iter(range(count))
    async with _http() as http:

        async def work(own: int) -> None:
            client = Client(http, mocks, seen, own)
            for number in numbers:
                session = f"many-{number}"
                for size in (number, number + 1):
                    await client.call("PATCH", "/items/1", session, {"size": size})
                    status, found = await client.call("GET", "/items/1", session)
                    if status == 200 and found["size"] != size:
                        seen.faults.append(f"{session} shows {found['size']} after {size} was written")

        await asyncio.gather(*map(work, range(CLIENTS)))
    return seen


async def _killing(mocks: list[Mock], end: float, seconds: float) -> None:
    chance = random.Random(7)
    while seconds and now() + seconds < end:
        await asyncio.sleep(seconds)
        chance.choice(mocks).kill_worker(chance.randrange(8))


async def _disturb(link: Link | None, seconds: float) -> None:
    if link is None:
        return
    await asyncio.sleep(seconds / 4)
    link.delay = 0.03
    await asyncio.sleep(seconds / 4)
    link.delay, link.is_cut = 0.0, True
    await asyncio.sleep(seconds / 4)
    link.is_cut = False


def faults_of(seen: Seen, *, expected: Iterable[int] = (200, 201)) -> list[str]:
    """What cannot be, and answers that were not to come."""
    others = {status: count for status, count in seen.statuses.items() if status not in set(expected)}
    return seen.faults + ([f"answers that nobody expects: {others}"] if others else [])
