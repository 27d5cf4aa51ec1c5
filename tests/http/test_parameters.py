"""Parameters: each location and style of OpenAPI 3.0, read, typed and held to its schema."""

from __future__ import annotations

from typing import Any

import pytest
from tests.http.calling import Answer
from tests.http.mocks import Mocks, document, echo, operation

INTEGERS = {"type": "array", "items": {"type": "integer"}}
TEXTS = {"type": "array", "items": {"type": "string"}}
OBJECT = {"type": "object", "properties": {"R": {"type": "integer"}, "G": {"type": "string"}}}


def _answer(mocks: Mocks, parameter: dict[str, Any], target: str, headers: dict[str, str]) -> Answer:
    path = "/x/{p}" if parameter["in"] == "path" else "/x"
    if parameter["in"] == "path":
        parameter = {**parameter, "required": True}
    content = document({path: {"get": operation(parameters=[{"name": "p", **parameter}])}})
    call = mocks.call(content, handlers={"op": echo("p")})
    return call("GET", "/x" + target, headers=headers)


def _style(location: str, style: str, explode: bool, schema: Any) -> dict[str, Any]:
    return {"in": location, "style": style, "explode": explode, "schema": schema}


READ = [
    ({"in": "path", "schema": {"type": "string"}}, "/a%2Fb%20c", "a/b c"),
    ({"in": "path", "schema": {"type": "integer"}}, "/-7", -7),
    ({"in": "path", "schema": {"type": "number"}}, "/1.5e3", 1500.0),
    ({"in": "path", "schema": {"type": "boolean"}}, "/true", True),
    (_style("path", "simple", False, INTEGERS), "/3,4,5", [3, 4, 5]),
    (_style("path", "simple", True, INTEGERS), "/3,4,5", [3, 4, 5]),
    (_style("path", "simple", False, OBJECT), "/R,100,G,x", {"R": 100, "G": "x"}),
    (_style("path", "simple", True, OBJECT), "/R=100,G=x", {"R": 100, "G": "x"}),
    (_style("path", "label", False, {"type": "integer"}), "/.5", 5),
    (_style("path", "label", False, INTEGERS), "/.3,4,5", [3, 4, 5]),
    (_style("path", "label", True, INTEGERS), "/.3.4.5", [3, 4, 5]),
    (_style("path", "label", True, OBJECT), "/.R=100.G=x", {"R": 100, "G": "x"}),
    (_style("path", "matrix", False, {"type": "integer"}), "/;p=5", 5),
    (_style("path", "matrix", False, INTEGERS), "/;p=3,4,5", [3, 4, 5]),
    (_style("path", "matrix", True, INTEGERS), "/;p=3;p=4;p=5", [3, 4, 5]),
    (_style("path", "matrix", False, OBJECT), "/;p=R,100,G,x", {"R": 100, "G": "x"}),
    (_style("path", "matrix", True, OBJECT), "/;R=100;G=x", {"R": 100, "G": "x"}),
    ({"in": "query", "schema": {"type": "integer"}}, "?p=5", 5),
    ({"in": "query", "schema": {"type": "integer"}}, "?p=" + "9" * 300, int("9" * 300)),
    ({"in": "query", "schema": {"type": "integer"}}, "?p=5&p=6", 6),
    ({"in": "query", "schema": {"type": "string"}}, "?p=", ""),
    ({"in": "query", "schema": {"type": "string"}}, "?p=a+b%2Bc", "a b+c"),
    ({"in": "query", "schema": {"type": "string"}}, "?p=%C3%B1%F0%9F%8E%89", "ñ🎉"),
    ({"in": "query", "schema": {"type": "string"}}, "?q=1", None),
    ({"in": "query", "schema": {"type": "boolean"}}, "?p=false", False),
    ({"in": "query", "schema": {"oneOf": [{"type": "integer"}, {"type": "boolean"}]}}, "?p=true", True),
    ({"in": "query", "schema": {"type": "integer", "nullable": True}}, "?p=5", 5),
    ({"in": "query", "schema": INTEGERS}, "?p=3&p=4&p=5", [3, 4, 5]),
    ({"in": "query", "schema": INTEGERS}, "?p=3", [3]),
    (_style("query", "form", False, INTEGERS), "?p=3,4,5", [3, 4, 5]),
    (_style("query", "form", False, TEXTS), "?p=a,b%20c", ["a", "b c"]),
    (_style("query", "spaceDelimited", False, INTEGERS), "?p=3%204%205", [3, 4, 5]),
    (_style("query", "spaceDelimited", False, INTEGERS), "?p=3+4+5", [3, 4, 5]),
    (_style("query", "pipeDelimited", False, INTEGERS), "?p=3|4|5", [3, 4, 5]),
    (_style("query", "pipeDelimited", False, INTEGERS), "?p=3%7C4%7C5", [3, 4, 5]),
    (_style("query", "form", True, OBJECT), "?R=100&G=x", {"R": 100, "G": "x"}),
    (_style("query", "form", False, OBJECT), "?p=R,100,G,x", {"R": 100, "G": "x"}),
    (_style("query", "deepObject", True, OBJECT), "?p[R]=100&p%5BG%5D=x", {"R": 100, "G": "x"}),
    ({"in": "query", "content": {"application/json": {"schema": OBJECT}}}, '?p={"R":1}', {"R": 1}),
    ({"in": "query", "content": {"application/json": {"schema": {"type": "string"}}}}, '?p="x"', "x"),
]  # fmt: skip


