import re
from typing import Any

import pytest
from faker.providers.date_time import Provider
from tests.generation.test_values import generator

from mockserver.generation.by_name.word_lists import ADJECTIVES, NOUNS, REMARKS


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
        ("avatar_url", {"format": "uri"}, r"https://media\S+/__media/avatar/[0-9a-f]{16}\.svg"),
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
        ("iso3", {}, r"[A-Z]{3}"),
        ("country_alpha_2", {}, r"[A-Z]{2}"),
        ("next", {}, r"https://\S+"),
        ("html_notes", {}, r"<p>.+</p>"),
        ("rating", {}, r"[1-5]\.\d"),
        ("discount_percentage", {}, r"\d{1,3}%"),
        ("event_type", {}, r"[a-z]+ed"),
        ("resource_type", {}, r"standard|basic|premium|custom"),
        ("category", {}, r"[a-z]+"),
        ("tag", {}, r"[a-z]+"),
        ("artist", {}, r"\S+( \S+)+"),
        ("patient", {"description": "The ID of the patient"}, r"[0-9a-f-]{36}"),
        ("doctor", {}, r"\S+( \S+)+"),
        ("shop", {}, r"\D+"),
        ("bearing", {"type": "number"}, r"\d{1,3}(\.\d)?"),
        ("duration_seconds", {"type": "integer"}, r"\d{2,4}"),
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


def _records(*names: str, kind: str = "string", owner: str = "", **more: Any) -> list[dict[str, Any]]:
    """Thirty records of properties of one type."""
    inner = {"type": "object", "properties": {name: {"type": kind, **more} for name in names}}
    record = {"type": "object", "properties": {owner: inner}} if owner else inner
    values = [generator().value(record, key=(number,)) for number in range(30)]
    return [value[owner] for value in values] if owner else values


def test_a_country_and_its_codes_are_of_one_country() -> None:
    """By whatever they are called."""
    known = {(one.name, one.alpha_2_code, one.alpha_3_code) for one in Provider.countries}

    for record in _records("country", "country_code", "iso3"):
        assert (record["country"], record["country_code"], record["iso3"]) in known


@pytest.mark.parametrize(
    ("owner", "looks"), [("countries", "[A-Z]{2}"), ("currency", "[A-Z]{3}"), ("language", "[a-z]{2}")]
)
def test_a_code_is_of_what_it_belongs_to(owner: str, looks: str) -> None:
    """ISO 3166, 4217 and 639."""
    assert all(re.fullmatch(looks, record["code"]) for record in _records("code", owner=owner))


@pytest.mark.parametrize("kind", ["integer", "number"])
@pytest.mark.parametrize(
    ("low", "high"), [("min_price", "max_price"), ("cost_low", "cost_high"), ("ageMin", "ageMax")]
)
def test_what_is_least_is_not_above_what_is_greatest(kind: str, low: str, high: str) -> None:
    """Both come from one number."""
    assert all(record[low] <= record[high] for record in _records(low, high, kind=kind))


@pytest.mark.parametrize(
    ("earlier", "later"),
    [("not_valid_before", "not_valid_after"), ("first_updated", "last_updated"), ("created", "expires")],
)
def test_what_comes_first_is_not_later(earlier: str, later: str) -> None:
    """Certificates, and what was seen first and last."""
    records = _records(earlier, later, format="date-time")
    assert all(record[earlier] < record[later] for record in records)


def test_two_persons_in_one_record_are_two() -> None:
    """Each is called by what it is to the record."""
    assert all(record["patient"] != record["doctor"] for record in _records("patient", "doctor"))


def test_one_value_has_one_currency() -> None:
    """However deep it is said."""
    money = {"type": "object", "properties": {"currency": {"type": "string"}}}
    order = {"type": "object", "properties": {"total": money, "lines": {"type": "array", "items": money}}}

    for number in range(20):
        value = generator().value(order, key=(number,))
        assert {value["total"]["currency"]} == {line["currency"] for line in value["lines"]}


def _values(owner: str, name: str, schema: dict[str, Any]) -> list[Any]:
    """Values of a property of something, of many records."""
    record = {"type": "object", "properties": {name: schema}, "required": [name]}
    values = generator()
    return [values.value(record, key=(number,), name=owner)[name] for number in range(60)]


_PLACES = re.compile(
    r"\b(Bay|Beacon|Bridge|Canyon|Castle|Forest|Harbor|Hill|Island|Lake|Meadow|Park|Ridge|River|Valley|Vista)\b"
)


@pytest.mark.parametrize(
    "owner",
    [
        *("pet", "car", "color", "permission", "market", "product", "category", "song", "recipe", "course"),
        *("task", "device", "plan", "role", "movie", "Vehicle", "colour", "variant", "tag"),
    ],
)
def test_names_of_things_are_not_those_of_places(owner: str) -> None:
    """Each kind of thing has names of its own, and several of them."""
    names = _values(owner, "name", {"type": "string"})

    assert not [name for name in names if _PLACES.search(name)]
    assert len(set(names)) > 5


