"""Operations without a handler answer from state that holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.http.calling import Caller
from tests.resources.mocking import NOW, SHOP, answering, build_mock, mock, parameter, taking

MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
TEAPOT = {"name": "Teapot", "price": 12.5, "category": "tools"}
ADA = {"name": "Ada", "email": "ada@example.org", "password": "correct horse"}


@pytest.fixture
def shop() -> Caller:
    """The shop, as new."""
    return mock(SHOP)


def customer_of(shop: Caller) -> str:
    """The id of a new customer."""
    created: str = shop("POST", "/v1/customers", ADA).json["data"]["id"]
    return created


def test_what_is_created_is_read_listed_and_located(shop: Caller) -> None:
    """A created record is where `Location` says, in the list, and equal in all three answers."""
    created = shop("POST", "/v1/products", TEAPOT)
    read = shop("GET", created.header("location") or "")
    listed = shop("GET", "/v1/products?per_page=100").json

    assert created.status == 201
    assert created.json.items() >= TEAPOT.items()
    assert read.json == created.json
    assert listed["items"][-1] == created.json
    assert listed["total"] == len(listed["items"])


def test_the_location_keeps_the_sessions_prefix(shop: Caller) -> None:
    """A client that names its session in its base URL finds what it created by `Location` alone."""
    created = shop("POST", "/~mine/v1/products", TEAPOT)

    assert (created.header("location") or "").startswith("/~mine/v1/products/")
    assert shop("GET", created.header("location") or "").json == created.json


def test_the_servers_fields_are_the_servers(shop: Caller) -> None:
    """Ids and moments are the server's, from its clock; a client's are not taken."""
    created = shop("POST", "/v1/products", {**TEAPOT, "id": 99, "created_at": "1999-01-01T00:00:00Z"}).json

    assert created["id"] != 99
    assert created["created_at"] == created["updated_at"] == NOW.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_merge_keeps_what_was_not_sent(shop: Caller) -> None:
    """A merge patch changes what it names, takes away what it names with null, keeps the rest."""
    path = shop("POST", "/v1/products", {**TEAPOT, "description": "Blue"}).header("location") or ""

    changed = shop("PATCH", path, content=b'{"price": 10, "description": null}', media_type=MERGE)

    assert changed.status == 200
    assert changed.json["price"] == 10
    assert changed.json["name"] == "Teapot"
    assert "description" not in changed.json
    assert shop("GET", path).json == changed.json


def test_a_merge_patch_empties_required_fields_and_ignores_other_fields(tmp_path: Path) -> None:
    """A required field that allows null becomes null; a field that the request's schema lacks is ignored."""
    note = {"type": "string", "nullable": True}
    number = {"type": "integer", "readOnly": True}
    properties = {"id": number, "note": note, "title": {"type": "string"}, "state": {"enum": ["new", "done"]}}
    shape = {"type": "object", "required": [*properties], "properties": properties}
    change = {"type": "object", "properties": {"note": note, "title": {"type": "string"}}}
    named = {"parameters": [parameter("id", "path", type="integer")]}
    paths: dict[str, Any] = {
        "/jobs": {"post": {**taking(shape), **answering(shape, "201")}},
        "/jobs/{id}": {
            **named,
            "get": answering(shape),
            "patch": {**taking(change, MERGE), **answering(shape)},
        },
    }
    jobs = mock({"paths": paths}, tmp_path)
    made = jobs("POST", "/jobs", {"note": "a", "title": "b", "state": "new"}).json

    body = b'{"note": null, "state": "no state"}'
    changed = jobs("PATCH", f"/jobs/{made['id']}", content=body, media_type=MERGE)

    assert changed.status == 200
    assert changed.json == {**made, "note": None}


def test_a_json_patch_is_applied(shop: Caller) -> None:
    """A JSON Patch is applied where the document takes one."""
    path = shop("POST", "/v1/products", {**TEAPOT, "tags": ["a"]}).header("location") or ""
    patch = [
        {"op": "test", "path": "/name", "value": "Teapot"},
        {"op": "add", "path": "/tags/-", "value": "b"},
    ]

    changed = shop("PATCH", path, content=json.dumps(patch).encode(), media_type=JSON_PATCH)

    assert changed.json["tags"] == ["a", "b"]


