"""Send requests to the implementation under test, with limits on time and size."""

import contextlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx

from mockserver.check.target.credentials import Credentials
from mockserver.check.target.http_deadline import Deadline, DeadlineTransport
from mockserver.check.target.http_messages import HttpRequest, HttpResponse
from mockserver.errors import ConfigurationError, NoAnswerError, NotSentError
from mockserver.http.outgoing.server_trust import PUBLIC, ServerTrust, tls_failure
from mockserver.http.request.content_codings import TooLargeError, UndecodableError, codings_in, decode
from mockserver.openapi import media_types, streams

_STREAM_VALUES = 3
"""How many values of a stream are read: it may never end."""
_STREAM_SECONDS = 2.0
"""How long to wait for the values of a stream."""
_USER_AGENT = b"mockserver-check"
_FAILURES = (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, ValueError)
_REDIRECTS = {301, 302, 307, 308}
_TOO_MANY_REQUESTS = 429
_PRECONDITION_REQUIRED = 428
_WAITS = 4
"""How often a request is retried after 429."""


@dataclass(frozen=True, slots=True)
class ExchangeLimits:
    """How long one exchange may take as a whole, in seconds, and how large an answer may be, in bytes.

    Attributes:
        waiting: for how many seconds of a run the implementation may ask to wait (429 with `Retry-After`).
    """

    seconds: float = 10.0
    size: int = 20 * 1024 * 1024
    waiting: float = 30.0


