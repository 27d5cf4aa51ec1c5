"""Contacts as FastAPI would serve them."""

from __future__ import annotations

from datetime import date, timedelta

from tests.mutation.stated.served import Call, Record, RefusedError, Reply, Served, has, start

rows: dict[int, Record] = {}
cache: dict[int, Record] = {}
counter = {"n": 0, "total": 0}

FIELDS: Record = {
    "first_name": None,
    "last_name": None,
    "email": None,
    "phone": None,
    "birthday": None,
    "favourite": False,
    "labels": [],
}


def _reset() -> None:
    rows.clear()
    cache.clear()
    counter.update(n=0, total=0)
    for first, last, mail, favourite in (
        ("Ada", "Lovelace", "ada@example.com", True),
        ("Alan", "Turing", "alan@example.com", False),
        ("Grace", "Hopper", None, False),
    ):
        _create({"first_name": first, "last_name": last, "email": mail, "favourite": favourite})


def _create(body: Record) -> Record:
    counter["n"] += 1
    counter["total"] += 1
    row: Record = {
        k: body.get(k, [] if k == "labels" else True if has("default-is-true") and k == "favourite" else d)
        for k, d in FIELDS.items()
    }
    row["id"] = counter["n"]
    rows[row["id"]] = _tidy(row)
    return row


def _tidy(row: Record) -> Record:
    if has("birthday-a-day-early") and row["birthday"]:
        row["birthday"] = (
            str(date.fromisoformat(row["birthday"]) - timedelta(days=1))
            if row["birthday"] > "0001-01-02"
            else row["birthday"]
        )
    if has("zeros-lost") and row["phone"] and row["phone"].isdigit():
        row["phone"] = str(int(row["phone"]))
    if has("labels-sorted"):
        row["labels"] = sorted(row["labels"])
    if has("name-cut-at-comma") and row["last_name"].strip():
        row["last_name"] = row["last_name"].split(",")[0] or row["last_name"]
    return row


def _get(c: Call) -> Record:
    if c.p["contact_id"] not in rows:
        raise RefusedError(404, "Contact not found")
    return rows[c.p["contact_id"]]


def _read_all(c: Call) -> Reply:
    found = list(rows.values())
    if c.p["search"]:
        s = c.p["search"].casefold()
        names = (
            ("first_name", "email") if has("last-name-not-searched") else ("first_name", "last_name", "email")
        )
        found = [r for r in found if any(s in (r[k] or "").casefold() for k in names)]
    if c.p["favourite"] is not None and not (has("false-ignored") and c.p["favourite"] is False):
        found = [r for r in found if r["favourite"] == c.p["favourite"]]
    skip = c.p["skip"] * c.p["limit"] if has("skip-counts-pages") else c.p["skip"]
    return 200, found[skip : skip + c.p["limit"]], {}


def _read(c: Call) -> Reply:
    row = _get(c)
    if has("read-is-stale"):
        return 200, cache.setdefault(row["id"], dict(row)), {}
    return 200, row, {}


def _replace(c: Call) -> Reply:
    row = _get(c)
    row.update(_tidy({k: c.body.get(k, [] if k == "labels" else d) for k, d in FIELDS.items()}))
    return 200, row, {}


def _update(c: Call) -> Reply:
    row = _get(c)
    row.update({k: v for k, v in c.body.items() if k in FIELDS})
    _tidy(row)
    cache.pop(row["id"], None)
    return 200, row, {}


def _delete(c: Call) -> Reply:
    row = _get(c)
    del rows[row["id"]]
    if not has("stats-keep-deleted"):
        counter["total"] -= 1
    return 204, None, {}


def _bulk(c: Call) -> Reply:
    made = [_create(b) for b in c.body]
    if has("import-stores-the-first"):
        for r in made[1:]:
            del rows[r["id"]]
            counter["total"] -= 1
    return 201, made, {}


def _stats(c: Call) -> Reply:
    return 200, {"contacts": counter["total"], "favourites": sum(r["favourite"] for r in rows.values())}, {}


def _fail(e: RefusedError) -> Reply:
    if e.errors:
        return (
            e.status,
            {"detail": [{"loc": [w, n], "msg": m, "type": "value_error"} for w, n, m in e.errors]},
            e.headers,
        )
    return (
        e.status,
        {"detail": e.message}
        if e.status != 422
        else {"detail": [{"loc": ["body"], "msg": e.message, "type": "value_error"}]},
        e.headers,
    )


def build(fault: str) -> Served:
    """A server with a fault, or with none for an empty name."""
    server = start(
        "contacts",
        fault,
        {
            "read_contacts_contacts__get": _read_all,
            "create_contact_contacts__post": lambda c: (201, _create(c.body), {}),
            "import_contacts_contacts_import_post": _bulk,
            "read_contact_contacts__contact_id__get": _read,
            "replace_contact_contacts__contact_id__put": _replace,
            "update_contact_contacts__contact_id__patch": _update,
            "delete_contact_contacts__contact_id__delete": _delete,
            "stats_stats_get": _stats,
        },
        _fail,
    )
    if has("length-unchecked"):
        del server.doc["components"]["schemas"]["ContactCreate"]["properties"]["first_name"]["maxLength"]
    _reset()
    return server
