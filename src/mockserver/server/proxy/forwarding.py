"""Forward a request to the implementation, and take its answer whole."""

from dataclasses import dataclass

import httpx

from mockserver.errors import PayloadTooLargeError
from mockserver.server.exchange import Exchange, RawHeaders

# RFC 9110 section 7.6.1, and what the two connections each have of their own.
_OF_THE_CONNECTION = {
    *(b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"),
    *(b"host", b"content-length", b"accept-encoding", b"content-encoding", b"x-mock-session"),
}


@dataclass(frozen=True, slots=True)
class UpstreamAnswer:
    """What the implementation answered."""

    status: int
    headers: RawHeaders
    body: bytes

    def header(self, name: bytes) -> str | None:
        """A header field's value, or None; `name` in lower case."""
        return next((value.decode("latin-1") for key, value in self.headers if key == name), None)

    @property
    def media_type(self) -> str:
        """What kind of body it says it has, without parameters; empty when it does not say."""
        return (self.header(b"content-type") or "").partition(";")[0].strip().lower()


class Upstream:
    """An implementation that is reached over HTTP."""

    def __init__(self, url: str, client: httpx.AsyncClient, limit: int) -> None:
        """`limit` is the largest answer that is taken, in bytes."""
        self.url = url.rstrip("/")
        self._client = client
        self._limit = limit

    async def send(self, exchange: Exchange, fields: RawHeaders) -> UpstreamAnswer | None:
        """Forward a request with the header fields it came with; None when there is nobody to take it."""
        query = f"?{exchange.query_string.decode('latin-1')}" if exchange.query_string else ""
        headers = [field for field in fields if field[0] not in _OF_THE_CONNECTION]
        request = self._client.build_request(
            exchange.method,
            self.url + exchange.path + query,
            headers=[*headers, (b"accept-encoding", b"identity")],
            content=exchange.body or None,
        )
        try:
            response = await self._client.send(request, stream=True)
        except httpx.TransportError:
            return None
        try:
            body = await self._read(response)
        except httpx.TransportError:
            return None
        finally:
            await response.aclose()
        kept = [
            (name.lower(), value)
            for name, value in response.headers.raw
            if name.lower() not in _OF_THE_CONNECTION | {b"date"}
        ]
        return UpstreamAnswer(response.status_code, kept, body)

    async def _read(self, response: httpx.Response) -> bytes:
        pieces, size = [], 0
        async for piece in response.aiter_bytes():
            size += len(piece)
            if size > self._limit:
                raise PayloadTooLargeError(f"The implementation answered more than {self._limit:,} bytes.")
            pieces.append(piece)
        return b"".join(pieces)
