"""Paths beside a collection and its items: members by id, the newest record, an action on every record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.resources.mocking import answering, mock, parameter, taking

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}
SERVERS = {"type": "integer", "readOnly": True}
ITEM = [parameter("id", "path", type="integer")]
DONE: dict[str, Any] = {"responses": {"204": {"description": ""}, "404": {"description": ""}}}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": [*properties], "properties": properties}


def test_a_member_is_added_by_id_and_shown_as_what_it_is(tmp_path: Path) -> None:
    """`POST /teams/{id}/members` with a `userId` adds the user of this id, who is counted, and removed."""
    user = {"$ref": "#/components/schemas/User"}
    team = {"$ref": "#/components/schemas/Team"}
    call = mock(
        {
            "components": {
                "schemas": {
                    "User": _object(id=NUMBER, name=TEXT),
                    "Team": _object(id=SERVERS, name=TEXT, memberCount=SERVERS),
                }
            },
            "paths": {
                "/users": {"get": answering({"type": "array", "items": user})},
                "/users/{id}": {"parameters": ITEM, "get": answering(user)},
                "/teams": {"post": {**taking(_object(name=TEXT)), **answering(team, "201")}},
                "/teams/{id}": {"parameters": ITEM, "get": answering(team)},
                "/teams/{id}/members": {
                    "parameters": ITEM,
                    "get": answering({"type": "array", "items": user}),
                    "post": {**taking(_object(userId=NUMBER)), **DONE},
                },
                "/teams/{id}/members/{userId}": {
                    "parameters": [*ITEM, parameter("userId", "path", type="integer")],
                    "delete": DONE,
                },
            },
        },
        tmp_path,
    )
    ada = call("GET", "/users").json[0]
    path = f"/teams/{call('POST', '/teams', {'name': 'one'}).json['id']}"

    assert call("GET", f"{path}/members").json == []
    assert call("POST", f"{path}/members", {"userId": ada["id"]}).status == 204
    assert call("GET", f"{path}/members").json == [ada]
    assert call("GET", path).json["memberCount"] == 1
    assert call("DELETE", f"{path}/members/{ada['id']}").status == 204
    assert call("GET", f"{path}/members").json == []
    assert call("DELETE", f"{path}/members/{ada['id']}").status == 404


def test_latest_is_the_record_that_was_made_last(tmp_path: Path) -> None:
    """Not a record whose id is `latest`; a moment that every record has is that of its creation."""
    release = {"$ref": "#/components/schemas/Release"}
    moment = {"type": "string", "format": "date-time", "readOnly": True}
    call = mock(
        {
            "components": {"schemas": {"Release": _object(id=SERVERS, tag=TEXT, publishedAt=moment)}},
            "paths": {
                "/releases": {"post": {**taking(_object(tag=TEXT)), **answering(release, "201")}},
                "/releases/{id}": {"parameters": ITEM, "get": answering(release)},
                "/releases/latest": {"get": answering(release)},
            },
        },
        tmp_path,
    )
    made = call("POST", "/releases", {"tag": "v9"}).json

    assert made["publishedAt"] == "2026-03-02T09:30:00Z"
    assert call("GET", "/releases/latest").json == made


def test_an_action_is_applied_to_one_record_or_to_every_one(tmp_path: Path) -> None:
    """Items without a path of their own have actions, too."""
    note = {"$ref": "#/components/schemas/Note"}
    call = mock(
        {
            "components": {"schemas": {"Note": _object(id=NUMBER, text=TEXT, read={"type": "boolean"})}},
            "paths": {
                "/notes": {"get": answering({"type": "array", "items": note})},
                "/notes/{id}/read": {"parameters": ITEM, "post": answering(note)},
                "/notes/{id}/unread": {"parameters": ITEM, "post": answering(note)},
                "/notes/mark-all-as-read": {"post": {"responses": {"204": {"description": ""}}}},
            },
        },
        tmp_path,
    )
    first = call("GET", "/notes").json[0]
    path = f"/notes/{first['id']}"

    assert call("POST", f"{path}/read").json == {**first, "read": True}
    assert call("POST", f"{path}/unread").json == call("GET", "/notes").json[0] == {**first, "read": False}
    assert call("POST", "/notes/mark-all-as-read").status == 204
    assert all(one["read"] for one in call("GET", "/notes").json)
