"""Ids in generated records are those of records that the mock lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.http.calling import Caller
from tests.resources.mocking import answering, build_mock, mock, parameter, taking

from mockserver.cli.command_line import main
from mockserver.resources.explanation import explain

UUID = {"type": "string", "format": "uuid"}
NUMBER = {"type": "integer"}
TEXT = {"type": "string"}


def entity(**properties: Any) -> dict[str, Any]:
    """The schema of a record: all of its properties always stand."""
    return {"type": "object", "required": list(properties), "properties": properties}


def at(name: str) -> dict[str, str]:
    """A reference to a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def collection(path: str, key: str, schema: str, **key_schema: Any) -> dict[str, Any]:
    """A collection that is listed and created in, and its items."""
    above = [parameter(name, "path", **UUID) for name in ("customerId",) if f"{{{name}}}" in path]
    return {
        path: {
            "parameters": above,
            "get": answering({"type": "array", "items": at(schema)}),
            "post": {**taking({"type": "object"}), **answering(at(schema), "201")},
        },
        f"{path}/{{{key}}}": {
            "parameters": [*above, parameter(key, "path", **key_schema)],
            "get": answering(at(schema)),
        },
    }


SCHEMAS: Mapping[str, Any] = {
    "Customer": entity(id=UUID, name=TEXT, email={"type": "string", "format": "email"}),
    "User": entity(id=NUMBER, login=TEXT),
    "Product": entity(
        id=NUMBER, name=TEXT, createdBy=NUMBER, relatedProductIds={"type": "array", "items": NUMBER}
    ),
    "Category": entity(id=NUMBER, name=TEXT, parentId={**NUMBER, "nullable": True}),
    "Order": entity(
        id=NUMBER,
        customerId=UUID,
        customer=at("Customer"),
        customerName=TEXT,
        owner_id=NUMBER,
        billingCustomerId=UUID,
        items={"type": "array", "minItems": 2, "items": entity(product_id=NUMBER, quantity=NUMBER)},
        categoryIds={"type": "array", "items": NUMBER, "uniqueItems": True},
    ),
    "Address": entity(id=UUID, customerId=UUID, defaultOrderId=NUMBER),
}
PATHS: Mapping[str, Any] = {
    **collection("/customers", "customerId", "Customer", **UUID),
    **collection("/users", "id", "User", **NUMBER),
    **collection("/products", "productId", "Product", **NUMBER),
    **collection("/categories", "id", "Category", **NUMBER),
    **collection("/orders", "orderId", "Order", **NUMBER),
    **collection("/customers/{customerId}/addresses", "addressId", "Address", **UUID),
}
DOCUMENT: Mapping[str, Any] = {"paths": PATHS, "components": {"schemas": SCHEMAS}}
REFERENCES = (
    ("orders", ("customerId",), "customers"),
    ("orders", ("customer", "id"), "customers"),
    ("orders", ("owner_id",), "users"),
    ("orders", ("billingCustomerId",), "customers"),
    ("orders", ("items", "product_id"), "products"),
    ("orders", ("categoryIds",), "categories"),
    ("products", ("createdBy",), "users"),
    ("products", ("relatedProductIds",), "products"),
)


def values(record: Any, place: tuple[str, ...]) -> Iterator[Any]:
    """What stands at a place of a record, of every element of the lists on the way."""
    if isinstance(record, list):
        for entry in record:
            yield from values(entry, place)
    elif place:
        yield from values(record[place[0]], place[1:])
    else:
        yield record