@pytest.mark.parametrize(("parameter", "target", "value"), READ)
def test_a_parameter_is_read_as_its_style_says(
    mocks: Mocks, parameter: dict[str, Any], target: str, value: Any
) -> None:
    """In its path or query, as the type of its schema."""
    answer = _answer(mocks, parameter, target, {})

    assert (answer.status, answer.json) == (200, {"p": value})
    assert type(answer.json["p"]) is type(value)


@pytest.mark.parametrize(
    ("parameter", "headers", "value"),
    [
        ({"in": "header", "schema": {"type": "integer"}}, {"P": "5"}, 5),
        ({"in": "header", "schema": {"type": "string"}}, {"p": "Ab c"}, "Ab c"),
        ({"in": "header", "schema": INTEGERS}, {"p": "3,4,5"}, [3, 4, 5]),
        ({"in": "header", "schema": INTEGERS}, {"p": "3, 4 ,5"}, [3, 4, 5]),
        (_style("header", "simple", True, OBJECT), {"p": "R=100,G=x"}, {"R": 100, "G": "x"}),
        ({"in": "cookie", "schema": {"type": "integer"}}, {"cookie": "a=1; p=5; b=2"}, 5),
        ({"in": "cookie", "schema": {"type": "string"}}, {"cookie": "p=a%20b"}, "a b"),
        ({"in": "cookie", "schema": {"type": "string"}}, {"cookie": "x[0]=1; p=5; {bad}"}, "5"),
        (_style("cookie", "form", False, INTEGERS), {"cookie": "p=3,4,5"}, [3, 4, 5]),
    ],
)
def test_a_parameter_is_read_from_headers_and_cookies(
    mocks: Mocks, parameter: dict[str, Any], headers: dict[str, str], value: Any
) -> None:
    """Names of header fields know no case; what others put into the cookie does not matter."""
    answer = _answer(mocks, parameter, "", headers)

    assert (answer.status, answer.json) == (200, {"p": value})


