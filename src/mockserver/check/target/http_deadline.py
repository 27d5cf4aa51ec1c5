"""An HTTP transport with one time limit for a whole exchange: httpx has only limits for single reads."""

import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx
from httpcore import SOCKET_OPTION

_PIECE = 64 * 1024


class Deadline:
    """The time at which the current exchange has to end."""

    def __init__(self) -> None:
        self._at = float("inf")

    def set(self, seconds: float) -> None:
        """Set the deadline to so many seconds from now."""
        self._at = time.monotonic() + seconds

    def cap(self, timeout: float | None) -> float:
        """Shorten a timeout so that it ends no later than the deadline.

        Raises:
            ReadTimeout: the deadline has passed.
        """
        left = self._at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left if timeout is None else min(timeout, left)


class DeadlineTransport(httpx.HTTPTransport):
    """httpx's transport, without proxies from the environment, that ends every exchange at the deadline."""

    def __init__(self, deadline: Deadline, context: ssl.SSLContext) -> None:
        super().__init__(verify=context, trust_env=False)
        self._pool = httpcore.ConnectionPool(ssl_context=context, network_backend=_Backend(deadline))


class _Stream(httpcore.NetworkStream):
    """A connection whose reads and writes end at the deadline, even while there is something to read."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.cap(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # In pieces, because the timeout applies to each piece that the system accepts.
        for start in range(0, len(buffer), _PIECE):
            self._stream.write(buffer[start : start + _PIECE], self._deadline.cap(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._deadline.cap(timeout))
        return _Stream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Opens connections that end at the deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._backend = httpcore.SyncBackend()
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        capped = self._deadline.cap(timeout)
        return _Stream(
            self._backend.connect_tcp(host, port, capped, local_address, socket_options), self._deadline
        )
