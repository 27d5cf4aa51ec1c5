"""Bodies that are not JSON: XML as the schema says, forms, and never one against its media type."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs
from xml.etree import ElementTree as ET

import pytest
from tests.http.calling import Caller
from tests.http.mocks import Mocks, document

ITEM = {"type": "string", "enum": ["a & b"], "xml": {"name": "tag"}}
PET: dict[str, Any] = {
    "type": "object",
    "required": ["id", "name", "tags", "photos", "owner", "old", "none"],
    "xml": {"name": "pet", "namespace": "https://pets.test/ns"},
    "properties": {
        "id": {"type": "integer", "xml": {"attribute": True}},
        "name": {
            "type": "string",
            "enum": ["<Rex> \u0001"],
            "xml": {"prefix": "p", "namespace": "https://p.test"},
        },
        "tags": {
            "type": "array",
            "minItems": 2,
            "maxItems": 2,
            "items": ITEM,
            "xml": {"name": "tags", "wrapped": True},
        },
        "photos": {
            "type": "array",
            "minItems": 2,
            "maxItems": 2,
            "items": {"type": "string"},
            "xml": {"name": "ignored"},
        },
        "owner": {"$ref": "#/components/schemas/Owner"},
        "old": {"type": "boolean"},
        "none": {"type": "string", "nullable": True, "enum": [None]},
    },
}
OWNER: dict[str, Any] = {
    "type": "object",
    "required": ["1st name"],
    "properties": {"1st name": {"type": "string"}},
}


def _parsed(body: bytes) -> ET.Element:
    return ET.fromstring(body)  # noqa: S314  our own answer


def _call(mocks: Mocks, content: Any) -> Caller:
    responses = {"200": {"description": "", "content": content}}
    paths = {"/x": {"get": {"operationId": "op", "responses": responses}}}
    return mocks.call(document(paths, components={"schemas": {"Pet": PET, "Owner": OWNER}}))


def test_xml_is_what_the_schema_says(mocks: Mocks) -> None:
    """Names, attributes, prefixes, namespaces, wrapped arrays and bare ones."""
    answer = _call(mocks, {"application/xml": {"schema": {"$ref": "#/components/schemas/Pet"}}})("GET", "/x")

    root = _parsed(answer.body)
    inside = "{https://pets.test/ns}"
    assert answer.header("content-type") == "application/xml"
    assert root.tag == inside + "pet"
    assert root.attrib["id"].isdecimal()
    assert [child.tag for child in root] == [
        "{https://p.test}name",
        *(inside + name for name in ("tags", "photos", "photos", "owner", "old", "none")),
    ]
    assert root[0].text == "<Rex> "
    assert [(child.tag, child.text) for child in root[1]] == [(inside + "tag", "a & b")] * 2
    assert root[4][0].tag == inside + "_1st_name"
    assert root[5].text in {"true", "false"}


def test_an_array_has_an_element_around_it(mocks: Mocks) -> None:
    """A document has one root."""
    schema = {"type": "array", "items": {"$ref": "#/components/schemas/Owner"}}

    root = _parsed(_call(mocks, {"text/xml": {"schema": schema}})("GET", "/x").body)

    assert {child.tag for child in root} == {"Owner"}


@pytest.mark.parametrize("example", [{"1st name": "Ada"}, "<Owner><_1st_name>Ada</_1st_name></Owner>"])
def test_an_example_of_xml_is_text_or_a_value(mocks: Mocks, example: Any) -> None:
    """Either comes first."""
    schema = {"$ref": "#/components/schemas/Owner"}

    answer = _call(mocks, {"application/xml": {"schema": schema, "example": example}})("GET", "/x")

    assert _parsed(answer.body).findtext("_1st_name") == "Ada"


def test_an_example_that_is_no_xml_is_not_sent_as_xml(mocks: Mocks) -> None:
    """Some documents have one text for all media types."""
    schema = {"$ref": "#/components/schemas/Owner"}

    _parsed(_call(mocks, {"application/xml": {"schema": schema, "example": "{}"}})("GET", "/x").body)


@pytest.mark.parametrize("schema", [None, {}, {"type": "string"}])
def test_xml_of_which_nothing_is_said_is_an_element(mocks: Mocks, schema: Any) -> None:
    """A document all the same."""
    entry = {} if schema is None else {"schema": schema}

    _parsed(_call(mocks, {"application/atom+xml": entry})("GET", "/x").body)


def test_a_form_is_one(mocks: Mocks) -> None:
    """Arrays are several fields of one name."""
    schema = {
        "type": "object",
        "required": ["a", "b", "c"],
        "properties": {
            "a": {"type": "array", "items": {"enum": ["x y", "z"]}, "minItems": 2, "uniqueItems": True},
            "b": {"type": "boolean", "enum": [True]},
            "c": {"type": "object", "required": ["d"], "properties": {"d": {"enum": [1]}}},
        },
    }

    answer = _call(mocks, {"application/x-www-form-urlencoded": {"schema": schema}})("GET", "/x")

    form = parse_qs(answer.body.decode())
    assert (set(form["a"]), form["b"], form["c"]) == ({"x y", "z"}, ["true"], ['{"d":1}'])


SHOP: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Shop", "version": "1"},
    "paths": {
        "/pets": {
            "get": {"responses": {"200": {"description": "", "content": {}}}},
            "post": {
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Owner"}}}
                },
                "responses": {"201": {"description": "", "content": {}}},
            },
        },
        "/pets/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": {"responses": {"200": {"description": "", "content": {}}}},
        },
    },
    "components": {
        "schemas": {"Owner": {**OWNER, "properties": {**OWNER["properties"], "id": {"type": "string"}}}}
    },
}


def test_state_is_never_sent_against_its_media_type(mocks: Mocks) -> None:
    """Who asks for XML of a resource is given XML, or told that there is none."""
    one = {"$ref": "#/components/schemas/Owner"}
    for path, method in (("/pets", "get"), ("/pets", "post"), ("/pets/{id}", "get")):
        schema = {"type": "array", "items": one} if (path, method) == ("/pets", "get") else one
        (response,) = SHOP["paths"][path][method]["responses"].values()
        response["content"] = {name: {"schema": schema} for name in ("application/json", "application/xml")}
    call = mocks.call(SHOP)

    created = call("POST", "/pets", {"1st name": "Ada"}, headers={"accept": "application/xml"})
    assert created.status == 201
    _parsed(created.body)
    for target in ("/pets", "/pets/1"):
        for accept in ("application/xml", "application/xml;q=0.9, application/json;q=0.1"):
            answer = call("GET", target, headers={"accept": accept})
            assert answer.header("content-type") == "application/xml"
            _parsed(answer.body)
        assert call("GET", target, headers={"accept": "text/csv"}).status == 406
        assert call("GET", target).json
