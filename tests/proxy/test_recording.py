"""What the proxy records, and that `serve` then answers it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from tests.http.calling import Caller
from tests.http.mocks import document
from tests.proxy.rig import Rig
from tests.resources.mocking import answering, parameter, taking

from mockserver.app import build
from mockserver.config import Settings

ORDER = {
    "type": "object",
    "required": ["id", "total"],
    "properties": {
        "id": {"type": "integer"},
        "total": {"type": "integer"},
        "api_token": {"type": "string", "minLength": 8},
    },
}
CUSTOMER = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
}
WHOSE, WHICH = parameter("customerId", "path"), parameter("orderId", "path")
ABOVE, BELOW = "/customers/{customerId}", "/customers/{customerId}/orders"
NOTE = {"responses": {"200": {"description": "", "content": {"text/plain": {"schema": {"type": "string"}}}}}}
GONE = {"responses": {"204": {"description": ""}}}
SHOP = document(
    {
        ABOVE: {"parameters": [WHOSE], "get": {"operationId": "getCustomer", **answering(CUSTOMER)}},
        BELOW: {
            "parameters": [WHOSE],
            "get": {"operationId": "listOrders", **answering({"type": "array", "items": ORDER})},
            "post": {"operationId": "createOrder", **taking(ORDER), **answering(ORDER, "201")},
        },
        BELOW + "/{orderId}": {
            "parameters": [WHOSE, WHICH],
            "get": {"operationId": "getOrder", **answering(ORDER)},
            "delete": {"operationId": "deleteOrder", **GONE},
        },
        "/note": {"get": {"operationId": "getNote", **NOTE}},
    }
)


class _Shop:
    """An implementation with orders below customers, and a recording of it."""

    def __init__(self, folder: Path) -> None:
        self.orders: dict[str, list[dict[str, Any]]] = {
            "5": [{"id": 1, "total": 10}, {"id": 2, "total": 20}],
            "a b": [{"id": 1, "total": 99}],
        }
        self.folder = folder
        self.spec = folder / "shop.json"
        self.spec.write_text(json.dumps(SHOP))
        self.rig = Rig(self._answer, folder=folder / "recorded", specs=(self.spec,), auth="off")

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/base")
        if path == "/note":
            return httpx.Response(200, text="password=hidden, else well")
        _, _, customer, *rest = path.split("/")
        if not rest:
            return httpx.Response(200, json={"id": 7, "name": "Ada"})
        orders = self.orders[customer]
        if request.method == "POST":
            orders.append(json.loads(request.content))
            return httpx.Response(201, json=orders[-1])
        if request.method == "DELETE":
            self.orders[customer] = [order for order in orders if str(order["id"]) != rest[1]]
            return httpx.Response(204)
        return httpx.Response(
            200,
            json=orders if len(rest) == 1 else next(order for order in orders if str(order["id"]) == rest[1]),
        )

    def call(self, method: str, target: str, *body: Any, session: str | None = None) -> None:
        """Send a request through the proxy."""
        answer = self.rig.call.in_(session)(method, target, *body)
        assert (answer.status < 300, answer.header("x-mock-answered-by")) == (True, None), answer.body

    def served(self) -> Caller:
        """A mock of what was recorded."""
        self.rig.maker.write()
        settings = Settings(specs=(self.spec,), fixtures=self.folder / "recorded", auth="off")
        return Caller(build(settings).asgi)

    @property
    def written(self) -> Any:
        """The fixture file."""
        self.rig.maker.write()
        return yaml.safe_load((self.folder / "recorded" / "shop.yaml").read_text())


@pytest.fixture
def shop(tmp_path: Path) -> _Shop:
    """A shop of the test's own."""
    return _Shop(tmp_path)


def test_records_below_others_are_recorded(shop: _Shop) -> None:
    """Each below its own parent, which is there too; nothing but what was seen."""
    shop.call("GET", "/customers/5/orders")
    shop.call("GET", "/customers/a%20b/orders/1")

    served = shop.served()

    assert served("GET", "/customers/5/orders").json == shop.orders["5"]
    assert served("GET", "/customers/5/orders/2").json == {"id": 2, "total": 20}
    assert served("GET", "/customers/a%20b/orders").json == [{"id": 1, "total": 99}]
    assert served("GET", "/customers/5/orders/3").status == 404


def test_a_parent_is_there_though_it_was_not_seen(shop: _Shop) -> None:
    """Its orders say so; another that was seen does not take it away."""
    shop.call("GET", "/customers/7")
    shop.call("GET", "/customers/5/orders")

    served = shop.served()

    assert served("GET", "/customers/7").json == {"id": 7, "name": "Ada"}
    assert served("GET", "/customers/5/orders").json == shop.orders["5"]
    assert served("GET", "/customers/8/orders").status == 404


def test_what_every_session_saw_is_recorded(shop: _Shop) -> None:
    """The implementation has one world: the latest word counts, whoever heard it."""
    shop.call("GET", "/customers/5/orders/1", session="one")
    shop.orders["5"][0]["total"] = 11
    shop.call("GET", "/customers/5/orders", session="two")
    shop.call("POST", "/customers/5/orders", {"id": 3, "total": 30})
    shop.call("DELETE", "/customers/5/orders/2", session="three")

    served = shop.served()

    assert served("GET", "/customers/5/orders").json == [{"id": 1, "total": 11}, {"id": 3, "total": 30}]


def test_a_mock_in_the_same_session_knows_at_once(shop: _Shop) -> None:
    """And in no other."""
    shop.call("GET", "/customers/5/orders/2", session="mine")

    admin = shop.rig.call.as_(None)
    mine = admin.in_("mine")("GET", "/__admin/state/shop/customers.orders:5/2")
    other = admin.in_("other")("GET", "/__admin/state/shop/customers.orders:5/2")

    assert mine.json == {"id": 2, "total": 20}
    assert other.json != mine.json


def test_nothing_that_was_made_up_is_recorded(shop: _Shop) -> None:
    """Neither by the mock, nor by somebody at the console."""
    shop.rig.call.as_(None)("PUT", "/__admin/state/shop/customers.orders:5/9", {"id": 9, "total": 9})
    shop.call("GET", "/customers/5/orders/1")

    assert shop.written["collections"] == {
        "customers.orders:5": {"key": "id", "records": [{"id": 1, "total": 10}]}
    }


def test_a_secret_is_masked_though_the_mask_breaks_the_schema(shop: _Shop) -> None:
    """Something that fits stands in its place, and the rest of the record is kept."""
    shop.orders["5"] = [{"id": 1, "total": 10, "api_token": "hidden-secret"}]
    shop.call("GET", "/customers/5/orders/1")

    (record,) = shop.written["collections"]["customers.orders:5"]["records"]

    assert (record["total"], "hidden" in str(record)) == (10, False)
    assert shop.served()("GET", "/customers/5/orders/1").json["total"] == 10


def test_an_answer_that_shows_no_record_is_a_scenario(shop: _Shop) -> None:
    """Text too, its secrets masked; it is switched on where the fixtures are served."""
    shop.call("GET", "/note")

    served = shop.served()
    assert served("POST", "/__admin/scenarios/shop/recorded").status == 200

    assert served("GET", "/note").body == b"password=***, else well"
