"""Keep cleared, reset and dropped data for a while, so that its removal can be undone."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.errors import ResourceNotFoundError
from mockserver.http.exchange import Exchange
from mockserver.http.journal.request_journal import Exercised, Journal
from mockserver.http.outgoing.outbox import Outbox, Sent
from mockserver.state.session_store import SessionContents, Sessions

KEPT = 20
"""Number of removals that can be undone."""


@dataclass(frozen=True, slots=True)
class Removal:
    """Something that was removed.

    Attributes:
        what: a description for a list.
        size: memory in bytes.
        undo: restores it, and returns what it replaced, which can be restored in turn.
    """

    what: str
    size: int
    undo: Callable[[], Awaitable["Removal | None"]]


@dataclass(slots=True)
class Removals:
    """The latest removals, up to a total size.

    Attributes:
        limit: bytes; a removal that is larger cannot be undone.
    """

    limit: int
    _kept: OrderedDict[str, Removal] = field(default_factory=OrderedDict)
    _count: int = 0

    def keep(self, removal: Removal | None) -> str | None:
        """Keep a removal; return its id for undo, None if it is too large."""
        if removal is None or removal.size > self.limit:
            return None
        self._count += 1
        id_ = str(self._count)
        self._kept[id_] = removal
        while len(self._kept) > KEPT or sum(kept.size for kept in self._kept.values()) > self.limit:
            self._kept.popitem(last=False)
        return id_

    def take(self, id_: str) -> Removal:
        """Return a removal and stop keeping it.

        Raises:
            ResourceNotFoundError: it was undone already, or discarded for newer ones.
        """
        if id_ not in self._kept:
            raise ResourceNotFoundError(
                f"There is no removal {id_!r} to undo: it was undone already, newer removals took its place, "
                "or the documents were reloaded since."
            )
        return self._kept.pop(id_)

    def forget(self) -> None:
        """Discard all removals."""
        self._kept.clear()

    def listed(self) -> list[dict[str, Any]]:
        """The removals that can be undone, the latest first."""
        return [{"id": id_, "what": kept.what} for id_, kept in reversed(self._kept.items())]


def removed_requests(journal: Journal, entries: list[Exchange]) -> Removal | None:
    """Requests that were removed from the journal."""
    if not entries:
        return None

    async def undo() -> None:
        await journal.put_back(entries)

    size = sum(1_000 + len(entry.body) + len(entry.reply_body) for entry in entries)
    return Removal(f"{_counted(len(entries), 'request')} cleared", size, undo)


def removed_sent(outbox: Outbox, entries: list[Sent]) -> Removal | None:
    """Callbacks and webhooks that were removed from the list of sent requests."""
    if not entries:
        return None

    async def undo() -> None:
        await outbox.put_back(entries)

    size = sum(1_000 + len(entry.request.url) + len(entry.request.body) for entry in entries)
    return Removal(f"{_counted(len(entries), 'sent request')} cleared", size, undo)


def removed_coverage(journal: Journal, counts: Mapping[Exercised, int]) -> Removal | None:
    """Coverage counts that were removed."""
    if not counts:
        return None

    async def undo() -> None:
        await journal.put_back_coverage(counts)

    return Removal("Coverage cleared", 500 * len(counts), undo)


def removed_sessions(sessions: Sessions, contents: Mapping[str, SessionContents], how: str) -> Removal | None:
    """Sessions that were reset or dropped."""
    if not contents:
        return None

    async def undo() -> Removal | None:
        replaced = {name: await sessions.put_back(name, found) for name, found in contents.items()}
        present = {name: found for name, found in replaced.items() if found is not None}
        return removed_sessions(sessions, present, "replaced by an undo")

    names = ", ".join(list(contents)[:3]) if len(contents) <= 3 else _counted(len(contents), "session")
    label = names if len(contents) > 3 else f"Session {names}"
    return Removal(f"{label} {how}", sum(found.size for found in contents.values()), undo)


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
