"""With `--stateless` every operation answers what the document offers, whatever was asked before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.http.calling import Caller
from tests.resources.mocking import answering, build_mock, mock, parameter, taking

from mockserver.app import build
from mockserver.check.check_options import Options
from mockserver.check.runner import run
from mockserver.config import Settings
from mockserver.resources.explanation import explain

NOTE = {
    "type": "object",
    "required": ["id", "text"],
    "properties": {"id": {"type": "integer"}, "text": {"type": "string"}},
}
ID = parameter("id", "path", type="integer")
PATHS: dict[str, Any] = {
    "/notes": {
        "get": {"operationId": "list", **answering({"type": "array", "items": NOTE})},
        "post": {"operationId": "add", **taking(NOTE), **answering(NOTE, "201")},
    },
    "/notes/{id}": {
        "parameters": [ID],
        "get": {"operationId": "read", **answering(NOTE)},
        "delete": {"operationId": "drop", "responses": {"204": {"description": ""}}},
    },
    "/notes/{id}/history": {
        "parameters": [ID],
        "get": {"operationId": "past", **answering({"type": "array"})},
    },
}


@pytest.fixture
def call(tmp_path: Path) -> Caller:
    """Calls a mock that remembers nothing."""
    return mock({"paths": PATHS}, tmp_path, stateless=True)


def test_a_record_is_read_and_deleted_in_any_order(call: Caller) -> None:
    """SDK test suites use one id for everything."""
    before = call("GET", "/notes/7").body

    assert [call("DELETE", "/notes/7").status for _ in range(2)] == [204, 204]
    assert call("GET", "/notes/7").body == before
    assert call("GET", "/notes/7/history").status == 200


def test_what_was_created_is_not_listed(call: Caller) -> None:
    """The list is the one of the document, before and after."""
    before = call("GET", "/notes").body

    assert call("POST", "/notes", {"id": 4711, "text": "mine"}).status == 201
    assert call("GET", "/notes").body == before


def test_requests_are_still_validated(call: Caller) -> None:
    """Only memory is off."""
    assert call("POST", "/notes", {"id": "x"}).status == 400
    assert call("GET", "/notes/seven").status == 400


def test_the_explanation_says_what_the_document_offers(tmp_path: Path) -> None:
    """No resource is named."""
    [service] = build_mock({"paths": PATHS}, tmp_path, stateless=True).services.values()

    rows = explain(service.document, service.handlers.handlers, service.fallback)
    assert {row.answer for row in rows} == {"200 generated", "201 generated", "204 without a body"}


def test_bundled_handlers_do_not_answer() -> None:
    """They remember what was asked before."""
    answers = [
        row.answer
        for service in build(Settings(stateless=True)).services.values()
        for row in explain(service.document, service.handlers.handlers, service.fallback)
    ]

    assert answers
    assert [answer for answer in answers if answer.startswith("handler")] == []


def test_a_check_of_what_remembers_nothing_finds_nothing(tmp_path: Path) -> None:
    """The mock itself is checked; with memory expected of it, it would be blamed."""
    build_mock({"paths": PATHS}, tmp_path)  # writes the document

    outcome = run(Options(specs=(tmp_path / "api.json",), stateless=True, fuzz=False))
    assert [finding for api in outcome.apis for finding in api.findings] == []
    assert outcome.requests > 0
