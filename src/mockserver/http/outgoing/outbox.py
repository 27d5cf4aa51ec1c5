"""Send callbacks and webhooks to this machine, or to hosts that are allowed by name."""

import asyncio
import contextlib
import logging
import secrets
import ssl
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

import httpx

from mockserver.behaviour.outgoing_requests import OutgoingRequest
from mockserver.errors import StoreUnavailableError
from mockserver.http.exchange import Exchange
from mockserver.http.outgoing.allowed_targets import LONGEST_URL, AllowedTargets, TargetError, TargetUrl
from mockserver.state.baseline import DEFAULT_SESSION
from mockserver.state.clock import Clock, SystemClock
from mockserver.state.storage import SessionStorage
from mockserver.state.storages.events import EventKind

log = logging.getLogger("mockserver")

Post = Callable[[OutgoingRequest], Awaitable[int]]
"""Sends one request; returns the status of the answer."""

SENT_BY_MOCK = "mockserver-sent"
"""The header field of every request that the mock itself sends; the admin API refuses such requests.

It works where an address check does not: behind a proxy, a tunnel or a forwarded container port.
"""

_AT_ONCE = 100
_REMEMBERED = 1_000


@dataclass(slots=True)
class Sent:
    """A request that was sent, or that was to be sent.

    Attributes:
        cause: the `cause` of the exchange that triggered it; None for a webhook.
        status: the status of the response; None before there is one, or if none arrives.
        reason: why it was not sent, or which error occurred.
    """

    request: OutgoingRequest
    session: str
    time: datetime
    cause: str | None = None
    status: int | None = None
    reason: str | None = None
    number: int = 0


def _sent_value(sent: Sent) -> dict[str, Any]:
    """A sent request as the JSON value that a storage keeps."""
    request = {**asdict(sent.request), "body": sent.request.body.decode("latin-1")}
    return {**asdict(sent), "time": sent.time.isoformat(), "request": request}


def _sent_of(value: dict[str, Any]) -> Sent:
    """A sent request from its JSON value."""
    request = value["request"]
    headers = tuple((name, text) for name, text in request["headers"])
    outgoing = OutgoingRequest(**{**request, "body": request["body"].encode("latin-1"), "headers": headers})
    return Sent(**{**value, "time": datetime.fromisoformat(value["time"]), "request": outgoing})


SENT = EventKind("sent", _REMEMBERED, _sent_value, _sent_of)
"""The storage's event kind for sent requests."""


