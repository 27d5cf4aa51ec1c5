"""What a request sends is shown, and kept: the server adds to it, and replaces nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.http.calling import Caller
from tests.resources.mocking import NOW, answering, mock, parameter, taking

NUMBER = {"type": "integer"}
PRICE = {"type": "number"}
TEXT = {"type": "string"}
MOMENT = {"type": "string", "format": "date-time"}
PRODUCT = {
    "type": "object",
    "required": ["id", "name", "price"],
    "properties": {"id": NUMBER, "name": TEXT, "price": PRICE},
}


def obj(required: str = "", **properties: Any) -> dict[str, Any]:
    """An object's schema."""
    return {"type": "object", "required": required.split(), "properties": properties}


def many(items: Any) -> dict[str, Any]:
    """An array's schema."""
    return {"type": "array", "items": items}


def shop(folder: Path, sent: dict[str, Any], order: dict[str, Any]) -> Caller:
    """A shop whose orders are made from these properties, and have those."""
    item: dict[str, Any] = {"parameters": [parameter("id", "path", **NUMBER)]}
    whole = obj("id " + " ".join(order), id=NUMBER, **order)
    body = taking(obj("", **sent))
    paths: dict[str, Any] = {
        "/orders": {"post": {**body, **answering(whole, "201")}, "get": answering(many(whole))},
        "/orders/{id}": {
            **item,
            "get": answering(whole),
            "put": {**body, **answering(whole)},
            "patch": {**body, **answering(whole)},
        },
        "/products": {
            "get": answering(many(PRODUCT)),
            "post": {**taking(obj("name price", name=TEXT, price=PRICE)), **answering(PRODUCT, "201")},
        },
        "/products/{id}": {**item, "get": answering(PRODUCT)},
    }
    return mock({"paths": paths}, folder)


@pytest.mark.parametrize("flags", [{}, {"readOnly": True}])
def test_each_line_keeps_what_was_sent_and_gets_an_id(tmp_path: Path, flags: dict[str, Any]) -> None:
    """An id that only the server can give is no reason to replace a line."""
    line: Any = obj("id sku", id={**NUMBER, **flags}, sku=TEXT, qty=NUMBER)
    call = shop(tmp_path, {"lines": many(obj("sku", sku=TEXT, qty=NUMBER))}, {"lines": many(line)})
    sent: list[dict[str, Any]] = [{"sku": "A-1", "qty": 2}, {"sku": "B-2"}]
    made = call("POST", "/orders", {"lines": sent}).json
    kept = [
        {name: line.get(name) for name in before} for line, before in zip(made["lines"], sent, strict=True)
    ]
    assert kept == sent
    assert len({line["id"] for line in made["lines"]}) == 2
    assert call("GET", f"/orders/{made['id']}").json == made
    changed = call("PATCH", f"/orders/{made['id']}", {"lines": [{"sku": "C-3", "qty": 9}]}).json
    assert [(line["sku"], line["qty"]) for line in changed["lines"]] == [("C-3", 9)]


def test_each_value_of_a_map_keeps_what_was_sent(tmp_path: Path) -> None:
    """A map is completed like a list: each value gets what it requires."""
    value = obj("size seen", size=NUMBER, seen=MOMENT)
    boxes = {"type": "object", "additionalProperties": value}
    sent = {"type": "object", "additionalProperties": obj("size", size=NUMBER)}
    made = shop(tmp_path, {"boxes": sent}, {"boxes": boxes})(
        "POST", "/orders", {"boxes": {"red": {"size": 4}, "blue": {"size": 7}}}
    ).json
    assert {name: box["size"] for name, box in made["boxes"].items()} == {"red": 4, "blue": 7}


def test_lists_in_lists_keep_what_was_sent(tmp_path: Path) -> None:
    """What was sent is completed however deep it is."""
    step = obj("id text", id=NUMBER, text=TEXT)
    plan = many(obj("id steps", id=NUMBER, steps=many(step)))
    sent = many(obj("steps", steps=many(obj("text", text=TEXT))))
    made = shop(tmp_path, {"plan": sent}, {"plan": plan})(
        "POST", "/orders", {"plan": [{"steps": [{"text": "Dig"}, {"text": "Fill"}]}, {"steps": []}]}
    ).json
    assert [[step["text"] for step in part["steps"]] for part in made["plan"]] == [["Dig", "Fill"], []]


