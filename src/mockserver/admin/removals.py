"""Keep cleared, reset and dropped data for a while, so that its removal can be undone by any replica."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mockserver.errors import ResourceNotFoundError
from mockserver.http.exchange import Exchange
from mockserver.http.journal.request_journal import Journal
from mockserver.http.outgoing.outbox import SENT, Outbox, Sent
from mockserver.state.session_store import SessionContents, Sessions
from mockserver.state.storages.events import CountName, EventKind

KEPT = 20
"""Number of removals that can be undone."""

_MOST_DIGITS = 15


class RemovedData(StrEnum):
    """What a removal removed."""

    REQUESTS = "requests"
    SENT = "sent"
    COVERAGE = "coverage"
    SESSIONS = "sessions"


@dataclass(slots=True)
class Removal:
    """Something that was removed.

    Attributes:
        what: a description for a list.
        data: the kind of the contents.
        contents: what was removed; None after it was discarded for newer removals.
        size: memory in bytes.
        session: empty, as a removal may concern several sessions.
        number: assigned by the storage.
    """

    what: str
    data: RemovedData
    contents: Any
    size: int
    session: str = ""
    number: int = 0


def _discard(removal: Removal) -> None:
    removal.contents = None


class Removals:
    """The latest removals, up to a total size, in the storage."""

    def __init__(self, journal: Journal, outbox: Outbox, sessions: Sessions, limit: int) -> None:
        """`limit` is bytes: of a removal that can be undone, and of all together."""
        self._journal = journal
        self._outbox = outbox
        self._sessions = sessions
        self._storage = sessions.storage
        self._limit = limit
        self._kind = EventKind("removal", KEPT, self._write, self._read, limit, _discard, ("contents",))

    async def keep(self, removal: Removal | None) -> str | None:
        """Keep a removal; return its id for undo, None if it is too large."""
        if removal is None or removal.size > self._limit:
            return None
        await self._storage.publish(self._kind, removal, removal.size)
        return str(removal.number)

    async def undo(self, id_: str) -> tuple[str, str | None]:
        """Restore what was removed; return its description, and the id of the removal of what it replaced.

        Raises:
            ResourceNotFoundError: it was undone already, or discarded for newer ones.
        """
        number = int(id_) if id_.isdecimal() and len(id_) <= _MOST_DIGITS else 0
        taken = await self._storage.forget(self._kind, None, {number})
        for removal in taken:
            if removal.contents is not None:
                return removal.what, await self.keep(await self._put_back(removal.data, removal.contents))
        raise ResourceNotFoundError(
            f"There is no removal {id_!r} to undo: it was undone already, newer removals took its place, "
            "or the documents were reloaded since."
        )

    async def forget(self) -> None:
        """Discard all removals."""
        await self._storage.forget(self._kind, None)

    async def listed(self) -> list[dict[str, Any]]:
        """The removals that can be undone, the latest first."""
        found = (await self._storage.events(self._kind)).entries
        return [
            {"id": str(one.number), "what": one.what} for one in reversed(found) if one.contents is not None
        ]

    async def _put_back(self, data: RemovedData, contents: Any) -> Removal | None:
        """Restore removed data; return what it replaced."""
        if data is RemovedData.REQUESTS:
            await self._journal.put_back(contents)
        elif data is RemovedData.SENT:
            await self._outbox.put_back(contents)
        elif data is RemovedData.COVERAGE:
            await self._journal.put_back_coverage(contents)
        else:
            replaced = {name: await self._sessions.put_back(name, one) for name, one in contents.items()}
            present = {name: one for name, one in replaced.items() if one is not None}
            return removed_sessions(present, "replaced by an undo")
        return None

    def _events(self, data: RemovedData) -> EventKind:
        return SENT if data is RemovedData.SENT else self._journal.kind

    def _write(self, removal: Removal) -> dict[str, Any]:
        """A removal as the JSON value that a storage keeps."""
        data, contents = removal.data, removal.contents
        value: Any = ""
        if contents is None:
            pass
        elif data is RemovedData.COVERAGE:
            value = [[list(name), count] for name, count in contents.items()]
        elif data is RemovedData.SESSIONS:
            value = {
                name: [one.size, [[list(field), entry] for field, entry in one.fields.items()]]
                for name, one in contents.items()
            }
        else:
            value = [[event.number, self._events(data).write(event)] for event in contents]
        return {"what": removal.what, "data": data, "size": removal.size, "contents": value}

    def _read(self, value: dict[str, Any]) -> Removal:
        """A removal from its JSON value."""
        data, contents = RemovedData(value["data"]), value["contents"]
        if not contents:
            contents = None
        elif data is RemovedData.COVERAGE:
            contents = {tuple(name): count for name, count in contents}
        elif data is RemovedData.SESSIONS:
            contents = {
                name: SessionContents({tuple(field): entry for field, entry in fields}, size)
                for name, (size, fields) in contents.items()
            }
        else:
            contents = [self._events(data).event(number, event, None) for number, event in contents]
        return Removal(value["what"], data, contents, value["size"])


def removed_requests(entries: list[Exchange]) -> Removal | None:
    """Requests that were removed from the journal."""
    if not entries:
        return None
    size = sum(1_000 + len(entry.body) + len(entry.reply_body) for entry in entries)
    return Removal(f"{_counted(len(entries), 'request')} cleared", RemovedData.REQUESTS, entries, size)


def removed_sent(entries: list[Sent]) -> Removal | None:
    """Callbacks and webhooks that were removed from the list of sent requests."""
    if not entries:
        return None
    size = sum(1_000 + len(entry.request.url) + len(entry.request.body) for entry in entries)
    return Removal(f"{_counted(len(entries), 'sent request')} cleared", RemovedData.SENT, entries, size)


def removed_coverage(counts: Mapping[CountName, int]) -> Removal | None:
    """Coverage counts that were removed."""
    return Removal("Coverage cleared", RemovedData.COVERAGE, counts, 500 * len(counts)) if counts else None


def removed_sessions(contents: Mapping[str, SessionContents], how: str) -> Removal | None:
    """Sessions that were reset or dropped."""
    if not contents:
        return None
    names = ", ".join(list(contents)[:3]) if len(contents) <= 3 else _counted(len(contents), "session")
    label = names if len(contents) > 3 else f"Session {names}"
    size = sum(found.size for found in contents.values())
    return Removal(f"{label} {how}", RemovedData.SESSIONS, contents, size)


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
