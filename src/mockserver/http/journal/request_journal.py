"""The journal: the latest requests and their answers; bounded, and it counts what it dropped."""

import asyncio
import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, cast

from mockserver.errors import StoreUnavailableError
from mockserver.http.exchange import NOTHING, Exchange
from mockserver.http.interception.answer_source import AnswerSource, source_of
from mockserver.http.interception.setup_calls import setup_calls
from mockserver.http.journal.exchange_form import exchange_of, exchange_value
from mockserver.http.journal.journal_listener import Listener
from mockserver.http.journal.secret_names import NO_API_KEYS, ApiKeyNames
from mockserver.state.storage import SessionStorage
from mockserver.state.storages.events import LATEST, CountName, EventKind, Events
from mockserver.state.storages.replicas import replica_name
from mockserver.state.storages.selection import is_shared

_DIGITS = 16
_SECOND = timedelta(seconds=1)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)

Exercised = tuple[str, str | None, str | None, int, tuple[tuple[str, str], ...], AnswerSource]
"""Session, API, operationId, status, parameters sent except those of the path, who made the answer."""


@dataclass(frozen=True, slots=True)
class Query:
    """A filter for requests; attributes that are None match everything.

    Attributes:
        status: `404`, or `4xx` for all of a class.
        text: found in the path, the query, a header field, a body, the reason of a refusal, the operation,
            the session or the caller, ignoring case; or equal to the method, status or id.
        refused: whether the request violated the document.
        before: only requests with a lower number.
        after: only requests with a higher number.
    """

    session: str | None = None
    api: str | None = None
    operation: str | None = None
    method: str | None = None
    status: str | None = None
    text: str | None = None
    refused: bool | None = None
    before: int | None = None
    after: int | None = None

    def takes(self, number: int, exchange: Exchange) -> bool:
        """Whether a request matches the filter."""
        return (
            (self.before is None or number < self.before)
            and (self.after is None or number > self.after)
            and self.session in {None, exchange.session}
            and self.api in {None, exchange.api}
            and self.operation in {None, exchange.operation_id}
            and self.method in {None, exchange.method}
            and (self.status is None or _is_status(self.status, exchange.status))
            and (self.refused is None or self.refused == bool(exchange.violations))
            and (self.text is None or _has_text(self.text.lower(), exchange))
        )


EVERYTHING = Query()


def _is_status(wanted: str, status: int) -> bool:
    return wanted == str(status) or wanted.lower() == f"{status // 100}xx"


def _has_text(text: str, exchange: Exchange) -> bool:
    words = (exchange.path, exchange.operation_id or "", exchange.session, exchange.identity.name)
    if any(text in word.lower() for word in words):
        return True
    if text in {str(exchange.status), exchange.method.lower(), exchange.id}:
        return True
    raw = text.encode()
    places = (exchange.query_string, exchange.body, exchange.reply_body, (exchange.reason or "").encode())
    return any(raw in place.lower() for place in places) or _has_field(raw, exchange)


def _has_field(raw: bytes, exchange: Exchange) -> bool:
    fields = chain(exchange.headers.items(), exchange.reply_fields)
    return any(raw in b"%s: %s" % (name.lower(), value.lower()) for name, value in fields)


def _announced(exchange: Exchange) -> int:
    """The Content-Length of a request whose body was not received completely; -1 without one."""
    length = exchange.headers.get(b"content-length", b"")
    return int(length) if length.isdigit() and len(length) < _DIGITS else -1


def _drop_bodies(exchange: Exchange) -> None:
    exchange.body = exchange.reply_body = b""


