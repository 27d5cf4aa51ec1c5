"""What teams do beside create, read, list, update, delete: many at once, counts, marks, files, verbs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.resources.mocking import answering, build_mock, mock, parameter, taking

from mockserver.resources.explanation import explain

TEXT = {"type": "string"}
INTEGER = {"type": "integer"}
STATES = ["STATE_UNSPECIFIED", "RUNNING", "CANCELLED"]
JOB: dict[str, Any] = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": INTEGER,
        "name": TEXT,
        "state": {"type": "string", "readOnly": True, "enum": STATES},
        "likes": INTEGER,
        "deleted_at": {"type": "string", "nullable": True},
    },
}
NEW = {"type": "object", "required": ["name"], "properties": {"name": TEXT}}
LIST = {"type": "array", "items": JOB}
ID = parameter("id", "path", type="integer")
NOTHING: dict[str, Any] = {"responses": {"204": {"description": ""}, "404": {"description": ""}}}
PICTURE = {"image/png": {"schema": {"type": "string", "format": "binary"}}}


def jobs(more: dict[str, Any], item: str = "/jobs/{id}") -> dict[str, Any]:
    """Paths of jobs, and others."""
    return {
        "paths": {
            "/jobs": {"get": answering(LIST), "post": {**taking(NEW), **answering(JOB, "201")}},
            item: {"parameters": [ID], "get": answering(JOB), "delete": NOTHING},
            **more,
        }
    }


def names(answer: Any) -> list[str]:
    """The names in a list."""
    return [job["name"] for job in answer.json]


def test_an_action_changes_a_state_that_is_the_servers(tmp_path: Path) -> None:
    """`readOnly` keeps clients from setting it; the action is the server's."""
    more = {"/jobs/{id}:cancel": {"parameters": [ID], "post": answering(JOB)}}
    call = mock(jobs(more), tmp_path)

    assert call("POST", "/jobs/1:cancel").json["state"] == "CANCELLED"
    assert call("GET", "/jobs/1").json["state"] == "CANCELLED"


def test_what_was_done_is_counted(tmp_path: Path) -> None:
    """`like` counts `likes` up, and taking it away counts down."""
    more = {"/jobs/{id}/like": {"parameters": [ID], "post": answering(JOB), "delete": NOTHING}}
    call = mock(jobs(more), tmp_path)
    before = call("GET", "/jobs/1").json["likes"]

    call("POST", "/jobs/1/like")
    assert call("POST", "/jobs/1/like").json["likes"] == before + 2
    call("DELETE", "/jobs/1/like")
    assert call("GET", "/jobs/1").json["likes"] == before + 1


def test_what_was_deleted_is_restored(tmp_path: Path) -> None:
    """As it was, but for what said that it was deleted; what never was deleted is there anyway."""
    more = {"/jobs/{id}/restore": {"parameters": [ID], "post": answering(JOB)}}
    call = mock(jobs(more), tmp_path)
    number = call("POST", "/jobs", {"name": "kept"}).json["id"]

    call("DELETE", f"/jobs/{number}")
    assert call("GET", f"/jobs/{number}").status == 404
    restored = call("POST", f"/jobs/{number}/restore").json
    assert (restored["name"], restored["deleted_at"]) == ("kept", None)
    assert call("GET", f"/jobs/{number}").json == restored


@pytest.mark.parametrize(
    ("path", "body", "sent"),
    [
        ("/jobs/bulk", {"type": "array", "items": NEW}, [{"name": "x"}, {"name": "y"}]),
        (
            "/jobs:batchCreate",
            {
                "type": "object",
                "properties": {
                    "requests": {"type": "array", "items": {"type": "object", "properties": {"job": NEW}}}
                },
            },
            {"requests": [{"job": {"name": "x"}}, {"job": {"name": "y"}}]},
        ),
    ],
)
def test_several_are_created_at_once(tmp_path: Path, path: str, body: Any, sent: Any) -> None:
    """A list in the body is as many records, and they stay."""
    call = mock(jobs({path: {"post": {**taking(body), **answering(LIST, "201")}}}), tmp_path)

    created = call("POST", path, sent)
    assert (created.status, names(created)) == (201, ["x", "y"])
    assert len({job["id"] for job in created.json}) == 2
    assert names(call("GET", "/jobs"))[-2:] == ["x", "y"]
    assert [call("GET", f"/jobs/{job['id']}").json for job in created.json] == created.json


