"""Send the values of a stream one by one, with pauses."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from mockserver.http.exchange import Exchange, RawResponse, Receive, Send, disconnected, overridden
from mockserver.openapi import media_types, streams
from mockserver.state.clock import Sleep

_KEEP_ALIVE_SECONDS = 15.0


async def send_paced(
    exchange: Exchange,
    receive: Receive,
    send: Send,
    answer: RawResponse,
    *,
    sleep: Sleep,
    seconds: float,
) -> None:
    """Send a framed body in its pieces, `seconds` apart, until its end or the client disconnects."""
    status, headers, body = answer
    headers = overridden(headers, exchange.overriding)
    exchange.status, exchange.reply_fields = status, headers
    await send(
        {"type": "http.response.start", "status": status, "headers": [*headers, *exchange.reply_headers]}
    )
    content_type = dict(headers)[b"content-type"].decode("latin-1")
    gone = asyncio.ensure_future(disconnected(receive))
    sent = []
    try:
        if exchange.method != "HEAD":
            async for piece in _paced(content_type, body, gone, sleep, seconds):
                sent.append(piece)
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        exchange.reply_body = b"".join(sent)
        gone.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await gone


async def _paced(
    content_type: str, body: bytes, gone: asyncio.Future[None], sleep: Sleep, seconds: float
) -> AsyncIterator[bytes]:
    """The pieces of a body, with comments during long pauses to keep the connection open."""
    is_first = True
    for piece in streams.pieces(content_type, body):
        left = 0.0 if is_first or not streams.has_value(content_type, piece) else seconds
        is_first = is_first and not streams.has_value(content_type, piece)
        while left > 0:
            part = min(left, _KEEP_ALIVE_SECONDS)
            pause = asyncio.ensure_future(sleep(part))
            await asyncio.wait({pause, gone}, return_when=asyncio.FIRST_COMPLETED)
            pause.cancel()
            if gone.done():
                return
            left -= part
            if left > 0 and media_types.is_event_stream(content_type):
                yield streams.KEEP_ALIVE
        yield piece