def shop(tmp_path: Path, document: Mapping[str, Any] = DOCUMENT, **options: Any) -> Caller:
    """A mock of the shop, or of another document."""
    return mock(document, tmp_path, **options)


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_reference_is_to_a_record_that_is_listed(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    """Whatever a listed record refers to is listed, and is read, with every seed."""
    call = shop(tmp_path_factory.mktemp("shop"), seed=seed)

    for several, place, referred in REFERENCES:
        listed = {record["id"] for record in call("GET", f"/{referred}").json}
        found = list(values(call("GET", f"/{several}").json, place))
        assert found
        assert set(found) <= listed
        assert call("GET", f"/{referred}/{found[0]}").json["id"] == found[0]


def test_what_is_shown_of_another_record_is_what_that_record_says(tmp_path: Path) -> None:
    """The customer in an order, and the customer's name beside it, are the customer's own."""
    call = shop(tmp_path)

    orders = call("GET", "/orders").json
    assert orders
    for order in orders:
        customer = call("GET", f"/customers/{order['customerId']}").json
        assert {name: order["customer"][name] for name in ("id", "name", "email")} == {
            name: customer[name] for name in ("id", "name", "email")
        }
        assert order["customerName"] == customer["name"]


def test_references_do_not_depend_on_the_order_of_requests(tmp_path: Path) -> None:
    """The same seed gives the same bytes, whatever is asked for first; another seed gives others."""
    names = ("customers", "orders", "products", "categories", "users")
    first, second, third = (shop(tmp_path), shop(tmp_path), shop(tmp_path, seed=2))
    there = {name: first("GET", f"/{name}").body for name in names}
    back = {name: second("GET", f"/{name}").body for name in reversed(names)}

    assert there == back
    assert third("GET", "/orders").body != there["orders"]


def test_what_is_nested_refers_to_its_parent(tmp_path: Path) -> None:
    """The addresses of a customer are that customer's, and refer to orders that are listed."""
    call = shop(tmp_path)
    orders = {order["id"] for order in call("GET", "/orders").json}

    customers = call("GET", "/customers").json[:2]
    assert customers
    for customer in customers:
        addresses = call("GET", f"/customers/{customer['id']}/addresses").json
        assert {address["customerId"] for address in addresses} == {customer["id"]}
        assert {address["defaultOrderId"] for address in addresses} <= orders


def test_a_tree_has_one_root_and_no_circle(tmp_path: Path) -> None:
    """The first category is below none, every other one below one that came before it."""
    parents = [record["parentId"] for record in shop(tmp_path)("GET", "/categories").json]

    assert parents[0] is None
    assert all(parent in range(1, number) for number, parent in enumerate(parents[1:], 2))


def test_lists_of_references_hold_each_once_and_not_the_record_itself(tmp_path: Path) -> None:
    """Related products are others, and different ones."""
    products = shop(tmp_path)("GET", "/products").json
    assert any(product["relatedProductIds"] for product in products)
    for product in products:
        related = product["relatedProductIds"]
        assert len(set(related)) == len(related)
        assert product["id"] not in related


def test_a_required_reference_of_a_new_record_is_to_a_record_that_is_there(tmp_path: Path) -> None:
    """What the server has to invent for a new order refers to what is listed."""
    call = shop(tmp_path)
    created = call("POST", "/orders", {}).json

    assert created["customerId"] in {record["id"] for record in call("GET", "/customers").json}


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("customerId", NUMBER),  # customers are known by UUIDs
        ("user", TEXT),  # a user's name, perhaps
        ("subjectId", NUMBER),  # no such collection
        ("bankCustomerId", UUID),  # not the same as a customer
        ("customerSlug", TEXT),  # customers have no such property
        ("thingId", NUMBER),  # two collections are called so
    ],
)
def test_what_is_not_plain_is_left_alone(tmp_path: Path, name: str, schema: Any) -> None:
    """A property refers to nothing where the name or the type leaves a doubt."""
    schemas = {**SCHEMAS, "Order": entity(id=NUMBER, **{name: schema}), "Thing": entity(id=NUMBER, a=TEXT)}
    things = {
        **collection("/left/things", "id", "Thing", **NUMBER),
        **collection("/right/things", "id", "User", **NUMBER),
    }
    paths = {**PATHS, **things}
    records = shop(tmp_path, {"paths": paths, "components": {"schemas": schemas}})("GET", "/orders").json
    alone = {"paths": collection("/orders", "orderId", "Order", **NUMBER), "components": {"schemas": schemas}}

    assert records == shop(tmp_path, alone)("GET", "/orders").json