@pytest.mark.parametrize(
    ("patch", "status"),
    [
        ([{"op": "test", "path": "/name", "value": "Kettle"}], 409),
        ([{"op": "replace", "path": "/nothing", "value": "x"}], 409),
        ([{"op": "replace", "path": "name", "value": "x"}], 400),
    ],
)
def test_a_json_patch_that_cannot_be_applied_changes_nothing(
    shop: Caller, patch: list[dict[str, Any]], status: int
) -> None:
    """A failed test is a conflict, so is a path that leads nowhere; the record stays."""
    created = shop("POST", "/v1/products", TEAPOT)

    refused = shop(
        "PATCH", created.header("location") or "", content=json.dumps(patch).encode(), media_type=JSON_PATCH
    )

    assert refused.status == status
    assert shop("GET", created.header("location") or "").json == created.json


def test_a_replacement_keeps_nothing_but_what_is_the_servers(shop: Caller) -> None:
    """PUT leaves out what was not sent, and keeps the id and the moment of creation."""
    created = shop("POST", "/v1/products", {**TEAPOT, "description": "Blue"})

    replaced = shop("PUT", created.header("location") or "", {**TEAPOT, "name": "Kettle"}).json

    assert replaced["name"] == "Kettle"
    assert "description" not in replaced
    assert (replaced["id"], replaced["created_at"]) == (created.json["id"], created.json["created_at"])


def test_what_is_deleted_is_gone(shop: Caller) -> None:
    """A deleted record answers 404 with the documented body, and is not listed."""
    deleted = shop("DELETE", "/v1/products/3")
    gone = shop("GET", "/v1/products/3")
    listed = shop("GET", "/v1/products?per_page=100").json["items"]

    assert (deleted.status, gone.status) == (204, 404)
    assert gone.json["code"] == 404
    assert "3" in gone.json["message"]
    assert 3 not in [product["id"] for product in listed]
    assert shop("DELETE", "/v1/products/3").status == 404


def test_any_id_answers_in_an_open_world_the_same_every_time(shop: Caller) -> None:
    """A document without fixtures has a record for every id."""
    first = shop("GET", "/v1/products/4711")
    again = shop.in_("another")("GET", "/v1/products/4711")

    assert first.status == 200
    assert first.json["id"] == 4711
    assert first.json == again.json


def test_listed_records_are_those_that_are_read(shop: Caller) -> None:
    """Every element of a list is what reading its id answers."""
    products = shop("GET", "/v1/products?per_page=100").json["items"]
    assert products
    for product in products:
        assert shop("GET", f"/v1/products/{product['id']}").json == product


def test_write_only_fields_never_come_back(shop: Caller) -> None:
    """A password that was sent stands in no answer."""
    created = shop("POST", "/v1/customers", ADA)
    read = shop("GET", created.header("location") or "")
    listed = shop("GET", "/v1/customers?limit=50")

    assert created.json["data"] == read.json["data"]
    for answer in (created, read, listed):
        assert b"password" not in answer.body
        assert b"correct horse" not in answer.body


def test_an_id_that_cannot_be_is_a_bad_request(shop: Caller) -> None:
    """The path's schema holds in an open world too."""
    assert shop("GET", "/v1/products/0").status == 400
    assert shop("GET", "/v1/customers/nobody").status == 400


def test_nested_items_belong_to_their_parent(shop: Caller) -> None:
    """An order carries its customer's id, is found there and nowhere else."""
    ada, eve = customer_of(shop), customer_of(shop)
    order = shop("POST", f"/v1/customers/{ada}/orders", {"lines": [{"productId": 1, "quantity": 2}]}).json

    assert order["customerId"] == ada
    assert shop("GET", f"/v1/customers/{ada}/orders/{order['id']}").json == order
    assert shop("GET", f"/v1/customers/{ada}/orders").json == [order]
    assert shop("GET", f"/v1/customers/{eve}/orders").json == []
    assert shop("GET", f"/v1/customers/{eve}/orders/{order['id']}").status == 404


