"""Rules of collections: values that are there once, computed fields, owners, access, and hooks."""

from __future__ import annotations

from typing import Any

import pytest
from tests.http.mocks import Mocks, document, operation

from mockserver.errors import FixtureError
from mockserver.resources.explanation import explain

LINE = {
    "type": "object",
    "properties": {"unitPrice": {"type": "number"}, "quantity": {"type": "integer"}},
}
ORDER = {
    "type": "object",
    "required": ["id", "total"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "number": {"type": "string"},
        "customerId": {"type": "integer"},
        "status": {"type": "string", "enum": ["open", "paid"]},
        "lines": {"type": "array", "items": LINE},
        "total": {"type": "number"},
        "label": {"type": "string"},
    },
}
ERROR = {
    "description": "",
    "content": {
        "application/json": {"schema": {"type": "object", "properties": {"error": {"type": "string"}}}}
    },
}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}


def _json(schema: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _shop(*statuses: str, place: str | None = None) -> dict[str, Any]:
    """A shop whose operations document these statuses besides success; records are in `place` of a body."""
    reference = {"$ref": "#/components/schemas/Order"}
    shown = reference if place is None else {"type": "object", "properties": {place: reference}}
    body = {"requestBody": {"required": True, **_json(shown)}}
    others = dict.fromkeys(statuses, ERROR)

    def answers(status: str = "200", schema: Any = shown) -> dict[str, Any]:
        return {status: {"description": "", **_json(schema)}, **others}

    listed = {"type": "array", "items": reference}
    items = {
        "get": operation("getOrder", responses=answers()),
        "put": operation("putOrder", **body, responses=answers()),
        "patch": operation("patchOrder", **body, responses=answers()),
        "delete": operation("deleteOrder", responses={"204": {"description": ""}, **others}),
        "parameters": [ID],
    }
    search = {"name": "status", "in": "query", "schema": {"type": "string"}}
    return document(
        {
            "/orders": {
                "get": operation("listOrders", parameters=[search], responses=answers(schema=listed)),
                "post": operation("createOrder", **body, responses=answers("201")),
            },
            "/orders/count": {
                "get": operation(
                    "countOrders",
                    responses=answers(
                        schema={"type": "object", "properties": {"count": {"type": "integer"}}}
                    ),
                )
            },
            "/orders/{id}": items,
            "/orders/{id}/pay": {"post": operation("payOrder", parameters=[ID], responses=answers())},
            "/orders/{id}/lines": {
                "get": operation(
                    "listLines", parameters=[ID], responses=answers(schema={"type": "array", "items": LINE})
                )
            },
        },
        components={
            "schemas": {"Order": ORDER},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    )


def _line(price: float, quantity: int) -> dict[str, Any]:
    return {"unitPrice": price, "quantity": quantity}


TOTAL = {"total": {"sum": {"of": "lines", "product": ["unitPrice", "quantity"]}}}
RECORDS = [
    {"id": 1, "number": "A", "customerId": 3, "status": "open", "lines": [_line(0.1, 3)], "total": 0},
    {"id": 2, "number": "B", "customerId": 4, "status": "open", "lines": [], "total": 0},
]


def _orders(**rules: Any) -> dict[str, Any]:
    return {"collections": {"orders": {"records": RECORDS, **rules}}}


UNIQUE = _orders(unique=["number"])


@pytest.mark.parametrize(
    ("statuses", "expected", "media_type"),
    [
        (("400", "409"), 409, "application/json"),
        (("400", "404", "422"), 422, "application/json"),
        (("400", "404"), 400, "application/json"),
        (("4XX",), 409, "application/json"),
        (("400", "default"), 400, "application/json"),
        (("default",), 409, "application/json"),
        (("404",), 409, "application/problem+json"),
        ((), 409, "application/problem+json"),
    ],
)
def test_a_second_record_with_a_unique_value_is_refused_as_documented(
    mocks: Mocks, statuses: tuple[str, ...], expected: int, media_type: str
) -> None:
    """With the documented conflict, else the documented error of the caller, else a problem."""
    call = mocks.call(_shop(*statuses), UNIQUE)

    answer = call("POST", "/orders", {"number": "A", "lines": [], "total": 1})

    assert (answer.status, answer.header("content-type")) == (expected, media_type)
    assert len(call("GET", "/orders").json) == 2
    if media_type == "application/problem+json":
        assert answer.pointers == ["#/number"]
        assert "'A'" in answer.json["detail"]


@pytest.mark.parametrize(
    ("method", "target", "body", "status"),
    [
        ("PUT", "/orders/1", {"number": "B", "total": 1}, 409),
        ("PUT", "/orders/1", {"number": "A", "total": 1}, 200),
        ("PATCH", "/orders/1", {"number": "B", "total": 1}, 409),
        ("PATCH", "/orders/1", {"number": "A", "total": 1}, 200),
        ("PATCH", "/orders/1", {"number": "C", "total": 1}, 200),
        ("POST", "/orders", {"total": 1, "number": "C"}, 201),
    ],
)
def test_changes_are_held_to_what_is_unique(
    mocks: Mocks, method: str, target: str, body: Any, status: int
) -> None:
    """A record may keep its own value; nothing of what was refused is kept."""
    call = mocks.call(_shop(), UNIQUE)

    assert call(method, target, body).status == status
    if status == 409:
        assert call("GET", "/orders/1").json["number"] == "A"


def test_a_unique_value_is_free_again_after_its_record_is_deleted(mocks: Mocks) -> None:
    """And a missing value is no duplicate of a missing one."""
    call = mocks.call(_shop(), UNIQUE)
    call("DELETE", "/orders/2")

    assert call("POST", "/orders", {"number": "B", "total": 1}).status == 201
    admin = "/__admin/state/shop/orders"
    for key in (50, 51):
        assert call("PUT", f"{admin}/{key}", {"id": key, "total": 1}).status == 201
    assert call("PUT", f"{admin}/52", {"id": 52, "total": 1, "number": "B"}).status == 409


def test_the_pointer_of_a_duplicate_leads_through_the_envelope(mocks: Mocks) -> None:
    """To the field as it is in the request's body."""
    call = mocks.call(_shop(place="order"), UNIQUE)

    answer = call("POST", "/orders", {"order": {"number": "A", "total": 1}})

    assert (answer.status, answer.pointers) == (409, ["#/order/number"])


def test_an_open_collection_can_have_rules_without_records(mocks: Mocks) -> None:
    """It stays open: any id answers, with its computed fields."""
    call = mocks.call(_shop(), {"collections": {"orders": {"unique": ["number"], "compute": TOTAL}}})

    first = call("POST", "/orders", {"number": "X", "lines": [_line(2.5, 4)], "total": 3})
    assert first.json["total"] == 10.0
    assert call("POST", "/orders", {"number": "X", "lines": [], "total": 3}).status == 409
    other = call("GET", "/orders/4711").json
    expected = sum(line["unitPrice"] * line["quantity"] for line in other.get("lines", []))
    assert other["total"] == pytest.approx(expected)


def test_computed_fields_follow_every_write(mocks: Mocks) -> None:
    """Whatever the client says: in baseline records, by requests, the admin API and scenarios."""
    scenario = {
        "description": "More.",
        "records": {"orders": [{"id": 2, "lines": [_line(7, 2)]}]},
    }
    call = mocks.call(_shop(), {**_orders(compute=TOTAL), "scenarios": {"more": scenario}})

    assert call("GET", "/orders/1").json["total"] == 0.3
    created = call("POST", "/orders", {"lines": [_line(1.5, 2), _line(2, 1)], "total": 99}).json
    assert created["total"] == 5.0
    assert call("GET", f"/orders/{created['id']}").json["total"] == 5.0
    assert call("PATCH", "/orders/1", {"lines": [_line(4, 2)], "total": 1}).json["total"] == 8
    assert call("PUT", "/orders/1", {"lines": [_line(1, 1)], "total": 1}).json["total"] == 1
    put = call("PUT", "/__admin/state/shop/orders/9", {"id": 9, "lines": [_line(3, 3)]})
    assert (put.status, put.json["total"]) == (201, 9)
    call("POST", "/__admin/scenarios/shop/more")
    assert call("GET", "/orders/2").json["total"] == 14


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ({"sum": {"of": "lines", "product": ["unitPrice", "quantity"]}}, 11.2),
        ({"sum": {"of": "lines", "field": "quantity"}}, 5),
        ({"sum": {"of": "lines", "copy": "quantity"}}, 5),
        ({"sum": {"of": "nothing", "field": "quantity"}}, 0),
        ({"sum": ["customerId", 4, "nothing"]}, 7),
        ({"sum": "numbers"}, 6),
        ({"sum": {"of": "texts"}}, "3.75"),
        ({"product": ["customerId", 2]}, 6),
        ({"product": ["customerId", {"sum": ["customerId", 0.5]}]}, 10.5),
        ({"product": ["customerId", "nothing"]}, None),
        ({"count": "lines"}, 3),
        ({"count": {"of": "lines", "when": "gift", "is": True, "then": 1}}, 1),
        ({"count": "nothing"}, 0),
        ({"min": {"of": "lines", "field": "unitPrice"}}, 0.1),
        ({"max": {"of": "lines", "field": "unitPrice"}}, 5.5),
        ({"max": ["customerId", 2]}, 3),
        ({"min": "nothing"}, None),
        ({"concat": ["number", "-", "customerId"]}, "A-3"),
        ({"concat": ["nothing", "number"]}, "A"),
        ({"concat": {"of": "lines", "field": "name", "with": ", "}}, "pen, ink"),
        ({"text": "{number}/{customerId}"}, "A/3"),
        ({"copy": "nothing"}, None),
        ({"copy": "address.city"}, "Rome"),
        ({"when": "customerId", "is": 3, "then": "three", "else": "other"}, "three"),
        ({"instant": {"format": "%Y-%m-%d"}}, "2020-05-04"),
    ],
)
def test_an_expression_computes_a_field(mocks: Mocks, expression: Any, expected: Any) -> None:
    """In exact decimals, and without what is not there."""
    lines = [
        {**_line(0.1, 2), "name": "pen", "gift": False},
        {**_line(5.5, 2), "name": "ink", "gift": True},
        {"quantity": 1},
    ]
    record = {
        "id": 1,
        "number": "A",
        "customerId": 3,
        "lines": lines,
        "address": {"city": "Rome"},
        "total": 1,
    }
    record |= {"numbers": [1, 2, 3], "texts": ["1.25", "2.50"], "extra": "before"}
    orders = {"records": [record], "compute": {"extra": expression}}
    call = mocks.call(_shop(), {"clock": "2020-05-04T00:00:00Z", "collections": {"orders": orders}})

    found = call("GET", "/__admin/state/shop/orders/1").json

    assert found.get("extra") == expected
    assert "id" in found


