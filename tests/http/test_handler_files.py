"""Handler files: a user's own functions answer operations, and what is wrong with them is said at once."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import NOW
from tests.http.calling import Caller, exchange, scope_of
from tests.http.mocks import document, operation

import mockserver
from mockserver.app import Application, build
from mockserver.behaviour.outgoing_requests import OutgoingRequest
from mockserver.config import Settings
from mockserver.errors import ConfigurationError
from mockserver.http.outgoing.outbox import Outbox
from mockserver.state.clock import FrozenClock

ORDER = {
    "type": "object",
    "required": ["id", "customer"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "customer": {"type": "string"},
        "total": {"type": "number", "readOnly": True},
        "lines": {"type": "array", "items": {"type": "object"}},
    },
}
BODY = {"content": {"application/json": {"schema": ORDER}}}
FORM = {
    "type": "object",
    "properties": {"note": {"type": "string"}, "image": {"type": "string", "format": "binary"}},
}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
FOUND = {"200": {"description": "", **BODY}}
GONE = {"204": {"description": ""}}
HOOK = {"post": {"requestBody": BODY, "responses": {"200": {"description": ""}}}}
ANSWERS = {
    "201": {"description": "", **BODY},
    "402": {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}},
}
PARAMETERS = [
    {"name": "userId", "in": "query", "schema": {"type": "integer", "default": 7}},
    {"name": "class", "in": "query", "schema": {"type": "string"}},
    {"name": "body", "in": "query", "schema": {"type": "string"}},
    {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
    {"name": "limit", "in": "query", "schema": {"type": "integer"}},
]
SHOP = document(
    {
        "/orders": {
            "get": operation("listOrders", parameters=PARAMETERS),
            "post": {"operationId": "createOrder", "requestBody": BODY, "responses": ANSWERS},
        },
        "/orders/{id}": {
            "get": {
                "operationId": "getOrder",
                "parameters": [ID],
                "responses": {"200": {"description": "", **BODY}},
            },
            "delete": {
                "operationId": "deleteOrder",
                "parameters": [ID],
                "responses": {"204": {"description": ""}},
            },
        },
        "/images": {
            "post": operation("upload", requestBody={"content": {"multipart/form-data": {"schema": FORM}}})
        },
    },
    openapi="3.1.0",
    webhooks={"orderMade": HOOK},
)


class Shop:
    """A folder with the shop's document, where handler files are written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "handlers").mkdir()
        (folder / "shop.yaml").write_text(json.dumps(SHOP))

    def build(self, text: str, outbox: Outbox | None = None, **more: Any) -> Application:
        """The mock with this handler file."""
        (self.folder / "handlers" / "shop.py").write_text(text)
        settings = Settings(specs=(self.folder / "shop.yaml",), handlers=self.folder / "handlers", **more)
        return build(settings, FrozenClock(NOW), outbox=outbox)

    def call(self, text: str, **more: Any) -> Caller:
        """Call such a mock."""
        return Caller(self.build(text, **more).asgi)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop of this test's own."""
    return Shop(tmp_path)


TOTAL = """
from mockserver import Response

def create(backend, *, body, default):
    order = default().body
    total = sum(line["price"] for line in body.get("lines", []))
    return Response(201, backend.collection("orders").put(order["id"], {**order, "total": total}))

HANDLERS = {"POST /orders": create}
"""


def test_a_handler_builds_on_what_the_document_implies(shop: Shop) -> None:
    """What it puts into the collection is what the other operations show."""
    call = shop.call(TOTAL)

    made = call("POST", "/orders", {"customer": "Ann", "lines": [{"price": 2}, {"price": 3}]})

    assert (made.status, made.json["total"]) == (201, 5)
    assert call("GET", f"/orders/{made.json['id']}").json == made.json


SHOWING = """
from mockserver import Response

def show(backend, *, user_id, class_, body_, x_trace, limit=20, request, body):
    return [user_id, class_, body_, x_trace, limit, request.method, request.header("x-other"), body]

HANDLERS = {"listOrders": show}
"""


def test_a_handler_gets_what_it_names(shop: Shop) -> None:
    """Parameters in snake case; the document's default, else its own, else None."""
    call = shop.call(SHOWING)

    plain = call("GET", "/orders")
    full = call("GET", "/orders?userId=1&class=a&body=b&limit=3", headers={"x-trace": "t", "x-other": "o"})

    assert plain.json == [7, None, None, None, 20, "GET", None, None]
    assert full.json == [1, "a", "b", "t", 3, "GET", "o", None]


FILES = """
def upload(backend, *, files, body):
    image = files["image"]
    return {"name": image.filename, "type": image.media_type, "size": len(image), "note": body["note"]}

HANDLERS = {"upload": upload}
"""


