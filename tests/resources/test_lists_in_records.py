"""Lists that a record has and paths below it show or change: the items of an order, the lines of a cart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.http.calling import Caller
from tests.resources.mocking import answering, mock, parameter, taking

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}
SERVERS = {"type": "integer", "readOnly": True}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": [*properties], "properties": properties}


ITEM = _object(id=SERVERS, name=TEXT, price=NUMBER, quantity=NUMBER)
SENT = _object(name=TEXT, price=NUMBER, quantity=NUMBER)
ORDER = _object(
    id=SERVERS, items={"type": "array", "items": {"$ref": "#/components/schemas/Item"}}, total=SERVERS
)


def _orders(folder: Path) -> Caller:
    """Orders with items, which have paths of their own."""
    order, item = [parameter("id", "path", type="integer")], [parameter("itemId", "path", type="integer")]
    one, several = {"$ref": "#/components/schemas/Item"}, {"type": "array", "items": ITEM}
    whole = {"$ref": "#/components/schemas/Order"}
    sent = _object(items={"type": "array", "items": SENT})
    return mock(
        {
            "components": {"schemas": {"Item": ITEM, "Order": ORDER}},
            "paths": {
                "/orders": {"post": {**taking(sent), **answering(whole, "201")}},
                "/orders/{id}": {
                    "parameters": order,
                    "get": answering(whole),
                    "put": {**taking(sent), **answering(whole)},
                },
                "/orders/{id}/items": {
                    "parameters": order,
                    "get": answering(several),
                    "post": {**taking(SENT), **answering(one, "201")},
                },
                "/orders/{id}/items/{itemId}": {
                    "parameters": [*order, *item],
                    "get": answering(one),
                    "patch": {
                        **taking({"type": "object", "properties": SENT["properties"]}),
                        **answering(one),
                    },
                    "delete": {"responses": {"204": {"description": ""}, "404": {"description": ""}}},
                },
            },
        },
        folder,
    )


def test_the_items_of_an_order_are_those_at_the_path_below_it(tmp_path: Path) -> None:
    """What is sent with the order is listed below; what is written below is in the order and its total."""
    call = _orders(tmp_path)
    order = call("POST", "/orders", {"items": [{"name": "a", "price": 2, "quantity": 2}]}).json
    path = f"/orders/{order['id']}"
    added = call("POST", f"{path}/items", {"name": "b", "price": 5, "quantity": 1}).json

    assert call("GET", f"{path}/items").json == [*order["items"], added]
    assert call("GET", path).json == {**order, "items": [*order["items"], added], "total": 9}
    changed = call("PATCH", f"{path}/items/{added['id']}", {"quantity": 3}).json
    assert changed == {**added, "quantity": 3}
    assert call("GET", path).json["total"] == 19
    assert call("DELETE", f"{path}/items/{added['id']}").status == 204
    assert call("GET", path).json == order
    assert call("GET", f"{path}/items/{added['id']}").status == 404


def test_an_order_that_is_replaced_has_other_items_below_it(tmp_path: Path) -> None:
    """The list is one, wherever it is written."""
    call = _orders(tmp_path)
    sent = {"items": [{"name": "c", "price": 1, "quantity": 7}]}
    order = call("PUT", "/orders/3", sent).json

    assert order["total"] == 7
    assert call("GET", "/orders/3/items").json == order["items"]


def test_generated_items_are_those_of_the_order(tmp_path: Path) -> None:
    """And any other id can be read, as everywhere without fixtures."""
    call = _orders(tmp_path)

    assert call("GET", "/orders/1/items").json == call("GET", "/orders/1").json["items"] != []
    assert call("GET", "/orders/1/items/987654").json["id"] == 987654


@pytest.mark.parametrize("status", ["200", "201"])
def test_a_cart_whose_lines_no_path_lists_is_one_record(status: str, tmp_path: Path) -> None:
    """It has what is put into it, and no longer what is taken out."""
    line = _object(id=SERVERS, productId=NUMBER, quantity=NUMBER)
    cart = _object(items={"type": "array", "items": line})
    item = [parameter("itemId", "path", type="integer")]
    call = mock(
        {
            "paths": {
                "/cart": {"get": answering(cart)},
                "/cart/items": {
                    "post": {**taking(_object(productId=NUMBER, quantity=NUMBER)), **answering(cart, status)}
                },
                "/cart/items/{itemId}": {
                    "parameters": item,
                    "patch": {**taking(_object(quantity=NUMBER)), **answering(cart)},
                    "delete": answering(cart),
                },
            }
        },
        tmp_path,
    )
    before = call("GET", "/cart").json["items"]
    added = call("POST", "/cart/items", {"productId": 7, "quantity": 2}).json["items"][-1]

    assert (added["productId"], added["quantity"]) == (7, 2)
    assert call("GET", "/cart").json["items"] == [*before, added]
    assert call("PATCH", f"/cart/items/{added['id']}", {"quantity": 5}).json["items"][-1]["quantity"] == 5
    assert call("DELETE", f"/cart/items/{added['id']}").json["items"] == before


def test_the_total_of_a_changed_line_follows(tmp_path: Path) -> None:
    """And with it that of the cart."""
    price = {"type": "number"}
    line = _object(id=SERVERS, unitPrice=price, quantity=NUMBER, subtotal={**price, "readOnly": True})
    cart = _object(items={"type": "array", "items": line}, total={**price, "readOnly": True})
    item = [parameter("itemId", "path", type="integer")]
    call = mock(
        {
            "paths": {
                "/cart": {"get": answering(cart)},
                "/cart/items": {
                    "post": {**taking(_object(unitPrice=price, quantity=NUMBER)), **answering(cart)}
                },
                "/cart/items/{itemId}": {
                    "parameters": item,
                    "patch": {**taking(_object(quantity=NUMBER)), **answering(cart)},
                },
            }
        },
        tmp_path,
    )
    added = call("POST", "/cart/items", {"unitPrice": 10, "quantity": 2}).json["items"][-1]
    found = call("PATCH", f"/cart/items/{added['id']}", {"quantity": 3}).json

    assert added["subtotal"] == 20
    assert found["items"][-1] == {**added, "quantity": 3, "subtotal": 30}
    assert found["total"] == pytest.approx(sum(one["subtotal"] for one in found["items"]))


@pytest.mark.parametrize("is_written", [True, False])
def test_a_list_to_which_records_are_added_by_id_has_those_records(is_written: bool, tmp_path: Path) -> None:
    """The films of a watchlist are the films of the collection, from a fixture file or generated."""
    film = {"type": "array", "items": {"$ref": "#/components/schemas/Film"}}
    item = [parameter("filmId", "path", type="integer")]
    done: dict[str, Any] = {"responses": {"204": {"description": ""}}}
    fixtures = tmp_path / "fixtures"
    fixtures.mkdir()
    if is_written:
        (fixtures / "api.yaml").write_text(
            "collections: {films: {records: [{id: 7, title: Tide}, {id: 9, title: Dawn}]}}\n", "utf-8"
        )
    call = mock(
        {
            "components": {"schemas": {"Film": _object(id=NUMBER, title=TEXT)}},
            "paths": {
                "/films": {"get": answering(film)},
                "/films/{filmId}": {"parameters": item, "get": answering(film["items"])},
                "/me/watchlist": {"get": answering(film)},
                "/me/watchlist/{filmId}": {"parameters": item, "put": done, "delete": done},
            },
        },
        tmp_path,
        fixtures=fixtures,
    )
    first, *others = call("GET", "/films").json
    path = f"/me/watchlist/{first['id']}"

    assert call("DELETE", path).status == 204
    assert call("GET", "/me/watchlist").json == others
    assert call("PUT", path).status == 204
    assert first in call("GET", "/me/watchlist").json


def _roles(folder: Path, *, in_user: bool) -> Caller:
    """The roles of a user: replaced, added and removed one by one; with `in_user` the user shows them."""
    role = {"type": "string", "enum": ["admin", "editor", "viewer"]}
    roles = {"type": "array", "items": role}
    user = _object(id=NUMBER, name=TEXT, **({"roles": roles} if in_user else {}))
    done: dict[str, Any] = {"responses": {"204": {"description": ""}}}
    item = [parameter("id", "path", type="integer")]
    return mock(
        {
            "paths": {
                "/users/{id}": {"parameters": item, "get": answering(user)},
                "/users/{id}/roles": {
                    "parameters": item,
                    "get": answering(roles),
                    "put": {**taking(roles), **answering(roles)},
                },
                "/users/{id}/roles/{role}": {
                    "parameters": [*item, {**parameter("role", "path"), "schema": role}],
                    "put": done,
                    "delete": done,
                },
            }
        },
        folder,
    )


@pytest.mark.parametrize("in_user", [False, True])
def test_a_list_of_values_is_replaced_and_changed_value_by_value(in_user: bool, tmp_path: Path) -> None:
    """What was put is read, whether the record above shows the list or not."""
    call = _roles(tmp_path, in_user=in_user)

    assert call("PUT", "/users/3/roles", ["editor", "viewer"]).json == ["editor", "viewer"]
    assert call("PUT", "/users/3/roles/admin").status == 204
    assert call("PUT", "/users/3/roles/admin").status == 204
    assert call("DELETE", "/users/3/roles/editor").status == 204
    assert call("GET", "/users/3/roles").json == ["viewer", "admin"]
    assert call("GET", "/users/3").json.get("roles") == (["viewer", "admin"] if in_user else None)
    assert call("PUT", "/users/3/roles", []).json == call("GET", "/users/3/roles").json == []


@pytest.mark.parametrize("in_user", [False, True])
def test_a_generated_list_of_values_changes_by_a_value(in_user: bool, tmp_path: Path) -> None:
    """The first read shows what is changed afterwards."""
    call = _roles(tmp_path, in_user=in_user)
    before = call("GET", "/users/5/roles").json
    call("DELETE", f"/users/5/roles/{before[0]}" if before else "/users/5/roles/admin")

    assert call("GET", "/users/5/roles").json == [one for one in before if one != before[0]]
    if in_user:
        assert call("GET", "/users/6").json["roles"] == call("GET", "/users/6/roles").json


def test_two_lists_to_which_the_same_records_are_added_by_id(tmp_path: Path) -> None:
    """Neither owns them: each begins with records of its own; a path of one parameter does no harm."""
    tag = {"$ref": "#/components/schemas/Tag"}
    item = [parameter("tagId", "path", type="integer")]
    done: dict[str, Any] = {"responses": {"204": {"description": ""}}}
    paths: dict[str, Any] = {"/{name}": {"parameters": [parameter("name", "path")], "get": answering(tag)}}
    for name in ("favourites", "hidden"):
        paths[f"/{name}"] = {"get": answering({"type": "array", "items": tag})}
        paths[f"/{name}/{{tagId}}"] = {"parameters": item, "get": answering(tag), "put": done, "delete": done}
    call = mock(
        {"components": {"schemas": {"Tag": _object(id=NUMBER, label=TEXT)}}, "paths": paths}, tmp_path
    )

    for name in ("favourites", "hidden"):
        assert call("GET", f"/{name}").status == 200
        assert call("PUT", f"/{name}/7").status == 204
        assert 7 in [one["id"] for one in call("GET", f"/{name}").json]
