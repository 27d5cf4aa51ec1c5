"""A new record has what was sent and what is the server's, and nothing that is still to come."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.resources.mocking import NOW, answering, mock, parameter, taking

NUMBER = {"type": "integer"}
TEXT = {"type": "string"}
FLAG = {"type": "boolean"}
MOMENT = {"type": "string", "format": "date-time"}
STATES = {"type": "string", "enum": ["shipped", "pending", "cancelled"]}
CUSTOMER = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": NUMBER, "name": TEXT, "ordersCount": NUMBER},
}


def created(tmp_path: Path, properties: dict[str, Any], sent: Any = None, **more: Any) -> dict[str, Any]:
    """A new order with these properties, made by a request that may send a few of them."""
    order = {"type": "object", "properties": {"id": NUMBER, **properties}, **more}
    known: dict[str, Any] = order["properties"]
    may = {name: schema for name, schema in known.items() if name in {"customerId", "status"}}
    body = {"type": "object", "properties": {"note": TEXT, **may}}
    paths = {
        "/orders": {"post": {**taking(body), **answering(order, "201")}},
        "/orders/{id}": {"parameters": [parameter("id", "path", **NUMBER)], "get": answering(order)},
        "/customers": {
            "get": answering({"type": "array", "items": CUSTOMER}),
            "post": {**taking({"type": "object"}), **answering(CUSTOMER, "201")},
        },
        "/customers/{id}": {
            "parameters": [parameter("id", "path", **NUMBER)],
            "get": answering(CUSTOMER),
        },
    }
    call = mock({"paths": paths}, tmp_path)
    call("POST", "/customers", {"name": "Ada"})
    found: dict[str, Any] = call("POST", "/orders", sent or {"note": "Ring twice"}).json
    assert call("GET", f"/orders/{found['id']}").json == found
    return found


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("cancelReason", TEXT),
        ("cancelledAt", MOMENT),
        ("completedAt", MOMENT),
        ("deletedAt", MOMENT),
        ("lastLoginAt", MOMENT),
        ("color", TEXT),
        ("rating", {"type": "number"}),
        ("courier", {"type": "object", "properties": {"name": TEXT}}),
        ("approvedById", NUMBER),
    ],
)
def test_what_nobody_sent_is_left_out_or_null(tmp_path: Path, name: str, schema: Any) -> None:
    """What no request can send and no server makes at once is not there, or null where that is allowed."""
    assert name not in created(tmp_path, {name: schema})
    assert created(tmp_path, {name: {**schema, "nullable": True}})[name] is None


@pytest.mark.parametrize(
    "name", ["orderNumber", "uuid", "slug", "reference", "html_url", "_links", "etag", "createdBy"]
)
def test_what_a_server_makes_at_once_is_there(tmp_path: Path, name: str) -> None:
    """Names and numbers of the record itself, its links, and who made it are the server's from the start."""
    assert created(tmp_path, {name: TEXT})[name]


def test_moments_of_creation_are_now(tmp_path: Path) -> None:
    """A new record was created, and last changed, when the request came."""
    found = created(tmp_path, {"createdAt": MOMENT, "updated_at": MOMENT, "closedAt": MOMENT})

    assert found["createdAt"] == found["updated_at"] == NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert "closedAt" not in found


@pytest.mark.parametrize(
    ("schema", "state"),
    [
        (STATES, "pending"),
        ({"type": "string", "enum": ["left", "right"]}, "left"),
        ({**STATES, "default": "shipped"}, "shipped"),
        ({"type": "string", "enum": ["IN_PROGRESS", "NOT_STARTED"]}, "NOT_STARTED"),
        (TEXT, "active"),
    ],
)
@pytest.mark.parametrize("name", ["status", "paymentState"])
def test_a_state_is_the_first(tmp_path: Path, name: str, schema: Any, state: str) -> None:
    """A state is the default, or what sounds like a beginning, or the first that the document names."""
    assert created(tmp_path, {name: schema})[name] == state


def test_a_state_that_was_sent_holds(tmp_path: Path) -> None:
    """What a request says comes before what things begin with."""
    assert created(tmp_path, {"status": STATES}, {"status": "shipped"})["status"] == "shipped"


def test_nothing_was_counted_yet(tmp_path: Path) -> None:
    """Lists are empty, counts are 0 and flags are down, but for those that are up on most things."""
    properties = {
        "payments": {"type": "array", "items": {"type": "object", "properties": {"id": NUMBER}}},
        "commentsCount": NUMBER,
        "isArchived": FLAG,
        "active": FLAG,
    }
    wanted = {"payments": [], "commentsCount": 0, "isArchived": False, "active": True}

    assert created(tmp_path, properties).items() >= wanted.items()


def test_what_is_required_is_made_up(tmp_path: Path) -> None:
    """What every answer has to have is there, whoever could have sent it; null where that is enough."""
    properties = {"color": TEXT, "deletedAt": {**MOMENT, "nullable": True}, "total": {"type": "number"}}
    found = created(tmp_path, properties, required=["color", "deletedAt", "total"])

    assert isinstance(found["color"], str)
    assert isinstance(found["total"], int | float)
    assert found["deletedAt"] is None


def test_what_the_document_says_itself_is_there(tmp_path: Path) -> None:
    """A default, or the only value that there is, is no invention."""
    properties = {"object": {"type": "string", "enum": ["order"]}, "priority": {**TEXT, "default": "low"}}

    assert created(tmp_path, properties).items() >= {"object": "order", "priority": "low"}.items()


