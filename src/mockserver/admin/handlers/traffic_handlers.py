"""The admin API's handlers for the journal: search, inspect, export, replay, coverage."""

import asyncio
from collections.abc import Mapping
from itertools import islice
from typing import Any
from urllib.parse import unquote

from mockserver.admin.admin_context import AdminContext, AdminHandler, Session
from mockserver.admin.coverage import coverage_of
from mockserver.admin.exports import export
from mockserver.admin.handlers.webhook_handlers import sent_by
from mockserver.admin.journal_views import brief, whole, with_lines
from mockserver.admin.removals import removed_coverage, removed_requests
from mockserver.behaviour.backend import Response
from mockserver.errors import ConflictError, ResourceNotFoundError
from mockserver.http.exchange import EXCHANGE, ASGIApp, Exchange, Message, Scope
from mockserver.http.journal.request_journal import EVERYTHING, Query
from mockserver.http.served_api import Service
from mockserver.state.baseline import DEFAULT_SESSION

EVERY_SESSION = "*"
_USUAL = 100


def _session(asked: str | None, named: str) -> str | None:
    """The session to filter by: the `session` parameter, else the request's session; None for all."""
    session = asked or named
    return None if session == EVERY_SESSION or (asked is None and session == DEFAULT_SESSION) else session


async def list_requests(
    context: AdminContext,
    session: Session,
    *,
    limit: int = _USUAL,
    session_query: str | None = None,
    api: str | None = None,
    operation: str | None = None,
    method: str | None = None,
    status: str | None = None,
    text: str | None = None,
    refused: bool | None = None,
    before: int | None = None,
    after: int | None = None,
    view: str | None = None,
) -> Response:
    """The matching requests, the latest first."""
    query = Query(
        _session(session_query, session.name), api, operation, method, status, text, refused, before, after
    )
    events = await context.journal.events()
    entries = [(exchange.number, exchange) for exchange in reversed(events.entries)]

    def found() -> list[dict[str, Any]]:
        wanted = (entry for entry in entries if query.takes(*entry))
        return [_shown(context, *entry, view) for entry in islice(wanted, limit)]

    shown = await asyncio.to_thread(found)
    counts = {
        "latest": events.total,
        "total": events.total - events.removed,
        "dropped": events.dropped + context.journal.unsaved,
    }
    return Response(200, {"run": context.journal.run, **counts, "requests": shown})


def _shown(context: AdminContext, number: int, exchange: Exchange, view: str | None) -> dict[str, Any]:
    return (
        brief(number, exchange) if view == "brief" else whole(number, exchange, _service(context, exchange))
    )


def _service(context: AdminContext, exchange: Exchange) -> Service | None:
    return context.services.get(exchange.api or "")


async def clear_requests(
    context: AdminContext,
    session: Session,
    *,
    session_query: str | None = None,
    api: str | None = None,
    operation: str | None = None,
    method: str | None = None,
    status: str | None = None,
    text: str | None = None,
    refused: bool | None = None,
    before: int | None = None,
    after: int | None = None,
) -> Response:
    """Remove the matching requests from the journal; coverage stays."""
    query = Query(
        _session(session_query, session.name), api, operation, method, status, text, refused, before, after
    )
    numbers = None
    if query != EVERYTHING:
        found = await context.journal.search(query)
        numbers = await asyncio.to_thread(lambda: {number for number, _ in found})
    removed = await context.journal.remove(numbers)
    removal = await context.removals.keep(removed_requests(removed))
    return Response(200, {"removed": len(removed), "removal": removal})


async def _find(context: AdminContext, id_: str) -> Exchange:
    exchange = await context.journal.find(id_)
    if exchange is None:
        raise ResourceNotFoundError(
            f"The journal has no request {id_}: it was cleared or dropped, or the mock was restarted since."
        )
    return exchange


async def get_request(context: AdminContext, session: Session, *, id_: str) -> Response:
    """One request in full detail."""
    exchange = await _find(context, id_)
    service = _service(context, exchange)
    details = await asyncio.to_thread(lambda: with_lines(whole(exchange.number, exchange, service), service))
    return Response(200, {**details, "sent": await sent_by(context, exchange)})


async def replay_request(context: AdminContext, session: Session, *, id_: str) -> Response:
    """Replay a request unchanged, in its own session."""
    exchange = await _find(context, id_)
    if exchange.is_cut:
        raise ConflictError(
            f"Only {len(exchange.body):,} bytes of its body were kept: it cannot be replayed."
        )
    if context.gateway is None:
        raise ConflictError("There is no application to send the request to.")
    sent = await send_again(context.gateway, exchange)
    # Other requests may have arrived in the meantime.
    return Response(200, {"id": sent.id, "number": sent.number, "status": sent.status})


async def export_requests(
    context: AdminContext,
    session: Session,
    *,
    format_: str,
    base_url: str,
    limit: int = _USUAL,
    id_: str | None = None,
    session_query: str | None = None,
    api: str | None = None,
    operation: str | None = None,
    status: str | None = None,
    text: str | None = None,
    refused: bool | None = None,
) -> Response:
    """Requests in their order, as curl commands, an HTTP archive, or a pytest module."""
    if id_ is not None:
        found_one = await _find(context, id_)
        entries = [(found_one.number, found_one)]
    else:
        query = Query(_session(session_query, session.name), api, operation, None, status, text, refused)
        found = await context.journal.search(query)
        entries = await asyncio.to_thread(lambda: [*islice(found, limit)][::-1])
    media_type, content = await asyncio.to_thread(export, format_, context, entries, base_url)
    return Response(200, content, media_type)


async def get_coverage(
    context: AdminContext, session: Session, *, session_query: str | None = None
) -> Response:
    """The coverage of each document."""
    wanted = _session(session_query, session.name)
    exercised, uncounted = await context.journal.exercised()
    services = context.services.values()
    apis = await asyncio.to_thread(lambda: [coverage_of(one, exercised, wanted) for one in services])
    return Response(200, {"session": wanted, "uncounted": uncounted, "apis": apis})


async def clear_coverage(
    context: AdminContext, session: Session, *, session_query: str | None = None
) -> Response:
    """Clear the coverage of a session, or all."""
    removed = await context.journal.remove_coverage(_session(session_query, session.name))
    return Response(200, {"removal": await context.removals.keep(removed_coverage(removed))})


HANDLERS: Mapping[str, AdminHandler] = {
    "listRequests": list_requests,
    "clearRequests": clear_requests,
    "getRequest": get_request,
    "replayRequest": replay_request,
    "exportRequests": export_requests,
    "getCoverage": get_coverage,
    "clearCoverage": clear_coverage,
}


async def send_again(gateway: ASGIApp, exchange: Exchange) -> Exchange:
    """Replay a request with its credentials; return the new request as journalled."""
    headers = {name: value for name, value in exchange.headers.items() if name != b"content-length"}
    headers[b"x-mock-session"] = exchange.session.encode()
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": exchange.method,
        "path": unquote(exchange.path, errors="replace"),
        "raw_path": exchange.path.encode("latin-1"),
        "query_string": exchange.query_string,
        "root_path": "",
        "headers": [*headers.items(), (b"content-length", b"%d" % len(exchange.body))],
        "client": None,
        "server": None,
    }

    # An open stream ends when its client disconnects.
    messages: list[Message] = [{"type": "http.request", "body": exchange.body, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        """Ignore the answer: the journal stores it."""

    await gateway(scope, receive, send)
    sent: Exchange = scope[EXCHANGE]
    return sent
