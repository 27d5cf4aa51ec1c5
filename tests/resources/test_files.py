"""Files: what was uploaded is described by its record, and comes back as it was."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from tests.http.calling import Answer, Caller
from tests.resources.mocking import answering, build_mock, mock, parameter

from mockserver.resources.explanation import explain

BINARY = {"type": "string", "format": "binary"}
FILE = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "originalName": {"type": "string", "readOnly": True},
        "sizeBytes": {"type": "integer", "readOnly": True},
        "mimeType": {"type": "string"},
        "type": {"type": "string", "enum": ["private", "public"]},
        "sha256": {"type": "string"},
        "note": {"type": "string"},
    },
}
FORM = {"type": "object", "properties": {"upload": BINARY, "note": {"type": "string"}}}
ID = parameter("id", "path", type="integer")
CONTENT = {"application/octet-stream": {"schema": BINARY}, "image/*": {"schema": BINARY}}


def _response(content: dict[str, Any]) -> dict[str, Any]:
    return {"description": "", "content": content}


PATHS: dict[str, Any] = {
    "/files": {
        "post": {
            "requestBody": {"content": {"multipart/form-data": {"schema": FORM}}},
            **answering(FILE, "201"),
        },
    },
    "/files/{id}": {"parameters": [ID], "get": answering(FILE)},
    "/files/{id}/download": {
        "parameters": [ID],
        "get": {
            "responses": {"200": _response(CONTENT), "206": _response(CONTENT), "416": {"description": ""}}
        },
    },
    "/files/{id}/raw": {"parameters": [ID], "get": {"responses": {"200": _response(CONTENT)}}},
}
PNG = b"\x89PNG\r\n\x1a\n\x00\xff"


def form(*parts: tuple[str, str, str, bytes]) -> bytes:
    """A multipart form: names, file names (empty for text), media types and contents."""
    lines = []
    for name, filename, media_type, content in parts:
        more = f'; filename="{filename}"' if filename else ""
        head = f'--xx\r\nContent-Disposition: form-data; name="{name}"{more}\r\n'
        head += f"Content-Type: {media_type}\r\n" if media_type else ""
        lines.append(head.encode() + b"\r\n" + content + b"\r\n")
    return b"".join(lines) + b"--xx--\r\n"


def upload(call: Caller, *parts: tuple[str, str, str, bytes], path: str = "/files") -> Answer:
    """Send a form."""
    return call("POST", path, content=form(*parts), media_type="multipart/form-data; boundary=xx")


@pytest.fixture
def call(tmp_path: Path) -> Caller:
    """Calls a mock of files."""
    return mock({"paths": PATHS}, tmp_path)


@pytest.fixture
def uploaded(call: Caller) -> Any:
    """The record of an uploaded picture."""
    answer = upload(call, ("upload", "größe \x22a.png", "image/png", PNG), ("note", "", "", b"at dawn"))
    assert answer.status == 201
    return answer.json


def test_a_record_describes_the_file_that_was_sent(call: Caller) -> None:
    """Name, size, media type and hash, under the names that they usually have; other fields beside it."""
    made = upload(call, ("upload", "a.png", "image/png", PNG), ("note", "", "", b"at dawn")).json

    assert (made["originalName"], made["sizeBytes"], made["mimeType"]) == ("a.png", len(PNG), "image/png")
    assert made["sha256"] == hashlib.sha256(PNG).hexdigest()
    assert made["note"] == "at dawn"
    assert made.get("type", "private") in {"private", "public"}
    assert call("GET", f"/files/{made['id']}").json == made


@pytest.mark.parametrize("path", ["download", "raw"])
def test_a_download_is_what_was_uploaded(call: Caller, path: str) -> None:
    """Byte by byte, in the media type that was sent, with the file's name."""
    made = upload(call, ("upload", "a.png", "image/png", PNG)).json

    answer = call("GET", f"/files/{made['id']}/{path}")
    assert (answer.status, answer.body, answer.header("content-type")) == (200, PNG, "image/png")
    assert answer.header("content-disposition") == 'inline; filename="a.png"'


def test_a_name_that_no_header_can_have_is_encoded(call: Caller) -> None:
    """RFC 6266 has two parameters for it; a file that is no picture is saved."""
    made = upload(call, ("upload", "größe.bin", "application/x-thing", b"x")).json

    answer = call("GET", f"/files/{made['id']}/download")
    assert answer.header("content-type") == "application/octet-stream"
    assert (
        answer.header("content-disposition")
        == "attachment; filename=\"gr__e.bin\"; filename*=UTF-8''gr%C3%B6%C3%9Fe.bin"
    )


@pytest.mark.parametrize(
    ("asked", "status", "part", "said"),
    [
        ("bytes=0-3", 206, PNG[:4], "bytes 0-3/10"),
        ("bytes=8-", 206, PNG[8:], "bytes 8-9/10"),
        ("bytes=-2", 206, PNG[-2:], "bytes 8-9/10"),
        ("bytes=4-99", 206, PNG[4:], "bytes 4-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=3-1", 200, PNG, None),
        ("bytes=0-1,4-5", 200, PNG, None),
        ("lines=0-1", 200, PNG, None),
    ],
)
def test_a_range_of_a_file_is_given(
    call: Caller, asked: str, status: int, part: bytes, said: str | None
) -> None:
    """Where 206 is documented (RFC 9110 section 14); several ranges are all of it."""
    made = upload(call, ("upload", "a.png", "image/png", PNG)).json

    answer = call("GET", f"/files/{made['id']}/download", headers={"range": asked})
    assert (answer.status, answer.body, answer.header("content-range")) == (status, part, said)


