"""The outermost application: sessions, the journal, CORS, and the server's own pages."""

import time
from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet

from mockserver.errors import (
    ApiError,
    BadRequestError,
    ForbiddenError,
    MethodNotAllowedError,
    StoreUnavailableError,
)
from mockserver.http import json_text
from mockserver.http.endpoint import Endpoints
from mockserver.http.exchange import (
    AUTHORITY,
    EXCHANGE,
    ASGIApp,
    Exchange,
    RawHeaders,
    Receive,
    Scope,
    Send,
    send_answer,
)
from mockserver.http.journal.request_journal import Journal
from mockserver.http.request.request_bodies import UnreadBody, has_body
from mockserver.http.response.problems import PROBLEM, problem
from mockserver.state.clock import Clock, timestamp
from mockserver.state.session_store import Sessions, is_session_name
from mockserver.state.storage import Dropped

SESSION_HEADER = b"x-mock-session"
DROPPED_HEADER = b"x-mock-session-dropped"
_WORKER = b"service-worker"
_EXPOSED = (
    b"Allow, Deprecation, Link, Location, Preference-Applied, Retry-After, WWW-Authenticate, "
    b"X-Mock-Session-Dropped, X-Mock-Violations"
)


Check = Callable[[Exchange, Scope], ApiError | None]
"""Checks an unusual part of a request's target or header fields; returns the error, if any."""


class Gateway:
    """The outermost layer: route a request, open its session, journal it; or pass it to `own`."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        own: ASGIApp,
        checks: Sequence[Check],
        endpoints: Endpoints,
        journal: Journal,
        clock: Clock,
        sessions: Sessions,
        entrances: AbstractSet[str] = frozenset({"/"}),
    ) -> None:
        """`entrances` are paths of `own` outside `/__`; a document that defines the same path wins."""
        self._app = app
        self._own = own
        self._checks = checks
        self._endpoints = endpoints
        self._journal = journal
        self._clock = clock
        self._sessions = sessions
        self._entrances = entrances

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] != "http":
            await _lifespan(scope, receive, send)
            return
        started = time.perf_counter()
        lines: RawHeaders = scope["headers"]
        headers = dict(lines)
        path: str = scope.get("raw_path", b"").decode("latin-1") or scope["path"]
        scope[EXCHANGE] = exchange = Exchange(scope["method"], path, scope["query_string"], headers)
        exchange.started = now = self._clock.now()
        exchange.scheme = scope.get("scheme", "http")
        unusual = path[:1] != "/" or path[:2] == "/~" or len(headers) != len(lines)
        if unusual or SESSION_HEADER in headers or _WORKER in headers:
            refusal = self._refusal(exchange, scope)
            if refusal is not None:
                await _refuse(exchange, refusal, send)
                return
            path = exchange.path
        is_own = path.startswith("/__") or self._is_entrance(exchange)
        try:
            exchange.opened = opened = await self._sessions.open(exchange.session, now)
            if opened.dropped is not None:
                await self._tell(exchange, opened.dropped, is_own=is_own)
        except StoreUnavailableError as error:
            # The admin API decides which of its calls work without the store.
            scope["path"] = scope["raw_path"] = exchange.path
            await (self._own(scope, receive, send) if is_own else self._unsaved(exchange, error, send))
            return
        if is_own:
            scope["path"] = scope["raw_path"] = exchange.path
            await self._own(scope, receive, send)
            return
        if b"origin" in headers:
            documented = b"" if exchange.endpoint is None else exchange.endpoint.exposed
            exchange.reply_headers = [
                *exchange.reply_headers,
                *cross_origin_fields(headers[b"origin"], documented),
            ]
        if has_body(headers):
            exchange.unread = True
            body = UnreadBody(exchange, receive, send, self._journal.body_limit)
            await self._app(scope, receive, body.send)
            if exchange.unread:  # a fault cut the answer short, or the client disconnected
                await body.take()
        else:
            await self._app(scope, receive, send)
        exchange.duration = time.perf_counter() - started
        await self._journal.add(exchange)

    async def _unsaved(self, exchange: Exchange, error: ApiError, send: Send) -> None:
        """Answer a request that cannot be saved to the journal."""
        self._journal.unsaved += 1
        await _refuse(exchange, error, send)

    def _refusal(self, exchange: Exchange, scope: Scope) -> ApiError | None:
        """The error in an unusual request, if any."""
        return next(filter(None, (check(exchange, scope) for check in self._checks)), None)

    async def _tell(self, exchange: Exchange, dropped: Dropped, *, is_own: bool) -> None:
        """Report in the answer that the session was dropped, until the journal has reported it once."""
        value = f"{dropped.reason}; at={timestamp(dropped.at)}"
        exchange.reply_headers = [*exchange.reply_headers, (DROPPED_HEADER, value.encode())]
        if not is_own:
            exchange.notes = (str(dropped),)
            await self._sessions.storage.acknowledge(exchange.session)

    def _is_entrance(self, exchange: Exchange) -> bool:
        """Route a request; whether it is for one of the server's own pages, and no document defines it."""
        self._endpoints.route(exchange)
        if exchange.unrouted is None:
            return False
        return exchange.path in self._entrances and exchange.method in {"GET", "HEAD"}