def test_a_moment_of_creation_in_a_line_is_now(tmp_path: Path) -> None:
    """A line that was added by this request was added now."""
    line = obj("sku addedAt", sku=TEXT, addedAt=MOMENT)
    call = shop(tmp_path, {"lines": many(obj("sku", sku=TEXT))}, {"lines": many(line)})
    made = call("POST", "/orders", {"lines": [{"sku": "A"}]}).json
    assert made["lines"] == [{"sku": "A", "addedAt": NOW.strftime("%Y-%m-%dT%H:%M:%SZ")}]


def test_words_become_the_names_of_objects(tmp_path: Path) -> None:
    """Tags that are sent as words are shown as objects that are called so."""
    tags = many(obj("id name", id=NUMBER, name=TEXT))
    made = shop(tmp_path, {"tags": many(TEXT)}, {"tags": tags})("POST", "/orders", {"tags": ["new", "hot"]})
    assert [tag["name"] for tag in made.json["tags"]] == ["new", "hot"]


def test_what_an_answer_must_not_have_is_left_out_alone(tmp_path: Path) -> None:
    """A property of a line that answers do not have does not cost the rest of the line."""
    line = {**obj("id sku", id=NUMBER, sku=TEXT), "additionalProperties": False}
    sent = many(obj("sku", sku=TEXT, coupon=TEXT))
    made = shop(tmp_path, {"lines": sent}, {"lines": many(line)})(
        "POST", "/orders", {"lines": [{"sku": "A", "coupon": "X"}]}
    ).json
    assert [set(line) for line in made["lines"]] == [{"id", "sku"}]
    assert made["lines"][0]["sku"] == "A"


def test_a_line_has_the_name_and_price_of_its_product(tmp_path: Path) -> None:
    """What stands beside `productId` is what that product says of itself, and the total follows."""
    line = obj(
        "productId productName unitPrice quantity lineTotal",
        productId=NUMBER, productName=TEXT, unitPrice=PRICE, quantity=NUMBER, lineTotal=PRICE,
    )  # fmt: skip
    sent = many(obj("productId quantity", productId=NUMBER, quantity=NUMBER))
    call = shop(tmp_path, {"lines": sent}, {"lines": many(line), "total": PRICE})
    lamp = call("POST", "/products", {"name": "Lamp", "price": 12.5}).json
    made = call("POST", "/orders", {"lines": [{"productId": lamp["id"], "quantity": 4}]}).json
    assert made["lines"] == [
        {"productId": lamp["id"], "productName": "Lamp", "unitPrice": 12.5, "quantity": 4, "lineTotal": 50}
    ]
    assert made["total"] == 50
    line_of_two = [{"productId": lamp["id"], "quantity": 2}]
    assert call("PUT", f"/orders/{made['id']}", {"lines": line_of_two}).json["total"] == 25
    assert call("PATCH", f"/orders/{made['id']}", {"lines": line_of_two * 3}).json["total"] == 75


def test_a_total_has_no_tax_that_no_property_shows(tmp_path: Path) -> None:
    """The total is what the lines come to, where the answer shows nothing else."""
    line = obj("sku quantity unitPrice", sku=TEXT, quantity=NUMBER, unitPrice=PRICE)
    call = shop(tmp_path, {"lines": many(line)}, {"lines": many(line), "total": PRICE})
    lines = [{"sku": "A", "quantity": 3, "unitPrice": 2.5}, {"sku": "B", "quantity": 1, "unitPrice": 1.0}]
    assert call("POST", "/orders", {"lines": lines}).json["total"] == 8.5


