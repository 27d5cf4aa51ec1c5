"""Generated addresses of pictures lead to pictures that the mock serves."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from tests.http.mocks import Mocks, document

from mockserver.behaviour.backend import Backend, Response
from mockserver.generation import ValueGenerator

USER = {
    "type": "object",
    "required": ["id", "avatarUrl", "photoUrls", "strict", "short"],
    "properties": {
        "id": {"type": "integer"},
        "avatarUrl": {"type": "string", "format": "uri"},
        "photoUrls": {"type": "array", "minItems": 1, "items": {"type": "string"}},
        "strict": {
            "type": "object",
            "properties": {"logo": {"type": "string", "pattern": "^https://"}},
            "required": ["logo"],
        },
        "short": {
            "type": "object",
            "properties": {"logo": {"type": "string", "maxLength": 60}},
            "required": ["logo"],
        },
        "pngIcon": {"type": "string", "format": "uri"},
    },
}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}


def _users() -> dict[str, Any]:
    content = {"content": {"application/json": {"schema": USER}}}
    return document(
        {
            "/users/{id}": {
                "parameters": [ID],
                "get": {"operationId": "read", "responses": {"200": {"description": "One.", **content}}},
                "put": {
                    "operationId": "put",
                    "requestBody": {"required": True, **content},
                    "responses": {"200": {"description": "One.", **content}},
                },
            }
        }
    )


def test_a_generated_picture_is_at_the_address_that_is_shown(mocks: Mocks) -> None:
    """At the Host of the request; an SVG that is well-formed, and the same each time."""
    call = mocks.call(_users())
    user = call("GET", "/users/1", headers={"Host": "mock.localhost:81"}).json
    assert user["avatarUrl"].startswith("http://mock.localhost:81/__media/avatar/")
    path = user["avatarUrl"].removeprefix("http://mock.localhost:81")
    picture = call("GET", path)

    assert (picture.status, picture.header("content-type")) == (200, "image/svg+xml")
    assert ET.fromstring(picture.body).tag.endswith("svg")  # noqa: S314  our own
    assert call("GET", path).body == picture.body
    assert call("GET", user["photoUrls"][0].removeprefix("http://mock.localhost:81")).status == 200


def test_a_public_url_comes_before_the_host(mocks: Mocks) -> None:
    """As in all absolute URLs that the mock writes."""
    call = mocks.call(_users(), public_url="https://mock.example.org/shop")

    assert (
        call("GET", "/users/1").json["avatarUrl"].startswith("https://mock.example.org/shop/__media/avatar/")
    )


def test_a_png_is_one_that_decoders_take(mocks: Mocks) -> None:
    """Its chunks have the right sums, and its rows the right length."""
    call = mocks.call(_users())
    shown = call("GET", "/users/1").json["pngIcon"]
    body = call("GET", "/" + shown.split("/", 3)[3]).body
    assert body[:8] == b"\x89PNG\r\n\x1a\n"
    place, chunks = 8, {}
    while place < len(body):
        (length,) = struct.unpack(">I", body[place : place + 4])
        name, content = body[place + 4 : place + 8], body[place + 8 : place + 8 + length]
        assert struct.unpack(">I", body[place + 8 + length : place + 12 + length])[0] == zlib.crc32(
            name + content
        )
        chunks[name] = content
        place += 12 + length
    width, height = struct.unpack(">II", chunks[b"IHDR"][:8])

    assert len(zlib.decompress(chunks[b"IDAT"])) == height * (width + 1)


@pytest.mark.parametrize(
    "path",
    [
        "/__media/",
        "/__media/avatar/xyz.svg",
        "/__media/a/0.gif",
        "/__media/" + "a" * 99 + "/0.svg",
        "/__media/../x/0.svg",
    ],
)
def test_other_paths_have_no_picture(mocks: Mocks, path: str) -> None:
    """A path is a word and a number of at most 32 digits: there is no end of work in it."""
    assert mocks.call(_users())("GET", path).status == 404


def test_pictures_may_be_shown_by_any_page_and_run_nothing(mocks: Mocks) -> None:
    """They have the header fields of our own pages, but for who may load them."""
    answer = mocks.call(_users())("GET", "/__media/avatar/0.svg")

    assert answer.header("x-content-type-options") == "nosniff"
    assert answer.header("cross-origin-resource-policy") == "cross-origin"
    assert str(answer.header("content-security-policy")).startswith("default-src 'none'")


def test_what_the_schema_asks_of_an_address_is_kept(mocks: Mocks) -> None:
    """A pattern or a length that an address of this mock may not have."""
    user = mocks.call(_users())("GET", "/users/1").json

    assert user["strict"]["logo"].startswith("https://")
    assert len(user["short"]["logo"]) <= 60


def test_a_picture_that_was_sent_is_shown_as_it_was_sent(mocks: Mocks) -> None:
    """Only generated addresses are ours; one that was read and sent back stays what it was."""
    call = mocks.call(_users())
    user = call("GET", "/users/1").json
    sent = {**user, "avatarUrl": "https://images.example.com/me.jpg"}
    call("PUT", "/users/1", sent)

    assert call("GET", "/users/1").json == sent


def test_the_rest_of_an_answer_does_not_depend_on_the_host(mocks: Mocks) -> None:
    """The same seed gives the same record, at whichever name the mock is asked."""
    call = mocks.call(_users())
    here, there = (
        call("GET", "/users/1", headers={"Host": host}).body for host in ("localhost:1", "127.0.0.1:2")
    )

    assert here.replace(b"localhost:1", b"") == there.replace(b"127.0.0.1:2", b"")


def _hooked() -> dict[str, Any]:
    """The document above with a webhook that tells of a user."""
    hook = {
        "requestBody": {"content": {"application/json": {"schema": USER}}},
        "responses": {"204": {"description": "Heard."}},
    }
    return {**_users(), "x-webhooks": {"userMade": {"post": hook}}}


def _telling(backend: Backend, *, default: Callable[[], Response]) -> Response:
    response = default()
    backend.emit("userMade", response.body)
    backend.emit("userMade")
    return response


def test_webhooks_have_no_address_that_leads_nowhere(mocks: Mocks) -> None:
    """What a handler sends of a record shows the pictures of this mock; the rest has ordinary addresses."""
    call = mocks.call(_hooked(), handlers={"read": _telling}, public_url="https://mock.example.org")
    shown = call("GET", "/users/1").json
    made, told = (json.loads(sent["body"]) for sent in call("GET", "/__admin/sent").json["sent"])

    assert told["avatarUrl"] == shown["avatarUrl"]
    assert shown["avatarUrl"].startswith("https://mock.example.org/__media/")
    assert made["avatarUrl"].startswith("https://images.example.com/")


def test_what_clients_send_has_no_address_of_the_mock(mocks: Mocks) -> None:
    """An address that the mock would write anew in its answer would not be shown as it was sent."""
    service = mocks.build(_users()).services["shop"]
    generator = ValueGenerator(service.document.root, service.compiler, seed=1, now=service.clock.now())
    sent = generator.value(USER, key=("sent",), direction="request")

    assert {sent["avatarUrl"][:27], sent["photoUrls"][0][:27]} == {"https://images.example.com/"}
