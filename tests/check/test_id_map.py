"""An implementation that makes things under ids of its own, beside a mock that makes them under others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.check.checking import found, sampled
from tests.check.shop import DOCUMENT, shop

from mockserver.behaviour.backend import Backend, Handlers, Response
from mockserver.check.check_options import Options
from mockserver.check.outcome import Outcome
from mockserver.check.planning.cases import PLAIN, Case
from mockserver.check.planning.path_values import PathValueFinder, PathValues
from mockserver.check.reference.id_map import IdMap
from mockserver.check.reference.reference_model import ReferenceModel
from mockserver.check.runner import run
from mockserver.check.target.http_messages import HttpRequest, HttpResponse
from mockserver.config import Settings
from mockserver.errors import ResourceNotFoundError

JSON = (("Content-Type", "application/json"),)
FIRST = 7000
"""The mock's ids begin here, the shop's with 1."""


def _item(backend: Backend, key: int) -> dict[str, Any]:
    record = backend.collection("items").get(key)
    if record is None:
        raise ResourceNotFoundError(f"no item {key}")
    return dict(record)


def _list_items(backend: Backend, *, limit: int = 100) -> Response:
    return Response(200, list(backend.collection("items"))[:limit])


def _create_item(backend: Backend, *, body: dict[str, Any]) -> Response:
    items = backend.collection("items")
    key = FIRST + items.next_number()
    return Response(201, items.put(key, {"id": key, "name": body["name"], "price": body["price"]}))


def _get_item(backend: Backend, *, id: int) -> Response:
    return Response(200, _item(backend, id))


def _change_item(backend: Backend, *, id: int, body: dict[str, Any]) -> Response:
    known = {name: value for name, value in body.items() if name in {"name", "price"}}
    return Response(200, backend.collection("items").put(id, {**_item(backend, id), **known}))


def _delete_item(backend: Backend, *, id: int) -> Response:
    _item(backend, id)
    backend.collection("items").delete(id)
    return Response(204)


HANDLERS: Handlers = {
    "listItems": _list_items,
    "createItem": _create_item,
    "getItem": _get_item,
    "putItem": _change_item,
    "patchItem": _change_item,
    "deleteItem": _delete_item,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shop's document, and handlers that know how its operations behave."""
    (tmp_path / "shop.yaml").write_text(DOCUMENT)
    (tmp_path / "shop.py").write_text(f"from {__name__} import HANDLERS\nCOLLECTIONS = {{'items': 'id'}}\n")
    return tmp_path


def _check(folder: Path, fault: str | None, *, fuzz: bool = False) -> Outcome:
    with shop(fault) as url:
        return run(Options(specs=(folder / "shop.yaml",), handlers=folder, url=url, fuzz=fuzz, seconds=60))


@pytest.mark.parametrize("fuzz", [False, True], ids=["directed", "generated"])
def test_ids_of_its_own_are_not_blamed(folder: Path, fuzz: bool) -> None:
    """What is made, read, changed, listed and removed is so on both sides."""
    outcome = _check(folder, None, fuzz=fuzz)

    assert [finding.issue.message for finding in outcome.findings] == []
    assert all(record.served for record in outcome.apis[0].operations.values())


@pytest.mark.parametrize(
    ("fault", "operation"),
    sampled(
        [
            ("patch-resets-price", "patchItem"),
            ("put-not-saved", "putItem"),
            ("delete-without-effect", "deleteItem"),
        ],
        [("put-not-saved", "putItem")],
    ),
)
def test_what_becomes_of_them_is_compared_with_the_model(folder: Path, fault: str, operation: str) -> None:
    """The model knows them under its own ids."""
    assert found(_check(folder, fault))[0] == (operation, "state")


def _id_map(folder: Path) -> tuple[IdMap, ReferenceModel]:
    model = ReferenceModel((folder / "shop.yaml",), None, Settings(handlers=folder))
    id_map = IdMap("shop", PathValueFinder(model.services["shop"], model.records("baseline")))
    made = {("shop", "items"): {"7001": {"id": 7001}}}
    id_map.learn({}, made, HttpResponse(201, {}, b'{"id": 7001}'), HttpResponse(201, {}, b'{"id": 3}'))
    return id_map, model


@pytest.mark.parametrize(
    ("sent", "asked"),
    [
        (HttpRequest("GET", "/items/3"), HttpRequest("GET", "/items/7001")),
        (HttpRequest("GET", "/items/4"), HttpRequest("GET", "/items/4")),
        (
            HttpRequest("GET", "/items/3", "item_id=3&limit=3"),
            HttpRequest("GET", "/items/7001", "item_id=7001&limit=3"),
        ),
        (
            HttpRequest("PUT", "/items/3", "", JSON, b'{"price": 3, "items": [{"itemId": 3}]}'),
            HttpRequest("PUT", "/items/7001", "", JSON, b'{"price": 3, "items": [{"itemId": 7001}]}'),
        ),
    ],
)
def test_requests_are_said_in_the_models_words(folder: Path, sent: HttpRequest, asked: HttpRequest) -> None:
    """Ids in the path, and where a name says that they are ids; other numbers stay."""
    id_map, model = _id_map(folder)
    operation = model.services["shop"].document.operation("getItem")

    assert id_map.request(Case(operation, PLAIN, "fuzz", sent, PathValues({}))) == asked
    model.close()


def test_answers_name_the_implementations_ids(folder: Path) -> None:
    """The model's id means what the implementation calls it, and no other."""
    id_map, model = _id_map(folder)

    assert (id_map.counterpart("n7001.0"), id_map.counterpart("n3.0")) == ("n3.0", None)
    model.close()
