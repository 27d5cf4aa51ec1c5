"""Malformed requests: each is answered or closed in time, and no answer is a 5xx that is not documented."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from bench.attack.breaches import Findings, judge
from bench.attack.messages import Attack, attack
from bench.attack.wire import WireError, exchange

WORKERS = 64


async def send_all(port: int, seed: int, count: int, patience: float, findings: Findings) -> None:
    """Send the attacks 0 to `count` - 1, some at a time; `patience` seconds without a sign are a hang."""
    numbers = iter(range(count))
    async with asyncio.TaskGroup() as group:
        for _ in range(min(WORKERS, count)):
            group.create_task(_work(port, seed, numbers, patience, findings))


async def _work(port: int, seed: int, numbers: Iterator[int], patience: float, findings: Findings) -> None:
    for number in numbers:
        await send_one(port, attack(seed, number), patience, findings, f"number {number}, ")


async def send_one(port: int, attack: Attack, patience: float, findings: Findings, whose: str = "") -> None:
    """Send one attack, and count what came of it."""
    sent = b"".join(attack.pieces)
    try:
        outcome = await exchange(
            port,
            attack.pieces,
            pause=attack.pause,
            ends=attack.ends,
            wanted=attack.requests,
            seconds=patience,
        )
    except WireError as error:
        findings.blame("answers are HTTP", f"{whose}{attack.name}: {error}", sent)
        return
    except OSError as error:
        findings.blame("the server is there", f"{whose}{attack.name}: {error}", sent)
        return
    findings.counts["connections"] += 1
    findings.counts.update(f"{reply.status // 100}xx" for reply in outcome.replies)
    if not outcome.replies:
        findings.counts["closed without an answer" if outcome.is_closed else "hangs"] += 1
    broken = judge(attack, outcome)
    if broken is not None:
        findings.blame(broken[0], whose + broken[1], sent)
