"""The admin API's handlers for outgoing requests: webhooks and callbacks."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from mockserver.admin.admin_context import AdminContext, AdminHandler, Session
from mockserver.admin.removals import removed_sent
from mockserver.behaviour.backend import Response
from mockserver.http.exchange import Exchange
from mockserver.http.journal.masking import Masker
from mockserver.http.outgoing.outbox import Sent
from mockserver.state.clock import timestamp

_USUAL = 100
_EVERY_SESSION = "*"


def list_webhooks(context: AdminContext, session: Session) -> Response:
    """The webhooks that each document describes."""
    apis = [
        {
            "api": service.name,
            "webhooks": [
                {"webhook": promise.name, "method": promise.method, "summary": promise.summary}
                for promise in service.fallback.webhooks.all()
            ],
        }
        for service in context.services.values()
    ]
    return Response(200, {"apis": apis})


async def send_webhook(
    context: AdminContext, session: Session, *, api: str, webhook: str, body: dict[str, Any]
) -> Response:
    """Send a webhook now, and return the result of sending."""
    outgoing = context.service(api).fallback.webhooks.outgoing(
        webhook, body["url"], method=body.get("method"), body=body.get("body"), seed=body.get("seed")
    )
    return Response(200, shown(context, await context.outbox.fire(outgoing, session.name)))


async def list_sent(
    context: AdminContext, session: Session, *, limit: int = _USUAL, session_query: str | None = None
) -> Response:
    """The sent requests, the latest first."""
    wanted = session_query or session.name
    entries = await context.outbox.sent(None if wanted == _EVERY_SESSION else wanted)
    return Response(200, {"sent": [shown(context, entry) for entry in islice(entries, limit)]})


async def forget_sent(
    context: AdminContext, session: Session, *, session_query: str | None = None
) -> Response:
    """Remove the sent requests of a session, or of all, from the list."""
    wanted = session_query or session.name
    gone = await context.outbox.forget(None if wanted == _EVERY_SESSION else wanted)
    return Response(200, {"removed": len(gone), "removal": await context.removals.keep(removed_sent(gone))})


async def sent_by(context: AdminContext, exchange: Exchange) -> list[dict[str, Any]]:
    """The requests that the mock sent because of a given request, in their order."""
    if exchange.cause is None:
        return []
    return [shown(context, entry) for entry in await context.outbox.sent(cause=exchange.cause)][::-1]


def shown(context: AdminContext, sent: Sent) -> dict[str, Any]:
    """A request that was sent or was to be sent, with credentials masked."""
    request, masker = sent.request, Masker(context.journal.api_keys)
    fields = ((name.encode(), value.encode("latin-1", "replace")) for name, value in request.headers)
    return {
        "time": timestamp(sent.time),
        "session": sent.session,
        "kind": request.kind,
        "name": request.name,
        "api": request.api,
        "operation": request.operation,
        "method": request.method,
        "url": masker.url(request.url),
        "headers": masker.headers(fields),
        "body": masker.body(request.body[: context.journal.body_limit]),
        "status": sent.status,
        "reason": sent.reason,
    }


HANDLERS: Mapping[str, AdminHandler] = {
    "listWebhooks": list_webhooks,
    "sendWebhook": send_webhook,
    "listSent": list_sent,
    "forgetSent": forget_sent,
}
