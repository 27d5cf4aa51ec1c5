"""A depot as teams build one, with a document as frameworks write it: much is tidied up, little is said."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

from tests.check.serving import running

DOCUMENT = """
openapi: 3.0.3
info: {title: Depot, version: '1'}
paths:
  /parts:
    get:
      operationId: listParts
      parameters:
        - {name: status, in: query, schema: &status {type: string, enum: [NEW, SOLD]}}
        - {name: retired, in: query, schema: {type: boolean}}
      responses: {'200': {description: A page., content: {application/json: {schema: {type: object,
        properties: {content: {type: array, items: &part {
          type: object, required: [id, name, price, status, createdAt], properties: &fields {
            id: {type: integer}, name: {type: string}, price: {type: number}, status: *status,
            createdAt: {type: string, format: date-time}, contactEmail: {type: string},
            homepage: {type: string}, retired: {type: boolean}, note: {type: string}}}},
        totalElements: {type: integer}}}}}}}
    post:
      operationId: createPart
      parameters: [{name: Idempotency-Key, in: header, required: true, schema: {type: string}}]
      requestBody: &body {required: true, content: {application/json: {schema: *part}}}
      responses:
        '201': &one {description: It., content: {application/json: {schema: *part}}}
        4XX: &no {description: No.}
  /parts/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get: {operationId: getPart, responses: {'200': *one, 4XX: *no}}
    put:
      operationId: putPart
      parameters: [{name: If-Match, in: header, required: true, schema: {type: string}}]
      requestBody: *body
      responses: {'200': *one, 4XX: *no}
    patch:
      operationId: patchPart
      requestBody:
        required: true
        content: {application/merge-patch+json: {schema: {type: object, properties: *fields}}}
      responses: {'200': *one, 4XX: *no}
    delete: {operationId: deletePart, responses: {'204': {description: Gone.}, 4XX: *no}}
  /jobs:
    post:
      operationId: startJob
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [name],
        properties: {name: {type: string}}}}}}
      responses:
        '202': {description: Soon., content: {application/json: {schema: {type: object}}}}
        4XX: *no
  /jobs/{id}:
    get:
      operationId: getJob
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses: {'200': {description: It.}, 4XX: *no}
"""
_TYPES: dict[str, type | tuple[type, ...]] = {
    "id": int,
    "name": str,
    "price": (int, float),
    "status": str,
    "createdAt": str,
    "contactEmail": str,
    "homepage": str,
    "retired": bool,
    "note": str,
}
_PAGE = 5
_NOW = "2026-03-01T10:00:00+01:00"


class _Depot(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, fault: str | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.fault = fault
        self.numbers = count(1)
        self.reads = count(1)
        self.parts: dict[int, dict[str, Any]] = {}
        self.removed: set[int] = set()
        self.keys: dict[str, tuple[int, Any]] = {}
        for number in range(1, 8):
            self.add({"name": f"Old {number}", "price": 1})

    def add(self, sent: dict[str, Any]) -> dict[str, Any]:
        part = {"id": 100 + next(self.numbers), "retired": False, **tidied(sent)}
        self.parts[part["id"]] = part | {"status": "NEW", "createdAt": _NOW}
        return self.parts[part["id"]]


def tidied(sent: dict[str, Any]) -> dict[str, Any]:
    """What is kept, and how: nobody reads more into a document than it says."""
    kept = {name: value for name, value in sent.items() if name not in {"id", "status", "createdAt"}}
    kept = {name: value.strip() if isinstance(value, str) else value for name, value in kept.items()}
    for name, tidy in (
        ("name", str.title),
        ("contactEmail", str.lower),
        ("homepage", lambda url: url.rstrip("/")),
    ):
        if name in kept:
            kept[name] = tidy(kept[name])
    if "price" in kept:
        kept["price"] = round(kept["price"])
    return kept


class _Handler(BaseHTTPRequestHandler):
    server: _Depot
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        status, value = self._route(path, dict(parse_qsl(query)), body)
        content = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        if content:
            self.send_header("Content-Type", "application/json")
        if status == 405:
            self.send_header("Allow", "GET")
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _route(self, path: str, query: dict[str, str], body: bytes) -> tuple[int, Any]:
        place, _, key = path.removeprefix("/").partition("/")
        if place == "jobs":
            return self._job(key, body)
        if key:
            return self._part(int(key), body) if key.isdecimal() and len(key) < 18 else (404, None)
        if self.command == "GET":
            return self._list(query)
        return self._create(body) if self.command == "POST" else (405, None)

    def _job(self, key: str, body: bytes) -> tuple[int, Any]:
        if key or self.command != "POST":
            return (404 if self.command == "GET" else 405), None
        return (400, None) if self._read(body, ("name",)) is None else (202, {"id": 1, "state": "queued"})

    def _list(self, query: dict[str, str]) -> tuple[int, Any]:
        if query.get("status", "NEW") not in {"NEW", "SOLD"}:
            return 400, None
        if query.get("retired", "false") not in {"true", "false"}:
            return 400, None
        wanted = query.get("retired", "false") == "true"
        found = [part for part in self.server.parts.values() if part["retired"] is wanted]
        found = [part for part in found if query.get("status", part["status"]) == part["status"]]
        if self.server.fault == "list-omits":
            found = found[:3]
        return 200, {"content": found[:_PAGE], "totalElements": len(found)}

    def _create(self, body: bytes) -> tuple[int, Any]:
        sent = self._read(body, ("id", "name", "price", "status", "createdAt"))
        key = self.headers.get("Idempotency-Key")
        if sent is None or not key:
            return 400, None
        if key not in self.server.keys:
            if any(part["name"] == tidied(sent)["name"] for part in self.server.parts.values()):
                return 422, None
            self.server.keys[key] = 201, self.server.add(sent)
        return self.server.keys[key]

    def _part(self, key: int, body: bytes) -> tuple[int, Any]:
        if self.command not in {"GET", "PUT", "PATCH", "DELETE"}:
            return 405, None
        if key not in self.server.parts:
            return (410 if key in self.server.removed else 404), None
        if self.command in {"PUT", "PATCH"}:
            return self._change(key, body)
        if self.command == "DELETE":
            del self.server.parts[key]
            self.server.removed.add(key)
            return 204, None
        return 200, {**self.server.parts[key], "views": next(self.server.reads)}

    def _change(self, key: int, body: bytes) -> tuple[int, Any]:
        required = ("id", "name", "price", "status", "createdAt") if self.command == "PUT" else ()
        if self.command == "PUT" and self.headers.get("If-Match") != "*":
            return 412, None
        sent = self._read(body, required)
        if sent is None:
            return 400, None
        kept = tidied(sent)
        if self.server.fault == f"{self.command.lower()}-loses-note":
            kept.pop("note", None)
        self.server.parts[key] |= kept
        return 200, self.server.parts[key]

    def _read(self, body: bytes, required: tuple[str, ...]) -> dict[str, Any] | None:
        if self.headers.get("Content-Type", "") not in {"application/json", "application/merge-patch+json"}:
            return None
        try:
            value = json.loads(body)
        except ValueError:
            return None
        if not isinstance(value, dict) or any(name not in value for name in required):
            return None
        for name, entry in value.items():
            if name in _TYPES and (
                not isinstance(entry, _TYPES[name]) or isinstance(entry, bool) != (name == "retired")
            ):
                return None
        fits = value.get("status", "NEW") in {"NEW", "SOLD"} and value.get("createdAt", _NOW)[:1] in {
            "1",
            "2",
            "3",
        }
        return value if fits else None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Say nothing."""


def depot(fault: str | None = None) -> AbstractContextManager[str]:
    """Run a depot for as long as it is needed."""
    return running(_Depot(fault))
