"""An API of a calendar of bookings: pages, days and moments, a state that an action changes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from tests.check.serving import Asked, Told
from tests.mutation.unseen.routed import (
    RefusedError,
    Routed,
    body_of,
    is_day,
    is_moment,
    number,
    query_of,
    text,
    whole_number,
)

DOCUMENT = """
openapi: 3.0.3
info: {title: Bookings, version: '1'}
paths:
  /bookings:
    get:
      operationId: listBookings
      parameters:
        - {name: page, in: query, schema: {type: integer, minimum: 1, maximum: 10000, default: 1}}
        - {name: page_size, in: query, description: At most 20 bookings are on a page.,
           schema: {type: integer, minimum: 1, maximum: 20, default: 20}}
        - {name: from, in: query, description: 'The first day, inclusive.', schema: {type: string, format: date}}
        - {name: to, in: query, description: 'The last day, inclusive.', schema: {type: string, format: date}}
        - {name: organiser, in: query, schema: {type: string, minLength: 1}}
        - {name: state, in: query, schema: {type: string, enum: [TENTATIVE, CONFIRMED, CANCELLED]}}
      responses:
        '200':
          description: A page.
          content: {application/json: {schema: {type: object, required: [bookings, count], properties: {
            bookings: {type: array, items: {$ref: '#/components/schemas/Booking'}}, count: {type: integer}}}}}
        '400': &no {description: No., content: {application/json: {schema: {type: object, required: [error],
          properties: {error: {type: string}}}}}}
    post:
      operationId: addBooking
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/NewBooking'}}}}
      responses: {'201': &it {description: It., content: {application/json: {schema:
        {$ref: '#/components/schemas/Booking'}}}}, '400': *no, '415': *no}
  /bookings/{booking_id}:
    parameters: [&id {name: booking_id, in: path, required: true, schema: {type: string, pattern: '^b[0-9]+$'}}]
    get: {operationId: showBooking, responses: {'200': *it, '400': *no, '404': *no}}
    patch:
      operationId: moveBooking
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/BookingChange'}}}}
      responses: {'200': *it, '400': *no, '404': *no, '415': *no}
    delete: {operationId: dropBooking, responses: {'204': {description: Gone.}, '400': *no, '404': *no}}
  /bookings/{booking_id}/confirm:
    parameters: [*id]
    post: {operationId: confirmBooking, responses: {'200': *it, '400': *no, '404': *no, '409': *no}}
  /bookings/{booking_id}/cancel:
    parameters: [*id]
    post: {operationId: cancelBooking, responses: {'200': *it, '400': *no, '404': *no, '409': *no}}
components:
  schemas:
    BookingChange:
      type: object
      properties: &fields
        title: {type: string, minLength: 1, maxLength: 100}
        organiser: {type: string, minLength: 1, maxLength: 60}
        day: {type: string, format: date}
        starts_at: {type: string, format: date-time}
        attendees: {type: integer, minimum: 1, maximum: 500}
    NewBooking: {type: object, required: [title, organiser, day], properties: *fields}
    Booking:
      type: object
      required: [id, title, organiser, day, state]
      properties:
        <<: *fields
        id: {type: string, readOnly: true}
        state: {type: string, enum: [TENTATIVE, CONFIRMED, CANCELLED], readOnly: true}
