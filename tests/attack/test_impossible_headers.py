"""Documents whose headers cannot be sent, or are written by HTTP itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.http.calling import Caller
from tests.http.mocks import Mocks, document, operation

from mockserver.app import build
from mockserver.behaviour.backend import Backend, Response
from mockserver.config import Settings
from mockserver.openapi.document import load
from mockserver.openapi.lint.linter import lint

_UNWRITABLE = ["X-A\r\nSet-Cookie: a=b", "X A", "X-\u20ac", "X-A\x00", "", "X-A:"]


def _call(folder: Path, **more: Any) -> Caller:
    (folder / "fixtures").mkdir(exist_ok=True)
    settings = Settings(specs=(_written(folder, **more),), fixtures=folder / "fixtures")
    return Caller(build(settings).asgi, defects=True)


def _written(folder: Path, schemes: Any = None, **more: Any) -> Path:
    parts = {} if schemes is None else {"components": {"securitySchemes": schemes}}
    file = folder / "shop.json"
    file.write_text(json.dumps(document({"/a": {"get": operation(**more)}}, **parts)))
    return file


def _answer(headers: Any = None, media_type: str = "application/json") -> dict[str, Any]:
    content = {media_type: {"schema": {"type": "object"}, "example": {"a": 1}}}
    return {"200": {"description": "", "content": content, "headers": headers or {}}}


def _handle(backend: Backend) -> Response:
    return Response(200, {"a": 1})


def _rules(folder: Path, **more: Any) -> set[str]:
    return {finding.rule for finding in lint(load(_written(folder, **more)))}


@pytest.mark.parametrize(
    "name",
    [
        *("Content-Length", "content-length", "Date", "DATE", "Connection", "Keep-Alive", "Content-Encoding"),
        *("Transfer-Encoding", "Trailer", "Upgrade", "Server", "Content-Type"),
    ],
)
def test_a_header_that_the_server_writes_itself_is_not_missed(tmp_path: Path, name: str) -> None:
    """Required, with a value that would be wrong: it is not written from the document."""
    header = {"required": True, "schema": {"type": "string", "enum": ["close"]}, "example": "close"}
    answer = _call(tmp_path, responses=_answer({name: header}))("GET", "/a")

    assert (answer.status, answer.json) == (200, {"a": 1})
    assert answer.header("connection") is None
    assert answer.header("content-length") == str(len(answer.body))


@pytest.mark.parametrize("is_handled", [True, False])
def test_a_handler_need_not_give_what_the_server_writes(tmp_path: Path, is_handled: bool) -> None:
    """Neither do inferred answers."""
    headers = {name: {"required": True, "schema": {"type": "string"}} for name in ("Date", "Server")}
    mocks = Mocks(tmp_path)
    handlers = {"op": _handle} if is_handled else {}
    shop = document({"/a": {"get": operation(responses=_answer(headers))}})

    assert mocks.call(shop, handlers=handlers)("GET", "/a").status == 200


@pytest.mark.parametrize("name", _UNWRITABLE)
@pytest.mark.parametrize("is_required", [True, False])
def test_a_header_that_cannot_exist_is_said_and_never_sent(
    tmp_path: Path, name: str, is_required: bool
) -> None:
    """One that is required breaks its operation, which says where; another is left out."""
    responses = _answer({name: {"required": is_required, "schema": {"type": "string"}, "example": "b"}})
    answer = _call(tmp_path, responses=responses)("GET", "/a")

    assert answer.status == (501 if is_required else 200)
    if is_required:
        assert "/paths/~1a/get/responses/200/headers" in answer.json["detail"]
    assert answer.header("set-cookie") is None
    assert "impossible-name" in _rules(tmp_path, responses=responses)


@pytest.mark.parametrize("name", ["text/plain\r\nSet-Cookie: a=b", "text/\u20ac", "text/plain\x00"])
def test_a_media_type_that_cannot_exist_breaks_its_operation(tmp_path: Path, name: str) -> None:
    """In answers and in request bodies; the document is served, and the place named."""
    answered = _answer(media_type=name)
    cases: list[dict[str, Any]] = [
        {"responses": answered},
        {"requestBody": {"content": {name: {"schema": {}}}}},
    ]

    for more in cases:
        answer = _call(tmp_path, **more)("GET", "/a")
        assert answer.status == 501
        assert "/content/" in answer.json["detail"]
        assert "broken-operation" in _rules(tmp_path, **more)


@pytest.mark.parametrize("name", _UNWRITABLE)
@pytest.mark.parametrize("location", ["header", "cookie"])
def test_an_api_key_in_a_field_that_cannot_exist_breaks_its_operation(
    tmp_path: Path, name: str, location: str
) -> None:
    """It could never be sent."""
    schemes = {"key": {"type": "apiKey", "in": location, "name": name}}
    more = {"schemes": schemes, "security": [{"key": []}]}
    answer = _call(tmp_path, **more)("GET", "/a")

    assert answer.status == 501
    assert "/components/securitySchemes/key" in answer.json["detail"]
    assert "broken-operation" in _rules(tmp_path, **more)


@pytest.mark.parametrize("name", ['a"b', "a\r\nSet-Cookie: a=b", "\u20ac"])
def test_an_api_key_in_the_query_may_have_any_name(tmp_path: Path, name: str) -> None:
    """The challenge of a refusal has it percent-encoded."""
    schemes = {"key": {"type": "apiKey", "in": "query", "name": name}}
    answer = _call(tmp_path, schemes=schemes, security=[{"key": []}])("GET", "/a")

    challenge = answer.header("www-authenticate") or ""
    assert (answer.status, answer.header("set-cookie")) == (401, None)
    assert challenge.isascii()
    assert challenge.isprintable()
    assert challenge.count('"') == 4


@pytest.mark.parametrize("name", _UNWRITABLE)
def test_a_parameter_in_a_header_that_cannot_exist_is_a_finding(tmp_path: Path, name: str) -> None:
    """The operation is served."""
    parameters = [{"name": name, "in": "header", "schema": {"type": "string"}}]

    assert _call(tmp_path, parameters=parameters)("GET", "/a").status == 200
    assert "impossible-name" in _rules(tmp_path, parameters=parameters)


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: a=b", "\u20ac", "a\x00"])
def test_an_example_of_a_header_that_cannot_be_sent_is_encoded(tmp_path: Path, value: str) -> None:
    """What HTTP cannot carry is percent-encoded."""
    responses = _answer({"X-A": {"schema": {"type": "string"}, "example": value}})
    answer = _call(tmp_path, responses=responses)("GET", "/a")

    assert (answer.status, answer.header("set-cookie")) == (200, None)
    assert str(answer.header("x-a")).isprintable()


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: a=b", "\u20ac", "a\x00"])
def test_a_header_of_a_handler_that_cannot_be_sent_is_named(tmp_path: Path, value: str) -> None:
    """An answer that says so, not a connection that is dropped."""

    def handle(backend: Backend) -> Response:
        return Response(200, {"a": 1}, headers=(("X-A", value),))

    shop = document({"/a": {"get": operation(responses=_answer())}})
    application = Mocks(tmp_path).build(shop, handlers={"op": handle})
    answer = Caller(application.asgi, defects=True)("GET", "/a")

    assert (answer.status, answer.header("set-cookie")) == (500, None)
    assert "the header X-A" in answer.json["detail"]


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding", "Connection", "Upgrade", "TE"])
def test_what_frames_an_answer_is_written_by_the_server_alone(tmp_path: Path, name: str) -> None:
    """A handler's own value would mix this answer with the next one on the connection."""

    def handle(backend: Backend) -> Response:
        return Response(200, {"a": 1}, headers=((name, "1"), ("X-A", "b")))

    shop = document({"/a": {"get": operation(responses=_answer())}})
    answer = Caller(Mocks(tmp_path).build(shop, handlers={"op": handle}).asgi)("GET", "/a")

    expected = str(len(answer.body)) if name == "Content-Length" else None
    assert (answer.header(name.lower()), answer.header("x-a")) == (expected, "b")
