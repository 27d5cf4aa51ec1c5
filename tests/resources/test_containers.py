"""Records read at `/x/{id}/json` that wrap what was sent, have a state that is an object, and summaries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.http.calling import Caller
from tests.resources.mocking import answering, mock, parameter, taking

TEXT = {"type": "string"}
LABELS = {"type": "object", "additionalProperties": TEXT}
CONFIG = {
    "type": "object",
    "properties": {
        "image": TEXT,
        "command": {"type": "array", "items": TEXT},
        "labels": LABELS,
        "user": TEXT,
    },
}
LIMITS = {"type": "object", "properties": {"memory": {"type": "integer"}, "restarts": {"type": "integer"}}}
MACHINE = {
    "type": "object",
    "properties": {
        "id": TEXT,
        "name": TEXT,
        "image": TEXT,
        "createdAt": {"type": "string", "format": "dateTime"},
        "state": {
            "type": "object",
            "properties": {
                "status": {"type": "string", "enum": ["created", "running", "paused", "exited"]},
                "running": {"type": "boolean"},
                "paused": {"type": "boolean"},
            },
        },
        "config": CONFIG,
        "limits": LIMITS,
    },
}
SUMMARY = {
    "type": "object",
    "properties": {
        "id": TEXT,
        "names": {"type": "array", "items": TEXT},
        "image": TEXT,
        "state": {"type": "string", "enum": ["created", "running", "paused", "exited"]},
        "labels": LABELS,
    },
}
RECEIPT = {"type": "object", "required": ["id"], "properties": {"id": TEXT}}
DONE = {"responses": {"204": {"description": "Done."}}}


def _machines(folder: Path) -> Caller:
    key = {"parameters": [parameter("id", "path")]}
    sent = {"allOf": [CONFIG, {"type": "object", "properties": {"limits": LIMITS}}]}
    actions = {f"/machines/{{id}}/{verb}": {**key, "post": DONE} for verb in ("start", "stop", "pause")}
    return mock(
        {
            "paths": {
                "/machines/json": {"get": answering({"type": "array", "items": SUMMARY})},
                "/machines/create": {
                    "post": {"parameters": [parameter("name")], **taking(sent), **answering(RECEIPT, "201")}
                },
                "/machines/{id}/json": {**key, "get": answering(MACHINE)},
                "/machines/{id}": {**key, "delete": DONE},
                "/machines/{id}/rename": {**key, "post": {"parameters": [parameter("name")], **DONE}},
                "/machines/{id}/update": {**key, "post": {**taking(LIMITS), **answering({"type": "object"})}},
                **actions,
            }
        },
        folder,
    )


def _created(call: Caller) -> str:
    body = {
        "image": "web:1",
        "command": ["run"],
        "labels": {"a": "b"},
        "limits": {"memory": 7, "restarts": 1},
    }
    return str(call("POST", "/machines/create?name=front", body).json["id"])


def test_what_ends_in_a_format_is_the_item_and_the_list(tmp_path: Path) -> None:
    """`/machines/json` lists what `/machines/create` makes, and `/machines/{id}/json` reads it."""
    call = _machines(tmp_path)
    key = _created(call)

    assert key in [entry["id"] for entry in call("GET", "/machines/json").json]
    assert call("GET", f"/machines/{key}/json").json["id"] == key
    assert call("DELETE", f"/machines/{key}").status == 204
    assert call("GET", f"/machines/{key}/json").status == 404


def test_what_was_sent_is_in_the_object_that_has_it(tmp_path: Path) -> None:
    """The body is the record's `config`, what both have is in both, and a query parameter says the name."""
    call = _machines(tmp_path)
    shown = call("GET", f"/machines/{_created(call)}/json").json

    assert shown["config"] == {"image": "web:1", "command": ["run"], "labels": {"a": "b"}}
    assert (shown["image"], shown["name"]) == ("web:1", "front")
    assert shown["limits"] == {"memory": 7, "restarts": 1}
    assert shown["createdAt"] == "2026-03-02T09:30:00Z"


def test_a_summary_shows_what_the_record_has_elsewhere(tmp_path: Path) -> None:
    """Its labels, the list of its names and its state are those of the record, however deep these are."""
    call = _machines(tmp_path)
    key = _created(call)
    (entry,) = [entry for entry in call("GET", "/machines/json").json if entry["id"] == key]

    assert entry == {
        "id": key, "names": ["front"], "image": "web:1", "state": "created", "labels": {"a": "b"}
    }  # fmt: skip


def test_actions_change_a_state_that_is_an_object(tmp_path: Path) -> None:
    """The state's name and the flags that are called like states agree, and the list says the same."""
    call = _machines(tmp_path)
    key = _created(call)

    def state() -> Any:
        return call("GET", f"/machines/{key}/json").json["state"]

    assert state() == {"status": "created", "running": False, "paused": False}
    for verb, status in (("start", "running"), ("pause", "paused"), ("stop", "exited")):
        call("POST", f"/machines/{key}/{verb}")
        assert state() == {
            "status": status, "running": status == "running", "paused": status == "paused"
        }  # fmt: skip
    (listed,) = [entry for entry in call("GET", "/machines/json").json if entry["id"] == key]
    assert listed["state"] == "exited"


def test_actions_change_what_their_query_and_their_body_say(tmp_path: Path) -> None:
    """`?name=` renames; a body's fields are merged into the object that has them."""
    call = _machines(tmp_path)
    key = _created(call)
    call("POST", f"/machines/{key}/rename?name=back")
    call("POST", f"/machines/{key}/update", {"memory": 9})
    shown = call("GET", f"/machines/{key}/json").json

    assert (shown["name"], shown["limits"]) == ("back", {"memory": 9, "restarts": 1})