class Outbox:
    """Sends requests in the background; failures never affect the answer that triggered them."""

    def __init__(
        self,
        targets: AllowedTargets | None = None,
        post: Post | None = None,
        clock: Clock | None = None,
        *,
        seconds: float = 5.0,
    ) -> None:
        """`targets` decides where requests may go; `post` sends one; `seconds` limits an exchange."""
        self._targets = targets or AllowedTargets()
        self._post = post or self._send
        self._clock = clock or SystemClock()
        self._seconds = seconds
        self._tasks: set[asyncio.Task[None]] = set()
        #: Where sent requests are recorded; set by the application that sends.
        self.storage: SessionStorage | None = None

    async def send(self, requests: Iterable[OutgoingRequest], cause: Exchange | None = None) -> None:
        """Start to send the allowed requests in the background."""
        for request in requests:
            sent = await self._note(request, cause)
            if sent.reason is not None:
                log.warning("%s %s: %s", request.method, request.url, sent.reason)
                continue
            task = asyncio.get_running_loop().create_task(self._deliver(sent))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def fire(self, request: OutgoingRequest, session: str) -> Sent:
        """Send one request, if it is allowed, and return the result."""
        sent = await self._note(request, None, session)
        if sent.reason is None:
            await self._deliver(sent)
        return sent

    async def sent(self, session: str | None = None, cause: str | None = None) -> list[Sent]:
        """The sent requests, the latest first; those of a session, or those that one request triggered."""
        if self.storage is None:
            return []
        return [
            entry
            for entry in reversed((await self.storage.events(SENT)).entries)
            if session in {None, entry.session} and cause in {None, entry.cause}
        ]

    async def forget(self, session: str | None = None) -> list[Sent]:
        """Remove and return the sent requests, of a session or of all."""
        return [] if self.storage is None else await self.storage.forget(SENT, session)

    async def put_back(self, entries: Iterable[Sent]) -> None:
        """Restore removed entries, as far as there is room."""
        if self.storage is not None:
            await self.storage.restore(SENT, ((entry, 0) for entry in entries))

    async def _note(
        self, request: OutgoingRequest, cause: Exchange | None, session: str = DEFAULT_SESSION
    ) -> Sent:
        if cause is not None:
            session = cause.session
            cause.cause = cause.cause or secrets.token_hex(8)
        sent = Sent(request, session, self._clock.now(), None if cause is None else cause.cause)
        if not request.url:
            sent.reason = "Not sent: no target. Set --webhook-url."
        else:
            self._check(sent)
        if len(request.url) > LONGEST_URL:
            sent.request = replace(request, url=request.url[:LONGEST_URL] + "…")
        if sent.reason is None and len(self._tasks) >= _AT_ONCE:
            sent.reason = f"Not sent: {_AT_ONCE} requests are already in progress."
        await self._remember(sent)
        return sent

    async def _remember(self, sent: Sent) -> None:
        if self.storage is not None:
            try:
                await self.storage.publish(SENT, sent)
            except StoreUnavailableError as error:
                log.warning(
                    "%s %s is not in the list of what was sent: %s",
                    sent.request.method,
                    sent.request.url,
                    error.detail,
                )

    def _check(self, sent: Sent) -> None:
        try:
            self._targets.allow(sent.request.url)
        except TargetError as error:
            sent.reason = f"Not sent: {error}."

    async def _deliver(self, sent: Sent) -> None:
        request = sent.request
        try:
            sent.status = await self._post(request)
        except TargetError as error:
            sent.reason = f"Not sent: {error}."
            log.warning("%s %s: %s", request.method, request.url, sent.reason)
        except Exception as error:  # noqa: BLE001  the target may fail in any way
            sent.reason = f"{type(error).__name__}: {error}".removesuffix(": ")
            log.warning("%s %s failed: %s", request.method, request.url, sent.reason)
        else:
            log.info("%s %s: %s", request.method, request.url, sent.status)
        # A request that could not be recorded has no number.
        if self.storage is not None and sent.number:
            with contextlib.suppress(StoreUnavailableError):
                await self.storage.update(SENT, sent)

    async def _send(self, request: OutgoingRequest) -> int:
        try:
            async with asyncio.timeout(self._seconds):  # for the whole exchange: httpx limits single reads
                return await self._exchange(request)
        except TimeoutError:
            raise TimeoutError(f"no answer within {self._seconds:g} seconds") from None

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        """The authorities that are trusted, read once."""
        return httpx.create_ssl_context(trust_env=False)

    async def _exchange(self, request: OutgoingRequest) -> int:
        target = self._targets.allow(request.url)
        addresses = await self._targets.resolve(target)
        # No proxies from the environment, no redirects: connect only to the address that was checked.
        async with httpx.AsyncClient(
            verify=self._trust, trust_env=False, follow_redirects=False, timeout=self._seconds
        ) as client:
            while True:
                try:
                    # Only the head of the response is read; httpx bounds its size.
                    built = _built(client, request, target, addresses.pop(0))
                    answer = await client.send(built, stream=True)
                except httpx.ConnectError:
                    if not addresses:
                        raise
                else:
                    await answer.aclose()
                    return answer.status_code


def _built(
    client: httpx.AsyncClient, request: OutgoingRequest, target: TargetUrl, address: str
) -> httpx.Request:
    """The request to one address of its host; the host name is in `Host` and in the TLS handshake."""
    headers = [("host", target.url.netloc.decode("ascii")), *request.headers, (SENT_BY_MOCK, request.kind)]
    return client.build_request(
        request.method,
        target.url.copy_with(host=address),
        content=request.body or None,
        headers=headers,
        extensions={"sni_hostname": target.host},
    )
