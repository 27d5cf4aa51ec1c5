"""XML that is sent: read as the schema's `xml` objects say, held to the schema, kept, and safe."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
from tests.http.calling import Answer, Caller
from tests.http.mocks import Mocks, document, echo, operation

from mockserver.http.example_requests import curl

XML = "application/xml"
TAG: dict[str, Any] = {"type": "string", "xml": {"name": "tag"}}
PET: dict[str, Any] = {
    "type": "object",
    "required": ["name", "photos"],
    "additionalProperties": False,
    "xml": {"name": "pet"},
    "properties": {
        "id": {"type": "integer", "xml": {"attribute": True}},
        "name": {"type": "string", "minLength": 1, "xml": {"prefix": "p", "namespace": "https://p.test"}},
        "born": {"type": "integer", "nullable": True, "xml": {"name": "birthYear"}},
        "tags": {"type": "array", "items": TAG, "xml": {"name": "tagList", "wrapped": True}},
        "photos": {"type": "array", "items": {"type": "string"}},
        "sizes": {"type": "array", "items": {"type": "number", "xml": {"name": "size"}}},
        "owner": {"$ref": "#/components/schemas/Owner"},
        "sold": {"type": "boolean"},
        "1st word": {"type": "string"},
    },
}
OWNER = {"type": "object", "properties": {"name": {"type": "string"}, "pets": {"type": "integer"}}}
REX = {
    "id": 7,
    "name": " Rex & Co ",
    "born": 2020,
    "tags": ["a", "b"],
    "photos": ["x", "y"],
    "sizes": [1.5, 2],
    "owner": {"name": "Ada", "pets": 1},
    "sold": True,
    "1st word": "woof",
}
WRITTEN = """<?xml version="1.0" encoding="UTF-8"?>
<!-- a comment -->
<pet xmlns="https://pets.test" xmlns:p="https://p.test" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
     xsi:schemaLocation="a b" id="7">
  <p:name> Rex &amp; <![CDATA[Co]]> </p:name>
  <birthYear>
    2020
  </birthYear>
  <tagList><tag>a</tag><tag>b</tag></tagList>
  <photos>x</photos>
  <owner><name>Ada</name><pets>1</pets></owner>
  <photos>y</photos>
  <size>1.5</size><size>2</size>
  <sold>1</sold>
  <_1st_word>woof</_1st_word>
