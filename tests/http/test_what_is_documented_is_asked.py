"""What a document promises of requests is asked of them: ranges, discriminators, parts, lists in maps."""

from __future__ import annotations

from typing import Any

import pytest
from tests.http.calling import Caller
from tests.http.mocks import Mocks, document, echo, operation

TEXT = {"type": "string"}
LISTS: dict[str, Any] = {
    "type": "object",
    "additionalProperties": {"type": "array", "items": {"type": "integer"}},
}
VERSIONS = ("3.0.3", "3.1.0")


def taking(mocks: Mocks, schema: Any, media_type: str = "application/json", **more: Any) -> Caller:
    """A mock whose operation takes a body and answers with what it has read."""
    media = {"schema": schema, **more.pop("media", {})}
    body = {"required": True, "content": {media_type: media}}
    responses = {"200": {"description": "", "content": {"application/json": {}}}, **more.pop("responses", {})}
    post = {**operation(requestBody=body), "responses": responses}
    return mocks.call(document({"/x": {"post": post}}, **more), handlers={"op": echo("body")})


def parts(*fields: tuple[str, str, str]) -> dict[str, Any]:
    """A multipart form of fields with a file name where they have a media type."""
    lines = []
    for name, media_type, text in fields:
        file = f'; filename="a"\r\nContent-Type: {media_type}' if media_type else ""
        lines.append(f'--b\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n{text}\r\n')
    return {
        "content": ("".join(lines) + "--b--\r\n").encode(),
        "media_type": "multipart/form-data; boundary=b",
    }


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [
        ("int8", -128, 127),
        ("int32", -(2**31), 2**31 - 1),
        ("int64", -(2**63), 2**63 - 1),
        ("uint16", 0, 65535),
    ],
)
def test_an_integer_is_within_its_format(
    mocks: Mocks, version: str, kind: str, least: int, most: int
) -> None:
    """Both ends fit, and one more does not."""
    call = taking(mocks, {"type": "integer", "format": kind}, openapi=version)

    statuses = [call("POST", "/x", value).status for value in (least - 1, least, most, most + 1)]
    assert statuses == [400, 200, 200, 400]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_read_only_property_is_required_by_no_other_branch(mocks: Mocks, version: str) -> None:
    """Neither by one that is written in place, nor by one that is referred to; the others are required."""
    schemas = {
        "Base": {"type": "object", "properties": {"id": {"type": "integer", "readOnly": True}, "name": TEXT}},
        "Known": {"required": ["id", "name"]},
        "Thing": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"$ref": "#/components/schemas/Known"}]},
    }
    call = taking(
        mocks, {"$ref": "#/components/schemas/Thing"}, openapi=version, components={"schemas": schemas}
    )

    assert call("POST", "/x", {"name": "Aloe"}).status == 200
    assert call("POST", "/x", {}).status == 400


def test_a_discriminator_without_mapping_refuses_unknown_values(mocks: Mocks) -> None:
    """The values are the names of the schemas, unless an example says otherwise."""

    def animals(**kind: Any) -> dict[str, Any]:
        one = {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string", **kind}}}
        refs = [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]
        either = {"anyOf": refs, "discriminator": {"propertyName": "kind"}}
        return {"schemas": {"Cat": one, "Dog": one, "Pet": either}}

    pet = {"$ref": "#/components/schemas/Pet"}
    strict = taking(mocks, pet, components=animals())
    assert [strict("POST", "/x", {"kind": kind}).status for kind in ("Cat", "Dog", "Cow")] == [200, 200, 400]

    loose = taking(mocks, pet, components=animals(example="cat"))
    assert loose("POST", "/x", {"kind": "cat"}).status == 200


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("f[a]=1&f[a]=2&f[b]=3", {"a": [1, 2], "b": [3]}),
        ("f[a][]=1&f[a][]=2", {"a": [1, 2]}),
        ("f[a]=1", {"a": [1]}),
    ],
)
def test_a_deep_object_maps_names_to_lists(mocks: Mocks, query: str, value: Any) -> None:
    """A name given twice is a list of two, a name given once a list of one."""
    parameter = {"name": "f", "in": "query", "style": "deepObject", "explode": True, "schema": LISTS}
    content = document({"/x": {"get": operation(parameters=[parameter])}})

    assert mocks.call(content, handlers={"op": echo("f")})("GET", f"/x?{query}").json == {"f": value}


