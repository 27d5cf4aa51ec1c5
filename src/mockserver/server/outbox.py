"""Send what callbacks promise: to this machine, or to hosts that are allowed by name; never elsewhere."""

import asyncio
import ipaddress
import logging
from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import urlsplit

from mockserver.behaviour.callbacks import Outgoing
from mockserver.server import json_text

log = logging.getLogger("mockserver")

Post = Callable[[Outgoing], Awaitable[int]]
"""Sends one request; returns the status of the answer."""

_SECONDS = 5.0
_AT_ONCE = 100


class Outbox:
    """Requests on their way out; nobody waits for them, and none can hurt the answer that caused it."""

    def __init__(self, hosts: Iterable[str] = (), post: Post | None = None) -> None:
        """`hosts` are allowed beside loopback."""
        self._hosts = {host.lower() for host in hosts}
        self._post = post or _post
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, requests: Iterable[Outgoing]) -> None:
        """Send requests, those that may be sent, after what is under way now."""
        for request in requests:
            if not self._is_allowed(request.url):
                log.warning("Not sent: %s %s; --callback-host allows hosts", request.method, request.url)
            elif len(self._tasks) >= _AT_ONCE:
                log.warning("Not sent: %s %s; %s are under way", request.method, request.url, _AT_ONCE)
            else:
                task = asyncio.get_running_loop().create_task(self._deliver(request))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _deliver(self, request: Outgoing) -> None:
        try:
            status = await self._post(request)
        except Exception as error:  # noqa: BLE001  the other end may fail in any way
            log.warning("Callback %s %s failed: %s", request.method, request.url, error)
        else:
            log.info("Callback %s %s: %s", request.method, request.url, status)

    def _is_allowed(self, url: str) -> bool:
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").lower()
        except ValueError:
            return False
        if parts.scheme not in {"http", "https"} or not host:
            return False
        if host == "localhost" or host in self._hosts:
            return True
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False


async def _post(request: Outgoing) -> int:
    import httpx

    content = None if request.body is None else json_text.encode(request.body)
    headers = {} if content is None else {"content-type": "application/json"}
    # No proxies from the environment, no redirects: it reaches the host that was checked and no other.
    async with httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=_SECONDS) as client:
        answer = await client.request(request.method, request.url, content=content, headers=headers)
    return answer.status_code
