"""The journal: the requests that came, what was made of them; bounded, and it says what it dropped."""

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from mockserver.http.exchange import NOTHING, Exchange
from mockserver.http.interception.answer_source import AnswerSource, source_of
from mockserver.http.journal.journal_listener import Listener
from mockserver.http.journal.secret_names import NO_API_KEYS, ApiKeyNames

_COVERED = 100_000
_DIGITS = 16

Exercised = tuple[str, str | None, str | None, int, tuple[tuple[str, str], ...], AnswerSource]
"""Session, API, operationId, status, the parameters sent besides those of the path, who made the answer."""


@dataclass(frozen=True, slots=True)
class Query:
    """Which requests are wanted; what is None does not matter.

    Attributes:
        status: `404`, or `4xx` for all of a class.
        text: in the path, the query, a header field, a body, the reason of a refusal, the operation, the
            session or the caller, in any case; or the whole method, status or id.
        refused: whether the request broke the document.
        before: older than this number.
        after: newer than this number.
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
        """Whether a request is wanted."""
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
    """The length that a request announces for a body that was not received to its end; -1 for none."""
    length = exchange.headers.get(b"content-length", b"")
    return int(length) if length.isdigit() and len(length) < _DIGITS else -1


def _bodies(exchange: Exchange) -> int:
    return len(exchange.body) + len(exchange.reply_body)


class Journal:
    """Remembers the latest requests of all sessions.

    Bodies are kept up to a limit each, and all of them together within another: when there are more, those of
    the oldest requests are dropped, and the requests stay.
    """

    def __init__(
        self,
        limit: int,
        body_limit: int,
        total_bodies: int,
        api_keys: ApiKeyNames = NO_API_KEYS,
        run: str = "0",
    ) -> None:
        """Make a journal without requests.

        Args:
            limit: how many requests are kept.
            body_limit: bytes of a body.
            total_bodies: bytes of all bodies.
            api_keys: for those who show requests.
            run: names this run of the server in the ids of requests, so that no other run has the same ids.
        """
        self.run = run
        self._limit = limit
        self.body_limit = body_limit
        self._total_bodies = total_bodies
        self.api_keys = api_keys
        self._entries: deque[Exchange] = deque()
        #: The entries that still have bodies, and how many bytes these are together.
        self._with_bodies: deque[Exchange] = deque()
        self._kept = 0
        self._listeners: set[Listener] = set()
        #: The number of the latest request; numbers are never given again.
        self.latest = 0
        #: How many requests were removed on demand.
        self._removed = 0
        #: How often each operation was answered how, whatever the journal has dropped since.
        self.exercised: dict[Exercised, int] = {}
        #: How many requests are not among them, because there was no room for more.
        self.uncounted = 0

    def add(self, exchange: Exchange) -> None:
        """Note a request that has been answered."""
        self.latest = exchange.number = self.latest + 1
        exchange.run = self.run
        exchange.api_keys = self.api_keys
        self._cut_bodies(exchange)
        self._count(exchange)
        # What the journal does not show is let go while it is still in the processor's cache.
        exchange.body_value = None
        exchange.arguments = NOTHING
        if not exchange.violations:
            exchange.path_parameters = NOTHING
        self._entries.append(exchange)
        if len(self._entries) > self._limit:
            oldest = self._entries.popleft()
            if self._with_bodies and self._with_bodies[0] is oldest:
                self._kept -= _bodies(self._with_bodies.popleft())
        if self._kept > self._total_bodies:
            self._drop_bodies()
        for listener in self._listeners:
            listener.tell(exchange.number, exchange)

    def _cut_bodies(self, exchange: Exchange) -> None:
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
        if kept or size:
            self._kept += kept + size
            self._with_bodies.append(exchange)

    def _count(self, exchange: Exchange) -> None:
        """Note that an operation was exercised."""
        # What the path says is always sent.
        others = len(exchange.arguments) > len(exchange.path_parameters)
        sent = (*exchange.arguments,) if others else ()
        usual = exchange.intervention is None and b"prefer" not in exchange.headers
        source: AnswerSource = "operation" if usual else source_of(exchange)
        key = (exchange.session, exchange.api, exchange.operation_id, exchange.status, sent, source)
        exercised = self.exercised
        if key in exercised:
            exercised[key] += 1
        elif len(exercised) < _COVERED:
            exercised[key] = 1
        else:
            self.uncounted += 1

    def _drop_bodies(self) -> None:
        """Drop the bodies of the oldest requests until the rest is within the limit."""
        while self._kept > self._total_bodies:
            exchange = self._with_bodies.popleft()
            self._kept -= _bodies(exchange)
            exchange.body = exchange.reply_body = b""

    def _replace(self, entries: list[Exchange]) -> None:
        self._entries = deque(entries)
        self._with_bodies = deque(entry for entry in entries if entry.body or entry.reply_body)
        self._kept = sum(map(_bodies, self._with_bodies))

    @property
    def total(self) -> int:
        """How many requests came since the start, without those that were removed on demand."""
        return self.latest - self._removed

    @property
    def dropped(self) -> int:
        """How many of them are no longer kept."""
        return self.total - len(self._entries)

    def take_over(self, other: "Journal") -> None:
        """Go on where another journal stops."""
        self.run = other.run
        self._replace([*other._entries][-self._limit :])
        self.latest, self._removed = other.latest, other._removed
        self.exercised, self.uncounted = dict(other.exercised), other.uncounted

    def remove(self, numbers: Collection[int] | None = None) -> list[Exchange]:
        """Remove the requests of these numbers, or all, and return them; coverage and numbers go on."""
        if numbers is None:
            removed = list(self._entries)
            self._removed = self.latest
            self._replace([])
        else:
            removed = [entry for entry in self._entries if entry.number in numbers]
            self._removed += len(removed)
            self._replace([entry for entry in self._entries if entry.number not in numbers])
        self._tell_of_removal()
        return removed

    def put_back(self, entries: list[Exchange]) -> int:
        """Put removed requests back in their places; return how many there is room for, the latest ones."""
        known = {entry.number for entry in self._entries}
        missing = [entry for entry in entries if entry.number not in known]
        self._replace(sorted([*self._entries, *missing], key=lambda entry: entry.number)[-self._limit :])
        self._removed -= len(missing)
        self._tell_of_removal()
        return len(self._entries) - len(known)

    def remove_coverage(self, session: str | None = None) -> dict[Exercised, int]:
        """Remove the counts of a session, or all, and return them."""
        removed = {key: count for key, count in self.exercised.items() if session in {None, key[0]}}
        self.exercised = {key: count for key, count in self.exercised.items() if key not in removed}
        if session is None:
            self.uncounted = 0
        return removed

    def put_back_coverage(self, counts: Mapping[Exercised, int]) -> None:
        """Add removed counts to those that there are."""
        self.exercised = {**counts, **self.exercised} | {
            key: counts[key] + self.exercised[key] for key in counts if key in self.exercised
        }

    def _tell_of_removal(self) -> None:
        for listener in self._listeners:
            listener.forget()

    def get(self, number: int) -> Exchange | None:
        """The request of this number, if it is still kept."""
        return next((exchange for exchange in self._entries if exchange.number == number), None)

    def find(self, id_: str) -> Exchange | None:
        """The request with this id, or with this number of this run; None if it is not kept."""
        run, dash, number = id_.rpartition("-")
        return None if dash and run != self.run else self.get(int(number))

    def search(self, query: Query = EVERYTHING) -> Iterator[tuple[int, Exchange]]:
        """The requests that are wanted with their numbers, the latest first, as the journal is now.

        The iterator may be read while requests come, by another thread too.
        """
        kept = list(self._entries)
        found = (exchange for exchange in reversed(kept) if query.takes(exchange.number, exchange))
        return ((exchange.number, exchange) for exchange in found)

    def listen(self) -> Listener:
        """Be told of requests as they come, until the listener is closed."""
        listener = Listener(self._listeners.discard)
        self._listeners.add(listener)
        return listener

    @property
    def listeners(self) -> int:
        """How many are listening."""
        return len(self._listeners)

    def close(self) -> None:
        """Tell every listener that nothing more will come."""
        for listener in list(self._listeners):
            listener.end()