def test_a_range_that_is_not_documented_gives_the_whole_file(call: Caller) -> None:
    """No answer leaves that the document does not have."""
    made = upload(call, ("upload", "a.png", "image/png", PNG)).json

    answer = call("GET", f"/files/{made['id']}/raw", headers={"range": "bytes=0-1"})
    assert (answer.status, answer.body) == (200, PNG)


def test_a_file_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    """The record of a deleted file has no content either."""
    item = {**PATHS["/files/{id}"], "delete": {"responses": {"204": {"description": ""}}}}
    gone = {"404": {"description": ""}}
    raw = {"parameters": [ID], "get": {"responses": {"200": _response(CONTENT), **gone}}}
    call = mock({"paths": {**PATHS, "/files/{id}": item, "/files/{id}/raw": raw}}, tmp_path)
    made = upload(call, ("upload", "a.png", "image/png", PNG)).json
    assert call("DELETE", f"/files/{made['id']}").status == 204

    assert call("GET", f"/files/{made['id']}/raw").status == 404


def test_the_explanation_says_why_a_download_is_one(tmp_path: Path) -> None:
    """With the reason."""
    [service] = build_mock({"paths": PATHS}, tmp_path).services.values()
    rows = {row.path: row for row in explain(service.document, {}, service.fallback)}

    assert rows["/files/{id}/download"].answer == "download files by id"
    assert any("upload" in str(reason) for reason in rows["/files/{id}/download"].reasons)


def test_an_upload_without_a_form_is_kept_too(tmp_path: Path) -> None:
    """A body of bytes, named by `Content-Disposition`; one path may read the file and its record."""
    body = {"content": {"application/octet-stream": {"schema": BINARY}, "image/png": {"schema": BINARY}}}
    both = {"application/json": {"schema": FILE}, **CONTENT}
    paths = {
        "/files": {"post": {"requestBody": body, **answering(FILE, "201")}},
        "/files/{id}": {"parameters": [ID], "get": {"responses": {"200": _response(both)}}},
    }
    call = mock({"paths": paths}, tmp_path)
    said = {"content-disposition": 'attachment; filename="b.png"'}
    made = call("POST", "/files", content=PNG, media_type="image/png", headers=said).json

    assert (made["originalName"], made["sizeBytes"], made["mimeType"]) == ("b.png", len(PNG), "image/png")
    assert call("GET", f"/files/{made['id']}").json == made
    assert call("GET", f"/files/{made['id']}", headers={"accept": "image/*"}).body == PNG


def test_a_picture_that_is_put_again_is_the_new_one(tmp_path: Path) -> None:
    """Also where the same path offers JSON."""
    both = {"image/png": {"schema": BINARY}, "application/json": {"schema": FILE}}
    put = {
        "requestBody": {"content": {"image/png": {"schema": BINARY}}},
        "responses": {"204": {"description": ""}},
    }
    call = mock({"paths": {"/logo": {"put": put, "get": {"responses": {"200": _response(both)}}}}}, tmp_path)

    for content in (PNG, PNG * 2):
        assert call("PUT", "/logo", content=content, media_type="image/png").status == 204
        assert call("GET", "/logo", headers={"accept": "image/png"}).body == content
    assert call("GET", "/logo", headers={"accept": "application/json"}).json["sizeBytes"] == len(PNG) * 2


def test_another_session_has_not_the_file(call: Caller) -> None:
    """And after a reset nobody has it."""
    made = upload(call, ("upload", "a.png", "image/png", PNG)).json
    path = f"/files/{made['id']}/download"

    assert call.in_("other")("GET", path).body != PNG
    call("POST", "/__admin/reset")
    assert call("GET", path).body != PNG


def test_a_part_of_a_file_that_was_put_is_given(tmp_path: Path) -> None:
    """Of what has no JSON beside it, too."""
    answers = {"200": _response(CONTENT), "206": _response(CONTENT)}
    put = {"requestBody": {"content": CONTENT}, "responses": {"204": {"description": ""}}}
    call = mock({"paths": {"/logo": {"put": put, "get": {"responses": answers}}}}, tmp_path)
    call("PUT", "/logo", content=PNG, media_type="image/png")

    answer = call("GET", "/logo", headers={"range": "bytes=1-3"})
    assert (answer.status, answer.body, answer.header("content-range")) == (206, b"PNG", "bytes 1-3/10")


def test_each_file_of_an_upload_is_a_record(tmp_path: Path) -> None:
    """The answer lists them in their order, and each is downloaded by its id, though items have no path."""
    files = {"type": "object", "properties": {"files": {"type": "array", "items": BINARY}}}
    listed = {"type": "array", "items": {**FILE, "required": ["id", "originalName", "sizeBytes"]}}
    paths = {
        "/files": {
            "get": answering(listed),
            "post": {
                "requestBody": {"content": {"multipart/form-data": {"schema": files}}},
                **answering(listed, "201"),
            },
        },
        "/files/{id}/download": {"parameters": [ID], "get": {"responses": {"200": _response(CONTENT)}}},
    }
    call = mock({"paths": paths}, tmp_path)
    made = upload(
        call,
        ("files", "a.txt", "text/plain", b"hello"),
        ("files", "b.bin", "application/octet-stream", b"\x00\xff"),
    ).json
    assert [(one["originalName"], one["sizeBytes"]) for one in made] == [("a.txt", 5), ("b.bin", 2)]
    assert [call("GET", f"/files/{one['id']}/download").body for one in made] == [b"hello", b"\x00\xff"]
    assert [one for one in call("GET", "/files").json if one in made] == made