class Preflight:
    """Answers OPTIONS, including CORS preflights, unless a document defines it (RFC 9110 9.3.7)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer the request, or pass it on."""
        exchange: Exchange = scope[EXCHANGE]
        if exchange.method == "OPTIONS":
            if exchange.path == "*":  # about the server as a whole
                return send_answer(exchange, send, 204, [], b"")
            if isinstance(exchange.unrouted, MethodNotAllowedError):
                return send_answer(exchange, send, 204, _options(exchange, exchange.unrouted), b"")
        return self._app(scope, receive, send)


def _options(exchange: Exchange, error: MethodNotAllowedError) -> RawHeaders:
    """The Allow header of a path, and the CORS headers that a preflight asks for."""
    allow = dict(error.headers)["Allow"].encode()
    headers: RawHeaders = [(b"allow", allow)]
    wanted = exchange.headers.get(b"access-control-request-headers")
    if b"access-control-request-method" in exchange.headers:
        headers += [(b"access-control-allow-methods", allow), (b"access-control-max-age", b"600")]
        if wanted is not None:
            headers.append((b"access-control-allow-headers", wanted))
        if b"access-control-request-private-network" in exchange.headers:
            # Private network access: a public page asks whether it may reach this machine.
            headers.append((b"access-control-allow-private-network", b"true"))
    return headers


def join_header_fields(exchange: Exchange, scope: Scope) -> BadRequestError | None:
    """Join header fields on several lines to one list (RFC 9110 section 5.3).

    If a field may have only one value, the joined value is invalid.

    Returns:
        The error, if any.
    """
    lines: RawHeaders = scope["headers"]
    if len(exchange.headers) == len(lines):
        return None
    several: dict[bytes, list[bytes]] = {}
    for name, value in lines:
        several.setdefault(name, []).append(value)
    fields = {name: (b"; " if name == b"cookie" else b", ").join(values) for name, values in several.items()}
    exchange.headers = fields
    is_doubtful = b"," in fields.get(b"host", b"")  # RFC 9112 section 3.2
    return BadRequestError("There are several Host headers.") if is_doubtful else None


def refuse_service_worker(exchange: Exchange, scope: Scope) -> ForbiddenError | None:
    """Refuse the script of a service worker: it would intercept every page here, including the console."""
    del scope
    if _WORKER not in exchange.headers:
        return None
    return ForbiddenError("The mock does not serve service worker scripts.")


def take_authority(exchange: Exchange, scope: Scope) -> BadRequestError | None:
    """Take the host from a request target that is an absolute URL; it overrides Host (RFC 9112 3.2.2).

    Returns:
        The error in the target, if any.
    """
    if exchange.path[:1] == "/" or exchange.path == "*":
        return None
    authority, slash, path = exchange.path.partition("://")[2].partition("/")
    if not authority or "@" in authority:
        return BadRequestError("The request target is a URL without a host, or with a user name.")
    exchange.path = slash + path or "/"
    exchange.headers = {**exchange.headers, b"host": authority.encode("latin-1")}
    scope[AUTHORITY] = authority
    return None


def name_session(exchange: Exchange, scope: Scope) -> BadRequestError | None:
    """Read the session from its header, or from the path's first segment, `/~NAME`, which is removed.

    Returns:
        The error in the name, if any.
    """
    del scope
    name = exchange.headers.get(SESSION_HEADER)
    if name is not None:
        exchange.session = name.decode("latin-1")
    if exchange.path.startswith("/~"):
        prefix, slash, rest = exchange.path[2:].partition("/")
        exchange.path = slash + rest or "/"
        if name is not None and prefix != exchange.session:
            return BadRequestError(f"The header names the session {exchange.session!r}, the path {prefix!r}.")
        exchange.session = prefix
        exchange.prefix = f"/~{prefix}"
    if is_session_name(exchange.session):
        return None
    return BadRequestError(
        f"The session's name {exchange.session!r} cannot be used: "
        "a name has 1 to 64 letters, digits, dots, dashes or underscores, the first a letter or digit."
    )


def cross_origin_fields(origin: bytes, documented: bytes = b"") -> RawHeaders:
    """CORS header fields: let pages of this origin read the answer and its documented header fields."""
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", b", ".join(filter(None, (_EXPOSED, documented)))),
        (b"vary", b"Origin"),
    ]


async def _refuse(exchange: Exchange, error: ApiError, send: Send) -> None:
    if b"origin" in exchange.headers:
        exchange.reply_headers = [*exchange.reply_headers, *cross_origin_fields(exchange.headers[b"origin"])]
    body = json_text.encode(problem(error))
    await send_answer(exchange, send, int(error.status), [(b"content-type", PROBLEM)], body)


async def _lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    while scope["type"] == "lifespan":
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
