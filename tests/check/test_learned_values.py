"""Ids that answers show in `Location` and along documented links are used; documented failures are noted."""

from __future__ import annotations

import json
from pathlib import Path

from tests.check.serving import Asked, Told, small

from mockserver.check.check_options import Options
from mockserver.check.outcome import Outcome
from mockserver.check.runner import run

DOCUMENT = """
openapi: 3.0.3
info: {title: Imports, version: '1'}
paths:
  /imports:
    post:
      operationId: startImport
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [source],
        properties: {source: {type: string}}}}}}
      responses: {'201': {description: Begun.}, 4XX: {description: Bad.}}
  /jobs/{job}:
    get:
      operationId: getJob
      parameters: [{name: job, in: path, required: true, schema: {type: string}}]
      responses: {'200': {description: It.}, 4XX: {description: No.}, '500': {description: It failed.}}
  /checkout:
    get:
      operationId: checkout
      responses:
        '200':
          description: Done.
          content: {application/json: {schema: {type: object, properties: {tracking: {type: string}}}}}
          links:
            Track: {operationId: track, parameters: {code: '$response.body#/tracking'}}
  /tracking/{code}:
    get:
      operationId: track
      parameters: [{name: code, in: path, required: true, schema: {type: string}}]
      responses: {'200': {description: On its way.}, 4XX: {description: No.}}
"""


def _answer(asked: Asked) -> Told:
    if asked.path == "/imports":
        if asked.method != "POST":
            return Told(405, headers={"Allow": "POST"})
        try:
            sent = json.loads(asked.body)
        except ValueError:
            return Told(400)
        is_json = asked.headers.get("content-type") == "application/json"
        fits = is_json and isinstance(sent, dict) and isinstance(sent.get("source"), str)
        return Told(201, headers={"Location": "http://localhost/jobs/j%2017"}) if fits else Told(400)
    if asked.method != "GET":
        return Told(405, headers={"Allow": "GET"})
    if asked.path == "/checkout":
        return Told(200, {"tracking": "Z9-441"})
    if asked.path == "/jobs/failing":
        return Told(500)
    return Told(200 if asked.path in {"/jobs/j%2017", "/tracking/Z9-441"} else 404)


def _check(folder: Path, document: str = DOCUMENT) -> Outcome:
    (folder / "imports.yaml").write_text(document)
    with small(_answer) as url:
        return run(Options(specs=(folder / "imports.yaml",), url=url, fuzz=False))


def test_what_location_and_links_lead_to_is_asked_for(tmp_path: Path) -> None:
    """No list shows these ids, and no example has them."""
    outcome = _check(tmp_path)

    records = outcome.apis[0].operations
    assert outcome.findings == []
    assert records["getJob"].served
    assert records["track"].served


def test_a_failure_that_is_documented_is_noted_and_no_finding(tmp_path: Path) -> None:
    """Whoever calls the operation has to live with it."""
    example = DOCUMENT.replace("{name: job, in: path,", "{name: job, in: path, example: failing,")

    outcome = _check(tmp_path, example)

    assert any("getJob (500): " in note and "errors of the server" in note for note in outcome.apis[0].notes)
