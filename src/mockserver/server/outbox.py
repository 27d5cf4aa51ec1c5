"""Send what callbacks and webhooks promise: to this machine, or to hosts that are allowed by name."""

import asyncio
import ipaddress
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from mockserver.behaviour.outgoing import Outgoing
from mockserver.data.clock import Clock, SystemClock
from mockserver.data.store import DEFAULT_SESSION
from mockserver.server.exchange import Exchange

log = logging.getLogger("mockserver")

Post = Callable[[Outgoing], Awaitable[int]]
"""Sends one request; returns the status of the answer."""

_SECONDS = 5.0
_AT_ONCE = 100
_REMEMBERED = 1_000


@dataclass(slots=True)
class Sent:
    """A request that was sent, or was to be.

    Attributes:
        cause: the request that it follows from; None for a webhook.
        status: what the other end answered; None before it did, and where it never will.
        reason: why it was not sent, or what went wrong.
    """

    request: Outgoing
    session: str
    time: datetime
    cause: Exchange | None = None
    status: int | None = None
    reason: str | None = None


class Outbox:
    """Requests on their way out; nobody waits for them, and none can hurt the answer that caused it."""

    def __init__(
        self, hosts: Iterable[str] = (), post: Post | None = None, clock: Clock | None = None
    ) -> None:
        """`hosts` are allowed beside loopback."""
        self._hosts = {host.lower() for host in hosts}
        self._post = post or _post
        self._clock = clock or SystemClock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._sent: deque[Sent] = deque(maxlen=_REMEMBERED)

    def send(self, requests: Iterable[Outgoing], cause: Exchange | None = None) -> None:
        """Send requests, those that may be sent, after what is under way now."""
        for request in requests:
            sent = self._note(request, DEFAULT_SESSION if cause is None else cause.session, cause)
            if sent.reason is None and len(self._tasks) >= _AT_ONCE:
                sent.reason = f"Not sent: {_AT_ONCE} are under way."
            if sent.reason is not None:
                log.warning("%s %s: %s", request.method, request.url, sent.reason)
                continue
            task = asyncio.get_running_loop().create_task(self._deliver(sent))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def fire(self, request: Outgoing, session: str) -> Sent:
        """Send one request, if it may be sent, and say what came of it."""
        sent = self._note(request, session, None)
        if sent.reason is None:
            await self._deliver(sent)
        return sent

    def sent(self, session: str | None = None, cause: Exchange | None = None) -> Iterator[Sent]:
        """What was sent, the latest first; of a session, or in consequence of a request."""
        return (
            entry
            for entry in reversed(self._sent)
            if session in {None, entry.session} and (cause is None or entry.cause is cause)
        )

    def forget(self, session: str | None = None) -> None:
        """Forget what was sent, in a session or in all."""
        kept = [entry for entry in self._sent if session not in {None, entry.session}]
        self._sent.clear()
        self._sent.extend(kept)

    def _note(self, request: Outgoing, session: str, cause: Exchange | None) -> Sent:
        sent = Sent(request, session, self._clock.now(), cause)
        if not self._is_allowed(request.url):
            host = _host(request.url)
            remedy = f"--callback-host {host} allows it" if host else "it is no address"
            sent.reason = f"Not sent: only this machine is reached; {remedy}."
        self._sent.append(sent)
        return sent

    async def _deliver(self, sent: Sent) -> None:
        request = sent.request
        try:
            sent.status = await self._post(request)
        except Exception as error:  # noqa: BLE001  the other end may fail in any way
            sent.reason = f"{type(error).__name__}: {error}".removesuffix(": ")
            log.warning("%s %s failed: %s", request.method, request.url, sent.reason)
        else:
            log.info("%s %s: %s", request.method, request.url, sent.status)

    def _is_allowed(self, url: str) -> bool:
        host = _host(url)
        if host == "localhost" or host in self._hosts:
            return True
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False


def _host(url: str) -> str:
    """The host of an address that HTTP can reach; empty where there is none."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "").lower() if parts.scheme in {"http", "https"} else ""
    except ValueError:
        return ""


async def _post(request: Outgoing) -> int:
    import httpx

    # No proxies from the environment, no redirects: it reaches the host that was checked and no other.
    async with httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=_SECONDS) as client:
        answer = await client.request(
            request.method, request.url, content=request.body or None, headers=list(request.headers)
        )
    return answer.status_code
