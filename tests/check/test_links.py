"""Chains of generated requests: links of the document, and what Schemathesis makes of them itself."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.check.checking import found, sampled
from tests.check.serving import running

from mockserver.check.check_options import Options
from mockserver.check.fuzz import chain_verdicts
from mockserver.check.lifecycle.resource_groups import says_gone
from mockserver.check.outcome import Outcome
from mockserver.check.runner import run
from mockserver.check.target.http_messages import ANONYMOUS, HttpResponse
from mockserver.openapi.document import load

DOCUMENT = """
openapi: 3.0.3
info: {title: Orders, version: '1'}
paths:
  /checkout:
    post:
      operationId: order
      requestBody:
        required: true
        content: {application/json: {schema: {type: object, required: [what], properties: {what: {type: string}}}}}
      responses:
        '201':
          description: Ordered.
          content: {application/json: {schema: {type: object, required: [number], properties: {number: {type: integer}}}}}
          links:
            Track: {operationId: track, parameters: {number: '$response.body#/number'}}
            Void: {operationId: void, parameters: {number: '$response.body#/number'}}
        '400': {description: Bad.}
    get: {operationId: list, responses: {'200': {description: All.}}}
    delete: {operationId: clear, responses: {'204': {description: None is left.}}}
  /tracking/{number}:
    parameters: [{name: number, in: path, required: true, schema: {type: integer, minimum: 1}}]
    get:
      operationId: track
      responses: {'200': {description: On its way.}, '400': {description: Bad.}, '404': {description: None.}}
    delete:
      operationId: void
      responses:
        '204': {description: Gone.}
        '400': {description: Bad.}
        '404': {description: None.}
"""  # noqa: E501  schemas on one line are read at once


class _Orders(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, fault: str | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.fault = fault
        self.orders: set[int] = set()
        self.latest = 10_000


class _Handler(BaseHTTPRequestHandler):
    disable_nagle_algorithm = True  # head and body are sent apart: 40 ms each otherwise
    server: _Orders
    protocol_version = "HTTP/1.1"

    def _answer(self, status: int, content: bytes = b"") -> None:
        self.send_response(status)
        if content:
            self.send_header("Content-Type", "application/json")
        if status == 405:
            self.send_header("Allow", "GET")
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def do_POST(self) -> None:
        body = self._body()
        if self.path != "/checkout":
            return self._answer(405)
        try:
            value = json.loads(body) if self.headers.get_content_type() == "application/json" else None
        except ValueError:
            value = None
        if not isinstance(value, dict) or not isinstance(value.get("what"), str):
            return self._answer(400)
        self.server.latest += 1
        if self.server.fault != "lost":
            self.server.orders.add(self.server.latest)
        return self._answer(201, json.dumps({"number": self.server.latest}).encode())

    def do_GET(self) -> None:
        self._body()
        if self.path == "/checkout":
            return self._answer(200)
        number = self.path.removeprefix("/tracking/")
        known = number.isdigit() and int(number) in self.server.orders
        return self._answer(200 if known else 404)

    def do_DELETE(self) -> None:
        self._body()
        if self.path == "/checkout":
            self.server.orders.clear()
            return self._answer(204)
        number = self.path.removeprefix("/tracking/")
        if not number.isdigit() or int(number) not in self.server.orders:
            return self._answer(404)
        if self.server.fault != "kept":
            self.server.orders.remove(int(number))
        return self._answer(204)

    def do_PUT(self) -> None:
        self._body()
        self._answer(405)

    def do_PATCH(self) -> None:
        self.do_PUT()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Say nothing."""


def orders(fault: str | None) -> AbstractContextManager[str]:
    """Run a server with a fault or none."""
    return running(_Orders(fault))


def _check(folder: Path, fault: str | None) -> Outcome:
    (folder / "orders.yaml").write_text(DOCUMENT)
    with orders(fault) as url:
        # No path says that `void` removes what `order` makes: it is sent where everything may be changed.
        return run(Options(specs=(folder / "orders.yaml",), url=url, destructive=True))


def test_nothing_is_found_where_links_hold(tmp_path: Path) -> None:
    """What was ordered is tracked, what was voided is not."""
    assert [finding.issue.message for finding in _check(tmp_path, None).findings] == []


@pytest.mark.parametrize(
    ("body", "is_gone"),
    [
        ('{"id": 1, "deleted": true}', True),
        ('{"data": {"status": "archived"}}', True),
        ('{"deleted_at": null, "status": "open"}', False),
        ("[]", False),
    ],
)
def test_what_is_marked_as_removed_is_gone(body: str, is_gone: bool) -> None:
    """Many implementations keep what was removed, and say so."""
    assert says_gone(HttpResponse(200, {}, body.encode())) == is_gone


@pytest.mark.parametrize(
    ("fault", "operation", "suggested_clause"),
    sampled(
        [
            ("lost", "order", "After order, track answers 200."),
            ("kept", "void", "After void, track answers 404."),
        ],
        [("kept", "void", "After void, track answers 404.")],
    ),
)
def test_links_of_the_document_are_followed(
    tmp_path: Path, fault: str, operation: str, suggested_clause: str
) -> None:
    """Though no path says that the operations belong together."""
    outcome = _check(tmp_path, fault)

    assert found(outcome) == [(operation, "state")]
    finding = outcome.findings[0]
    assert finding.is_stable
    assert len(finding.steps) == 2
    assert "/tracking/1" in finding.steps[-1]
    assert finding.issue.suggested_clause == suggested_clause


def _event(*requests: tuple[str, str, str, int]) -> str:
    """A line of Schemathesis's log: a chain in which every request follows the link of the first one."""
    cases: dict[str, Any] = {}
    interactions: dict[str, Any] = {}
    for number, (method, path, uri, status) in enumerate(requests):
        values = {"number": uri.rpartition("/")[2]} if "{" in path else {}
        linked = {"path_parameters": {name: {"value": value} for name, value in values.items()}}
        cases[str(number)] = {
            "value": {"method": method, "path": path, "path_parameters": values},
            "transition": {"parameters": linked, "is_inferred": False},
            "parent_id": "0" if number else None,
        }
        request: dict[str, Any] = {
            "uri": f"http://localhost{uri}",
            "method": method,
            "headers": {},
            "body": None,
        }
        interactions[str(number)] = {"request": request, "response": {"status_code": status, "content": None}}
    recorder = {"cases": cases, "interactions": interactions}
    return json.dumps({"ScenarioFinished": {"phase": "stateful", "recorder": recorder}})


ORDER = ("POST", "/checkout", "/checkout", 201)
CLEAR = ("DELETE", "/checkout", "/checkout", 204)
TRACK = ("GET", "/tracking/{number}", "/tracking/7", 404)


@pytest.mark.parametrize(("chain", "count"), [((ORDER, TRACK), 1), ((ORDER, CLEAR, TRACK), 0)])
def test_a_record_is_missed_unless_another_operation_wrote_meanwhile(
    tmp_path: Path, chain: tuple[tuple[str, str, str, int], ...], count: int
) -> None:
    """An order is not lost if the whole list was emptied between ordering and tracking."""
    (tmp_path / "events.ndjson").write_text(_event(*chain))
    (tmp_path / "orders.yaml").write_text(DOCUMENT)
    operations = list(load(tmp_path / "orders.yaml").understood())

    found = chain_verdicts.read(tmp_path / "events.ndjson", operations, ANONYMOUS)

    assert len(found) == count
