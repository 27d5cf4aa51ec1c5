"""A document with invalid types such as `type: int`: values of the meant type are tried, none is blamed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.check.serving import Asked, Told, small

from mockserver.check.check_options import Options
from mockserver.check.runner import run

DOCUMENT = """
swagger: '2.0'
info: {title: Bytes, version: '1'}
paths:
  /bytes/{n}:
    get:
      operationId: getBytes
      parameters: [{name: n, in: path, required: true, type: int}, {name: seed, in: query, type: int}]
      responses: {'200': {description: Bytes.}, '400': {description: No number.}}
  /drip:
    post:
      operationId: drip
      consumes: [application/json]
      parameters:
        - {name: body, in: body, schema: {type: object, properties: {n: {type: int}, f: {type: float}}}}
      responses:
        '200': {description: A drip., schema: {type: object, properties: {n: {type: int}}}}
        '400': {description: No number.}
        '415': {description: No JSON.}
"""


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _answer(asked: Asked) -> Told:
    """Refuses whatever is no number."""
    if asked.path != "/drip":
        texts = [asked.path.rpartition("/")[2], *asked.query.replace("seed=", "").split("&")]
        is_valid = all(text.isascii() and text.isdigit() for text in texts if text)
        status = 405 if asked.method != "GET" else 200 if is_valid else 400
        return Told(status, {"ok": is_valid}, {"Allow": "GET"} if status == 405 else {})
    if asked.method != "POST":
        return Told(405, {"ok": False}, {"Allow": "POST"})
    if asked.headers.get("content-type") != "application/json":
        return Told(415, {"ok": False})
    try:
        sent = json.loads(asked.body)
    except ValueError:
        return Told(400, {"ok": False})
    is_valid = isinstance(sent, dict) and all(map(_is_number, sent.values()))
    return Told(200, {"n": sent.get("n", 1)}) if is_valid else Told(400, {"ok": False})


@pytest.mark.parametrize("fuzz", [False, pytest.param(True, marks=pytest.mark.mutation)])
def test_an_invalid_type_is_tried_as_the_meant_one_and_blames_nobody(tmp_path: Path, fuzz: bool) -> None:
    """Every operation is served, Schemathesis can use the document, and there are no findings."""
    (tmp_path / "bytes.yaml").write_text(DOCUMENT)
    with small(_answer) as url:
        outcome = run(Options(specs=(tmp_path / "bytes.yaml",), url=url, fuzz=fuzz))

    assert [(one.issue.message, one.issue.got) for one in outcome.findings] == []
    assert all(record.served for record in outcome.apis[0].operations.values())
    assert not [note for note in outcome.apis[0].notes if "could not use" in note]
