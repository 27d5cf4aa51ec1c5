"""Forward a request to the implementation, and take its answer whole, or as a stream of events."""

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

log = logging.getLogger("mockserver")

# RFC 9110 section 7.6.1, and what the two connections each have of their own.
_OF_THE_CONNECTION = {
    *(b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"),
    *(b"host", b"content-length", b"accept-encoding", b"content-encoding", b"expect"),
}
_OURS = b"x-mock-"
_NOWHERE = "/a-path-that-nobody-has"
_CORS = b"access-control-"
_EVENTS = "text/event-stream"
_DECODINGS = 3
"""How often a path is decoded to see where it leads; some implementations decode twice."""


@dataclass(frozen=True, slots=True)
class UpstreamAnswer:
    """What the implementation answered.

    Attributes:
        length: what it says of the body's length; there is not always a body.
        events: the response whose events are still to come; None when the body is whole.
    """

    status: int
    headers: RawHeaders
    body: bytes
    length: str | None = None
    events: httpx.Response | None = None

    async def pieces(self) -> AsyncIterator[bytes]:
        """The events, as they come.

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
        """Take no more events."""
        if self.events is not None:
            await self.events.aclose()

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
        self, url: str, client: httpx.AsyncClient, limit: int, seconds: float, public_url: str | None = None
    ) -> None:
        """Take an implementation's URL.

        Args:
            url: where it is; requests keep to its host and path.
            client: what reaches it.
            limit: the largest answer that is taken, in bytes.
            seconds: how long an answer may take to begin, and then to make progress.
            public_url: where redirects to the implementation lead.
        """
        # What one client is given to keep is none of another's business.
        client.cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        self.url = url.rstrip("/")
        self._path = urlsplit(self.url).path.encode()
        self._here = (public_url or "").encode()
        self._client = client
        self._limit = limit
        self._seconds = seconds
        self._unknown: dict[str, bytes | None] = {}

    def check_path(self, path: str) -> None:
        """Refuse a path that leads out of the path of the implementation's URL, or to another host.

        Raises:
            BadRequestError: it does, or might once it is decoded.
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
                raise BadRequestError("The path leads out of the path of the implementation's URL.")

    async def send(self, exchange: Exchange, fields: RawHeaders) -> UpstreamAnswer | None:
        """Forward a request with the header fields it came with; None when there is nobody to take it.

        Raises:
            UpstreamError: there is somebody, who does not speak HTTP, breaks off, or says too much.
            UpstreamTimeoutError: nothing comes back.
        """
        try:
            response = await self._begin(self._request(exchange, fields))
            events = response if _is_stream_of_events(exchange.method, response) else None
            body = b"" if events is not None else await self._read(response)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            if reason := tls_failure(error):
                raise UpstreamError(f"The implementation cannot be asked: {reason}.") from None
            log.warning("%s cannot be reached, the mock answers: %s", self.url, error)
            return None
        except (httpx.TimeoutException, TimeoutError):
            raise UpstreamTimeoutError("The implementation did not answer within its time.") from None
        except (httpx.RequestError, httpx.InvalidURL) as error:
            raise UpstreamError(
                f"The implementation's answer cannot be had: {tls_failure(error) or error}"
            ) from None
        if not 200 <= response.status_code < 600:
            raise UpstreamError(f"The implementation answered {response.status_code}, which is no status.")
        length = response.headers.get("content-length")
        answered = self._fields(exchange, response, is_decoded=events is None)
        return UpstreamAnswer(response.status_code, answered, body, length, events)

    async def unknown(self, method: str) -> bytes | None:
        """What it says of a path that nobody has, the path left out; None when that is no 404. Asked once."""
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
        """Send a request; the head of its answer, which has to come in time as a whole."""
        async with asyncio.timeout(self._seconds):
            response = await self._client.send(request, stream=True)
        if _is_stream_of_events(request.method, response):
            request.extensions["timeout"]["read"] = None  # events come when something happens
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
            # As it came: httpx would tidy it up.
            extensions={"target": self._path + target.encode("latin-1")},
        )

    def _fields(self, exchange: Exchange, response: httpx.Response, *, is_decoded: bool) -> RawHeaders:
        """The answer's header fields, as they are from here."""
        raw = [(name.lower(), value) for name, value in response.headers.raw]
        dropped = {*_OF_THE_CONNECTION, b"date"} | _named(raw)
        if not (is_decoded and KNOWN.issuperset(_codings(response))):
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
        """A whole body, without its Content-Encoding where that is known."""
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
            raise UpstreamError(f"The implementation's answer cannot be had: {error}") from None
        finally:
            await response.aclose()


def _named(fields: Iterable[tuple[bytes, bytes]]) -> set[bytes]:
    """The header fields that `Connection` says are of the connection too (RFC 9110 section 7.6.1)."""
    lists = (value for name, value in fields if name == b"connection")
    return {option.strip().lower() for value in lists for option in value.split(b",")}


def _codings(response: httpx.Response) -> list[str]:
    return codings_in(response.headers.get("content-encoding", ""))


def _is_stream_of_events(method: str, response: httpx.Response) -> bool:
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type == _EVENTS and response.is_success and method != "HEAD"
