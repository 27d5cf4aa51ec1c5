"""The pet store that everybody tries first: ids in bodies, XML beside JSON, other ways to list."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from tests.http.calling import Caller
from tests.resources.mocking import mock, parameter

PET = {"$ref": "#/components/schemas/Pet"}
SCHEMAS = {
    "Pet": {
        "required": ["name", "photoUrls"],
        "type": "object",
        "properties": {
            "id": {"type": "integer", "format": "int64", "example": 10},
            "name": {"type": "string", "example": "doggie"},
            "photoUrls": {"type": "array", "items": {"type": "string"}},
            "status": {"type": "string", "enum": ["available", "pending", "sold"]},
        },
        "xml": {"name": "pet"},
    }
}


def both(schema: Any) -> dict[str, Any]:
    """Content in JSON and XML."""
    return {"content": {"application/xml": {"schema": schema}, "application/json": {"schema": schema}}}


def answers(schema: Any) -> dict[str, Any]:
    """The pet store's answers: 200, and refusals without a body."""
    refusals = {status: {"description": ""} for status in ("400", "404", "422")}
    return {"responses": {"200": {"description": "", **both(schema)}, **refusals}}


@pytest.fixture
def pets(tmp_path: Path) -> Caller:
    """The part of the pet store that is about pets."""
    body = {"requestBody": {"required": True, **both(PET)}}
    one = [parameter("petId", "path", type="integer", format="int64")]
    changes = [*one, parameter("name"), parameter("status")]
    several = {"type": "array", "items": PET}
    paths = {
        "/pet": {"put": {**body, **answers(PET)}, "post": {**body, **answers(PET)}},
        "/pet/findByStatus": {"get": {"parameters": [parameter("status")], **answers(several)}},
        "/pet/{petId}": {
            "get": {"parameters": one, **answers(PET)},
            "post": {"parameters": changes, **answers(PET)},
            "delete": {
                "parameters": one,
                "responses": {"200": {"description": ""}, "400": {"description": ""}},
            },
        },
    }
    return mock({"paths": paths, "components": {"schemas": SCHEMAS}}, tmp_path)


REX = {"id": 77, "name": "Rex", "photoUrls": [], "status": "sold"}


def test_a_pet_lives_and_dies(pets: Caller) -> None:
    """A pet is what was sent last, found by its id, until it is deleted."""
    assert pets("POST", "/pet", REX).json == REX
    assert pets("GET", "/pet/77").json == REX
    assert pets("PUT", "/pet", {**REX, "name": "Max"}).json["name"] == "Max"
    assert pets("GET", "/pet/77").json["name"] == "Max"
    assert pets("DELETE", "/pet/77").status == 200
    assert pets("GET", "/pet/77").status == 404
    assert pets("PUT", "/pet", REX).status == 404


def test_pets_are_found_by_status(pets: Caller) -> None:
    """`findByStatus` lists the pets that have it, created ones among them."""
    pets("POST", "/pet", REX)

    sold = pets("GET", "/pet/findByStatus?status=sold").json

    assert sold[-1] == REX
    assert {pet["status"] for pet in sold} == {"sold"}


def test_query_parameters_change_a_pet(pets: Caller) -> None:
    """`POST /pet/77?name=Max` changes the name and nothing else."""
    pets("POST", "/pet", REX)

    assert pets("POST", "/pet/77?name=Max").json == {**REX, "name": "Max"}
    assert pets("GET", "/pet/77").json == {**REX, "name": "Max"}


def test_xml_shows_the_record(pets: Caller) -> None:
    """Alone and in a list, as JSON does: a name that was sent comes back in both."""
    pets("POST", "/pet", {**REX, "name": "Rex & Co"})
    in_xml = {"Accept": "application/xml"}

    alone = ET.fromstring(pets("GET", f"/pet/{REX['id']}", headers=in_xml).body)  # noqa: S314  our own answer
    listed = ET.fromstring(  # noqa: S314
        pets("GET", "/pet/findByStatus?status=sold", headers=in_xml).body
    )

    assert alone.tag == "pet"
    assert (alone.findtext("id"), alone.findtext("name")) == (str(REX["id"]), "Rex & Co")
    assert (str(REX["id"]), "Rex & Co") in [(pet.findtext("id"), pet.findtext("name")) for pet in listed]


def test_xml_is_answered_to_who_wants_it(pets: Caller) -> None:
    """Who accepts XML alone gets XML; what is gone is gone there too."""
    answer = pets("GET", "/pet/5", headers={"Accept": "application/xml"})
    pets("DELETE", "/pet/5")

    assert answer.header("content-type") == "application/xml"
    assert answer.body.startswith(b"<")
    assert pets("GET", "/pet/5", headers={"Accept": "application/xml"}).status == 404