def test_what_could_have_been_sent_and_was_not_is_null_or_empty(tmp_path: Path) -> None:
    """Nothing is made up for what the client could have said; `PUT` takes away what it does not send."""
    note = {"type": "string", "nullable": True}
    properties = {"note": note, "tags": many(TEXT), "size": {"type": "string", "default": "m"}}
    call = shop(tmp_path, properties, properties)
    made = call("POST", "/orders", {}).json
    assert made == {"id": made["id"], "note": None, "tags": [], "size": "m"}
    path = f"/orders/{made['id']}"
    call("PATCH", path, {"note": "Ring", "tags": ["a"], "size": "l"})
    assert call("PUT", path, {"tags": ["b"]}).json == {**made, "tags": ["b"]}


@pytest.mark.parametrize(
    ("properties", "total", "parts"),
    [
        (("input_tokens", "output_tokens", "total_tokens"), "total_tokens", (0, 1)),
        (("openTickets", "closedTickets", "totalTickets"), "totalTickets", (0, 1)),
    ],
)
def test_a_sum_that_is_named_so_adds_up(
    tmp_path: Path, properties: tuple[str, ...], total: str, parts: tuple[int, ...]
) -> None:
    """A total of two parts is their sum, in what is generated."""
    usage = obj(" ".join(properties), **dict.fromkeys(properties, NUMBER))
    body = mock({"paths": {"/usage": {"get": answering(usage)}}}, tmp_path)("GET", "/usage").json
    assert body[total] == sum(body[properties[part]] for part in parts)


def test_a_sum_that_is_described_so_adds_up(tmp_path: Path) -> None:
    """A description that names what is added decides."""
    usage = obj("a b all", a=NUMBER, b=NUMBER, all={**NUMBER, "description": "a plus b"})
    body = mock({"paths": {"/usage": {"get": answering(usage)}}}, tmp_path)("GET", "/usage").json
    assert body["all"] == body["a"] + body["b"]


def test_a_booking_takes_the_rate_of_what_it_names_and_adds_up(tmp_path: Path) -> None:
    """`nightlyRate` beside `roomTypeId` is that of the room type, and any list of such lines has a total."""
    room = obj("id name nightlyRate", id=NUMBER, name=TEXT, nightlyRate=PRICE)
    line = obj(
        "roomTypeId roomTypeName nights nightlyRate lineTotal",
        roomTypeId=NUMBER,
        roomTypeName=TEXT,
        nights=NUMBER,
        nightlyRate=PRICE,
        lineTotal=PRICE,
    )
    booking = obj("id rooms total", id=NUMBER, rooms=many(line), total=PRICE)
    sent = obj("rooms", rooms=many(obj("roomTypeId nights", roomTypeId=NUMBER, nights=NUMBER)))
    new = obj("name nightlyRate", name=TEXT, nightlyRate=PRICE)
    item = {"parameters": [parameter("id", "path", **NUMBER)]}
    paths = {
        "/room-types": {"post": {**taking(new), **answering(room, "201")}},
        "/room-types/{id}": {**item, "get": answering(room)},
        "/bookings": {"post": {**taking(sent), **answering(booking, "201")}},
    }
    call = mock({"paths": paths}, tmp_path)
    one = call("POST", "/room-types", {"name": "Sea View", "nightlyRate": 120}).json["id"]
    two = call("POST", "/room-types", {"name": "Garden", "nightlyRate": 80.5}).json["id"]
    rooms = [{"roomTypeId": one, "nights": 2}, {"roomTypeId": two, "nights": 3}]
    made = call("POST", "/bookings", {"rooms": rooms}).json
    assert [line["lineTotal"] for line in made["rooms"]] == [240, 241.5]
    assert [line["roomTypeName"] for line in made["rooms"]] == ["Sea View", "Garden"]
    assert made["total"] == 481.5


def test_elements_made_of_texts_begin_with_counts_of_zero(tmp_path: Path) -> None:
    """The options of a poll are sent as texts, and nobody has voted yet."""
    option = obj("id text votes", id=NUMBER, text=TEXT, votes=NUMBER)
    call = shop(tmp_path, {"options": many(TEXT)}, {"options": many(option)})
    options = call("POST", "/orders", {"options": ["Tea", "Coffee"]}).json["options"]

    assert [(one["text"], one["votes"]) for one in options] == [("Tea", 0), ("Coffee", 0)]
