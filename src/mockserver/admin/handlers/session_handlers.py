"""The admin API's handlers for sessions: list, create, clone, drop, expire."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from mockserver.admin.admin_context import NOTHING, AdminContext, AdminHandler, Session
from mockserver.behaviour.backend import Response
from mockserver.errors import ConflictError, ResourceNotFoundError
from mockserver.state.baseline import DEFAULT_SESSION
from mockserver.state.clock import timestamp
from mockserver.state.session_fields import conditions_of
from mockserver.state.session_overrides import ORDINARY
from mockserver.state.storage import SessionSummary


async def list_sessions(context: AdminContext, session: Session) -> Response:
    """The sessions that differ from the baseline, the latest used first."""
    open_ = [_described(summary) for summary in reversed(await context.sessions.summaries())]
    if all(entry["name"] != DEFAULT_SESSION for entry in open_):
        open_.append(_described(SessionSummary(DEFAULT_SESSION)))
    return Response(200, {"session": session.name, "sessions": open_})


def _described(summary: SessionSummary) -> dict[str, Any]:
    conditions = ORDINARY if summary.conditions is None else conditions_of(summary.conditions)
    return {
        "name": summary.name,
        "changes": summary.changes,
        "used": None if summary.used is None else timestamp(summary.used),
        "clock": "set" if conditions.clock.frozen or conditions.clock.offset else "machine",
        "scenarios": {api: playing.name for api, playing in conditions.playing.items()},
        "faults": len(conditions.faults),
        "answers": len(conditions.answers),
    }


async def create_session(context: AdminContext, session: Session, *, body: dict[str, Any] | None) -> Response:
    """Open a session: as new, or as a copy of another one."""
    wanted = body or {}
    name = wanted.get("name") or f"session-{secrets.token_hex(4)}"
    if not await context.sessions.create(name, wanted.get("source")):
        raise ConflictError(f"There is a session {name!r} already.")
    return Response(201, _described(await _summary(context, name)))


async def get_session(context: AdminContext, session: Session, *, name: str) -> Response:
    """One session; one that was not changed is like the baseline."""
    return Response(200, _described(await _summary(context, name)))


async def _summary(context: AdminContext, name: str) -> SessionSummary:
    known = {summary.name: summary for summary in await context.sessions.summaries()}
    return known.get(name) or SessionSummary(name)


async def drop_session(context: AdminContext, session: Session, *, name: str) -> Response:
    """Forget a session, its snapshots too."""
    if not await context.sessions.drop(name):
        raise ResourceNotFoundError(f"There is no session {name!r} that differs from the baseline.")
    return NOTHING


async def expire_sessions(context: AdminContext, session: Session, *, idle: int) -> Response:
    """Drop every session, but for the default one, that was not changed for so many seconds."""
    return Response(200, {"dropped": await context.sessions.expire(timedelta(seconds=idle))})


HANDLERS: Mapping[str, AdminHandler] = {
    "listSessions": list_sessions,
    "createSession": create_session,
    "getSession": get_session,
    "dropSession": drop_session,
    "expireSessions": expire_sessions,
}
