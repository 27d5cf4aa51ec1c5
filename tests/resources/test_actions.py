"""What actions on a record do: verbs of several languages, flags, counts, copies, and what refuses them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.http.calling import Caller
from tests.resources.mocking import answering, mock, parameter, taking

TEXT = {"type": "string"}
NUMBER = {"type": "integer"}
FLAG = {"type": "boolean", "readOnly": True}
RECORD = {"$ref": "#/components/schemas/Record"}


def _record(**properties: Any) -> dict[str, Any]:
    """A record with an id, a name and these properties, all required."""
    own = {"id": {**NUMBER, "readOnly": True}, "name": TEXT, **properties}
    return {"type": "object", "required": [*own], "properties": own}


def _mock(folder: Path, record: Any, *actions: str, refusal: str = "", status: str = "200") -> Caller:
    """Records at `/things` with actions, as `POST pay`; `refusal` describes their 409."""
    item = [parameter("id", "path", type="integer")]
    sent = {"type": "object", "required": ["name"], "properties": {"name": TEXT}}
    paths: dict[str, Any] = {
        "/things": {
            "get": answering({"type": "array", "items": RECORD}),
            "post": {**taking(sent), **answering(RECORD, "201")},
        },
        "/things/{id}": {"parameters": item, "get": answering(RECORD)},
    }
    for action in actions:
        method, name = action.split()
        operation = answering(RECORD, status)
        if refusal:
            operation["responses"]["409"] = {"description": refusal}
        paths.setdefault(f"/things/{{id}}/{name}", {"parameters": item})[method.lower()] = operation
    return mock({"components": {"schemas": {"Record": record}}, "paths": paths}, folder)


def _made(call: Caller, name: str = "one") -> dict[str, Any]:
    made: dict[str, Any] = call("POST", "/things", {"name": name}).json
    return made


@pytest.mark.parametrize(
    ("action", "name", "states"),
    [
        ("pagar", "estado", ["pendiente", "pagado"]),
        ("stornieren", "status", ["offen", "storniert"]),
        ("buchen", "status", ["frei", "gebucht"]),
        ("annuler", "statut", ["ouvert", "annulé"]),
        ("completare", "stato", ["aperto", "completato"]),
        ("make-paid", "status", ["open", "paid"]),
    ],
)
def test_an_action_sets_the_state_of_its_participle(
    action: str, name: str, states: list[str], tmp_path: Path
) -> None:
    """In German, Spanish, French and Italian as in English; a second time is the documented conflict."""
    state = {"type": "string", "enum": states, "readOnly": True}
    call = _mock(tmp_path, _record(**{name: state}), f"POST {action}", refusal="It is so already.")
    made = _made(call)

    assert made[name] == states[0]
    assert call("POST", f"/things/{made['id']}/{action}").json[name] == states[1]
    assert call("GET", f"/things/{made['id']}").json[name] == states[1]
    assert call("POST", f"/things/{made['id']}/{action}").status == 409


@pytest.mark.parametrize(
    ("action", "flag", "count"),
    [
        ("like", "likedByMe", "likeCount"),
        ("follow", "isFollowing", "followersCount"),
        ("vote", "voted", "votes"),
    ],
)
def test_what_is_done_once_is_counted_once(action: str, flag: str, count: str, tmp_path: Path) -> None:
    """The flag says whether the caller has done it; taking it back counts down."""
    record = _record(**{flag: FLAG, count: {**NUMBER, "readOnly": True}})
    call = _mock(tmp_path, record, f"PUT {action}", f"DELETE {action}")
    made = _made(call)
    path = f"/things/{made['id']}/{action}"
    found = [call(method, path).json for method in ("PUT", "PUT", "DELETE", "DELETE")]

    assert (made[flag], made[count]) == (False, 0)
    assert [(one[flag], one[count]) for one in found] == [(True, 1), (True, 1), (False, 0), (False, 0)]


@pytest.mark.parametrize(
    ("action", "flags"), [("toggle", ["hidden", "done"]), ("toggle-done", ["done"]), ("flip", ["shown"])]
)
def test_a_toggle_sets_a_flag_to_what_it_is_not(action: str, flags: list[str], tmp_path: Path) -> None:
    """The named flag, else the one that says that something is done, else the only one."""
    call = _mock(tmp_path, _record(**dict.fromkeys(flags, FLAG)), f"PATCH {action}")
    path, last = f"/things/{_made(call)['id']}", flags[-1]
    found = [call("PATCH", f"{path}/{action}").json for _ in range(2)]

    assert [one[last] for one in found] == [True, False]
    assert [one[flags[0]] for one in found] == [len(flags) == 1, False]


def test_a_toggle_of_an_unknown_flag_changes_nothing(tmp_path: Path) -> None:
    """`toggle-visibility` is no toggle of `done`."""
    call = _mock(tmp_path, _record(done=FLAG), "POST toggle-visibility")
    made = _made(call)

    assert call("POST", f"/things/{made['id']}/toggle-visibility").json["done"] is made["done"]


@pytest.mark.parametrize(
    ("archive", "restore", "name"),
    [("archive", "restore", "isArchived"), ("archivar", "restaurar", "archivada")],
)
def test_restoring_takes_a_record_out_of_the_archive(
    archive: str, restore: str, name: str, tmp_path: Path
) -> None:
    """Where nothing marks it as deleted."""
    call = _mock(tmp_path, _record(**{name: FLAG}), f"POST {archive}", f"POST {restore}")
    path = f"/things/{_made(call)['id']}"

    assert call("POST", f"{path}/{archive}").json[name] is True
    assert call("POST", f"{path}/{restore}").json[name] is False
    assert call("GET", path).json[name] is False


def test_an_action_changes_a_record_that_no_path_reads(tmp_path: Path) -> None:
    """`POST /tickets/{id}/close` without `/tickets/{id}`: the list shows the new state."""
    record = _record(status={"type": "string", "enum": ["open", "closed"], "readOnly": True})
    sent = {"type": "object", "required": ["name"], "properties": {"name": TEXT}}
    item = [parameter("id", "path", type="integer")]
    call = mock(
        {
            "components": {"schemas": {"Record": record}},
            "paths": {
                "/tickets": {
                    "get": answering({"type": "array", "items": RECORD}),
                    "post": {**taking(sent), **answering(RECORD, "201")},
                },
                "/tickets/{id}/close": {"parameters": item, "post": answering(RECORD)},
            },
        },
        tmp_path,
    )
    made = call("POST", "/tickets", {"name": "leak"}).json
    closed = call("POST", f"/tickets/{made['id']}/close").json

    assert (made["status"], closed) == ("open", {**made, "status": "closed"})
    assert closed in call("GET", "/tickets").json


def test_a_deletion_that_can_be_undone_shows_when(tmp_path: Path) -> None:
    """The answer of DELETE is the record as it is now."""
    moment = {"type": "string", "format": "date-time", "nullable": True, "readOnly": True}
    item = [parameter("id", "path", type="integer")]
    call = mock(
        {
            "components": {"schemas": {"Record": _record(deletedAt=moment)}},
            "paths": {
                "/things": {"get": answering({"type": "array", "items": RECORD})},
                "/things/{id}": {"parameters": item, "get": answering(RECORD), "delete": answering(RECORD)},
                "/things/{id}/restore": {"parameters": item, "post": answering(RECORD)},
            },
        },
        tmp_path,
    )
    key = call("GET", "/things").json[0]["id"]

    assert call("DELETE", f"/things/{key}").json["deletedAt"] == "2026-03-02T09:30:00Z"
    assert call("POST", f"/things/{key}/restore").json["deletedAt"] is None


def test_undoing_an_action_empties_what_it_set(tmp_path: Path) -> None:
    """Where that may be null: who it is assigned to."""
    record = _record(assigneeId={**NUMBER, "nullable": True})
    item = [parameter("id", "path", type="integer")]
    sent = {"type": "object", "properties": {"assigneeId": NUMBER}}
    call = mock(
        {
            "components": {"schemas": {"Record": record}},
            "paths": {
                "/things": {"get": answering({"type": "array", "items": RECORD})},
                "/things/{id}": {"parameters": item, "get": answering(RECORD)},
                "/things/{id}/assign": {"parameters": item, "post": {**taking(sent), **answering(RECORD)}},
                "/things/{id}/unassign": {"parameters": item, "post": answering(RECORD)},
            },
        },
        tmp_path,
    )

    assert call("POST", "/things/1/assign", {"assigneeId": 5}).json["assigneeId"] == 5
    assert call("POST", "/things/1/unassign").json["assigneeId"] is None


def test_one_record_alone_is_the_default(tmp_path: Path) -> None:
    """Making another the default takes it from the first."""
    call = _mock(tmp_path, _record(isDefault=FLAG), "PUT make-default")
    one, other = _made(call), _made(call, "other")
    for record in (one, other):
        assert call("PUT", f"/things/{record['id']}/make-default").json["isDefault"] is True

    listed = call("GET", "/things").json
    assert [record["id"] for record in listed if record["isDefault"]] == [other["id"]]


@pytest.mark.parametrize("action", ["duplicate", "clone", "copy"])
def test_a_copy_is_a_new_record_with_the_same_content(action: str, tmp_path: Path) -> None:
    """The original stays as it is, and the copy has an id and a time of creation of its own."""
    moment = {"type": "string", "format": "date-time", "readOnly": True}
    call = _mock(tmp_path, _record(createdAt=moment), f"POST {action}", status="201")
    made = _made(call)
    answer = call("POST", f"/things/{made['id']}/{action}")

    assert answer.status == 201
    assert answer.json["id"] != made["id"]
    assert answer.json["name"] == "one"
    assert answer.header("location") == f"/things/{answer.json['id']}"
    assert call("GET", "/things").json[-2:] == [made, answer.json]


@pytest.mark.parametrize(
    ("refusal", "refused"),
    [
        ("The room is occupied.", True),
        ("The room is already occupied.", True),
        ("It is not occupied.", False),
    ],
)
def test_a_flag_that_a_conflict_names_refuses_the_action(refusal: str, refused: bool, tmp_path: Path) -> None:
    """Checking in occupies a room, checking out frees it; the 409 of cleaning it says when it is refused."""
    call = _mock(
        tmp_path, _record(occupied=FLAG), "POST check-in", "POST check-out", "POST clean", refusal=refusal
    )
    path = f"/things/{_made(call)['id']}"
    statuses = {}
    for action in ("check-in", "check-out"):
        call("POST", f"{path}/{action}")
        occupied = call("GET", path).json["occupied"]
        statuses[occupied] = call("POST", f"{path}/clean").status

    assert statuses == {refused: 409, not refused: 200}
