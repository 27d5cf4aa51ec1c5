"""Many sessions, many clients: no update is lost, none is seen in another session."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bench.attack.breaches import Findings
from bench.attack.messages import APPOINTMENT, JSON
from bench.attack.wire import Client, WireError

CLIENTS = 50
_TARGET = f"/api/v1/appointments/{APPOINTMENT}"
_HEADERS = {"Authorization": "Bearer agent-token", "Content-Type": JSON}
_WRITES = 2


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the appointment that one client alone writes, in one session.

    Two clients write the two fields of a session at the same time: an update that is read, changed and
    written back without care would lose the other's.
    """

    session: int
    is_number: bool

    def value(self, writes: int) -> str | int:
        """What is written: it says which session it belongs to, and how often it was written."""
        return self.session * 10 + writes if self.is_number else f"{self.session}:{writes}"

    def change(self, writes: int) -> dict[str, Any]:
        """The body that writes it."""
        value = self.value(writes)
        return {"duration_in_minutes": value} if self.is_number else {"claimant": {"name": value}}

    def find(self, record: Any) -> Any:
        """Its value in an appointment."""
        return record["duration_in_minutes"] if self.is_number else record["claimant"]["name"]


Act = Callable[[Client, Field, Findings], Awaitable[None]]


async def work_all(port: int, sessions: int, findings: Findings) -> None:
    """Write and read back each field from 50 connections, then ask for the value of every one at the end."""
    fields = [Field(session, is_number) for session in range(1, sessions + 1) for is_number in (True, False)]
    acts: tuple[Act, ...] = (_write, _check)
    for act in acts:
        todo = iter(fields)
        async with asyncio.TaskGroup() as group:
            for _ in range(CLIENTS):
                group.create_task(_work(port, todo, act, findings))


async def _work(port: int, todo: Iterator[Field], act: Act, findings: Findings) -> None:
    client = Client(port)
    for field in todo:
        try:
            await act(client, field, findings)
        except (WireError, KeyError, TypeError, ValueError) as error:
            findings.blame("every update is answered", f"session {field.session}: {error!r}")
    client.close()


async def _record(client: Client, field: Field, body: bytes) -> Any:
    reply = await client.ask(
        "PATCH", _TARGET, body, {**_HEADERS, "X-Mock-Session": f"counter-{field.session}"}
    )
    if reply.status != 200:
        raise ValueError(f"PATCH {body!r} was answered {reply.status} {reply.body[:300]!r}")
    return reply.json()["data"]


async def _write(client: Client, field: Field, findings: Findings) -> None:
    for writes in range(1, _WRITES + 1):
        body = json.dumps(field.change(writes)).encode()
        findings.counts["updates"] += 1
        _compare(field, writes, await _record(client, field, body), findings)
        _compare(field, writes, await _record(client, field, b"{}"), findings)


async def _check(client: Client, field: Field, findings: Findings) -> None:
    findings.counts["checked at the end"] += 1
    _compare(field, _WRITES, await _record(client, field, b"{}"), findings)


def _compare(field: Field, writes: int, record: Any, findings: Findings) -> None:
    found, wanted = field.find(record), field.value(writes)
    if found != wanted:
        findings.blame(
            "no update is lost or crossed",
            f"session counter-{field.session} has {found!r} where {wanted!r} was written",
        )
