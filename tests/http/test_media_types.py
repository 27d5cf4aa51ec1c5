"""Media types: ranges, vendors' own, parameters, qualities, text and bytes, in both directions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.http.calling import Answer, Caller
from tests.http.mocks import Mocks, document, operation

from mockserver.behaviour.backend import Handler, Response

THING = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
BINARY = {"type": "string", "format": "binary"}
TEXT = {"type": "string"}


def _answering(mocks: Mocks, content: Any, version: str = "3.0.3", **more: Any) -> Caller:
    responses = {"200": {"description": "", "content": content}}
    paths = {"/x": {"get": {"operationId": "op", "responses": responses}}}
    return mocks.call({**document(paths, **more), "openapi": version})


def _got(call: Caller, accept: str | None) -> Answer:
    return call("GET", "/x", headers={} if accept is None else {"accept": accept})


@pytest.mark.parametrize(
    ("documented", "accept", "media_type"),
    [
        ("audio/*", None, "audio/wav"),
        ("audio/*", "*/*", "audio/wav"),
        ("audio/*", "audio/*", "audio/wav"),
        ("audio/*", "audio/ogg", "audio/ogg"),
        ("video/*", None, "video/mp4"),
        ("font/*", "*/*;q=0.1", "font/woff2"),
        ("image/*", "image/avif,image/webp,*/*;q=0.8", "image/avif"),
        ("text/*", None, "text/plain; charset=utf-8"),
        ("text/*", "text/html", "text/html; charset=utf-8"),
        ("application/*", None, "application/json"),
        ("application/*", "application/xml", "application/xml"),
        ("application/*", "application/pdf;q=0.5, application/zip", "application/zip"),
        ("*/*", None, "application/json"),
        ("*/*", "text/csv", "text/csv; charset=utf-8"),
        ("*/*", "image/*", "image/png"),
        ("*", None, "application/json"),
        ("application/*+json", None, "application/json"),
        ("application/*+json", "application/hal+json", "application/hal+json"),
        ("application/vnd.shop.v2+json", None, "application/vnd.shop.v2+json"),
        ("application/vnd.shop.v2+json", "application/json", "application/vnd.shop.v2+json"),
        ("application/json; charset=utf-8", "application/json", "application/json; charset=utf-8"),
        ("application/json;version=2", "application/json;version=2", "application/json;version=2"),
        ("Application/JSON", None, "Application/JSON"),
        ("text/plain", None, "text/plain; charset=utf-8"),
        ("text/plain; charset=iso-8859-1", None, "text/plain; charset=iso-8859-1"),
        ("application/octet-stream", None, "application/octet-stream"),
    ],
)
def test_an_answer_has_a_type_that_is_documented_and_wanted(
    mocks: Mocks, documented: str, accept: str | None, media_type: str
) -> None:
    """Where the document has a range, one inside it."""
    for schema in (THING, BINARY, None):
        answer = _got(_answering(mocks, {documented: {} if schema is None else {"schema": schema}}), accept)

        assert (answer.status, answer.header("content-type")) == (200, media_type)
        assert answer.body


@pytest.mark.parametrize(
    ("accept", "status", "media_type"),
    [
        (None, 200, "application/hal+json"),
        ("*/*", 200, "application/hal+json"),
        ("text/csv", 200, "text/csv; charset=utf-8"),
        ("text/csv;q=0.4, application/json;q=0.5", 200, "application/json"),
        ("text/csv;q=0.6, application/json;q=0.5", 200, "text/csv; charset=utf-8"),
        ("application/json;q=0, */*", 200, "application/hal+json"),
        ("application/*;q=0.2, text/*;q=0.3", 200, "text/csv; charset=utf-8"),
        ("application/json;q=0, application/*;q=0, text/*", 200, "text/csv; charset=utf-8"),
        ("application/json;q=2", 200, "application/json"),
        ("application/json;q=x", 200, "application/json"),
        ("application/json;charset=utf-8", 200, "application/json"),
        ("APPLICATION/JSON", 200, "application/json"),
        ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", 200, "application/hal+json"),
        ("garbage", 200, "application/hal+json"),
        ("", 200, "application/hal+json"),
        ("image/png", 406, None),
        ("*/*;q=0", 406, None),
    ],
)
def test_accept_chooses_among_several_types(
    mocks: Mocks, accept: str | None, status: int, media_type: str | None
) -> None:
    """By quality, then JSON, then the document's order (RFC 9110 section 12.5.1)."""
    content = {name: {"schema": THING} for name in ("text/csv", "application/hal+json", "application/json")}

    answer = _got(_answering(mocks, content), accept)

    assert answer.status == status
    if media_type is not None:
        assert answer.header("content-type") == media_type