def test_what_was_sent_tells_what_is_shown_beside_it(tmp_path: Path) -> None:
    """An order for a customer made a moment ago shows that customer, by the name that was sent."""
    properties = {"customerId": NUMBER, "customer": CUSTOMER, "customerName": TEXT}
    found = created(tmp_path, properties, {"customerId": 11})

    assert found["customer"].items() >= {"id": 11, "name": "Ada"}.items()
    assert found["customerName"] == "Ada"


def test_where_nothing_can_be_sent_all_is_the_servers(tmp_path: Path) -> None:
    """A record that is made without a body is made by the server, but for what comes later."""
    job = {"type": "object", "properties": {"id": NUMBER, "region": TEXT, "failureReason": TEXT}}
    paths = {
        "/jobs": {"post": answering(job, "201")},
        "/jobs/{id}": {"parameters": [parameter("id", "path", **NUMBER)], "get": answering(job)},
    }
    found = mock({"paths": paths}, tmp_path)("POST", "/jobs").json

    assert found["region"]
    assert "failureReason" not in found


def test_what_follows_from_what_was_sent_is_there(tmp_path: Path) -> None:
    """Sums, counts and slugs of a new record are those of what was sent, not of what was made up."""
    price = {"type": "number"}
    line = {"type": "object", "properties": {"sku": TEXT, "quantity": NUMBER, "unitPrice": price}}
    known = {"title": TEXT, "items": {"type": "array", "items": line}}
    basket = {
        "type": "object",
        "properties": {
            "id": NUMBER,
            **known,
            "slug": TEXT,
            "itemCount": NUMBER,
            "subtotal": price,
            "total": price,
        },
    }
    paths = {
        "/baskets": {"post": {**taking({"type": "object", "properties": known}), **answering(basket, "201")}},
        "/baskets/{id}": {"parameters": [parameter("id", "path", **NUMBER)], "get": answering(basket)},
    }
    call = mock({"paths": paths}, tmp_path)
    items = [{"sku": "A", "quantity": 2, "unitPrice": 1.25}, {"sku": "B", "quantity": 1, "unitPrice": 10.0}]
    made = call("POST", "/baskets", {"title": "My Friday List", "items": items}).json
    told = call("POST", "/baskets", {"items": [{"sku": "A"}]}).json

    assert made.items() >= {"slug": "my-friday-list", "itemCount": 2, "subtotal": 12.5, "total": 12.5}.items()
    assert made["items"] == items
    assert "total" not in told


@pytest.mark.parametrize("method", ["action", "patch"])
def test_what_happens_later_has_its_moment_then(tmp_path: Path, method: str) -> None:
    """What is cancelled was cancelled when that was asked for, by an action or by its state."""
    order = {"type": "object", "properties": {"id": NUMBER, "status": STATES, "cancelledAt": MOMENT}}
    body = {"type": "object", "properties": {"status": STATES}}
    one = [parameter("id", "path", **NUMBER)]
    paths = {
        "/orders": {"post": {**taking(body), **answering(order, "201")}},
        "/orders/{id}": {
            "parameters": one,
            "get": answering(order),
            "patch": {**taking(body), **answering(order)},
        },
        "/orders/{id}/cancel": {"parameters": one, "post": answering(order)},
    }
    call = mock({"paths": paths}, tmp_path)
    path = f"/orders/{call('POST', '/orders', {}).json['id']}"
    changed = (
        call("POST", f"{path}/cancel") if method == "action" else call("PATCH", path, {"status": "cancelled"})
    ).json

    assert changed["status"] == "cancelled"
    assert changed["cancelledAt"] == NOW.strftime("%Y-%m-%dT%H:%M:%SZ")


@settings(max_examples=15, deadline=None)
@given(
    names=st.lists(st.sampled_from(["color", "cancelReason", "weight", "deletedAt", "tags"]), unique=True),
    required=st.booleans(),
)
def test_nothing_is_invented_that_need_not_be(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], required: bool
) -> None:
    """Whatever a record may hold, a new one holds of it what has to stand there and no more."""
    properties = dict.fromkeys(names, TEXT)
    found = created(tmp_path_factory.mktemp("new"), properties, required=names if required else [])

    assert found.keys() == {"id", *(names if required else [])}


def test_each_new_record_has_its_own_numbers_in_the_form_of_the_example(tmp_path: Path) -> None:
    """Whatever the number or the code is called; what belongs to something else stays the example."""
    examples: dict[str, Any] = {
        "orderNumber": 1001,
        "ticket": "TCK-00042",
        "confirmationCode": "AB12CD",
        "bookingReference": "BR/2024/17",
        "trackingNumber": "1Z999AA10123456784",
        "caseNo": "C-7",
        "sequence": 5,
        "statusCode": 200,
        "phoneNumber": "+1 555 0100",
    }
    properties = {
        name: {"type": "integer" if isinstance(value, int) else "string", "example": value}
        for name, value in examples.items()
    }
    record = {
        "type": "object",
        "required": ["id", *examples],
        "properties": {"id": {"type": "integer", "readOnly": True}, **properties},
    }
    listed = answering({"type": "array", "items": record})
    paths = {"/orders": {"get": listed, "post": {**taking({"type": "object"}), **answering(record, "201")}}}
    call = mock({"paths": paths}, tmp_path)
    made = [call("POST", "/orders", {}).json for _ in range(3)]

    for name, value in examples.items():
        if name in {"statusCode", "phoneNumber"}:
            assert {one[name] for one in made} == {value}
            continue
        values = [one[name] for one in made]
        assert len({*values, value}) == 4, values
        form = re.sub(r"\d+", lambda run: r"\d+", re.escape(str(value)))
        assert all(re.fullmatch(form, str(one)) for one in values), values
