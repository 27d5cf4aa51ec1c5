"""Sound servers in the manner of well-known frameworks: none of their ways is a finding."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from tests.check.checking import sampled
from tests.check.serving import Asked, Told, small
from tests.mutation import projects
from tests.mutation.ways import WAYS

from mockserver.check.check_options import Options
from mockserver.check.runner import run

DOCUMENT = """
openapi: 3.0.3
info: {title: Rooms, version: '1'}
paths:
  /rooms:
    get:
      operationId: listRooms
      security: &token [{token: []}]
      responses:
        '200': {description: All., content: {application/json: {schema: {type: array, items: &room
          {type: object, required: [id, name], properties:
            {id: {type: integer}, name: {type: string}, note: {type: string, nullable: true},
             created_at: {type: string, format: date-time}}}}}}}
        4XX: &no {description: No.}
    post:
      operationId: createRoom
      security: *token
      requestBody: &body {required: true, content: {application/json: {schema: {type: object,
        required: [name], properties: {name: {type: string, minLength: 1, maxLength: 60},
        note: {type: string, nullable: true}}}}}}
      responses:
        '201': {description: Made., content: {application/json: {schema: *room}}}
        4XX: *no
  /rooms/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get:
      operationId: getRoom
      security: *token
      responses: &one {'200': {description: It., content: {application/json: {schema: *room}}}, 4XX: *no}
    put: {operationId: putRoom, security: *token, requestBody: *body, responses: *one}
    delete:
      operationId: deleteRoom
      security: *token
      responses: {'204': {description: Gone.}, 4XX: *no}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
"""


LIKE_CITAS = """
openapi: 3.0.3
info: {title: Citas, version: '1'}
paths:
  /citas/{id}/cancelar:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    post:
      operationId: cancelarCita
      security: [{token: []}]
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [why],
        properties: {why: {type: string, minLength: 3}}}}}}
      responses:
        '200': {description: Done., content: {application/json: {schema: {type: object, required: [why],
          properties: {why: {type: string}}}}}}
        4XX: {description: No.}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
