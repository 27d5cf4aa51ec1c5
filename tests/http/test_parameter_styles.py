"""Every style in every location, as OpenAPI's own table of examples and RFC 6570 have it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.http.calling import Answer
from tests.http.mocks import Mocks, document, echo, operation

TEXT = {"type": "string"}
LIST = {"type": "array", "items": {"type": "string"}}
OBJECT = {"type": "object", "properties": {name: {"type": "integer"} for name in "RGB"}}
BLUE = "blue"
COLOURS = ["blue", "black", "brown"]
RGB = {"R": 100, "G": 200, "B": 150}


def _answer(
    mocks: Mocks, parameter: dict[str, Any], target: str, headers: dict[str, str], *beside: dict[str, Any]
) -> Answer:
    inside = parameter["in"] == "path"
    parameters = [{"name": "color", **parameter, **({"required": True} if inside else {})}, *beside]
    content = document({"/x/{color}" if inside else "/x": {"get": operation(parameters=parameters)}})
    call = mocks.call(content, handlers={"op": echo("color")})
    return call("GET", "/x" + target, headers=headers)


# Location, style, explode; then a string, an array and an object as they are written.
TABLE: list[tuple[str, str, bool, list[str], list[str], list[str]]] = [
    ("path", "matrix", False, [";color=blue"], [";color=blue,black,brown"], [";color=R,100,G,200,B,150"]),
    (
        "path",
        "matrix",
        True,
        [";color=blue"],
        [";color=blue;color=black;color=brown"],
        [";R=100;G=200;B=150"],
    ),
    # By commas in RFC 6570 and OpenAPI 3.0.4, by dots in the table of OpenAPI 3.0.0 to 3.0.3.
    (
        "path",
        "label",
        False,
        [".blue"],
        [".blue,black,brown", ".blue.black.brown"],
        [".R,100,G,200,B,150", ".R.100.G.200.B.150"],
    ),
    ("path", "label", True, [".blue"], [".blue.black.brown"], [".R=100.G=200.B=150"]),
    ("path", "simple", False, ["blue"], ["blue,black,brown"], ["R,100,G,200,B,150"]),
    ("path", "simple", True, ["blue"], ["blue,black,brown"], ["R=100,G=200,B=150"]),
    ("header", "simple", False, ["blue"], ["blue,black,brown", "blue, black ,brown"], ["R,100,G,200,B,150"]),
    ("header", "simple", True, ["blue"], ["blue,black,brown"], ["R=100,G=200,B=150", "R=100, G=200, B=150"]),
    (
        "query",
        "form",
        False,
        ["color=blue"],
        ["color=blue,black,brown", "color=blue%2Cblack%2cbrown"],
        ["color=R,100,G,200,B,150"],
    ),
    (
        "query",
        "form",
        True,
        ["color=blue"],
        ["color=blue&color=black&color=brown", "other=1&color=blue&x&color=black&&color=brown"],
        ["R=100&G=200&B=150", "B=150&other=1&G=200&R=100"],
    ),
    (
        "query",
        "spaceDelimited",
        False,
        ["color=blue"],
        ["color=blue%20black%20brown", "color=blue+black+brown"],
        ["color=R%20100%20G%20200%20B%20150"],
    ),
    ("query", "spaceDelimited", True, ["color=blue"], ["color=blue&color=black&color=brown"], []),
    (
        "query",
        "pipeDelimited",
        False,
        ["color=blue"],
        ["color=blue|black|brown", "color=blue%7Cblack%7Cbrown", "color=blue%7cblack%7cbrown"],
        ["color=R%7C100%7CG%7C200%7CB%7C150", "color=R|100|G|200|B|150"],
    ),
    ("query", "pipeDelimited", True, ["color=blue"], ["color=blue&color=black&color=brown"], []),
    (
        "query",
        "deepObject",
        True,
        [],
        [],
        ["color[R]=100&color[G]=200&color[B]=150", "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"],
    ),
    (
        "cookie",
        "form",
        False,
        ["color=blue"],
        ["color=blue,black,brown", "color=blue%2Cblack%2Cbrown"],
        ["color=R,100,G,200,B,150"],
    ),
    (
        "cookie",
        "form",
        True,
        ["color=blue"],
        ["color=blue; a=b; color=black; color=brown"],
        ["R=100; a=b; G=200; B=150"],
    ),
]  # fmt: skip

CASES = [
    ({"in": place, "style": style, "explode": explode, "schema": schema}, written, value)
    for place, style, explode, *columns in TABLE
    for schema, value, column in zip((TEXT, LIST, OBJECT), (BLUE, COLOURS, RGB), columns, strict=True)
    for written in column
]


def _sent(mocks: Mocks, parameter: dict[str, Any], written: str, *beside: dict[str, Any]) -> Answer:
    place = parameter["in"]
    target = {"path": "/" + written, "query": "?" + written}.get(place, "")
    headers = {"header": {"color": written}, "cookie": {"cookie": written}}.get(place, {})
    return _answer(mocks, parameter, target, headers, *beside)


@pytest.mark.parametrize(("parameter", "written", "value"), CASES)
def test_a_value_is_read_as_the_table_writes_it(
    mocks: Mocks, parameter: dict[str, Any], written: str, value: Any
) -> None:
    """A string, an array of strings and an object of integers."""
    answer = _sent(mocks, parameter, written)

    assert (answer.status, answer.json) == (200, {"color": value})


def _style(place: str, style: str, explode: bool, schema: Any = LIST) -> dict[str, Any]:
    return {"in": place, "style": style, "explode": explode, "schema": schema}


@pytest.mark.parametrize(
    ("parameter", "written", "value"),
    [
        (_style("query", "form", False), "color=a%2Cb,c", ["a,b", "c"]),
        (_style("query", "form", False), "color=a%26b,c%3Dd", ["a&b", "c=d"]),
        (_style("query", "form", False), "color=a+b,c%2Bd", ["a b", "c+d"]),
        (_style("query", "form", False), "color=", []),
        (_style("query", "form", False), "color=a,,b", ["a", "", "b"]),
        (_style("query", "form", False), "c%6Flor=a,b", ["a", "b"]),
        (_style("query", "form", False), "color=x,y&color=a,b", ["a", "b"]),
        (_style("query", "form", True), "color=a,b", ["a,b"]),
        (_style("query", "pipeDelimited", False), "color=a%7Cb|c", ["a|b", "c"]),
        (_style("query", "pipeDelimited", False), "color=a,b|c", ["a,b", "c"]),
        (_style("path", "simple", False), "a%2Cb,c%2Fd", ["a,b", "c/d"]),
        (_style("path", "label", True), ".a%2Eb.c", ["a.b", "c"]),
        (_style("path", "matrix", True), ";color=a%3Bb;color=c", ["a;b", "c"]),
        (_style("path", "matrix", False), ";color=a%2Cb,c", ["a,b", "c"]),
        (_style("path", "matrix", False, TEXT), ";color=", ""),
        (_style("path", "matrix", False, TEXT), ";color", ""),
        (_style("path", "label", False, TEXT), ".a%20b", "a b"),
        (_style("path", "label", False, {"type": "number"}), ".1.5", 1.5),
        (_style("cookie", "form", False), "color=a%2Cb,c", ["a,b", "c"]),
    ],
)
def test_what_is_percent_encoded_separates_nothing(
    mocks: Mocks, parameter: dict[str, Any], written: str, value: Any
) -> None:
    """RFC 6570 encodes what is part of a value."""
    answer = _sent(mocks, parameter, written)

    assert (answer.status, answer.json) == (200, {"color": value})


NESTED = {
    "type": "object",
    "properties": {
        "size": {"type": "object", "properties": {"gt": {"type": "integer"}, "in": LIST}},
        "tags": {"type": "array", "items": {"type": "integer"}},
        "name": TEXT,
    },
}


@pytest.mark.parametrize(
    ("schema", "lines", "value"),
    [
        (LIST, ["blue", "black", "brown"], COLOURS),
        (LIST, ["blue, black", "brown"], COLOURS),
        (LIST, ["blue"], ["blue"]),
        (OBJECT, ["R,100,G,200", "B,150"], RGB),
        (TEXT, ["blue", "black"], "blue, black"),
    ],
)
def test_a_header_may_stand_on_several_lines(
    mocks: Mocks, schema: dict[str, Any], lines: list[str], value: Any
) -> None:
    """They are one list, in their order (RFC 9110 5.3)."""
    parameters = [{"name": "color", "in": "header", "schema": schema}]
    call = mocks.call(
        document({"/x": {"get": operation(parameters=parameters)}}), handlers={"op": echo("color")}
    )

    answer = call("GET", "/x", headers=[("color", line) for line in lines])

    assert (answer.status, answer.json) == (200, {"color": value})


def test_cookies_may_stand_on_several_lines(mocks: Mocks) -> None:
    """Some clients and gateways write them so; what separates cookies is a semicolon."""
    parameters = [{"name": name, "in": "cookie", "schema": TEXT} for name in ("a", "b")]
    call = mocks.call(
        document({"/x": {"get": operation(parameters=parameters)}}), handlers={"op": echo("a", "b")}
    )

    answer = call("GET", "/x", headers=[("Cookie", "a=1"), ("Cookie", "b=2")])

    assert answer.json == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("color[size][gt]=5&color[name]=x", {"size": {"gt": 5}, "name": "x"}),
        ("color[tags]=1&color[tags]=2", {"tags": [1, 2]}),
        ("color[tags]=1", {"tags": [1]}),
        ("color[tags][]=1&color[tags][]=2", {"tags": [1, 2]}),
        ("color[tags][0]=1&color[tags][1]=2", {"tags": [1, 2]}),
        ("color[size][in][]=a&color[size][in][]=b", {"size": {"in": ["a", "b"]}}),
        ("color[name]=a&color[name]=b", {"name": "b"}),
        ("color[other]=1", {"other": "1"}),
        ("colors[name]=1", None),
    ],
)
def test_deep_objects_nest_and_hold_lists(mocks: Mocks, written: str, value: Any) -> None:
    """In each of the ways that clients write it."""
    answer = _sent(mocks, _style("query", "deepObject", True, NESTED), written)

    assert (answer.status, answer.json) == (200, {"color": value})


@pytest.mark.parametrize(("written", "value"), [("color[]=a&color[]=b", ["a", "b"]), ("color[]=a", ["a"])])
@pytest.mark.parametrize("explode", [True, False])
def test_brackets_after_the_name_of_a_list_append(
    mocks: Mocks, explode: bool, written: str, value: list[str]
) -> None:
    """PHP, Rails and jQuery write lists so."""
    answer = _sent(mocks, _style("query", "form", explode, {"type": "array", "items": TEXT}), written)

    assert (answer.status, answer.json) == (200, {"color": value})


@pytest.mark.parametrize("written", ["color[size][gt]=x", "color[size]=1&color[size][gt]=2", "color[tags]=x"])
def test_a_deep_object_that_breaks_its_schema_is_named(mocks: Mocks, written: str) -> None:
    """As the parameter that it is."""
    answer = _sent(mocks, _style("query", "deepObject", True, NESTED), written)

    assert answer.status == 400
    assert answer.json["errors"][0]["in"] == "query"
    assert answer.json["errors"][0]["parameter"].startswith("color")


def test_an_open_object_takes_what_no_other_parameter_has(mocks: Mocks) -> None:
    """`additionalProperties`, exploded: every name that is nobody else's."""
    other = {"name": "page", "in": "query", "schema": {"type": "integer"}}
    schema = {"type": "object", "additionalProperties": {"type": "integer"}}

    answer = _sent(mocks, _style("query", "form", True, schema), "a=1&page=2&b=3", other)

    assert answer.json == {"color": {"a": 1, "b": 3}}
    assert _sent(mocks, _style("query", "form", True, schema), "a=x", other).status == 400
    closed = {**OBJECT, "additionalProperties": False}
    assert _sent(mocks, _style("query", "form", True, closed), "a=x&R=1", other).json == {"color": {"R": 1}}


