"""What strangers send is read in linear time and in memory that its size bounds."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.attack.measuring import bounded_memory, bounded_time
from tests.conftest import NOW
from tests.http.calling import Caller
from tests.openapi.documents import written

from mockserver.app import build
from mockserver.behaviour import preferences
from mockserver.config import Settings
from mockserver.errors import BadRequestError
from mockserver.http.json_text import decode
from mockserver.http.request.bracketed_names import nest
from mockserver.http.request.form_bodies import read_multipart, read_urlencoded
from mockserver.http.request.xml_values import parse
from mockserver.http.router import _SegmentPattern
from mockserver.resources.records.patches import patch
from mockserver.state.clock import FrozenClock

DOCUMENT = """
    openapi: 3.0.3
    info: {title: t, version: "1"}
    components:
      schemas:
        Item:
          type: object
          properties:
            id: {type: string}
            name: {type: string}
            tags: {type: array, items: {type: string}}
            any: {}
      responses:
        Item: {description: x, content: {application/json: {schema: {$ref: '#/components/schemas/Item'}}}}
    paths:
      /items:
        get:
          operationId: list
          parameters:
            - {name: filter, in: query, schema: {type: string}}
            - {name: q, in: query, schema: {type: string}}
            - {name: sort, in: query, schema: {type: string}}
            - {name: fields, in: query, schema: {type: string}}
            - {name: name, in: query, schema: {type: string}}
            - {name: ids, in: query, explode: false, schema: {type: array, items: {type: string}}}
            - {name: deep, in: query, style: deepObject, schema: {type: object, additionalProperties: true}}
            - {name: dot, in: query, schema: {type: array, items: {type: string}}}
          responses:
            '200':
              description: x
              content:
                application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Item'}}}
        post:
          operationId: create
          requestBody:
            content:
              application/json: {schema: {$ref: '#/components/schemas/Item'}}
              application/xml: {schema: {$ref: '#/components/schemas/Item'}}
              application/x-www-form-urlencoded: {schema: {$ref: '#/components/schemas/Item'}}
          responses: {'201': {$ref: '#/components/responses/Item'}}
      /items/{id}:
        parameters: [{name: id, in: path, required: true, schema: {type: string}}]
        get: {operationId: read, responses: {'200': {$ref: '#/components/responses/Item'}}}
        patch:
          operationId: change
          parameters: [{name: If-Match, in: header, schema: {type: string}}]
          requestBody:
            content:
              application/json-patch+json: {schema: {type: array, items: {type: object}}}
          responses: {'200': {$ref: '#/components/responses/Item'}, '412': {description: x}}
      /tiles/{z}-{x}-{y}.png:
        get:
          operationId: tile
          parameters:
            - {name: z, in: path, required: true, schema: {type: string}}
            - {name: x, in: path, required: true, schema: {type: string}}
            - {name: y, in: path, required: true, schema: {type: string}}
          responses: {'204': {description: x}}
