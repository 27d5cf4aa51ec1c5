"""Forward a request to the implementation; receive its response whole, or as a stream of events."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import unquote, urlsplit

import httpx

from mockserver.errors import BadRequestError, UpstreamError, UpstreamTimeoutError, Violation
from mockserver.http.endpoint import Endpoint
from mockserver.http.exchange import Exchange, RawHeaders
from mockserver.http.outgoing.server_trust import tls_failure
from mockserver.http.request.content_codings import KNOWN, TooLargeError, UndecodableError, codings_in, decode
from mockserver.openapi import media_types
from mockserver.openapi.versions.openapi_3 import FRAMING

log = logging.getLogger("mockserver")

# Other fields than those of the framing that each connection has for itself.
_OF_THE_CONNECTION = {
    *(name.encode() for name in FRAMING),
    *(b"host", b"accept-encoding", b"content-encoding", b"expect"),
}
_OURS = b"x-mock-"
_NOWHERE = "/a-path-that-does-not-exist"
_CORS = b"access-control-"
_EVENTS = "text/event-stream"
_DECODINGS = 3
"""How often a path is decoded to check where it points; some implementations decode twice."""


@dataclass(frozen=True, slots=True)
class UpstreamAnswer:
    """A response of the implementation.

    Attributes:
        length: its Content-Length, also if there is no body.
        events: the response whose events are still to come; None if the body is complete.
    """

    status: int
    headers: RawHeaders
    body: bytes
    length: str | None = None
    events: httpx.Response | None = None

    async def pieces(self) -> AsyncIterator[bytes]:
        """The events as they arrive.

        Raises:
            UpstreamError: the implementation breaks off.
        """
        if self.events is None:
            return
        try:
            async for piece in self.events.aiter_raw():
                yield piece
        except httpx.RequestError as error:
            raise UpstreamError(f"The implementation's stream broke off: {error}") from None

    async def close(self) -> None:
        """Close the stream."""
        if self.events is not None:
            await self.events.aclose()

    def header(self, name: bytes) -> str | None:
        """A header field's value, or None; `name` in lower case."""
        return next((value.decode("latin-1") for key, value in self.headers if key == name), None)

    def violations(self, endpoint: Endpoint, method: str) -> list[Violation]:
        """All violations of the document in the response."""
        return endpoint.response.violations(self.status, self.headers, self.body, method)

    @property
    def media_type(self) -> str:
        """The media type of the body without parameters; empty if there is none."""
        return media_types.plain(self.header(b"content-type") or "")