def test_computed_fields_can_use_those_before_them(mocks: Mocks) -> None:
    """In the order written."""
    compute = {"net": TOTAL["total"], "total": {"product": ["net", 1.2]}}
    call = mocks.call(_shop(), _orders(compute=compute))

    assert call("GET", "/orders/1").json["total"] == 0.36


@pytest.mark.parametrize(
    ("rules", "pointer", "told"),
    [
        ({"unique": "number"}, "/unique", "a list is expected"),
        ({"unique": [7]}, "/unique/0", "text is expected"),
        ({"compute": {"total": {"sum": 7}}}, "/compute/total", "needs a list"),
        ({"compute": {"total": {"sum": {"off": "lines"}}}}, "/compute/total", "'of' is the path"),
        ({"compute": {"total": {"sum": {"of": "lines", "prod": []}}}}, "/records/0", "does not allow 'prod'"),
        ({"compute": {"total": {"sum": ["number"]}}}, "/records/0", "cannot be used"),
        (
            {"compute": {"total": {"text": "x"}}, "schema": "#/components/schemas/Order"},
            "/records/0",
            "total",
        ),
        ({"owner": {"fields": "x"}}, "/owner/fields", "unknown key"),
        ({"owner": {"all": ["x"]}}, "/owner/field", "text is expected"),
        ({"unique": ["status"]}, "/records", "two records have the status 'open'"),
    ],
)
def test_rules_that_cannot_be_stop_the_start(mocks: Mocks, rules: Any, pointer: str, told: str) -> None:
    """With their place in the fixture file."""
    with pytest.raises(FixtureError, match=told) as raised:
        mocks.build(_shop(), _orders(**rules))

    assert raised.value.place.pointer.startswith(f"/collections/orders{pointer}")


