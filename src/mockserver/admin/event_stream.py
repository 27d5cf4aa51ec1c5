"""Server-sent events: requests as they arrive (HTML standard, section 9.2)."""

import asyncio
import contextlib
import re

from mockserver.admin.admin_context import AdminContext
from mockserver.admin.journal_views import brief
from mockserver.errors import BadRequestError
from mockserver.http import json_text
from mockserver.http.exchange import Exchange, Receive, Send, disconnected, send_answer
from mockserver.http.journal.request_journal import Query
from mockserver.state.baseline import DEFAULT_SESSION

_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]
_ID = re.compile(r"(?:[0-9a-z]+-)?[0-9]{1,15}")
KEEP_ALIVE = 15.0
"""Interval of keep-alive comments in seconds, by which a closed connection is noticed."""

_LISTENERS = 50
_CAUGHT_UP = 500


def _last_event(context: AdminContext, exchange: Exchange) -> str:
    if context.journal.listeners >= _LISTENERS:
        raise BadRequestError(f"{_LISTENERS} clients are listening already, which is the maximum.")
    last = exchange.header("last-event-id") or ""
    if last and not _ID.fullmatch(last):
        raise BadRequestError("`Last-Event-ID` is the id of a request, or its number.")
    return last


async def stream_requests(context: AdminContext, exchange: Exchange, receive: Receive, send: Send) -> None:
    """Send an event for each new request, after those since `Last-Event-ID`.

    Raises:
        BadRequestError: there are too many listeners, or `Last-Event-ID` is not a number.
    """
    last = _last_event(context, exchange)
    if exchange.method == "HEAD":
        await send_answer(exchange, send, 200, _HEADERS, b"")
        return
    query = Query(session=_watched(exchange))
    listener = await context.journal.listen()
    gone = asyncio.ensure_future(disconnected(receive))
    try:
        headers = [*_HEADERS, *exchange.reply_headers]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        notes, backlog = await _since(context, query.session, last) if last else ([], [])
        first = b"retry: 1000\nevent: run\ndata: %s\n\n" % context.journal.run.encode()
        await _send_events([first, *notes], backlog, send)
        while not gone.done() and not listener.ended:
            news = asyncio.ensure_future(listener.next(KEEP_ALIVE))
            await asyncio.wait({news, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not news.done():
                news.cancel()
                break
            entries = [entry for entry in news.result() if query.takes(*entry)]
            notes = [b"event: forgotten\ndata: 0\n\n"] if listener.forgotten else []
            notes += _missed(listener.missed)
            listener.missed, listener.forgotten = 0, False
            await _send_events(notes if entries or notes else [b": still here\n\n"], entries, send)
        await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()
        listener.close()
        with contextlib.suppress(asyncio.CancelledError):
            await gone


def _watched(exchange: Exchange) -> str | None:
    """The session to watch, chosen as in a search of the journal; None for all."""
    asked = exchange.query.get("session", [None])[-1]
    if asked is None:
        return None if exchange.session == DEFAULT_SESSION else exchange.session
    return None if asked == "*" else asked


async def _since(
    context: AdminContext, session: str | None, last: str
) -> tuple[list[bytes], list[tuple[int, Exchange]]]:
    """The requests after a given one, and events that report how many are missing."""
    run, dash, number = last.rpartition("-")
    after = int(number)
    found = await context.journal.events(after)
    if (dash and run != context.journal.run) or after > found.total:
        # After a restart, all requests in the journal are new.
        after = 0
        found = await context.journal.events()
    news = found.entries[::-1]
    wanted = [(entry.number, entry) for entry in news if session in {None, entry.session}]
    # Dropped requests count as missed, as their session is unknown; removed ones do not.
    lost = max(0, found.lost - after)
    return _missed(lost + max(0, len(wanted) - _CAUGHT_UP)), wanted[:_CAUGHT_UP][::-1]


def _missed(count: int) -> list[bytes]:
    return [b"event: missed\ndata: %d\n\n" % count] if count else []


async def _send_events(notes: list[bytes], entries: list[tuple[int, Exchange]], send: Send) -> None:
    events = [
        b"id: %s\nevent: request\ndata: %s\n\n"
        % (exchange.id.encode(), json_text.encode(brief(number, exchange)))
        for number, exchange in entries
    ]
    content = b"".join([*notes, *events])
    if content:
        await send({"type": "http.response.body", "body": content, "more_body": True})
