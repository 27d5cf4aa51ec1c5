"""Which bodies are sent: alternatives, lists, and fields that are left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.check.checking import found
from tests.check.serving import Asked, Told, small

from mockserver.check.check_options import Options
from mockserver.check.runner import run

DOCUMENT = """
openapi: 3.0.3
info: {title: Orders, version: '1'}
paths:
  /orders:
    post:
      operationId: order
      requestBody:
        required: true
        content:
          application/json:
            schema: SCHEMA
            example: {"item": "book", "count": 2, "tags": ["new"]}
      responses: {'204': {description: Ordered.}, '400': {description: Bad.}}
"""
ORDER = """{type: object, required: [item], properties: {item: {type: string}, count: {type: integer},
              tags: {type: array, items: {type: string, enum: [new, old]}}}}"""
EITHER = f"""{{oneOf: [{{type: array, items: &order {ORDER}}}, *order]}}"""


def _sent(folder: Path, schema: str) -> list[Any]:
    """The JSON bodies that a server is sent that takes everything."""
    bodies: list[Any] = []

    def answer(asked: Asked) -> Told:
        try:
            bodies.append(json.loads(asked.body))
        except ValueError:
            return Told(400)
        return Told(204)

    document = DOCUMENT.replace("SCHEMA", schema)
    if schema == EITHER:
        document = "\n".join(line for line in document.splitlines() if "example:" not in line)
    (folder / "orders.yaml").write_text(document)
    with small(answer) as url:
        run(Options(specs=(folder / "orders.yaml",), url=url, fuzz=False))
    return bodies


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The bodies of one check of orders."""
    return _sent(tmp_path_factory.mktemp("orders"), ORDER)


@pytest.fixture(scope="module")
def alternatives(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The bodies of one check of an order or a list of orders."""
    return _sent(tmp_path_factory.mktemp("alternatives"), EITHER)


@pytest.mark.parametrize(
    "body",
    [
        {"item": "book", "tags": ["new"]},
        {"item": "book", "count": 2},
        {"count": 2, "tags": ["new"]},
        {"item": "book", "count": None, "tags": ["new"]},
        {"item": "book", "count": 2, "tags": []},
        {"item": "book", "count": 2, "tags": ["old"]},
        {"item": "book", "count": 2, "tags": ["new", "old"]},
        {"item": "book", "count": 2, "tags": [7]},
    ],
)
def test_fields_are_left_out_and_items_vary_in_turn(orders: list[Any], body: Any) -> None:
    """Each field of the example is left out and null once; lists are empty, of one and of two items."""
    assert body in orders


@pytest.mark.parametrize("body", [{"item": "check"}, [], [{"item": "check"}]])
def test_every_alternative_is_sent(alternatives: list[Any], body: Any) -> None:
    """A list of orders or one order: both, and never an order without anything in it first."""
    assert body in alternatives
    assert alternatives[0] == {"item": "check"}


def test_a_required_field_that_may_be_left_out_is_a_finding(tmp_path: Path) -> None:
    """So is an item that the document does not allow."""

    def answer(asked: Asked) -> Told:
        try:
            body = json.loads(asked.body)
        except ValueError:
            return Told(400)
        is_json = asked.headers.get("content-type") == "application/json"
        is_order = is_json and isinstance(body, dict) and isinstance(body.get("item", ""), str)
        return Told(204 if is_order and asked.method == "POST" else 400)

    (tmp_path / "orders.yaml").write_text(DOCUMENT.replace("SCHEMA", ORDER))
    with small(answer) as url:
        outcome = run(Options(specs=(tmp_path / "orders.yaml",), url=url, fuzz=False))

    assert set(found(outcome)) == {("order", "body-validation")}
    samples = {
        situation.sample
        for finding in outcome.findings
        for member in finding.members
        if (situation := member.issue.subject.situation) is not None
    }
    assert samples >= {"required-left-out", "wrong-item"}
