"""Mixed load: good and bad requests, slow ones, event streams and exports at once, with what they cost."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from random import Random

from bench.attack.breaches import Findings, is_undocumented
from bench.attack.malformed import send_one
from bench.attack.messages import VALID, Attack, Message, attack
from bench.attack.process import Usage, usage
from bench.attack.wire import Client, WireError, listen
from bench.servers import Server

WORKERS = 24
STREAMS = 4
_SESSIONS = 2_000
_WARM_UP = 15.0
"""Seconds of load before anything is counted."""
_LONG = "/__admin/requests/export?format="


@dataclass(frozen=True, slots=True)
class Sample:
    """What was seen in one stretch of time; latencies are those of good requests, in milliseconds."""

    seconds: float
    requests: int
    usage: Usage
    p50: float
    p99: float


class Load:
    """Load on a server for a while."""

    def __init__(self, server: Server, seed: int, patience: float, findings: Findings) -> None:
        self.samples: list[Sample] = []
        self._server = server
        self._seed = seed
        self._patience = patience
        self._findings = findings
        self._latencies: list[float] = []
        self._sent = 0
        self._numbers = itertools.count()
        self._over = asyncio.Event()

    async def warm_up(self) -> Usage:
        """Send every good request in fifty sessions, then everything for a few seconds.

        All that is compiled at first use is compiled then, the admin API too. Returns what is held then.
        """
        client = Client(self._server.port, self._patience)
        for number in range(50):
            for message in VALID:
                await self._good(client, message, f"warm-{number}")
        client.close()
        await self.run(_WARM_UP, _WARM_UP)
        self.samples.clear()
        await self.clean()
        return usage(self._server)

    async def run(self, seconds: float, every: float) -> None:
        """Put the load on for so many seconds; one sample every so many."""
        begun = time.monotonic()
        self._over.clear()
        async with asyncio.TaskGroup() as group:
            for number in range(WORKERS):
                group.create_task(self._work(Random(f"{self._seed}:{number}")))
            for _ in range(STREAMS):
                group.create_task(self._listen())
            while (left := begun + seconds - time.monotonic()) > 0:
                await asyncio.sleep(min(every, left))
                self._take(time.monotonic() - begun)
            self._over.set()

    async def clean(self) -> None:
        """Drop what the load left behind: sessions, journal, coverage, and what could be undone."""
        client = Client(self._server.port, self._patience)
        for method, target in (
            ("DELETE", "/__admin/sessions?idle=0"),
            ("DELETE", "/__admin/requests"),
            ("POST", "/__admin/reset"),
            ("DELETE", "/__admin/coverage?session=*"),
            ("DELETE", "/__admin/removals"),
        ):
            reply = await client.ask(method, target)
            if reply.status >= 300:
                raise WireError(f"{method} {target} was answered {reply.status} {reply.body[:300]!r}")
        client.close()

    async def settle(self, limit: float, seconds: float) -> Usage:
        """Wait until the memory is back below a limit, for so many seconds at most."""
        deadline = time.monotonic() + seconds
        while (now := usage(self._server)).megabytes > limit and time.monotonic() < deadline:
            await asyncio.sleep(0.5)
        return now

    def _take(self, seconds: float) -> None:
        latencies, self._latencies = self._latencies or [0.0, 0.0], []
        cuts = statistics.quantiles(latencies * 2, n=100)
        self.samples.append(Sample(seconds, self._sent, usage(self._server), cuts[49], cuts[98]))
        self._sent = 0

    async def _work(self, random: Random) -> None:
        client = Client(self._server.port, self._patience)
        kinds: list[Callable[[Random, Client], Awaitable[None]]] = [
            self._valid,
            self._malformed,
            self._slow,
            self._admin,
        ]
        while not self._over.is_set():
            act = random.choices(kinds, (70, 20, 2, 8))[0]
            try:
                await act(random, client)
            except (WireError, OSError) as error:
                self._findings.blame("every good request is answered", str(error))
            self._sent += 1
        client.close()

    async def _valid(self, random: Random, client: Client) -> None:
        await self._good(client, random.choice(VALID), f"mixed-{random.randrange(_SESSIONS)}")

    async def _good(self, client: Client, message: Message, session: str) -> None:
        headers = {
            name.decode(): value.decode() for name, value in message.lines if name != b"Content-Length"
        }
        begun = time.monotonic()
        reply = await client.ask(
            message.method, message.target, message.body, {**headers, "X-Mock-Session": session}
        )
        self._latencies.append((time.monotonic() - begun) * 1_000)
        self._findings.counts[f"good {reply.status // 100}xx"] += 1
        if is_undocumented(reply, message.documented):
            text = f"{message.method} {message.target}: {reply.status} {reply.body[:300]!r}"
            self._findings.blame("undocumented 5xx", text, message.render())

    async def _malformed(self, random: Random, client: Client) -> None:
        del random, client
        number = next(self._numbers)
        one = attack(self._seed + 1, number)
        if one.ends:
            await send_one(
                self._server.port, one, self._patience, self._findings, f"mixed, number {number}, "
            )

    async def _slow(self, random: Random, client: Client) -> None:
        """A good request whose bytes trickle."""
        del client
        data = random.choice(VALID).having(x_mock_session="slow").render()
        pieces = tuple(data[start : start + 20] for start in range(0, len(data), 20))
        await send_one(
            self._server.port, Attack("a slow good request", pieces, 0.05), self._patience, self._findings
        )

    async def _admin(self, random: Random, client: Client) -> None:
        session = f"mixed-{random.randrange(_SESSIONS)}"
        form = random.choice(("curl", "har", "pytest"))
        targets = (
            "/__admin/health",
            "/__admin/requests?status=4xx",
            "/__admin/coverage",
            "/__admin/state/sqod/appointments",
            _LONG + form,
        )
        target = random.choice(targets)
        reply = await client.ask("GET", target, headers={"X-Mock-Session": session})
        if reply.status >= 500:
            self._findings.blame("undocumented 5xx", f"GET {target}: {reply.status} {reply.body[:300]!r}")

    async def _listen(self) -> None:
        """Read an event stream for as long as the load is on."""
        stream = asyncio.create_task(listen(self._server.port, "/__admin/requests/stream"))
        over = asyncio.create_task(self._over.wait())
        await asyncio.wait((stream, over), return_when=asyncio.FIRST_COMPLETED)
        if stream.done():
            self._findings.blame("event streams stay open", stream.result())
        over.cancel()
        stream.cancel()
        await asyncio.gather(stream, over, return_exceptions=True)


def table(samples: list[Sample], start: Usage, end: Usage) -> Iterator[str]:
    """The samples, with what was held before and afterwards."""
    yield "| after s | requests | RSS MB | descriptors | p50 ms | p99 ms |"
    yield "|--:|--:|--:|--:|--:|--:|"
    yield f"| start | | {start.megabytes:.0f} | {start.descriptors} | | |"
    for one in samples:
        yield (
            f"| {one.seconds:.0f} | {one.requests:,} | {one.usage.megabytes:.0f} | {one.usage.descriptors} "
            f"| {one.p50:.1f} | {one.p99:.1f} |"
        )
    yield f"| end | | {end.megabytes:.0f} | {end.descriptors} | | |"
