"""The application between the gateway and the mock: forward implemented operations, mock the rest."""

import asyncio
import contextlib
import ipaddress
import logging
from dataclasses import replace

from mockserver.config import Settings
from mockserver.errors import (
    ApiError,
    BadRequestError,
    MisdirectedError,
    NotImplementedByMockError,
    UpstreamError,
    Violation,
)
from mockserver.http import json_text
from mockserver.http.endpoint import Endpoint, Endpoints
from mockserver.http.exchange import (
    AUTHORITY,
    EXCHANGE,
    ASGIApp,
    Exchange,
    Message,
    RawHeaders,
    Receive,
    Scope,
    Send,
    send_answer,
)
from mockserver.http.request.request_bodies import ClientDisconnectedError, receive_body
from mockserver.http.response.browser_headers import confined
from mockserver.http.response.problems import PROBLEM, problem
from mockserver.proxy.recording import Recorder
from mockserver.proxy.upstream import Upstream, UpstreamAnswer

log = logging.getLogger("mockserver")

ANSWERED_BY = b"x-mock-answered-by"
_NOT_THERE = {405, 501}
_LONGEST_EVENT = 1024 * 1024
_MOST_VIOLATIONS = 100
_UNREACHED = "The implementation cannot be reached: the mock answers."
_MISSING = "The implementation does not have this operation: the mock answers."


class Proxy:
    """Forwards requests, and validates both directions against the documents."""

    def __init__(
        self,
        mocked: ASGIApp,
        endpoints: Endpoints,
        upstream: Upstream,
        recorder: Recorder,
        *,
        strict: bool,
        settings: Settings,
    ) -> None:
        self._mocked = mocked
        self._endpoints = endpoints
        self._upstream = upstream
        self._recorder = recorder
        self._strict = strict
        self._limit = settings.body_limit
        self._same_origin_html = settings.same_origin_html

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        exchange: Exchange = scope[EXCHANGE]
        try:
            if (exchange.header("upgrade") or "").lower() == "websocket":
                raise NotImplementedByMockError("WebSockets are not forwarded.")
            _check_host(scope)
            self._upstream.check_path(exchange.path)
            exchange.body = await receive_body(exchange, receive, self._limit)
            endpoint = self._endpoint(exchange)
            violations = endpoint.request.violations(exchange) if endpoint is not None else []
            if self._strict and violations:
                raise BadRequestError("The request violates the document.", violations=violations)
            if exchange.intervention is not None and exchange.intervention.answer is not None:
                await self._mocked(scope, _received(exchange.body), send)
                return
            answer = await self._upstream.send(exchange, scope["headers"])
            if answer is None or (
                endpoint is not None and await self._is_missing(exchange, endpoint, answer)
            ):
                exchange.reason = _UNREACHED if answer is None else _MISSING
                exchange.reply_headers = [*exchange.reply_headers, (ANSWERED_BY, b"mock")]
                await self._mocked(scope, _received(exchange.body), send)
                return
            try:
                await self._pass_on(exchange, endpoint, violations, answer, receive, send)
            finally:
                await answer.close()
        except ClientDisconnectedError:
            return
        except ApiError as error:
            exchange.violations, exchange.reason = error.violations, error.detail
            content = json_text.encode(problem(error))
            await send_answer(exchange, send, int(error.status), [(b"content-type", PROBLEM)], content)

    def _endpoint(self, exchange: Exchange) -> Endpoint | None:
        """The endpoint of a request; None, with a note, if it has none.

        Raises:
            ApiError: it has none, and undocumented requests are refused.
        """
        error = self._endpoints.refusal(exchange)
        endpoint: Endpoint | None = exchange.endpoint
        if endpoint is not None:
            try:
                endpoint.compile()
            except NotImplementedByMockError as broken:
                error = broken
        if error is None:
            return endpoint
        exchange.reason = error.detail
        if self._strict:
            raise error
        return None

    async def _pass_on(
        self,
        exchange: Exchange,
        endpoint: Endpoint | None,
        violations: list[Violation],
        answer: UpstreamAnswer,
        receive: Receive,
        send: Send,
    ) -> None:
        """Pass on the implementation's response, and record its violations."""
        broken = answer.violations(endpoint, exchange.method) if endpoint is not None else []
        if self._strict and broken:
            raise UpstreamError("The implementation's response violates the document.", violations=broken)
        if endpoint is not None and not broken:
            await self._recorder.learn(exchange, endpoint.operation, answer)
        if exchange.method == "HEAD":
            send = _saying_length(send, answer.length)
        headers = confined(answer.headers, same_origin_html=self._same_origin_html)
        exchange.violations = (*violations, *broken)
        if answer.events is not None:
            reader = _Reader(exchange, endpoint, answer)
            await _pass_events(exchange, answer, headers, receive, reader.watching(send))
        else:
            await send_answer(exchange, send, answer.status, headers, answer.body)
        for violation in exchange.violations:
            log.warning("%s %s %d: %s", exchange.method, exchange.path, answer.status, violation)

    async def _is_missing(
        self, exchange: Exchange, endpoint: Endpoint | None, answer: UpstreamAnswer
    ) -> bool:
        """Whether a response means that the implementation does not have the operation.

        It does if it is a 404 that does not match the document but equals the response to an unknown path:
        then the implementation's router sent it.
        """
        if endpoint is None:
            return False
        documented = endpoint.operation.response(answer.status)
        if answer.status in _NOT_THERE:
            return documented is None
        own = (
            documented is not None
            and documented.status == "404"
            and not answer.violations(endpoint, exchange.method)
        )
        if answer.status != 404 or own:
            return False
        unknown = await self._upstream.unknown(exchange.method)
        return unknown is not None and unknown == answer.body.replace(exchange.path.encode(), b"")


