"""What is generated in one object agrees."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.generation.test_values import generator

from mockserver.generation.consistency import names_in

TEXT = {"type": "string"}
MONEY = {"type": "number"}
NUMBER = {"type": "integer"}
MOMENT = {"type": "string", "format": "date-time"}
LINE = {"quantity": NUMBER, "unitPrice": MONEY, "totalPrice": MONEY}
ORDER: dict[str, Any] = {
    "id": NUMBER,
    "items": {"type": "array", "items": {"type": "object", "properties": LINE}},
    "itemCount": NUMBER,
    "subtotal": MONEY,
    "tax": MONEY,
    "shippingCost": MONEY,
    "discount": MONEY,
    "total": MONEY,
}


def made(properties: dict[str, Any], key: int, locale: str = "en_US", **more: Any) -> dict[str, Any]:
    """An object with these properties."""
    schema = {"type": "object", "properties": properties, **more}
    found: dict[str, Any] = generator(locale=locale).value(schema, key=(key,))
    return found


@settings(max_examples=30, deadline=None)
@given(key=st.integers(0, 10**6))
def test_an_order_adds_up(key: int) -> None:
    """Lines are so many times the price; the total is what they come to, less and more; the count counts."""
    order = made(ORDER, key)
    lines = order["items"]

    assert all(line["totalPrice"] == round(line["quantity"] * line["unitPrice"], 2) for line in lines)
    assert order["itemCount"] == len(lines)
    assert order["subtotal"] == pytest.approx(sum(line["totalPrice"] for line in lines), abs=0.02)
    parts = order["subtotal"] + order["tax"] + order["shippingCost"] - order["discount"]
    assert order["total"] == pytest.approx(parts, abs=0.02)
    assert min(order[name] for name in ("subtotal", "tax", "shippingCost", "discount", "total")) >= 0


def test_bounds_come_before_sums() -> None:
    """What the document asks of a total is kept, whatever its lines come to."""
    for key in range(30):
        assert made({**ORDER, "total": {**MONEY, "maximum": 5}}, key)["total"] <= 5


def test_sums_that_are_written_as_text_add_up() -> None:
    """Amounts may be text: `"12.50"`."""
    for key in range(30):
        bill = made({"id": NUMBER, "subtotal": TEXT, "tax": TEXT, "total": TEXT}, key)
        assert float(bill["total"]) == pytest.approx(float(bill["subtotal"]) + float(bill["tax"]), abs=0.02)


def test_a_slug_is_that_of_the_name() -> None:
    """`Amber Bridge` is `amber-bridge`."""
    for key in range(30):
        thing = made({"title": TEXT, "slug": TEXT}, key)
        assert thing["slug"] == thing["title"].lower().replace(" ", "-")


@settings(max_examples=60, deadline=None)
@given(
    key=st.integers(0, 10**6),
    state=st.sampled_from(["pending", "cancelled", "completed", "active", "CANCELED", "Done"]),
)
def test_what_happened_fits_the_state(key: int, state: str) -> None:
    """What was not cancelled has no moment of it and no reason; what was has both."""
    properties = {
        "id": NUMBER,
        "status": {"type": "string", "enum": [state]},
        "cancelledAt": MOMENT,
        "cancelReason": TEXT,
        "completedAt": {**MOMENT, "nullable": True},
        "isCancelled": {"type": "boolean"},
    }
    found = made(properties, key)
    is_cancelled, is_complete = state.lower().startswith("cancel"), state.lower() in {"completed", "done"}

    assert ("cancelledAt" in found) == ("cancelReason" in found) == is_cancelled
    assert is_cancelled or found["isCancelled"] is False
    assert (found["completedAt"] is not None) == is_complete


def test_what_is_there_was_not_deleted() -> None:
    """A record that is shown has no moment of its deletion, unless every record has to have one."""
    for key in range(20):
        assert "deletedAt" not in made({"id": NUMBER, "deletedAt": MOMENT}, key)
        assert made({"id": NUMBER, "deletedAt": {**MOMENT, "nullable": True}}, key)["deletedAt"] is None
        assert made({"id": NUMBER, "deletedAt": MOMENT}, key, required=["deletedAt"])["deletedAt"]


def test_examples_stay_as_they_are() -> None:
    """What the document gives as an example is shown, though it does not add up."""
    bill = made({"subtotal": MONEY, "total": {**MONEY, "example": 7}, "slug": TEXT}, 1)

    assert bill["total"] == 7


@pytest.mark.parametrize(
    ("locale", "country", "code", "money", "zone"),
    [
        ("en_US", "United States", "US", "USD", "America/"),
        ("en_GB", "United Kingdom", "GB", "GBP", "Europe/London"),
        ("es_ES", "España", "ES", "EUR", "Europe/Madrid"),
        ("de_CH", "Schweiz", "CH", "CHF", "Europe/Zurich"),
        ("ja_JP", "日本", "JP", "JPY", "Asia/Tokyo"),
        ("pt_BR", "Brasil", "BR", "BRL", "America/"),
    ],
)
def test_what_is_said_of_a_place_is_of_the_locale(
    locale: str, country: str, code: str, money: str, zone: str
) -> None:
    """Country, code, currency, clock, language and where it lies are of the country that the names are of."""
    names = ("city", "country", "countryCode", "currency", "timezone", "locale", "language")
    point = {"latitude": MONEY, "longitude": MONEY}
    for key in range(20):
        found = made({**dict.fromkeys(names, TEXT), **point}, key, locale)
        assert (found["country"], found["countryCode"], found["currency"]) == (country, code, money)
        assert found["timezone"].startswith(zone)
        assert (found["locale"], found["language"]) == (locale.replace("_", "-"), locale[:2])
        if code == "JP":
            assert 24 < found["latitude"] < 46
            assert 122 < found["longitude"] < 154


def test_countries_and_rates_are_of_many_countries() -> None:
    """Where there is one for each country, or one is set against another, they are various."""
    countries = {"type": "array", "minItems": 12, "items": {"type": "object", "properties": {"name": TEXT}}}
    found = generator().value({"type": "object", "properties": {"countries": countries}}, key=(1,))[
        "countries"
    ]
    pairs = [made({"fromCurrency": TEXT, "toCurrency": TEXT}, key) for key in range(30)]

    assert len({country["name"] for country in found}) > 6
    assert len({pair["fromCurrency"] for pair in pairs}) > 3


def test_an_age_is_that_of_the_date_of_birth() -> None:
    """Who is born in 2000 is 25 on the first of January 2026."""
    for key in range(60):
        found = made({"age": NUMBER, "birthDate": {"type": "string", "format": "date"}}, key)
        assert found["age"] in {2026 - int(found["birthDate"][:4]) - late for late in (0, 1)}


@pytest.mark.parametrize(
    ("subject", "is_person"),
    [
        ("User", True),
        ("UserResponse", True),
        ("Customers", True),
        ("EmployeeRole", False),
        ("AppointmentProfile", False),
        ("Membership", False),
    ],
)
def test_a_name_is_that_of_what_the_noun_says(subject: str, is_person: bool) -> None:
    """The name of an employee's role is no person's, that of a user in an answer is."""
    thing = {"type": "object", "required": ["name"], "properties": {"name": TEXT}}
    root = {"components": {"schemas": {subject: thing}}}
    first = {str(generator(root)._lexicon.word("first_name", number)) for number in range(4096)}
    found = [
        generator(root).value({"$ref": f"#/components/schemas/{subject}"}, key=(key,))["name"]
        for key in range(20)
    ]

    assert all((name.split()[0] in first) == is_person for name in found)


@settings(max_examples=20, deadline=None)
@given(key=st.integers(0, 10**6))
def test_ranges_are_in_order(key: int) -> None:
    """Below 0, too, for ports and lines, and for moments however they are called."""
    below = {"type": "number", "minimum": -50, "maximum": 0}
    whole = made(
        {
            "min_temp": below,
            "max_temp": below,
            "startLine": NUMBER,
            "endLine": NUMBER,
            "port_range_start": NUMBER,
            "port_range_end": NUMBER,
            "from_date": MOMENT,
            "to_date": MOMENT,
            "started_at": MOMENT,
            "completed_at": MOMENT,
            "finished_at": MOMENT,
            "created_count": NUMBER,
            "arrivalDate": MOMENT,
            "departureDate": MOMENT,
            "departsAt": MOMENT,
            "arrivesAt": MOMENT,
        },
        key,
    )
    pairs = (
        ("min_temp", "max_temp"),
        ("startLine", "endLine"),
        ("port_range_start", "port_range_end"),
        ("from_date", "to_date"),
        ("arrivalDate", "departureDate"),
        ("departsAt", "arrivesAt"),
        ("started_at", "completed_at"),
        ("started_at", "finished_at"),
    )
    assert whole["created_count"] < 1_000_000_000  # a number, and no moment
    assert [(low, high) for low, high in pairs if not whole[low] <= whole[high]] == []


@settings(max_examples=20, deadline=None)
@given(key=st.integers(0, 10**6))
def test_totals_are_those_of_the_elements(key: int) -> None:
    """`totalPoints` is the sum of the questions' points; lines have a total under any name."""
    questions = {"type": "array", "items": {"type": "object", "properties": {"points": NUMBER, "text": TEXT}}}
    quiz = made({"questions": questions, "totalPoints": NUMBER}, key)
    assert quiz["totalPoints"] == sum(question["points"] for question in quiz["questions"])

    rooms = {
        "type": "array",
        "items": {"type": "object", "properties": {"nights": NUMBER, "nightlyRate": MONEY}},
    }
    booking = made({"rooms": rooms, "total": MONEY}, key)
    worth = sum(room["nights"] * room["nightlyRate"] for room in booking["rooms"])
    assert booking["total"] == pytest.approx(worth, abs=0.02)


@pytest.mark.parametrize("whole", ["amount", "lineTotal", "total", "price"])
@pytest.mark.parametrize("each", ["unitPrice", "unit_cost", "pricePerUnit", "itemPrice"])
def test_a_line_is_worth_quantity_times_unit_price(whole: str, each: str) -> None:
    """Whatever the order of the properties: `amount` beside `unitPrice` is the amount of the line."""
    names = names_in(sorted((whole, each, "quantity")))

    assert (names.quantity, names.each, names.whole) == ("quantity", each, whole)
