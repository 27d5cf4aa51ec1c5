"""Our own answers: what breaks the document never leaves, and what is wrong at start-up stops it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.http.mocks import Mocks, document, echo, operation

from mockserver.app import build
from mockserver.behaviour.backend import Backend, Response
from mockserver.errors import (
    ApiError,
    BadRequestError,
    ConfigurationError,
    ConflictError,
    DocumentError,
    MockserverError,
    NotAcceptableError,
    ResourceNotFoundError,
)

ITEM = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "integer"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "secret": {"type": "string", "writeOnly": True},
    },
}
RESPONSES = {
    "200": {"description": "", "content": {"application/json": {"schema": ITEM}}},
    "201": {"description": "", "headers": {"Location": {"required": True, "schema": {"type": "string"}}}},
    "204": {"description": ""},
    "4XX": {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}},
    "409": {
        "description": "",
        "content": {"text/plain": {"schema": {"type": "string"}}, "application/xml": {}},
    },
}
DOCUMENT = document({"/x": {"get": operation(responses=RESPONSES)}})


def _answer(mocks: Mocks, response: Response | Exception) -> Any:
    def handler(backend: Backend) -> Response:
        if isinstance(response, Exception):
            raise response
        return response

    return mocks.call(DOCUMENT, handlers={"op": handler}).seeing_defects()("GET", "/x")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#"),
        ({"id": "1"}, "#/id"),
        ({"id": 1, "tags": None}, "#/tags"),
        ({"id": 1, "tags": ["a", "b", 3]}, "#/tags/2"),
        ({"id": 1, "secret": "x"}, "#/secret"),
        ([], "#"),
        (None, "#"),
    ],
)
def test_a_body_that_breaks_the_document_is_a_500_that_names_the_field(
    mocks: Mocks, body: Any, pointer: str
) -> None:
    """It is a problem, says that it is our defect, and which operation's."""
    answer = _answer(mocks, Response(200, body))

    assert (answer.status, answer.header("content-type")) == (500, "application/problem+json")
    assert pointer in answer.pointers
    assert answer.json["errors"][0]["in"] == "response"
    assert "about to answer op with 200" in answer.json["detail"]


@pytest.mark.parametrize(
    ("response", "word"),
    [
        (Response(302), "status 302"),
        (Response(500, {}), "status 500"),
        (Response(204, {}), "body"),
        (Response(201), "location"),
        (Response(201, {}, headers=(("Location", "/x/1"),)), "body"),
        (Response(200, {"id": 1}, "text/html"), "text/html"),
        (Response(409, 5, "text/plain"), "409"),
    ],
)
def test_an_answer_that_is_not_documented_is_a_500_that_says_so(
    mocks: Mocks, response: Response, word: str
) -> None:
    """A status, a media type, a missing header, a body too many."""
    answer = _answer(mocks, response)

    assert answer.status == 500
    assert word in answer.json["detail"]


@pytest.mark.parametrize(
    ("response", "status", "media_type", "body"),
    [
        (Response(200, {"id": 1, "more": None}), 200, "application/json", b'{"id":1,"more":null}'),
        (Response(201, headers=(("Location", "/x/1"),)), 201, None, b""),
        (Response(204), 204, None, b""),
        (Response(418, {}), 418, "application/json", b"{}"),
        (Response(409, "ñ", "text/plain"), 409, "text/plain; charset=utf-8", "ñ".encode()),
        (Response(409, "<a/>", "Application/XML"), 409, "application/xml", b"<a/>"),
        (Response(409, b"\xff", "application/xml"), 409, "application/xml", b"\xff"),
    ],
)
def test_an_answer_that_is_documented_leaves_as_it_is(
    mocks: Mocks, response: Response, status: int, media_type: str | None, body: bytes
) -> None:
    """A status of its own comes before its range."""
    answer = _answer(mocks, response)

    assert (answer.status, answer.header("content-type"), answer.body) == (status, media_type, body)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BadRequestError("Why."), 400),
        (ResourceNotFoundError("Why."), 404),
        (NotAcceptableError("Why."), 406),
        (ConflictError("Why."), 409),
    ],
)
def test_an_error_without_a_documented_body_is_a_problem(mocks: Mocks, error: ApiError, status: int) -> None:
    """With its reason (RFC 9457)."""
    answer = _answer(mocks, error)

    assert (answer.status, answer.header("content-type")) == (status, "application/problem+json")
    assert (answer.json["status"], answer.json["detail"]) == (status, "Why.")
    assert answer.json["title"]