class Journal:
    """Stores the latest requests of all sessions.

    Each body is cut to a limit, and all bodies together have another: when they exceed it, the bodies of the
    oldest requests are dropped, while the requests stay.
    """

    def __init__(
        self,
        storage: SessionStorage,
        limit: int,
        body_limit: int,
        total_bodies: int,
        api_keys: ApiKeyNames = NO_API_KEYS,
    ) -> None:
        """`body_limit` and `total_bodies` are bytes; `api_keys` are the names that views mask."""
        self._storage = storage
        self.body_limit = body_limit
        self.api_keys = api_keys

        def read(value: Any) -> Exchange:
            exchange = exchange_of(value)
            exchange.api_keys = api_keys
            exchange.run = storage.run
            return exchange

        def write(exchange: Exchange) -> dict[str, Any]:
            if self._is_shared and exchange.replica is None:
                exchange.replica = replica_name()
            return exchange_value(exchange)

        #: The storage's event kind for requests.
        self.kind = EventKind(
            "request", limit, write, read, total_bodies, _drop_bodies, ("body", "reply_body")
        )
        self._listeners: set[Listener] = set()
        #: How many requests were not saved because the storage could not be reached.
        self.unsaved = 0
        #: Whether other processes share the storage, so that counts must be saved even if no request follows.
        self._is_shared = is_shared(storage)
        self._telling: asyncio.Task[None] | None = None
        #: Answers counted per operation since the counts were last saved to the storage.
        self._exercised: dict[Exercised, int] = {}
        #: When the counts are saved to the storage next.
        self._count_next = _LONG_AGO

    async def add(self, exchange: Exchange) -> None:
        """Save a request that has been answered; if the storage fails, count it as unsaved."""
        exchange.api_keys = self.api_keys
        self._count(exchange)
        # Free what the journal does not show while it is still in the processor's cache.
        exchange.is_answered = exchange.state is not None
        # An error has the frames that it passed, and with them the application, which a reload replaces.
        exchange.body_value = exchange.state = exchange.endpoint = exchange.unrouted = None
        exchange.arguments = NOTHING
        if not exchange.violations:
            exchange.path_parameters = NOTHING
        if exchange.intervention is not None:
            exchange.setup = setup_calls(exchange)
            exchange.forced, exchange.scenario = exchange.intervention.given
            exchange.faults = exchange.intervention.faults
            exchange.intervention = None
        try:
            exchange.run = self._storage.run
            await self._storage.publish(self.kind, exchange, self._cut_bodies(exchange))
            if exchange.started is not None and exchange.started >= self._count_next:
                self._count_next = exchange.started + _SECOND
                await self.tell_counts()
        except StoreUnavailableError:
            self.unsaved += 1
        if self._is_shared and (self._telling is None or self._telling.done()):
            self._telling = asyncio.ensure_future(self._tell_later())

    async def _tell_later(self) -> None:
        await asyncio.sleep(_SECOND.total_seconds())
        with contextlib.suppress(StoreUnavailableError):
            await self.tell_counts()

    def _cut_bodies(self, exchange: Exchange) -> int:
        """Cut the bodies to the limit, store their full lengths, and return the length that is kept."""
        limit = self.body_limit
        exchange.body_size = kept = len(exchange.body)
        if exchange.unread:
            exchange.body_size = _announced(exchange)
        if kept > limit:
            exchange.body = exchange.body[:limit]
            kept = limit
        exchange.reply_size = size = len(exchange.reply_body)
        if size > limit:
            exchange.reply_body = exchange.reply_body[:limit]
            size = limit
        elif size:
            # orjson's output has a buffer several times its size, so copy it.
            exchange.reply_body = bytes(memoryview(exchange.reply_body))
        return kept + size

    def _count(self, exchange: Exchange) -> None:
        """Count the operation and its answer for coverage."""
        # Path parameters are always sent, so they are not recorded.
        others = len(exchange.arguments) > len(exchange.path_parameters)
        sent = (*exchange.arguments,) if others else ()
        usual = exchange.intervention is None and b"prefer" not in exchange.headers
        source: AnswerSource = "operation" if usual else source_of(exchange)
        key = (exchange.session, exchange.api, exchange.operation_id, exchange.status, sent, source)
        exercised = self._exercised
        exercised[key] = exercised.get(key, 0) + 1

    async def tell_counts(self) -> None:
        """Add the counts since the last call to the storage's counts.

        Raises:
            StoreUnavailableError: the storage cannot be reached; the counts are added the next time.
        """
        counted, self._exercised = self._exercised, {}
        try:
            await self._storage.add_counts({_count_name(*key): count for key, count in counted.items()})
        except StoreUnavailableError:
            for key, count in counted.items():
                self._exercised[key] = self._exercised.get(key, 0) + count
            raise

    async def exercised(self) -> tuple[dict[Exercised, int], int]:
        """How often each operation got which answer, including requests that the journal has dropped.

        Returns:
            The counts, and the number of requests that were not counted for lack of room.
        """
        await self.tell_counts()
        found = await self._storage.counts()
        return {_exercised(name): count for name, count in found.counts.items()}, found.uncounted

    @property
    def run(self) -> str:
        """The id of this run of the server, or of the storage that several servers share."""
        return self._storage.run

    async def remove(self, numbers: Collection[int] | None = None) -> list[Exchange]:
        """Remove and return the requests with these numbers, or all; coverage and numbering continue."""
        return await self._storage.forget(self.kind, None, numbers)

    async def put_back(self, entries: list[Exchange]) -> None:
        """Restore removed requests at their old positions, as far as there is room."""
        sizes = ((entry, len(entry.body) + len(entry.reply_body)) for entry in entries)
        await self._storage.restore(self.kind, sizes)

    async def remove_coverage(self, session: str | None = None) -> dict[CountName, int]:
        """Remove and return the counts of a session, or all counts."""
        await self.tell_counts()
        counts = (await self._storage.counts()).counts
        await self._storage.forget_counts(session)
        return {name: count for name, count in counts.items() if session in {None, name[0]}}

    async def put_back_coverage(self, counts: Mapping[CountName, int]) -> None:
        """Add removed counts to the current ones."""
        await self._storage.add_counts(counts)

    async def events(self, after: int = 0) -> Events:
        """The stored requests with a number above `after`, and what is known of those no longer stored."""
        return await self._storage.events(self.kind, after)

    async def get(self, number: int) -> Exchange | None:
        """The request with this number, if it is still stored."""
        found = (await self.events(number - 1)).entries
        return found[0] if found and found[0].number == number else None

    async def find(self, id_: str) -> Exchange | None:
        """The request with this id, or with this number of this run; None if it is not stored."""
        run, dash, number = id_.rpartition("-")
        return None if dash and run != self.run else await self.get(int(number))

    async def search(self, query: Query = EVERYTHING) -> Iterator[tuple[int, Exchange]]:
        """The matching requests with their numbers, the latest first, in a snapshot of the journal.

        The iterator may be read while requests arrive, also by another thread.
        """
        kept = (await self.events()).entries
        found = (exchange for exchange in reversed(kept) if query.takes(exchange.number, exchange))
        return ((exchange.number, exchange) for exchange in found)

    async def listen(self) -> Listener:
        """Subscribe to new requests, until the listener is closed."""
        listener = Listener(self._storage, self.kind, await self.events(LATEST), self._listeners.discard)
        self._listeners.add(listener)
        return listener

    @property
    def listeners(self) -> int:
        """How many are listening in this process."""
        return len(self._listeners)

    def close(self) -> None:
        """End every listener."""
        for listener in list(self._listeners):
            listener.end()


def _count_name(
    session: str,
    api: str | None,
    operation: str | None,
    status: int,
    sent: Iterable[tuple[str, str]],
    source: AnswerSource,
) -> CountName:
    names = [part for parameter in sent for part in parameter]
    return session, api or "", operation or "", str(status), source, *names


def _exercised(name: CountName) -> Exercised:
    session, api, operation, status, source, *names = name
    return (
        session,
        api or None,
        operation or None,
        int(status),
        tuple(zip(names[::2], names[1::2], strict=True)),
        cast("AnswerSource", source),
    )
