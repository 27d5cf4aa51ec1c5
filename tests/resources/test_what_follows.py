"""What follows from a request: a slug from a title, a time from an action, a revision from a change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.http.calling import Caller
from tests.resources.mocking import answering, mock, parameter, taking

TEXT = {"type": "string"}
MOMENT = {"type": "string", "format": "date-time", "nullable": True}
NUMBER = {"type": "integer"}


def _object(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": properties}


def _mock(folder: Path, key: str, record: Any, sent: Any, **more: Any) -> Caller:
    """Records at `/files`, addressed by this property; `more` are further paths and item operations."""
    name = [parameter(key, "path")]
    paths = {path: entry for path, entry in more.items() if path.startswith("/")}
    methods = {method: entry for method, entry in more.items() if method not in paths}
    listed = {"type": "array", "items": {"$ref": "#/components/schemas/File"}}
    reference = {"$ref": "#/components/schemas/File"}
    flag = {"name": "archived", "in": "query", "schema": {"type": "boolean"}}
    return mock(
        {
            "components": {"schemas": {"File": record}},
            "paths": {
                "/files": {
                    "get": {"parameters": [flag], **answering(listed)},
                    "post": {**taking(sent), **answering(reference, "201")},
                },
                f"/files/{{{key}}}": {"parameters": name, "get": answering(reference), **methods},
                **{path: {"parameters": name, "post": entry} for path, entry in paths.items()},
            },
        },
        folder,
    )


def test_a_slug_is_that_of_the_title_and_leads_to_the_record(tmp_path: Path) -> None:
    """A second record of the same title has a number at the end of its slug."""
    call = _mock(
        tmp_path, "slug", _object("slug", "title", slug=TEXT, title=TEXT), _object("title", title=TEXT)
    )
    made = [call("POST", "/files", {"title": "The Long Tide"}).json["slug"] for _ in range(2)]

    assert made == ["the-long-tide", "the-long-tide-2"]
    assert call("GET", f"/files/{made[1]}").json == {"slug": made[1], "title": "The Long Tide"}


def test_an_action_sets_the_time_that_is_named_after_it(tmp_path: Path) -> None:
    """And a flag in the query selects by whether there is a time; the opposite action removes it."""
    record = _object("id", "archivedAt", id=NUMBER, archivedAt=MOMENT)
    reference = {"$ref": "#/components/schemas/File"}
    actions = {f"/files/{{id}}/{name}": answering(reference) for name in ("archive", "unarchive")}
    call = _mock(tmp_path, "id", record, _object(name=TEXT), **actions)
    made = call("POST", "/files", {}).json
    archived = call("POST", f"/files/{made['id']}/archive").json

    assert made["archivedAt"] is None
    assert archived["archivedAt"] is not None
    assert archived in call("GET", "/files?archived=true").json
    assert archived not in call("GET", "/files?archived=false").json
    assert call("POST", f"/files/{made['id']}/unarchive").json == made


def test_a_version_counts_the_changes(tmp_path: Path) -> None:
    """From 1, where no request sets it."""
    record = _object("id", "body", "version", id=NUMBER, body=TEXT, version={**NUMBER, "readOnly": True})
    sent = _object("body", body=TEXT)
    put = {**taking(sent), **answering({"$ref": "#/components/schemas/File"})}
    call = _mock(tmp_path, "id", record, sent, put=put)
    made = call("POST", "/files", {"body": "a"}).json
    changed = call("PUT", f"/files/{made['id']}", {"body": "b"}).json

    assert (made["version"], changed["version"]) == (1, 2)


def test_a_deletion_is_confirmed(tmp_path: Path) -> None:
    """By the flag that the document has for it."""
    deleted = answering(_object("deleted", deleted={"type": "boolean"}))
    call = _mock(tmp_path, "id", _object("id", id=NUMBER), _object(name=TEXT), delete=deleted)
    made = call("POST", "/files", {}).json

    assert call("DELETE", f"/files/{made['id']}").json == {"deleted": True}


def test_lines_in_french_have_a_total(tmp_path: Path) -> None:
    """It is what was sent, times the price, added up."""
    line = _object("quantite", "prixUnitaire", quantite=NUMBER, prixUnitaire={"type": "number"})
    lines = {"type": "array", "items": line}
    record = _object("id", "lignes", "total", id=NUMBER, lignes=lines, total={"type": "number"})
    call = _mock(tmp_path, "id", record, _object("lignes", lignes=lines))
    sent = [{"quantite": 2, "prixUnitaire": 1.5}, {"quantite": 1, "prixUnitaire": 2}]

    assert call("POST", "/files", {"lignes": sent}).json["total"] == 5
