"""Records that are created and listed below `/me`, and that some PUTs change in part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.http.calling import Caller
from tests.resources.mocking import answering, mock, parameter, taking

TEXT = {"type": "string"}
PLAYLIST = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": {**TEXT, "readOnly": True},
        "name": TEXT,
        "description": TEXT,
        "public": {"type": "boolean"},
    },
}
SENT: dict[str, Any] = {**PLAYLIST, "required": ["name"]}
PART: dict[str, Any] = {"type": "object", "properties": {"name": TEXT, "description": TEXT}}


def _playlists(folder: Path, taken: Any = PART, **more: Any) -> Caller:
    key = {"parameters": [parameter("playlist_id", "path")]}
    schemas = {"Playlist": PLAYLIST}
    reference = {"$ref": "#/components/schemas/Playlist"}
    page = {"type": "object", "required": ["items", "total"], "properties": {
        "items": {"type": "array", "items": reference}, "total": {"type": "integer"}}}  # fmt: skip
    return mock(
        {
            "components": {"schemas": schemas},
            "paths": {
                "/me/playlists": {
                    "get": answering(page),
                    "post": {**taking(SENT), **answering(reference, "201")},
                },
                "/playlists/{playlist_id}": {
                    **key,
                    "get": answering(reference),
                    "put": {**taking(taken), "responses": {"200": {"description": "Changed."}}},
                    **more,
                },
            },
        },
        folder,
    )


def test_what_is_created_below_me_is_read_at_the_top(tmp_path: Path) -> None:
    """And is listed below `/me`, as it is after a change at the top."""
    call = _playlists(tmp_path)
    made = call("POST", "/me/playlists", {"name": "Mine", "description": "of mine", "public": False}).json
    call("PUT", f"/playlists/{made['id']}", {"name": "Other"})
    listed = call("GET", "/me/playlists").json

    assert call("GET", f"/playlists/{made['id']}").json == {**made, "name": "Other"}
    assert {**made, "name": "Other"} in listed["items"]
    assert listed["total"] == len(listed["items"])


@pytest.mark.parametrize(
    ("taken", "more"), [(SENT, {}), (PART, {"patch": {**taking(PART), **answering(PLAYLIST)}})]
)
def test_a_put_replaces_where_it_asks_for_a_whole_record(tmp_path: Path, taken: Any, more: Any) -> None:
    """It requires what a creation requires, or PATCH is there for a part of a record."""
    call = _playlists(tmp_path, taken, **more)
    made = call("POST", "/me/playlists", {"name": "Mine", "description": "of mine"}).json
    call("PUT", f"/playlists/{made['id']}", {"name": "Other"})

    assert "description" not in call("GET", f"/playlists/{made['id']}").json


TRACK = {"type": "object", "required": ["id", "name"], "properties": {"id": TEXT, "name": TEXT}}
SAVED: dict[str, Any] = {
    "type": "object",
    "required": ["items", "total"],
    "properties": {
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["added_at", "track"],
                "properties": {"added_at": {**TEXT, "format": "date-time"}, "track": TRACK},
            },
        },
        "total": {"type": "integer"},
    },
}


IDS = {**parameter("ids"), "required": False}


@pytest.mark.parametrize("in_body", [False, True])
def test_records_are_saved_by_their_ids_and_looked_for(tmp_path: Path, in_body: bool) -> None:
    """`PUT /me/tracks?ids=` saves, `contains` answers for each id in order, `DELETE` forgets."""
    ids = {**parameter("ids"), "required": not in_body}
    body = {"type": "object", "properties": {"ids": {"type": "array", "items": TEXT}}}
    done = {"parameters": [ids], "responses": {"200": {"description": "Done."}}}
    sent = {**taking(body), **done} if in_body else done
    flags = {"type": "array", "items": {"type": "boolean"}}
    call = mock(
        {
            "paths": {
                "/me/tracks": {"get": answering(SAVED), "put": sent, "delete": sent},
                "/me/tracks/contains": {"get": {**answering(flags), "parameters": [parameter("ids")]}},
                "/tracks/{id}": {"get": {**answering(TRACK), "parameters": [parameter("id", "path")]}},
                "/tracks": {"get": answering({"type": "array", "items": TRACK})},
            }
        },
        tmp_path,
    )
    path, value = ("/me/tracks", {"ids": ["aa1", "bb2"]}) if in_body else ("/me/tracks?ids=aa1,bb2", None)
    removed, one = ("/me/tracks", {"ids": ["aa1"]}) if in_body else ("/me/tracks?ids=aa1", None)

    assert call("PUT", path, value).status == 200
    assert call("GET", "/me/tracks/contains?ids=bb2,zz9,aa1").json == [True, False, True]
    name = call("GET", "/tracks/aa1").json["name"]
    saved = call("GET", "/me/tracks").json
    assert {"id": "aa1", "name": name} in [item["track"] for item in saved["items"]]
    assert saved["total"] == len(saved["items"])
    assert "aa1" not in [track["id"] for track in call("GET", "/tracks").json]

    assert call("DELETE", removed, one).status == 200
    assert call("GET", "/me/tracks/contains?ids=bb2,aa1").json == [True, False]
    assert "aa1" not in [item["track"]["id"] for item in call("GET", "/me/tracks").json["items"]]


def test_a_path_with_a_name_identifies_by_a_text(tmp_path: Path) -> None:
    """`/following/{target}` names a login, where the id is a number."""
    person = {
        "type": "object",
        "required": ["id", "login"],
        "properties": {"id": {"type": "integer"}, "login": TEXT},
    }
    item = {
        "parameters": [parameter("target", "path")],
        "get": {"responses": {"204": {"description": "Follows."}, "404": {"description": "Does not."}}},
        "put": {"responses": {"204": {"description": "Followed."}}},
        "delete": {"responses": {"204": {"description": "Unfollowed."}}},
    }
    people = answering({"type": "array", "items": person})
    call = mock({"paths": {"/following": {"get": people}, "/following/{target}": item}}, tmp_path)

    assert call("PUT", "/following/ivo").status == 204
    assert "ivo" in [one["login"] for one in call("GET", "/following").json]
    assert call("DELETE", "/following/ivo").status == 204
    assert call("GET", "/following/ivo").status == 404
    assert "ivo" not in [one["login"] for one in call("GET", "/following").json]


@pytest.mark.parametrize("path", ["/me/tracks", "/tracks/bulk"])
def test_one_request_writes_a_limited_number_of_records(tmp_path: Path, path: str) -> None:
    """Other clients wait meanwhile; of a request with more nothing is stored."""
    tracks = {"type": "array", "items": TRACK}
    ids = {"type": "object", "properties": {"ids": {"type": "array", "items": TEXT}}}
    done = {"responses": {"200": {"description": "Done."}}}
    call = mock(
        {
            "paths": {
                "/me/tracks": {"get": answering(SAVED), "put": {**taking(ids), **done, "parameters": [IDS]}},
                "/tracks": {"get": answering(tracks)},
                "/tracks/{id}": {"get": {**answering(TRACK), "parameters": [parameter("id", "path")]}},
                "/tracks/bulk": {"post": {**taking(tracks), **answering(tracks, "201")}},
            }
        },
        tmp_path,
    )
    names = [f"new{number}" for number in range(10_001)]
    is_bulk = path == "/tracks/bulk"
    sent = [{"id": name, "name": name} for name in names] if is_bulk else {"ids": names}
    before = call("GET", "/tracks" if is_bulk else path).json

    answer = call("POST" if is_bulk else "PUT", path, sent)

    assert (answer.status, "10,000" in answer.json["detail"]) == (413, True)
    assert call("GET", "/tracks" if is_bulk else path).json == before
