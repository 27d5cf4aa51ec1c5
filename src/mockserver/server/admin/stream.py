"""Server-sent events: requests as they come (HTML standard, section 9.2)."""

import asyncio
import contextlib

from mockserver.data.store import DEFAULT_SESSION
from mockserver.errors import BadRequestError
from mockserver.server import json_text
from mockserver.server.admin.desk import Desk
from mockserver.server.admin.views import brief
from mockserver.server.exchange import Exchange, Receive, Send, send_answer
from mockserver.server.journal import Query

_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]
KEEP_ALIVE = 15.0
"""Something is sent at least so often, in seconds, so that a connection that is gone is noticed."""

_LISTENERS = 50
_CAUGHT_UP = 500


def _last_event(desk: Desk, exchange: Exchange) -> str:
    if desk.journal.listeners >= _LISTENERS:
        raise BadRequestError(f"{_LISTENERS} are listening already, the most there can be.")
    last = exchange.header("last-event-id") or ""
    if last and (not last.isdecimal() or len(last) > 15):
        raise BadRequestError("`Last-Event-ID` is the number of a request.")
    return last


async def stream_requests(desk: Desk, exchange: Exchange, receive: Receive, send: Send) -> None:
    """Send an event for every request from now on, and first those since `Last-Event-ID`.

    Raises:
        BadRequestError: too many are listening already, or `Last-Event-ID` is not a number.
    """
    last = _last_event(desk, exchange)
    asked = exchange.query.get("session", [exchange.session])[-1]
    if exchange.method == "HEAD":
        await send_answer(exchange, send, 200, _HEADERS, b"")
        return
    query = Query(session=None if asked in {"*", DEFAULT_SESSION} else asked)
    listener = desk.journal.listen()
    gone = asyncio.ensure_future(_disconnected(receive))
    try:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        missed = Query(session=query.session, after=int(last)) if last else None
        backlog = list(desk.journal.search(missed))[:_CAUGHT_UP][::-1] if missed else []
        await _send_events([b"retry: 1000\n\n"], backlog, send)
        while not gone.done() and not listener.ended:
            news = asyncio.ensure_future(listener.next(KEEP_ALIVE))
            await asyncio.wait({news, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not news.done():
                news.cancel()
                break
            entries = [entry for entry in news.result() if query.takes(*entry)]
            notes = [b"event: missed\ndata: %d\n\n" % listener.missed] if listener.missed else []
            listener.missed = 0
            await _send_events(notes if entries or notes else [b": still here\n\n"], entries, send)
        await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()
        listener.close()
        with contextlib.suppress(asyncio.CancelledError):
            await gone


async def _send_events(notes: list[bytes], entries: list[tuple[int, Exchange]], send: Send) -> None:
    events = [
        b"id: %d\nevent: request\ndata: %s\n\n" % (number, json_text.encode(brief(number, exchange)))
        for number, exchange in entries
    ]
    content = b"".join([*notes, *events])
    if content:
        await send({"type": "http.response.body", "body": content, "more_body": True})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
