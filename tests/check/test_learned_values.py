"""Ids that answers show in `Location` and along documented links are used; documented failures are noted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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


SHELVES = """
openapi: 3.0.3
info: {title: Shelves, version: '1'}
paths:
  /shelves:
    post: {operationId: addShelf, responses: {'201': {description: Made., content: {application/json: {schema:
      &shelf {type: object, properties: {id: {type: integer}}}}}}, 4XX: &no {description: No.}}}
  /shelves/{shelf_id}:
    parameters: [{name: shelf_id, in: path, required: true, schema: {type: integer}}]
    get: {operationId: getShelf, responses: {'200': {description: It., content: {application/json: {schema: *shelf}}},
      4XX: *no}}
    delete: {operationId: deleteShelf, responses: {'204': {description: Gone.}, 4XX: *no}}
  /books:
    post:
      operationId: addBook
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [shelf_id],
        properties: {shelf_id: {type: integer}}}}}}
      responses: {'201': {description: Made., content: {application/json: {schema: &book {type: object,
        properties: {id: {type: integer}, shelf_id: {type: integer}}}}}}, 4XX: *no}
  /books/{book_id}:
    parameters: [{name: book_id, in: path, required: true, schema: {type: integer}}]
    get: {operationId: getBook, responses: {'200': {description: It., content: {application/json: {schema: *book}}},
      4XX: *no}}
"""  # noqa: E501  schemas on one line are read at once


class _Shelves:
    """Takes books for shelves that there are."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[int, dict[str, Any]]] = {"shelves": {}, "books": {}}
        self.made = 700

    def __call__(self, asked: Asked) -> Told:
        _, kind, *names = asked.path.split("/")
        methods = {"POST"} if not names else {"GET", "DELETE"} if kind == "shelves" else {"GET"}
        if asked.method not in methods:
            return Told(405, headers={"Allow": ", ".join(sorted(methods))})
        if asked.method == "POST":
            return self._made(kind, asked)
        if not names[0].isascii() or not names[0].isdigit():
            return Told(400)
        record = self.kept[kind].get(int(names[0]))
        if record is None:
            return Told(404)
        if asked.method == "DELETE":
            del self.kept[kind][int(names[0])]
            return Told(204)
        return Told(200, record)

    def _made(self, kind: str, asked: Asked) -> Told:
        fields: dict[str, Any] = {}
        if kind == "books":
            try:
                sent = json.loads(asked.body)
            except ValueError:
                return Told(400)
            is_json = asked.headers.get("content-type") == "application/json"
            shelf = sent.get("shelf_id") if is_json and isinstance(sent, dict) else None
            if type(shelf) is not int or shelf not in self.kept["shelves"]:
                return Told(400)
            fields = {"shelf_id": shelf}
        self.made += 1
        self.kept[kind][self.made] = {"id": self.made, **fields}
        return Told(201, self.kept[kind][self.made])


def test_a_body_names_a_record_that_there_is(tmp_path: Path) -> None:
    """A book is refused whose shelf nobody has made; the id of one that the check has made is sent."""
    (tmp_path / "shelves.yaml").write_text(SHELVES)
    with small(_Shelves()) as url:
        outcome = run(Options(specs=(tmp_path / "shelves.yaml",), url=url, fuzz=False))

    assert [finding.issue.message for finding in outcome.findings] == []
    assert {name for name, one in outcome.apis[0].operations.items() if not one.served} == set()
