"""An API of events, with envelopes and cursors; its faults are of kinds that nobody had in mind.

It shares no line with the mock. The faults were written to be held out: what they show is not tuned to.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from tests.check.serving import Asked, Told

DOCUMENT = """
openapi: 3.0.3
info: {title: Events, version: '1'}
paths:
  /events:
    get:
      operationId: listEvents
      parameters:
        - {name: cursor, in: query, schema: {type: string}}
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 50, default: 10}}
        - {name: sold_out, in: query, schema: {type: boolean}}
        - {name: kind, in: query, schema: {type: string, enum: [concert, talk, match]}}
      responses:
        '200':
          description: A page.
          headers: {X-Total-Count: {required: true, schema: {type: integer}}}
          content: {application/json: {schema: {type: object, required: [data, meta], properties: {
            data: {type: array, items: {$ref: '#/components/schemas/Event'}},
            meta: {type: object, required: [total], properties: {total: {type: integer},
              next_cursor: {type: string, nullable: true}}}}}}}
        '400': &no {description: No., content: {application/json: {schema: {type: object, required: [error],
          properties: {error: {type: string}}}}}}
    post:
      operationId: createEvent
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/NewEvent'}}}}
      responses: {'201': &it {description: It., content: {application/json: {schema:
        {$ref: '#/components/schemas/Event'}}}}, '400': *no, '415': *no}
  /events/{event_id}:
    parameters: [&id {name: event_id, in: path, required: true, schema: {type: integer}}]
    get: {operationId: getEvent, responses: {'200': *it, '400': *no, '404': *no}}
    patch:
      operationId: patchEvent
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/EventChange'}}}}
      responses: {'200': *it, '400': *no, '404': *no, '415': *no}
    delete: {operationId: deleteEvent, responses: {'204': {description: Gone.}, '400': *no, '404': *no}}
  /events/{event_id}/cancel:
    parameters: [*id]
    post: {operationId: cancelEvent, responses: {'200': *it, '400': *no, '404': *no, '409': *no}}
components:
  schemas:
    EventChange:
      type: object
      properties: &fields
        name: {type: string, minLength: 1, maxLength: 200}
        kind: {type: string, enum: [concert, talk, match]}
        contact: {type: string, format: email}
        price: {type: number, minimum: 0, maximum: 10000}
        sold_out: {type: boolean}
        day: {type: string, format: date}
        doors_open: {type: string, format: date-time}
        tags: {type: array, maxItems: 5, items: {type: string, minLength: 1, maxLength: 20}}
        seats: {type: integer, minimum: 0, maximum: 100000}
    NewEvent: {type: object, required: [name, kind], properties: *fields}
    Event:
      type: object
      required: [id, name, kind, status, created_at]
      properties:
        <<: *fields
        id: {type: integer, readOnly: true}
        status: {type: string, enum: [planned, cancelled], readOnly: true}
        created_at: {type: string, format: date-time, readOnly: true}
