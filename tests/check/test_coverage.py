"""What was reached: in the reports, and as a condition of a verdict."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.check.checking import invoke
from tests.check.serving import Asked, Told, small

DOCUMENT = """
openapi: 3.0.3
info: {title: Notes, version: '1'}
paths:
  /notes:
    get:
      operationId: listNotes
      parameters: [{name: limit, in: query, schema: {type: integer, minimum: 1}},
        {name: X-Trace, in: header, schema: {type: string}}]
      responses: {'200': {description: All.}, '400': {description: Bad.}, '418': {description: Tea.}}
    post:
      operationId: addNote
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [text],
        properties: {text: {type: string}, id: {type: integer, readOnly: true}}}}}}
      responses: {'201': {description: Made.}, 4XX: {description: Bad.}}
  /gone: {get: {operationId: gone, responses: {'200': {description: It.}, '404': {description: No.}}}}
  /forbidden:
    get: {operationId: forbidden, responses: {'200': {description: It.}, '403': {description: No.}}}
  /lost/{id}:
    get:
      operationId: lost
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses: {'200': {description: It.}, 4XX: {description: No.}}
"""


def _answer(asked: Asked) -> Told:
    if asked.path == "/forbidden":
        return Told(403 if asked.method == "GET" else 405, headers={"Allow": "GET"})
    if asked.path != "/notes":
        return Told(404)
    if asked.method == "GET":
        limit = asked.query.removeprefix("limit=")
        return (
            Told(200, [])
            if not limit or (limit.isascii() and limit.isdigit() and limit != "0")
            else Told(400)
        )
    if asked.method != "POST":
        return Told(405, headers={"Allow": "GET, POST"})
    try:
        sent = json.loads(asked.body)
    except ValueError:
        return Told(400)
    is_json = asked.headers.get("content-type") == "application/json"
    return Told(201 if is_json and isinstance(sent, dict) and isinstance(sent.get("text"), str) else 400)


@pytest.fixture
def command(tmp_path: Path) -> Iterator[tuple[str, ...]]:
    """The arguments for a server that serves two of five operations."""
    (tmp_path / "notes.yaml").write_text(DOCUMENT)
    with small(_answer) as url:
        yield (url, "--spec", str(tmp_path / "notes.yaml"), "--no-fuzz")


def test_a_run_without_findings_that_reached_little_has_no_verdict(command: tuple[str, ...]) -> None:
    """Each operation that was not reached is listed with its reason, and the least that is asked for."""
    result = invoke(*command)

    assert result.exit_code == 3, result.output
    assert "2 of 5 operations were served (40 %, --min-operations 50)" in result.output
    assert "not reached: refused (403)" in result.output
    assert "not reached: no data: 404" in result.output


def test_less_may_be_asked_for(command: tuple[str, ...]) -> None:
    """And operations that are left out count for nothing."""
    assert invoke(*command, "--min-operations", 40).exit_code == 0
    assert invoke(*command, "--exclude", "/gone", "--exclude", "/lost").exit_code == 0
    assert invoke(*command, "--min-operations", 101).exit_code == 2


@pytest.mark.parametrize(
    ("flag", "reason"),
    [
        ("--min-statuses", "of the documented statuses came"),
        ("--min-coverage", "of statuses, parameters and body fields were reached"),
    ],
)
def test_statuses_and_parts_may_be_asked_for_too(command: tuple[str, ...], flag: str, reason: str) -> None:
    """The share of a document that was not reached is no verdict either."""
    result = invoke(*command, "--only", "/notes", flag, 90)

    assert result.exit_code == 3, result.output
    assert reason in result.output
    assert invoke(*command, "--only", "/notes", flag, 50).exit_code == 0


def test_the_report_says_what_was_tried_reached_and_verified(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    """For each status, parameter and body field of each operation; read-only fields are not sent."""
    invoke(*command, "--report", "json,html", "--report-dir", tmp_path / "out")

    report: dict[str, Any] = json.loads((tmp_path / "out/check.json").read_text())
    operations = {one["id"]: one for one in report["apis"][0]["operations"]}
    statuses = operations["listNotes"]["statuses"]
    assert (statuses["200"] > 0, statuses["400"] > 0, statuses["418"] > 0) == (True, True, False)
    parts = {(one["in"], one["name"]): one for one in operations["listNotes"]["parts"]}
    assert parts["query", "limit"]["reached"] < parts["query", "limit"]["tried"]
    assert parts["query", "limit"]["verified_by"] == ["document"]
    assert {(one["in"], one["name"]) for one in operations["addNote"]["parts"]} == {
        ("body", ""),
        ("body", "text"),
    }
    assert report["reason"] == "notes: 2 of 5 operations were served (40 %, --min-operations 50)"
    assert "body text" in (tmp_path / "out/check.html").read_text()


def test_a_finding_is_exit_code_1_however_little_was_reached(tmp_path: Path) -> None:
    """What is broken is broken."""
    (tmp_path / "notes.yaml").write_text(DOCUMENT)
    with small(lambda asked: Told(500) if asked.path == "/gone" else _answer(asked)) as url:
        result = invoke(url, "--spec", tmp_path / "notes.yaml", "--no-fuzz", "--min-operations", 100)

    assert result.exit_code == 1, result.output
