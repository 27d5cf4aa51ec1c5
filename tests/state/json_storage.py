"""A storage that keeps JSON text, lets others run at every call, and conflicts now and then.

What passes over it depends neither on shared objects nor on a storage that never suspends.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mockserver.state.storage import (
    NO_SESSION,
    Committed,
    Delta,
    DropReason,
    Field,
    Limits,
    Loaded,
    SessionSummary,
    StorageConflictError,
)
from mockserver.state.storages.events import CountName, Counts, EventKind, Events
from mockserver.state.storages.memory import MemoryStorage


def _text(fields: Mapping[Field, Any]) -> dict[Field, str]:
    return {field: json.dumps(value) for field, value in fields.items()}


def _values(fields: Mapping[Field, Any]) -> dict[Field, Any]:
    return {field: json.loads(text) for field, text in fields.items()}


@dataclass
class _Text:
    """An event as text."""

    session: str
    text: str
    number: int = 0


class JsonStorage:
    """See `SessionStorage`; `conflicts` says which commits find that another process was first: every nth."""

    def __init__(self, limits: Limits | None = None, conflicts: int = 0) -> None:
        self._kept = MemoryStorage(limits)
        self.run = self._kept.run
        self._conflicts = conflicts
        #: What each version of a session changed in the one before: what a load gives of a known version.
        self._steps: dict[str, dict[int, tuple[int, Delta]]] = {}
        self.commits = 0
        self.conflicts = 0
        self.partial_loads = 0

    async def load(self, session: str, known: int, now: datetime) -> Loaded:
        """Give what changed as new objects."""
        await asyncio.sleep(0)
        loaded = await self._kept.load(session, known, now)
        await asyncio.sleep(0)
        step = self._steps.get(session, {}).get(loaded.version or NO_SESSION)
        if known != NO_SESSION and step is not None and step[0] == known:
            self.partial_loads += 1
            delta = step[1]
            return replace(loaded, fields=_values(delta.fields), removed=tuple(delta.removed), whole=False)
        return replace(loaded, fields=_values(loaded.fields))

    async def commit(self, session: str, expected: int, delta: Delta, now: datetime) -> Committed:
        """Keep the text of what changed, unless it is time for a conflict."""
        await asyncio.sleep(0)
        self.commits += 1
        if self._conflicts and self.commits % self._conflicts == 0:
            self.conflicts += 1
            raise StorageConflictError(session)
        text = Delta(list(delta.removed), _text(delta.fields), delta.size, delta.changes, delta.drop)
        committed = await self._kept.commit(session, expected, text, now)
        self._steps.setdefault(session, {})[committed.version] = (expected, text)
        await asyncio.sleep(0)
        return committed

    async def sessions(self, now: datetime) -> list[SessionSummary]:
        """The sessions with their conditions as new objects."""
        await asyncio.sleep(0)
        return [
            replace(
                entry,
                conditions=None if entry.conditions is None else json.loads(entry.conditions),
                counts={name: json.loads(str(text)) for name, text in entry.counts.items()},
            )
            for entry in await self._kept.sessions(now)
        ]

    async def drop(self, session: str) -> bool:
        """Forget a session."""
        await asyncio.sleep(0)
        return await self._kept.drop(session)

    async def expire(self, before: datetime, now: datetime) -> tuple[str, ...]:
        """Drop what was not used."""
        await asyncio.sleep(0)
        return await self._kept.expire(before, now)

    async def watch(self, session: str) -> None:
        """Remember changes."""
        await asyncio.sleep(0)
        await self._kept.watch(session)

    async def acknowledge(self, session: str) -> None:
        """Forget that it was dropped."""
        await asyncio.sleep(0)
        await self._kept.acknowledge(session)

    async def publish(self, kind: EventKind, event: Any, size: int = 0) -> None:
        """Keep the text of an event."""
        await asyncio.sleep(0)
        text = _Text(event.session, json.dumps(kind.write(event)))
        await self._kept.publish(kind, text)
        event.number = text.number

    async def update(self, kind: EventKind, event: Any) -> None:
        """Keep another text in its place."""
        await asyncio.sleep(0)
        for text in (await self._kept.events(kind, event.number - 1)).entries[:1]:
            if text.number == event.number:
                text.text = json.dumps(kind.write(event))

    async def events(self, kind: EventKind, after: int = 0) -> Events:
        """Give events as new objects."""
        await asyncio.sleep(0)
        found = await self._kept.events(kind, after)
        events = [kind.read(json.loads(text.text)) for text in found.entries]
        for event, text in zip(events, found.entries, strict=True):
            event.number = text.number
        return replace(found, entries=events)

    async def wait(self, kind: EventKind, after: int, clearings: int, seconds: float) -> None:
        """Wait for events."""
        await self._kept.wait(kind, after, clearings, seconds)

    async def forget(
        self, kind: EventKind, session: str | None, numbers: Collection[int] | None = None
    ) -> list[Any]:
        """Forget events, and give them as new objects."""
        await asyncio.sleep(0)
        texts = await self._kept.forget(kind, session, numbers)
        events = [kind.read(json.loads(text.text)) for text in texts]
        for event, text in zip(events, texts, strict=True):
            event.number = text.number
        return events

    async def restore(self, kind: EventKind, events: Iterable[tuple[Any, int]]) -> None:
        """Keep the texts of events again."""
        await asyncio.sleep(0)
        texts = []
        for event, _ in events:
            text = _Text(event.session, json.dumps(kind.write(event)))
            text.number = event.number
            texts.append((text, 0))
        await self._kept.restore(kind, texts)

    async def fields(self, session: str) -> Mapping[Field, Any]:
        """Everything in a session, as new objects."""
        await asyncio.sleep(0)
        return _values(await self._kept.fields(session))

    async def add_counts(self, counts: Mapping[CountName, int]) -> None:
        """Count."""
        await asyncio.sleep(0)
        await self._kept.add_counts({tuple(json.loads(json.dumps(name))): n for name, n in counts.items()})

    async def counts(self) -> Counts:
        """All counts."""
        await asyncio.sleep(0)
        return await self._kept.counts()

    async def forget_counts(self, session: str | None) -> None:
        """Forget counts."""
        await asyncio.sleep(0)
        await self._kept.forget_counts(session)

    async def dropped(self) -> Mapping[DropReason, int]:
        """How many were dropped."""
        await asyncio.sleep(0)
        return await self._kept.dropped()
