"""Work that is accepted with 202: the resource that tells of it goes through its states."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.http.calling import Caller
from tests.resources.mocking import answering, build_mock, mock, parameter

from mockserver.resources.explanation import explain

STATE = {"type": "string", "enum": ["failed", "succeeded", "running", "queued", "cancelled"]}
EXPORT = {
    "type": "object",
    "required": ["id", "status"],
    "properties": {
        "id": {"type": "string"},
        "format": {"type": "string"},
        "status": STATE,
        "progress": {"type": "integer", "minimum": 0, "maximum": 100},
        "startedAt": {"type": "string", "format": "date-time", "nullable": True},
        "finishedAt": {"type": "string", "format": "date-time", "nullable": True},
        "downloadUrl": {"type": "string", "format": "uri", "nullable": True},
    },
}
NEW = {
    "content": {
        "application/json": {"schema": {"type": "object", "properties": {"format": {"type": "string"}}}}
    }
}
ID = parameter("id", "path", type="string")
EXPORTS: dict[str, Any] = {
    "/exports": {"post": {"operationId": "start", "requestBody": NEW, **answering(EXPORT, "202")}},
    "/exports/{id}": {"parameters": [ID], "get": {"operationId": "poll", **answering(EXPORT)}},
}
TASK = {
    "type": "object",
    "required": ["id", "state"],
    "properties": {
        "id": {"type": "string"},
        "state": {"type": "string", "enum": ["PENDING", "RUNNING", "DONE"]},
    },
}
SERVER = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "string"}, "name": {"type": "string"}},
}


def _tasks(accepted: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "/servers": {"get": answering({"type": "array", "items": SERVER})},
        "/servers/{id}": {"parameters": [ID], "get": answering(SERVER), **more},
        "/servers/{id}/rebuild": {"parameters": [ID], "post": {"responses": {"202": accepted}}},
        "/tasks/{id}": {"parameters": [ID], "get": answering(TASK)},
    }


def _states(call: Caller, path: str, name: str, times: int = 4) -> list[str]:
    return [call("GET", path).json[name] for _ in range(times)]


def test_what_was_accepted_goes_through_its_states_by_polls(tmp_path: Path) -> None:
    """From the first to that of success, whatever the document's order; moments and results follow."""
    call = mock({"paths": EXPORTS}, tmp_path)
    made = call("POST", "/exports", {"format": "csv"})
    path = f"/exports/{made.json['id']}"
    shown = [call("GET", path).json for _ in range(4)]

    assert (made.status, made.header("location")) == (202, path)
    assert (made.json["status"], made.json["downloadUrl"]) == ("queued", None)
    assert [one["status"] for one in shown] == ["queued", "running", "succeeded", "succeeded"]
    assert [one["progress"] for one in shown] == [0, 50, 100, 100]
    assert [one["startedAt"] is None for one in shown] == [True, False, False, False]
    assert [one["finishedAt"] is None for one in shown] == [True, True, False, False]
    assert [one["downloadUrl"] is None for one in shown] == [True, True, False, False]
    assert {one["format"] for one in shown} == {"csv"}


def test_what_was_accepted_goes_on_by_the_clock_of_the_session(tmp_path: Path) -> None:
    """A state lasts half a minute at most, whether somebody reads it or not."""
    call = mock({"paths": EXPORTS}, tmp_path)
    path = f"/exports/{call('POST', '/exports', {}).json['id']}"
    call("POST", "/__admin/clock/advance", {"seconds": 31})
    assert _states(call, path, "status", 1) == ["running"]
    call("POST", "/__admin/clock/advance", {"seconds": 3600})
    assert _states(call, path, "status", 1) == ["succeeded"]


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ({"by_polls": False}, ["queued"] * 4),
        ({"progress": ["queued", "failed"]}, ["queued", "failed", "failed", "failed"]),
        ({"progress": None}, ["queued"] * 4),
        ({"state_seconds": None}, ["queued", "running", "succeeded", "succeeded"]),
    ],
)
def test_a_plan_is_corrected_to_other_states_and_paces(
    tmp_path: Path, plan: dict[str, Any], expected: list[str]
) -> None:
    """Failure is one of them, for those who write the code for it."""
    paths = {**EXPORTS, "/exports/{id}": {**EXPORTS["/exports/{id}"]}}
    paths["/exports/{id}"]["get"] = {**paths["/exports/{id}"]["get"], "x-mock": {"plan": plan}}
    call = mock({"paths": paths}, tmp_path)

    assert _states(call, f"/exports/{call('POST', '/exports', {}).json['id']}", "status") == expected


