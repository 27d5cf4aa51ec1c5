"""Serve the admin API from its own OpenAPI document: routed, validated and checked like mocked APIs."""

import asyncio
import inspect
from collections.abc import Mapping
from functools import cache, cached_property, partial
from importlib.resources import as_file, files
from typing import Any

from mockserver.admin.admin_context import AdminContext, AdminHandler, Session
from mockserver.admin.console_files import ConsoleFiles
from mockserver.admin.event_stream import stream_requests
from mockserver.admin.guard import Guard
from mockserver.admin.handlers import (
    catalogue_handlers,
    limit_handlers,
    override_handlers,
    record_handlers,
    rule_handlers,
    session_handlers,
    token_handlers,
    traffic_handlers,
    webhook_handlers,
)
from mockserver.behaviour.handler_files import keyword_of
from mockserver.errors import ApiError, ConflictError, DocumentError, UnauthorizedError
from mockserver.http import json_text
from mockserver.http.endpoint import Behave, Endpoint, Endpoints
from mockserver.http.exchange import (
    EXCHANGE,
    Exchange,
    RawHeaders,
    Receive,
    Scope,
    Send,
    base_url_of,
    send_answer,
)
from mockserver.http.request.operation_behaviour import Responder
from mockserver.http.request.request_bodies import ClientDisconnectedError, receive_body
from mockserver.http.response.browser_headers import own_fields
from mockserver.http.response.problems import PROBLEM, problem
from mockserver.http.router import Router
from mockserver.http.served_api import Service, plain_service
from mockserver.openapi.document import Document, load
from mockserver.openapi.operation import Operation
from mockserver.state.overlay import Overlay

HANDLERS: Mapping[str, AdminHandler] = {
    **catalogue_handlers.HANDLERS,
    **traffic_handlers.HANDLERS,
    **record_handlers.HANDLERS,
    **limit_handlers.HANDLERS,
    **override_handlers.HANDLERS,
    **rule_handlers.HANDLERS,
    **session_handlers.HANDLERS,
    **token_handlers.HANDLERS,
    **webhook_handlers.HANDLERS,
}
_OPEN_TO_ALL = {"getHealth"}
_OF_THE_REQUEST = {"body", "base_url"}
_NOT_KEPT: RawHeaders = [(b"cache-control", b"no-store")]
_PIECE = 256 * 1024
"""Bytes of an answer that are sent at once: exports may have 64 MB."""
_FIELDS = own_fields("script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'")


@cache
def _document() -> Document:
    """The admin API's own document; a reload does not read it again."""
    with as_file(files("mockserver") / "console" / "admin.yaml") as file:
        return load(file)


def _behave(context: AdminContext) -> Behave:
    """Bind the admin API's handlers, whose first arguments are the context and the session."""

    def bind(operation: Operation, service: Service) -> Responder:
        handler = HANDLERS[operation.id]
        wanted = list(inspect.signature(handler).parameters)[2:]
        known = {keyword_of(entry.name): (entry.location, entry.name) for entry in operation.parameters}
        keys = [
            (name, known[name.removesuffix("_query").removesuffix("_")])
            for name in wanted
            if name not in _OF_THE_REQUEST
        ]

        def behave(exchange: Exchange) -> Any:
            # Parameters that were not sent keep the handler's own default.
            arguments = {name: exchange.arguments[key] for name, key in keys if key in exchange.arguments}
            if "body" in wanted:
                arguments["body"] = exchange.body_value
            if "base_url" in wanted:
                arguments["base_url"] = base_url_of(exchange, context.settings.public_url)
            return handler(context, Session(exchange.session, exchange.state), **arguments)

        return behave

    return bind