class Implementation:
    """Sends requests to the implementation, one at a time."""

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        limits: ExchangeLimits | None = None,
        bases: Mapping[str, str] | None = None,
        wait: Callable[[float], None] = time.sleep,
        trust: ServerTrust = PUBLIC,
    ) -> None:
        """`bases` has other base URLs by operationId; `wait` sleeps for some seconds."""
        self.base_url = base_url.rstrip("/")
        self._bases = {name: _parse(url.rstrip("/")) for name, url in (bases or {}).items()}
        self.credentials = credentials
        self._limits = limits or ExchangeLimits()
        self._base = _parse(self.base_url)
        self._wait = wait
        self._waiting_left = self._limits.waiting
        #: How many requests were sent.
        self.sent = 0
        #: Operations whose path is served with a trailing slash added or removed.
        self.moved: set[str] = set()
        #: Operations that require a condition (428): they are sent `If-Match: *`.
        self.conditional: set[str] = set()
        #: How often the implementation has asked to wait.
        self.waits = 0
        self._others: list[Implementation] = []
        # Not httpx's client: it parses redirects even if it does not follow them, and may fail at that.
        self._deadline = Deadline()
        self._trust = trust
        self._tls = trust.context()
        self._transport = DeadlineTransport(self._deadline, self._tls)
        seconds = self._limits.seconds
        self._timeout = {"connect": min(5.0, seconds), "read": seconds, "write": seconds, "pool": seconds}

    def base_of(self, operation_id: str) -> str:
        """The base URL of an operation."""
        return str(self._bases.get(operation_id, self.base_url))

    def send(self, request: HttpRequest, operation_id: str = "") -> HttpResponse:
        """Send one request to the base URL of its operation; redirects are responses like others.

        The request is sent again after three responses: a redirect that only adds or removes a trailing
        slash, 429 (after the time in `Retry-After`), and 428 (with `If-Match: *`).

        Raises:
            NoAnswerError: there was no response, or it was too large, too slow, or not HTTP.
        """
        query, headers = self.credentials.apply(request)
        base = self._bases.get(operation_id, self._base)
        path = base.raw_path.rstrip(b"/") + _quoted(request.path)
        if operation_id in self.moved:
            path = _moved(path)
        end = b"?" + _quoted(query) if query else b""
        if operation_id in self.conditional:
            headers = _with_condition(headers)
        answer = self._when_allowed(request, base.copy_with(raw_path=path + end), headers)
        if answer.status in _REDIRECTS and self._path_in(answer, base) == _moved(path):
            self.moved.add(operation_id)
            path = _moved(path)
            answer = self._when_allowed(request, base.copy_with(raw_path=path + end), headers)
        if answer.status == _PRECONDITION_REQUIRED and request.header("if-match") is None:
            self.conditional.add(operation_id)
            headers = _with_condition(headers)
            answer = self._when_allowed(request, base.copy_with(raw_path=path + end), headers)
        return answer

    def together(self, requests: Sequence[tuple[HttpRequest, str]]) -> list[HttpResponse]:
        """Send requests, each with the id of its operation, at the same moment; raises like `send`."""
        while len(self._others) < len(requests):
            self._others.append(self._other())
        others = self._others[: len(requests)]
        start = threading.Barrier(len(others))
        with ThreadPoolExecutor(len(others)) as pool:
            sent = [
                pool.submit(other._send_at, start, request, name)
                for other, (request, name) in zip(others, requests, strict=True)
            ]
            failures = [one.exception() for one in sent]
        self.sent += len(requests)
        for failure in failures:
            if failure is not None:
                raise failure
        return [one.result() for one in sent]

    def _other(self) -> "Implementation":
        """Another client of the same implementation, with a separate connection."""
        bases = {name: str(url) for name, url in self._bases.items()}
        other = Implementation(self.base_url, self.credentials, self._limits, bases, self._wait, self._trust)
        other.moved, other.conditional = self.moved, self.conditional
        return other

    def _send_at(self, start: threading.Barrier, request: HttpRequest, operation_id: str) -> HttpResponse:
        start.wait()
        return self.send(request, operation_id)

    def _when_allowed(
        self, request: HttpRequest, url: httpx.URL, headers: list[tuple[str, str]]
    ) -> HttpResponse:
        """Send a request, and retry after 429 while there is time to wait."""
        answer = self._answered(request.method, url, headers, request.body)
        for _ in range(_WAITS):
            seconds = _seconds_to_wait(answer)
            if seconds is None or seconds > self._waiting_left:
                break
            self.waits += 1
            self._waiting_left -= seconds
            self._wait(seconds)
            answer = self._answered(request.method, url, headers, request.body)
        return answer

    @staticmethod
    def _path_in(answer: HttpResponse, base: httpx.URL) -> bytes | None:
        """The path that a response redirects to; None if it is on another server."""
        try:
            target = base.join(answer.headers.get("location", ""))
        except (httpx.InvalidURL, ValueError):
            return None
        return target.raw_path.partition(b"?")[0] if target.netloc == base.netloc else None

    def _answered(
        self, method: str, url: httpx.URL, headers: list[tuple[str, str]], body: bytes | None
    ) -> HttpResponse:
        """Send a request, and retry once when the implementation closes the connection.

        Servers close connections that are idle, or after an error, and the next request may already have
        been sent by then (RFC 9112 section 9.3.1).
        """
        try:
            self.sent += 1
            try:
                return self._exchange(method, url, headers, body)
            except httpx.LocalProtocolError:
                raise
            except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError, httpx.CloseError):
                self._transport.close()
                self._transport = DeadlineTransport(self._deadline, self._tls)
                self.sent += 1
                return self._exchange(method, url, headers, body)
        except httpx.TimeoutException:
            raise NoAnswerError(f"did not answer within {self._limits.seconds:g} seconds") from None
        except httpx.LocalProtocolError as error:
            raise NotSentError(f"was not asked: {error}") from None
        except _FAILURES as error:
            raise NoAnswerError(_reason(error)) from None

    def _exchange(
        self, method: str, url: httpx.URL, headers: list[tuple[str, str]], body: bytes | None
    ) -> HttpResponse:
        self._deadline.set(self._limits.seconds)
        # White space around a value is not part of it (RFC 9110 section 5.5).
        encoded = [
            (name.encode(), value.strip(" \t").encode("utf-8", "surrogateescape")) for name, value in headers
        ]
        encoded.append((b"User-Agent", _USER_AGENT))
        extensions = {"timeout": self._timeout}
        sent = httpx.Request(method, url, headers=encoded, content=body, extensions=extensions)
        response = self._transport.handle_request(sent)
        try:
            content = self._read(response)
        except httpx.TimeoutException:
            raise NoAnswerError(
                f"did not finish its answer within {self._limits.seconds:g} seconds"
            ) from None
        finally:
            response.close()
        fields = {name.lower(): value for name, value in response.headers.items()}
        return HttpResponse(response.status_code, fields, content)

    def _read(self, response: httpx.Response) -> bytes:
        content_type = response.headers.get("content-type", "")
        if media_types.is_stream(content_type):
            self._deadline.set(min(self._limits.seconds, _STREAM_SECONDS))
            body = first_values(response, content_type, self._limits.size)
            if len(body) > self._limits.size:
                raise self._too_large()
            return body
        chunks, size = [], 0
        for chunk in response.iter_raw():
            size += len(chunk)
            if size > self._limits.size:
                raise self._too_large()
            chunks.append(chunk)
        codings = codings_in(response.headers.get("content-encoding", ""))
        try:
            return decode(b"".join(chunks), codings, self._limits.size)
        except TooLargeError:
            raise self._too_large() from None
        except UndecodableError as error:
            raise NoAnswerError(f"sent a body that is not encoded as it says: {error}") from None

    def _too_large(self) -> NoAnswerError:
        return NoAnswerError(f"sent an answer of more than {self._limits.size // 2**20} MB")

    def call(self, url: str, headers: list[tuple[str, str]]) -> HttpResponse:
        """POST to any URL, such as the one that resets the implementation. Raises like `send`."""
        return self._answered("POST", _parse(url), headers, b"")

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()
        for other in self._others:
            other.close()


