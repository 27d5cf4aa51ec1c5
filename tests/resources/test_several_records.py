"""Several records in one request: changed, deleted by their ids, and deleted ones that a list shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.http.calling import Caller
from tests.resources.mocking import answering, mock, parameter, taking

from mockserver.check.check_options import Options
from mockserver.check.runner import run

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}
MOMENT = {"type": "string", "format": "date-time", "nullable": True, "readOnly": True}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": [*properties], "properties": properties}


def _tasks(folder: Path, deletion: str) -> Caller:
    """Tasks that are changed at `PATCH /tasks`, and deleted at `POST /tasks/…`."""
    task = {"$ref": "#/components/schemas/Task"}
    tasks = {"type": "array", "items": task}
    record = _object(id={**NUMBER, "readOnly": True}, title=TEXT, done={"type": "boolean"}, deletedAt=MOMENT)
    change = {"type": "object", "required": ["id"], "properties": {"id": NUMBER, "title": TEXT, "done": {}}}
    ids = {"type": "object", "properties": {"ids": {"type": "array", "items": NUMBER}}}
    item = [parameter("id", "path", type="integer")]
    return mock(
        {
            "components": {"schemas": {"Task": record}},
            "paths": {
                "/tasks": {
                    "get": {"parameters": [parameter("includeDeleted", type="boolean")], **answering(tasks)},
                    "post": {**taking(_object(title=TEXT)), **answering(task, "201")},
                    "patch": {**taking({"type": "array", "items": change}), **answering(tasks)},
                },
                "/tasks/{id}": {
                    "parameters": item,
                    "get": answering(task),
                    "delete": {"responses": {"204": {"description": ""}}},
                },
                f"/tasks/{deletion}": {"post": {**taking(ids), **answering(_object(deleted=NUMBER))}},
            },
        },
        folder,
    )


@pytest.mark.parametrize("path", ["bulk-delete", "batchDelete", "delete"])
def test_records_are_deleted_by_a_list_of_ids(path: str, tmp_path: Path) -> None:
    """Those that the list names, and none by an empty one."""
    call = _tasks(tmp_path, path)
    ids = [call("POST", "/tasks", {"title": name}).json["id"] for name in "ab"]
    before = len(call("GET", "/tasks").json)

    assert call("POST", f"/tasks/{path}", {}).json == {"deleted": 0}
    assert call("POST", f"/tasks/{path}", {"ids": ids}).json == {"deleted": 2}
    assert len(call("GET", "/tasks").json) == before - 2


def test_several_records_are_changed_by_one_request(tmp_path: Path) -> None:
    """Each by its id, with the properties that were sent."""
    call = _tasks(tmp_path, "delete")
    one, other = (call("POST", "/tasks", {"title": name}).json for name in "ab")
    changed = [{**one, "done": True}, {**other, "title": "c"}]

    assert (
        call("PATCH", "/tasks", [{"id": one["id"], "done": True}, {"id": other["id"], "title": "c"}]).json
        == changed
    )
    assert call("GET", "/tasks").json[-2:] == changed


def test_deleted_records_are_listed_where_a_parameter_asks_for_them(tmp_path: Path) -> None:
    """With the moment of their deletion; they are gone otherwise."""
    call = _tasks(tmp_path, "delete")
    task = call("POST", "/tasks", {"title": "a"}).json
    assert call("DELETE", f"/tasks/{task['id']}").status == 204
    (found,) = (one for one in call("GET", "/tasks?includeDeleted=true").json if one["id"] == task["id"])

    assert task["deletedAt"] is None
    assert found == {**task, "deletedAt": "2026-03-02T09:30:00Z"}
    assert all(one["id"] != task["id"] for one in call("GET", "/tasks").json)
    assert call("GET", f"/tasks/{task['id']}").status == 404


def test_the_same_change_is_made_to_records_by_their_ids(tmp_path: Path) -> None:
    """And the answer says how many were changed."""
    lead = _object(id={**NUMBER, "readOnly": True}, status={"enum": ["new", "won"]})
    sent = _object(ids={"type": "array", "items": NUMBER}, status=lead["properties"]["status"])
    call = mock(
        {
            "paths": {
                "/leads": {"get": answering({"type": "array", "items": lead})},
                "/leads/{id}": {
                    "parameters": [parameter("id", "path", type="integer")],
                    "get": answering(lead),
                },
                "/leads/bulk-update": {"post": {**taking(sent), **answering(_object(updated=NUMBER))}},
            }
        },
        tmp_path,
    )
    ids = [one["id"] for one in call("GET", "/leads").json[:2]]

    assert call("POST", "/leads/bulk-update", {"ids": ids, "status": "won"}).json == {"updated": 2}
    assert [one["status"] for one in call("GET", "/leads").json[:2]] == ["won", "won"]


def test_a_check_of_such_operations_finds_nothing(tmp_path: Path) -> None:
    """A change of several records is not taken for one of the record that the path names."""
    _tasks(tmp_path, "bulk-delete")  # writes the document

    outcome = run(Options(specs=(tmp_path / "api.json",), fuzz=False))
    assert [finding for api in outcome.apis for finding in api.findings] == []
    assert outcome.requests > 0
