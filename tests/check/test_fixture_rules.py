"""Rules of a fixture file are part of the model: an implementation without one is found."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from tests.check.checking import found, sampled
from tests.check.serving import running

from mockserver.check.check_options import Options
from mockserver.check.outcome import Outcome
from mockserver.check.reference.reference_model import ReferenceModel
from mockserver.check.runner import run

DOCUMENT = """
openapi: 3.0.3
info: {title: Orders, version: '1'}
paths:
  /orders:
    post:
      operationId: createOrder
      parameters: [{name: express, in: query, schema: {type: boolean}}]
      requestBody:
        required: true
        content: {application/json: {schema: {type: object, required: [customerId], properties: &fields
          {customerId: {type: integer}, code: {type: string}, lines: {type: array, items: {type: object,
            required: [sku], properties: {sku: {type: string}, quantity: {type: integer, minimum: 1}}}}}}}}
      responses: &answers
        '201': {description: Made., content: {application/json: {schema: &order {type: object, required: [id],
          properties: {id: {type: integer}, status: {type: string}, customerId: {type: integer}}}}}}
        '200': {description: It., content: {application/json: {schema: *order}}}
        '400': {description: Bad.}
        '402': {description: Declined.}
        '404': {description: None.}
        '409': {description: Not now.}
  /orders/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get: {operationId: getOrder, responses: *answers}
  /orders/{id}/pay:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    post: {operationId: payOrder, responses: *answers}
"""
RECORDS: list[dict[str, Any]] = [
    {"id": 1, "status": "open", "customerId": 1},
    {"id": 2, "status": "shipped", "customerId": 2},
]

NOTHING: Mapping[str, Any] = {}

Refusal = Callable[[str, Mapping[str, str], Any, Any], int | None]
"""The status with which a request is refused, by operation, query, body and record; None serves it."""


class _Orders(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.refusal = refusal
        self.orders: dict[int, dict[str, Any]] = {record["id"]: dict(record) for record in RECORDS}


class _Handler(BaseHTTPRequestHandler):
    disable_nagle_algorithm = True  # head and body are sent apart: 40 ms each otherwise
    server: _Orders
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        status, value = self._route(self.command, path, dict(parse_qsl(query)), body)
        content = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        if value is not None:
            self.send_header("Content-Type", "application/json")
        if status == 405:
            self.send_header("Allow", "GET, POST")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _route(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> tuple[int, Any]:
        if path == "/orders":
            return self._create(query, body) if method == "POST" else (405, None)
        parts = path.strip("/").split("/")
        if not parts[1].isdigit():
            return 400, None
        wanted = "GET" if len(parts) == 2 else "POST"
        record = self.server.orders.get(int(parts[1]))
        if method != wanted or record is None:
            return (405 if method != wanted else 404), None
        status = self.server.refusal("getOrder" if wanted == "GET" else "payOrder", query, None, record)
        return (200, record) if status is None else (status, None)

    def _create(self, query: Mapping[str, str], body: bytes) -> tuple[int, Any]:
        sent = self._read(query, body)
        if sent is None:
            return 400, None
        status = self.server.refusal("createOrder", query, sent, None)
        if status is not None:
            return status, None
        key = max(self.server.orders) + 1
        self.server.orders[key] = {"id": key, "status": "open", "customerId": sent["customerId"]}
        return 201, self.server.orders[key]

    def _read(self, query: Mapping[str, str], body: bytes) -> dict[str, Any] | None:
        if self.headers.get("Content-Type", "").partition(";")[0] != "application/json":
            return None
        try:
            value = json.loads(body)
        except ValueError:
            return None
        if not isinstance(value, dict) or not _is_whole(value.get("customerId")):
            return None
        lines, code = value.get("lines", []), value.get("code", "")
        fits = isinstance(lines, list) and all(
            isinstance(line, dict)
            and isinstance(line.get("sku"), str)
            and _is_whole(line.get("quantity", 1))
            and line.get("quantity", 1) >= 1
            for line in lines
        )
        is_flag = query.get("express", "true") in {"true", "false"}
        return value if fits and isinstance(code, str) and is_flag else None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Say nothing."""


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def orders(refusal: Refusal) -> AbstractContextManager[str]:
    """Run a server that refuses what a function says."""
    return running(_Orders(refusal))


def _check(
    folder: Path, rules: Mapping[str, Any], refusal: Refusal, collection: Mapping[str, Any] = NOTHING
) -> Outcome:
    (folder / "orders.yaml").write_text(DOCUMENT)
    fixtures = folder / "fixtures"
    fixtures.mkdir(exist_ok=True)
    operations = {name: {"rules": [rule]} for name, rule in rules.items()}
    content = {"collections": {"orders": {"records": RECORDS, **collection}}, "operations": operations}
    (fixtures / "orders.yaml").write_text(json.dumps(content))
    with orders(refusal) as url:
        return run(
            Options(specs=(folder / "orders.yaml",), url=url, fixtures=fixtures, fuzz=False, profile="quick")
        )