def test_what_says_of_which_kind_it_is_refers_to_no_collection(tmp_path: Path) -> None:
    """An `ownerId` beside an `ownerType` may be of any kind."""
    order = entity(id=NUMBER, ownerId=NUMBER, ownerType=TEXT)
    document = {"paths": PATHS, "components": {"schemas": {**SCHEMAS, "Order": order}}}
    owners = {record["ownerId"] for record in shop(tmp_path, document)("GET", "/orders").json}

    assert not owners <= {record["id"] for record in shop(tmp_path)("GET", "/users").json}


def test_examples_come_first_whatever_they_refer_to(tmp_path: Path) -> None:
    """The first order refers to the customer of the document's example, the others to listed ones."""
    example = "11111111-1111-4111-8111-111111111111"
    order = entity(id=NUMBER, customerId={**UUID, "example": example})
    document = {"paths": PATHS, "components": {"schemas": {**SCHEMAS, "Order": order}}}
    call = shop(tmp_path, document)
    first, *others = call("GET", "/orders").json

    assert first["customerId"] == example
    assert {one["customerId"] for one in others} <= {one["id"] for one in call("GET", "/customers").json}


def test_references_reach_into_a_closed_world(tmp_path: Path) -> None:
    """Generated orders refer to the customers that a fixture file has."""
    known = "22222222-2222-4222-8222-222222222222"
    (tmp_path / "fixtures").mkdir()
    records = f"[{{id: {known}, name: Ada, email: a@example.org}}]"
    written = f"collections: {{customers: {{key: id, records: {records}}}}}"
    (tmp_path / "fixtures" / "api.yaml").write_text(written)
    call = shop(tmp_path, fixtures=tmp_path / "fixtures")

    assert {order["customerId"] for order in call("GET", "/orders").json} == {known}
    assert {order["customerName"] for order in call("GET", "/orders").json} == {"Ada"}


def test_records_that_hold_each_other_come_to_an_end(tmp_path: Path) -> None:
    """A has a B that has an A: the ids agree as far in as the document leads."""
    schemas = {
        "Author": entity(id=NUMBER, name=TEXT)
        | {"properties": {"id": NUMBER, "name": TEXT, "book": at("Book")}},
        "Book": {"type": "object", "required": ["id"], "properties": {"id": NUMBER, "author": at("Author")}},
    }
    paths = {
        **collection("/authors", "id", "Author", **NUMBER),
        **collection("/books", "id", "Book", **NUMBER),
    }
    call = shop(tmp_path, {"paths": paths, "components": {"schemas": schemas}})
    authors = {record["id"]: record["name"] for record in call("GET", "/authors").json}

    books = call("GET", "/books").json
    assert books
    for book in books:
        assert authors[book["author"]["id"]] == book["author"]["name"]


@pytest.mark.parametrize(
    ("several", "one"),
    [
        ("movies", "movie"),
        ("statuses", "status"),
        ("caches", "cache"),
        ("cookies", "cookie"),
        ("media", "media"),
        ("news", "news"),
        ("analyses", "analysis"),
        ("people", "person"),
        ("apis", "api"),
        ("médicos", "medico"),
        ("reservaciones", "reservacion"),
    ],
)
def test_a_reference_names_its_collection_in_the_singular(tmp_path: Path, several: str, one: str) -> None:
    """Whatever its plural: an order's `movieId` is the id of a listed movie."""
    schemas = {"Thing": entity(id=NUMBER, title=TEXT), "Order": entity(id=NUMBER, **{f"{one}Id": NUMBER})}
    paths = {
        **collection(f"/{several}", "id", "Thing", **NUMBER),
        **collection("/orders", "id", "Order", **NUMBER),
    }
    call = shop(tmp_path, {"paths": paths, "components": {"schemas": schemas}})

    referred = {order[f"{one}Id"] for order in call("GET", "/orders").json}

    assert referred
    assert referred <= {thing["id"] for thing in call("GET", f"/{several}").json}