"""


class _Appointments:
    """Cancels any appointment, for whoever has the token."""

    def __call__(self, asked: Asked) -> Told:
        match = re.fullmatch("/citas/([^/]+)/cancelar", asked.path)
        if match is None:
            return Told(404)
        if asked.method != "POST":
            return Told(405, headers={"Allow": "POST"})
        if asked.headers.get("authorization") != "Bearer right":
            return Told(401, headers={"WWW-Authenticate": "Bearer"})
        if not re.fullmatch("-?[0-9]{1,9}", match[1], re.ASCII):
            return Told(400)
        if asked.headers.get("content-type", "").partition(";")[0] != "application/json":
            return Told(415)
        try:
            sent = json.loads(asked.body)
        except ValueError:
            return Told(400)
        why = sent.get("why") if isinstance(sent, dict) else None
        return Told(200, {"why": why}) if isinstance(why, str) and len(why) >= 3 else Told(400)


@dataclass(frozen=True)
class Manner:
    """What a framework does where the document is silent.

    Attributes:
        invalid: the status of a request that is refused for its body or path.
        unauthorized: the status without a valid token.
        error: the media type and the body of errors.
        headers: what every answer has.
        moment: how a moment is written.
        unsupported: the status for a body of another media type.
        is_trimmed: whether text loses the spaces around it, and empty text becomes null.
        shows_null: whether fields without a value are shown as null.
        method: the status of an undocumented method.
        closes: whether connections are closed after an error.
    """

    invalid: int = 400
    unauthorized: int = 401
    error: tuple[str, str] = ("application/json", "{}")
    headers: Mapping[str, str] = field(default_factory=dict)
    moment: str = "2026-03-01T10:00:00Z"
    unsupported: int = 415
    is_trimmed: bool = False
    shows_null: bool = True
    method: int = 405
    closes: bool = False


MANNERS = {
    "fastapi": Manner(
        422,
        403,
        ("application/json", '{"detail": [{"loc": ["body"], "msg": "x", "type": "missing"}]}'),
        {"server": "uvicorn"},
        "2026-03-01T10:00:00+00:00",
        422,
    ),
    "django-rest": Manner(
        400,
        403,
        ("application/json", '{"name": ["This field is required."]}'),
        {"Vary": "Accept, Cookie", "X-Frame-Options": "DENY"},
        "2026-03-01T10:00:00.123456Z",
        is_trimmed=True,
    ),
    "spring": Manner(
        400,
        401,
        ("application/problem+json", '{"type": "about:blank", "status": 400}'),
        {"Cache-Control": "no-store"},
        "2026-03-01T10:00:00.123+00:00",
    ),
    "spring-before-3": Manner(
        400,
        401,
        ("application/json", '{"timestamp": "x", "status": 400, "error": "Bad Request"}'),
        closes=True,
    ),
    "rails": Manner(
        422,
        401,
        ("application/json", '{"errors": {"name": ["is too long"]}}'),
        {"X-Request-Id": "7"},
        "2026-03-01T10:00:00.000Z",
        400,
        method=404,
    ),
    "express": Manner(
        400, 401, ("text/html; charset=utf-8", "<!DOCTYPE html><pre>x</pre>"), method=404, unsupported=400
    ),
    "express-without-nulls": Manner(
        400, 401, ("text/plain", "Bad Request"), shows_null=False, method=404, unsupported=400
    ),
    "laravel": Manner(
        422,
        401,
        ("application/json", '{"message": "The name field is required."}'),
        {"X-RateLimit-Remaining": "59"},
        "2026-03-01T10:00:00.000000Z",
        422,
        is_trimmed=True,
    ),
    "aspnet": Manner(
        400,
        401,
        ("application/problem+json; charset=utf-8", '{"title": "One or more errors."}'),
        {"Server": "Kestrel"},
        "2026-03-01T10:00:00.1234567+00:00",
    ),
    "gin": Manner(
        400, 401, ("text/plain", "404 page not found"), method=404, unsupported=400, shows_null=False
    ),
    "phoenix": Manner(422, 401, ("application/json", '{"errors": {"detail": "Not Found"}}'), method=404),
    "axum": Manner(422, 401, ("text/plain; charset=utf-8", "Failed to parse"), closes=True),
}


class Rooms:
    """Keeps rooms in a dictionary, in a manner."""

    def __init__(self, manner: Manner) -> None:
        self._manner = manner
        self._rooms: dict[int, dict[str, Any]] = {}
        self._made = 0

    def __call__(self, asked: Asked) -> Told:
        """Answer a request."""
        told = self._answer(asked)
        headers = {**self._manner.headers, **told.headers}
        if told.status < 400:
            return Told(told.status, told.value, headers)
        media_type, text = self._manner.error
        closing = {"Connection": "close"} if self._manner.closes else {}
        return Told(told.status, text.encode(), {**headers, **closing, "Content-Type": media_type})

    def _answer(self, asked: Asked) -> Told:
        if asked.path == "/rooms":
            documented = "GET, POST"
        elif re.fullmatch("/rooms/[^/]+", asked.path):
            documented = "DELETE, GET, PUT"
        else:
            return Told(404)
        if asked.method not in documented.split(", "):
            return Told(self._manner.method, headers={"Allow": documented})
        if asked.headers.get("authorization") != "Bearer right":
            return Told(self._manner.unauthorized, headers={"WWW-Authenticate": "Bearer"})
        return self._all(asked) if asked.path == "/rooms" else self._one(asked)

    def _all(self, asked: Asked) -> Told:
        if asked.method == "GET":
            return Told(200, [self._shown(room) for room in self._rooms.values()])
        sent = self._read(asked)
        if isinstance(sent, Told):
            return sent
        self._made += 1
        self._rooms[self._made] = {"id": self._made, **sent, "created_at": self._manner.moment}
        return Told(201, self._shown(self._rooms[self._made]), {"Location": f"/rooms/{self._made}"})

    def _one(self, asked: Asked) -> Told:
        text = asked.path.rpartition("/")[2]
        if not re.fullmatch("-?[0-9]{1,18}", text):
            return Told(self._manner.invalid)
        room = self._rooms.get(int(text))
        if room is None:
            return Told(404)
        if asked.method == "DELETE":
            del self._rooms[int(text)]
            return Told(204)
        if asked.method == "PUT":
            sent = self._read(asked)
            if isinstance(sent, Told):
                return sent
            room |= {"note": None, **sent}
        return Told(200, self._shown(room))

    def _shown(self, room: Mapping[str, Any]) -> dict[str, Any]:
        shown = {"note": None, **room}
        return (
            shown if self._manner.shows_null else {key: one for key, one in shown.items() if one is not None}
        )

    def _read(self, asked: Asked) -> dict[str, Any] | Told:
        if asked.headers.get("content-type", "").partition(";")[0] != "application/json":
            return Told(self._manner.unsupported)
        try:
            sent = json.loads(asked.body)
        except ValueError:
            return Told(400)
        if not isinstance(sent, dict):
            return Told(self._manner.invalid)
        kept = {name: sent[name] for name in ("name", "note") if name in sent}
        if self._manner.is_trimmed:
            kept = {name: text.strip() if isinstance(text, str) else text for name, text in kept.items()}
            kept["note"] = kept.get("note") or None if kept.get("note", "") == "" else kept["note"]
        name, note = kept.get("name"), kept.get("note")
        fits = isinstance(name, str) and 1 <= len(name) <= 60 and (note is None or isinstance(note, str))
        return kept if fits else Told(self._manner.invalid)


@pytest.mark.parametrize(
    "manner", sampled(MANNERS, ["django-rest", "rails", "express-without-nulls", "axum"])
)
def test_the_ways_of_a_framework_are_no_findings(tmp_path: Path, manner: str) -> None:
    """Statuses and bodies of errors, header fields, moments, nulls, trimmed text, closed connections."""
    (tmp_path / "rooms.yaml").write_text(DOCUMENT)
    with small(Rooms(MANNERS[manner])) as url:
        outcome = run(
            Options(specs=(tmp_path / "rooms.yaml",), url=url, identities={"me": "right"}, fuzz=False)
        )

    assert [(one.issue.message, one.issue.got) for one in outcome.findings] == []
    assert all(record.served for record in outcome.apis[0].operations.values())


@pytest.mark.slow
@pytest.mark.parametrize(("number", "way"), list(enumerate(WAYS))[12:13])
def test_lists_pages_and_actions_in_these_ways_are_no_findings(tmp_path: Path, number: int, way: str) -> None:
    """Redirects to a slash, limits, upserts, soft deletes (all: `make mutation MUTATION='--ways 20'`)."""
    (tmp_path / "projects.yaml").write_text(projects.DOCUMENT)
    server = projects.Projects(WAYS[way])
    with small(server) as url:
        options = Options(
            specs=(tmp_path / "projects.yaml",), url=url, identities=projects.TOKENS, fuzz=False
        )
        outcome = run(replace(options, seed=1 + number % 2))

    assert [(one.issue.message, one.issue.got) for one in outcome.findings] == []
    assert all(record.served for record in outcome.apis[0].operations.values())


def test_a_document_that_looks_like_a_bundled_one_gets_none_of_its_handlers(tmp_path: Path) -> None:
    """A sound server whose document has a bundled API's name and operationId, and nothing else of it."""
    (tmp_path / "citas.yaml").write_text(LIKE_CITAS)
    (tmp_path / "fixtures").mkdir()
    with small(_Appointments()) as url:
        options = Options(
            specs=(tmp_path / "citas.yaml",),
            url=url,
            fixtures=tmp_path / "fixtures",
            identities={"me": "right"},
            destructive=True,
            fuzz=False,
        )
        outcome = run(options)

    assert [(one.issue.message, one.issue.got) for one in outcome.findings] == []
    assert all(record.served for record in outcome.apis[0].operations.values())
