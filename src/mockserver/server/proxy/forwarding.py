"""Forward a request to the implementation, and take its answer whole."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import urlsplit

import httpx

from mockserver.errors import UpstreamError, UpstreamTimeoutError, Violation
from mockserver.openapi import media_types
from mockserver.server.endpoint import Endpoint
from mockserver.server.exchange import Exchange, RawHeaders

log = logging.getLogger("mockserver")

# RFC 9110 section 7.6.1, and what the two connections each have of their own.
_OF_THE_CONNECTION = {
    *(b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"),
    *(b"host", b"content-length", b"accept-encoding", b"content-encoding", b"expect"),
}
_OURS = b"x-mock-"
_NOWHERE = "/a-path-that-nobody-has"
_CORS = b"access-control-"
_UNPACKED = {"gzip", "deflate", "identity"}
"""What is taken out of its Content-Encoding on the way."""


@dataclass(frozen=True, slots=True)
class UpstreamAnswer:
    """What the implementation answered.

    Attributes:
        length: what it says of the body's length; there is not always a body.
    """

    status: int
    headers: RawHeaders
    body: bytes
    length: str | None = None

    def header(self, name: bytes) -> str | None:
        """A header field's value, or None; `name` in lower case."""
        return next((value.decode("latin-1") for key, value in self.headers if key == name), None)

    def violations(self, endpoint: Endpoint, method: str) -> list[Violation]:
        """Everything that is wrong with it, by the document."""
        return endpoint.response.violations(self.status, self.headers, self.body, method)

    @property
    def media_type(self) -> str:
        """What kind of body it says it has, without parameters; empty when it does not say."""
        return media_types.plain(self.header(b"content-type") or "")


class Upstream:
    """An implementation that is reached over HTTP."""

    def __init__(
        self, url: str, client: httpx.AsyncClient, limit: int, public_url: str | None = None
    ) -> None:
        """`limit` is the largest answer that is taken, in bytes; redirects lead to `public_url`."""
        # What one client is given to keep is none of another's business.
        client.cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        self.url = url.rstrip("/")
        self._path = urlsplit(self.url).path.encode()
        self._here = (public_url or "").encode()
        self._client = client
        self._limit = limit
        self._unknown: dict[str, bytes | None] = {}

    async def send(self, exchange: Exchange, fields: RawHeaders) -> UpstreamAnswer | None:
        """Forward a request with the header fields it came with; None when there is nobody to take it.

        Raises:
            UpstreamError: there is somebody, who does not speak HTTP, breaks off, or says too much.
            UpstreamTimeoutError: nothing comes back.
        """
        try:
            response = await self._client.send(self._request(exchange, fields), stream=True)
            try:
                body = await self._read(response)
            finally:
                await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            log.warning("%s cannot be reached, the mock answers: %s", self.url, error)
            return None
        except httpx.TimeoutException:
            raise UpstreamTimeoutError("The implementation did not answer within its time.") from None
        except (httpx.RequestError, httpx.InvalidURL) as error:
            raise UpstreamError(f"The implementation's answer cannot be had: {error}") from None
        if not 200 <= response.status_code < 600:
            raise UpstreamError(f"The implementation answered {response.status_code}, which is no status.")
        length = response.headers.get("content-length")
        return UpstreamAnswer(response.status_code, self._fields(exchange, response), body, length)

    async def unknown(self, method: str) -> bytes | None:
        """What it says of a path that nobody has, the path left out; None when that is no 404. Asked once."""
        if method not in self._unknown:
            try:
                answer = await self._client.request(method, self.url + _NOWHERE)
            except httpx.TransportError:
                return None
            said = answer.content.replace(_NOWHERE.encode(), b"")
            self._unknown[method] = said if answer.status_code == HTTPStatus.NOT_FOUND else None
        return self._unknown[method]

    def _request(self, exchange: Exchange, fields: RawHeaders) -> httpx.Request:
        query = f"?{exchange.query_string.decode('latin-1')}" if exchange.query_string else ""
        dropped = _OF_THE_CONNECTION | _named(fields)
        headers = [field for field in fields if field[0] not in dropped and not field[0].startswith(_OURS)]
        target = exchange.path + query
        return self._client.build_request(
            exchange.method,
            self.url + target,
            headers=[*headers, (b"accept-encoding", b"identity")],
            content=exchange.body or None,
            # As it came: httpx would tidy it up.
            extensions={"target": self._path + target.encode("latin-1")},
        )

    def _fields(self, exchange: Exchange, response: httpx.Response) -> RawHeaders:
        """The answer's header fields, as they are from here."""
        raw = [(name.lower(), value) for name, value in response.headers.raw]
        dropped = {*_OF_THE_CONNECTION, b"date"} | _named(raw)
        if not _is_unpacked(response):
            dropped.remove(b"content-encoding")
        fields: RawHeaders = []
        for name, value in raw:
            # This server lets pages elsewhere read the answer; a second word on it would take that back.
            if name in dropped or (b"origin" in exchange.headers and name.startswith(_CORS)):
                continue
            fields.append((name, self._led_here(exchange, value) if name == b"location" else value))
        return fields

    def _led_here(self, exchange: Exchange, location: bytes) -> bytes:
        """Where a redirect leads; one to the implementation leads through here."""
        for start in (self.url.encode(), self._path):
            rest = location.removeprefix(start)
            if location.startswith(start) and rest[:1] in {b"/", b"?", b""} and rest[:2] != b"//":
                return self._here + exchange.prefix.encode() + (rest or b"/")
        return location

    async def _read(self, response: httpx.Response) -> bytes:
        pieces, size = [], 0
        async for piece in response.aiter_bytes() if _is_unpacked(response) else response.aiter_raw():
            size += len(piece)
            if size > self._limit:
                raise UpstreamError(f"The implementation answered more than {self._limit:,} bytes.")
            pieces.append(piece)
        return b"".join(pieces)


def _named(fields: Iterable[tuple[bytes, bytes]]) -> set[bytes]:
    """The header fields that `Connection` says are of the connection too (RFC 9110 section 7.6.1)."""
    lists = (value for name, value in fields if name == b"connection")
    return {option.strip().lower() for value in lists for option in value.split(b",")}


def _is_unpacked(response: httpx.Response) -> bool:
    """Whether an answer's content is had without its Content-Encoding."""
    codings = response.headers.get("content-encoding", "").split(",")
    return all(coding.strip().lower() in _UNPACKED for coding in codings if coding.strip())
