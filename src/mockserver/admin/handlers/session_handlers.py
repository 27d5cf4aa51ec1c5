"""The admin API's handlers for sessions: list, create, clone, drop, expire."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from mockserver.admin.admin_context import AdminContext, AdminHandler
from mockserver.admin.handlers.override_handlers import is_spent
from mockserver.admin.removals import removed_sessions
from mockserver.behaviour.backend import Response
from mockserver.errors import ConflictError, ResourceNotFoundError
from mockserver.state.baseline import DEFAULT_SESSION
from mockserver.state.clock import timestamp
from mockserver.state.session_store import SessionContents


def list_sessions(context: AdminContext, session: str) -> Response:
    """The sessions that differ from the baseline, the latest used first."""
    open_ = [
        _described(context, summary.name, summary.changes, timestamp(summary.used))
        for summary in reversed(context.store.sessions())
    ]
    if all(entry["name"] != DEFAULT_SESSION for entry in open_):
        open_.append(_described(context, DEFAULT_SESSION, 0, None))
    return Response(200, {"session": session, "sessions": open_})


def _described(context: AdminContext, name: str, changes: int, used: str | None) -> dict[str, Any]:
    conditions = context.conditions(name)
    return {
        "name": name,
        "changes": changes,
        "used": used,
        "clock": "set" if conditions.clock.frozen or conditions.clock.offset else "machine",
        "scenarios": {api: playing.name for api, playing in conditions.playing.items()},
        "faults": sum(not is_spent(context, name, fault) for fault in conditions.faults),
        "answers": sum(not is_spent(context, name, answer) for answer in conditions.answers),
    }


def create_session(context: AdminContext, session: str, *, body: dict[str, Any] | None) -> Response:
    """Open a session: as new, or as a copy of another one."""
    wanted = body or {}
    name = wanted.get("name") or f"session-{secrets.token_hex(4)}"
    if not context.store.create(name, wanted.get("source")):
        raise ConflictError(f"There is a session {name!r} already.")
    return get_session(context, session, name=name, status=201)


def get_session(context: AdminContext, session: str, *, name: str, status: int = 200) -> Response:
    """One session; one that nobody has changed is as good as any."""
    known = {summary.name: summary for summary in context.store.sessions()}
    summary = known.get(name)
    if summary is None:
        return Response(status, _described(context, name, 0, None))
    return Response(status, _described(context, name, summary.changes, timestamp(summary.used)))


def drop_session(context: AdminContext, session: str, *, name: str) -> Response:
    """Drop a session, its snapshots too."""
    contents = context.store.drop(name)
    if contents is None:
        raise ResourceNotFoundError(f"There is no session {name!r} that differs from the baseline.")
    return Response(200, {"dropped": 1, "removal": _kept(context, {name: contents})})


def expire_sessions(context: AdminContext, session: str, *, idle: int) -> Response:
    """Drop every session, but for the default one, that was not changed for so many seconds."""
    dropped = context.store.expire(timedelta(seconds=idle))
    return Response(200, {"dropped": len(dropped), "removal": _kept(context, dropped)})


def _kept(context: AdminContext, contents: Mapping[str, SessionContents]) -> str | None:
    return context.removals.keep(removed_sessions(context.store, contents, "dropped"))


def list_removals(context: AdminContext, session: str) -> Response:
    """What was removed of any session and can be put back, the latest first."""
    return Response(200, {"removals": context.removals.listed()})


def undo_removal(context: AdminContext, session: str, *, id_: str) -> Response:
    """Put back what was removed; what it replaces can be undone in turn."""
    removal = context.removals.take(id_)
    return Response(200, {"what": removal.what, "removal": context.removals.keep(removal.undo())})


HANDLERS: Mapping[str, AdminHandler] = {
    "listSessions": list_sessions,
    "createSession": create_session,
    "getSession": lambda context, session, *, name: get_session(context, session, name=name),
    "dropSession": drop_session,
    "expireSessions": expire_sessions,
    "listRemovals": list_removals,
    "undoRemoval": undo_removal,
}
