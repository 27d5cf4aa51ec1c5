"""A shop that keeps items in a dictionary, with faults that need no model to be seen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from tests.check.serving import running

DOCUMENT = """
openapi: 3.0.3
info: {title: Shop, version: '1'}
paths:
  /items:
    get:
      operationId: listItems
      parameters:
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100}}
        - {name: price, in: query, schema: {type: number, minimum: 0}}
      responses:
        '200': {description: All., content: {application/json: {schema: {type: array, items: &item
          {type: object, required: [id, name, price], properties:
            {id: {type: integer}, name: {type: string}, price: {type: number}, note: {type: string}}}}}}}
        '400': {description: Bad.}
    post:
      operationId: createItem
      requestBody: &body
        required: true
        content: {application/json: {schema: {type: object, required: [name, price], properties:
          {name: {type: string, minLength: 1, maxLength: 50}, price: {type: number, minimum: 0},
           note: {type: string}}}}}
      responses:
        '201': {description: Made., content: {application/json: {schema: *item}}}
        '400': {description: Bad.}
  /items/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get:
      operationId: getItem
      responses: &one
        '200': {description: It., content: {application/json: {schema: *item}}}
        '400': {description: Bad.}
        '404': {description: None.}
    put: {operationId: putItem, requestBody: *body, responses: *one}
    patch:
      operationId: patchItem
      requestBody:
        required: true
        content: {application/json: {schema: {type: object, properties: {
          name: {type: string, minLength: 1, maxLength: 50}, price: {type: number, minimum: 0},
          note: {type: string}}}}}
      responses: *one
    delete:
      operationId: deleteItem
      responses: {'204': {description: Gone.}, '400': {description: Bad.}, '404': {description: None.}}
"""


class _Shop(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, fault: str | None, *, has_unique_names: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.fault = fault
        self.has_unique_names = has_unique_names
        self.items: dict[int, dict[str, Any]] = {}
        self.names: set[str] = set()
        self.made = 0


class _Handler(BaseHTTPRequestHandler):
    disable_nagle_algorithm = True  # head and body are sent apart: 40 ms each otherwise
    server: _Shop
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        status, value = self._route(self.command, path, query, body)
        content = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        if value is not None:
            self.send_header("Content-Type", "application/json")
        if status == 405:
            self.send_header("Allow", "GET")
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _route(self, method: str, path: str, query: str, body: bytes) -> tuple[int, Any]:
        if path == "/items":
            if method == "POST":
                return self._create(body)
            return self._list(query) if method == "GET" else (405, None)
        try:
            key = int(path.removeprefix("/items/"))
        except ValueError:
            return 400, None
        methods = {"GET": self._get, "PUT": self._put, "PATCH": self._patch, "DELETE": self._delete}
        if method not in methods:
            return 405, None
        return methods[method](key, body) if key in self.server.items else (404, None)

    def _list(self, query: str) -> tuple[int, Any]:
        entries = list(self.server.items.values())
        if self.server.fault == "list-omits":
            entries = entries[:-1]
        wanted = dict(parse_qsl(query, keep_blank_values=True))
        try:
            limit = int(wanted.get("limit", "100"))
            price = float(wanted.get("price", "0"))
        except ValueError:
            return 400, None
        if not 1 <= limit <= 100 or not price >= 0:
            return 400, None
        if "price" in wanted and self.server.fault != "filter-ignored":
            entries = [entry for entry in entries if entry["price"] == price]
        return 200, entries if self.server.fault == "limit-ignored" else entries[:limit]

    def _create(self, body: bytes) -> tuple[int, Any]:
        sent = self._read(body)
        if sent is None:
            return 400, None
        if self.server.has_unique_names and sent["name"] in self.server.names:
            return 409, None
        self.server.names.add(sent["name"])
        self.server.made += 1
        key = self.server.made
        item = {"id": key, **sent}
        if self.server.fault != "not-stored":
            stored = {**item, "price": 0} if self.server.fault == "price-lost" else item
            self.server.items[key] = stored
        return 201, item

    def _get(self, key: int, _: bytes) -> tuple[int, Any]:
        return 200, self.server.items[key]

    def _put(self, key: int, body: bytes) -> tuple[int, Any]:
        sent = self._read(body)
        if sent is None:
            return 400, None
        item = {"id": key, **sent}
        if self.server.fault != "put-not-saved":
            self.server.items[key] = item
        return 200, item

    def _patch(self, key: int, body: bytes) -> tuple[int, Any]:
        item = self.server.items[key]
        sent = self._read(body, item)
        if sent is None:
            return 400, None
        if self.server.fault == "patch-resets-price" and b'"price"' not in body:
            sent["price"] = 0
        lost = (self.server.fault or "").partition("patch-loses-")[2]
        if lost:
            sent = {name: value for name, value in sent.items() if name != lost}
            sent |= {lost: item[lost]} if lost in item else {}
        self.server.items[key] = {"id": key, **sent}
        return 200, self.server.items[key]

    def _delete(self, key: int, _: bytes) -> tuple[int, Any]:
        if self.server.fault != "delete-without-effect":
            del self.server.items[key]
        return 204, None

    def _read(self, body: bytes, known: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        if self.headers.get("Content-Type", "").partition(";")[0] != "application/json":
            return None
        try:
            value = json.loads(body)
        except ValueError:
            return None
        if not isinstance(value, dict):
            return None
        value = {**(known or {}), **value}
        name, price = value.get("name"), value.get("price")
        is_price = isinstance(price, (int, float)) and not isinstance(price, bool) and price >= 0
        note = {"note": value["note"]} if "note" in value else {}
        is_note = all(isinstance(text, str) for text in note.values())
        fits = isinstance(name, str) and 1 <= len(name) <= 50 and is_price and is_note
        return {"name": name, "price": price, **note} if fits else None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Say nothing."""


def shop(fault: str | None = None, *, has_unique_names: bool = False) -> AbstractContextManager[str]:
    """Run a shop for as long as it is needed."""
    return running(_Shop(fault, has_unique_names=has_unique_names))