"""
RECORDS = "\n".join(f"      - {{id: 'i{number}', name: 'name {number}'}}" for number in range(200))
FIXTURE = f"collections:\n  items:\n    key: id\n    records:\n{RECORDS}\n"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Caller:
    """A shop with 200 items."""
    folder: Path = tmp_path_factory.mktemp("shop")
    document = written(folder, {"api.yaml": DOCUMENT, "fixtures/api.yaml": FIXTURE})
    settings = Settings(specs=(document,), fixtures=folder / "fixtures")
    return Caller(build(settings, FrozenClock(NOW)).asgi)


QUERIES = {
    "a filter of many comparisons": "filter=" + "+or+".join(["name+eq+'x'"] * 4_000),
    "a filter of nothing but parentheses": "filter=" + "(" * 30_000,
    "a filter that turns round": "filter=" + "not+" * 10_000 + "name+eq+1",
    "a filter without its last quote": "filter=name+eq+'" + "''" * 20_000,
    "a filter of spaces": "filter=name" + "+" * 40_000 + "(",
    "a filter of a long list": "filter=name+in+(" + ",".join(f"'{number}'" for number in range(6_000)) + ")",
    "text of nothing but commas": "name=" + "," * 40_000,
    "text of many values": "name=" + ",".join(map(str, range(10_000))),
    "a long list": "ids=" + ",".join(f"z{number}" for number in range(10_000)),
    "a search for many words": "q=" + "+".join(["na"] * 20_000),
    "one property to sort by, many times": "sort=" + ",".join(["name"] * 10_000),
    "one field, many times": "fields=" + ",".join(["name"] * 10_000),
    "what is appended": "&".join(["deep[a][]=a"] * 8_000),
    "what is appended in what is appended": "&".join(["deep[][][]=a"] * 8_000),
    "many brackets": "deep" + "[a]" * 20_000 + "=1",
    "many dots": "&".join(f"dot.{number}=a" for number in range(8_000)),
}


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_queries_are_read_in_linear_time(shop: Caller, query: str) -> None:
    """Whatever they say of 200 records: an answer or a refusal, soon."""
    with bounded_time():
        answer = shop("GET", f"/items?{query}")

    assert answer.status in {200, 400}


HEADERS = {
    "a preference that is no token": ("prefer", "a" * 60_000 + "\x01"),
    "a preference of spaces": ("prefer", "a" + " " * 60_000 + "\x01"),
    "a preference without its last quote": ("prefer", 'a="' + '\\"a="' * 10_000),
    "many preferences": ("prefer", "code=200, " * 6_000),
    "many media types": ("accept", ",".join(f"a/b{number};q=0.1" for number in range(4_000))),
    "many parameters of a media type": ("accept", "application/json" + ";a=b" * 15_000),
    "many cookies": ("cookie", ";".join(f"a{number}=1" for number in range(8_000))),
    "many entity tags": ("if-match", ",".join(f'"{number}"' for number in range(8_000))),
    "an entity tag without its last quote": ("if-match", '"' + "a" * 60_000),
    "a media type of spaces": ("content-type", "application/json;" + " " * 60_000 + "charset"),
    "a credential of spaces": ("authorization", "Bearer " + " " * 60_000 + "\x01"),
}


@pytest.mark.parametrize(("name", "value"), HEADERS.values(), ids=HEADERS)
def test_header_fields_are_read_in_linear_time(shop: Caller, name: str, value: str) -> None:
    """As long as a server takes a header."""
    with bounded_time():
        answer = shop("GET", "/items/i1", headers={name: value})

    assert answer.status < 500


def test_one_header_field_on_many_lines_is_joined_in_linear_time(shop: Caller) -> None:
    """Not line by line into an ever longer value."""
    with bounded_time():
        answer = shop("GET", "/items/i1", headers=[("x-a", "b" * 50)] * 100_000)

    assert answer.status == 200


@pytest.mark.parametrize("segment", ["-" * 30_000, "a-" * 15_000 + ".png?", "-" * 30_000 + ".pn"])
def test_paths_with_text_between_parameters_are_matched_in_linear_time(shop: Caller, segment: str) -> None:
    """Where one parameter ends is decided once."""
    with bounded_time():
        answer = shop("GET", f"/tiles/{segment}")

    assert answer.status in {204, 404}


PATTERNS = ["{a}", "{a}{b}", "{a}.{b}", "v{a}-{b}.png", "{a}--{b}-{c}x", "{a}aa{b}a{c}"]


@given(st.sampled_from(PATTERNS), st.text("a-x.v1png", max_size=14))
def test_parameters_of_one_segment_are_those_of_a_regular_expression(path: str, segment: str) -> None:
    """The last separator counts; a value has a character at least."""
    parts = re.split(r"\{\w\}", path)
    expected = re.fullmatch("(.+)".join(map(re.escape, parts)), segment)

    assert _SegmentPattern(tuple(parts)).match(segment) == (expected and expected.groups())


def test_duplicate_names_are_found_in_linear_time() -> None:
    """The last of 200,000 names is the one that comes twice."""
    names = ",".join(f'"{number}":0' for number in range(200_000))

    with bounded_time(), pytest.raises(BadRequestError, match="'199999' appears twice"):
        decode(f'{{{names},"199999":1}}'.encode())


SMALL_VALUES = [b"{},", b'"",', b'",",', b'{"a":0},']


@pytest.mark.parametrize("entry", SMALL_VALUES)
def test_a_body_of_ever_so_many_values_is_refused_before_it_takes_memory(shop: Caller, entry: bytes) -> None:
    """10 MB of empty lists would take 330 MB."""
    content = b"[" + entry * (9_000_000 // len(entry)) + b"0]"

    with bounded_memory(100_000_000), bounded_time(30):
        answer = shop("POST", "/items", content=content, media_type="application/json")

    assert answer.status == 413


def test_commas_in_text_are_no_values(shop: Caller) -> None:
    """A file with commas inside of JSON is one value."""
    content = b'{"name": "' + b'1,2:[{\\\\\\"' * 500_000 + b'"}'

    assert shop("POST", "/items", content=content, media_type="application/json").status == 201


def test_how_many_values_a_body_may_have_is_a_setting(tmp_path: Path) -> None:
    """For JSON and for XML."""
    document = written(tmp_path, {"api.yaml": DOCUMENT})
    call = Caller(build(Settings(specs=(document,), body_values=4), FrozenClock(NOW)).asgi)

    assert call("POST", "/items", {"name": "a"}).status == 201
    assert call("POST", "/items", {"name": "a", "tags": ["b", "c"]}).status == 413
    xml = b"<Item><name>a</name><tags>b</tags><tags>b</tags><tags>b</tags></Item>"
    assert call("POST", "/items", content=xml, media_type="application/xml").status == 400


XML = {
    "elements": b"<a>" + b"<b/>" * 2_000_000 + b"</a>",
    "attributes of one element": b"<a " + b" ".join(b'a%d=""' % number for number in range(900_000)) + b"/>",
    "attributes of many elements": b"<a>" + b'<b c="" d="" e=""/>' * 500_000 + b"</a>",
    "a tag without an end": b"<a " + b"b" * 9_000_000,
    "a comment without an end": b"<a><!--" + b"b" * 9_000_000,
}


@pytest.mark.parametrize("content", XML.values(), ids=XML)
def test_xml_has_limits_for_elements_attributes_and_tags(content: bytes) -> None:
    """They are found while it is read, not when all of it is in memory."""
    with bounded_memory(120_000_000), bounded_time(), pytest.raises(BadRequestError):
        parse(content)


def test_each_element_of_a_kind_is_read_by_the_same_plan(shop: Caller) -> None:
    """100,000 elements do not ask their schema 100,000 times."""
    content = b"<Item><any>" + b"<x><y/></x>" * 60_000 + b"</any></Item>"

    with bounded_time(30):
        answer = shop("POST", "/items", content=content, media_type="application/xml")

    assert answer.status == 201


def test_a_percent_encoded_form_takes_memory_by_its_size() -> None:
    """Whole, 10 MB of escapes would take 200."""
    with bounded_memory(60_000_000), bounded_time():
        pairs = read_urlencoded(b"a=" + b"%41%2b+" * 1_000_000)

    assert pairs == [("a", "A+ " * 1_000_000)]


def test_percent_encoding_is_read_across_pieces() -> None:
    """Wherever they are cut; characters of several bytes, too."""
    for before in range(65_530, 65_540):
        assert read_urlencoded(b"a=" + b"x" * before + b"%C3%A9+%")[0][1] == "x" * before + "é %"


MULTIPART = {
    "header lines": b"a: b\r\n" * 1_000_000 + b"\r\n",
    "what looks like a boundary": b"\r\n" + b"\r\n--" * 2_000_000,
    "what looks like a long boundary": b"\r\n\r\n--" + b"-" * 9_000_000,
}


@pytest.mark.parametrize("content", MULTIPART.values(), ids=MULTIPART)
@pytest.mark.parametrize("boundary", [b"b", b"-" * 69, b"-" * 50_000])
def test_multipart_forms_are_read_in_linear_time(content: bytes, boundary: bytes) -> None:
    """Or refused."""
    head = b"--" + boundary + b'\r\nContent-Disposition: form-data; name="a"\r\n'
    outcome: Any = None

    with bounded_memory(150_000_000), bounded_time():
        try:
            outcome = read_multipart(
                head + content + b"\r\n--" + boundary + b"--\r\n",
                f"multipart/form-data; boundary={boundary.decode()}",
            )
        except BadRequestError as error:
            outcome = error

    assert outcome


def test_fields_that_are_appended_are_counted_not_searched() -> None:
    """And go behind what has a number."""
    with bounded_time():
        nested = nest([("a[]", "x")] * 100_000)

    assert len(nested["a"]) == 100_000
    assert nest([("a[3]", "x"), ("a[]", "y"), ("a[1]", "z")]) == {"a": ["z", "x", "y"]}


PATCHES: dict[str, Callable[[], list[Any]]] = {
    "copies of itself": lambda: [{"op": "copy", "from": "/a", "path": "/a/-"}] * 40,
    "copies of long text": lambda: [
        {"op": "add", "path": "/b", "value": "x" * 100_000},
        *[{"op": "copy", "from": "/b", "path": "/a/-"}] * 1_000,
    ],
    "ever deeper objects": lambda: [
        {"op": "add", "path": "/c" + "/c" * depth, "value": {}} for depth in range(600)
    ],
    "ever deeper copies": lambda: [{"op": "copy", "from": "/c", "path": "/c/c"}] * 5_000,
    "too many operations": lambda: [{"op": "add", "path": "/a/0", "value": 0}] * 100_000,
}


@pytest.mark.parametrize("make", PATCHES.values(), ids=PATCHES)
def test_a_json_patch_makes_nothing_without_bounds(make: Callable[[], list[Any]]) -> None:
    """It is refused with the bound."""
    operations = make()

    with (
        bounded_memory(100_000_000),
        bounded_time(30),
        pytest.raises(BadRequestError, match=r"more than|at most"),
    ):
        patch({"a": [0], "c": {}}, operations)


def test_a_json_patch_within_the_bounds_is_applied() -> None:
    """And the record itself stays as it is."""
    record = {"a": [0], "b": {}}

    patched = patch(
        record, [{"op": "copy", "from": "/a", "path": "/b/c"}, {"op": "add", "path": "/a/0", "value": 1}]
    )

    assert patched == {"a": [1, 0], "b": {"c": [0]}}
    assert record == {"a": [0], "b": {}}


def test_preferences_are_read_as_before() -> None:
    """Quotes, spaces and semicolons included."""
    read = preferences.parse('foo bar=1, code = 404 ; example="a \\"b\\"", dynamic')

    assert (read.code, read.example, read.dynamic) == (404, 'a "b"', True)
