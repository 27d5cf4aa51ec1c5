"""The journal: the requests that came, what was made of them; bounded, and it says what it dropped."""

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.data.clock import timestamp
from mockserver.server.exchange import Exchange

_SHOWN_BODY = 4_096
_WHOLE: Mapping[str, int] = {}
_SECRET_HEADERS = {b"authorization", b"cookie", b"proxy-authorization", b"x-api-key"}


class Journal:
    """Remembers the latest requests of all sessions."""

    def __init__(self, limit: int) -> None:
        self._entries: deque[tuple[int, Exchange, Mapping[str, int]]] = deque(maxlen=limit)
        #: How many requests came since the start, or since the journal was cleared.
        self.total = 0

    def add(self, exchange: Exchange) -> None:
        """Note a request that has been answered."""
        self.total += 1
        cut = _WHOLE
        if len(exchange.body) > _SHOWN_BODY:
            cut = {"body": len(exchange.body)}
            exchange.body = exchange.body[:_SHOWN_BODY]
        if len(exchange.reply_body) > _SHOWN_BODY:
            cut = {**cut, "answer": len(exchange.reply_body)}
            exchange.reply_body = exchange.reply_body[:_SHOWN_BODY]
        # What the journal does not show is let go while it is still in the processor's cache.
        exchange.body_value = None
        exchange.arguments = {}
        exchange.path_parameters = {}
        self._entries.append((self.total, exchange, cut))

    @property
    def dropped(self) -> int:
        """How many of them are no longer remembered."""
        return self.total - len(self._entries)

    def take_over(self, other: "Journal") -> None:
        """Go on where another journal stops."""
        self._entries.extend(other._entries)
        self.total = other.total

    def clear(self) -> None:
        """Forget all requests and start counting anew."""
        self._entries.clear()
        self.total = 0

    def entries(self, session: str | None = None) -> Iterator[dict[str, Any]]:
        """The requests, the latest first; of one session when it is named. Credentials are masked."""
        for number, exchange, cut in reversed(self._entries):
            if session is None or exchange.session == session:
                # How long the parts were that are not kept whole.
                truncated = {"truncated": cut} if cut else {}
                yield _entry(number, exchange) | truncated


def _entry(number: int, exchange: Exchange) -> dict[str, Any]:
    headers = {
        name.decode("latin-1"): "***" if name in _SECRET_HEADERS else value.decode("latin-1")
        for name, value in exchange.headers.items()
    }
    return {
        "number": number,
        "time": timestamp(exchange.started) if exchange.started else None,
        "session": exchange.session,
        "method": exchange.method,
        "path": exchange.path,
        "query": exchange.query_string.decode("latin-1"),
        "headers": headers,
        "body": exchange.body.decode("utf-8", "replace"),
        "api": exchange.api,
        "operation": exchange.operation_id,
        "identity": exchange.identity.name,
        "status": exchange.status,
        "violations": [str(violation) for violation in exchange.violations],
        "answer": exchange.reply_body.decode("utf-8", "replace"),
        "milliseconds": round(exchange.duration * 1000, 3),
    }