def owners(folder: Path, references: Any = None) -> dict[str, Any]:
    """Pets, whose property `keeper` names no resource, and users."""
    paths = {
        **collection("/users", "id", "User", **NUMBER),
        **collection("/pets", "id", "Pet", **NUMBER),
    }
    if references is not None:
        paths["/pets"]["x-mock"] = {"references": references}
    schemas = {"User": entity(id=NUMBER, login=TEXT), "Pet": entity(id=NUMBER, keeper=NUMBER, userId=NUMBER)}
    return {"paths": paths, "components": {"schemas": schemas}}


def test_what_a_property_refers_to_is_corrected_at_its_collection(tmp_path: Path) -> None:
    """`x-mock: {references: …}` names the resource; null takes a reference away."""
    call = mock(owners(tmp_path, {"keeper": "users"}), tmp_path)
    users = {user["id"] for user in call("GET", "/users").json}

    assert {pet["keeper"] for pet in call("GET", "/pets").json} <= users
    plain = mock(owners(tmp_path), tmp_path)
    assert not {pet["keeper"] for pet in plain("GET", "/pets").json} <= users
    assert {pet["userId"] for pet in plain("GET", "/pets").json} <= users
    without = mock(owners(tmp_path, {"userId": None}), tmp_path)
    assert not {pet["userId"] for pet in without("GET", "/pets").json} <= users


def test_explain_says_what_properties_refer_to(tmp_path: Path) -> None:
    """With the reason."""
    service = next(iter(build_mock(owners(tmp_path, {"keeper": "users"}), tmp_path).services.values()))

    found = [str(one) for row in explain(service.document, {}, service.fallback) for one in row.reasons]

    assert "references: `keeper` refers to users: set by x-mock.references" in found
    assert "references: `userId` refers to users: its name matches, and it has the type of `id`" in found


@pytest.mark.parametrize(
    ("references", "reason"),
    [
        ({"owner": "users"}, "The records of pets have no 'owner'"),
        ({"keeper": "cats"}, "no resource 'cats'"),
    ],
)
def test_lint_names_a_correction_of_what_is_not_there(tmp_path: Path, references: Any, reason: str) -> None:
    """A property or a resource."""
    build_mock(owners(tmp_path, references), tmp_path)

    output = CliRunner().invoke(main, ["lint", str(tmp_path / "api.json")]).output

    assert output.count("ineffective-correction") == 1
    assert reason in output


@pytest.mark.parametrize(
    ("path", "name", "described"),
    [
        ("/autores", "autorId", ""),
        ("/bestellungen", "bestellungId", ""),
        ("/players", "captainId", "The id of the player who leads the team."),
    ],
)
def test_a_reference_is_found_in_other_languages_and_in_words(
    tmp_path: Path, path: str, name: str, described: str
) -> None:
    """By plurals that are not English, and by a description that says whose id it is."""
    number = {"type": "integer"}
    one = {"type": "object", "required": ["id"], "properties": {"id": number}}
    referring = {
        "type": "object",
        "required": ["id", name],
        "properties": {"id": number, name: {**number, "description": described}},
    }
    paths = {
        path: {"get": answering({"type": "array", "items": one})},
        "/teams": {"get": answering({"type": "array", "items": referring})},
    }
    call = mock({"paths": paths}, tmp_path)
    ids = {record["id"] for record in call("GET", path).json}
    teams = call("GET", "/teams").json
    assert teams
    assert {team[name] for team in teams} <= ids


def test_a_reference_is_to_the_collection_that_is_listed(tmp_path: Path) -> None:
    """`map_id` names a record of `/maps`, not of `/share/map/{id}`, which lists none."""
    number = {"type": "integer"}
    place = {"type": "object", "required": ["id"], "properties": {"id": number}}
    spot = {"type": "object", "required": ["id", "map_id"], "properties": {"id": number, "map_id": number}}
    item = {"parameters": [parameter("id", "path", type="integer")], "get": answering(place)}
    paths = {
        "/maps": {"get": answering({"type": "array", "items": place})},
        "/maps/{id}": item,
        "/share/map/{id}": item,
        "/spots": {"get": answering({"type": "array", "items": spot})},
    }
    call = mock({"paths": paths}, tmp_path)
    ids = {record["id"] for record in call("GET", "/maps").json}
    assert {record["map_id"] for record in call("GET", "/spots").json} <= ids