def test_nested_items_of_any_parent_show_in_an_open_world(shop: Caller) -> None:
    """A customer who was always there has orders, all of them the customer's."""
    anyone = "0a72eda8-fa57-4796-996a-ecbafdb8e3ad"
    orders = shop("GET", f"/v1/customers/{anyone}/orders").json

    assert 3 <= len(orders) <= 10
    assert {order["customerId"] for order in orders} == {anyone}


def test_what_belongs_to_a_deleted_parent_is_gone(shop: Caller) -> None:
    """Nothing below a deleted customer answers."""
    ada = customer_of(shop)
    shop("DELETE", f"/v1/customers/{ada}")

    assert shop("GET", f"/v1/customers/{ada}/orders").status == 404
    assert (
        shop("POST", f"/v1/customers/{ada}/orders", {"lines": [{"productId": 1, "quantity": 1}]}).status
        == 404
    )
    assert shop("GET", f"/v1/customers/{ada}/settings").status == 404


def test_an_action_moves_the_state_it_is_named_for(shop: Caller) -> None:
    """`cancel` makes an order cancelled, for good."""
    ada = customer_of(shop)
    order = shop("POST", f"/v1/customers/{ada}/orders", {"lines": [{"productId": 1, "quantity": 1}]}).json
    path = f"/v1/customers/{ada}/orders/{order['id']}"

    cancelled = shop("POST", f"{path}/cancel")

    assert order["status"] == "placed"
    assert cancelled.json == {**order, "status": "cancelled"}
    assert shop("GET", path).json == cancelled.json
    assert shop("POST", f"/v1/customers/{ada}/orders/9999/cancel").status == 404


def test_a_deletion_that_shows_the_record_shows_what_was(shop: Caller) -> None:
    """DELETE with a documented body answers the record as it was."""
    ada = customer_of(shop)
    order = shop("POST", f"/v1/customers/{ada}/orders", {"lines": [{"productId": 1, "quantity": 1}]}).json
    path = f"/v1/customers/{ada}/orders/{order['id']}"

    assert shop("DELETE", path).json == order
    assert shop("GET", path).status == 404


def test_a_thing_there_is_one_of_is_read_and_replaced(shop: Caller) -> None:
    """Settings hold what was put, for each customer alone."""
    ada, eve = customer_of(shop), customer_of(shop)
    before = shop("GET", f"/v1/customers/{eve}/settings").json

    shop("PUT", f"/v1/customers/{ada}/settings", {"newsletter": not before["newsletter"], "language": "de"})

    wanted = {"newsletter": not before["newsletter"], "language": "de"}
    assert shop("GET", f"/v1/customers/{ada}/settings").json == wanted
    assert shop("GET", f"/v1/customers/{eve}/settings").json == before


def test_a_reset_equals_a_fresh_start(shop: Caller) -> None:
    """After a reset everything answers as before anybody came, new ids included."""

    def story() -> list[bytes]:
        created = shop("POST", "/v1/products", TEAPOT)
        shop("DELETE", "/v1/products/1")
        return [created.body, shop("GET", "/v1/products").body, shop("GET", "/v1/customers").body]

    before = shop("GET", "/v1/products").body
    first = story()
    shop("POST", "/__admin/reset")

    assert shop("GET", "/v1/products").body == before
    assert story() == first


def test_sessions_do_not_see_each_other(shop: Caller) -> None:
    """What one session creates or deletes, another does not notice."""
    other = shop.in_("other")
    path = shop("POST", "/v1/products", TEAPOT).header("location") or ""
    shop("DELETE", "/v1/products/1")
    before = other("GET", path).json

    assert other("GET", "/v1/products/1").status == 200
    assert before["name"] != "Teapot"


def test_inferred_state_is_seen_and_changed_through_the_admin_api(shop: Caller) -> None:
    """The admin API reads and puts records of inferred resources by their collection's name."""
    shop("PUT", "/__admin/state/shop/products/7", {**shop("GET", "/v1/products/7").json, "name": "Put"})

    assert shop("GET", "/v1/products/7").json["name"] == "Put"
    assert "products" in shop("GET", "/__admin/state/shop").json["collections"]["shop"]