def _none(operation: str, query: Mapping[str, str], body: Any, record: Any) -> int | None:
    return None


def _equals(**values: Any) -> dict[str, Any]:
    return {
        "properties": {name: {"const": value} for name, value in values.items()},
        "required": list(values),
    }


CASES: dict[str, tuple[str, dict[str, Any], Refusal]] = {
    "a constant": (
        "createOrder",
        {"when": {"body": _equals(customerId=7)}, "answer": {"status": 402}},
        lambda operation, _, body, __: 402 if body is not None and body["customerId"] == 7 else None,
    ),
    "a number in a list": (
        "createOrder",
        {
            "when": {
                "body": {
                    "required": ["lines"],
                    "properties": {
                        "lines": {
                            "contains": {
                                "type": "object",
                                "required": ["sku", "quantity"],
                                "properties": {"sku": {"type": "string"}, "quantity": {"minimum": 100}},
                            }
                        }
                    },
                }
            },
            "answer": {"status": 409},
        },
        lambda operation, _, body, __: (
            409
            if body is not None and any(line.get("quantity", 1) >= 100 for line in body.get("lines", []))
            else None
        ),
    ),
    "a pattern": (
        "createOrder",
        {
            "when": {"body": {"required": ["code"], "properties": {"code": {"pattern": "^GIFT[0-9]{3}$"}}}},
            "answer": {"status": 409},
        },
        lambda operation, _, body, __: (
            409 if body is not None and body.get("code", "").startswith("GIFT") else None
        ),
    ),
    "a parameter": (
        "createOrder",
        {"when": {"query": _equals(express=True)}, "answer": {"status": 409}},
        lambda operation, query, body, __: (
            409 if operation == "createOrder" and query.get("express") == "true" else None
        ),
    ),
    "a record": (
        "payOrder",
        {"when": {"record": _equals(status="shipped")}, "answer": {"status": 409}},
        lambda operation, _, __, record: (
            409 if operation == "payOrder" and record["status"] == "shipped" else None
        ),
    ),
    "a path": (
        "getOrder",
        {"when": {"path": _equals(id=2)}, "answer": {"status": 409}},
        lambda operation, _, __, record: 409 if operation == "getOrder" and record["id"] == 2 else None,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_an_implementation_without_the_rule_is_found(tmp_path: Path, name: str) -> None:
    """The finding names the rule and what it answers."""
    operation, rule, _ = CASES[name]

    outcome = _check(tmp_path, {operation: rule}, _none)

    (finding,) = outcome.findings
    assert found(outcome) == [(operation, "rule")]
    assert f"the rule {operation} 1 answers {rule['answer']['status']}" in finding.issue.message


@pytest.mark.parametrize("name", sampled(CASES, ["a number in a list"]))
def test_an_implementation_with_the_rule_is_sound(tmp_path: Path, name: str) -> None:
    """Nothing else of what it does is blamed because there is a rule."""
    operation, rule, refusal = CASES[name]

    outcome = _check(tmp_path, {operation: rule}, refusal)

    assert [finding.issue.message for finding in outcome.findings] == []
    assert outcome.apis[0].operations[operation].served


def test_an_implementation_that_takes_a_unique_value_twice_is_found(tmp_path: Path) -> None:
    """One that refuses it is sound."""
    taken: set[int] = {1, 2}

    def refusal(operation: str, _: Mapping[str, str], body: Any, __: Any) -> int | None:
        if operation == "createOrder" and body["customerId"] in taken:
            return 409
        return None

    rules = {"unique": ["customerId"]}

    sound, faulty = (_check(tmp_path, {}, one, rules) for one in (refusal, _none))

    assert [finding.issue.message for finding in sound.findings] == []
    (finding,) = faulty.findings
    assert finding.issue.operation.id == "createOrder"
    assert "already has a record with the customerId 1" in finding.issue.message


def test_a_collection_with_generated_records_alone_is_empty_in_the_model(tmp_path: Path) -> None:
    """Its rules do not make an open world of it."""
    (tmp_path / "orders.yaml").write_text(DOCUMENT)
    orders = {"generate": {"count": 2, "values": {"id": {"index": 1}}}, "unique": ["customerId"]}
    (tmp_path / "fixtures").mkdir()
    (tmp_path / "fixtures/orders.yaml").write_text(json.dumps({"collections": {"orders": orders}}))

    model = ReferenceModel([tmp_path / "orders.yaml"], tmp_path / "fixtures")

    assert model.records("baseline") == {("orders", "orders"): {}}
    model.close()
