"""Deleting at a collection's path takes away what its list shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.http.calling import Caller
from tests.resources.mocking import answering, build_mock, mock, parameter, taking

from mockserver.resources.explanation import explain

ORDER = {
    "type": "object",
    "required": ["id", "status"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "status": {"enum": ["open", "closed"]},
    },
}
GONE: dict[str, Any] = {"responses": {"204": {"description": ""}}}


def orders(*parameters: Any, delete: Any = GONE, **extension: Any) -> dict[str, Any]:
    """The orders of shops, which are listed, created, read, and deleted one by one and all at once."""
    shop, order = parameter("shop", "path"), parameter("orderId", "path")
    return {
        "paths": {
            "/shops/{shop}/orders": {
                "parameters": [shop],
                "get": answering({"type": "array", "items": ORDER}),
                "post": {**taking(ORDER), **answering(ORDER, "201")},
                "delete": {"parameters": list(parameters), **delete, **extension},
            },
            "/shops/{shop}/orders/{orderId}": {"parameters": [shop, order], "get": answering(ORDER)},
        }
    }


def explained(folder: Path, *parameters: Any) -> str:
    """How the deletion is answered."""
    (service,) = build_mock(orders(*parameters), folder).services.values()
    found = explain(service.document, {}, service.fallback)
    return next(entry.answer for entry in found if entry.method == "DELETE")


def ids(call: Caller, shop: str = "a") -> list[int]:
    """The ids that the list of a shop shows."""
    return [order["id"] for order in call("GET", f"/shops/{shop}/orders").json]


def test_what_the_list_shows_is_gone(tmp_path: Path) -> None:
    """Records that were there and new ones, of this parent alone; a new one can be created then."""
    call = mock(orders(), tmp_path)
    created = call("POST", "/shops/a/orders", {"status": "open"}).json["id"]
    others = ids(call, "b")

    assert call("DELETE", "/shops/a/orders").status == 204

    assert ids(call) == []
    assert call("GET", f"/shops/a/orders/{created}").status == 404
    assert ids(call, "b") == others != []
    assert ids(call.in_("another")) != []
    later = call("POST", "/shops/a/orders", {"status": "open"}).json["id"]
    assert ids(call) == [later] != [created]


def test_the_documented_filter_chooses(tmp_path: Path) -> None:
    """`?status=closed` leaves what is open."""
    call = mock(orders(parameter("status", enum=["open", "closed"])), tmp_path)
    created = call("POST", "/shops/a/orders", {"status": "open"}).json["id"]

    call("DELETE", "/shops/a/orders?status=closed")

    left = call("GET", "/shops/a/orders").json
    assert {order["status"] for order in left} == {"open"}
    assert created in [order["id"] for order in left]


@pytest.mark.parametrize("query", ["?ids={}", "?order_id={}"])
def test_ids_choose(tmp_path: Path, query: str) -> None:
    """Those that the query lists are gone, the others are there."""
    several = parameter("ids", type="array", items={"type": "integer"})
    call = mock(orders(several, parameter("order_id", type="integer")), tmp_path)
    before = ids(call)
    created = call("POST", "/shops/a/orders", {"status": "open"}).json["id"]

    call("DELETE", "/shops/a/orders" + query.format(created))

    assert ids(call) == before


def test_the_body_chooses(tmp_path: Path) -> None:
    """`{"ids": […]}`: those are gone; so are records that stand there; `{"delete_all": true}`: all are."""
    call = mock(orders(delete={**taking({"type": "object"}), **GONE}), tmp_path)
    first, second, *others = ids(call)

    call("DELETE", "/shops/a/orders", {"ids": [first]})
    assert ids(call) == [second, *others]

    call("DELETE", "/shops/a/orders", {"orders": [{"id": second}]})
    assert ids(call) == others

    call("DELETE", "/shops/a/orders", {"delete_all": True})
    assert ids(call) == []


def test_what_nobody_understood_takes_nothing_away(tmp_path: Path) -> None:
    """A parameter that may choose, or make a rehearsal of it, leaves all as it is."""
    call = mock(orders(parameter("selector"), parameter("dry_run", type="boolean")), tmp_path)
    before = ids(call)

    assert call("DELETE", "/shops/a/orders?selector=x").status == 204
    assert call("DELETE", "/shops/a/orders?dry_run=true").status == 204
    assert ids(call) == before

    call("DELETE", "/shops/a/orders?dry_run=false")
    assert ids(call) == []


def test_the_answer_is_the_documented_one(tmp_path: Path) -> None:
    """It tells how many went, or which, where it says so."""
    counted = answering(
        {"type": "object", "required": ["deleted"], "properties": {"deleted": {"type": "integer"}}}
    )
    call = mock(orders(delete=counted), tmp_path)
    number = len(ids(call))
    assert call("DELETE", "/shops/a/orders").json == {"deleted": number}

    call = mock(orders(delete=answering({"type": "array", "items": ORDER})), tmp_path)
    before = call("GET", "/shops/a/orders").json
    assert call("DELETE", "/shops/a/orders").json == before


def test_it_can_be_switched_off(tmp_path: Path) -> None:
    """`x-mock: {stateless: true}` beside the operation, as for any other."""
    call = mock(orders(**{"x-mock": {"stateless": True}}), tmp_path)
    before = ids(call)

    assert call("DELETE", "/shops/a/orders").status == 204
    assert ids(call) == before


def test_it_is_explained(tmp_path: Path) -> None:
    """With what chooses; one that has to be told what nobody understands is answered by the document."""
    unknown = {**parameter("selector"), "required": True}

    assert (
        explained(tmp_path, parameter("status"), parameter("ids"))
        == "clear shops.orders, chosen by ids, status"
    )
    assert explained(tmp_path) == "clear shops.orders"
    assert explained(tmp_path, unknown) == "204 without a body"