FORMS = [
    pytest.param("sizes[eu]=40&sizes[eu]=41&sizes[us]=7", id="repeated"),
    pytest.param("sizes[eu][]=40&sizes[eu][]=41&sizes[us][]=7", id="brackets"),
    pytest.param("sizes[eu][0]=40&sizes[eu][1]=41&sizes[us][0]=7", id="places"),
]


@pytest.mark.parametrize("form", FORMS)
def test_forms_map_names_to_lists(mocks: Mocks, form: str) -> None:
    """In forms of either kind."""
    schema = {"type": "object", "properties": {"sizes": LISTS}}
    read = {"body": {"sizes": {"eu": [40, 41], "us": [7]}}}
    fields = [(name, "", value) for name, value in (pair.split("=") for pair in form.split("&"))]

    plain = taking(mocks, schema, "application/x-www-form-urlencoded")
    assert (
        plain("POST", "/x", content=form.encode(), media_type="application/x-www-form-urlencoded").json
        == read
    )
    assert taking(mocks, schema, "multipart/form-data")("POST", "/x", **parts(*fields)).json == read


def test_brackets_append_texts_and_files_alike(mocks: Mocks) -> None:
    """`tags[]` and `files[]`, as many clients write lists."""
    files = {"type": "array", "items": {"type": "string", "format": "binary"}}
    schema = {
        "type": "object",
        "required": ["files", "tags"],
        "properties": {"files": files, "tags": LISTS["additionalProperties"]},
    }
    sent = parts(("files[]", "text/plain", "one"), ("files[]", "text/plain", "two"), ("tags[]", "", "3"))

    answer = taking(mocks, schema, "multipart/form-data")("POST", "/x", **sent)

    assert answer.json == {"body": {"files": ["one", "two"], "tags": [3]}}


@pytest.mark.parametrize(("responses", "status"), [({}, 400), ({"415": {"description": ""}}, 415)])
def test_a_part_has_a_type_of_its_encoding(mocks: Mocks, responses: Any, status: int) -> None:
    """Ranges are allowed for; another type is refused with the documented status."""
    schema = {"type": "object", "properties": {"picture": {"type": "string", "format": "binary"}}}
    media = {"encoding": {"picture": {"contentType": "image/png, video/*"}}}
    call = taking(mocks, schema, "multipart/form-data", media=media, responses=responses)

    sent = [
        call("POST", "/x", **parts(("picture", kind, "x"))) for kind in ("image/png", "video/mp4", "text/csv")
    ]

    assert [answer.status for answer in sent] == [200, 200, status]
    assert "picture" in sent[2].json["detail"]


PATCH = "application/json-patch+json"
NOTE = {
    "type": "object",
    "required": ["title"],
    "properties": {"id": {"type": "integer", "readOnly": True}, "title": TEXT, "stars": {"type": "integer"}},
}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"op": "replace", "path": "/title", "value": 5}, 422),
        ({"op": "remove", "path": "/title"}, 422),
        ({"op": "replace", "path": "", "value": []}, 422),
        ({"op": "test", "path": "/title", "value": 5}, 409),
        ({"op": "remove", "path": "/stars/1/2"}, 409),
        ({"op": "move", "path": "/title", "from": 5}, 400),
        ({"op": "replace", "path": "/stars", "value": 5}, 200),
    ],
)
def test_a_patch_whose_result_breaks_the_schema_is_refused(mocks: Mocks, change: Any, status: int) -> None:
    """With the documented status, without Python's types, and without a change."""
    content = {"content": {"application/json": {"schema": NOTE}}}
    answers = {
        "200": {"description": "", **content},
        **{code: {"description": ""} for code in ("400", "409", "422")},
    }
    number = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    taken = {"content": {PATCH: {"schema": {"type": "array", "items": {"type": "object"}}}}}
    call = mocks.call(
        document(
            {
                "/notes": {"post": {"requestBody": content, "responses": {"201": answers["200"]}}},
                "/notes/{id}": {
                    "parameters": [number],
                    "get": {"responses": answers},
                    "patch": {"requestBody": taken, "responses": answers},
                },
            }
        )
    )
    record = call("POST", "/notes", {"title": "Milk", "stars": 2}).json

    answer = call("PATCH", f"/notes/{record['id']}", [change], media_type=PATCH)

    assert answer.status == status
    assert b"<class" not in answer.body
    shown = call("GET", f"/notes/{record['id']}").json
    assert shown == ({**record, "stars": 5} if status == 200 else record)


