"""Rooms of several companies: roles, idempotency keys, periods that must not overlap."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.mutation.stated.served import Call, Record, RefusedError, Reply, Served, has, start

USERS = {
    "alice-token-1": ("alice", "acme", "manager"),
    "bob-token-2": ("bob", "acme", "member"),
    "eve-token-3": ("eve", "globex", "manager"),
}
rooms: dict[str, Record] = {}
bookings: dict[str, Record] = {}
keys: dict[Any, Record] = {}
_IDS = {"next": 1}


def _next_id() -> int:
    _IDS["next"] += 1
    return _IDS["next"] - 1


def _reset() -> None:
    _IDS["next"] = 1
    rooms.clear()
    bookings.clear()
    keys.clear()
    for company, name, capacity in (("acme", "Aurora", 4), ("acme", "Borealis", 12), ("globex", "Hades", 6)):
        _add(company, {"name": name, "capacity": capacity, "equipment": ["screen"]})
    for user, company, room in (("alice", "acme", "r1"), ("bob", "acme", "r2"), ("eve", "globex", "r3")):
        _make(
            user,
            company,
            {
                "roomId": room,
                "start": "2026-05-04T09:00:00Z",
                "end": "2026-05-04T10:00:00Z",
                "title": "Weekly",
                "attendees": [user],
            },
        )


def _add(company: str, b: Record) -> Record:
    r = {
        "id": f"r{_next_id()}",
        "name": b["name"],
        "capacity": b["capacity"],
        "equipment": b.get("equipment", []),
        "company": company,
    }
    rooms[r["id"]] = r
    return r


def _make(user: str, company: str, b: Record) -> Record:
    x = {
        "id": f"b{_next_id()}",
        "roomId": b["roomId"],
        "start": b["start"],
        "end": b["end"],
        "title": b["title"],
        "attendees": b.get("attendees", []),
        "status": "confirmed",
        "createdBy": b.get("createdBy", user) if has("creator-taken") else user,
        "company": company,
    }
    bookings[x["id"]] = x
    return x


def _show(x: Record) -> Record:
    return {k: v for k, v in x.items() if k != "company"}


def _auth(headers: Mapping[str, str]) -> tuple[str, str, str]:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or token not in USERS:
        raise RefusedError(401, "No valid token", headers={"WWW-Authenticate": "Bearer"})
    return USERS[token]


def _manager(c: Call) -> None:
    if c.user[2] != "manager":
        raise RefusedError(403, "Managers only")


def _room(c: Call, i: str) -> Record:
    if i not in rooms or rooms[i]["company"] != c.user[1]:
        raise RefusedError(404, "No such room")
    return rooms[i]


def _booking(c: Call) -> Record:
    x = bookings.get(c.p["bookingId"])
    if not x or (x["company"] != c.user[1] and not has("others-shown")):
        raise RefusedError(404, "No such booking")
    return x


def _own(c: Call) -> Record:
    x = bookings.get(c.p["bookingId"])
    if has("others-disclosed") and x and x["company"] != c.user[1]:
        raise RefusedError(403, "Not yours")
    x = _booking(c)
    if c.user[2] != "manager" and x["createdBy"] != c.user[0] and not has("others-cancelled"):
        raise RefusedError(403, "Not yours")
    return x


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.upper().replace("Z", "+00:00"))
    except ValueError:
        raise RefusedError(400, "Not a time") from None


def _list_rooms(c: Call) -> Reply:
    return (
        200,
        [
            _show(r)
            for r in rooms.values()
            if r["company"] == c.user[1] and r["capacity"] >= (c.p["minCapacity"] or 0)
        ],
        {},
    )


def _add_room(c: Call) -> Reply:
    _manager(c)
    r = _add(c.user[1], c.body)
    return 201, _show(r), {"Location": f"/rooms/{r['id']}"}


def _change_room(c: Call) -> Reply:
    _manager(c)
    r = _room(c, c.p["roomId"])
    r.update(name=c.body["name"], capacity=c.body["capacity"], equipment=c.body.get("equipment", []))
    return 200, _show(r), {}


def _remove_room(c: Call) -> Reply:
    if not has("members-remove-rooms"):
        _manager(c)
    r = _room(c, c.p["roomId"])
    del rooms[r["id"]]
    for i in [i for i, x in bookings.items() if x["roomId"] == r["id"] and not has("bookings-survive")]:
        del bookings[i]
    return 204, None, {}


def _list_bookings(c: Call) -> Reply:
    rows = [x for x in bookings.values() if x["company"] == c.user[1]]
    if c.p["roomId"] is not None:
        rows = [x for x in rows if x["roomId"] == c.p["roomId"]]
    if c.p["mine"] and not has("mine-ignored"):
        rows = [x for x in rows if x["createdBy"] == c.user[0]]
    if c.p["from"] and not has("from-ignored"):
        rows = [x for x in rows if _moment(x["start"]) >= _moment(c.p["from"])]
    return 200, [_show(x) for x in sorted(rows, key=lambda x: _moment(x["start"]))], {}


def _book(c: Call) -> Reply:
    key = c.p["Idempotency-Key"]
    slot = key if has("key-shared") else (c.user[0], key)
    if key and slot in keys and not has("key-ignored"):
        x = keys[slot]
        return 201, _show(x), {"Location": f"/bookings/{x['id']}"}
    r = _room(c, c.body["roomId"])
    start, end = _moment(c.body["start"]), _moment(c.body["end"])
    if end <= start and not has("end-before-start"):
        raise RefusedError(400, "The end must be after the start")
    if len(c.body.get("attendees", [])) > r["capacity"] and not has("too-many-attendees"):
        raise RefusedError(400, "Too many attendees")
    for x in bookings.values():
        is_taken = x["roomId"] == r["id"] and x["status"] == "confirmed"
        other = _moment(x["start"]), _moment(x["end"])
        overlaps = other[0] < end and start < other[1]
        if has("neighbours-refused"):
            overlaps = other[0] <= end and start <= other[1]
        if is_taken and overlaps:
            raise RefusedError(409, "Taken")
    x = _make(c.user[0], c.user[1], c.body)
    if key:
        keys[slot] = dict(x)
    return 201, _show(x), {"Location": f"/bookings/{x['id']}"}


def _change(c: Call) -> Reply:
    x = _own(c)
    if "attendees" in c.body and len(c.body["attendees"]) > rooms[x["roomId"]]["capacity"]:
        raise RefusedError(400, "Too many attendees")
    x.update({k: c.body[k] for k in ("title", "attendees") if k in c.body})
    return 200, _show(x), {}


def _cancel(c: Call) -> Reply:
    x = _own(c)
    if x["status"] == "cancelled" and not has("cancelled-twice"):
        raise RefusedError(409, "Cancelled already")
    if has("cancel-not-stored"):
        return 200, {**_show(x), "status": "cancelled"}, {}
    x["status"] = "cancelled"
    return 200, _show(x), {}


def _fail(e: RefusedError) -> Reply:
    return (
        e.status,
        {"error": e.message, "details": [f"{w} {n}: {m}" for w, n, m in e.errors or []]},
        e.headers,
    )


def build(fault: str) -> Served:
    """A server with a fault, or with none for an empty name."""
    server = start(
        "book",
        fault,
        {
            "whoAmI": lambda c: (200, {"user": c.user[0], "company": c.user[1], "role": c.user[2]}, {}),
            "listRooms": _list_rooms,
            "addRoom": _add_room,
            "getRoom": lambda c: (200, _show(_room(c, c.p["roomId"])), {}),
            "changeRoom": _change_room,
            "removeRoom": _remove_room,
            "listBookings": _list_bookings,
            "book": _book,
            "getBooking": lambda c: (200, _show(_booking(c)), {}),
            "changeBooking": _change,
            "cancelBooking": _cancel,
        },
        _fail,
        auth=_auth,
        invalid=400,
    )
    _reset()
    return server
