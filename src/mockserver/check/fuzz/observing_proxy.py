"""A local HTTP proxy in front of the implementation that passes generated requests to the checker."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from mockserver.check.target.http_messages import ANONYMOUS, Caller, HttpRequest, HttpResponse

_HOP = {
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "keep-alive",
    "accept-encoding",
    "te",
    "expect",
}
_RECOMPUTED = {
    "content-length",
    "transfer-encoding",
    "content-encoding",
    "connection",
    "keep-alive",
    "date",
    "server",
}
_ITS_OWN = ("x-schemathesis", "user-agent")

RequestHandler = Callable[[HttpRequest], HttpResponse]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answer: RequestHandler, mark: str, caller: Caller) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.mark = mark
        self.caller = caller

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Do not log connections that Schemathesis closes when its time is up."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    # Header fields and body leave in one segment: Nagle's algorithm would wait 40 ms between them.
    wbufsize = -1

    def serve(self) -> None:
        """Answer one request."""
        path, _, query = self.path.partition("?")
        sent = [(name, value) for name, value in self.headers.items() if is_forwarded(name)]
        kept = tuple((name, value) for name, value in sent if self.server.mark not in value)
        caller = self.server.caller if len(kept) < len(sent) else ANONYMOUS
        self._reply(self.server.answer(HttpRequest(self.command, path, query, kept, self._body(), caller)))

    def _body(self) -> bytes | None:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return b"".join(self._chunks())
        length = self.headers.get("Content-Length")
        return None if length is None else self.rfile.read(int(length))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _reply(self, given: HttpResponse) -> None:
        self.send_response_only(given.status)
        for name, value in given.headers.items():
            if name not in _RECOMPUTED:
                self.send_header(name, value)
        has_body = given.status >= 200 and given.status not in {204, 304}
        if has_body:
            self.send_header("Content-Length", str(len(given.body)))
        self.end_headers()
        if has_body and self.command != "HEAD":
            self.wfile.write(given.body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Log nothing."""

    def __getattr__(self, name: str) -> Any:
        """Serve every method alike: the base class looks up `do_GET` and the like."""
        if name.startswith("do_"):
            return self.serve
        raise AttributeError(name)


@contextmanager
def proxy(answer: RequestHandler, mark: str, caller: Caller) -> Iterator[str]:
    """Serve the proxy while the context is open; gives its URL.

    Args:
        answer: forwards a request and returns the response.
        mark: placeholder in a header that is replaced by the caller's credential.
        caller: the sender of the requests with that placeholder.
    """
    server = _Server(answer, mark, caller)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def is_forwarded(name: str) -> bool:
    """Whether a header field belongs to the request, rather than to the connection or to Schemathesis."""
    lower = name.lower()
    return lower not in _HOP and not lower.startswith(_ITS_OWN)