def test_an_action_that_is_accepted_makes_the_task_that_tells_of_it(tmp_path: Path) -> None:
    """The answer shows it, `Location` leads to it, each call has its own; an unknown server has none."""
    shown = {"description": "", "content": {"application/json": {"schema": TASK}}}
    call = mock({"paths": _tasks(shown, delete=answering({}, "204"))}, tmp_path)
    first, second = (call("POST", "/servers/1/rebuild") for _ in range(2))
    call("DELETE", "/servers/1")

    assert first.header("location") == f"/tasks/{first.json['id']}"
    assert first.json["id"] != second.json["id"]
    assert _states(call, f"/tasks/{first.json['id']}", "state") == ["PENDING", "RUNNING", "DONE", "DONE"]
    assert _states(call, f"/tasks/{second.json['id']}", "state", 1) == ["PENDING"]
    assert call("POST", "/servers/1/rebuild").status == 404


@pytest.mark.parametrize(
    "accepted",
    [
        {"description": "", "headers": {"Location": {"schema": {"type": "string"}}}},
        {
            "description": "",
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["taskId"],
                        "properties": {"taskId": {"type": "string"}},
                    }
                }
            },
        },
    ],
)
def test_an_answer_that_only_names_the_task_leads_to_it(tmp_path: Path, accepted: dict[str, Any]) -> None:
    """By `Location` alone, or by the id of the task in the body."""
    call = mock({"paths": _tasks(accepted)}, tmp_path)
    answer = call("POST", "/servers/1/rebuild")
    path = str(answer.header("location"))

    assert path.startswith("/tasks/")
    assert not answer.body or path == f"/tasks/{answer.json['taskId']}"
    assert _states(call, path, "state", 3) == ["PENDING", "RUNNING", "DONE"]


def test_a_status_below_what_was_accepted_goes_through_its_states(tmp_path: Path) -> None:
    """Without a resource of its own: `POST /reports` names a job, `/reports/{jobId}/status` tells of it."""
    job = {"type": "object", "required": ["jobId"], "properties": {"jobId": {"type": "string"}}}
    status = {"type": "object", "required": ["status"], "properties": {"status": STATE}}
    paths = {
        "/reports": {"post": {"requestBody": NEW, **answering(job, "202")}},
        "/reports/{jobId}/status": {
            "parameters": [parameter("jobId", "path", type="string")],
            "get": answering(status),
        },
    }
    call = mock({"paths": paths}, tmp_path)
    jobs = [call("POST", "/reports", {}).json["jobId"] for _ in range(2)]

    assert jobs[0] != jobs[1]
    for one in jobs:
        assert _states(call, f"/reports/{one}/status", "status") == [
            "queued",
            "running",
            "succeeded",
            "succeeded",
        ]


def test_what_is_created_with_201_and_what_was_there_stay_as_they_are(tmp_path: Path) -> None:
    """Only what was accepted with 202 goes on; reading other records changes nothing."""
    paths = {**EXPORTS, "/exports": {"post": {"requestBody": NEW, **answering(EXPORT, "201")}}}
    call = mock({"paths": paths}, tmp_path)
    path = f"/exports/{call('POST', '/exports', {}).json['id']}"
    assert _states(call, path, "status") == ["queued"] * 4

    there = mock({"paths": EXPORTS}, tmp_path)
    assert len(set(_states(there, "/exports/other", "status"))) == 1


def test_explain_says_what_goes_on_and_why(tmp_path: Path) -> None:
    """The states by name, at the creation and at the read."""
    application = build_mock({"paths": EXPORTS}, tmp_path)
    service = application.services["api"]
    told = [
        str(reason)
        for entry in explain(service.document, {}, service.fallback)
        for reason in entry.reasons
        if reason.field == "progress"
    ]

    assert len(told) == 2
    assert all("`queued`, `running`, `succeeded`" in one for one in told)
