"""Handler files compute fields of records, and run hooks when records are written."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.http.calling import Caller
from tests.http.mocks import Mocks
from tests.http.test_handler_files import SHOP, Shop

from mockserver.app import build
from mockserver.errors import ConfigurationError


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop of this test's own."""
    return Shop(tmp_path)


COMPUTED = """
from mockserver import Response

def total(order):
    return sum(line.get("price", 0) for line in order.get("lines", []))

def put(backend, *, body):
    return Response(201, backend.collection("orders").put(9, {"id": 9, **body}))

COMPUTED = {"orders": {"total": total}}
HANDLERS = {"createOrder": put}
"""


def test_a_function_computes_a_field_at_every_write(shop: Shop) -> None:
    """Of records that a handler puts, that the admin API puts, and that nobody has changed yet."""
    call = shop.call(COMPUTED)

    made = call("POST", "/orders", {"customer": "Ann", "lines": [{"price": 2}, {"price": 3}], "total": 7})
    put = call("PUT", "/__admin/state/shop/orders/8", {"id": 8, "customer": "Bo", "lines": [{"price": 4}]})
    other = call("GET", "/orders/4711").json

    assert (made.status, made.json["total"]) == (201, 5)
    assert call("GET", "/orders/9").json["total"] == 5
    assert put.json["total"] == 4
    assert other["total"] == sum(line.get("price", 0) for line in other.get("lines", []))


HOOKED = """
from mockserver import ConflictError

def before_create(backend, order):
    if order["customer"] == "Mallory":
        raise ConflictError("No.")
    return {**order, "customer": order["customer"].upper()}

def after_create(backend, order, *, key):
    backend.collection("log").put(key, {"id": key, "what": "made " + order["customer"]})
    if order["customer"] == "EVE":
        raise ConflictError("Too late.")

def before_delete(backend, order):
    if order["customer"] == "ANN":
        raise ConflictError("Ann stays.")

def after_delete(backend, order, old, key):
    backend.collection("log").put(key, {"id": key, "what": "gone " + old["customer"]})

COLLECTIONS = {"log": "id"}
HOOKS = {
    "orders": {
        "before_create": before_create,
        "after_create": after_create,
        "before_delete": before_delete,
        "after_delete": after_delete,
    }
}
"""


def test_hooks_run_at_writes_of_operations_without_a_handler(shop: Shop) -> None:
    """What they return is stored; what they write is in the same unit of work."""
    call = shop.call(HOOKED)

    made = call("POST", "/orders", {"customer": "Bo"})
    logged = call("GET", "/__admin/state/shop/log").json
    gone = call("DELETE", f"/orders/{made.json['id']}")
    later = call("GET", "/__admin/state/shop/log").json

    assert (made.status, made.json["customer"], gone.status) == (201, "BO", 204)
    assert [[entry["what"] for entry in log] for log in (logged, later)] == [["made BO"], ["gone BO"]]


def test_a_hook_that_raises_refuses_the_write(shop: Shop) -> None:
    """Nothing is kept of it, whether it ran before or after."""
    call = shop.call(HOOKED)
    before = call("GET", "/__admin/state/shop/orders").json

    refused = [call("POST", "/orders", {"customer": name}) for name in ("Mallory", "Eve")]
    kept = call("POST", "/orders", {"customer": "Ann"}).json

    assert [(answer.status, answer.json["detail"]) for answer in refused] == [
        (409, "No."),
        (409, "Too late."),
    ]
    assert len(call("GET", "/__admin/state/shop/orders").json) == len(before) + 1
    assert call("GET", "/__admin/state/shop/log").json == [{"id": str(kept["id"]), "what": "made ANN"}]
    assert call("DELETE", f"/orders/{kept['id']}").status == 409
    assert call("GET", f"/orders/{kept['id']}").json == kept