@pytest.mark.parametrize(
    ("path", "meant", "difference"),
    [
        ("/users", "GET /api/v1/users", "'/api/v1' is missing at the start"),
        ("/users/3", "GET /api/v1/users/{id}", "'/api/v1' is missing at the start"),
        ("/api/v1/users/", "GET /api/v1/users", "the trailing slash is too much"),
        ("/api/v1/things", "GET /api/v1/things/", "the trailing slash is missing"),
    ],
)
def test_base_paths_and_slashes_are_named(mocks: Mocks, path: str, meant: str, difference: str) -> None:
    """The operation that was meant comes before others that end alike."""
    number = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]
    paths = {
        "/things/": {"get": operation("things")},
        "/users": {"get": operation("users")},
        "/users/{id}": {"get": operation("user", parameters=number)},
    }
    call = mocks.call(document(paths, servers=[{"url": "https://users.example/api/v1"}]))

    answer = call("GET", path)

    assert answer.status == 404
    assert f"Did you mean {meant}?" in answer.json["detail"]
    assert answer.json["near"][0]["difference"] == difference


def test_a_request_is_served_leniently_where_that_is_preferred(mocks: Mocks) -> None:
    """What is wrong is listed in a header and in the journal; without the preference it is refused."""
    item = {
        "type": "object",
        "required": ["name", "size"],
        "properties": {
            "id": {"type": "integer", "readOnly": True},
            "name": TEXT,
            "size": {"type": "integer"},
        },
    }
    body = {"required": True, "content": {"application/json": {"schema": item}}}
    limit = {"name": "limit", "in": "query", "required": True, "schema": {"type": "integer"}}
    answer = {"201": {"description": "", "content": {"application/json": {"schema": item}}}}
    items = {"application/json": {"schema": {"type": "array", "items": item}}}
    listing = {"responses": {"200": {"description": "", "content": items}}}
    post = {"parameters": [limit], "requestBody": body, "responses": answer}
    call = mocks.call(document({"/x": {"get": listing, "post": post}}))

    refused = call("POST", "/x?limit=many", {"name": "a", "size": "big"})
    served = call(
        "POST", "/x?limit=many", {"name": "a", "size": "big"}, headers={"prefer": "handling=lenient"}
    )

    assert refused.status == 400
    assert (served.status, served.json["name"]) == (201, "a")
    assert served.header("preference-applied") == "handling=lenient"
    listed = str(served.header("x-mock-violations"))
    assert "query limit" in listed
    assert "body /size" in listed
    journal = call("GET", "/__admin/requests?limit=1").json
    assert "lenient" in str(journal) or "violations" in str(journal)


def test_an_exact_success_comes_before_a_range(mocks: Mocks) -> None:
    """201 before 2XX, and a range before `default`."""
    empty: dict[str, Any] = {"description": ""}
    answers = {"default": empty, "2XX": empty, "201": empty}
    paths = {
        "/x": {"post": {"responses": answers}},
        "/y": {"post": {"responses": {"default": empty, "2XX": empty}}},
    }
    call = mocks.call(document(paths))

    assert [call("POST", path).status for path in ("/x", "/y")] == [201, 200]


@pytest.mark.parametrize(("responses", "status"), [({"415": {"description": ""}}, 415), ({}, 200)])
def test_a_body_is_refused_where_415_and_no_body_is_documented(
    mocks: Mocks, responses: dict[str, Any], status: int
) -> None:
    """Elsewhere it is ignored, as HTTP allows."""
    post = {"responses": {"200": {"description": ""}, **responses}}
    call = mocks.call(document({"/x": {"post": post}}))

    assert call("POST", "/x", content=b"<a/>", media_type="application/xml").status == status
    assert call("POST", "/x").status == 200
