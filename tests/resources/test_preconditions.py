"""Conditional requests, where a document declares their header fields."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.http.calling import Caller
from tests.resources.mocking import answering, mock, parameter, taking

NOTE = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "string", "readOnly": True}, "text": {"type": "string"}},
}
TAG = {"headers": {"ETag": {"schema": {"type": "string"}}}}


def notes(*, refusing: bool = True, declaring: bool = True) -> dict[str, Any]:
    """Notes whose reading gives a tag, and whose changes take one."""
    sometimes = {"304": {"description": ""}, "412": {"description": ""}} if refusing else {}
    fields = [parameter(name, "header") for name in ("If-Match", "If-None-Match") if declaring]

    def operation(status: str = "200", **parts: Any) -> dict[str, Any]:
        written = answering(NOTE, status)
        if declaring:
            written["responses"][status] |= TAG
        return {**parts, "parameters": fields, "responses": {**written["responses"], **sometimes}}

    listed = answering({"type": "array", "items": NOTE}, "200")
    if declaring:
        listed["responses"]["200"] |= TAG
    gone = {"parameters": fields, "responses": {"204": {"description": ""}, **sometimes}}
    return {
        "paths": {
            "/notes": {
                "get": {**listed, "responses": {**listed["responses"], **sometimes}},
                "post": operation("201", **taking(NOTE)),
            },
            "/notes/{id}": {
                "parameters": [parameter("id", "path")],
                "get": operation(),
                "patch": operation(**taking(NOTE)),
                "put": {**operation(**taking(NOTE))},
                "delete": gone,
            },
        }
    }


@pytest.fixture
def call(tmp_path: Path) -> Caller:
    """Calls the notes."""
    return mock(notes(), tmp_path)


def a_note(call: Caller) -> tuple[str, str]:
    """The path of a new note, and its tag."""
    created = call("POST", "/notes", {"text": "one"})
    return f"/notes/{created.json['id']}", str(created.header("etag"))


def test_a_number_of_any_size_has_a_tag(call: Caller) -> None:
    """Beyond 64 bits, too."""
    answer = call("POST", "/notes", {"text": "a", "size": 2**65})

    assert answer.status == 201
    assert str(answer.header("etag")).startswith('"')


def test_a_tag_is_the_shown_records(call: Caller) -> None:
    """Strong; the same until the record changes, however it is shown."""
    path, tag = a_note(call)

    assert tag.startswith('"')
    assert call("GET", path).header("etag") == tag
    changed = call("PATCH", path, {"text": "two"}).header("etag")
    assert changed == call("GET", path).header("etag") != tag


def test_what_the_caller_has_is_not_sent_again(call: Caller) -> None:
    """304 without a body and with the tag, of a record and of a list, until they change."""
    path, tag = a_note(call)
    listed = str(call("GET", "/notes").header("etag"))

    answer = call("GET", path, headers={"If-None-Match": f'"other", W/{tag}'})
    assert (answer.status, answer.body, answer.header("etag")) == (304, b"", tag)
    assert call("GET", "/notes", headers={"If-None-Match": listed}).status == 304

    call("PATCH", path, {"text": "two"})
    assert call("GET", path, headers={"If-None-Match": tag}).status == 200
    assert call("GET", "/notes", headers={"If-None-Match": listed}).status == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_change_of_another_state_is_refused(call: Caller, method: str) -> None:
    """412, and nothing changes; with the tag that it has, or any, it does."""
    path, tag = a_note(call)
    body = {"text": "three"}
    call("PATCH", path, {"text": "two"})
    known = str(call("GET", path).header("etag"))

    assert call(method, path, body, headers={"If-Match": tag}).status == 412
    assert call("GET", path).json["text"] == "two"
    assert call(method, path, body, headers={"If-Match": f"{tag}, {known}"}).status in {200, 204}


def test_what_must_not_be_there_is_not_replaced(call: Caller) -> None:
    """`If-None-Match: *` refuses to replace what is there."""
    path, _ = a_note(call)

    assert call("PUT", path, {"text": "x"}, headers={"If-None-Match": "*"}).status == 412
    assert call("PUT", path, {"text": "x"}, headers={"If-Match": "*"}).status == 200


def test_documents_that_say_nothing_of_it_are_answered_without(tmp_path: Path) -> None:
    """No tag is sent and no condition is looked at; nor is one where its answer is not documented."""
    call = mock(notes(declaring=False), tmp_path)
    path = f"/notes/{call('POST', '/notes', {'text': 'one'}).json['id']}"
    assert call("GET", path).header("etag") is None
    assert call("PATCH", path, {"text": "two"}, headers={"If-Match": '"x"'}).status == 200

    call = mock(notes(refusing=False), tmp_path)
    path, tag = a_note(call)
    assert call("GET", path, headers={"If-None-Match": tag}).status == 200
    assert call("DELETE", path, headers={"If-Match": '"x"'}).status == 204