@pytest.mark.parametrize(("allows", "status"), [(True, 200), (False, 400), (None, 400)])
@pytest.mark.parametrize("written", ["color=", "color"])
def test_an_empty_value_is_one_where_the_document_allows_it(
    mocks: Mocks, written: str, allows: bool | None, status: int
) -> None:
    """A flag that is there and says nothing."""
    parameter = {"in": "query", "required": True, "schema": {"type": "integer"}, "allowEmptyValue": allows}

    answer = _sent(mocks, parameter, written)

    assert answer.status == status
    if allows:
        assert answer.json == {"color": None}


def test_reserved_characters_may_stand_as_they_are(mocks: Mocks) -> None:
    """`allowReserved` is about what clients encode; what they leave is read."""
    parameter = {"in": "query", "schema": TEXT, "allowReserved": True}

    answer = _sent(mocks, parameter, "color=a/b?c:d@e!$'()*,;=[]")

    assert answer.json == {"color": "a/b?c:d@e!$'()*,;=[]"}


@pytest.mark.parametrize(
    ("place", "written"),
    [
        ("query", "color=%7B%22R%22%3A%201%7D"),
        ("header", '{"R": 1}'),
        ("path", "%7B%22R%22:1%7D"),
        ("cookie", "color=%7B%22R%22%3A1%7D"),
    ],
)
@pytest.mark.parametrize(
    "media_type", ["application/json", "application/vnd.x+json", "application/json; charset=utf-8"]
)
def test_content_is_read_by_its_media_type(mocks: Mocks, place: str, written: str, media_type: str) -> None:
    """JSON, wherever it stands."""
    answer = _sent(mocks, {"in": place, "content": {media_type: {"schema": OBJECT}}}, written)

    assert (answer.status, answer.json) == (200, {"color": {"R": 1}})