class Upstream:
    """An implementation that is reached over HTTP."""

    def __init__(
        self, url: str, client: httpx.AsyncClient, limit: int, seconds: float, public_url: str | None = None
    ) -> None:
        """Set the implementation's URL and limits.

        Args:
            url: the base URL; requests stay within its host and path.
            client: the HTTP client.
            limit: maximum size of a response in bytes.
            seconds: timeout for the start of a response, and then for each pause.
            public_url: the base URL for rewritten redirects to the implementation.
        """
        # Cookies of one client must not be sent for another.
        client.cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        self.url = url.rstrip("/")
        self._path = urlsplit(self.url).path.encode()
        self._here = (public_url or "").encode()
        self._client = client
        self._limit = limit
        self._seconds = seconds
        self._unknown: dict[str, bytes | None] = {}

    def check_path(self, path: str) -> None:
        """Refuse a path that leaves the path of the implementation's URL, or points to another host.

        Raises:
            BadRequestError: it does, or might after decoding.
        """
        target = (self._path.decode() + path).replace("\\", "/").replace("%5C", "/").replace("%5c", "/")
        if path[:1] != "/" or target[:2] == "//":
            raise BadRequestError("The path must begin with one slash.")
        decoded = path
        for _ in range(_DECODINGS):
            decoded = unquote(decoded)
        depth = 0
        for segment in decoded.replace("\\", "/").split("/"):
            name = segment.partition(";")[0]
            depth += -1 if name == ".." else name not in {"", "."}
            if depth < 0:
                raise BadRequestError("The path leaves the path of the implementation's URL.")

    async def send(self, exchange: Exchange, fields: RawHeaders) -> UpstreamAnswer | None:
        """Forward a request with the given header fields; None if the implementation cannot be reached.

        Raises:
            UpstreamError: it does not speak HTTP, breaks off, or the response is too large.
            UpstreamTimeoutError: it does not respond in time.
        """
        try:
            response = await self._begin(self._request(exchange, fields))
            events = response if _is_stream_of_events(exchange.method, response) else None
            body = b"" if events is not None else await self._read(response)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            if reason := tls_failure(error):
                raise UpstreamError(f"The implementation cannot be called: {reason}.") from None
            log.warning("%s cannot be reached, the mock answers: %s", self.url, error)
            return None
        except (httpx.TimeoutException, TimeoutError):
            raise UpstreamTimeoutError("The implementation did not answer within its time.") from None
        except (httpx.RequestError, httpx.InvalidURL) as error:
            raise UpstreamError(
                f"The implementation's response cannot be read: {tls_failure(error) or error}"
            ) from None
        if not 200 <= response.status_code < 600:
            raise UpstreamError(f"The implementation answered {response.status_code}, which is not a status.")
        length = response.headers.get("content-length")
        answered = self._fields(exchange, response, is_decoded=events is None)
        return UpstreamAnswer(response.status_code, answered, body, length, events)

    async def unknown(self, method: str) -> bytes | None:
        """The body of its 404 for an unknown path, without the path; None for another status. Cached."""
        if method not in self._unknown:
            try:
                answer = await self._begin(self._client.build_request(method, self.url + _NOWHERE))
                body = await self._read(answer)
            except (httpx.RequestError, TimeoutError, UpstreamError):
                return None
            said = body.replace(_NOWHERE.encode(), b"")
            self._unknown[method] = said if answer.status_code == HTTPStatus.NOT_FOUND else None
        return self._unknown[method]

    async def _begin(self, request: httpx.Request) -> httpx.Response:
        """Send a request and receive the head of its response, within the timeout."""
        async with asyncio.timeout(self._seconds):
            response = await self._client.send(request, stream=True)
        if _is_stream_of_events(request.method, response):
            request.extensions["timeout"]["read"] = None  # events may be rare
        return response

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
            # Unchanged: httpx would normalize it.
            extensions={"target": self._path + target.encode("latin-1")},
        )

    def _fields(self, exchange: Exchange, response: httpx.Response, *, is_decoded: bool) -> RawHeaders:
        """The response's header fields, adapted for this server."""
        raw = [(name.lower(), value) for name, value in response.headers.raw]
        dropped = {*_OF_THE_CONNECTION, b"date"} | _named(raw)
        if not (is_decoded and KNOWN.issuperset(_codings(response))):
            dropped.remove(b"content-encoding")
        fields: RawHeaders = []
        for name, value in raw:
            # This server sets CORS fields itself; a second set would conflict.
            if name in dropped or (b"origin" in exchange.headers and name.startswith(_CORS)):
                continue
            fields.append((name, self._led_here(exchange, value) if name == b"location" else value))
        return fields

    def _led_here(self, exchange: Exchange, location: bytes) -> bytes:
        """The target of a redirect; one to the implementation is rewritten to this server."""
        for start in (self.url.encode(), self._path):
            rest = location.removeprefix(start)
            if location.startswith(start) and rest[:1] in {b"/", b"?", b""} and rest[:2] != b"//":
                return self._here + exchange.prefix.encode() + (rest or b"/")
        return location

    async def _read(self, response: httpx.Response) -> bytes:
        """Read a whole body, and decode it if its Content-Encoding is known."""
        body = bytearray()
        try:
            async for piece in response.aiter_raw():
                body += piece
                if len(body) > self._limit:
                    break
            return decode(bytes(body), _codings(response), self._limit)
        except TooLargeError:
            raise UpstreamError(f"The implementation answered more than {self._limit:,} bytes.") from None
        except UndecodableError as error:
            raise UpstreamError(f"The implementation's response cannot be read: {error}") from None
        finally:
            await response.aclose()


def _named(fields: Iterable[tuple[bytes, bytes]]) -> set[bytes]:
    """The header fields that `Connection` declares as hop-by-hop (RFC 9110 section 7.6.1)."""
    lists = (value for name, value in fields if name == b"connection")
    return {option.strip().lower() for value in lists for option in value.split(b",")}


def _codings(response: httpx.Response) -> list[str]:
    return codings_in(response.headers.get("content-encoding", ""))


def _is_stream_of_events(method: str, response: httpx.Response) -> bool:
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type == _EVENTS and response.is_success and method != "HEAD"