def test_a_collection_that_takes_a_list_creates_each(tmp_path: Path) -> None:
    """`POST /jobs` with an array."""
    document = jobs({})
    many = {**taking({"type": "array", "items": NEW}), **answering(LIST, "201")}
    document["paths"]["/jobs"]["post"] = many
    call = mock(document, tmp_path)

    assert names(call("POST", "/jobs", [{"name": "x"}, {"name": "y"}])) == ["x", "y"]
    assert names(call("GET", "/jobs"))[-2:] == ["x", "y"]


def test_a_search_by_post_looks_at_the_same_records(tmp_path: Path) -> None:
    """The body says what parameters say elsewhere."""
    wanted = {"type": "object", "properties": {"name": TEXT, "limit": INTEGER, "sort": TEXT}}
    call = mock(jobs({"/jobs/search": {"post": {**taking(wanted), **answering(LIST)}}}), tmp_path)
    for _ in range(3):
        call("POST", "/jobs", {"name": "zz"})

    found = call("POST", "/jobs/search", {"name": "zz", "limit": 2, "sort": "-id"}).json
    assert [job["name"] for job in found] == ["zz", "zz"]
    assert found[0]["id"] > found[1]["id"]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (
            "/jobs/count",
            {"application/json": {"schema": {"type": "object", "properties": {"count": INTEGER}}}},
        ),
        ("/jobs/$count", {"text/plain": {"schema": INTEGER}}),
    ],
)
def test_records_are_counted(tmp_path: Path, path: str, content: Any) -> None:
    """All, or those that fit the filters."""
    responses = {"responses": {"200": {"description": "", "content": content}}}
    call = mock(jobs({path: {"get": {"parameters": [parameter("name")], **responses}}}), tmp_path)
    call("POST", "/jobs", {"name": "zz"})

    def number(query: str = "") -> int:
        told = call("GET", path + query).json
        return int(told["count"] if isinstance(told, dict) else told)

    assert number() == len(call("GET", "/jobs").json)
    assert number("?name=zz") == 1


def test_a_mark_is_there_until_it_is_taken_away(tmp_path: Path) -> None:
    """`204` or `404` is all that reading it says."""
    place = [parameter("owner", "path"), parameter("repo", "path")]
    star = {"parameters": place, **dict.fromkeys(("get", "put", "delete"), NOTHING)}
    call = mock({"paths": {"/starred/{owner}/{repo}": star}}, tmp_path)

    assert call("DELETE", "/starred/a/b").status == 204
    assert call("GET", "/starred/a/b").status == 404
    assert call("DELETE", "/starred/a/b").status == 404
    assert call("GET", "/starred/a/c").status == 204
    assert call("PUT", "/starred/a/b").status == 204
    assert call("GET", "/starred/a/b").status == 204


def test_a_file_that_was_put_comes_back(tmp_path: Path) -> None:
    """Byte by byte, until it is deleted, and not where its item is gone."""
    reading = {"responses": {"200": {"description": "", "content": PICTURE}, "404": {"description": ""}}}
    putting = {"requestBody": {"required": True, "content": PICTURE}, **NOTHING}
    image = {"parameters": [ID], "get": reading, "put": putting, "delete": NOTHING}
    call = mock(jobs({"/jobs/{id}/image": image}), tmp_path)
    content = b"\x89PNG\r\n\x00\xff"

    assert call("GET", "/jobs/1/image").status == 200
    assert call("PUT", "/jobs/1/image", content=content, media_type="image/png").status == 204
    assert call("GET", "/jobs/1/image").body == content
    assert call("DELETE", "/jobs/1/image").status == 204
    assert call("GET", "/jobs/1/image").status == 404
    call("DELETE", "/jobs/2")
    assert call("GET", "/jobs/2/image").status == 404


def test_what_stands_beside_marks_is_answered_as_documented(tmp_path: Path) -> None:
    """A collection whose items have no fields is not made of records."""
    place = [parameter("name", "path")]
    mark = {"parameters": place, **dict.fromkeys(("get", "put", "delete"), NOTHING)}
    call = mock({"paths": {"/marks": {"post": {**taking(NEW), **NOTHING}}, "/marks/{name}": mark}}, tmp_path)

    assert call("POST", "/marks", {"name": "x"}).status == 204
    assert call("GET", "/marks/x").status == 204