@pytest.mark.parametrize("error", [KeyError("secret"), RuntimeError("secret"), MockserverError("secret")])
def test_a_handler_that_fails_is_a_500_without_its_secrets(
    mocks: Mocks, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has the traceback; the answer has the name of the exception."""
    answer = _answer(mocks, error)

    assert (answer.status, answer.header("content-type")) == (500, "application/problem+json")
    assert b"secret" not in answer.body
    assert type(error).__name__ in answer.json["detail"]
    assert "secret" in caplog.text


def test_a_handler_for_an_operation_that_does_not_exist_stops_the_start(mocks: Mocks) -> None:
    """An operationId that was renamed is named."""
    with pytest.raises(ConfigurationError, match=r"shop\.yaml.*\brenamed\b"):
        mocks.build(DOCUMENT, handlers={"op": echo(), "renamed": echo()})


def test_a_handler_that_asks_for_what_there_is_not_stops_the_start(mocks: Mocks) -> None:
    """The parameter is named, and what the operation has."""
    with pytest.raises(ConfigurationError, match="'nothing'"):
        mocks.build(DOCUMENT, handlers={"op": echo("nothing")})


def test_two_documents_of_one_file_name_are_both_served(mocks: Mocks) -> None:
    """Each under a name of its own."""
    other = mocks.write("specs/shop.json", DOCUMENT)
    shop = mocks.write("specs/shop.yaml", DOCUMENT)

    assert len(build(mocks.settings(specs=(shop, other))).services) == 2


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ("openapi: 3.0.3\npaths: [\n", 3, "YAML"),
        ("openapi: 3.0.3\n\tpaths: {}\n", 2, "tab"),
        ("openapi: 3.0.3\nbad: 'x\n", 3, "YAML"),
        ("- 1\n", None, "object"),
        ("", None, "empty"),
        ("openapi: 3.0.3\ninfo: {}\n", 1, "paths"),
        ("info: {}\npaths: {}\n", 1, "version"),
        ("info: {}\n\nopenapi: 4.0.0\npaths: {}\n", 3, "4.0.0"),
        ('{"openapi": "3.0.3",\n "paths": ]}', 2, "YAML"),
    ],
)
def test_a_document_that_cannot_be_read_stops_the_start(
    mocks: Mocks, content: str, line: int | None, reason: str
) -> None:
    """File, line and reason are told."""
    with pytest.raises(DocumentError) as failed:
        mocks.build(content)

    assert (failed.value.place.file.name, failed.value.place.line) == ("shop.yaml", line)
    assert reason in failed.value.reason


def test_an_operation_id_that_stands_twice_is_served_and_warned_of(mocks: Mocks) -> None:
    """Both operations answer under ids of their own, and the user is told."""
    paths = {"/x": {"get": operation()}, "/y": {"put": operation()}}

    application = mocks.build(document(paths))

    assert len(application.services["shop"].document.index) == 2
    assert any("op" in line for line in application.warnings())


def test_a_file_that_is_not_there_stops_the_start(mocks: Mocks) -> None:
    """As does a folder without documents, and one for fixtures that does not exist."""
    missing = mocks.folder / "missing.yaml"

    with pytest.raises(ConfigurationError, match=r"missing\.yaml does not exist"):
        build(mocks.settings(specs=(missing,)))
    with pytest.raises(ConfigurationError, match="has no OpenAPI document"):
        build(mocks.settings(specs=(mocks.folder / "specs",)))
    mocks.write("specs/shop.yaml", DOCUMENT)
    with pytest.raises(ConfigurationError, match="no such folder"):
        build(mocks.settings(fixtures=missing))


@pytest.mark.parametrize("suffix", ["yaml", "yml", "json"])
def test_documents_are_found_by_their_suffix(mocks: Mocks, suffix: str) -> None:
    """Other files in the folder are left alone."""
    mocks.write(f"specs/shop.{suffix}", DOCUMENT)
    mocks.write("specs/README.md", "# no document")

    assert list(build(mocks.settings(specs=(mocks.folder / "specs",))).services) == ["shop"]


def test_a_document_of_ours_whose_operation_was_renamed_is_served_with_a_warning(mocks: Mocks) -> None:
    """The handler that is left over is named, and the operation is answered as its document says."""
    citas = Path("specs/citas.yaml").read_text("utf-8").replace("cancelarCita", "anularCita")
    file = mocks.write("specs/citas.yaml", citas)

    application = build(mocks.settings(specs=(file,)))

    assert application.services["citas"].handlers.handlers == {}
    assert any("cancelarCita" in warning for warning in application.warnings())


def test_a_handler_of_ours_is_not_used_where_the_document_lacks_what_it_presumes(mocks: Mocks) -> None:
    """Who may call, say: an operation of the same name without it may be another one."""
    lines = Path("specs/citas.yaml").read_text("utf-8").splitlines(keepends=True)
    start = next(number for number, line in enumerate(lines) if "x-access" in line)
    depth = len(lines[start]) - len(lines[start].lstrip())
    rest = lines[start + 1 :]
    while rest[0].startswith(" " * (depth + 1)):
        rest.pop(0)
    file = mocks.write("specs/citas.yaml", "".join([*lines[:start], *rest]))

    application = build(mocks.settings(specs=(file,)))

    assert application.services["citas"].handlers.handlers == {}


def test_a_stranger_s_document_of_the_same_name_gets_neither_handlers_nor_fixtures(mocks: Mocks) -> None:
    """It is served as what it is."""
    file = mocks.write("specs/citas.yaml", DOCUMENT)
    empty = mocks.folder / "fixtures"

    service = build(mocks.settings(specs=(file,), fixtures=empty)).services["citas"]

    assert service.handlers.handlers == {}
    assert service.fixture.file is None