"""  # noqa: E501  schemas on one line are read at once

FAULTS: Mapping[str, tuple[str, str]] = {
    "change-drops-offset": ("unforeseen", "moveBooking"),
    "last-day-excluded": ("unforeseen", "listBookings"),
    "default-above-maximum": ("unforeseen", "listBookings"),
    "impossible-day-rolls-over": ("foreseen", "addBooking"),
    "cancel-takes-the-next": ("foreseen", "cancelBooking"),
    "filter-by-prefix": ("foreseen", "listBookings"),
}
_CHECKS = {
    "title": text(1, 100),
    "organiser": text(1, 60),
    "day": is_day,
    "starts_at": is_moment,
    "attendees": number(1, 500, whole=True),
}
_STATES = ("TENTATIVE", "CONFIRMED", "CANCELLED")
_SEED: tuple[dict[str, Any], ...] = tuple(
    {
        "id": f"b{n}",
        "title": f"Meeting {n}",
        "organiser": ("Ann", "Anna", "Bo")[n % 3],
        "day": (date(2026, 3, 1) + timedelta(days=n)).isoformat(),
        "starts_at": f"2026-03-{n:02}T09:30:00Z",
        "attendees": n,
        "state": _STATES[n % 2],
    }
    for n in range(1, 25)
)


class Bookings(Routed):
    """Keeps bookings, with a fault or none."""

    routes: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "/bookings": {"GET": "all", "POST": "add"},
        "/bookings/([^/]+)": {"GET": "one", "PATCH": "change", "DELETE": "drop"},
        "/bookings/([^/]+)/confirm": {"POST": "confirm"},
        "/bookings/([^/]+)/cancel": {"POST": "cancel"},
    }

    def __init__(self, fault: str = "") -> None:
        super().__init__(fault)
        self.bookings = {str(one["id"]): dict(one) for one in _SEED}
        self.made = len(_SEED)

    def _find(self, key: str) -> dict[str, Any]:
        if not re.fullmatch("b[0-9]+", key, re.ASCII):
            raise RefusedError(400)
        if key not in self.bookings:
            raise RefusedError(404)
        return self.bookings[key]

    def all(self, asked: Asked) -> Told:
        """Answer such a request."""
        query = query_of(asked)
        page = whole_number(query, "page", 1, 10_000, 1)
        size = whole_number(query, "page_size", 1, 20, 20)
        if self.fault == "default-above-maximum" and "page_size" not in query:
            size = 25
        first, last, state = query.get("from"), query.get("to"), query.get("state")
        if any(one is not None and not is_day(one) for one in (first, last)):
            raise RefusedError(400)
        if state not in (None, *_STATES) or query.get("organiser") == "":
            raise RefusedError(400)
        found = [one for one in self.bookings.values() if self._is_listed(one, first, last)]
        found = [one for one in found if state in (None, one["state"])]
        name = query.get("organiser")
        if self.fault == "filter-by-prefix":
            found = [one for one in found if name is None or one["organiser"].startswith(name)]
        else:
            found = [one for one in found if name in (None, one["organiser"])]
        start = (page - 1) * size
        return Told(200, {"bookings": found[start : start + size], "count": len(found)})

    def _is_listed(self, booking: Mapping[str, Any], first: str | None, last: str | None) -> bool:
        if self.fault == "last-day-excluded" and last is not None and booking["day"] == last:
            return False
        return (first is None or booking["day"] >= first) and (last is None or booking["day"] <= last)

    def add(self, asked: Asked) -> Told:
        """Answer such a request."""
        checks = dict(_CHECKS)
        if self.fault == "impossible-day-rolls-over":
            checks["day"] = lambda value: isinstance(value, str) and _rolled(value) is not None
        fields = body_of(asked, checks, ("title", "organiser", "day"))
        if self.fault == "impossible-day-rolls-over":
            fields["day"] = _rolled(fields["day"])
        self.made += 1
        key = f"b{self.made}"
        self.bookings[key] = {"id": key, "state": "TENTATIVE", **fields}
        return Told(201, self.bookings[key])

    def one(self, asked: Asked, key: str) -> Told:
        """Answer such a request."""
        return Told(200, self._find(key))

    def change(self, asked: Asked, key: str) -> Told:
        """Answer such a request."""
        booking = self._find(key)
        fields = body_of(asked, _CHECKS)
        if self.fault == "change-drops-offset" and "starts_at" in fields:
            fields["starts_at"] = (
                datetime.fromisoformat(fields["starts_at"].upper()).replace(tzinfo=None).isoformat() + "Z"
            )
        booking.update(fields)
        return Told(200, booking)

    def drop(self, asked: Asked, key: str) -> Told:
        """Answer such a request."""
        del self.bookings[self._find(key)["id"]]
        return Told(204)

    def confirm(self, asked: Asked, key: str) -> Told:
        """Answer such a request."""
        booking = self._find(key)
        if booking["state"] != "TENTATIVE":
            raise RefusedError(409)
        booking["state"] = "CONFIRMED"
        return Told(200, booking)

    def cancel(self, asked: Asked, key: str) -> Told:
        """Answer such a request."""
        booking = self._find(key)
        if booking["state"] == "CANCELLED":
            raise RefusedError(409)
        booking["state"] = "CANCELLED"
        if self.fault == "cancel-takes-the-next":
            keys = list(self.bookings)
            for following in keys[keys.index(key) + 1 :][:1]:
                self.bookings[following]["state"] = "CANCELLED"
        return Told(200, booking)


def _rolled(value: str) -> str | None:
    match = re.fullmatch("([0-9]{4})-([0-9]{2})-([0-9]{2})", value, re.ASCII)
    if (
        match is None
        or not 1 <= int(match[1]) <= 9998
        or not 1 <= int(match[2]) <= 12
        or not 1 <= int(match[3]) <= 31
    ):
        return None
    return (date(int(match[1]), int(match[2]), 1) + timedelta(days=int(match[3]) - 1)).isoformat()


FIXTURES: Mapping[str, Any] = {"collections": {"bookings": {"key": "id", "records": list(_SEED)}}}