"""  # noqa: E501  schemas on one line are read at once

FAULTS: Mapping[str, tuple[str, str]] = {
    "id-reused-with-old-data": ("held out", "createEvent"),
    "cursor-loops": ("held out", "listEvents"),
    "total-counts-deleted": ("held out", "listEvents"),
    "header-counts-page": ("held out", "listEvents"),
    "limit-on-first-page-only": ("held out", "listEvents"),
    "bool-filter-of-text": ("held out", "listEvents"),
    "enum-filter-unchecked": ("held out", "listEvents"),
    "created-at-moves": ("held out", "patchEvent"),
    "email-unchecked": ("held out", "createEvent"),
    "made-without-body": ("held out", "createEvent"),
    "json-as-html": ("held out", "getEvent"),
    "price-in-cents": ("held out", "createEvent"),
    "beyond-plane-lost": ("held out", "createEvent"),
    "spaces-fail": ("held out", "createEvent"),
    "empty-change-resets": ("held out", "patchEvent"),
    "missing-is-200": ("held out", "getEvent"),
    "tags-cut-at-comma": ("held out", "createEvent"),
    "day-shifts": ("held out", "createEvent"),
    "offset-lost": ("held out", "createEvent"),
    "cancel-after-delete-fails": ("held out", "cancelEvent"),
    "seats-shared": ("held out", "patchEvent"),
}
_MAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_DEFAULTS: Mapping[str, Any] = {"sold_out": False, "tags": [], "seats": 100}


class _RefusedError(Exception):
    def __init__(self, status: int) -> None:
        self.status = status


def _is_moment(value: Any) -> bool:
    try:
        return isinstance(value, str) and "T" in value and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and len(value) == 10 and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _is_number(value: Any, most: float, *, whole: bool = False) -> bool:
    fits = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= most
    return fits and (not whole or float(value).is_integer())


class Events:
    """Keeps events, with a fault or none."""

    def __init__(self, fault: str = "") -> None:
        if fault and fault not in FAULTS:
            raise ValueError(fault)
        self.fault = fault
        self.events: dict[int, dict[str, Any]] = {}
        self.removed: dict[int, dict[str, Any]] = {}
        self.made = 0
        self.changes = 0
        self.lock = threading.RLock()
        for number in range(3):
            self._add({"name": f"Event {number}", "kind": "talk"})

    def __call__(self, asked: Asked) -> Told:
        """Answer a request."""
        with self.lock:
            try:
                return self._answer(asked)
            except _RefusedError as refused:
                return Told(refused.status, {"error": "no"})

    def _answer(self, asked: Asked) -> Told:
        match = re.fullmatch(r"/events(?:/([^/]+)(/cancel)?)?", asked.path)
        if match is None:
            raise _RefusedError(404)
        methods = (
            ["GET", "POST"] if match[1] is None else ["POST"] if match[2] else ["GET", "PATCH", "DELETE"]
        )
        if asked.method not in methods:
            return Told(405, {"error": "no"}, {"Allow": ", ".join(methods)})
        if match[1] is None:
            return self._list(asked) if asked.method == "GET" else self._create(asked)
        if not re.fullmatch("-?[0-9]{1,18}", match[1], re.ASCII):
            raise _RefusedError(400)
        return self._one(int(match[1]), asked, is_cancel=bool(match[2]))

    def _one(self, key: int, asked: Asked, *, is_cancel: bool) -> Told:
        event = self.events.get(key)
        if event is None:
            if self.fault == "missing-is-200" and asked.method == "GET":
                return Told(200, {"error": "not found"})
            if self.fault == "cancel-after-delete-fails" and is_cancel and key in self.removed:
                return Told(500, {"error": "no"})
            raise _RefusedError(404)
        if is_cancel:
            if event["status"] == "cancelled":
                raise _RefusedError(409)
            event["status"] = "cancelled"
        elif asked.method == "DELETE":
            self.removed[key] = self.events.pop(key)
            return Told(204)
        elif asked.method == "PATCH":
            self._change(event, self._read(asked))
        headers = (
            {"Content-Type": "text/html"} if self.fault == "json-as-html" and asked.method == "GET" else {}
        )
        return Told(200, event, headers)

    def _change(self, event: dict[str, Any], fields: dict[str, Any]) -> None:
        self.changes += 1
        if self.fault == "created-at-moves":
            event["created_at"] = f"2026-03-01T10:{self.changes % 60:02}:00Z"
        if self.fault == "empty-change-resets" and not fields:
            event |= dict(_DEFAULTS)
        if self.fault == "seats-shared" and "seats" in fields:
            for other in self.events.values():
                other["seats"] = fields["seats"]
        event |= fields

    def _add(self, fields: dict[str, Any]) -> dict[str, Any]:
        self.made += 1
        key, old = self.made, dict[str, Any]()
        if self.fault == "id-reused-with-old-data" and self.removed:
            key, old = self.removed.popitem()
        base = {"id": key, "status": "planned", "created_at": "2026-03-01T10:00:00Z", **_DEFAULTS}
        self.events[key] = {**base, **fields, **{name: old[name] for name in ("name",) if name in old}}
        return self.events[key]

    def _create(self, asked: Asked) -> Told:
        fields = self._read(asked)
        if "name" not in fields or "kind" not in fields:
            raise _RefusedError(400)
        event = self._add(self._broken(fields))
        return Told(201) if self.fault == "made-without-body" else Told(201, event)

    def _broken(self, fields: dict[str, Any]) -> dict[str, Any]:
        name = fields["name"]
        if self.fault == "spaces-fail" and name != name.strip():
            raise _RefusedError(500)
        if self.fault == "beyond-plane-lost":
            fields["name"] = "".join(sign for sign in name if ord(sign) < 0x10000) or "-"
        if self.fault == "price-in-cents" and "price" in fields:
            fields["price"] = fields["price"] * 100
        if self.fault == "tags-cut-at-comma" and fields.get("tags"):
            fields["tags"] = [tag.split(",")[0] for tag in fields["tags"]][:1]
        if self.fault == "day-shifts" and "day" in fields:
            fields["day"] = (date.fromisoformat(fields["day"]) - timedelta(days=1)).isoformat()
        if self.fault == "offset-lost" and "doors_open" in fields:
            moment = datetime.fromisoformat(fields["doors_open"])
            fields["doors_open"] = (moment.replace(tzinfo=None) + timedelta(hours=1)).isoformat() + "Z"
        return fields

    def _read(self, asked: Asked) -> dict[str, Any]:
        if asked.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise _RefusedError(415)
        try:
            sent = json.loads(asked.body)
        except (ValueError, RecursionError):
            raise _RefusedError(400) from None
        if not isinstance(sent, dict):
            raise _RefusedError(400)
        checks: dict[str, Callable[[Any], bool]] = {
            "name": lambda value: isinstance(value, str) and 1 <= len(value) <= 200,
            "kind": lambda value: value in ("concert", "talk", "match"),
            "contact": lambda value: isinstance(value, str) and bool(_MAIL.fullmatch(value)),
            "price": lambda value: _is_number(value, 10_000),
            "sold_out": lambda value: isinstance(value, bool),
            "day": _is_day,
            "doors_open": _is_moment,
            "tags": lambda value: (
                isinstance(value, list)
                and len(value) <= 5
                and all(isinstance(tag, str) and 1 <= len(tag) <= 20 for tag in value)
            ),
            "seats": lambda value: _is_number(value, 100_000, whole=True),
        }
        if self.fault == "email-unchecked":
            checks["contact"] = lambda value: isinstance(value, str)
        fields = {name: value for name, value in sent.items() if name in checks}
        if not all(checks[name](value) for name, value in fields.items()):
            raise _RefusedError(400)
        return fields

    def _list(self, asked: Asked) -> Told:
        query = {name: values[-1] for name, values in parse_qs(asked.query, keep_blank_values=True).items()}
        limit = query.get("limit", "10")
        cursor = query.get("cursor", "0")
        if not re.fullmatch("[0-9]{1,3}", limit, re.ASCII) or not 1 <= int(limit) <= 50:
            raise _RefusedError(400)
        start = int(cursor) if re.fullmatch("[0-9]{1,6}", cursor, re.ASCII) else -1
        if start < 0:
            raise _RefusedError(400)
        entries = self._filtered(query)
        size = 50 if self.fault == "limit-on-first-page-only" and start else int(limit)
        page = entries[start : start + size]
        following = str(start + size) if start + size < len(entries) else None
        if self.fault == "cursor-loops" and start:
            following = str(start)
        total = len(entries) + (len(self.removed) if self.fault == "total-counts-deleted" else 0)
        counted = len(page) if self.fault == "header-counts-page" else total
        body = {"data": page, "meta": {"total": total, "next_cursor": following}}
        return Told(200, body, {"X-Total-Count": str(counted)})

    def _filtered(self, query: Mapping[str, str]) -> list[dict[str, Any]]:
        entries = list(self.events.values())
        kind, sold_out = query.get("kind"), query.get("sold_out")
        if kind is not None:
            if kind not in ("concert", "talk", "match") and self.fault != "enum-filter-unchecked":
                raise _RefusedError(400)
            entries = [one for one in entries if one["kind"] == kind]
        if sold_out is not None:
            if sold_out not in ("true", "false"):
                raise _RefusedError(400)
            wanted = bool(sold_out) if self.fault == "bool-filter-of-text" else sold_out == "true"
            entries = [one for one in entries if one["sold_out"] is wanted]
        return entries