def test_nothing_is_below_what_was_deleted(tmp_path: Path) -> None:
    """Also where an operation is answered by what the document offers."""
    report = {"responses": {"200": {"description": "", "content": {"text/plain": {"schema": TEXT}}}}}
    call = mock(jobs({"/jobs/{id}/report": {"parameters": [ID], "get": report}}), tmp_path)

    assert call("GET", "/jobs/1/report").status == 200
    call("DELETE", "/jobs/1")
    assert call("GET", "/jobs/1/report").status == 404
    assert call("GET", "/jobs/2/report").status == 200


def test_what_is_put_together_is_what_is_known_elsewhere(tmp_path: Path) -> None:
    """`PUT /jobs/{id}/tags/{tagId}` shows the tag in the job's list; one that is gone is not found."""
    tag = {"type": "object", "required": ["id", "name"], "properties": {"id": INTEGER, "name": TEXT}}
    document = {
        **jobs(
            {
                "/tags": {"post": {**taking(NEW), **answering({"$ref": "#/components/schemas/Tag"}, "201")}},
                "/tags/{tagId}": {
                    "parameters": [parameter("tagId", "path", type="integer")],
                    "get": answering({"$ref": "#/components/schemas/Tag"}),
                    "delete": NOTHING,
                },
                "/jobs/{id}/tags": {
                    "parameters": [ID],
                    "get": answering({"type": "array", "items": {"$ref": "#/components/schemas/Tag"}}),
                },
                "/jobs/{id}/tags/{tagId}": {
                    "parameters": [ID, parameter("tagId", "path", type="integer")],
                    "put": NOTHING,
                    "delete": NOTHING,
                },
            }
        ),
        "components": {"schemas": {"Tag": tag}},
    }
    call = mock(document, tmp_path)
    job = call("POST", "/jobs", {"name": "new"}).json["id"]
    green = call("POST", "/tags", {"name": "green"}).json

    assert call("PUT", f"/jobs/{job}/tags/{green['id']}").status == 204
    assert call("GET", f"/jobs/{job}/tags").json == [green]
    assert call("DELETE", f"/jobs/{job}/tags/{green['id']}").status == 204
    assert call("GET", f"/jobs/{job}/tags").json == []
    call("DELETE", f"/tags/{green['id']}")
    assert call("PUT", f"/jobs/{job}/tags/{green['id']}").status == 404


def test_what_nothing_else_creates_is_put(tmp_path: Path) -> None:
    """`PUT` at an item makes it again after it was deleted, where no `POST` makes any."""
    document = jobs({})
    del document["paths"]["/jobs"]["post"]
    document["paths"]["/jobs/{id}"]["put"] = {**taking(NEW), **answering(JOB)}
    call = mock(document, tmp_path)

    call("DELETE", "/jobs/1")
    assert call("PUT", "/jobs/1", {"name": "again"}).status == 200
    assert call("GET", "/jobs/1").json["name"] == "again"


def test_what_nobody_saw_is_made_by_putting_it(tmp_path: Path) -> None:
    """An open world answers for any id; `PUT` at one that nobody saw creates all the same."""
    document = jobs({})
    body = {"description": "", "content": {"application/json": {"schema": JOB}}}
    document["paths"]["/jobs/{id}"]["put"] = {**taking(NEW), "responses": {"200": body, "201": body}}
    call = mock(document, tmp_path)

    assert call("PUT", "/jobs/4711", {"name": "new"}).status == 201
    assert call("PUT", "/jobs/4711", {"name": "newer"}).status == 200
    assert call("GET", "/jobs/4711").json["name"] == "newer"


def test_what_a_request_calls_writable_is_written(tmp_path: Path) -> None:
    """A record may call `region` read-only, and yet creation takes it: it is set then, and is not made up."""
    region = {"type": "string", "readOnly": True}
    shown = {**JOB, "properties": {**JOB["properties"], "region": region}}
    taken = {"type": "object", "required": ["name", "region"], "properties": {"name": TEXT, "region": TEXT}}
    document = jobs({})
    document["paths"]["/jobs"]["post"] = {**taking(taken), **answering(shown, "201")}
    document["paths"]["/jobs/{id}"] |= {
        "get": answering(shown),
        "patch": {**taking(shown), **answering(shown)},
    }
    call = mock(document, tmp_path)

    number = call("POST", "/jobs", {"name": "new", "region": "north"}).json["id"]
    assert call("GET", f"/jobs/{number}").json["region"] == "north"


