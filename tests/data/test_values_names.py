import re
from typing import Any

import pytest
from tests.data.test_values import generator


@pytest.mark.parametrize(
    ("name", "schema", "looks"),
    [
        ("email", {}, r"[a-z.]+@example\.(com|org|net)"),
        ("contactEmail", {}, r"[a-z.]+@example\.(com|org|net)"),
        ("correo", {}, r"[a-z.]+@example\.(com|org|net)"),
        ("telefono", {}, r"[\d().x+\- ]+"),
        ("country_code", {}, r"[A-Z]{2}"),
        ("currency", {}, r"[A-Z]{3}"),
        ("moneda", {}, r"[A-Z]{3}"),
        ("language", {}, r"[a-z]{2}"),
        ("locale", {}, r"[a-z]{2}-[A-Z]{2}"),
        ("slug", {}, r"[a-z0-9]+(-[a-z0-9]+)+"),
        ("websiteUrl", {}, r"https://\S+"),
        ("avatar_url", {"format": "uri"}, r"https://images\S+\.jpg"),
        ("fecha", {}, r"\d{4}-\d\d-\d\d"),
        ("fecha_nacimiento", {"format": "date"}, r"(19|20)\d\d-\d\d-\d\d"),
        ("created_at", {}, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
        ("start_ip_address", {}, r"\d+\.\d+\.\d+\.\d+"),
        ("id", {}, r"[0-9a-f-]{36}"),
        ("order_id", {"maxLength": 8}, r"[0-9a-f]{8}"),
        ("price", {"type": "number"}, r"\d+\.\d{1,2}"),
        ("latitude", {"type": "number"}, r"-?\d{1,2}(\.\d+)?"),
        ("age", {"type": "integer"}, r"\d\d"),
        ("count", {"type": "integer"}, r"\d+"),
        ("created", {"type": "integer"}, r"17\d{8}"),
        ("country", {"description": "Two-letter country code"}, r"[A-Z]{2}"),
        ("x", {"description": "The customer's e-mail address"}, r"\S+@\S+"),
        ("ciudad", {}, r"\D+"),
        ("nombre", {}, r"\D+"),
        ("direccion", {}, r".*\d.*, .+"),
    ],
)
def test_a_value_looks_like_its_name(name: str, schema: dict[str, Any], looks: str) -> None:
    """Names in English and Spanish, and descriptions, tell what a value is."""
    record = {"type": "object", "properties": {name: {"type": "string", **schema}}}
    values = generator()

    for number in range(30):
        value = values.value(record, key=(number,))[name]
        assert re.fullmatch(looks, str(value)), value


@pytest.mark.parametrize("locale", ["es_ES", "de_DE", "ja_JP", "pt_BR", "ar_AA", "ru_RU", "zh_CN"])
def test_every_locale_has_names_and_addresses(locale: str) -> None:
    """What a locale lacks is taken from another; e-mail addresses stay ASCII."""
    names = (
        "nombre",
        "email",
        "username",
        "city",
        "street",
        "state",
        "country",
        "postcode",
        "phone",
        "company",
        "bio",
    )
    record = {"type": "object", "properties": {name: {"type": "string"} for name in names}}

    value = generator(locale=locale).value(record, key=())

    assert all(value[name] for name in names)
    assert value["email"].isascii()


def test_a_name_fits_whom_it_names() -> None:
    """A person, a company, a product and a city are not called alike."""

    def name_in(owner: str) -> str:
        inner = {"type": "object", "properties": {"name": {"type": "string"}}}
        record = {"type": "object", "properties": {owner: inner}}
        return str(generator().value(record, key=(3,))[owner]["name"])

    assert len({name_in("customer"), name_in("company"), name_in("product"), name_in("city")}) == 4