def test_a_handler_gets_files_with_their_names(shop: Shop) -> None:
    """Their content is bytes."""
    content = (
        b'--x\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
        b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n'
        b"Content-Type: image/png\r\n\r\n\x89PNG\r\n--x--\r\n"
    )

    answer = shop.call(FILES)(
        "POST", "/images", content=content, media_type="multipart/form-data; boundary=x"
    )

    assert answer.json == {"name": "a.png", "type": "image/png", "size": 4, "note": "hello"}


COLLECTIONS = """
from mockserver import ConflictError, Response

COLLECTIONS = {"carts": "id"}

def list_orders(backend):
    carts = backend.collection("carts")
    for number in (1, 2, 3):
        carts.put(number, {"id": number, "open": number != 2})
    first = carts.find(open=True)
    for cart in carts:
        if cart["open"]:
            carts.delete(cart["id"])
    return {"first": first, "left": [key for key, _ in carts.items()], "none": carts.find(id=9)}

def delete(backend, *, id):
    raise ConflictError(f"Order {id} has been shipped.")

def describe(error):
    return Response(409, {"code": "SHIPPED", "why": error.detail}) if error.status == 409 else None

HANDLERS = {"listOrders": list_orders, "deleteOrder": delete}
"""


def test_a_handler_has_collections_of_its_own(shop: Shop) -> None:
    """It finds, changes and deletes records, also while it goes through them."""
    answer = shop.call(COLLECTIONS)("GET", "/orders")

    assert answer.json == {"first": {"id": 1, "open": True}, "left": ["2"], "none": None}


CHANGING = """
def show(backend, *, default):
    response = default()
    assert response.body["customer"] == "Ann"
    response.body["customer"] = "changed"
    return response

HANDLERS = {"GET /orders/{id}": show}
"""


def test_what_a_handler_changes_in_the_default_answer_is_its_own(shop: Shop) -> None:
    """The next request gets the records as they are stored, not what the handler made of its answer."""
    call = shop.call(CHANGING)
    made = call("POST", "/orders", {"customer": "Ann", "lines": []}).json
    path = f"/orders/{made['id']}"

    before = call("GET", "/orders").json
    assert [call("GET", path).json["customer"] for _ in range(2)] == ["changed", "changed"]
    assert call("GET", "/orders").json == before


RANDOM = """
def show(backend):
    return [backend.random.random(), backend.fake.name(), backend.now()]

HANDLERS = {"listOrders": show}
"""


def test_random_values_depend_on_the_seed(shop: Shop) -> None:
    """Each request has others; after a reset they come again."""
    call = shop.call(RANDOM)
    first, second = call("GET", "/orders").json, call("GET", "/orders").json
    call("POST", "/__admin/reset")

    assert first != second
    assert [call("GET", "/orders").json, call("GET", "/orders").json] == [first, second]
    assert shop.call(RANDOM, seed=2)("GET", "/orders").json != first


EMITTING = """
def create(backend, *, default):
    response = default()
    backend.emit("orderMade", {"id": response.body["id"], "customer": "Ann"})
    return response

HANDLERS = {"createOrder": create}
"""


def test_a_webhook_is_sent_once_after_the_answer(shop: Shop) -> None:
    """To the URL of the settings; without one it is noted and not sent."""
    sent: list[OutgoingRequest] = []

    async def post(request: OutgoingRequest) -> int:
        sent.append(request)
        return 200

    async def create(url: str | None) -> Application:
        application = shop.build(EMITTING, Outbox(post=post), webhook_url=url)
        fields = [(b"content-type", b"application/json"), (b"content-length", b"19")]
        await exchange(application.asgi, scope_of("POST", "/orders", fields), [b'{"customer": "Ann"}'])
        await asyncio.sleep(0)
        return application

    asyncio.run(create("http://127.0.0.1:9/hooks"))
    assert [(one.url, one.name) for one in sent] == [("http://127.0.0.1:9/hooks", "orderMade")]

    application = asyncio.run(create(None))
    assert len(sent) == 1
    noted = Caller(application.asgi)("GET", "/__admin/sent").json["sent"]
    assert ["--webhook-url" in entry["reason"] for entry in noted] == [True]


FAILING = """
def show(backend):
    return backend.nothing

def get(backend, *, id):
    return "text"

def delete(backend, *, id):
    return None

HANDLERS = {"listOrders": show, "getOrder": get, "deleteOrder": delete}
"""


