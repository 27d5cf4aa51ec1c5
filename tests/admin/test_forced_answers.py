"""Forced answers: whatever a document allows, filled in where nobody says what it is to hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.http.calling import Answer, Caller
from tests.http.mocks import Mocks, document

ITEM = {
    "type": "object",
    "required": ["id", "email"],
    "properties": {"id": {"type": "integer", "minimum": 1}, "email": {"type": "string", "format": "email"}},
}
JSON = {"application/json": {"schema": ITEM}}
MISFIT = {"application/json": {"schema": ITEM, "example": {"id": "none"}}}
NAMED = {"application/json": {"schema": ITEM, "examples": {"one": {"value": {"id": 1, "email": "a@b.org"}}}}}
HEADERS = {"Location": {"required": True, "schema": {"type": "string", "format": "uri"}}}
RESPONSES = {
    "200": {"description": "Made.", "content": JSON},
    "201": {"description": "With a header.", "headers": HEADERS, "content": JSON},
    "202": {"description": "Its example is wrong.", "content": MISFIT},
    "203": {"description": "By name.", "content": NAMED},
    "204": {"description": "Nothing."},
    "206": {"description": "No JSON.", "content": {"application/xml": {"schema": ITEM}}},
    "3XX": {"description": "Elsewhere.", "headers": HEADERS},
    "4XX": {"description": "Wrong.", "content": JSON},
    "520": {"description": "Nobody registered it.", "content": JSON},
    "default": {"description": "Else.", "content": JSON},
}
SHOP = document({"/item": {"get": {"operationId": "getItem", "responses": RESPONSES}}})
FORCE = {"api": "shop", "operation": "getItem"}


@pytest.fixture
def shop(tmp_path: Path) -> Caller:
    """A shop whose one operation documents all kinds of answers."""
    return Mocks(tmp_path).call(SHOP)


def _forced(shop: Caller, **wanted: Any) -> tuple[Any, Answer]:
    told = shop("POST", "/__admin/answers", {**FORCE, **wanted})
    assert told.status == 201, told.body
    return told.json, shop("GET", "/item")


@pytest.mark.parametrize("status", [200, 201, 202, 404, 429, 520, 503, 299])
def test_a_body_that_nobody_says_fits_the_document(shop: Caller, status: int) -> None:
    """The status itself, its range, or the default; what was announced is what comes."""
    told, answer = _forced(shop, status=status)

    assert answer.status == status
    if status < 400:
        assert answer.json == told["body"]
        assert answer.json["id"] >= 1
        assert "@" in answer.json["email"]


@pytest.mark.parametrize("status", [201, 302])
def test_headers_that_are_needed_are_there(shop: Caller, status: int) -> None:
    """With a body that was made, with one that was said, and with none."""
    said = {"body": {"id": 5, "email": "a@b.org"}} if status == 201 else {}

    for wanted in ({}, said):
        _, answer = _forced(shop, status=status, **wanted)
        assert (answer.status, bool(answer.header("location"))) == (status, True)


def test_an_example_is_given_by_name(shop: Caller) -> None:
    """Without a name the first that fits is taken."""
    one = {"id": 1, "email": "a@b.org"}

    assert [_forced(shop, status=203, **name)[1].json for name in ({}, {"example": "one"})] == [one, one]


def test_what_is_no_json_is_said_as_text(shop: Caller) -> None:
    """A schema of objects says nothing about it."""
    made, told = _forced(shop, status=206)[1], _forced(shop, status=206, body="<item/>")[1]

    assert (made.header("content-type"), told.header("content-type")) == ("application/xml",) * 2
    assert (made.body[:1], told.body) == (b"<", b"<item/>")
    assert _forced(shop, status=204)[1].status == 204


def test_what_nobody_can_make_is_refused_when_it_is_asked_for(tmp_path: Path) -> None:
    """And not when it is to be answered."""
    schema = {"allOf": [{"type": "string"}, {"type": "integer"}]}
    impossible = {"description": "No value fits.", "content": {"application/json": {"schema": schema}}}
    get = {"operationId": "getItem", "responses": {"200": impossible}}
    shop = Mocks(tmp_path).call(document({"/item": {"get": get}}))

    answer = shop("POST", "/__admin/answers", {**FORCE, "status": 200})

    assert (answer.status, answer.pointers) == (400, ["#/body"])
