"""The HTTP side: routes, what every answer shares, and the reset."""

from __future__ import annotations

import json
import sqlite3
import sys
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from . import citas, faults, reservations, sqod
from .answers import Exchange, Refused
from .database import copy_of, open_seeded, read_fixtures
from .tokens import Directory

Handler = Callable[[Exchange], web.Response]
AsyncHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]
# Per API and path: for each method, the word that its faults' names begin with, and the function.
ROUTES: dict[str, dict[str, dict[str, tuple[str, Handler]]]] = {
    "sqod": {
        "/api/v1/appointments/{appointment}/cancel": {"POST": ("cancel", sqod.cancel)},
        "/api/v1/appointments/{appointment}": {
            "PATCH": ("patch", sqod.update),
            "POST": ("override", sqod.override),
        },
    },
    "reservations": {
        "/api/users/{userId}/reservations/{reservationId}": {"DELETE": ("delete", reservations.delete)},
        "/api/reservations/{reservationId}": {"PUT": ("put", reservations.update)},
    },
    "citas": {"/api/citas/{id}/cancelar": {"PUT": ("cita", citas.cancel)}},
}
ERROR_KEYS = {"sqod": "message", "reservations": "error", "citas": "message"}
LARGEST_BODY = 4 * 1024 * 1024


class Backend:
    """The seed, the tables that live on it, and the people."""

    def __init__(self, fixtures: Mapping[str, Mapping[str, Any]], key: str) -> None:
        self._pristine = open_seeded(fixtures)
        self.db = copy_of(self._pristine)
        self.people = {api: Directory(fixtures.get(api, {}).get("identities") or {}, key) for api in ROUTES}

    def reset(self) -> None:
        """Forget what has happened since the start."""
        self.db.close()
        self.db = copy_of(self._pristine)


def application(fixtures: Path, apis: Iterable[str], key: str) -> web.Application:
    """Build the server of these APIs, seeded from a directory of fixture files."""
    backend = Backend(read_fixtures(fixtures, apis), key)
    app = web.Application(client_max_size=LARGEST_BODY, middlewares=[_speak_json])
    app.router.add_post("/__reset", _resetter(backend))
    for api in apis:
        for path, methods in ROUTES[api].items():
            app.router.add_route("*", path, _dispatcher(backend, api, methods))
    return app


def _dispatcher(backend: Backend, api: str, methods: Mapping[str, tuple[str, Handler]]) -> AsyncHandler:
    """Choose by method, run the handler to its end, and turn what it raises into an answer."""

    async def dispatch(request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        word, handler = methods.get(request.method) or next(iter(methods.values()))
        faults.enter(word)
        if request.method not in methods and not (
            faults.active("undeclared-method") and request.method == "GET"
        ):
            return _refusal(
                api, Refused(405, {ERROR_KEYS[api]: "Method Not Allowed"}, {"Allow": ", ".join(methods)})
            )
        try:
            return handler(Exchange(request, raw, backend.db, backend.people[api]))
        except Refused as refused:
            return _refusal(api, refused)
        except Exception:  # noqa: BLE001 - the last resort of a server
            return _crash(api, backend.db)

    return dispatch


def _refusal(api: str, refused: Refused) -> web.Response:
    headers = dict(refused.headers or {})
    if faults.active("without-allow"):
        headers.pop("Allow", None)
    if isinstance(refused.body, str):
        return web.Response(
            status=refused.status, text=refused.body, content_type="text/html", headers=headers
        )
    return web.json_response(refused.body, status=refused.status, headers=headers)


def _crash(api: str, db: sqlite3.Connection) -> web.Response:
    if faults.switched_on() is None:
        traceback.print_exc(file=sys.stderr)
    if db.in_transaction:
        db.execute("ROLLBACK")
    return web.json_response({ERROR_KEYS[api]: "Server Error"}, status=500)


def _resetter(backend: Backend) -> AsyncHandler:
    async def reset(request: web.Request) -> web.StreamResponse:
        """Restore the seed; switch to the fault that the body names, or to none."""
        raw = await request.read()
        try:
            wanted = json.loads(raw) if raw.strip() else {}
            faults.switch(wanted.get("fault"))
        except (ValueError, AttributeError) as error:
            return web.json_response({"error": str(error)}, status=400)
        backend.reset()
        return web.json_response({"fault": faults.switched_on()})

    return reset


@web.middleware
async def _speak_json(request: web.Request, handler: AsyncHandler) -> web.StreamResponse:
    """Say the framework's own refusals (no such path, body too large) in JSON."""
    try:
        return await handler(request)
    except web.HTTPException as refusal:
        if refusal.status < 400:
            raise
        headers = {"Allow": refusal.headers["Allow"]} if "Allow" in refusal.headers else None
        body = {"message": refusal.reason, "error": refusal.reason}
        return web.json_response(body, status=refusal.status, headers=headers)
