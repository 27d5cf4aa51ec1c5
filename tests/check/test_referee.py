"""One answer held to the document, without an implementation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.check.findings.issues import TriedCase
from mockserver.check.findings.schema_phrases import asked_for
from mockserver.check.planning.cases import PLAIN, Case
from mockserver.check.planning.path_values import PathValues
from mockserver.check.reference.reference_model import ReferenceModel
from mockserver.check.rules.document_rules import DocumentRules, brief
from mockserver.check.target.http_messages import MISSING, HttpRequest, HttpResponse

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
    case = Case(operation, PLAIN, "reach", HttpRequest("GET", "/pages"), PathValues({}))
    answer = HttpResponse(200, {"content-type": "application/json", **headers}, b"[]")

    issues = list(DocumentRules(service).issues(TriedCase(case, answer, None)))

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
    case = Case(operation, PLAIN, "reach", HttpRequest("GET", "/pages"), PathValues({}))
    answer = HttpResponse(200, {"content-type": "application/json", "x-total": "1"}, b"[1]")

    (issue,) = DocumentRules(service).issues(TriedCase(case, answer, None))

    assert (issue.expected, issue.got) == ("[]", "[1]")
    assert " is not [" in issue.message
    model.close()


REQUIRING = """
openapi: 3.0.3
info: {title: Pages, version: '1'}
paths:
  /pages:
    get:
      operationId: listPages
      responses:
        '200': &page
          description: One.
          headers: {X-Total: {required: true, schema: {type: integer}}}
          content: {application/json: {schema: {type: object, required: [name, size]}}}
        '201': *page
"""


def test_each_missing_part_of_an_answer_has_an_id_of_its_own(tmp_path: Path) -> None:
    """Of two properties of one object, and of a header in two statuses."""
    (tmp_path / "pages.yaml").write_text(REQUIRING)
    model = ReferenceModel((tmp_path / "pages.yaml",), None)
    service = model.services["pages"]
    case = Case(
        service.document.operation("listPages"), PLAIN, "reach", HttpRequest("GET", "/pages"), PathValues({})
    )
    answers = [HttpResponse(status, {"content-type": "application/json"}, b"{}") for status in (200, 201)]

    issues = [
        issue for answer in answers for issue in DocumentRules(service).issues(TriedCase(case, answer, None))
    ]
    model.close()

    assert [issue.subject.place for issue in issues] == [("X-Total",), ("name",), ("size",)] * 2
    assert len({issue.id for issue in issues}) == 6


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