UPDATED = """
from mockserver import ConflictError, Response

def before_update(backend, order, old):
    if old.get("total") == 1:
        raise ConflictError("It is closed.")
    return {**order, "total": (old.get("total") or 0) + 1}

def after_update(backend, order):
    backend.collection("orders").put(order["id"], {**order, "lines": [{"seen": True}]})

def soft(backend, order):
    return {**order, "customer": "nobody"}

def change(backend, *, id):
    orders = backend.collection("orders")
    return orders.put(id, {"id": id, "customer": "x"})

def remove(backend, *, id):
    backend.collection("orders").delete(id)
    return Response(204)

HANDLERS = {"getOrder": change, "deleteOrder": remove}
HOOKS = {"orders": {"before_update": before_update, "after_update": after_update, "before_delete": soft}}
"""


def test_hooks_run_at_what_handlers_write(shop: Shop) -> None:
    """What a hook writes into its own collection runs none; a deletion can keep a record."""
    call = shop.call(UPDATED)
    call("PUT", "/__admin/state/shop/orders/777", {"id": 777, "customer": "a", "total": 4})

    changed = call("GET", "/orders/777").json
    call("DELETE", "/orders/777")
    kept = call("GET", "/__admin/state/shop/orders/777").json

    assert changed == {"id": 777, "customer": "x", "total": 5, "lines": [{"seen": True}]}
    assert kept == {**changed, "customer": "nobody"}


FAILING = """
def fail(backend, order):
    return order["nope"]

def compute(order):
    return order["nope"]
"""


@pytest.mark.parametrize(
    ("tables", "line"),
    [
        ('HOOKS = {"orders": {"before_create": fail}}', "shop.py:3 in fail: KeyError"),
        ('COMPUTED = {"orders": {"total": compute}}', "shop.py:6 in compute: KeyError"),
    ],
)
def test_a_hook_that_fails_is_named_with_its_line(shop: Shop, tables: str, line: str) -> None:
    """As a handler is."""
    call = shop.call(FAILING + tables).seeing_defects()

    answer = call("POST", "/orders", {"customer": "Ann"})

    assert (answer.status, line in answer.json["detail"]) == (500, True)


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        ("HOOKS = {'orders': {'before_write': print}}", "HOOKS has no 'before_write'"),
        ("HOOKS = {'orders': print}", "maps names of collections to tables of hooks"),
        ("COMPUTED = ['orders']", "maps names of collections to tables of fields"),
        ("def f(backend): pass\nHOOKS = {'orders': {'after_update': f}}", "takes the backend and the record"),
        ("def f(b, r, x): pass\nHOOKS = {'orders': {'after_update': f}}", "by name old or key"),
        ("async def f(b, r): pass\nHOOKS = {'orders': {'after_update': f}}", "must be a plain function"),
    ],
)
def test_tables_that_cannot_be_stop_the_start(shop: Shop, tables: str, told: str) -> None:
    """With the file, and what would be right."""
    with pytest.raises(ConfigurationError, match=told) as raised:
        shop.build(tables)

    assert "shop.py" in str(raised.value)


def test_a_computed_field_is_there_when_records_of_fixtures_are_checked(mocks: Mocks) -> None:
    """A record need not have what a function computes."""
    mocks.write(
        "fixtures/shop.yaml",
        {
            "collections": {
                "orders": {
                    "schema": "#/components/schemas/Order",
                    "records": [{"id": 1, "customer": "Ann", "lines": [{"price": 2}]}],
                }
            }
        },
    )
    order = {
        "type": "object",
        "required": ["total"],
        "properties": {"id": {"type": "integer"}, "total": {"type": "number"}},
    }
    folder = mocks.folder / "handlers"
    folder.mkdir()
    (folder / "shop.py").write_text(COMPUTED)

    mocks.write("specs/shop.yaml", {**SHOP, "components": {"schemas": {"Order": order}}})
    call = Caller(build(mocks.settings(handlers=folder)).asgi)

    assert call("GET", "/orders/1").json["total"] == 2


def test_start_up_names_files_with_hooks_alone(shop: Shop) -> None:
    """Their code runs, too."""
    own = shop.build(HOOKED).services["shop"].handlers.own

    assert own == ("hooks of orders",)
