"""Single fields of a plan are corrected in the document and in the fixture file."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.http.calling import Caller
from tests.resources.mocking import answering, mock, parameter, taking

from mockserver.cli.command_line import main
from mockserver.openapi.extensions import PLAN_FIELDS
from mockserver.resources.plan import (
    ActionPlan,
    AssignedFields,
    ClearPlan,
    CountPlan,
    CreatePlan,
    DeletePlan,
    EchoPlan,
    ListPlan,
    LoginPlan,
    MembersPlan,
    Pagination,
    Plan,
    ReadPlan,
    ReplacePlan,
    Selection,
    WritePlan,
)

BOOK: dict[str, Any] = {
    "type": "object",
    "required": ["id", "title", "genre"],
    "properties": {
        "id": {"type": "integer"},
        "title": {"type": "string"},
        "genre": {"type": "string", "enum": ["crime", "poetry"]},
    },
}
SHELF = {
    "type": "object",
    "required": ["best", "rest"],
    "properties": {"best": {"type": "array", "items": BOOK}, "rest": {"type": "array", "items": BOOK}},
}
FIXTURE = """
collections:
  books:
    records:
      - {id: 1, title: Murder, genre: crime}
      - {id: 2, title: Tea, genre: poetry}
      - {id: 3, title: Blood, genre: crime}
