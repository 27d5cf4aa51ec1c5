"""The parts that requests are made of: schemas read, values tried, curl lines, settings for Schemathesis."""

from __future__ import annotations

import base64
import subprocess
from typing import Any

import pytest

from mockserver.check.planning import sample_values
from mockserver.check.planning.cases import dotted, multipart, names_in
from mockserver.check.planning.situations import CallerKind
from mockserver.check.target.credentials import Credentials, by_identity
from mockserver.check.target.http_messages import Caller, HttpRequest, curl, variable
from mockserver.openapi.schema.schema_locations import BodyField, is_inferred
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.openapi.schema.validators import SchemaCompiler

ROOT: dict[str, Any] = {
    "openapi": "3.0.3",
    "components": {
        "schemas": {
            "Base": {
                "type": "object",
                "required": ["id"],
                "properties": {"id": {"type": "integer", "x-inferred": True}},
            },
            "Whole": {
                "allOf": [
                    {"$ref": "#/components/schemas/Base"},
                    {"type": "object", "required": ["kind"], "properties": {"kind": {"enum": ["x"]}}},
                ]
            },
        }
    },
}
WHOLE = {"$ref": "#/components/schemas/Whole"}


def test_all_of_is_read_as_one_object() -> None:
    """With the properties and the requirements of every part."""
    view = SchemaReader(ROOT).merged(WHOLE)

    assert set(view["properties"]) == {"id", "kind"}
    assert sorted(view["required"]) == ["id", "kind"]


def test_what_was_inferred_is_known_at_its_place() -> None:
    """Only where all that says the keyword was inferred."""
    assert is_inferred(SchemaReader(ROOT), WHOLE, ["id"], "type")
    assert not is_inferred(SchemaReader(ROOT), WHOLE, ["kind"], "enum")
    assert not is_inferred(SchemaReader(ROOT), WHOLE, [], "required")


SCHEMAS = [
    {"type": "string"},
    {"type": "string", "minLength": 3, "maxLength": 5},
    {"type": "string", "enum": ["a", "b"]},
    {"type": "string", "format": "date-time", "nullable": True},
    {"type": "string", "format": "email"},
    {"type": "integer", "minimum": 5, "maximum": 7},
    {"type": "number", "minimum": 0, "exclusiveMinimum": True},
    {"type": "boolean", "nullable": True},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
def test_values_are_what_they_are_called(schema: dict[str, Any]) -> None:
    """Allowed ones are allowed, the others are not, and there are some of each."""
    compiler = SchemaCompiler(ROOT)
    checker = compiler.compile(schema, "request")
    field = BodyField(("f",), schema, schema, is_required=False, is_inferred=False)

    allowed = [sample.value for sample in sample_values.valid(compiler, field)]
    refused = [sample.value for sample in sample_values.invalid(compiler, field)]

    assert allowed
    assert refused
    assert all(map(checker.is_valid, allowed))
    assert not any(map(checker.is_valid, refused))
    assert checker.is_valid(sample_values.minimal(SchemaReader(ROOT), schema))


def test_names_of_a_body_are_dotted() -> None:
    """In JSON and in forms alike."""
    assert names_in({"a": {"b": 1}, "l": [{"id": "x", "v": 2}]}) == ["a.b", "l.[x].id", "l.[x].v"]
    assert dotted("claimant[data][0][value]") == "claimant.data.[0].value"


def test_a_form_has_a_part_for_each_field() -> None:
    """Booleans and numbers as text."""
    content = multipart({"a": True, "b": "ä"}).decode()

    assert 'name="a"\r\n\r\ntrue\r\n' in content
    assert 'name="b"\r\n\r\nä\r\n' in content


def test_a_token_is_a_variable_in_curl() -> None:
    """Named after the identity; what nobody may accept is shown as it is."""
    known = HttpRequest("GET", "/a", caller=Caller(CallerKind.IDENTITY, "read-only"))
    invented = HttpRequest("GET", "/a", caller=Caller(CallerKind.INVENTED_TOKEN, credential="invented"))

    assert "$TOKEN_READ_ONLY" in curl(known, "http://h")
    assert variable("read-only") == "TOKEN_READ_ONLY"
    assert "Bearer invented" in curl(invented, "http://h")


@pytest.mark.parametrize(
    ("scheme", "sent"),
    [
        ({"type": "http", "scheme": "basic"}, "http://h/a?b=1 -u me:secret"),
        ({"type": "apiKey", "in": "query", "name": "key"}, "http://h/a?b=1&key=me:secret"),
        ({"type": "apiKey", "in": "header", "name": "X-Key"}, "http://h/a?b=1 -H X-Key: me:secret"),
        ({"type": "apiKey", "in": "cookie", "name": "sid"}, "http://h/a?b=1 -H Cookie: sid=me:secret"),
        ({"type": "oauth2"}, "http://h/a?b=1 -H Authorization: Bearer me:secret"),
    ],
)
def test_curl_shows_a_credential_as_the_document_asks(scheme: dict[str, str], sent: str) -> None:
    """As it is sent: the shell puts the variable in."""
    line = curl(
        HttpRequest("GET", "/a", "b=1", caller=Caller(CallerKind.IDENTITY, "me")), "http://h", [scheme]
    )
    script = f'curl() {{ echo "$@"; }}; TOKEN_ME=me:secret; {line}'
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == f"-i {sent}"


@pytest.mark.parametrize(
    ("token", "sent"), [("me:secret", b"me:secret"), ("sk_live", b"sk_live:")], ids=["both", "name-alone"]
)
def test_basic_credentials_have_a_colon(token: str, sent: bytes) -> None:
    """A name alone is one with an empty password, as curl takes it."""
    credentials = Credentials({"me": token}, {"basic": {"type": "http", "scheme": "basic"}})
    _, headers = credentials.apply(HttpRequest("GET", "/", caller=Caller(CallerKind.IDENTITY, "me")))

    assert headers == [("Authorization", f"Basic {base64.b64encode(sent).decode()}")]


def test_each_of_two_keys_that_go_together_is_shown_in_its_place() -> None:
    """`NAME.SCHEME` is the token for one scheme; in curl lines each is a variable of its own."""
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "app": {"type": "apiKey", "in": "header", "name": "X-App"},
    }
    credentials = Credentials(by_identity({"me.key": "k", "me.app": "a"}), schemes)
    request = HttpRequest("GET", "/", caller=Caller(CallerKind.IDENTITY, "me"), schemes=("key", "app"))

    assert credentials.apply(request) == ("", [("X-Key", "k"), ("X-App", "a")])
    line = curl(request, "http://h", credentials.used(request))
    assert line == """curl -i http://h/ -H 'X-Key: '"$TOKEN_ME_KEY" -H 'X-App: '"$TOKEN_ME_APP\""""
    assert by_identity({"me.key": "k", "me.app": "a"})["me"] == "k"


def test_a_credential_is_put_where_the_operation_asks_for_it() -> None:
    """Of several schemes; in all places of those that go together."""
    schemes = {
        "oauth": {"type": "oauth2"},
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "app": {"type": "apiKey", "in": "query", "name": "app"},
    }
    credentials, caller = Credentials({"me": "a b"}, schemes), Caller(CallerKind.IDENTITY, "me")

    bearer = credentials.apply(HttpRequest("GET", "/", caller=caller, schemes=("oauth",)))
    both = credentials.apply(HttpRequest("GET", "/", "x=1", caller=caller, schemes=("key", "app")))

    assert bearer == ("", [("Authorization", "Bearer a b")])
    assert both == ("x=1&app=a%20b", [("X-Key", "a b")])
