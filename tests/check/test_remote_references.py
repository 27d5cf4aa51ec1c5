"""Documents as they are published: what needs another document on the network is left out, and named."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.check.checking import invoke
from tests.check.serving import Asked, Told, small

DOCUMENT = """
openapi: 3.0.3
info: {title: Parts, version: '1'}
paths:
  /parts:
    get:
      operationId: listParts
      responses: {'200': {description: All., content: {application/json: {schema: {type: array}}}}}
  /remote:
    PLACE
"""
_REMOTE = "{$ref: 'https://schemas.example.com/part.yaml#/Part'}"
PLACES = {
    "answer": "get: {operationId: remote, responses: {'200': {description: It., content: "
    f"{{application/json: {{schema: {_REMOTE}}}}}}}}}}}",
    "body": "post: {operationId: remote, requestBody: {required: true, content: "
    f"{{application/json: {{schema: {_REMOTE}}}}}}}, responses: {{'200': {{description: It.}}}}}}",
    "parameter": "get: {operationId: remote, parameters: [{name: q, in: query, required: true, schema: "
    f"{_REMOTE}}}], responses: {{'200': {{description: It.}}}}}}",
    "response": f"get: {{operationId: remote, responses: {{'200': {_REMOTE}}}}}",
}


@pytest.mark.parametrize("place", PLACES)
def test_what_needs_a_remote_document_is_left_out(tmp_path: Path, place: str) -> None:
    """The rest of the document is checked; nothing is fetched."""
    (tmp_path / "parts.yaml").write_text(DOCUMENT.replace("PLACE", PLACES[place]))

    asked: list[str] = []

    def answer(request: Asked) -> Told:
        asked.append(f"{request.method} {request.path}")
        if request.method not in {"GET", "POST"} or (request.path, request.method) == ("/parts", "POST"):
            return Told(405, headers={"Allow": "GET"})
        return Told(200, [])

    with small(answer) as url:
        result = invoke(url, "--spec", tmp_path / "parts.yaml", "--no-fuzz")

    assert result.exit_code == 0, result.output
    line = next(line for line in result.output.splitlines() if "schemas.example.com/part.yaml" in line)
    assert "left out: remote" in line if place == "response" else "not reached: it refers to" in line
    assert "GET /remote" not in asked
    assert "GET /parts" in asked