@pytest.mark.parametrize(
    ("parameter", "target"),
    [
        ({"in": "path", "schema": {"type": "integer"}}, "/x"),
        ({"in": "path", "schema": {"type": "integer"}}, "/1.0"),
        ({"in": "path", "schema": {"type": "integer"}}, "/01"),
        ({"in": "path", "schema": {"type": "boolean"}}, "/1"),
        ({"in": "path", "schema": {"type": "string", "format": "uuid"}}, "/1"),
        ({"in": "query", "schema": {"type": "integer"}}, "?p="),
        ({"in": "query", "schema": {"type": "integer"}}, "?p=x"),
        ({"in": "query", "schema": {"type": "integer"}}, "?p=1&p=x"),
        ({"in": "query", "schema": {"type": "integer", "maximum": 5}}, "?p=6"),
        ({"in": "query", "schema": {"type": "number"}}, "?p=NaN"),
        ({"in": "query", "schema": {"type": "boolean"}}, "?p=True"),
        ({"in": "query", "schema": INTEGERS}, "?p=1&p=x"),
        ({"in": "query", "schema": {"type": "string", "maxLength": 1}}, "?p=xy"),
        ({"in": "query", "required": True, "schema": {}}, ""),
        ({"in": "query", "required": True, "schema": INTEGERS}, "?q=1"),
        (_style("query", "deepObject", True, OBJECT), "?p[R]=x"),
        ({"in": "query", "content": {"application/json": {"schema": OBJECT}}}, "?p={"),
        ({"in": "query", "content": {"application/json": {"schema": {"type": "string"}}}}, "?p=x"),
        ({"in": "query", "content": {"application/json": {"schema": {}}}}, "?p=NaN"),
        ({"in": "header", "required": True, "schema": {}}, ""),
        ({"in": "cookie", "required": True, "schema": {}}, ""),
    ],
)
def test_a_parameter_that_breaks_its_schema_is_named(
    mocks: Mocks, parameter: dict[str, Any], target: str
) -> None:
    """The problem says which one, and where."""
    answer = _answer(mocks, parameter, target, {})

    assert answer.status == 400
    assert {entry["in"] for entry in answer.json["errors"]} == {parameter["in"]}
    assert all(entry["parameter"].startswith("p") for entry in answer.json["errors"])


def test_a_parameter_of_the_operation_takes_the_place_of_the_path_s(mocks: Mocks) -> None:
    """By name and location (OpenAPI 4.7.9)."""
    shared = [{"name": "p", "in": "query", "required": True, "schema": {"type": "integer"}}]
    own = [{"name": "p", "in": "query", "schema": {"type": "string"}}]
    call = mocks.call(
        document({"/x": {"parameters": shared, "get": operation(parameters=own)}}), handlers={"op": echo("p")}
    )

    assert (call("GET", "/x?p=a").json, call("GET", "/x").json) == ({"p": "a"}, {"p": None})


def test_handlers_know_parameters_by_their_names_in_python(mocks: Mocks) -> None:
    """`userId` is `user_id`, `id` is `id_`, `X-Trace` is `x_trace`."""
    names = [("userId", "path"), ("id", "query"), ("X-Trace", "header")]
    parameters = [
        {"name": name, "in": location, "required": True, "schema": {"type": "string"}}
        for name, location in names
    ]
    content = document({"/x/{userId}": {"get": operation(parameters=parameters)}})
    call = mocks.call(content, handlers={"op": echo("user_id", "id_", "x_trace")})

    answer = call("GET", "/x/a?id=b", headers={"X-Trace": "c"})

    assert answer.json == {"user_id": "a", "id_": "b", "x_trace": "c"}


def test_what_is_fixed_comes_before_what_is_templated(mocks: Mocks) -> None:
    """OpenAPI 4.7.8: `/x/mine` is not `/x/{p}`, and a template may be part of a segment."""
    parameter = {"parameters": [{"name": "p", "in": "path", "required": True, "schema": {"type": "string"}}]}
    paths = {
        "/x/{p}": {"get": operation("any", **parameter)},
        "/x/mine": {"get": operation("fixed")},
        "/x/{p}.json": {"get": operation("part", **parameter)},
        "/x/{p}/y": {"put": operation("deep", **parameter)},
    }
    handlers = {"any": echo("p"), "fixed": echo(), "part": echo("p"), "deep": echo("p")}
    call = mocks.call(document(paths), handlers=handlers)

    assert [call("GET", f"/x/{end}").json for end in ("1", "mine", "1.json")] == [{"p": "1"}, {}, {"p": "1"}]
    assert call("PUT", "/x/mine/y").json == {"p": "mine"}
    assert call("PUT", "/x/mine").header("allow") == "GET, HEAD, OPTIONS"