IDENTITIES = {
    "ann": {"token": "ann", "subject": "3", "roles": ["customer"]},
    "bob": {"token": "bob", "subject": 4, "roles": ["customer"]},
    "eve": {"token": "eve", "subject": "9", "roles": ["admin"]},
}
OWNER = {"field": "customerId", "all": ["admin"]}


def _owned(*statuses: str, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    shop = {**_shop(*statuses), "security": [{"bearer": []}]}
    return shop, {"identities": IDENTITIES, **_orders(owner=OWNER), **more}


def test_callers_see_their_own_records_in_lists_counts_and_searches(mocks: Mocks) -> None:
    """And whoever has one of the roles in `all` sees all."""
    call = mocks.call(*_owned())

    def seen(token: str, target: str) -> list[int]:
        return [order["id"] for order in call.as_(token)("GET", target).json]

    assert [seen(token, "/orders") for token in ("ann", "bob", "eve")] == [[1], [2], [1, 2]]
    assert [seen(token, "/orders?status=open") for token in ("ann", "eve")] == [[1], [1, 2]]
    assert [call.as_(token)("GET", "/orders/count").json["count"] for token in ("ann", "eve")] == [1, 2]
    assert [call.as_(token)("GET", "/orders/2").status for token in ("ann", "bob", "eve")] == [404, 200, 200]
    below = [call.as_(token)("GET", "/orders/2/lines").status for token in ("ann", "bob")]
    assert below == [404, 200]


@pytest.mark.parametrize(("statuses", "expected"), [(("403",), 403), (("404",), 404), ((), 404)])
def test_records_of_somebody_else_cannot_be_changed(
    mocks: Mocks, statuses: tuple[str, ...], expected: int
) -> None:
    """The answer is the documented 403, else 404; the record is what it was."""
    call = mocks.call(*_owned(*statuses))
    ann = call.as_("ann")
    order = {"number": "Z", "total": 1}

    found = [
        ann("PUT", "/orders/2", order).status,
        ann("PATCH", "/orders/2", order).status,
        ann("DELETE", "/orders/2").status,
        ann("POST", "/orders/2/pay").status,
    ]

    assert found == [expected] * 4
    assert call.as_("bob")("GET", "/orders/2").json["number"] == "B"
    assert call.as_("eve")("PATCH", "/orders/2", order).status == 200


def test_a_new_record_belongs_to_whoever_makes_it(mocks: Mocks) -> None:
    """Unless the request says otherwise, which the documented 403 refuses; replacing it changes no owner."""
    call = mocks.call(*_owned("403"))
    ann = call.as_("ann")

    made = ann("POST", "/orders", {"number": "N", "total": 1}).json

    assert made["customerId"] == 3
    assert ann("PUT", f"/orders/{made['id']}", {"number": "M", "total": 1}).json["customerId"] == 3
    assert ann("GET", f"/orders/{made['id']}").json["number"] == "M"
    assert ann("POST", "/orders", {"customerId": 4, "total": 1}).status == 403
    assert call.as_("eve")("POST", "/orders", {"customerId": 4, "total": 1}).json["customerId"] == 4


def test_owners_are_not_asked_for_without_authentication(mocks: Mocks) -> None:
    """Everybody sees everything."""
    call = mocks.call(*_owned(), auth="off")

    assert len(call("GET", "/orders").json) == 2


def test_access_of_the_fixture_file_beats_the_document(mocks: Mocks) -> None:
    """Its roles take the place of `x-access`; what it does not name stays."""
    shop, fixture = _owned("403")
    for method in ("delete", "get"):
        shop["paths"]["/orders/{id}"][method]["x-access"] = {"roles": ["customer"]}
    access = {"deleteOrder": {"roles": ["admin"]}, "listOrders": {"roles": ["admin"]}}
    call = mocks.call(shop, {**fixture, "access": access})

    assert [call.as_(token)("DELETE", "/orders/1").status for token in ("ann", "eve")] == [403, 204]
    assert [call.as_(token)("GET", "/orders").status for token in ("ann", "eve")] == [403, 200]
    assert [call.as_(token)("GET", "/orders/2").status for token in ("bob", "eve")] == [200, 403]


def test_access_asks_for_a_token_where_the_document_asks_for_none(mocks: Mocks) -> None:
    """Whoever is to have a role has to say who it is."""
    call = mocks.call(_shop(), {"identities": IDENTITIES, "access": {"listOrders": {"roles": ["admin"]}}})

    assert [call.as_(token)("GET", "/orders").status for token in (None, "ann", "eve")] == [401, 403, 200]
    assert call("GET", "/orders/1").status == 200


def test_access_asks_for_scopes_where_an_identity_has_some(mocks: Mocks) -> None:
    """An identity without has none; a missing one is named; a signed token carries them."""
    shop, fixture = _owned()
    access = {
        "deleteOrder": {"scopes": ["orders.delete", "orders.read"]},
        "getOrder": {"scopes": ["orders.read"]},
    }
    identities = {**IDENTITIES, "sue": {"subject": "4", "scopes": ["orders.read"]}}
    call = mocks.call(shop, {**fixture, "identities": identities, "access": access})
    sue = call("POST", "/__admin/tokens", {"identity": "sue", "api": "shop"}).json["token"]

    refused = call.as_(sue)("DELETE", "/orders/2")
    assert (refused.status, "no scope orders.delete" in refused.json["detail"]) == (403, True)
    assert [call.as_(token)("GET", "/orders/2").status for token in (sue, "bob")] == [200, 403]
    lenient = mocks.call(shop, {**fixture, "access": access})
    assert lenient.as_("bob")("DELETE", "/orders/2").status == 204


@pytest.mark.parametrize(
    ("access", "pointer"),
    [
        ({"nope": {}}, "/access/nope"),
        ({"getOrder": {"role": []}}, "/access/getOrder/role"),
        ({"getOrder": {"roles": "admin"}}, "/access/getOrder/roles"),
        ({"getOrder": {"scopes": [1]}}, "/access/getOrder/scopes/0"),
    ],
)
def test_access_that_cannot_be_stops_the_start(mocks: Mocks, access: Any, pointer: str) -> None:
    """With its place in the fixture file."""
    with pytest.raises(FixtureError) as raised:
        mocks.build(_shop(), {"access": access})

    assert raised.value.place.pointer == pointer


def test_rules_of_a_collection_that_there_is_not_are_named_at_start(mocks: Mocks) -> None:
    """They would do nothing."""
    app = mocks.build(
        _shop(), {"collections": {"orderz": {"unique": ["number"]}, "orders": {"unique": ["id"]}}}
    )

    (line,) = [line for line in app.warnings() if "orderz" in line]

    assert "has no collections orderz" in line
    assert "orders" in line


def test_explanations_name_the_rules(mocks: Mocks) -> None:
    """Those of the operation before what answers else, those of the collection as reasons."""
    rule = {"answer": {"status": 201}}
    shop, fixture = _owned()
    fixture["collections"]["orders"] |= {"unique": ["number"], "compute": TOTAL}
    service = mocks.build(shop, {**fixture, "operations": {"createOrder": {"rules": [rule]}}}).services[
        "shop"
    ]
    rows = explain(service.document, {}, service.fallback, service.fixture.rules)
    told = {row.operation_id: (row.answer, [str(reason) for reason in row.reasons]) for row in rows}

    answer, reasons = told["createOrder"]
    assert answer.startswith("1 rule, else create orders")
    assert {"unique: `number`", "compute: `total`"} < set(reasons)
    owner = "owner: callers see records whose `customerId` is their subject, but for admin"
    assert owner in told["listOrders"][1]
    assert "unique: `number`" not in told["listOrders"][1]
