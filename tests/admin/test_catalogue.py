"""What is served: APIs, operations, and requests that fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.admin.desks import Desk
from tests.http.calling import Caller
from tests.http.mocks import Mocks, document
from tests.http.mocks import operation as documented
from tests.resources.mocking import SHOP, mock

from mockserver.cli.command_line import main


def _operations(desk: Desk) -> list[tuple[str, str]]:
    apis = [entry["name"] for entry in desk.call("GET", "apis").json["apis"]]
    found = [
        (api, entry["operation"])
        for api in apis
        for entry in desk.call("GET", f"apis/{api}/operations").json["operations"]
    ]
    assert found
    return found


def _send(desk: Desk, told: Any) -> int:
    """Send the request that was suggested, as the caller that was suggested."""
    path = told["path"]
    query = []
    for entry in told["parameters"]:
        if entry["in"] == "path":
            path = path.replace("{" + entry["name"] + "}", str(entry["example"]))
        elif entry["required"]:
            query.append(f"{entry['name']}={entry['example']}")
    call = Caller(desk.application.asgi, f"{told['identity']}-token")
    target = path + ("?" + "&".join(query) if query else "")
    if told["body"] is None:
        return call(told["method"], target).status
    body = told["body"]["media_types"][0]
    media_type = body["media_type"]
    if media_type.endswith("json"):
        return call(told["method"], target, body["example"]).status
    # Forms are the page's own to write.
    form = b"duration_in_minutes=45"
    return call(told["method"], target, content=form, media_type="application/x-www-form-urlencoded").status


@pytest.mark.parametrize("seed", ["", "?seed=1", "?seed=2"])
def test_every_operation_suggests_a_request_that_is_taken(desk: Desk, seed: str) -> None:
    """With the document's examples, or with data that is made up."""
    for api, operation in _operations(desk):
        desk.call("POST", "reset")
        told = desk.call("GET", f"apis/{api}/operations/{operation}{seed}").json

        assert _send(desk, told) in {200, 204}, (api, operation, told)


def test_each_seed_makes_another_request(desk: Desk) -> None:
    """The same one for the same seed."""
    bodies = [
        desk.call("GET", f"apis/sqod/operations/patchAppointmentById?seed={seed}").json["body"][
            "media_types"
        ][0]["example"]
        for seed in (1, 2, 1)
    ]

    assert bodies[0] == bodies[2] != bodies[1]


def test_an_operation_is_told_with_its_line(desk: Desk) -> None:
    """And the document around it."""
    told = desk.call("GET", "apis/citas/operations/cancelarCita").json
    shown = desk.call("GET", f"apis/citas/document?line={told['document']['line']}").json

    assert shown["lines"][told["document"]["line"] - shown["first"]].strip() == "put:"
    assert [entry["status"] for entry in told["responses"]] == ["200", "401", "403", "4XX", "500"]
    assert (told["identity"], told["method"], told["path"]) == ("admin", "PUT", "/api/citas/{id}/cancelar")


def test_an_operation_says_how_it_is_answered_and_why(desk: Desk, tmp_path: Path) -> None:
    """By a handler, or by a plan with its reasons: the same that `serve --explain` prints."""
    handled = desk.call("GET", "apis/citas/operations/cancelarCita").json["explanation"]
    shop = mock(SHOP, tmp_path)
    listed = shop("GET", "/__admin/apis/shop/operations/listProducts").json["explanation"]
    printed = CliRunner().invoke(main, ["serve", str(SHOP), "--explain"]).output

    (where,) = handled.pop("reasons")
    assert handled == {"answer": "handler cancel_cita", "kind": None}
    assert where["field"] == "handler"
    assert where["because"].startswith("citas.py:")
    assert listed["kind"] == "list"
    assert {"field": "search", "because": "`q` is a usual name for it", "convention": ""} in listed["reasons"]
    assert listed["answer"] in printed
    assert all(f"    {one['field']}: {one['because']}" in printed for one in listed["reasons"])


@pytest.mark.parametrize(
    "target", ["apis/no/operations", "apis/citas/operations/no", "apis/no/document?line=1"]
)
def test_what_is_not_served_is_not_found(desk: Desk, target: str) -> None:
    """With a reason."""
    assert desk.call("GET", target).status == 404


def test_one_broken_operation_leaves_the_others_to_look_at(tmp_path: Path) -> None:
    """What cannot be served is left out where it cannot be told, and told where it is asked for."""
    call = Mocks(tmp_path).call(
        document(
            {
                "/odd": {"get": documented("odd", parameters=[{"$ref": "#/nowhere"}])},
                "/even": {"get": documented("even")},
            }
        )
    )
    assert call("GET", "/even").status == 200

    (covered,) = call("GET", "/__admin/coverage").json["apis"]

    assert [entry["operation"] for entry in covered["operations"]] == ["even"]
    assert call("GET", "/__admin/state").status == 200
    assert call("GET", "/__admin/apis/shop/operations").status == 200
    told = call("GET", "/__admin/apis/shop/operations/odd")
    assert (told.status, "odd" in told.json["detail"] or "parameter" in told.json["detail"]) == (409, True)