@pytest.mark.parametrize(
    "documented", ["audio/*", "image/*", "application/octet-stream", "application/pdf", "*/*"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_example_of_a_range_or_of_bytes_is_sent_as_it_is(
    mocks: Mocks, documented: str, method: str
) -> None:
    """And a HEAD has the fields of the GET."""
    call = _answering(mocks, {documented: {"schema": BINARY, "example": "é"}})

    answers = [call(method, "/x", headers={"accept": "application/pdf, audio/ogg, image/png, */*;q=0.1"})]

    assert answers[0].status == 200
    assert answers[0].header("content-length") in {"2", "4"}


def test_a_handler_s_own_type_inside_a_range_is_sent(mocks: Mocks) -> None:
    """Down to the vendors' own below a suffix."""

    def answering(media_type: str) -> Handler:
        return lambda backend: Response(200, b"1", media_type=media_type)

    for documented, sent in (
        ("image/*", "image/webp"),
        ("application/*+json", "application/a+json"),
        ("*", "a/b"),
    ):
        responses = {"200": {"description": "", "content": {documented: {}}}}
        call = mocks.call(
            document({"/x": {"get": {"operationId": "op", "responses": responses}}}),
            handlers={"op": answering(sent)},
        )

        assert _got(call, None).header("content-type") == sent


def _taking(mocks: Mocks, content: Any) -> Caller:
    body = {"required": True, "content": content}
    return mocks.call(document({"/x": {"post": operation(requestBody=body)}}))


@pytest.mark.parametrize(
    ("documented", "sent", "content", "status"),
    [
        ("image/*", "image/png", b"\x89PNG\x00\xff", 200),
        ("image/*", "text/plain", b"x", 415),
        ("*/*", "application/json", b'{"id": 1}', 200),
        ("*/*", "application/json", b'{"id": "x"}', 400),
        ("*/*", "application/json", b'"text"', 400),
        ("*/*", "application/vnd.x+json; v=1", b"{}", 400),
        ("*/*", "application/x-www-form-urlencoded", b"id=1", 200),
        ("*/*", "application/x-www-form-urlencoded", b"id=x", 400),
        ("*/*", "application/x-own", b"\x00\x01", 200),
        ("application/*", "application/json", b"[]", 400),
        ("application/*", "text/json", b"{}", 415),
        ("application/*+json", "application/merge-patch+json", b'{"id": 1}', 200),
        ("application/*+json", "application/merge-patch+json", b"{}", 400),
        ("application/vnd.a+json", "application/vnd.a+json;charset=UTF-8", b'{"id": 1}', 200),
        ("application/vnd.a+json", "application/vnd.b+json", b'{"id": 1}', 415),
        ("application/json", 'application/json; charset="utf-8"', b'{"id": 1}', 200),
        ("application/json", "application/json; charset=utf-16", b'{"id": 1}', 415),
        ("application/json", "application/json; profile=x", b'{"id": 1}', 200),
        ("application/xml", "application/xml", b"<a><id>1</id></a>", 200),
        ("application/xml", "application/xml", b"<a/>", 400),
    ],
)
def test_a_body_is_read_and_held_by_what_it_is(
    mocks: Mocks, documented: str, sent: str, content: bytes, status: int
) -> None:
    """Not by what the document's range could be."""
    call = _taking(mocks, {documented: {"schema": THING}})

    assert call("POST", "/x", content=content, media_type=sent).status == status


@pytest.mark.parametrize(
    ("schema", "content", "status"),
    [
        ({"type": "integer"}, b"5", 200),
        ({"type": "integer"}, b"five", 400),
        ({"type": "boolean"}, b"true", 200),
        ({"type": "string", "maxLength": 3}, "ñañ".encode(), 200),
        ({"type": "string", "maxLength": 3}, b"long", 400),
        ({"type": "string", "enum": ["a"]}, b"b", 400),
        (THING, b"id: 1", 200),
    ],
)
def test_plain_text_is_held_to_its_schema(mocks: Mocks, schema: Any, content: bytes, status: int) -> None:
    """A number is one in text, too; what stands for an object cannot be judged."""
    call = _taking(mocks, {"text/plain": {"schema": schema}})

    assert call("POST", "/x", content=content, media_type="text/plain").status == status


@pytest.mark.parametrize(("size", "status"), [(4, 200), (5, 400)])
def test_the_length_of_bytes_is_theirs(mocks: Mocks, size: int, status: int) -> None:
    """And not that of a text they could be."""
    call = _taking(mocks, {"application/octet-stream": {"schema": {**BINARY, "maxLength": 4}}})
    content = b"\xc3\xa9" * (size // 2) + b"\xff" * (size % 2)

    assert call("POST", "/x", content=content, media_type="application/octet-stream").status == status


def test_json_of_any_spelling_is_json(mocks: Mocks) -> None:
    """Each is one value of its schema."""
    for name in ("application/json", "text/json", "application/problem+json", "Application/Hal+JSON"):
        answer = _got(_answering(mocks, {name: {"schema": THING}}), None)

        assert isinstance(json.loads(answer.body)["id"], int)
