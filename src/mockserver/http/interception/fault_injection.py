"""Apply faults to answers: cut them short, delay them, corrupt their bodies."""

from random import Random

from mockserver.http.exchange import Exchange, Message, RawHeaders, RawResponse, Send
from mockserver.http.response.browser_headers import sandbox
from mockserver.openapi.operation import BODILESS
from mockserver.state.clock import Sleep
from mockserver.state.fault_model import Fault

_PIECES = 10
_HTML = "text/html; charset=utf-8"


class FaultySend:
    """Sends an answer with a fault applied to its body."""

    def __init__(self, fault: Fault, random: Random, exchange: Exchange, send: Send, sleep: Sleep) -> None:
        self._fault = fault
        self._random = random
        self._exchange = exchange
        self._send = send
        self._sleep = sleep
        self._start: Message = {}
        self._pieces: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        """Take one ASGI message; the body is collected before the fault is applied."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._pieces.append(message.get("body", b""))
        if message.get("more_body"):
            return
        status, headers, body = self._start["status"], list(self._start["headers"]), b"".join(self._pieces)
        if self._fault.kind == "cut":
            await self._cut(status, headers, body)
        elif self._fault.kind == "slow_body":
            await self._slowly(status, headers, body)
        else:
            await self._send_all(*_spoilt(self._fault, status, headers, body))

    async def _send_all(self, status: int, headers: RawHeaders, body: bytes) -> None:
        self._exchange.status = status
        self._exchange.reply_body = body
        headers = [field for field in headers if field[0] != b"content-length"]
        if status not in BODILESS:
            headers.append((b"content-length", b"%d" % len(body)))
        self._exchange.reply_fields = headers
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})

    async def _cut(self, status: int, headers: RawHeaders, body: bytes) -> None:
        """Announce a body and stop in the middle; the server then closes the connection."""
        if status in BODILESS:
            status = 200
        headers = [field for field in headers if field[0] != b"content-length"]
        headers.append((b"content-length", b"%d" % max(len(body), 2)))
        self._exchange.reply_fields = headers
        sent = self._exchange.reply_body = body[: len(body) // 2]
        self._exchange.status = status
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": sent, "more_body": True})

    async def _slowly(self, status: int, headers: RawHeaders, body: bytes) -> None:
        pause = self._fault.delay.draw(self._random) / _PIECES
        size = max(1, -(-len(body) // _PIECES))
        pieces = [body[place : place + size] for place in range(0, len(body), size)]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        for piece in pieces:
            await self._sleep(pause)
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        await self._send({"type": "http.response.body", "body": b""})


def _spoilt(fault: Fault, status: int, headers: RawHeaders, body: bytes) -> RawResponse:
    """A spoilt answer: empty, cut in half, of another media type, or with a wrong Content-Type."""
    if fault.kind == "empty":
        return status, headers, b""
    if status in BODILESS:
        # For a status that allows no body, having one is the fault.
        status, headers, body = 200, [*headers, (b"content-type", b"application/json")], b'{"fault": true}'
    if fault.kind == "malformed":
        return status, headers, body[: max(1, len(body) // 2)]
    if fault.kind == "wrong_type":
        other = b'"a text in place of what is documented"' if body[:1] in {b"{", b"["} else b"[null]"
        return status, headers, other
    plain = [field for field in headers if field[0] != b"content-type"]
    return status, [*plain, (b"content-type", _HTML.encode()), *sandbox(_HTML)], body
