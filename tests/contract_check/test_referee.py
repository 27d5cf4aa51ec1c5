"""One answer held to the document, without an implementation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.contract.addresses import Address
from mockserver.contract.cases import PLAIN, Case
from mockserver.contract.findings import Step
from mockserver.contract.messages import MISSING, Answer, Request
from mockserver.contract.referee import Referee, brief
from mockserver.contract.reference_model import ReferenceModel
from mockserver.contract.schema_phrases import asked_for

DOCUMENT = """
openapi: 3.0.3
info: {title: Pages, version: '1'}
paths:
  /pages:
    get:
      operationId: listPages
      responses:
        '200':
          description: Some.
          headers:
            X-Total: {required: true, schema: {type: integer, minimum: 0}}
            X-Order: {schema: {type: string, enum: [up, down]}}
            X-Tags: {schema: {type: array, items: {type: integer}}}
            X-Guess: {schema: {type: integer, x-inferred: true}}
          content: {application/json: {schema: {enum: [[]]}}}
"""
BROKEN = "The header {} of the answer 200 breaks its schema:"


@pytest.mark.parametrize(
    ("headers", "messages"),
    [
        ({"x-total": "7", "x-order": "up", "x-tags": "a,b", "x-guess": "many"}, []),
        ({}, ["The answer 200 comes without the header X-Total."]),
        (
            {"x-total": "many"},
            ['The header X-Total of the answer 200 breaks its schema: "many" is not of type'],
        ),
        ({"x-total": "-1"}, ["The header X-Total of the answer 200 breaks its schema: -1 is less than"]),
        ({"x-total": "1", "x-order": "left"}, ["The header X-Order of the answer 200 breaks its schema"]),
    ],
)
def test_header_fields_are_held_to_their_schemas(
    tmp_path: Path, headers: dict[str, str], messages: list[str]
) -> None:
    """As numbers where numbers are documented; inferred schemas and lists are left out."""
    (tmp_path / "pages.yaml").write_text(DOCUMENT)
    model = ReferenceModel((tmp_path / "pages.yaml",), None)
    service = model.services["pages"]
    operation = service.document.operation("listPages")
    case = Case(operation, PLAIN, "reach", Request("GET", "/pages"), Address({}))
    answer = Answer(200, {"content-type": "application/json", **headers}, b"[]")

    issues = list(Referee(service).issues(Step(case, answer, None)))

    assert len(issues) == len(messages)
    assert all(
        issue.rule == "header" and issue.message.startswith(text)
        for issue, text in zip(issues, messages, strict=True)
    )
    model.close()


def test_a_fixed_value_is_named(tmp_path: Path) -> None:
    """What the document demands stands beside what came."""
    (tmp_path / "pages.yaml").write_text(DOCUMENT)
    model = ReferenceModel((tmp_path / "pages.yaml",), None)
    service = model.services["pages"]
    operation = service.document.operation("listPages")
    case = Case(operation, PLAIN, "reach", Request("GET", "/pages"), Address({}))
    answer = Answer(200, {"content-type": "application/json", "x-total": "1"}, b"[1]")

    (issue,) = Referee(service).issues(Step(case, answer, None))

    assert (issue.expected, issue.got) == ("[]", "[1]")
    assert " is not [" in issue.message
    model.close()


@pytest.mark.parametrize(
    ("keyword", "demanded", "words"),
    [
        ("type", "integer", "an integer"),
        ("type", ["string", "null"], "a string or null"),
        ("enum", ["cancelled"], '"cancelled"'),
        ("enum", ["low", "high"], 'one of "low", "high"'),
        ("required", ["message", "cita"], "an object with message, cita"),
        ("format", "date-time", "text that is a date-time"),
        ("maximum", 100, "a number of at most 100"),
        ("oneOf", MISSING, "a value that exactly one of the schemas allows"),
        ("dependentRequired", {"a": ["b"]}, 'dependentRequired: {"a": ["b"]}'),
        ("minimum", MISSING, "minimum"),
    ],
)
def test_what_a_schema_asks_for_is_said_in_words(keyword: str, demanded: Any, words: str) -> None:
    """The reader of a report need not know the keywords of JSON Schema."""
    assert asked_for(keyword, demanded, brief) == words
