"""What OpenAPI 3.2 adds is served; what is not supported yet is named."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner
from tests.http.calling import Caller
from tests.http.mocks import Mocks, document, echo

from mockserver.cli.command_line import main

TEXT = {"type": "string"}
NUMBER = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
JSON = {"application/json": {"schema": NUMBER}}
ANSWER = {"200": {"description": "", "content": JSON}, "400": {"description": ""}}


def mock(mocks: Mocks, item: dict[str, Any], **more: Any) -> Caller:
    """A mock of a document of 3.2 with one path."""
    return mocks.call(document({"/x": item}, openapi="3.2.0", **more))


def test_query_is_a_method_with_a_body(mocks: Mocks) -> None:
    """Its requests are validated as those of others."""
    call = mock(mocks, {"query": {"requestBody": {"required": True, "content": JSON}, "responses": ANSWER}})

    assert isinstance(call("QUERY", "/x", {"n": 1}).json["n"], int)
    assert call("QUERY", "/x", {"n": "1"}).status == 400
    assert call("GET", "/x").status == 405
    assert call("OPTIONS", "/x").header("allow") == "OPTIONS, QUERY"


def test_additional_operations_are_served_by_their_methods(mocks: Mocks) -> None:
    """Beside the others of the path; a path's parameters are theirs too."""
    size = {"name": "size", "in": "query", "required": True, "schema": {"type": "integer"}}
    others = {
        "COPY": {"responses": ANSWER},
        "PURGE": {"operationId": "purge", "responses": {"204": {"description": ""}}},
    }
    call = mock(mocks, {"parameters": [size], "get": {"responses": ANSWER}, "additionalOperations": others})

    assert call("COPY", "/x?size=1").status == 200
    assert call("COPY", "/x").status == 400
    assert call("PURGE", "/x?size=1").status == 204


@pytest.mark.parametrize(
    ("media_type", "right", "wrong"),
    [
        ("application/x-www-form-urlencoded", "n=3&m=4", "n=x"),
        ("application/json", "%7B%22n%22%3A3%2C%22m%22%3A4%7D", "%7B%22n%22%3A%22x%22%7D"),
    ],
)
def test_the_whole_query_is_one_value(mocks: Mocks, media_type: str, right: str, wrong: str) -> None:
    """A form, or JSON."""
    schema = {**NUMBER, "properties": {"n": {"type": "integer"}, "m": {"type": "integer"}}}
    whole = {"name": "q", "in": "querystring", "required": True, "content": {media_type: {"schema": schema}}}
    anything = {"200": {"description": "", "content": {"application/json": {}}}, "400": {"description": ""}}
    item = {"get": {"operationId": "op", "parameters": [whole], "responses": anything}}
    call = mocks.call(document({"/x": item}, openapi="3.2.0"), handlers={"op": echo("q")})

    assert call("GET", f"/x?{right}").json == {"q": {"n": 3, "m": 4}}
    assert call("GET", f"/x?{wrong}").status == 400
    assert call("GET", "/x").status == 400


def test_the_default_of_a_discriminator_takes_every_other_value(mocks: Mocks) -> None:
    """And objects without one."""
    kind = {"kind": TEXT}
    schemas = {
        "Cat": {"type": "object", "required": ["kind", "purrs"], "properties": {**kind, "purrs": TEXT}},
        "Other": {"type": "object", "required": ["sound"], "properties": {**kind, "sound": TEXT}},
        "Pet": {
            "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Other"}],
            "discriminator": {"propertyName": "kind", "defaultMapping": "Other"},
        },
    }
    body = {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}},
    }
    call = mock(mocks, {"post": {"requestBody": body, "responses": ANSWER}}, components={"schemas": schemas})

    pets = [
        {"kind": "Cat", "purrs": "a"},
        {"kind": "Cow", "sound": "moo"},
        {"sound": "moo"},
        {"kind": "Cat", "sound": "moo"},
        {"purrs": "a"},
    ]
    assert [call("POST", "/x", pet).status for pet in pets] == [200, 200, 200, 400, 400]


def test_media_types_examples_and_addresses_of_the_document_are_followed(mocks: Mocks) -> None:
    """`components.mediaTypes`, `dataValue`, `$self`."""
    self = "https://lamps.example/openapi"
    media = {"schema": {"$ref": f"{self}#/components/schemas/N"}, "examples": {"a": {"dataValue": {"n": 41}}}}
    answer = {
        "200": {"description": "", "content": {"application/json": {"$ref": "#/components/mediaTypes/M"}}}
    }
    components = {"schemas": {"N": NUMBER}, "mediaTypes": {"M": media}}
    call = mock(mocks, {"get": {"responses": answer}}, **{"$self": self, "components": components})

    assert call("GET", "/x").json == {"n": 41}


def test_what_is_not_supported_is_named_and_the_rest_is_served(mocks: Mocks) -> None:
    """By lint, as warnings."""
    media = {"schema": {"type": "array"}, "itemEncoding": {"contentType": "image/png"}}
    post = {"requestBody": {"content": {"multipart/mixed": media}}, "responses": ANSWER}
    names = {"type": "object", "properties": {"nodeType": TEXT}}
    call = mock(mocks, {"post": post, "get": {"responses": ANSWER}}, components={"schemas": {"A": names}})

    assert call("GET", "/x").status == 200
    result = CliRunner().invoke(main, ["lint", str(mocks.folder / "specs" / "shop.yaml")])
    assert "itemEncoding" in result.output
    assert "nodeType" not in result.output
    assert result.exit_code == 0