</pet>
"""


def _call(mocks: Mocks, schema: Any, media_type: str = XML) -> Caller:
    content = {media_type: {} if schema is None else {"schema": schema}}
    paths = {"/x": {"post": operation(requestBody={"required": True, "content": content})}}
    components = {"schemas": {"Pet": PET, "Owner": OWNER}}
    return mocks.call(document(paths, components=components), handlers={"op": echo("body")})


def _post(mocks: Mocks, schema: Any, text: str | bytes, sent: str = XML, documented: str = XML) -> Answer:
    content = text if isinstance(text, bytes) else text.encode()
    return _call(mocks, schema, documented)("POST", "/x", content=content, media_type=sent)


@pytest.mark.parametrize("sent", [XML, "text/xml; charset=utf-8", "application/pet+xml"])
def test_xml_is_read_as_its_schema_says(mocks: Mocks, sent: str) -> None:
    """Attributes, other names, prefixes, lists with and without an element around them, and types."""
    documented = sent.partition(";")[0]

    answer = _post(mocks, {"$ref": "#/components/schemas/Pet"}, WRITTEN, sent, documented)

    assert (answer.status, answer.json) == (200, {"body": REX})


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "array", "items": {"type": "integer"}}, "<all><i>1</i><i>2</i></all>", [1, 2]),
        ({"type": "integer"}, "<n> 5 </n>", 5),
        ({"type": "string"}, "<n> 5 </n>", "<n> 5 </n>"),
        ({"type": "object"}, "<n/>", {}),
        ({"type": "object"}, '<n a="1"><b>2</b><c>3</c><c>4</c></n>', {"a": "1", "b": "2", "c": ["3", "4"]}),
        (None, '<n a="1"><b>2</b></n>', {"a": "1", "b": "2"}),
        (None, "<n>text</n>", "text"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "<n><b>2</b></n>", {"b": 2}),
        ({"type": "integer", "nullable": True}, "<n/>", None),
        ({"type": "integer", "nullable": True}, "<n>null</n>", None),
        (PET, "<pet><name>A</name></pet>", {"name": "A", "photos": []}),
        (PET, "<pet><name>A</name><birthYear/></pet>", {"name": "A", "born": None, "photos": []}),
        (
            PET,
            '<pet xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><name>A</name>'
            '<birthYear xsi:nil="true"/><tagList/></pet>',
            {"name": "A", "born": None, "tags": [], "photos": []},
        ),
        ({"oneOf": [{"type": "integer"}, OWNER]}, "<n><name>A</name></n>", {"name": "A"}),
        ({"allOf": [OWNER]}, "<n><pets>3</pets></n>", {"pets": 3}),
    ],
)
def test_what_elements_come_to(mocks: Mocks, schema: Any, text: str, value: Any) -> None:
    """By the type that the schema names; where it names none, what has elements is an object."""
    answer = _post(mocks, schema, text)

    assert (answer.status, answer.json) == (200, {"body": value})


@pytest.mark.parametrize(
    ("text", "pointer", "rule"),
    [
        ("<pet><photos>x</photos></pet>", "#", "required"),
        ("<pet><name/></pet>", "#/name", "minLength"),
        ("<pet><name>A</name><birthYear>soon</birthYear></pet>", "#/born", "type"),
        ("<pet><name>A</name><name>B</name></pet>", "#/name", "type"),
        ("<pet><name>A</name><wings>2</wings></pet>", "#", "additionalProperties"),
        ('<pet wings="2"><name>A</name></pet>', "#", "additionalProperties"),
        ("<pet><name><first>A</first></name></pet>", "#/name", "type"),
        ("<pet><name>A</name><owner>Ada</owner></pet>", "#/owner", "type"),
        ("<pet><name>A</name><born>2020</born></pet>", "#/born", "xml"),
        ("<pet><name>A</name><id>7</id></pet>", "#/id", "xml"),
        ("<pet><name>A</name><owner>of<name>B</name></owner></pet>", "#/owner", "xml"),
        ("<Pet><name>A</name></Pet>", "#", "xml"),
        ("<pet>text</pet>", "#", "type"),
    ],
)
def test_xml_that_does_not_fit_is_refused(mocks: Mocks, text: str, pointer: str, rule: str) -> None:
    """With a pointer into the value, as JSON has it."""
    answer = _post(mocks, PET, text)

    assert answer.status == 400
    assert {"pointer": pointer, "rule": rule}.items() <= answer.json["errors"][0].items()


BOMB = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<pet>\n  <name>A</nam>\n</pet>", "mismatched tag at line 2, column 12"),
        ("<pet>", "no element found at line 1, column 6"),
        ("{}", "not well-formed (invalid token) at line 1, column 1"),
        ("<a/><b/>", "junk after document element"),
        ("<a>&nothing;</a>", "undefined entity"),
        (b"<a>\xff</a>", "not well-formed"),
        (b"<a>\x00</a>", "not well-formed"),
        ('<?xml version="1.0" encoding="nothing"?><a/>', "encoding"),
        ('<?xml version="1.0" encoding="utf-7"?><a/>', "encoding"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "document type at line 1"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "document type"),
        (f'<!DOCTYPE a [<!ENTITY a "ha">{BOMB}]><a>&i;</a>', "document type"),
        ("<a>" * 101 + "</a>" * 101, "more than 100 levels"),
        (f"<a>{'<b/>' * 200_000}</a>", "more than 200,000 elements"),
    ],
)
def test_xml_that_cannot_be_read_is_refused(mocks: Mocks, text: str | bytes, words: str) -> None:
    """Where it is malformed is told; document types, and the entities in them, are not taken at all."""
    answer = _post(mocks, PET, text)

    assert answer.status == 400
    assert words in answer.json["detail"]
    assert "root:" not in answer.body.decode()


def test_xml_in_another_encoding_is_read_as_it_says(mocks: Mocks) -> None:
    """Its own declaration, or byte order mark, decides."""
    text = '<?xml version="1.0" encoding="ISO-8859-1"?><pet><name>Zo\u00eb</name></pet>'
    wide = '<?xml version="1.0"?><pet><name>Zo\u00eb</name></pet>'.encode("utf-16")

    for content in (text.encode("latin-1"), wide):
        assert _post(mocks, PET, content).json["body"]["name"] == "Zo\u00eb"
    assert _post(mocks, PET, content, "application/xml; charset=koi8-r").status == 415


ODD = {
    "type": "object",
    "required": ["size", "names", "either"],
    "properties": {
        # What is said beside a reference, inside of `allOf` and in a branch counts where it stands.
        "size": {"allOf": [{"type": "integer", "enum": [5]}, {"xml": {"name": "SIZE", "attribute": True}}]},
        "names": {
            "type": "array",
            "minItems": 2,
            "maxItems": 2,
            "items": {"allOf": [{"$ref": "#/components/schemas/Name"}, {"xml": {"name": "Name"}}]},
        },
        "either": {"anyOf": [{"$ref": "#/components/schemas/Left"}, {"type": "integer"}]},
    },
}
LEFT = {
    "type": "object",
    "required": ["by"],
    "properties": {"by": {"type": "string", "enum": ["a"], "xml": {"attribute": True}}},
}


def test_what_is_written_as_xml_can_be_sent_again(mocks: Mocks) -> None:
    """However the document says what things are called."""
    schemas = {"Odd": ODD, "Name": {"type": "string", "minLength": 2}, "Left": LEFT}
    content = {XML: {"schema": {"$ref": "#/components/schemas/Odd"}}}
    shown = operation("show", responses={"200": {"description": "", "content": content}})
    paths = {"/x": {"get": shown, "post": operation(requestBody={"content": content})}}
    call = mocks.call(document(paths, components={"schemas": schemas}), handlers={"op": echo("body")})

    written = call("GET", "/x").body
    answer = call("POST", "/x", content=written, media_type=XML)

    for part in (b' SIZE="5"', b"<Name>", b'<either by="a"/>'):
        assert part in written
    assert answer.status == 200
    assert answer.json["body"]["size"] == 5
    assert len(answer.json["body"]["names"]) == 2
    assert answer.json["body"]["either"] == {"by": "a"}


def test_what_is_sent_as_xml_is_kept(mocks: Mocks) -> None:
    """It is created, changed and shown like what is sent as JSON, in either form."""
    pet = {"$ref": "#/components/schemas/Pet"}
    both = {"content": {name: {"schema": pet} for name in ("application/json", XML)}}
    one = {"200": {"description": "", **both}}
    item = {"parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]}
    paths = {
        "/pets": {"post": {"requestBody": both, "responses": {"201": {"description": "", **both}}}},
        "/pets/{id}": {**item, "get": {"responses": one}, "put": {"requestBody": both, "responses": one}},
    }
    call = mocks.call(document(paths, components={"schemas": {"Pet": PET, "Owner": OWNER}}))

    created = call("POST", "/pets", content=WRITTEN.encode(), media_type=XML)
    target = f"/pets/{created.json['id']}"
    shown = call("GET", target, headers={"accept": XML})
    renamed = shown.body.replace(b" Rex &amp; Co ", b"Max")
    changed = call("PUT", target, content=renamed, media_type=XML)

    assert created.status == 201
    assert created.json | {"id": 7} == REX
    assert changed.status == 200
    assert call("GET", target).json == {**created.json, "name": "Max"}


def test_the_request_to_paste_is_xml_where_nothing_else_is_taken(mocks: Mocks) -> None:
    """And is taken as it stands."""
    pet = {
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"type": "string", "example": "A b"}},
    }
    body = {"required": True, "content": {XML: {"schema": {**pet, "xml": {"name": "pet"}}}}}
    content = document({"/x": {"post": operation(requestBody=body)}})
    application = mocks.build(content, handlers={"op": echo("body")})
    service = application.services["shop"]

    words = shlex.split(curl(service, service.document.operation("op"), "http://mock.test"))

    sent = words[words.index("--data-raw") + 1].encode()
    assert f"Content-Type: {XML}" in words
    answer = Caller(application.asgi)("POST", "/x", content=sent, media_type=XML)
    assert answer.json == {"body": {"name": "A b"}}
