"""Each convention decides in a small document that follows it, and not where it is switched off."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner
from tests.resources.mocking import answering, build_mock, mock, parameter, taking

from mockserver.cli.command_line import main
from mockserver.resources.conventions.registry import ALL
from mockserver.resources.explanation import explain

INTEGER, TEXT, FLAG = {"type": "integer"}, {"type": "string"}, {"type": "boolean"}
THING = {"type": "object", "required": ["id"], "properties": {"id": INTEGER, "size_in_cm": INTEGER}}
THINGS = {"type": "array", "items": THING}


class Case(NamedTuple):
    """A document in which a convention decides a field of a plan.

    Attributes:
        queries: the parameters of its list.
        body: the schema of the list's answer.
        field: of the plan.
        names: what the reason speaks of.
        extra: further paths.
        operation: the one whose plan it is.
    """

    convention: str
    field: str
    names: str
    queries: tuple[dict[str, Any], ...] = ()
    body: dict[str, Any] = THINGS
    extra: Mapping[str, Any] = MappingProxyType({})
    operation: str = "list"


def envelope(**properties: Any) -> dict[str, Any]:
    """An object with a list in `data`."""
    found = {"data": THINGS, **properties}
    return {"type": "object", "required": list(found), "properties": found}


PROVIDED = {"type": "object", "properties": {"id": TEXT, "name": TEXT, "type": TEXT}}
POD = {
    "type": "object",
    "properties": {"kind": TEXT, "metadata": {"type": "object", "properties": {"name": TEXT}}},
}
LISTED_PODS = {"type": "object", "properties": {"items": {"type": "array", "items": POD}}}
CARD = {"type": "object", "properties": {"id": TEXT, "type": TEXT, "attributes": {"type": "object"}}}
CASES = (
    Case("OData", "filters", "$filter", (parameter("$filter"),)),
    Case("OData", "size", "$top", (parameter("$top", type="integer"),)),
    Case("OData", "sort", "$orderby", (parameter("$orderby"),)),
    Case("OData", "fields", "$select", (parameter("$select"),)),
    Case("OData", "metadata", "@odata.count", body=envelope(**{"@odata.count": INTEGER})),
    Case("JSON:API", "size", "page[size]", (parameter("page[size]", type="integer"),)),
    Case("JSON:API", "fields", "fields[things]", (parameter("fields[things]"),)),
    Case(
        "HAL",
        "record",
        "_embedded",
        body={"type": "object", "properties": {"_embedded": THINGS, "others": THINGS}},
    ),
    Case(
        "Hydra",
        "record",
        "hydra:member",
        body={"type": "object", "properties": {"hydra:member": THINGS, "others": THINGS}},
    ),
    Case("Stripe", "after", "starting_after", (parameter("starting_after"),)),
    Case("Stripe", "metadata", "url", body=envelope(has_more=FLAG, url=TEXT)),
    Case("Kubernetes", "after", "continue", (parameter("continue"),)),
    Case(
        "Kubernetes",
        "id",
        "metadata.name",
        extra={
            "/pods": {"get": answering(LISTED_PODS)},
            "/pods/{name}": {
                "parameters": [parameter("name", "path")],
                "get": {"operationId": "readPod", **answering(POD)},
            },
        },
        operation="readPod",
    ),
    Case("Google AIP", "after", "pageToken", (parameter("pageToken"),)),
    Case(
        "Google AIP",
        "naming",
        "thingId",
        extra={
            "/new/things": {
                "get": answering(THINGS),
                "post": {
                    "operationId": "makeThing",
                    "parameters": [parameter("thingId")],
                    **taking(THING),
                    **answering(THING, "201"),
                },
            },
            "/new/things/{id}": {
                "parameters": [parameter("id", "path", type="integer")],
                "get": answering(THING),
            },
        },
        operation="makeThing",
    ),
    Case("AWS", "after", "NextToken", (parameter("NextToken"),)),
    Case(
        "Azure",
        "metadata",
        "nextLink",
        body={"type": "object", "properties": {"value": THINGS, "nextLink": TEXT}},
    ),
    Case(
        "Azure",
        "id",
        "which is its id",
        extra={
            "/providers/My.Maps/maps/{mapName}": {
                "parameters": [parameter("mapName", "path")],
                "get": {"operationId": "readMap", **answering(PROVIDED)},
            }
        },
        operation="readMap",
    ),
    Case("Atlassian", "offset", "startAt", (parameter("startAt", type="integer"),)),
    Case(
        "Elasticsearch",
        "record",
        "hits",
        body={"type": "object", "properties": {"hits": THINGS, "others": THINGS}},
    ),
    Case("Django REST framework", "sort", "ordering", (parameter("ordering"),)),
    Case(
        "Django REST framework",
        "metadata",
        "count",
        body={
            "type": "object",
            "properties": {"count": INTEGER, "next": TEXT, "previous": TEXT, "results": THINGS},
        },
    ),
    Case("Spring Data", "metadata", "number", body=envelope(totalElements=INTEGER, number=INTEGER)),
    Case("Laravel", "metadata", "next_page_url", body=envelope(next_page_url=TEXT)),
    Case(
        "FastAPI",
        "metadata",
        "pages",
        body={
            "type": "object",
            "properties": {"items": THINGS, **dict.fromkeys(("total", "page", "size", "pages"), INTEGER)},
        },
    ),
    Case(
        "SCIM",
        "offset",
        "startIndex",
        tuple(parameter(name, type="integer") for name in ("startIndex", "count")),
    ),
    Case("Relay", "size", "first", (parameter("first", type="integer"), parameter("after"))),
)


def document(case: Case, **switched: bool) -> dict[str, Any]:
    """Things that are listed, and what the case adds."""
    written: dict[str, Any] = {
        "paths": {
            "/things": {
                "get": {"operationId": "list", "parameters": list(case.queries), **answering(case.body)}
            },
            "/things/{id}": {
                "parameters": [parameter("id", "path", type="integer")],
                "get": answering(THING),
            },
            **case.extra,
        }
    }
    return {**written, "x-mock": {"conventions": switched}} if switched else written


def reasons(written: dict[str, Any], folder: Path, operation: str) -> list[str]:
    """What `--explain` says of the plan of an operation."""
    service = next(iter(build_mock(written, folder).services.values()))
    found = explain(service.document, service.handlers.handlers, service.fallback)
    return next(list(map(str, one.reasons)) for one in found if one.operation_id == operation)


@pytest.mark.parametrize("case", CASES, ids=[f"{case.convention} {case.field}" for case in CASES])
def test_a_convention_decides_unless_it_is_switched_off(tmp_path: Path, case: Case) -> None:
    """`--explain` names it with the field that it decided; switched off, it decides nothing."""
    suffix = f"(convention: {case.convention})"

    told = reasons(document(case), tmp_path, case.operation)
    other = reasons(document(case, **{case.convention: False}), tmp_path, case.operation)

    assert [line for line in told if line.startswith(case.field) and case.names in line and suffix in line]
    assert [line for line in other if suffix in line] == []
    assert [line for line in other if line.startswith(case.field) and f"`{case.names}`" in line] == []


def test_every_convention_has_a_case() -> None:
    """So that none is there that decides nothing."""
    assert {case.convention for case in CASES} == {convention.name for convention in ALL}


def test_a_custom_method_is_an_action_unless_google_is_switched_off(tmp_path: Path) -> None:
    """`POST /things/{id}:close` closes a thing; without the convention the path is one of its own."""
    door = {**THING, "properties": {"id": INTEGER, "closed": FLAG}}
    paths = {
        "/doors/{id}": {"parameters": [parameter("id", "path", type="integer")], "get": answering(door)},
        "/doors/{id}:close": {
            "parameters": [parameter("id", "path", type="integer")],
            "post": {"operationId": "close", "responses": {"204": {"description": ""}}},
        },
    }

    on = mock({"paths": paths}, tmp_path)
    assert on("POST", "/doors/1:close").status == 204
    assert on("GET", "/doors/1").json["closed"] is True

    off = {"paths": paths, "x-mock": {"conventions": {"google-aip": False}}}
    assert reasons(off, tmp_path, "close") == []


def test_what_is_switched_off_does_nothing_at_run_time(tmp_path: Path) -> None:
    """`$top` is a page's size by OData alone."""
    case = Case("OData", "size", "$top", (parameter("$top", type="integer"),))

    on = mock(document(case), tmp_path)("GET", "/things?$top=1").json
    off = mock(document(case, OData=False), tmp_path)("GET", "/things?$top=1").json

    assert len(on) == 1
    assert len(off) > 1


@pytest.mark.parametrize(
    ("written", "reason"),
    [({"odta": False}, "Unknown convention 'odta'"), ({"OData": "no"}, "true or false is expected")],
)
def test_lint_names_a_convention_that_does_not_exist(
    tmp_path: Path, written: dict[str, Any], reason: str
) -> None:
    """With its place."""
    file = tmp_path / "api.json"
    info = {"openapi": "3.0.3", "info": {"title": "T", "version": "1"}}
    file.write_text(json.dumps({**info, "paths": {}, "x-mock": {"conventions": written}}), "utf-8")

    output = CliRunner().invoke(main, ["lint", str(file)]).output

    assert "unknown-convention" in output
    assert reason in output