def test_an_operation_tells_how_its_request_is_written(tmp_path: Path) -> None:
    """The style of each parameter, the fields that are files, where credentials stand."""
    picture: dict[str, Any] = {"type": "string", "format": "binary"}
    form = {
        "type": "object",
        "properties": {"one": picture, "all": {"type": "array", "items": picture}, "n": {}},
    }
    ids = {"name": "ids", "in": "query", "explode": False, "schema": {"type": "array"}}
    schemes = {
        "basic": {"type": "http", "scheme": "basic"},
        "key": {"type": "apiKey", "in": "cookie", "name": "sid"},
        "login": {"type": "openIdConnect", "openIdConnectUrl": "https://example.org"},
    }
    call = Mocks(tmp_path).call(
        document(
            {
                "/form": {
                    "post": documented(
                        "form",
                        parameters=[ids],
                        requestBody={"content": {"multipart/form-data": {"schema": form}}},
                        security=[{"basic": [], "key": []}, {"login": []}],
                    )
                },
                "/raw": {
                    "put": documented(
                        "raw",
                        requestBody={"content": {"image/png": {"schema": picture}}},
                        security=[{"login": []}],
                    )
                },
                "/text": {
                    "put": documented(
                        "text", requestBody={"content": {"text/plain": {"schema": {"type": "string"}}}}
                    )
                },
            },
            components={"securitySchemes": schemes},
        )
    )

    told = {
        name: call("GET", f"/__admin/apis/shop/operations/{name}").json for name in ("form", "raw", "text")
    }

    (parameter,) = told["form"]["parameters"]
    assert (parameter["style"], parameter["explode"], parameter["media_type"]) == ("form", False, None)
    assert [entry["body"]["media_types"][0]["files"] for entry in told.values()] == [["one", "all"], [""], []]
    login = {
        "name": "login",
        "credentials": [{"in": "header", "name": "Authorization", "scheme": "Bearer"}],
    }
    both = [
        {"in": "header", "name": "Authorization", "scheme": "Basic"},
        {"in": "cookie", "name": "sid", "scheme": ""},
    ]
    assert [entry["security"] for entry in told.values()] == [
        [{"name": "basic + key", "credentials": both}, login],
        [login],
        [],
    ]


def test_a_path_is_filled_in_with_records_that_the_session_has(desk: Desk) -> None:
    """A deleted one is not offered, nor an id that cannot be one."""

    def offered(api: str, operation: str) -> dict[str, Any]:
        told = desk.call("GET", f"apis/{api}/operations/{operation}").json
        return {entry["name"]: entry["example"] for entry in told["parameters"] if entry["in"] == "path"}

    assert str(offered("citas", "cancelarCita")["id"]) == "1"
    desk.call("DELETE", "state/citas/citas/1")
    other = offered("citas", "cancelarCita")["id"]
    assert other != "1"
    assert desk.call("GET", f"state/citas/citas/{other}").status == 200


def test_ids_of_records_below_others_are_filled_in(tmp_path: Path) -> None:
    """In an API without fixtures: both ids name records, and a uuid is one."""
    uuid = {"type": "string", "format": "uuid"}
    order = {"type": "object", "required": ["id"], "properties": {"id": uuid, "total": {"type": "integer"}}}
    many = {"content": {"application/json": {"schema": {"type": "array", "items": order}}}}
    one = {"content": {"application/json": {"schema": order}}}

    def parameters(*names: str) -> list[Any]:
        return [{"name": name, "in": "path", "required": True, "schema": uuid} for name in names]

    def read(name: str, shown: Any, *names: str) -> Any:
        answers = {"200": {"description": "Fine.", **shown}}
        return {"get": documented(name, parameters=parameters(*names), responses=answers)}

    call = Mocks(tmp_path).call(
        document(
            {
                "/shops": read("listShops", many),
                "/shops/{shop}": read("getShop", one, "shop"),
                "/shops/{shop}/orders": read("listOrders", many, "shop"),
                "/shops/{shop}/orders/{order}": read("getOrder", one, "shop", "order"),
                "/odd/{thing}/report": read("report", {}, "thing"),
            }
        )
    )

    told = call("GET", "/__admin/apis/shop/operations/getOrder").json
    path = told["path"]
    for entry in told["parameters"]:
        path = path.replace("{" + entry["name"] + "}", entry["example"])

    assert call("GET", path).status == 200, path
    (thing,) = call("GET", "/__admin/apis/shop/operations/report").json["parameters"]
    assert len(thing["example"]) == 36


def test_every_media_type_and_branch_of_a_body_is_offered(tmp_path: Path) -> None:
    """Each filled in so that it fits: named examples, else the branches of `oneOf`."""
    card = {
        "type": "object",
        "required": ["kind", "pan"],
        "properties": {"kind": {"type": "string"}, "pan": {"type": "string"}},
    }
    cash = {
        "type": "object",
        "required": ["kind", "sum"],
        "properties": {"kind": {"type": "string"}, "sum": {"type": "integer"}},
    }
    refs = [{"$ref": "#/components/schemas/Card"}, {"$ref": "#/components/schemas/Cash"}]
    pay = {"oneOf": refs, "discriminator": {"propertyName": "kind"}}
    named = {"small": {"value": {"n": 1}}, "large": {"value": {"n": 1000}}}
    content = {
        "application/json": {"schema": pay},
        "application/vnd.n+json": {"schema": {"type": "object"}, "examples": named},
        "text/plain": {"schema": {"type": "string"}},
    }
    call = Mocks(tmp_path).call(
        document(
            {"/pay": {"post": documented("pay", requestBody={"required": True, "content": content})}},
            components={"schemas": {"Card": card, "Cash": cash}},
        )
    )

    offered = call("GET", "/__admin/apis/shop/operations/pay").json["body"]["media_types"]

    names = {entry["media_type"]: [one["name"] for one in entry["variants"]] for entry in offered}
    assert names == {
        "application/json": ["Card", "Cash"],
        "application/vnd.n+json": ["small", "large"],
        "text/plain": [],
    }
    for variant, needed in zip(offered[0]["variants"], ("pan", "sum"), strict=True):
        assert variant["example"]["kind"] == variant["name"]
        assert needed in variant["example"]
        assert call("POST", "/pay", variant["example"]).status < 300