"""


def document(plan: Any = None, listed: Any = None) -> dict[str, Any]:
    """Books that are listed by parameters whose names say nothing."""
    queries = [parameter("kind"), parameter("words"), parameter("most", type="integer"), parameter("o")]
    listing: dict[str, Any] = {
        "operationId": "listBooks",
        "parameters": queries,
        **answering(listed or {"type": "array", "items": BOOK}),
    }
    if plan is not None:
        listing["x-mock"] = {"plan": plan}
    item = {
        "parameters": [parameter("id", "path", type="integer")],
        "get": {"operationId": "readBook", **answering(BOOK)},
    }
    vote = {
        "parameters": [parameter("id", "path", type="integer")],
        "post": {"operationId": "voteBook", **answering(BOOK)},
    }
    return {"paths": {"/books": {"get": listing}, "/books/{id}": item, "/books/{id}/vote": vote}}


def titles(tmp_path: Path, query: str, plan: Any, fixture: str = FIXTURE, listed: Any = None) -> list[str]:
    """The titles that a list shows."""
    (tmp_path / "fixtures").mkdir(exist_ok=True)
    (tmp_path / "fixtures" / "api.yaml").write_text(fixture, "utf-8")
    call = mock(document(plan, listed), tmp_path, fixtures=tmp_path / "fixtures")
    found = call("GET", f"/books{query}").json
    return [book["title"] for book in (found if isinstance(found, list) else found["rest"])]


@pytest.mark.parametrize(
    ("query", "plan", "wanted"),
    [
        ("?kind=crime", {"filters": {"kind": "genre"}}, ["Murder", "Blood"]),
        ("?words=tea", {"search": "words"}, ["Tea"]),
        ("?most=2", {"size": "most"}, ["Murder", "Tea"]),
        ("?o=title", {"sort": "o"}, ["Blood", "Murder", "Tea"]),
    ],
)
def test_one_field_of_a_list_is_corrected(tmp_path: Path, query: str, plan: Any, wanted: list[str]) -> None:
    """By the document, or by the fixture file; without either the parameter does nothing."""
    said = FIXTURE + f"operations: {{listBooks: {{plan: {json.dumps(plan)}}}}}\n"

    assert titles(tmp_path, query, None) == ["Murder", "Tea", "Blood"]
    assert titles(tmp_path, query, plan) == wanted
    assert titles(tmp_path, query, None, said) == wanted


def test_the_fixture_file_beats_the_document(tmp_path: Path) -> None:
    """For the same field."""
    said = FIXTURE + "operations: {listBooks: {plan: {filters: {kind: title}}}}\n"

    assert titles(tmp_path, "?kind=Tea", {"filters": {"kind": "genre"}}, said) == ["Tea"]


def test_the_place_of_the_list_is_corrected(tmp_path: Path) -> None:
    """Where a body has two lists, nobody can infer which one is meant."""
    assert titles(tmp_path, "", {"kind": "list", "record": "rest"}, listed=SHELF) == [
        "Murder",
        "Tea",
        "Blood",
    ]


def test_an_action_is_corrected_to_be_what_it_is(tmp_path: Path) -> None:
    """`kind` makes a POST beside an item a deletion."""
    paths = document()
    paths["paths"]["/books/{id}/vote"]["post"]["x-mock"] = {"plan": {"kind": "delete"}}
    call = mock(paths, tmp_path)

    assert call("POST", "/books/1/vote").status == 200
    assert call("GET", "/books/1").status == 404


def test_explain_says_who_corrected_a_field(tmp_path: Path) -> None:
    """As the reason of that field."""
    file = tmp_path / "api.json"
    written = {"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, **document({"search": "words"})}
    file.write_text(json.dumps(written), "utf-8")

    output = CliRunner().invoke(main, ["serve", str(file), "--explain"]).output

    assert "filtered by words" in output
    assert "    search: set by x-mock.plan" in output.splitlines()


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        ({"colour": 1}, "Unknown field 'colour' of a plan."),
        ({"search": "nothing"}, "no query parameter 'nothing'"),
        ({"filters": {"kind": "weight"}}, "the records have no 'weight'"),
        ({"action": "vote"}, "a plan of kind list takes no 'vote'"),
        ({"status": 418}, "418 is not documented"),
        ({"kind": "list"}, "it is 'list' already"),
        ({"kind": "dance"}, "Unknown kind 'dance'"),
        ({"record": "nowhere"}, "nothing at 'nowhere'"),
        ({"page": None}, "it is None already"),
    ],
)
def test_lint_names_a_correction_without_effect(tmp_path: Path, plan: Any, reason: str) -> None:
    """With its place; nothing is said of one that has an effect."""
    file = tmp_path / "api.json"
    written = {"openapi": "3.0.3", "info": {"title": "T", "version": "1"}}
    file.write_text(json.dumps({**written, **document({**plan, "sort": "o"})}), "utf-8")

    output = CliRunner().invoke(main, ["lint", str(file)]).output

    assert output.count("ineffective-correction") == 1
    assert reason in output
    assert f"plan/{next(iter(plan))}" in output


DOOR: dict[str, Any] = {
    "type": "object",
    "required": ["id", "state"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "state": {"type": "string", "enum": ["ajar", "shut"]},
        "uses": {"type": "integer", "default": 0},
        "spot": {"type": "object", "properties": {"room": {"type": "string"}}},
    },
}
NEW_DOOR = {"type": "object", "properties": {"state": {"type": "string"}, "place": {"type": "string"}}}
PAGE = {
    "type": "object",
    "required": ["doors", "found"],
    "properties": {"doors": {"type": "array", "items": DOOR}, "found": {"type": "integer"}},
}
WRAPPED = {"type": "object", "required": ["was"], "properties": {"was": DOOR, "is": DOOR}}


def doors(operation: str, plan: Any, folder: Path) -> Caller:
    """A mock of doors, one operation of which has a corrected plan."""
    item = {"parameters": [parameter("id", "path", type="integer")]}
    kick = {"operationId": "kick", **answering(DOOR)}
    listed = answering(PAGE)
    listed["responses"]["200"]["headers"] = {"X-Doors": {"schema": {"type": "integer"}}}
    paths: dict[str, Any] = {
        "/doors": {
            "get": {"operationId": "list", "parameters": [parameter("part", type="integer")], **listed},
            "post": {
                "operationId": "make",
                "parameters": [parameter("number", type="integer"), parameter("called")],
                **taking(NEW_DOOR),
                **answering(DOOR, "201"),
            },
        },
        "/doors/{id}": {
            **item,
            "get": {"operationId": "read", **answering(DOOR)},
            "put": {"operationId": "put", **taking(NEW_DOOR), **answering(DOOR)},
            "delete": {"operationId": "delete", **answering(WRAPPED, "202")},
        },
        "/doors/{id}/kick": {**item, "post": kick},
    }
    for methods in paths.values():
        for found in methods.values():
            if isinstance(found, dict) and found.get("operationId") == operation:
                found["x-mock"] = {"plan": plan}
    return mock({"paths": paths}, folder)


def test_what_an_action_changes_is_corrected(tmp_path: Path) -> None:
    """`sets` and `counts` say it where no name does."""
    call = doors("kick", {"sets": {"state": "ajar"}, "counts": {"uses": 3}}, tmp_path)
    made = call("POST", "/doors", {"state": "shut"}).json
    path = f"/doors/{made['id']}"

    kicked = call("POST", f"{path}/kick").json

    assert (made["state"], kicked["state"]) == ("shut", "ajar")
    assert kicked["uses"] == made["uses"] + 3
    assert call("GET", path).json == kicked


def test_where_the_record_has_what_is_sent_is_corrected(tmp_path: Path) -> None:
    """`placed` gives each property of the body its path in the record."""
    call = doors("make", {"placed": {"place": "spot.room"}}, tmp_path)

    assert call("POST", "/doors", {"place": "hall"}).json["spot"] == {"room": "hall"}


def test_what_the_server_assigns_is_corrected(tmp_path: Path) -> None:
    """`initial` and `created` say what a new record has where nothing is sent."""
    plain = doors("read", {"status": 200}, tmp_path)
    corrected = doors("make", {"initial": {"state": "shut", "uses": 4}}, tmp_path)

    assert plain("POST", "/doors", {}).json["state"] == "ajar"
    assert corrected("POST", "/doors", {}).json["state"] == "shut"
    assert corrected("POST", "/doors", {}).json["uses"] == 4


def test_a_parameter_names_the_new_record_where_a_correction_says_so(tmp_path: Path) -> None:
    """`naming` is the parameter with the new id."""
    call = doors("make", {"naming": "called"}, tmp_path)

    assert call("POST", "/doors?called=77", {}).header("location") == "/doors/77"


def test_whether_a_replacement_creates_is_corrected(tmp_path: Path) -> None:
    """Where another operation creates, PUT does not, unless `creates` says so."""
    without = doors("put", {"entity_tags": True}, tmp_path)
    creating = doors("put", {"creates": True}, tmp_path)

    for call in (without, creating):
        call("DELETE", "/doors/1")
    assert without("PUT", "/doors/1", {"state": "ajar"}).status == 404
    assert creating("PUT", "/doors/1", {"state": "ajar"}).status == 200


def test_what_the_envelope_and_headers_of_a_list_say_is_corrected(tmp_path: Path) -> None:
    """`metadata` and `headers`, by what they say; `size` is corrected in the same plan."""
    plan = {"metadata": {"found": "total"}, "headers": {"x-doors": "count"}, "size": "part"}
    call = doors("list", plan, tmp_path)

    answer = call("GET", "/doors?part=1")

    assert len(answer.json["doors"]) == 1
    assert answer.json["found"] == len(call("GET", "/doors").json["doors"]) > 1
    assert answer.header("x-doors") == "1"


def test_where_an_answer_shows_the_record_is_corrected(tmp_path: Path) -> None:
    """`record` for the response of success."""
    call = doors("delete", {"record": "was"}, tmp_path)
    first = call("GET", "/doors/1").json

    assert call("DELETE", "/doors/1").json["was"] == first


@pytest.mark.parametrize(
    ("operation", "plan", "reason"),
    [
        ("kick", {"creates": True}, "a plan of kind action has none"),
        ("kick", {"counts": {"uses": "many"}}, "a number of steps is expected"),
        ("make", {"bare": "yes"}, "true or false is expected"),
        ("make", {"responses": {"500": "door"}}, "no response '500' has something at 'door'"),
        ("put", {"origin": "cars"}, "there is no resource 'cars'"),
        ("list", {"metadata": {"found": "much"}}, "'much' is unknown. Allowed: total"),
        ("list", {"metadata": {"lost": "total"}}, "the response has nothing at 'lost'"),
        ("list", {"headers": {"X-Cars": "total"}}, "no header field 'X-Cars' is documented"),
        ("list", {"default_size": 0}, "a number is expected"),
        ("make", {"created": ["born"]}, "the records have no 'born'"),
        ("put", {"progress": ["ajar", "locked"]}, "no property of the records has the values"),
        ("put", {"state_seconds": 5}, "the plan has no progress"),
        ("put", {"starts": "jobs"}, "null is expected"),
        ("read", {"initial": {}}, "a plan of kind read has none"),
    ],
)
def test_a_correction_that_cannot_be_carried_out_is_named(
    tmp_path: Path, operation: str, plan: Any, reason: str
) -> None:
    """By lint, with what would be possible."""
    doors(operation, plan, tmp_path)

    output = CliRunner().invoke(main, ["lint", str(tmp_path / "api.json")]).output

    assert output.count("ineffective-correction") == 1
    assert reason in output


DERIVED = {
    "resource": "the path's own: x-mock: {resource, id}",
    "accepted": "follows from `sent`",
    "reasons": "what is printed",
    "paths": "the properties of the records",
    "nested": "corrected by `filters`",
    "searched": "follows from `kind`",
    "queries": "the document's parameters",
    "listed": "follows from `record`",
    "element": "follows from `elements`",
    "assigned": "its own fields are corrected",
    "selection": "its own fields are corrected",
    "pagination": "its own fields are corrected",
    "view": "corrected by `record`",
    "otherwise": "what it is with `caller: false`",
}
"""The fields of plans that no correction names, and why."""


def test_every_field_of_a_plan_can_be_corrected_and_is_documented() -> None:
    """By the name that the dataclass gives it."""
    kinds = [Plan, ReadPlan, WritePlan, CreatePlan, ReplacePlan, DeletePlan, ActionPlan, ListPlan, CountPlan]
    kinds += [EchoPlan, LoginPlan, MembersPlan]
    classes: list[Any] = [*kinds, ClearPlan, Selection, Pagination, AssignedFields]
    known = {field.name for one in classes for field in dataclasses.fields(one)}
    known |= {"by_polls", "state_seconds"}  # those of `Progress`, under names that say more
    docs = (Path(__file__).parents[2] / "docs" / "documents.md").read_text("utf-8")
    documented = {name for name in PLAN_FIELDS if re.search(rf"^\|[^|]*`{name}`[^|]*\|", docs, re.MULTILINE)}

    assert known - DERIVED.keys() | {"record", "metadata"} == set(PLAN_FIELDS)
    assert documented == set(PLAN_FIELDS)
    assert DERIVED.keys() <= known


def test_a_fixture_file_that_corrects_what_is_not_there_is_refused(tmp_path: Path) -> None:
    """An unknown operation, or an unknown field."""
    (tmp_path / "api.yaml").write_text("operations: {listCars: {plan: {search: q}}}\n", "utf-8")
    (tmp_path / "api.json").write_text(
        json.dumps({"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, **document()}), "utf-8"
    )
    arguments = ["serve", str(tmp_path / "api.json"), "--fixtures", str(tmp_path), "--explain"]

    unknown_operation = CliRunner().invoke(main, arguments)
    (tmp_path / "api.yaml").write_text("operations: {listBooks: {plan: {colour: q}}}\n", "utf-8")
    unknown_field = CliRunner().invoke(main, arguments)

    assert "no operation 'listCars'" in unknown_operation.output
    assert "unknown key 'colour'" in unknown_field.output
