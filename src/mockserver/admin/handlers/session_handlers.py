"""The admin API's handlers for sessions: list, create, clone, drop, expire."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from mockserver.admin.admin_context import AdminContext, AdminHandler, Session
from mockserver.admin.handlers.override_handlers import is_spent
from mockserver.admin.removals import removed_sessions
from mockserver.behaviour.backend import Response
from mockserver.errors import ConflictError, ResourceNotFoundError
from mockserver.state.baseline import DEFAULT_SESSION
from mockserver.state.clock import timestamp
from mockserver.state.session_fields import conditions_of
from mockserver.state.session_overrides import ORDINARY
from mockserver.state.session_store import SessionContents
from mockserver.state.storage import SessionSummary


async def list_sessions(context: AdminContext, session: Session) -> Response:
    """The sessions that differ from the baseline, the most recently used first."""
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
        "scenarios": [f"{playing.api}/{playing.name}" for playing in conditions.playing],
        "faults": sum(not is_spent(summary.counts, fault) for fault in conditions.faults),
        "answers": sum(not is_spent(summary.counts, answer) for answer in conditions.answers),
    }


async def create_session(context: AdminContext, session: Session, *, body: dict[str, Any] | None) -> Response:
    """Create a session from the baseline, or as a copy of another one."""
    wanted = body or {}
    name = wanted.get("name") or f"session-{secrets.token_hex(4)}"
    if not await context.sessions.create(name, wanted.get("source")):
        raise ConflictError(f"There is a session {name!r} already.")
    return Response(201, _described(await _summary(context, name)))


async def get_session(context: AdminContext, session: Session, *, name: str) -> Response:
    """One session; an unknown name is a session that equals the baseline."""
    return Response(200, _described(await _summary(context, name)))


async def _summary(context: AdminContext, name: str) -> SessionSummary:
    known = {summary.name: summary for summary in await context.sessions.summaries()}
    return known.get(name) or SessionSummary(name)


async def drop_session(context: AdminContext, session: Session, *, name: str) -> Response:
    """Drop a session and its snapshots."""
    contents = await context.sessions.contents(name)
    if not await context.sessions.drop(name):
        raise ResourceNotFoundError(f"There is no session {name!r} that differs from the baseline.")
    return Response(
        200, {"dropped": 1, "removal": await _kept(context, {name: contents} if contents else {})}
    )


async def expire_sessions(context: AdminContext, session: Session, *, idle: int) -> Response:
    """Drop every session except the default one that was not changed for `idle` seconds."""
    dropped = await context.sessions.expire(timedelta(seconds=idle))
    return Response(200, {"dropped": len(dropped), "removal": await _kept(context, dropped)})


async def _kept(context: AdminContext, contents: Mapping[str, SessionContents]) -> str | None:
    return await context.removals.keep(removed_sessions(contents, "dropped"))


async def list_removals(context: AdminContext, session: Session) -> Response:
    """The removals that can be undone, the latest first."""
    return Response(200, {"removals": await context.removals.listed()})


async def forget_removals(context: AdminContext, session: Session) -> Response:
    """Discard all removals, so that they cannot be undone."""
    await context.removals.forget()
    return Response(204)


async def undo_removal(context: AdminContext, session: Session, *, id_: str) -> Response:
    """Undo a removal; what it replaces can be restored in turn."""
    what, removal = await context.removals.undo(id_)
    return Response(200, {"what": what, "removal": removal})


HANDLERS: Mapping[str, AdminHandler] = {
    "listSessions": list_sessions,
    "createSession": create_session,
    "getSession": get_session,
    "dropSession": drop_session,
    "expireSessions": expire_sessions,
    "listRemovals": list_removals,
    "forgetRemovals": forget_removals,
    "undoRemoval": undo_removal,
}
