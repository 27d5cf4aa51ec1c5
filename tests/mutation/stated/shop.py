"""A shop: products by SKU with ETags, stock, orders with actions."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import ClassVar

from tests.mutation.stated.served import Call, Record, RefusedError, Reply, Served, has, start


class Stored:
    """What the shop holds."""

    products: ClassVar[dict[str, Record]] = {}
    orders: ClassVar[dict[int, Record]] = {}
    ids: ClassVar[count[int]] = count(1)
    version: ClassVar[count[int]] = count(1)


db = Stored


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _reset() -> None:
    db.products, db.orders, db.ids, db.version = {}, {}, count(1), count(1)
    for sku, name, price, category, stock in (
        ("TOY-001", "Wooden train", 24.9, "toys", 12),
        ("BOOK-7", "Atlas of moths", 112.0, "books", 3),
        ("GRD-20", "watering can", 9.5, "garden", 40),
        ("KIT-3", "Bread knife", 31.25, "kitchen", 8),
    ):
        db.products[sku] = {
            "sku": sku,
            "name": name,
            "description": None,
            "price": price,
            "category": category,
            "tags": [],
            "stock": stock,
            "createdAt": _now(),
            "updatedAt": _now(),
            "v": next(db.version),
        }
    for status in ("draft", "placed", "shipped"):
        i = next(db.ids)
        db.orders[i] = {
            "orderId": i,
            "customer": f"Customer {i}",
            "note": None,
            "status": status,
            "lines": [{"sku": "TOY-001", "quantity": i, "unitPrice": 24.9}],
            "total": float(Decimal("24.9") * i),
            "cancelReason": None,
            "createdAt": _now(),
        }


def _show(p: Record) -> Record:
    return {k: v for k, v in p.items() if k != "v"}


def _etag(p: Record) -> str:
    return f'"{p["v"]}"'


def _product(sku: str) -> Record:
    if sku not in db.products:
        raise RefusedError(404, f"No product {sku}")
    return db.products[sku]


def _order(i: int) -> Record:
    if i not in db.orders:
        raise RefusedError(404, f"No order {i}")
    return db.orders[i]


def _page(rows: list[Record], c: Call) -> Reply:
    start = (c.p["page"] - 1) * c.p["pageSize"]
    return (
        200,
        {
            "items": rows[start : start + c.p["pageSize"]],
            "total": len(rows),
            "page": c.p["page"],
            "pageSize": c.p["pageSize"],
        },
        {},
    )


def _list_products(c: Call) -> Reply:
    rows = list(db.products.values())
    p = c.p
    if p["category"] and not (has("one-category-ignored") and p["category"] == "kitchen"):
        rows = [r for r in rows if r["category"] == p["category"]]
    if p["q"]:
        rows = [
            r
            for r in rows
            if (
                p["q"] in r["name"]
                if has("search-case-sensitive")
                else p["q"].casefold() in r["name"].casefold()
            )
        ]
    if p["minPrice"] is not None:
        rows = [r for r in rows if r["price"] >= p["minPrice"]]
    if p["maxPrice"] is not None:
        rows = [
            r
            for r in rows
            if (r["price"] < p["maxPrice"] if has("max-price-exclusive") else r["price"] <= p["maxPrice"])
        ]
    key = p["sort"].lstrip("-")
    rows.sort(
        key=lambda r: str(r[key]) if has("price-sorted-as-text") else r[key],
        reverse=p["sort"].startswith("-"),
    )
    return _page([_show(r) for r in rows], c)


def _data(body: Record) -> Record:
    return {
        "name": body["name"],
        "description": body.get("description"),
        "price": body["price"],
        "category": body["category"],
        "tags": body.get("tags", []),
    }


def _create_product(c: Call) -> Reply:
    if c.body["sku"] in db.products:
        raise RefusedError(409, "This SKU is taken")
    p = dict(
        sku=c.body["sku"], **_data(c.body), stock=0, createdAt=_now(), updatedAt=_now(), v=next(db.version)
    )
    location = (
        f"/products/{list(db.products)[-1] if has('location-of-another') and db.products else p['sku']}"
    )
    db.products[p["sku"]] = p
    return 201, _show(p), {"Location": location, "ETag": _etag(p)}


def _get_product(c: Call) -> Reply:
    p = _product(c.p["sku"])
    given = c.p["If-None-Match"]
    if given and (
        has("always-not-modified")
        or given.strip() == "*"
        or _etag(p) in [t.strip().removeprefix("W/") for t in given.split(",")]
    ):
        return 304, None, {"ETag": _etag(p)}
    return 200, _show(p), {"ETag": _etag(p)}


def _match(c: Call, p: Record) -> None:
    given = c.p["If-Match"]
    if given and given.strip() != "*" and _etag(p) not in [t.strip() for t in given.split(",")]:
        raise RefusedError(412, "The product has changed")


def _replace_product(c: Call) -> Reply:
    p = _product(c.p["sku"])
    _match(c, p)
    p.update(
        {**_data(c.body), "tags": c.body.get("tags", p["tags"])} if has("put-keeps-tags") else _data(c.body),
        updatedAt=_now(),
        v=next(db.version),
    )
    return 200, _show(p), {"ETag": _etag(p)}


def _update_product(c: Call) -> Reply:
    p = _product(c.p["sku"])
    if not has("if-match-ignored"):
        _match(c, p)
    p.update({k: c.body[k] for k in ("name", "description", "price", "category", "tags") if k in c.body})
    if not has("updated-at-kept"):
        p["updatedAt"] = _now()
    if not has("etag-kept-by-patch"):
        p["v"] = next(db.version)
    return 200, _show(p), {"ETag": _etag(p)}


def _delete_product(c: Call) -> Reply:
    p = _product(c.p["sku"])
    if not has("ordered-product-deleted") and any(
        line["sku"] == p["sku"]
        for o in db.orders.values()
        if o["status"] in ("draft", "placed")
        for line in o["lines"]
    ):
        raise RefusedError(409, "Part of an open order")
    del db.products[p["sku"]]
    return 204, None, {}


def _restock(c: Call) -> Reply:
    p = _product(c.p["sku"])
    p["stock"] = c.body["quantity"] if has("restock-sets-the-stock") else p["stock"] + c.body["quantity"]
    p.update(updatedAt=_now(), v=next(db.version))
    return 200, _show(p), {}


def _list_orders(c: Call) -> Reply:
    rows = [o for o in reversed(db.orders.values()) if not c.p["status"] or o["status"] == c.p["status"]]
    return _page(rows, c)


def _create_order(c: Call) -> Reply:
    lines = []
    for line in c.body["lines"]:
        if line["sku"] not in db.products:
            raise RefusedError(409, f"No product {line['sku']}")
        lines.append(
            {"sku": line["sku"], "quantity": line["quantity"], "unitPrice": db.products[line["sku"]]["price"]}
        )
    total = sum(Decimal(str(line["unitPrice"])) * line["quantity"] for line in lines)
    o = {
        "orderId": next(db.ids),
        "customer": c.body["customer"],
        "note": c.body.get("note"),
        "status": "draft",
        "lines": lines,
        "total": float(round(total) if has("total-rounded") else total),
        "cancelReason": None,
        "createdAt": _now(),
    }
    db.orders[o["orderId"]] = o
    return 201, o, {"Location": f"/orders/{o['orderId']}"}


def _stock(o: Record, sign: int) -> None:
    for line in o["lines"]:
        if p := db.products.get(line["sku"]):
            p.update(stock=p["stock"] + sign * line["quantity"], v=next(db.version))


def _place(c: Call) -> Reply:
    o = _order(c.p["orderId"])
    if o["status"] != "draft" and not (has("placed-twice") and o["status"] == "placed"):
        raise RefusedError(409, "Not a draft")
    need: dict[str, int] = {}
    for line in o["lines"]:
        need[line["sku"]] = need.get(line["sku"], 0) + line["quantity"]
    if any(sku not in db.products or db.products[sku]["stock"] < n for sku, n in need.items()):
        raise RefusedError(409, "Not enough in stock")
    _stock(o, -1)
    o["status"] = "placed"
    return 200, o, {}


def _cancel(c: Call) -> Reply:
    o = _order(c.p["orderId"])
    if o["status"] in ("shipped", "cancelled"):
        raise RefusedError(409, "Too late")
    if o["status"] == "placed" and not has("cancel-keeps-the-goods"):
        _stock(o, +1)
    o.update(status="cancelled", cancelReason=c.body["reason"])
    return 200, o, {}


def _ship(c: Call) -> Reply:
    o = _order(c.p["orderId"])
    if o["status"] != "placed":
        raise RefusedError(409, "Not placed")
    o["status"] = "shipped"
    return 200, o, {}


def _fail(e: RefusedError) -> Reply:
    return (
        e.status,
        {"code": {404: "not_found", 409: "conflict"}.get(e.status, "error"), "message": e.message},
        e.headers,
    )


def build(fault: str) -> Served:
    """A server with a fault, or with none for an empty name."""
    server = start(
        "shop",
        fault,
        {
            "listProducts": _list_products,
            "createProduct": _create_product,
            "getProduct": _get_product,
            "replaceProduct": _replace_product,
            "updateProduct": _update_product,
            "deleteProduct": _delete_product,
            "restockProduct": _restock,
            "listOrders": _list_orders,
            "createOrder": _create_order,
            "getOrder": lambda c: (200, _order(c.p["orderId"]), {}),
            "placeOrder": _place,
            "cancelOrder": _cancel,
            "shipOrder": _ship,
        },
        _fail,
        invalid=400,
    )
    _reset()
    return server