def test_content_that_is_text_is_text(mocks: Mocks) -> None:
    """A media type that is not JSON is no reason to look for JSON."""
    parameter = {"in": "query", "content": {"text/plain": {"schema": {"type": "integer"}}}}

    assert _sent(mocks, parameter, "color=5").json == {"color": 5}
    assert _sent(mocks, parameter, "color=x").status == 400


SWAGGER = [
    ("csv", "a,b", "query"),
    (None, "a,b", "query"),
    ("ssv", "a%20b", "query"),
    ("tsv", "a%09b", "query"),
    ("pipes", "a|b", "query"),
    ("pipes", "a%7Cb", "query"),
    ("multi", "a&color=b", "query"),
    ("csv", "a,b", "path"),
    ("ssv", "a%20b", "path"),
    ("pipes", "a|b", "path"),
    ("tsv", "a%09b", "path"),
    ("csv", "a,b", "header"),
    ("ssv", "a b", "header"),
    ("pipes", "a|b", "header"),
]


@pytest.mark.parametrize(("written", "text", "place"), SWAGGER)
def test_collection_formats_of_swagger(mocks: Mocks, written: str | None, text: str, place: str) -> None:
    """Each in the locations that it may stand in."""
    parameter: dict[str, Any] = {"name": "color", "in": place, "type": "array", "items": {"type": "string"}}
    parameter |= {"collectionFormat": written} if written else {}
    parameter |= {"required": True} if place == "path" else {}
    produced = {"200": {"description": "", "schema": {}}}
    path = "/x/{color}" if place == "path" else "/x"
    operations = {"get": {"operationId": "op", "parameters": [parameter], "responses": produced}}
    content = {"swagger": "2.0", "info": {"title": "T", "version": "1"}, "paths": {path: operations}}
    call = mocks.call(content, handlers={"op": echo("color")})
    target = {"path": f"/x/{text}", "query": f"/x?color={text}"}.get(place, "/x")

    answer = call("GET", target, headers={"color": text} if place == "header" else {})

    assert (answer.status, answer.json) == (200, {"color": ["a", "b"]})


