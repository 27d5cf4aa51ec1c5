"""Single fields of a plan are corrected in the document and in the fixture file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.resources.mocking import answering, mock, parameter

from mockserver.cli.command_line import main

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
    assert "    search: x-mock.plan says so" in output.splitlines()


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