def test_a_handler_that_fails_is_named_with_its_line(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    """In the answer and in the log, which has the traceback; one that returns no answer likewise."""
    call = shop.call(FAILING).seeing_defects()

    failed, odd, empty = call("GET", "/orders"), call("GET", "/orders/1"), call("DELETE", "/orders/1")

    assert (failed.status, odd.status, empty.status) == (500, 500, 204)
    assert "shop.py:3 in show: AttributeError" in failed.json["detail"]
    assert "returned str" in odd.json["detail"]
    assert "backend.nothing" in caplog.text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("HANDLERS = {'nope': print}", "no operation 'nope'"),
        ("def f(b): ...\nHANDLERS = {'listOrder': f}", "Did you mean listOrders"),
        ("def f(b): ...\nHANDLERS = {'GET /order': f}", "Did you mean GET /orders"),
        ("def f(b, *, nothing): ...\nHANDLERS = {'listOrders': f}", "shop.py:1: f, .* asks for 'nothing'"),
        ("async def f(b): ...\nHANDLERS = {'listOrders': f}", "shop.py:1: .* async def"),
        ("def f(b):\n  yield\nHANDLERS = {'listOrders': f}", "shop.py:1: .* a generator"),
        ("def f(): ...\nHANDLERS = {'listOrders': f}", "takes no backend"),
        ("def f(b): ...\nHANDLERS = {'listOrders': f, 'GET /orders': f}", "listOrders has two handlers"),
        ("x = 1\nimport nothing_of_this_name", "shop.py:2: ModuleNotFoundError"),
        ("x = 1\n\ndef f(:", "shop.py:3: SyntaxError"),
        ("raise SystemExit(3)", "shop.py:1: SystemExit"),
        ("x = 1", "has no table of handlers"),
        ("HANDLERS = {'listOrders': 3}", "maps 'listOrders' to 3"),
        ("HANDLERS = {}\nCOLLECTIONS = ['a']", "COLLECTIONS maps names"),
    ],
)
def test_what_is_wrong_with_a_handler_file_stops_the_start(shop: Shop, text: str, told: str) -> None:
    """With the file and the line, and what was probably meant."""
    with pytest.raises(ConfigurationError, match=told):
        shop.build(text)


def test_a_folder_that_is_not_there_stops_the_start(shop: Shop) -> None:
    """Where the user has named it."""
    settings = Settings(specs=(shop.folder / "shop.yaml",), handlers=shop.folder / "nowhere")

    with pytest.raises(ConfigurationError, match="no such folder"):
        build(settings)


def test_only_the_file_of_a_served_document_is_run(shop: Shop) -> None:
    """Others of the folder are left alone, unless it imports them; those are read anew each time."""
    (shop.folder / "handlers" / "other.py").write_text("raise RuntimeError")
    (shop.folder / "handlers" / "prices.py").write_text("PRICE = 1")
    text = "import prices\ndef f(backend):\n    return [prices.PRICE]\nHANDLERS = {'listOrders': f}"
    before = shop.call(text)("GET", "/orders").json
    (shop.folder / "handlers" / "prices.py").write_text("PRICE = 22")

    after = shop.call(text)("GET", "/orders").json

    assert (before, after) == ([1], [22])
    assert "prices" not in sys.modules
    assert str(shop.folder / "handlers") not in sys.path


def test_a_slow_handler_is_named(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    """In the log, and with the request in the journal."""
    slow = "import time\ndef f(b):\n    begun = time.perf_counter()\n"
    slow += "    while time.perf_counter() < begun + 0.11: pass\n    return []\nHANDLERS = {'listOrders': f}"
    call = shop.call(slow)
    with caplog.at_level(logging.WARNING):
        call("GET", "/orders")

    assert "The handler f took" in caplog.text
    notes = call("GET", "/__admin/requests/1").json["notes"]
    assert any("The handler f took" in note for note in notes)


def test_the_bundled_handlers_stay_where_a_user_has_none(tmp_path: Path) -> None:
    """A user's file for a bundled API takes the operations over that it names, and no others."""
    (tmp_path / "reservations.py").write_text(
        "def f(backend, *, reservation_id, body):\n"
        "    return {'error': 'mine'}\n"
        "HANDLERS = {'updateReservation': f}\n"
    )
    service = build(Settings(specs=(Path("specs/reservations.yaml"),), handlers=tmp_path)).services[
        "reservations"
    ]

    assert service.handlers.own == ("updateReservation",)
    assert service.handlers.handlers["updateReservation"].__name__ == "f"
    assert service.handlers.handlers["deleteReservation"].__name__ == "delete_reservation"


def test_the_public_interface_is_complete_and_sorted() -> None:
    """Every name can be imported, and has a docstring."""
    names = mockserver.__all__

    assert names == sorted(names)
    assert [name for name in names if not getattr(mockserver, name).__doc__] == []
    with pytest.raises(AttributeError, match="nothing"):
        mockserver.nothing  # noqa: B018  asking is what is tested
    assert (Path(mockserver.__file__).parent / "py.typed").is_file()