def test_another_process_answers_the_same_bytes() -> None:
    """Answers depend on the seed, not on the process or on what was asked before."""
    targets = ["/v1/products", "/v1/products/2", "/v1/customers?limit=3", "/v1/products/77", "/v1/ping"]

    first = [mock(SHOP)("GET", target).body for target in targets]
    one = mock(SHOP)
    backwards = [one("GET", target).body for target in reversed(targets)]

    assert first == backwards[::-1]
    assert mock(SHOP, seed=2)("GET", targets[0]).body != first[0]


def test_the_operations_are_explained() -> None:
    """Each operation's role is told in a line."""
    from mockserver.resources.explanation import explain

    service = build_mock(SHOP).services["shop"]
    told = {row.operation_id: row.answer for row in explain(service.document, {}, service.fallback)}

    shown = "filtered by category, price_max, q; sorted by sort; paged by page, per_page"
    assert told["listProducts"] == f"list of products; {shown}"
    assert told["createOrder"] == "create customers.orders by id"
    assert told["cancelOrder"] == "action cancel on customers.orders by id"
    assert told["replaceSettings"] == "replace customers.settings"
    assert told["ping"] == "200 example"


def test_what_is_deleted_is_gone_whatever_reading_shows(tmp_path: Path) -> None:
    """Reading may show one thing or another, or no record at all: deleted is deleted."""
    either = {"oneOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]}
    file = {"type": "object", "properties": {"path": {"type": "string"}, "size": {"type": "integer"}}}
    named = [parameter("path", "path")]
    call = mock(
        {
            "paths": {
                "/files/{path}": {
                    "get": {"parameters": named, **answering(either)},
                    "put": {"parameters": named, **taking(file), **answering(file, "201")},
                    "delete": {"parameters": named, "responses": {"204": {"description": ""}}},
                }
            }
        },
        tmp_path,
    )

    assert call("PUT", "/files/readme", {"size": 3}).status == 201
    assert call("GET", "/files/readme").status == 200
    assert call("DELETE", "/files/readme").status == 204
    assert call("GET", "/files/readme").status == 404
    assert call("GET", "/files/licence").status == 200


def test_records_that_are_only_shown_in_xml_are_kept_too(tmp_path: Path) -> None:
    """The answer to creating one names its id, by which it is read and deleted."""
    zone = {"type": "object", "required": ["Id"], "properties": {"Id": {"type": "string"}}}
    zone["xml"] = {"name": "Zone"}

    def in_xml(schema: Any, status: str = "200") -> dict[str, Any]:
        return {"responses": {status: {"description": "", "content": {"text/xml": {"schema": schema}}}}}

    named = [parameter("Id", "path")]
    items = {
        "get": {"parameters": named, **in_xml(zone)},
        "delete": {"parameters": named, "responses": {"204": {"description": ""}}},
    }
    call = mock({"paths": {"/zones": {"post": in_xml(zone, "201")}, "/zones/{Id}": items}}, tmp_path)

    created = call("POST", "/zones")
    path = created.header("location")

    assert path is not None
    assert f"<Id>{path.rpartition('/')[2]}</Id>" in created.body.decode()
    assert call("GET", path).body == created.body
    assert call("DELETE", path).status == 204
    assert call("GET", path).status == 404


def test_an_example_of_an_id_is_one_records_id(tmp_path: Path) -> None:
    """Each of the others has its own, new ones too."""
    gid = {"type": "string", "readOnly": True, "example": "12345"}
    properties = {"gid": gid, "name": {"type": "string"}}
    task = {"type": "object", "required": ["gid"], "properties": properties}
    one = {"parameters": [parameter("gid", "path")], **answering(task)}
    tasks = {"get": answering({"type": "array", "items": task}), "post": {**taking(task), **answering(task)}}
    call = mock({"paths": {"/tasks": tasks, "/tasks/{gid}": {"get": one}}}, tmp_path)

    listed = [entry["gid"] for entry in call("GET", "/tasks").json]
    created = [call("POST", "/tasks", {"name": name}).json for name in ("one", "two")]

    assert listed[0] == "12345"
    assert len(listed) > 1
    assert len({*listed, *(entry["gid"] for entry in created)}) == len(listed) + 2
    assert [call("GET", f"/tasks/{entry['gid']}").json["name"] for entry in created] == ["one", "two"]
