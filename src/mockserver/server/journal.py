"""The journal: the requests that came, what was made of them; bounded, and it says what it dropped."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from mockserver.server.exchange import NOTHING, Exchange
from mockserver.server.listening import Listener

SHOWN_BODY = 4_096
"""So many bytes of a body are kept."""

_COVERED = 100_000

Exercised = tuple[str, str | None, str | None, int, tuple[tuple[str, str], ...]]
"""Session, API, operationId, status, and the parameters that were sent besides those of the path."""


@dataclass(frozen=True, slots=True)
class Query:
    """Which requests are wanted; what is None does not matter.

    Attributes:
        status: `404`, or `4xx` for all of a class.
        text: stands in the path, the query, a body or the reason of a refusal, whatever its case.
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
    if text in exchange.path.lower() or text in (exchange.operation_id or "").lower():
        return True
    raw = text.encode()
    places = (exchange.query_string, exchange.body, exchange.reply_body, (exchange.reason or "").encode())
    return any(raw in place.lower() for place in places)


class Journal:
    """Remembers the latest requests of all sessions."""

    def __init__(self, limit: int) -> None:
        self._entries: deque[Exchange] = deque(maxlen=limit)
        self._listeners: set[Listener] = set()
        #: How many requests came since the start, or since the journal was cleared.
        self.total = 0
        self._forgotten = 0
        #: How often each operation was answered how, whatever the journal has dropped since.
        self.exercised: dict[Exercised, int] = {}
        #: How many requests are not among them, because there was no room for more.
        self.uncounted = 0

    def add(self, exchange: Exchange) -> None:
        """Note a request that has been answered."""
        self.total = exchange.number = self.total + 1
        exchange.body_size = size = len(exchange.body)
        if size > SHOWN_BODY:
            exchange.body = exchange.body[:SHOWN_BODY]
        exchange.reply_size = size = len(exchange.reply_body)
        if size > SHOWN_BODY:
            exchange.reply_body = exchange.reply_body[:SHOWN_BODY]
        # What the path says is always sent.
        others = len(exchange.arguments) > len(exchange.path_parameters)
        sent = (*exchange.arguments,) if others else ()
        key = (exchange.session, exchange.api, exchange.operation_id, exchange.status, sent)
        exercised = self.exercised
        if key in exercised:
            exercised[key] += 1
        elif len(exercised) < _COVERED:
            exercised[key] = 1
        else:
            self.uncounted += 1
        # What the journal does not show is let go while it is still in the processor's cache.
        exchange.body_value = None
        exchange.arguments = NOTHING
        if not exchange.violations:
            exchange.path_parameters = NOTHING
        self._entries.append(exchange)
        if self._listeners:
            for listener in self._listeners:
                listener.tell(self.total, exchange)

    @property
    def dropped(self) -> int:
        """How many of them are no longer remembered."""
        return self.total - self._forgotten - len(self._entries)

    def take_over(self, other: "Journal") -> None:
        """Go on where another journal stops."""
        self._entries.extend(other._entries)
        self.total, self._forgotten = other.total, other._forgotten
        self.exercised, self.uncounted = dict(other.exercised), other.uncounted

    def clear(self, session: str | None = None) -> None:
        """Forget all requests and start counting anew; of one session: forget its, and go on counting."""
        for listener in self._listeners:
            listener.forget()
        if session is None:
            self._entries.clear()
            self.exercised.clear()
            self.total = self._forgotten = self.uncounted = 0
            return
        kept = [entry for entry in self._entries if entry.session != session]
        self._forgotten += len(self._entries) - len(kept)
        self._entries.clear()
        self._entries.extend(kept)
        self.exercised = {key: count for key, count in self.exercised.items() if key[0] != session}

    def get(self, number: int) -> Exchange | None:
        """The request of this number, if it is still remembered."""
        return next((exchange for exchange in self._entries if exchange.number == number), None)

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
