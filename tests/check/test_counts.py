"""What one answer is blamed for: all that is wrong with it, and nothing that the document leaves open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.check.checking import found
from tests.check.serving import Asked, Told, small

from mockserver.check.check_options import Options
from mockserver.check.outcome import Outcome
from mockserver.check.runner import run

DOCUMENT = """
openapi: 3.0.3
info: {title: Desk, version: '1'}
paths:
  /tickets/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get:
      operationId: getTicket
      security: [{token: []}]
      responses:
        '200':
          description: It.
          headers: {X-Version: {required: true, schema: {type: integer}}}
          content: {application/json: {schema: {type: object, required: [id, state], properties: {
            id: {type: integer}, state: {type: string}, owner: {type: string}, reason: {type: string}}}}}
        '401': {description: Who?}
        '403': {description: No., content: {application/json: {schema: {type: object, required: [error]}}}}
        '404': {description: None.}
  /tickets/{id}/close:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    post:
      operationId: closeTicket
      security: [{token: []}]
      requestBody: {required: true, content: {application/json: {schema: {type: object,
        required: [reason], properties: {reason: {type: string, enum: [done, wrong]}}}}}}
      responses:
        '204': {description: Closed.}
        4XX: {description: Bad.}
        '401': {description: Who?}
        '403': {description: No.}
        '404': {description: None.}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
"""
FIXTURE = """
identities: {me: {roles: [], subject: '1', token: right}}
collections:
  tickets:
    key: id
    records:
      - {id: 1, state: open, owner: Ann}
      - {id: 2, state: open, owner: Bob}
"""
HANDLERS = """
from mockserver import Response, ResourceNotFoundError

COLLECTIONS = {"tickets": "id"}


def _find(backend, id):
    record = backend.collection("tickets").get(id)
    if record is None:
        raise ResourceNotFoundError("There is none.")
    return record


def get_ticket(backend, *, id):
    return Response(200, _find(backend, id), headers={"X-Version": "1"})


def close_ticket(backend, *, id, body):
    record = _find(backend, id)
    if record["state"] == "closed":
        backend.decide("reason")
    else:
        backend.collection("tickets").put(id, {**record, "state": "closed", "reason": body["reason"]})
    return Response(204)


HANDLERS = {"getTicket": get_ticket, "closeTicket": close_ticket}
"""


class _Desk:
    """Keeps the document, in one manner or another."""

    def __init__(self, manner: str) -> None:
        self._manner = manner
        self._tickets: dict[str, dict[str, Any]] = {}
        self._reset()

    def _reset(self) -> None:
        self._tickets = {
            "1": {"id": 1, "state": "open", "owner": "Ann"},
            "2": {"id": 2, "state": "open", "owner": "Bob"},
        }

    def __call__(self, asked: Asked) -> Told:
        if asked.path == "/reset":
            self._reset()
            return Told(204)
        if asked.headers.get("authorization") != "Bearer right":
            return Told(401, headers={"WWW-Authenticate": "Bearer"})
        _, _, key, *action = asked.path.split("/")
        if asked.method != ("POST" if action else "GET"):
            return Told(405, headers={"Allow": "POST" if action else "GET"})
        if not key.isdigit():
            return Told(400)
        ticket = self._tickets.get(key)
        if ticket is None:
            return Told(404)
        if "forbids" in self._manner and key == "2":
            return Told(403, {"error": "no"} if self._manner == "forbids" else {})
        return self._close(ticket, asked) if action else self._show(ticket)

    def _show(self, ticket: dict[str, Any]) -> Told:
        if self._manner == "wrong-twice":
            return Told(200, {**ticket, "owner": "Eve", "state": "lost"})
        if self._manner == "no-header-and-other-owner":
            return Told(200, {**ticket, "owner": "Eve"})
        return Told(200, ticket, {"X-Version": "7"})

    def _close(self, ticket: dict[str, Any], asked: Asked) -> Told:
        try:
            sent = json.loads(asked.body)
        except ValueError:
            sent = None
        reason = sent.get("reason") if isinstance(sent, dict) else None
        if asked.headers.get("content-type") != "application/json" or reason not in ("done", "wrong"):
            return Told(400)
        if ticket["state"] != "closed" or self._manner == "newer-reason":
            ticket |= {"state": "closed", "reason": reason}
        if self._manner == "reason-lost":
            ticket["reason"] = "else"
        return Told(204)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The document, its fixture and its handlers."""
    for name, text in {"desk.yaml": DOCUMENT, "fixtures/desk.yaml": FIXTURE, "desk.py": HANDLERS}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def _check(folder: Path, manner: str, *, resets: bool = True) -> Outcome:
    with small(_Desk(manner)) as url:
        return run(
            Options(
                specs=(folder / "desk.yaml",),
                fixtures=folder / "fixtures",
                handlers=folder,
                url=url,
                reset_url=f"{url}/reset" if resets else None,
                fuzz=False,
            )
        )


@pytest.mark.parametrize("resets", [True, False])
@pytest.mark.parametrize("manner", ["sound", "newer-reason", "forbids"])
def test_what_the_document_leaves_open_is_not_blamed(folder: Path, manner: str, resets: bool) -> None:
    """A second reason, which the handler decides on; 403 without a word on whom it is for."""
    outcome = _check(folder, manner, resets=resets)

    assert [(one.issue.message, one.issue.got, one.steps) for one in outcome.findings] == []


def test_an_open_403_hides_no_breach_of_its_own_body(folder: Path) -> None:
    """The refusal is no finding, the body that breaks its schema is one."""
    assert found(_check(folder, "forbids-without-error")) == [("getTicket", "schema")]


def test_a_missing_header_field_does_not_hide_a_wrong_value(folder: Path) -> None:
    """Both are findings, each with an id of its own."""
    outcome = _check(folder, "no-header-and-other-owner")

    assert {(one.issue.rule, one.issue.subject.place) for one in outcome.findings} >= {
        ("header", ("X-Version",)),
        ("state", ("owner",)),
    }


def test_every_wrong_value_of_an_answer_is_known(folder: Path) -> None:
    """A baseline that accepts one of them does not hide the other; the first explains the second."""
    outcome = _check(folder, "wrong-twice")

    places = {one.issue.subject.place for one in outcome.findings if one.issue.operation.id == "getTicket"}
    assert places >= {("X-Version",), ("owner",), ("state",)}


def test_what_a_handler_does_not_decide_is_still_found(folder: Path) -> None:
    """The first reason has to be kept."""
    assert ("closeTicket", "value") in found(_check(folder, "reason-lost"))