class AdminAPI:
    """Everything under `/__admin`."""

    def __init__(self, context: AdminContext) -> None:
        self._context = context
        self._guard = Guard(context.token, cookies=not context.settings.same_origin_html)
        self._static = ConsoleFiles()

    @cached_property
    def _service(self) -> Service:
        context = self._context
        return plain_service(_document(), context.sessions, context.clock, context.settings)

    @cached_property
    def _endpoints(self) -> Endpoints:
        router = Router()
        document = self._service.document
        base = document.base_path
        for operation_id, key in document.index.items():
            router.add(key.method.upper(), key.path, base, self._service.full_id(operation_id))
        return Endpoints({self._service.name: self._service}, router, _behave(self._context))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        exchange: Exchange = scope[EXCHANGE]
        exchange.reply_headers = [*exchange.reply_headers, *_FIELDS]
        if exchange.path != "/__admin/":
            exchange.path = exchange.path.removesuffix("/")
        try:
            if self._static.has(exchange):
                await self._page(exchange, send)
                return
            await self._operate(exchange, receive, send)
        except ClientDisconnectedError:
            return
        except DocumentError as error:
            # A broken document breaks one operation, but not the others.
            await _refuse(exchange, ConflictError(str(error)), send)
        except ApiError as error:
            await _refuse(exchange, error, send)

    async def _operate(self, exchange: Exchange, receive: Receive, send: Send) -> None:
        self._endpoints.route(exchange)
        operation_id = exchange.operation_id
        self._guard.check(exchange, open_to_all=operation_id in _OPEN_TO_ALL)
        if exchange.unrouted is not None:
            raise exchange.unrouted
        if operation_id == "streamRequests":
            await stream_requests(self._context, exchange, receive, send)
            return
        if operation_id == "getAdminDocument":
            content = json_text.encode(self._service.document.root)
            headers: RawHeaders = [(b"content-type", b"application/json"), *_NOT_KEPT]
            await send_answer(exchange, send, 200, headers, content)
            return
        if not exchange.opened.watched:
            await self._context.sessions.storage.watch(exchange.session)
        endpoint: Endpoint = exchange.endpoint
        if endpoint.operation.request_body is None and exchange.method not in {"GET", "HEAD"}:
            # If the body is incomplete, the client disconnected: change nothing.
            await receive_body(exchange, receive, self._context.settings.body_limit)
        contract = endpoint.request
        limit = contract.body_limit
        contract.read(exchange, b"" if limit is None else await receive_body(exchange, receive, limit))
        response = await self._context.sessions.run(exchange.session, partial(_work, endpoint, exchange))
        if inspect.isawaitable(response):
            # Such a handler runs outside the event loop; its response may be large.
            status, headers, body = await asyncio.to_thread(endpoint.response.encode, await response)
        else:
            status, headers, body = endpoint.response.encode(response)
        await send_answer(exchange, send, status, [*headers, *_NOT_KEPT], body, piece=_PIECE)

    async def _page(self, exchange: Exchange, send: Send) -> None:
        cookie = self._guard.entry(exchange)
        try:
            # Scripts and styles contain no secrets, and the page that asks for the token needs some of them.
            self._guard.check(exchange, open_to_all=cookie is not None or self._static.is_part(exchange))
        except UnauthorizedError as error:
            if not self._guard.cookies:
                raise
            fields: RawHeaders = [(name.lower().encode(), value.encode()) for name, value in error.headers]
            status, headers, body = self._static.token_page()
            await send_answer(exchange, send, status, [*headers, *fields, *_NOT_KEPT], body)
            return
        status, headers, body = self._static.answer(exchange)
        if cookie is not None:
            location: Any = (b"location", b"/__admin/")
            status, headers, body = 303, [location, (b"set-cookie", cookie.encode())], b""
        await send_answer(exchange, send, status, headers, body)


def _work(endpoint: Endpoint, exchange: Exchange, session: Overlay) -> Any:
    """The handler's response, or an awaitable of it."""
    exchange.state = session
    return endpoint.behaviour(exchange)


async def _refuse(exchange: Exchange, error: ApiError, send: Send) -> None:
    headers: RawHeaders = [(b"content-type", PROBLEM), *_NOT_KEPT]
    headers += [(name.lower().encode(), value.encode()) for name, value in error.headers]
    await send_answer(exchange, send, int(error.status), headers, json_text.encode(problem(error)))
