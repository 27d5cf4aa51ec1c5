"""What is written for a parameter is read as the same value, in every style."""

from __future__ import annotations

from typing import Any

import pytest
from tests.http.mocks import Mocks, document, echo, operation

from mockserver.http.request import written_parameters
from mockserver.openapi.operation import Parameter

LIST = {"type": "array", "items": {"type": "string"}}
OBJECT = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}}
STYLES = [
    *(
        ("query", style, explode)
        for style in ("form", "spaceDelimited", "pipeDelimited")
        for explode in (True, False)
    ),
    *(("path", style, explode) for style in ("simple", "label", "matrix") for explode in (True, False)),
    ("header", "simple", False),
    ("cookie", "form", False),
]


@pytest.mark.parametrize(("place", "style", "explode"), STYLES)
@pytest.mark.parametrize(("schema", "value"), [(LIST, ["x&y", "é", "1"]), ({"type": "string"}, "a/b&c=d ü")])
def test_a_parameter_is_read_as_it_was_written(
    mocks: Mocks, place: Any, style: str, explode: bool, schema: Any, value: Any
) -> None:
    """Reserved characters and spaces too; header fields carry Latin-1."""
    entry = {"name": "p", "in": place, "required": True, "style": style, "explode": explode, "schema": schema}
    inside = place == "path"
    path = "/x/{p}" if inside else "/x"
    call = mocks.call(document({path: {"get": operation(parameters=[entry])}}), handlers={"op": echo("p")})
    if place == "header":
        value = "a/b" if isinstance(value, str) else ["x", "y"]
    written = [(Parameter("p", place, True, style, explode, schema, None, ""), value)]

    query = "&".join(written_parameters.query(written))
    headers = dict(written_parameters.headers(written))
    cookies = written_parameters.cookies(written)
    target = written_parameters.path(path, written) + (f"?{query}" if query else "")
    answer = call("GET", target, headers={**headers, **({"cookie": "; ".join(cookies)} if cookies else {})})

    assert answer.json == {"p": value}


def test_an_object_in_brackets_is_read_as_it_was_written(mocks: Mocks) -> None:
    """The style deepObject."""
    entry = {"name": "p", "in": "query", "style": "deepObject", "explode": True, "schema": OBJECT}
    call = mocks.call(document({"/x": {"get": operation(parameters=[entry])}}), handlers={"op": echo("p")})
    written = [(Parameter("p", "query", True, "deepObject", True, OBJECT, None, ""), {"a": "x&y", "b": 3})]

    answer = call("GET", "/x?" + "&".join(written_parameters.query(written)))

    assert answer.json == {"p": {"a": "x&y", "b": 3}}