TAG = {"type": "object", "required": ["key"], "properties": {"key": TEXT, "size": {"type": "integer"}}}
TAGS = {"type": "array", "items": TAG}


@pytest.mark.parametrize(
    "query",
    [
        "color=%7B%22key%22%3A%22a%22%2C%22size%22%3A1%7D&color=%7B%22key%22%3A%22b%22%7D",
        "color.member.1.key=a&color.member.1.size=1&color.member.2.key=b",
        "color.1.key=a&color.1.size=1&color.2.key=b",
    ],
)
def test_a_list_of_objects_is_read_as_clients_write_it(mocks: Mocks, query: str) -> None:
    """OpenAPI has no form for it: Swagger UI writes JSON, Amazon's clients number the members."""
    answer = _answer(mocks, {"in": "query", "schema": TAGS}, "?" + query, {})

    assert answer.json["color"] == [{"key": "a", "size": 1}, {"key": "b"}]


@pytest.mark.parametrize("query", ["color=%7B", "color=%7B%22key%22%3A1%7D", "color.1=a", "color.member=a"])
def test_a_list_of_objects_that_is_none_is_refused(mocks: Mocks, query: str) -> None:
    """What cannot be read, or does not fit, is no tag."""
    answer = _answer(mocks, {"in": "query", "schema": TAGS}, "?" + query, {})

    assert answer.status == 400
