"""Whatever small document is served: what is created is read, listed, changed, deleted and gone."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.http.calling import Caller
from tests.resources.mocking import answering, mock, parameter, taking

pytestmark = pytest.mark.slow

NAMES = st.sampled_from(["name", "title", "count", "price", "active", "tags", "email", "startedAt", "kind"])
IDS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"type": "integer", "minimum": 1},
        {"type": "integer", "format": "int64", "readOnly": True},
        {"type": "string"},
        {"type": "string", "format": "uuid", "readOnly": True},
        {"type": "string", "pattern": "^[a-z]{3}[0-9]{5}$"},
    ]
)
FIELDS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"type": "string", "minLength": 1, "maxLength": 30},
        {"type": "string", "enum": ["red", "green", "blue"]},
        {"type": "integer", "minimum": 0, "maximum": 9},
        {"type": "number"},
        {"type": "boolean"},
        {"type": "array", "items": {"type": "string"}, "maxItems": 3},
        {"type": "string", "nullable": True},
        {"type": "string", "format": "date-time"},
        {"type": "object", "required": ["x"], "properties": {"x": {"type": "integer"}}},
    ]
)
ENVELOPES = st.sampled_from([(), ("data",), ("result", "item")])
LISTS = st.sampled_from([(), ("items",), ("data", "list"), ("_embedded", "widgets")])


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Documents with a collection of widgets, alone or below a parent."""
    fields = draw(st.dictionaries(NAMES, FIELDS, min_size=1, max_size=4))
    identifier = draw(st.sampled_from(["id", "widgetId", "uuid"]))
    properties: dict[str, dict[str, Any]] = {identifier: draw(IDS), **fields}
    required = [identifier, *sorted(draw(st.sets(st.sampled_from(sorted(fields)))))]
    widget = {"type": "object", "required": required, "properties": properties}
    draft = {
        "type": "object",
        "properties": fields,
        **({"required": required[1:]} if required[1:] else {}),
    }
    ref = {"$ref": "#/components/schemas/Widget"}
    one = _inside(ref, draw(ENVELOPES))
    several = _inside({"type": "array", "items": ref}, draw(LISTS))
    above = [parameter("owner", "path")] if draw(st.booleans()) else []
    item = [*above, parameter("widgetId", "path", **_plain(properties[identifier]))]
    prefix = "/owners/{owner}" if above else ""
    return {
        "components": {"schemas": {"Widget": widget, "Draft": draft}},
        "paths": {
            f"{prefix}/widgets": {
                "parameters": above,
                "get": answering(several),
                "post": {**taking(draft), **answering(one, "201")},
            },
            f"{prefix}/widgets/{{widgetId}}": {
                "parameters": item,
                "get": answering(one),
                "put": {**taking(draft), **answering(one)},
                "delete": {"responses": {"204": {"description": ""}}},
            },
        },
    }


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != "readOnly"}


def _inside(schema: Any, place: tuple[str, ...]) -> Any:
    for name in reversed(place):
        schema = {"type": "object", "required": [name], "properties": {name: schema}}
    return schema


def _calling(document: dict[str, Any]) -> Caller:
    with tempfile.TemporaryDirectory() as folder:
        return mock(document, Path(folder))


def _drafts(document: dict[str, Any]) -> list[Any]:
    """Two bodies that fit the document, made by the mock's own generator."""
    from datetime import UTC, datetime

    from mockserver.generation import ValueGenerator
    from mockserver.openapi.schema.validators import SchemaCompiler

    root = {"openapi": "3.0.3", **document}
    generator = ValueGenerator(root, SchemaCompiler(root), seed=3, now=datetime(2026, 1, 1, tzinfo=UTC))
    schema = root["components"]["schemas"]["Draft"]
    return [generator.value(schema, key=(number,), direction="request") for number in (1, 2)]


@given(documents())
def test_a_widgets_life_is_told_truly(document: dict[str, Any]) -> None:
    """Create, read, list, replace, delete: every answer agrees with those before."""
    call = _calling(document)
    base = next(iter(document["paths"])).replace("{owner}", "7")
    first, second = _drafts(document)
    before = call("GET", base)

    created = call("POST", base, first)
    path = created.header("location") or ""
    read = call("GET", path)
    listed = call("GET", base)
    replaced = call("PUT", path, second)
    read_again = call("GET", path)
    deleted = call("DELETE", path)

    assert (created.status, read.status, listed.status) == (201, 200, 200)
    assert read.json == created.json
    assert json.dumps(_record(created.json, document))[1:-1] in json.dumps(listed.json)
    assert first.items() <= _record(created.json, document).items()
    assert second.items() <= _record(replaced.json, document).items()
    assert read_again.json == replaced.json
    assert deleted.status == 204
    assert call("GET", path).status == 404
    assert call("GET", base).body == before.body


@given(documents(), st.permutations(range(4)))
def test_answers_do_not_depend_on_order_nor_on_what_was_reset(
    document: dict[str, Any], order: list[int]
) -> None:
    """The same requests in any order answer the same bytes, in another process and after a reset too."""
    base = next(iter(document["paths"])).replace("{owner}", "7")
    other = next(iter(document["paths"])).replace("{owner}", "8")
    one, two = _calling(document), _calling(document)
    targets = [base, other, *(f"{base}/{key}" for key in ("12345", "0c8e1de2-4c0a-4e11-9c4b-0a1f3a6b8c9d"))]

    straight = {target: one("GET", target).body for target in targets}
    mixed = {targets[index]: two("GET", targets[index]).body for index in order}
    two("POST", base, _drafts(document)[0])
    two("DELETE", targets[2])
    two("POST", "/__admin/reset")

    assert mixed == straight
    assert {target: two("GET", target).body for target in targets} == straight


def _record(body: Any, document: dict[str, Any]) -> dict[str, Any]:
    """The record in a body, whatever is around it."""
    known = document["components"]["schemas"]["Widget"]["required"][0]
    while known not in body:
        body = next(iter(body.values()))
    assert isinstance(body, dict)
    return body