@pytest.mark.parametrize(
    ("name", "kind", "low", "high"),
    [
        *((name, "integer", 0, 100) for name in ("progress", "cpu_percent", "batteryLevel", "humidity")),
        *((name, "number", 0, 100) for name in ("diskUsage", "completion", "cpu_utilization")),
        *((name, "integer", 1, 65_535) for name in ("port", "serverPort", "target_port", "portNumber")),
        *((name, "integer", 0, 255) for name in ("exit_code", "exitCode", "return_code")),
        *(
            (name, "integer", 100, 599)
            for name in ("statusCode", "http_status", "responseCode", "httpStatusCode")
        ),
        *((name, "number", -1, 1) for name in ("embedding", "embeddings", "vector")),
        ("logprob", "number", -10, 0),
        ("similarity", "number", 0, 1),
        ("cpu_count", "integer", 1, 64),
    ],
)
def test_a_number_is_what_its_name_allows(name: str, kind: str, low: float, high: float) -> None:
    """Percentages, ports, exit codes, HTTP statuses, embeddings."""
    listed = name in {"embedding", "embeddings", "vector"}
    schema = {"type": "array", "minItems": 3, "items": {"type": kind}} if listed else {"type": kind}
    values = _values("thing", name, schema)
    found = [number for value in values for number in value] if listed else values

    assert all(low <= number <= high for number in found), sorted(found)[:: len(found) - 1]
    assert len(set(found)) > 1


@pytest.mark.parametrize(
    ("name", "schema", "looks"),
    [
        ("countryCode", {"minLength": 3, "maxLength": 3}, r"[A-Z]{3}"),
        ("country", {"description": "ISO 3166-1 alpha-3"}, r"[A-Z]{3}"),
        ("language", {"minLength": 3, "maxLength": 3}, r"[a-z]{3}"),
        ("currency", {"minLength": 3, "maxLength": 3}, r"[A-Z]{3}"),
        ("code", {"minLength": 3, "maxLength": 3}, r"[A-Z]{3}"),
        ("iata", {}, r"[A-Z]{3}"),
    ],
)
def test_codes_of_three_letters_are_three_letters(name: str, schema: dict[str, Any], looks: str) -> None:
    """By their length or by what the document says of them."""
    for value in _values("thing", name, {"type": "string", **schema}):
        assert re.fullmatch(looks, value), value


@pytest.mark.parametrize(
    "name", ["title", "description", "name", "comment", "slug", "company", "notes", "city"]
)
@pytest.mark.parametrize("most", [6, 9, 14, 24, 40])
def test_a_short_text_has_shorter_words_and_no_parts_of_them(name: str, most: int) -> None:
    """What is shown is what a longer text begins with, up to a word's end, or another word."""
    short = _values("thing", name, {"type": "string", "maxLength": most})
    whole = {word for value in _values("thing", name, {"type": "string"}) for word in _words(value)}
    known = whole | {word for text in (*ADJECTIVES, *NOUNS, *REMARKS) for word in _words(text)}

    assert all(len(value) <= most for value in short)
    assert not [value for value in short if set(_words(value)) - known]
    assert not [value for value in short if re.search(r"(?:[ ,;&-]|\b(?:the|of|and|for|with|to))$", value)]


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


@pytest.mark.parametrize(
    ("owner", "name", "kind", "looks"),
    [
        ("fee_amount", "value", "string", r"\d+\.\d\d"),
        ("route", "method", "string", "GET|POST|PUT|DELETE"),
        ("jwk", "alg", "string", "[A-Z]{2}256"),
        ("airport", "ICAO", "string", "[A-Z]{4}"),
        ("person", "middleInitial", "string", "[A-Z]"),
        ("article", "termsOfUse", "string", r"[A-Z].* .*\."),
        ("image", "registry", "string", r"[a-z]+\.io"),
        ("sort_info", "precision", "integer", "[0-6]"),
        ("season", "emptyNetGoals", "number", r"[0-3]?\d|40"),
    ],
)
def test_a_technical_name_has_a_value_of_its_sort(owner: str, name: str, kind: str, looks: str) -> None:
    """What a reader of the document would believe."""
    for record in _records(name, kind=kind, owner=owner):
        assert re.fullmatch(looks, str(record[name]))


def test_the_name_of_a_hash_function_keeps_its_number() -> None:
    """The rest of what looks like the example has other digits."""
    texts = [str(one["integrity"]) for one in _records("integrity", examples=["sha384-oq7uAf1"])]

    assert all(text.startswith("sha384-") for text in texts)
