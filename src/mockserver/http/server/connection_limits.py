"""Limits of a connection: bytes, header fields, time, and answers that the client does not read.

uvicorn's parsers have no such limits (httptools), or only some (h11). Bytes are counted before they are fed
to a parser in small pieces, so that memory stays bounded for any input.
"""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.flow_control import FlowControl

from mockserver.config import Settings
from mockserver.http import json_text
from mockserver.http.response.problems import PROBLEM, phrase_of

log = logging.getLogger("mockserver")

_PIECE = 4096
"""Number of bytes fed to the parser at once, and so the most by which a limit can be exceeded."""
_TURN = 64 * 1024
"""Maximum number of bytes held until the end of a turn of the event loop."""
CHUNK = 16
"""Allowance for a chunk's size line and line ends, which are not counted as an extension."""
_LINE = 4
"""`: ` and the line end of a header field."""
_LINGER_SECONDS = 1.0
_LINGER_BYTES = 256 * 1024
_STOP_SECONDS = 0.5

Fields = list[tuple[bytes, bytes]]

# The part of a request that is being received; integers, as they are compared for every request.
NOTHING, HEAD, BODY = range(3)


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Limits for a client, in bytes and seconds.

    Attributes:
        target: the request target.
        head: the request line and all header fields.
        fields: the number of header fields.
        trailers: trailer fields and chunk extensions of one body.
        head_seconds: from the first byte of a request to the end of its header fields.
        body_seconds: maximum pause in a body, or in reading an answer.
        connections: maximum number of open connections.
    """

    target: int
    head: int
    fields: int
    trailers: int
    head_seconds: float
    body_seconds: float
    connections: int

    @classmethod
    def of(cls, settings: Settings) -> "ConnectionLimits":
        """The limits in the settings."""
        return cls(
            target=settings.target_limit,
            head=settings.head_limit,
            fields=settings.field_limit,
            trailers=settings.trailer_limit,
            head_seconds=settings.head_seconds,
            body_seconds=settings.body_seconds,
            connections=settings.connection_limit,
        )


class RefusedError(Exception):
    """A request is refused; raised inside a parser's callback to stop the parser."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class _Flow(FlowControl):
    """uvicorn's flow control; reading is not resumed while received bytes are held back."""

    held = b""

    def resume_reading(self) -> None:
        """Resume reading, unless received bytes are still held back."""
        if self.read_paused and not self.held:
            super().resume_reading()


