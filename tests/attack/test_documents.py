"""Documents from strangers: whatever is in them, `lint` and the mock answer soon, with a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.attack.measuring import bounded_time
from tests.conftest import NOW
from tests.http.calling import Caller

from mockserver.app import Application, build
from mockserver.config import Settings
from mockserver.errors import DocumentError, MockserverError
from mockserver.http.example_requests import curl
from mockserver.openapi.document import load
from mockserver.openapi.lint import defects
from mockserver.resources.explanation import explain
from mockserver.state.clock import FrozenClock

Schemas = dict[str, Any]
TEXT = {"type": "string"}
OBJECT = {"type": "object", "properties": {"a": TEXT}}


def _to(number: int) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/S{number}"}


def _document(schemas: Schemas, **more: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": _to(0)}}
    answers = {"200": {"description": "x", "content": content}}
    parameter = {"name": "id", "in": "path", "required": True, "schema": TEXT}
    paths = {
        "/x": {
            "get": {"operationId": "list", "responses": answers},
            "post": {"operationId": "create", "requestBody": {"content": content}, "responses": answers},
        },
        "/x/{id}": {"get": {"operationId": "read", "parameters": [parameter], "responses": answers}},
        "/well": {"get": {"operationId": "well", "responses": {"204": {"description": "x"}}}},
    }
    info = {"title": "t", "version": "1"}
    return {"openapi": "3.0.3", "info": info, "paths": paths, "components": {"schemas": schemas}, **more}


def _levels(count: int, level: Callable[[int], Any], last: Any = OBJECT) -> Schemas:
    return {**{f"S{number}": level(number) for number in range(count)}, f"S{count}": last}


def _doubling(kind: str, count: int) -> Schemas:
    return _levels(count, lambda number: {kind: [_to(number + 1), _to(number + 1)]})


def _inside(depth: int, around: Callable[[Any], Any]) -> Schemas:
    schema: Any = TEXT
    for _ in range(depth):
        schema = around(schema)
    return {"S0": schema}


UNSERVABLE: dict[str, Callable[[], dict[str, Any]]] = {
    "oneOf that doubles": lambda: _document(_doubling("oneOf", 16)),
    "anyOf that doubles": lambda: _document(_doubling("anyOf", 40)),
    "anyOf of ten": lambda: _document(_levels(8, lambda number: {"anyOf": [_to(number + 1)] * 10})),
    "a chain of allOf": lambda: _document(
        _levels(3_000, lambda number: {"allOf": [_to(number + 1), OBJECT]})
    ),
    "a chain of oneOf": lambda: _document(_levels(500, lambda number: {"oneOf": [_to(number + 1)]})),
    "all made of all": lambda: _document(
        {f"S{one}": {"oneOf": [_to(other) for other in range(14) if other != one]} for one in range(14)}
    ),
    "a choice of 1,500": lambda: _document(
        _levels(
            1_500,
            lambda number: (
                {"oneOf": [_to(other) for other in range(1, 1_500)], "discriminator": {"propertyName": "t"}}
                if number == 0
                else {"type": "object", "properties": {"t": TEXT}}
            ),
        )
    ),
    "definitions that double, of 3.1": lambda: _document(
        {
            "S0": {
                "$ref": "#/components/schemas/S0/$defs/d0",
                "$defs": {
                    **{
                        f"d{n}": {"oneOf": [{"$ref": f"#/components/schemas/S0/$defs/d{n + 1}"}] * 2}
                        for n in range(20)
                    },
                    "d20": OBJECT,
                },
            }
        },
        openapi="3.1.0",
    ),
}


@pytest.fixture(params=list(UNSERVABLE.values()), ids=list(UNSERVABLE))
def unservable(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A document with three operations that cannot be served and one that can."""
    return _written(tmp_path, request.param())


def _written(folder: Path, document: Any) -> Path:
    file = folder / "api.json"
    file.write_text(json.dumps(document))
    return file


def _served(file: Path) -> tuple[Application, Caller]:
    application = build(Settings(specs=(file,)), FrozenClock(NOW))
    return application, Caller(application.asgi)


def _requests() -> Iterator[tuple[str, str, Any]]:
    yield "GET", "/x", None
    yield "POST", "/x", {"a": "a" * 60 + "!"}
    yield "GET", "/x/1", None


def test_what_cannot_be_served_answers_501_with_the_reason(unservable: Path) -> None:
    """At the first request, and soon; the other operations are served."""
    with bounded_time():
        application, call = _served(unservable)
        answers = [call(method, path, *([body] if body else [])) for method, path, body in _requests()]
        list(application.warnings())

    assert {answer.status for answer in answers} == {501}
    assert all("schema" in answer.json["detail"] for answer in answers)
    assert call("GET", "/well").status == 204


def test_lint_names_what_cannot_be_served(unservable: Path) -> None:
    """Before it is asked for, at the operation."""
    with bounded_time():
        found = defects(load(unservable))

    broken = [entry.sentence for entry in found if entry.finding.rule == "broken-operation"]
    assert len(broken) == 3
    assert all("cannot be served" in sentence or "leads nowhere" in sentence for sentence in broken)