def test_the_documents_example_can_be_created_once(tmp_path: Path) -> None:
    """It is listed from the start, and who sends it as it stands there is not told that it is taken."""
    named = {"type": "object", "required": ["name"], "properties": {"name": TEXT, "size": INTEGER}}
    listing = answering({"type": "array", "items": named}, example=[{"name": "first", "size": 1}])
    creating = {**taking(named), **answering(named, "201")}
    creating["responses"]["409"] = {"description": ""}
    reading = {"parameters": [parameter("name", "path")], **answering(named)}
    paths = {"/things": {"get": listing, "post": creating}, "/things/{name}": {"get": reading}}
    call = mock({"paths": paths}, tmp_path)

    assert names(call("GET", "/things")) == ["first"]
    assert call("POST", "/things", {"name": "first", "size": 2}).status == 201
    assert call("POST", "/things", {"name": "first", "size": 3}).status == 409
    assert call("GET", "/things").json == [{"name": "first", "size": 2}]


def test_a_parameter_may_name_what_is_created(tmp_path: Path) -> None:
    """`POST /jobs?jobId=mine`, as Google has it."""
    job = {"type": "object", "properties": {"name": TEXT, "title": TEXT}}
    creating = {"parameters": [parameter("jobId")], **taking(job), **answering(job)}
    reading = {"parameters": [parameter("job", "path")], **answering(job)}
    call = mock({"paths": {"/jobs": {"post": creating}, "/jobs/{job}": {"get": reading}}}, tmp_path)

    assert call("POST", "/jobs?jobId=mine", {"title": "first"}).json == {"name": "mine", "title": "first"}
    assert call("GET", "/jobs/mine").json == {"name": "mine", "title": "first"}


def test_what_is_posted_where_nothing_is_read_is_read_below(tmp_path: Path) -> None:
    """`POST /words/{owner}`, `GET /words/{owner}/{id}`."""
    owner = parameter("owner", "path")
    paths = {
        "/words/{owner}": {"parameters": [owner], "post": {**taking(NEW), **answering(JOB)}},
        "/words/{owner}/{id}": {"parameters": [owner, ID], "get": answering(JOB), "delete": answering(JOB)},
    }
    call = mock({"paths": paths}, tmp_path)

    created = call("POST", "/words/ann", {"name": "new"}).json
    assert call("GET", f"/words/ann/{created['id']}").json == created


def test_a_record_of_azure_is_called_by_its_name(tmp_path: Path) -> None:
    """Its id is its path, and its type the provider's."""
    schema = {"type": "object", "properties": dict.fromkeys(("id", "name", "type", "colour"), TEXT)}
    place = [parameter("account", "path"), parameter("rule", "path")]
    sent = {"type": "object", "properties": {"colour": TEXT}}
    item = {
        "parameters": place,
        "get": answering(schema),
        "put": {**taking(sent), **answering(schema, "201")},
    }
    call = mock({"paths": {"/accounts/{account}/providers/Mock.Shop/rules/{rule}": item}}, tmp_path)
    path = "/accounts/a/providers/Mock.Shop/rules/first"

    call("PUT", path, {"colour": "red"})
    expected = {"id": path, "name": "first", "type": "Mock.Shop/rules", "colour": "red"}
    assert call("GET", path).json == expected


def test_an_offset_that_is_text_is_a_cursor(tmp_path: Path) -> None:
    """As Asana has it: what the last page told is sent back."""
    offset = {"type": "object", "properties": {"offset": TEXT}}
    body = {"type": "object", "properties": {"data": LIST, "next_page": {**offset, "nullable": True}}}
    document = jobs({})
    queries = [parameter("limit", type="integer"), parameter("offset")]
    document["paths"]["/jobs"]["get"] = {"parameters": queries, **answering(body)}
    call = mock(document, tmp_path)
    everything = call("GET", "/jobs").json["data"]

    first = call("GET", "/jobs?limit=1").json
    second = call("GET", f"/jobs?limit=1&offset={first['next_page']['offset']}").json
    assert [*first["data"], *second["data"]] == everything[:2]
    assert call("GET", "/jobs?limit=100").json["next_page"] is None


def test_keys_in_parentheses_are_items(tmp_path: Path) -> None:
    """As OData has them."""
    call = mock(jobs({}, "/jobs({id})"), tmp_path)

    created = call("POST", "/jobs", {"name": "new"})
    assert call("GET", created.header("location") or "").json == created.json
    call("DELETE", f"/jobs({created.json['id']})")
    assert call("GET", f"/jobs({created.json['id']})").status == 404


