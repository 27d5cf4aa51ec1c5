"""A helpdesk: tickets with filters, orders and offsets, comments below them, agents with counts."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from itertools import count

from tests.mutation.stated.served import Call, Record, RefusedError, Reply, Served, has, start


class Store:
    """Tickets and comments."""

    def begin(self) -> None:
        """Begin anew."""
        self.agents = {1: "Ana", 2: "Bert"}
        self.tickets: dict[int, Record] = {}
        self.comments: dict[int, Record] = {}
        self.removed: dict[int, int] = {}
        self.tid, self.cid = count(100), count(5000)
        for subject, priority in (
            ("Printer on fire", "urgent"),
            ("Invoice is wrong", "normal"),
            ("cannot log in", "high"),
            ("Typo on page 3", "low"),
        ):
            self.add(
                {
                    "subject": subject,
                    "priority": priority,
                    "requester": {"name": "Kim", "email": "kim@example.org"},
                }
            )
        self.tickets[101].update(assignee_id=1, status="pending")
        self.comments[next(self.cid)] = {
            "id": 5000,
            "ticket_id": 100,
            "author": "Ana",
            "text": "On my way",
            "internal": False,
            "created_at": _now(),
        }

    def add(self, body: Record) -> Record:
        """Add a ticket."""
        t: Record = {
            "id": next(self.tid),
            "subject": body["subject"],
            "body": body.get("body"),
            "priority": body.get("priority", "normal"),
            "status": "open",
            "requester": {k: body["requester"][k] for k in ("name", "email")},
            "due_at": _utc(body.get("due_at")),
            "tags": body.get("tags", []),
            "assignee_id": None,
            "created_at": _now(),
            "closed_at": None,
        }
        self.tickets[t["id"]] = t
        return t


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _utc(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.upper().replace("Z", "+00:00"))
        return (
            moment.replace(tzinfo=None)
            if has("time-zone-dropped")
            else moment.astimezone(UTC).replace(tzinfo=None)
        ).isoformat() + "Z"
    except (ValueError, OverflowError):
        raise RefusedError(422, "due_at is out of range") from None


def _show(t: Record) -> Record:
    removed = store.removed.get(t["id"], 0) if has("count-keeps-deleted") else 0
    return {**t, "comment_count": sum(c["ticket_id"] == t["id"] for c in store.comments.values()) + removed}


def _reset() -> None:
    store.begin()


def _ticket(c: Call) -> Record:
    if c.p["ticket_id"] not in store.tickets:
        raise RefusedError(404, "No such ticket")
    return store.tickets[c.p["ticket_id"]]


store = Store()
RANK = {"low": 0, "normal": 1, "high": 2, "urgent": 3}


def _tickets_list(c: Call) -> Reply:
    p = c.p
    rows = list(store.tickets.values())
    if p["status"]:
        wanted = p["status"][:1] if has("first-status-only") else p["status"]
        rows = [t for t in rows if t["status"] in wanted]
    if p["priority"]:
        rows = [t for t in rows if t["priority"] == p["priority"]]
    if p["assignee_id"] is not None:
        rows = [t for t in rows if t["assignee_id"] == p["assignee_id"]]
    by = p["order_by"]
    rows.sort(
        key=lambda t: RANK[t[by]] if by == "priority" and not has("priority-by-alphabet") else t[by],
        reverse=p["direction"] == "desc",
    )
    start = p["offset"] + (1 if has("offset-off-by-one") and p["offset"] else 0)
    shown = rows[start : start + p["limit"]]
    return (
        200,
        {
            "data": [_show(t) for t in shown],
            "meta": {
                "total_count": len(shown) if has("total-of-the-page") else len(rows),
                "offset": p["offset"],
                "limit": p["limit"],
            },
        },
        {},
    )


def _tickets_create(c: Call) -> Reply:
    if has("apostrophe-fails") and "'" in c.body["subject"]:
        raise RuntimeError("syntax error")
    if has("subject-normalised"):
        c.body["subject"] = unicodedata.normalize("NFKC", c.body["subject"])
    return 201, {"data": _show(store.add(c.body))}, {}


def _tickets_update(c: Call) -> Reply:
    t, b = _ticket(c), c.body
    for key in ("subject", "body", "priority", "tags"):
        if key in b:
            t[key] = b[key]
        elif has("patch-empties-tags") and key == "tags":
            t[key] = []
    if "due_at" in b and not (has("null-is-absent") and b["due_at"] is None):
        t["due_at"] = _utc(b["due_at"])
    return 200, {"data": _show(t)}, {}


def _tickets_delete(c: Call) -> Reply:
    t = _ticket(c)
    del store.tickets[t["id"]]
    if not has("comments-survive"):
        store.comments = {i: x for i, x in store.comments.items() if x["ticket_id"] != t["id"]}
    return 204, None, {}


def _close(c: Call) -> Reply:
    t = _ticket(c)
    if t["status"] == "closed":
        raise RefusedError(409, "Closed already")
    t.update(status="closed", closed_at=None if has("closed-at-not-set") else _now())
    return 200, {"data": _show(t)}, {}


def _reopen(c: Call) -> Reply:
    t = _ticket(c)
    if t["status"] != "closed":
        raise RefusedError(409, "Not closed")
    t.update(status="open", closed_at=t["closed_at"] if has("closed-at-kept") else None)
    return 200, {"data": _show(t)}, {}


def _assign(c: Call) -> Reply:
    t = _ticket(c)
    if t["status"] == "closed":
        raise RefusedError(409, "Closed")
    if c.body["agent_id"] not in store.agents:
        raise RefusedError(422, "No such agent")
    t.update(status="pending", assignee_id=c.body["agent_id"])
    return 200, {"data": _show(t)}, {}


def _comments_list(c: Call) -> Reply:
    if not (
        has("comments-survive") and c.p["ticket_id"] in {x["ticket_id"] for x in store.comments.values()}
    ):
        _ticket(c)
    return 200, {"data": [x for x in store.comments.values() if x["ticket_id"] == c.p["ticket_id"]]}, {}


def _comments_create(c: Call) -> Reply:
    t = _ticket(c)
    x = {
        "id": next(store.cid),
        "ticket_id": t["id"],
        "author": c.body["author"],
        "text": c.body["text"],
        "internal": c.body.get("internal", has("default-is-true")),
        "created_at": _now(),
    }
    store.comments[x["id"]] = x
    return 201, {"data": x}, {}


def _comments_delete(c: Call) -> Reply:
    t = _ticket(c)
    x = store.comments.get(c.p["comment_id"])
    if not x or x["ticket_id"] != t["id"]:
        raise RefusedError(404, "No such comment")
    store.removed[t["id"]] = store.removed.get(t["id"], 0) + 1
    if has("siblings-deleted"):
        store.comments = {
            i: y for i, y in store.comments.items() if y["author"] != x["author"] or y["ticket_id"] != t["id"]
        }
    else:
        del store.comments[x["id"]]
    return 204, None, {}


def _agent(i: int) -> Record:
    return {
        "id": i,
        "name": store.agents[i],
        "open_tickets": sum(
            t["assignee_id"] == i and (has("closed-tickets-counted") or t["status"] != "closed")
            for t in store.tickets.values()
        ),
    }


def _agents_get(c: Call) -> Reply:
    if c.p["agent_id"] not in store.agents:
        raise RefusedError(404, "No such agent")
    return 200, {"data": _agent(c.p["agent_id"])}, {}


def _fail(e: RefusedError) -> Reply:
    return (
        e.status,
        {
            "errors": [{"title": m, "source": f"{w}:{n}"} for w, n, m in e.errors]
            if e.errors
            else [{"title": e.message}]
        },
        e.headers,
    )


def build(fault: str) -> Served:
    """A server with a fault, or with none for an empty name."""
    server = start(
        "desk",
        fault,
        {
            "tickets_list": _tickets_list,
            "tickets_create": _tickets_create,
            "tickets_get": lambda c: (200, {"data": _show(_ticket(c))}, {}),
            "tickets_update": _tickets_update,
            "tickets_delete": _tickets_delete,
            "tickets_close": _close,
            "tickets_reopen": _reopen,
            "tickets_assign": _assign,
            "comments_list": _comments_list,
            "comments_create": _comments_create,
            "comments_delete": _comments_delete,
            "agents_list": lambda c: (200, {"data": [_agent(i) for i in store.agents]}, {}),
            "agents_get": _agents_get,
        },
        _fail,
    )
    _reset()
    return server
