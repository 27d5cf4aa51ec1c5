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