def test_the_pages_of_spring_are_told(tmp_path: Path) -> None:
    """`page: {number, size}` of Spring's HAL, and `first`, `last`, `empty` beside a list."""
    numbers = {"size": INTEGER, "totalElements": INTEGER, "totalPages": INTEGER, "number": INTEGER}
    flags = {name: {"type": "boolean"} for name in ("first", "last", "empty")}
    body = {
        "type": "object",
        "properties": {
            "content": LIST,
            **numbers,
            **flags,
            "page": {"type": "object", "properties": numbers},
        },
    }
    document = jobs({})
    queries = [parameter("page", type="integer", default=0), parameter("size", type="integer")]
    document["paths"]["/jobs"]["get"] = {"parameters": queries, **answering(body)}
    call = mock(document, tmp_path)
    total = call("GET", "/jobs").json["totalElements"]

    told = call("GET", "/jobs?page=1&size=1").json

    page = {"size": 1, "number": 1, "totalElements": total, "totalPages": total}
    assert (told["page"], {name: told[name] for name in page}) == (page, page)
    assert {name: told[name] for name in flags} == {"first": False, "last": False, "empty": False}
    assert call("GET", f"/jobs?page={total - 1}&size=1").json["last"] is True
    assert call("GET", "/jobs?page=0&size=1").json["first"] is True


def test_each_of_these_is_explained(tmp_path: Path) -> None:
    """In the words of what it does."""
    more = {
        "/jobs/bulk": {"post": {**taking({"type": "array", "items": NEW}), **answering(LIST, "201")}},
        "/jobs/search": {"post": {**taking(NEW), **answering(LIST)}},
        "/jobs/count": {"get": answering({"type": "object", "properties": {"count": INTEGER}})},
    }
    service = build_mock(jobs(more), tmp_path).services["api"]

    told = {row.path: row.answer for row in explain(service.document, {}, service.fallback)}

    assert told["/jobs/bulk"] == "create jobs, each in the list"
    assert told["/jobs/search"] == "list of jobs; filtered by name"
    assert told["/jobs/count"] == "count of jobs"


def test_what_belongs_to_a_file_is_answered_as_documented(tmp_path: Path) -> None:
    """A file has no fields that an action could change."""
    name = parameter("name", "path", type="string")
    picture = {
        "parameters": [name],
        "get": {"responses": {"200": {"description": "", "content": PICTURE}, "404": {"description": ""}}},
        "put": {"requestBody": {"content": PICTURE}, **NOTHING},
        "delete": NOTHING,
    }
    more = {"/pictures/{name}": picture, "/pictures/{name}/frames": {"parameters": [name], "post": NOTHING}}
    call = mock(jobs(more), tmp_path)

    assert call("PUT", "/pictures/a", content=b"\x89PNG", headers={"content-type": "image/png"}).status == 204
    assert call("POST", "/pictures/a/frames").status == 204
    assert call("GET", "/pictures/a").body == b"\x89PNG"


@pytest.mark.parametrize("place", ["collection", "item", "both"])
@pytest.mark.parametrize("name", ["tasks", "todo"])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_nested_collection_can_be_named(tmp_path: Path, place: str, name: str, is_first: bool) -> None:
    """By its own path or by that of its items, also as another collection is called at the top."""
    task = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "integer"}, "title": {"type": "string"}},
    }
    project = parameter("projectId", "path", type="integer")
    said = {"x-mock": {"resource": name}}
    paths: dict[str, Any] = {
        "/projects/{projectId}/tasks": {
            "parameters": [project],
            "get": answering({"type": "array", "items": task}),
            "post": {**taking(task), **answering(task, "201")},
            **(said if place != "item" else {}),
        },
        "/projects/{projectId}/tasks/{id}": {
            "parameters": [project, parameter("id", "path", type="integer")],
            "get": answering(task),
            **(said if place != "collection" else {}),
        },
    }
    top: dict[str, Any] = {
        "/tasks": {"get": answering({"type": "array", "items": task})},
        "/tasks/{id}": {"get": answering(task), "parameters": [parameter("id", "path", type="integer")]},
    }
    call = mock({"paths": {**paths, **top} if is_first else {**top, **paths}}, tmp_path)
    listed = call("GET", "/tasks").json

    made = call("POST", "/projects/3/tasks", json={"id": 70, "title": "tea"})

    assert made.status == 201
    assert call("GET", "/projects/3/tasks/70").json == {"id": 70, "title": "tea"}
    assert {"id": 70, "title": "tea"} in call("GET", "/projects/3/tasks").json
    assert call("GET", f"/__admin/state/api/{name}:3/70").status == 200
    assert call("GET", "/tasks").json == listed