def first_values(response: httpx.Response, content_type: str, size: int) -> bytes:
    """Read the first values of a stream, which may never end, up to a number of values and seconds.

    A body of more than `size` bytes is truncated.
    """
    body = b""
    with contextlib.suppress(httpx.TimeoutException):
        for chunk in response.iter_bytes():
            body += chunk
            is_enough = len(streams.whole_pieces(content_type, body)) >= _STREAM_VALUES
            if is_enough or len(body) > size:
                break
        else:
            return body
    return body if len(body) > size else b"".join(streams.whole_pieces(content_type, body))


def _with_condition(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The header fields with `If-Match: *`, which matches any version (RFC 9110 section 13.1.1)."""
    is_there = any(name.lower() == "if-match" for name, _ in headers)
    return headers if is_there else [*headers, ("If-Match", "*")]


def _moved(path: bytes) -> bytes:
    """The path with a trailing slash added, or removed if it has one."""
    return path.rstrip(b"/") if path.endswith(b"/") else path + b"/"


def _seconds_to_wait(answer: HttpResponse) -> float | None:
    """The seconds to wait according to a 429 response (RFC 6585); None for other responses."""
    seconds = answer.headers.get("retry-after", "1").strip()
    if answer.status != _TOO_MANY_REQUESTS:
        return None
    return float(seconds) if seconds.isdecimal() else 1.0


def _quoted(text: str) -> bytes:
    """Percent-encode spaces, control and non-ASCII characters of a request target (RFC 9112 section 3.2)."""
    return b"".join(
        bytes([byte]) if 32 < byte < 127 else b"%%%02X" % byte
        for byte in text.encode("utf-8", "surrogatepass")
    )


def _parse(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, TypeError, ValueError) as error:
        raise ConfigurationError(f"{text!r} is not a URL: {error}") from None
    if url.userinfo:
        raise ConfigurationError(
            f"{url.copy_with(userinfo=b'')} is given with a name and a password: "
            "say who calls with --identity NAME=USER:PASSWORD."
        )
    if url.scheme not in {"http", "https"} or not url.host:
        raise ConfigurationError(
            f"{text!r} is not a URL that can be checked: write http://HOST:PORT or https://HOST."
        )
    return url


def _reason(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "did not answer in time"
    if reason := tls_failure(error):
        return f"cannot be reached: {reason}"
    if isinstance(error, httpx.ConnectError):
        return f"cannot be reached: {error}"
    if isinstance(error, httpx.RemoteProtocolError):
        return f"does not speak HTTP here, or hung up: {error}"
    if isinstance(error, httpx.NetworkError):
        return f"hung up: {error}"
    return f"{type(error).__name__}: {error}".rstrip(": ")
