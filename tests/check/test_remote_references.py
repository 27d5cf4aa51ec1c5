"""Documents as they are published: what needs another document is left out, and named, or fetched."""

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
    "property called example": "get: {operationId: remote, responses: {'200': {description: It., content: "
    f"{{application/json: {{schema: {{type: object, properties: {{example: {_REMOTE}}}}}}}}}}}}}}}",
    "missing file": "get: {operationId: remote, responses: {'200': {description: It., content: "
    "{application/json: {schema: {$ref: 'schemas.example.com/part.yaml'}}}}}}",
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
    assert "left out: remote" in line if place == "response" else "not reached: the reference" in line
    assert "GET /remote" not in asked
    assert "GET /parts" in asked


def test_it_is_fetched_where_that_is_allowed(tmp_path: Path) -> None:
    """From where the document says, and the operation is checked by it."""
    served: list[str] = []

    def answer(request: Asked) -> Told:
        if request.path == "/part.yaml":
            return Told(200, {"Part": {"type": "object", "required": ["name"]}})
        served.append(request.path)
        if request.method != "GET":
            return Told(405, headers={"Allow": "GET"})
        return Told(200, [] if request.path == "/parts" else {})

    with small(answer) as url:
        document = DOCUMENT.replace("PLACE", PLACES["answer"])
        (tmp_path / "parts.yaml").write_text(document.replace("https://schemas.example.com", url))
        result = invoke(url, "--spec", tmp_path / "parts.yaml", "--no-fuzz", "--allow-remote")

    assert result.exit_code == 1, result.output
    assert "schema · remote" in result.output
    assert "/remote" in served