def _required(count: int, schema: Any) -> Schemas:
    names = [f"a{number}" for number in range(count)]
    return {"S0": {"type": "object", "required": names, "properties": dict.fromkeys(names, schema)}}


HOSTILE: dict[str, Callable[[], dict[str, Any]]] = {
    "allOf in allOf": lambda: _document(_inside(110, lambda schema: {"allOf": [schema]})),
    "a ring of references": lambda: _document(
        {**_levels(200, lambda number: _to(number + 1)), "S200": _to(0)}
    ),
    "references through references": lambda: _document(
        _levels(
            1_500,
            lambda number: {
                "properties": {"p": {"$ref": f"#/components/schemas/S{number + 1}/properties/p"}}
            },
            {"properties": {"p": TEXT}},
        )
    ),
    "a long chain of references": lambda: _document(_levels(4_000, lambda number: _to(number + 1))),
    "a chain of references": lambda: _document(_levels(2_000, lambda number: _to(number + 1))),
    "not that doubles": lambda: _document(
        _levels(16, lambda number: {"not": {"allOf": [_to(number + 1), _to(number + 1)]}})
    ),
    "allOf that doubles": lambda: _document(_doubling("allOf", 16)),
    "properties that double": lambda: _document(
        _levels(
            40,
            lambda number: {
                "type": "object",
                "required": ["a", "b"],
                "properties": {"a": _to(number + 1), "b": _to(number + 1)},
            },
        )
    ),
    "lists of lists": lambda: _document(
        _levels(10, lambda number: {"type": "array", "minItems": 10, "items": _to(number + 1)})
    ),
    "properties in properties": lambda: _document(
        _levels(
            500, lambda number: {"type": "object", "required": ["a"], "properties": {"a": _to(number + 1)}}
        )
    ),
    "items in items": lambda: _document(_inside(200, lambda schema: {"type": "array", "items": schema})),
    "itself": lambda: _document({"S0": _to(0)}),
    "required of itself": lambda: _document(
        {"S0": {"type": "object", "required": ["a"], "properties": {"a": _to(0)}}}
    ),
    "a ring of allOf": lambda: _document(
        {**_levels(90, lambda number: {"allOf": [_to(number + 1)]}), "S90": {"allOf": [_to(0)]}}
    ),
    "twelve choices at once": lambda: _document(
        {
            "S0": {
                "allOf": [
                    {"oneOf": [{"type": "object", "required": [f"a{one}_{other}"]} for other in range(10)]}
                    for one in range(12)
                ]
            }
        }
    ),
    "long enumerations": lambda: _document(
        {
            "S0": {
                "allOf": [
                    {"enum": [f"v{number}" for number in range(start, start + 20_000)]}
                    for start in (0, 9_999)
                ]
            }
        }
    ),
    "many required properties": lambda: _document(_required(5_000, TEXT)),
    "many long texts": lambda: _document(_required(2_000, {"type": "string", "minLength": 99_000})),
    "a very long text": lambda: _document(_required(1, {"type": "string", "minLength": 10**9})),
    "a very long list": lambda: _document({"S0": {"type": "array", "minItems": 10**9, "items": TEXT}}),
    "a list without repetitions": lambda: _document(
        {"S0": {"type": "array", "minItems": 20_000, "uniqueItems": True, "items": {"type": "boolean"}}}
    ),
    "very many properties": lambda: _document({"S0": {"type": "object", "minProperties": 10**9}}),
    "a long pattern": lambda: _document(
        _required(1, {"type": "string", "pattern": "^" + "(a|b)*" * 20_000 + "$"})
    ),
    "a pattern of many digits": lambda: _document(
        _required(1, {"type": "string", "pattern": "^((a{1000}){1000}){1000}$"})
    ),
    "a pattern of parentheses": lambda: _document(
        _required(1, {"type": "string", "pattern": "(" * 5_000 + "a+" + ")" * 5_000})
    ),
    "a pattern that is tried in many ways": lambda: _document(
        _required(1, {"type": "string", "pattern": "^(a+)+$"})
    ),
    "a pattern that looks ahead": lambda: _document(
        _required(1, {"type": "string", "pattern": "^(?=(a+)+$)(a+)+b$"})
    ),
    "a pattern that looks back": lambda: _document(
        _required(1, {"type": "string", "pattern": "^(a+)\\1+(b|c)*$(?!x)"})
    ),
    "a long name": lambda: _document({"S0": {"type": "object", "properties": {"aB" * 200_000: TEXT}}}),
    "a long example": lambda: _document({"S0": {"type": "object", "example": {"a": "x" * 5_000_000}}}),
    "a pointer through itself": lambda: _document({"S0": {"$ref": "#" + "/components/schemas/S0" * 3_000}}),
    "an example in an example": lambda: _document(
        {"S0": {"example": json.loads('{"a":' * 200 + "1" + "}" * 200)}}
    ),
    "variables of servers": lambda: _document(
        {"S0": OBJECT},
        servers=[
            {
                "url": "/" + "/".join(f"{{v{number}}}" for number in range(20)),
                "variables": {f"v{number}": {"default": "a", "enum": ["a", "b"]} for number in range(20)},
            }
        ],
    ),
    "anchors in a row, of 3.1": lambda: _document(
        _levels(
            1_500,
            lambda number: {"$anchor": f"a{number}", "$ref": f"#a{number + 1}"},
            {"$anchor": "a1500", "type": "object"},
        ),
        openapi="3.1.0",
    ),
    "dynamic references, of 3.1": lambda: _document(
        _levels(
            100,
            lambda number: {
                "$dynamicAnchor": "node",
                "type": "object",
                "properties": {"c": {"$dynamicRef": "#node"}},
            },
        ),
        openapi="3.1.0",
    ),
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
def test_hostile_documents_are_linted_served_and_explained_soon(
    make: Callable[[], dict[str, Any]], tmp_path: Path
) -> None:
    """They answer as documented, refuse, or say why they cannot; nothing is a defect of the mock."""
    file = _written(tmp_path, make())

    with bounded_time(15):
        defects(load(file))
        application, call = _served(file)
        statuses = {
            call(method, path, *([body] if body else [])).status for method, path, body in _requests()
        }
        service = application.services["api"]
        rows = list(explain(service.document, service.handlers.handlers, service.fallback))
        for operation_id in service.document.index:
            with suppress(MockserverError, LookupError, ValueError, TypeError, AttributeError):
                curl(service, service.document.operation(operation_id), "http://mock.test")

    assert statuses <= {200, 201, 400, 404, 501}
    assert len(rows) == 4


@pytest.mark.parametrize(
    "path", ["/" + "{" * 50_000, "/" + "/".join(f"{{p{number}}}" for number in range(3_000))]
)
def test_paths_beyond_all_use_leave_the_others_served(path: str, tmp_path: Path) -> None:
    """Braces that enclose nothing, thousands of parameters."""
    document = _document({"S0": OBJECT})
    document["paths"][path] = {"get": {"operationId": "strange", "responses": {"204": {"description": "x"}}}}
    file = _written(tmp_path, document)

    with bounded_time():
        found = defects(load(file))
        _, call = _served(file)
        statuses = [call("GET", asked).status for asked in ("/x", path, "/" + "a/" * 4_000)]

    assert statuses[0] == 200
    assert set(statuses[1:]) <= {204, 404}
    assert found or path.startswith("/{{")


def test_nesting_beyond_all_use_is_refused_with_the_file(tmp_path: Path) -> None:
    """In JSON and in YAML, with the same bound."""
    deep = '{"a":' * 5_000 + "1" + "}" * 5_000
    less = '{"a":' * 600 + "1" + "}" * 600
    for name, value in (("deep.json", deep), ("less.json", less), ("deep.yaml", deep), ("less.yaml", less)):
        (tmp_path / name).write_text(f'{{"openapi": "3.0.3", "paths": {{}}, "x-a": {value}}}')
        with bounded_time(), pytest.raises(DocumentError, match=name):
            load(tmp_path / name)


def test_aliases_that_double_are_refused(tmp_path: Path) -> None:
    """A few lines would mean a billion values."""
    lines = ["openapi: 3.0.3", "x-0: &a0 [1, 1]"]
    lines += [f"x-{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 10)}]" for number in range(1, 30)]
    (tmp_path / "bomb.yaml").write_text("\n".join(lines))

    with bounded_time(), pytest.raises(DocumentError, match="aliases"):
        load(tmp_path / "bomb.yaml")


def test_lines_of_a_file_with_an_open_quote_are_found_in_linear_time(tmp_path: Path) -> None:
    """YAML that looks like JSON, with quotes in quotes."""
    file = tmp_path / "api.yaml"
    quotes = '\\"' * 300_000
    head = "{openapi: 3.0.3, info: {title: t, version: '1'}, paths: {}"
    file.write_text(f"{head}, x-a: '\"{quotes}', x-b: {{}}}}")

    with bounded_time():
        found = defects(load(file))

    assert [entry for entry in found if entry.finding.severity == "error"] == []


@pytest.mark.parametrize(
    "reference", ["/etc/passwd", "../outside.yaml", "http://127.0.0.1:1/x", "file:///etc/passwd"]
)
def test_references_to_files_and_urls_outside_are_not_followed(reference: str, tmp_path: Path) -> None:
    """They are findings, and what they lead to is never read."""
    (tmp_path / "outside.yaml").write_text("secret: S3CRET")
    (tmp_path / "specs").mkdir()
    file = _written(tmp_path / "specs", _document({"S0": {"$ref": reference}}))

    document = load(file)

    assert "S3CRET" not in json.dumps(document.root)
    assert "root:" not in json.dumps(document.root)
    assert any(entry.finding.rule == "unresolved-reference" for entry in defects(document))