class _Transport:
    """A transport that joins all writes of one turn of the event loop.

    The answers of several connections leave together: their clients send the next requests together, and
    a turn reads many. Sent at once, each answer costs twice the system's time. Writes to a closed connection
    are ignored: uvloop raises an error for writes after a connection broke but before it reports that.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._call_soon = loop.call_soon
        self._waiting: list[bytes] = []
        self._size = 0
        self.is_closing = transport.is_closing
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading
        self.can_write_eof = transport.can_write_eof
        self.get_extra_info = transport.get_extra_info

    def write(self, data: bytes) -> None:
        """Send bytes at the end of this turn, or now if there are many, so that flow control counts them."""
        if not self._waiting:
            self._call_soon(self.flush)
        self._waiting.append(data)
        self._size += len(data)
        if self._size > _TURN:
            self.flush()

    def close(self) -> None:
        """Send buffered bytes, then close."""
        self.flush()
        self._transport.close()

    def abort(self) -> None:
        """Close at once, discarding buffered bytes."""
        self._waiting.clear()
        self._size = 0
        self._transport.abort()

    def write_eof(self) -> None:
        """Send buffered bytes and close the sending side."""
        self.flush()
        self._transport.write_eof()

    def get_write_buffer_size(self) -> int:
        """The number of bytes that are not yet sent."""
        self.flush()
        return self._transport.get_write_buffer_size()

    def flush(self) -> None:
        """Send buffered bytes."""
        if not self._waiting:
            return
        data = self._waiting[0] if len(self._waiting) == 1 else b"".join(self._waiting)
        self._waiting.clear()
        self._size = 0
        try:
            self._transport.write(data)
        except RuntimeError:
            if not self.is_closing():
                raise


class Connection:
    """The parser-independent part of a protocol, mixed into uvicorn's protocols.

    One timer per connection checks all time limits. A request that arrives while another one is being
    answered is held back unparsed, and reading is paused.
    """

    limits: ConnectionLimits
    client: Any
    server_state: Any
    transport: Any
    loop: Any
    flow: Any
    cycle: Any
    timeout_keep_alive: float
    timeout_keep_alive_task: Any
    headers: Fields
    connections: Any
    #: Requests that uvicorn parsed before the previous one was answered, the latest first.
    pipeline: Any = ()

    _stage = NOTHING
    #: When the stage began or last made progress.
    _since = 0.0
    _now = 0.0
    #: Bytes since the stage began, without body content.
    _counted = 0
    #: The final response of this connection once a request was refused; empty if none is to be sent.
    _refusal: bytes | None = None
    _lingering: float | None = None
    _discarded = 0
    _has_ended = False
    _unsent = 0
    _unsent_since = 0.0
    _timer: asyncio.TimerHandle | None = None

    def _feed(self, piece: bytes) -> None:
        """Give bytes to the parser."""
        raise NotImplementedError

    # The transport's events

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Accept a connection, or refuse it if there are too many."""
        super().connection_made(_Transport(transport, self.loop))  # type: ignore[misc]  # uvicorn's protocol
        self.flow = _Flow(self.transport)
        if getattr(transport.get_extra_info("ssl_object"), "is_plain", False):
            self._refuse(400, "This port speaks HTTPS: begin the URL with https://.")
            return
        if len(self.connections) > self.limits.connections:
            detail = f"There are {self.limits.connections:,} connections, the limit here (connection_limit)."
            self._log(503, detail)
            self._refusal = b""
            self.transport.write(self._answer(503, detail))
            self.transport.close()
            return
        self._since = self._now = self.loop.time()
        self._look_later(self._tick)

    def connection_lost(self, exc: Exception | None) -> None:
        """Release held bytes and the timer."""
        super().connection_lost(exc)  # type: ignore[misc]  # uvicorn's protocol
        self._unset_keepalive_if_required()  # type: ignore[attr-defined]
        self.flow.held = b""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def data_received(self, data: bytes) -> None:
        """Receive bytes: feed them, hold them back, or discard them after a refusal."""
        if self._refusal is not None:
            self._discard(len(data))
            return
        if self.timeout_keep_alive_task is not None:
            self._unset_keepalive_if_required()  # type: ignore[attr-defined]  # uvicorn's
        self._now = self.loop.time()
        cycle = self.cycle
        if (cycle is None or cycle.response_complete) and len(data) <= _PIECE and not self.flow.write_paused:
            self._take(data)  # the usual case: a request in one piece, the one before it answered
        elif self.flow.held:
            self._hold(data)
        else:
            self._take_pieces(data)

    def eof_received(self) -> bool:
        """Answer complete requests although the client stopped sending (RFC 9112 section 9.6)."""
        self.transport.flush()  # the event loop closes its own transport when this returns False
        if not self.transport.can_write_eof():
            return False  # TLS: this ends the other direction, too
        cycle = self.cycle
        if self._refusal is not None:
            return self._lingering is None  # earlier requests are still answered
        if cycle is None or cycle.response_started:
            return False
        if cycle.more_body and not self.pipeline:
            return False
        self._has_ended = True
        return True

    def resume_writing(self) -> None:
        """Continue with held bytes now that the client reads again."""
        super().resume_writing()  # type: ignore[misc]  # uvicorn's protocol
        self._go_on()

    def _go_on_after_answer(self) -> None:
        """Continue with the next request, or send the refusal."""
        if self.transport.is_closing():
            return
        if self._refusal is not None:
            if not self.pipeline:
                self._say_last()
            return
        self._go_on()
        if self._has_ended and not self.flow.held and not self._is_busy():
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Refuse input that the parser cannot read; uvicorn calls this."""
        self._refuse(400, msg)

    def shutdown(self) -> None:
        """Stop: finish the current answer, but do not wait for the rest of a request."""
        cycle = self.cycle
        self._refusal = self._refusal or b""
        if cycle is None or cycle.response_complete or self._stage == BODY:
            self.transport.close()
        else:
            cycle.keep_alive = False
        # A client that does not read its answer would keep the connection open.
        self.loop.call_later(_STOP_SECONDS, self.transport.abort)

    # Feeding the parser

    def _is_busy(self) -> bool:
        """Whether the next request must wait: another is being answered, or its answer is not yet read."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return bool(self.flow.write_paused)
        return bool(self.pipeline) or not cycle.more_body or self.flow.write_paused

    def _take_pieces(self, data: bytes) -> None:
        for start in range(0, len(data), _PIECE):
            if self._refusal is not None:
                return
            if self._is_busy():
                self._hold(data[start:])
                return
            self._take(data[start : start + _PIECE])

    def _take(self, piece: bytes) -> None:
        """Feed one piece, then check the limit of the incomplete part."""
        if self._stage == NOTHING:
            self._stage = HEAD
            self._since = self._now
        self._counted += len(piece)
        self._feed(piece)
        if self._counted <= 0:
            self._counted = 0
        elif self._stage == BODY:
            if self._counted > self.limits.trailers:
                self._refuse(400, self._trailers_detail())
        elif self._counted > self.limits.head:
            self._refuse(431, self._head_detail())

    def _hold(self, data: bytes) -> None:
        self.flow.held += data
        if self.flow.read_paused:
            self.transport.pause_reading()  # uvicorn has resumed it past its own flow control
        else:
            self.flow.pause_reading()

    def _go_on(self) -> None:
        """Process held bytes, unless they must still wait."""
        if not self.flow.held or self._refusal is not None or self._is_busy():
            return
        held, self.flow.held = self.flow.held, b""
        self._unset_keepalive_if_required()  # type: ignore[attr-defined]
        self._since = self._now = self.loop.time()
        self.flow.resume_reading()
        self._take_pieces(held)

    # Called by the parsers

    def _check_head(self, target_size: int, fields: Fields) -> None:
        """Check the limits of a complete head.

        Raises:
            RefusedError: it is too long, or has too many header fields.
        """
        if len(fields) > self.limits.fields:
            raise RefusedError(431, f"There are more than {self.limits.fields:,} header fields.")
        if target_size + _size(fields) > self.limits.head:
            raise RefusedError(431, self._head_detail())

    def _check_trailers(self, trailers: Fields) -> None:
        """Check the limit of trailer fields.

        Raises:
            RefusedError: they are too long.
        """
        if _size(trailers) > self.limits.trailers:
            raise RefusedError(400, self._trailers_detail())

    def _check_target(self, method: bytes, target: bytes) -> None:
        """Refuse a target that is not a path, a URL or `*`.

        Raises:
            RefusedError: it is none of these, or the method is CONNECT.
        """
        if method == b"CONNECT":
            raise RefusedError(501, "CONNECT is not supported.")
        if target != b"*" and target[:7].lower() != b"http://" and target[:8].lower() != b"https://":
            raise RefusedError(400, "The request target must begin with '/'.")

    def _target_detail(self) -> str:
        return f"The request target has more than {self.limits.target:,} bytes, the limit here."

    def _head_detail(self) -> str:
        return (
            f"The request line and header fields have more than {self.limits.head:,} bytes, the limit here."
        )

    def _trailers_detail(self) -> str:
        limit = self.limits.trailers
        return f"Trailer fields and chunk extensions have more than {limit:,} bytes, the limit here."

    # Refusals

    def _refuse(self, status: int, detail: str) -> None:
        """Refuse further requests: finish earlier answers, send the reason, then close."""
        if self._refusal is not None or self.transport.is_closing():
            return
        self._log(status, detail)
        self._refusal = self._answer(status, detail)
        cycle = self.cycle
        is_waiting = cycle is not None and not cycle.response_complete
        if self._stage == BODY and is_waiting:
            # The refused request has been passed to the application.
            cycle.disconnected = True
            cycle.message_event.set()
            is_waiting = bool(self.pipeline)
            if self.pipeline:
                self.pipeline.popleft()
        if cycle is not None and self._stage == BODY and cycle.response_started:
            self._refusal = b""  # an answer has been sent, at least in part
        if is_waiting:
            self.flow.held = b" "  # stops reading
            self.flow.pause_reading()
        else:
            self._say_last()

    def _answer(self, status: int, detail: str) -> bytes:
        """A complete response that ends the connection."""
        phrase = phrase_of(status)
        body = json_text.encode({"type": "about:blank", "title": phrase, "status": status, "detail": detail})
        fields: Fields = [
            *self.server_state.default_headers,
            (b"content-type", PROBLEM),
            (b"content-length", b"%d" % len(body)),
            (b"connection", b"close"),
        ]
        lines = [b"HTTP/1.1 %d %s" % (status, phrase.encode()), *(b"%s: %s" % field for field in fields)]
        return b"\r\n".join([*lines, b"", body])

    def _say_last(self) -> None:
        """Send the refusal, then discard input for a while: closing at once could keep it from being read."""
        self.flow.held = b""
        self._unset_keepalive_if_required()  # type: ignore[attr-defined]
        if self._refusal:
            self.transport.write(self._refusal)
        if not self._refusal or not self.transport.can_write_eof():
            self.transport.close()
            return
        self.transport.write_eof()
        self.flow.resume_reading()
        self._lingering = self.loop.time()
        self._look_later(_LINGER_SECONDS)

    def _discard(self, size: int) -> None:
        self._discarded += size
        if self._discarded > _LINGER_BYTES and self._lingering is not None:
            self.transport.close()

    def _log(self, status: int, detail: str) -> None:
        log.debug("%s was answered %d: %s", self.client, status, detail)

    # Time

    @property
    def _tick(self) -> float:
        """Maximum interval of the timer, in seconds."""
        return min(5.0, self.limits.head_seconds, self.limits.body_seconds)

    def _look_later(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(seconds, self._look)

    def _look(self) -> None:
        """End a connection that exceeded a time limit, or set the timer again."""
        now = self.loop.time()
        left = self._left(now)
        if left > 0:
            self._look_later(min(left, self._tick))

    def _left(self, now: float) -> float:
        """Seconds until the next time limit; ends the connection if a limit is exceeded."""
        left = self._left_for_reading(now)
        if left <= 0 or (self._lingering is not None and now - self._lingering >= _LINGER_SECONDS):
            self.transport.abort()
            return 0.0
        if self._refusal is not None or self.transport.is_closing():
            return left
        if self.flow.read_paused:
            self._since = now  # the server has paused reading, so the client cannot send
        if self._stage == HEAD:
            return min(left, self._left_for_head(now))
        if self._stage == BODY:
            return min(left, self._left_for_body(now))
        if self.cycle is None or self.cycle.response_complete:
            return min(left, self._left_for_next(now))
        return left

    def _left_for_next(self, now: float) -> float:
        """Seconds left for an idle connection; unread answers have their own limit."""
        seconds = self.limits.head_seconds if self.cycle is None else self.timeout_keep_alive
        left = self._since + seconds - now
        if left <= 0:
            self.transport.close()
        return _LINGER_SECONDS if self.transport.is_closing() else left

    def _left_for_head(self, now: float) -> float:
        left = self._since + self.limits.head_seconds - now
        if left <= 0:
            seconds = self.limits.head_seconds
            self._refuse(408, f"The header fields did not arrive within {seconds:g} seconds.")
        return _LINGER_SECONDS if self._refusal is not None else left

    def _left_for_body(self, now: float) -> float:
        left = self._since + self.limits.body_seconds - now
        if left <= 0:
            seconds = self.limits.body_seconds
            self._refuse(408, f"Nothing of the body arrived within {seconds:g} seconds.")
        return _LINGER_SECONDS if self._refusal is not None else left

    def _left_for_reading(self, now: float) -> float:
        """Seconds left for a client that does not read its pending answer."""
        unsent = self.transport.get_write_buffer_size()
        if unsent == 0 or unsent != self._unsent:
            self._unsent, self._unsent_since = unsent, now
        return float(self._unsent_since + self.limits.body_seconds - now)


def _size(fields: Fields) -> int:
    return sum(len(name) + len(value) + _LINE for name, value in fields)


def origin_form(target: bytes) -> bytes:
    """The path and query of a target that is an absolute URL (RFC 9112 section 3.2.2); `*` stays."""
    if target == b"*":
        return target
    rest = target.partition(b"://")[2]
    start = min((place for place in map(rest.find, (b"/", b"?", b"#")) if place >= 0), default=len(rest))
    path = rest[start:]
    return path if path[:1] == b"/" else b"/" + path
