"""Records that belong to others by an id they hold: replies, counts, and deletions that they prevent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.http.calling import Caller
from tests.resources.mocking import answering, mock, parameter, taking

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}
SERVERS = {"type": "integer", "readOnly": True}
ITEM = [parameter("id", "path", type="integer")]


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": [*properties], "properties": properties}


def _projects(folder: Path, refusal: str = "") -> Caller:
    """Projects that count their tasks, and tasks; `refusal` describes the 409 of a deletion."""
    project, task = ({"$ref": f"#/components/schemas/{name}"} for name in ("Project", "Task"))
    deletion: dict[str, Any] = {"responses": {"204": {"description": ""}, "404": {"description": ""}}}
    refusing = {
        "responses": {**deletion["responses"], **({"409": {"description": refusal}} if refusal else {})}
    }
    sent = _object(title=TEXT, projectId=NUMBER)
    return mock(
        {
            "components": {
                "schemas": {
                    "Project": _object(id=SERVERS, name=TEXT, taskCount=SERVERS),
                    "Task": _object(id=SERVERS, title=TEXT, projectId=NUMBER),
                }
            },
            "paths": {
                "/projects": {
                    "get": answering({"type": "array", "items": project}),
                    "post": {**taking(_object(name=TEXT)), **answering(project, "201")},
                },
                "/projects/{id}": {"parameters": ITEM, "get": answering(project), "delete": refusing},
                "/tasks": {
                    "get": {
                        "parameters": [parameter("projectId", type="integer")],
                        **answering({"type": "array", "items": task}),
                    },
                    "post": {**taking(sent), **answering(task, "201")},
                },
                "/tasks/{id}": {
                    "parameters": ITEM,
                    "patch": {
                        **taking({"type": "object", "properties": sent["properties"]}),
                        **answering(task),
                    },
                    "delete": deletion,
                },
            },
        },
        folder,
    )


def test_a_count_is_that_of_the_records_that_refer_to_it(tmp_path: Path) -> None:
    """From the beginning, and after each creation, move and deletion."""
    call = _projects(tmp_path)

    def counted() -> list[tuple[int, int]]:
        """The count that each project shows, and the number of tasks that its filter finds."""
        projects = call("GET", "/projects").json
        return [
            (one["taskCount"], len(call("GET", f"/tasks?projectId={one['id']}").json)) for one in projects
        ]

    one, other = (call("POST", "/projects", {"name": name}).json for name in ("one", "other"))
    assert all(shown == found for shown, found in counted())
    task = call("POST", "/tasks", {"title": "t", "projectId": one["id"]}).json
    assert counted()[-2:] == [(1, 1), (0, 0)]
    call("PATCH", f"/tasks/{task['id']}", {"projectId": other["id"]})
    assert counted()[-2:] == [(0, 0), (1, 1)]
    call("DELETE", f"/tasks/{task['id']}")
    assert counted()[-2:] == [(0, 0), (0, 0)]


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        ("The project still has tasks.", 409),
        ("The project is in use.", 409),
        ("The project is locked by somebody else.", 204),
        ("", 204),
    ],
)
def test_a_record_that_others_need_is_not_deleted(refusal: str, status: int, tmp_path: Path) -> None:
    """Where the description of 409 says so; without those records it can be deleted."""
    call = _projects(tmp_path, refusal)
    project = call("POST", "/projects", {"name": "one"}).json
    task = call("POST", "/tasks", {"title": "t", "projectId": project["id"]}).json

    assert call("DELETE", f"/projects/{project['id']}").status == status
    if status == 409:
        assert call("DELETE", f"/tasks/{task['id']}").status == 204
        assert call("DELETE", f"/projects/{project['id']}").status == 204


@pytest.mark.parametrize(("word", "name"), [("replies", "parentId"), ("children", "parentCommentId")])
def test_records_of_the_same_kind_below_a_record_are_those_that_name_it(
    word: str, name: str, tmp_path: Path
) -> None:
    """The replies to a comment are the comments whose parent it is."""
    comment = {"$ref": "#/components/schemas/Comment"}
    listed = answering({"type": "array", "items": comment})
    parent = {**NUMBER, "nullable": True}
    sent = {"type": "object", "required": ["text"], "properties": {"text": TEXT, name: parent}}
    call = mock(
        {
            "components": {"schemas": {"Comment": _object(id=SERVERS, text=TEXT, **{name: parent})}},
            "paths": {
                "/comments": {"get": listed, "post": {**taking(sent), **answering(comment, "201")}},
                "/comments/{id}": {"parameters": ITEM, "get": answering(comment)},
                f"/comments/{{id}}/{word}": {"parameters": ITEM, "get": listed},
            },
        },
        tmp_path,
    )
    top = call("POST", "/comments", {"text": "top"}).json
    reply = call("POST", "/comments", {"text": "reply", name: top["id"]}).json

    assert call("GET", f"/comments/{top['id']}/{word}").json == [reply]
    assert call("GET", f"/comments/{reply['id']}/{word}").json == []
    assert reply in call("GET", "/comments").json


def test_a_post_below_a_record_that_takes_no_body_creates_what_it_answers_with(tmp_path: Path) -> None:
    """`POST /books/{id}/loans` answers with a loan, which `/loans/{id}` reads."""
    one = {"$ref": "#/components/schemas/Loan"}
    book = _object(id=SERVERS, title=TEXT)
    call = mock(
        {
            "components": {"schemas": {"Loan": _object(id=SERVERS, book_id=NUMBER)}},
            "paths": {
                "/books": {"post": {**taking(_object(title=TEXT)), **answering(book, "201")}},
                "/books/{id}": {"parameters": ITEM, "get": answering(book)},
                "/books/{id}/loans": {"parameters": ITEM, "post": answering(one, "201")},
                "/loans/{id}": {"parameters": ITEM, "get": answering(one)},
            },
        },
        tmp_path,
    )
    made = call("POST", "/books", {"title": "Emma"}).json

    lent = call("POST", f"/books/{made['id']}/loans").json

    assert lent["book_id"] == made["id"]
    assert call("GET", f"/loans/{lent['id']}").json == lent