def _check_host(scope: Scope) -> None:
    """Refuse an absolute request target of another host: this server forwards to one implementation.

    Raises:
        MisdirectedError: the target has another host.
    """
    authority = scope.get(AUTHORITY)
    if authority is None:
        return
    name = authority.rpartition(":")[0] if authority[-1:].isdigit() and ":" in authority else authority
    name = name.strip("[]").lower()
    server = scope.get("server")
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(name).is_loopback:
            return
    if name != "localhost" and (server is None or name != server[0]):
        raise MisdirectedError(f"Requests to {authority} are not forwarded, only those to --upstream.")


class _Reader:
    """Validates the events of an implementation's stream while they pass, and records violations."""

    def __init__(self, exchange: Exchange, endpoint: Endpoint | None, answer: UpstreamAnswer) -> None:
        self._exchange = exchange
        self._endpoint = endpoint
        self._answer = answer
        self._rest = b""

    def watching(self, send: Send) -> Send:
        """A `send` that also validates the messages."""

        async def sending(message: Message) -> None:
            await send(message)
            if self._endpoint is not None and message["type"] == "http.response.body":
                self._read(self._endpoint, message.get("body", b""))

        return sending

    def _read(self, endpoint: Endpoint, piece: bytes) -> None:
        whole, found, rest = (self._rest + piece.replace(b"\r\n", b"\n")).rpartition(b"\n\n")
        self._rest = rest[-_LONGEST_EVENT:]
        if not found:
            return
        broken = replace(self._answer, body=whole + found).violations(endpoint, self._exchange.method)
        for violation in broken:
            log.warning(
                "%s %s: an event violates the document: %s",
                self._exchange.method,
                self._exchange.path,
                violation,
            )
        self._exchange.violations = (*self._exchange.violations, *broken)[:_MOST_VIOLATIONS]


async def _pass_events(
    exchange: Exchange, answer: UpstreamAnswer, headers: RawHeaders, receive: Receive, send: Send
) -> None:
    """Send events as they arrive, until either side ends the stream."""
    exchange.status = answer.status
    exchange.reply_fields = sent = [*headers, *exchange.reply_headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": sent})
    sending = asyncio.ensure_future(_send_events(answer, send))
    gone = asyncio.ensure_future(receive())  # the request was received: only a disconnect follows
    try:
        await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        gone.cancel()
        if not sending.done():
            sending.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sending


async def _send_events(answer: UpstreamAnswer, send: Send) -> None:
    try:
        async for piece in answer.pieces():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    except UpstreamError as error:
        log.warning("%s", error.detail)
        return  # break off without an end, like the implementation
    await send({"type": "http.response.body", "body": b""})


def _saying_length(send: Send, length: str | None) -> Send:
    """A `send` for responses to HEAD that sets the length that the body would have."""
    length_fields = [] if length is None else [(b"content-length", length.encode("latin-1"))]

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [field for field in message["headers"] if field[0] != b"content-length"]
            message = {**message, "headers": [*kept, *length_fields]}
        await send(message)

    return sending


def _received(body: bytes) -> Receive:
    """An ASGI `receive` for a body that was received before."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
