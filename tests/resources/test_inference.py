"""What is inferred from paths and schemas, and what is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.resources.mocking import answering, build_mock, mock, parameter, taking

from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.explanation import explain
from mockserver.resources.infer.identifiers import candidates, identifying
from mockserver.resources.infer.path_templates import full_name, segments_of, short_name
from mockserver.resources.infer.plan_fields.actions import infer_effect
from mockserver.resources.records.patches import merge

THING = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "string"}, "size": {"type": "integer"}},
}
LIST = {"type": "array", "items": THING}


def told(folder: Path, paths: dict[str, Any], **root: Any) -> dict[str, str]:
    """How each operation will be answered, by method and path."""
    service = next(iter(build_mock({"paths": paths, **root}, folder).services.values()))
    return {f"{row.method} {row.path}": row.answer for row in explain(service.document, {}, service.fallback)}


def things(item: str = "/things/{id}", collection: str = "/things", **further: Any) -> dict[str, Any]:
    """Paths of a collection that is listed and created, and its items that are read and deleted."""
    name = item.rpartition("{")[2].partition("}")[0]
    beside = [parameter(name, "path")]
    return {
        collection: {
            "get": answering(LIST),
            "post": {**taking(THING), **answering(THING, "201")},
        },
        item: {
            "get": {"parameters": beside, **answering(THING)},
            "delete": {"parameters": beside, "responses": {"204": {"description": ""}}},
        },
        **further,
    }


@pytest.mark.parametrize(
    ("path", "segments"),
    [
        ("/", ()),
        ("/x/", ("x",)),
        ("/x/{id}", ("x", None)),
        ("/x/{id}.json", ("x", None)),
        ("/x.json", ("x",)),
        ("/x/{id}:cancel", ("x", None, "cancel")),
        ("/x/{a}-{b}", None),
        ("/x/y{a}", None),
    ],
)
def test_paths_are_taken_apart(path: str, segments: tuple[str | None, ...] | None) -> None:
    """Suffixes and custom methods are read; parameters inside of segments are not."""
    assert segments_of(path) == segments


def test_collections_have_short_names() -> None:
    """Of fixed segments in a row the last one names a collection."""
    segments = segments_of("/api/v1/customers/{id}/orders") or ()

    assert short_name(segments) == "customers.orders"
    assert full_name(segments) == "/api/v1/customers/*/orders"


@pytest.mark.parametrize(
    ("parameter_name", "word", "properties", "expected"),
    [
        ("petId", "pets", ("name", "id"), "id"),
        ("pet_id", "pets", ("petId", "id"), "petId"),
        ("slug", "articles", ("id", "slug"), "slug"),
        ("customer", "customers", ("id", "name"), "id"),
        ("issue_number", "issues", ("id", "number"), "number"),
        ("username", "users", ("id", "username"), "username"),
        ("order_uuid", "orders", ("title", "uuid"), "uuid"),
        ("name", "queues", ("size",), None),
    ],
)
def test_the_parameter_tells_the_property_that_identifies(
    parameter_name: str, word: str, properties: tuple[str, ...], expected: str | None
) -> None:
    """Of all properties the one that the path's parameter speaks of."""
    schemas = {name: {"type": "string"} for name in properties}

    assert identifying(SchemaReader({}), schemas, candidates(parameter_name, word)) == expected


@pytest.mark.parametrize(
    ("action", "properties", "expected"),
    [
        ("cancel", {"status": {"enum": ["open", "cancelled"]}}, {"status": "cancelled"}),
        ("cancel", {"state": {"enum": ["OPEN", "CANCELED"]}}, {"state": "CANCELED"}),
        ("publish", {"status": {"enum": ["draft", "published"]}}, {"status": "published"}),
        ("complete", {"status": {"enum": ["done"]}}, {"status": "done"}),
        ("close", {"status": {"enum": ["open", "closed"]}}, {"status": "closed"}),
        ("archive", {"archived": {"type": "boolean"}}, {"archived": True}),
        ("unstar", {"starred": {"type": "boolean"}}, {"starred": False}),
        ("ship", {"status": {"enum": ["open", "closed"]}}, {}),
    ],
)
def test_an_action_changes_what_its_name_fits(
    action: str, properties: dict[str, Any], expected: dict[str, Any]
) -> None:
    """A state among the documented ones, or a flag; nothing where nothing fits."""
    assert infer_effect(SchemaReader({}), properties, action).sets == expected


@pytest.mark.parametrize(
    ("target", "patch", "expected"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": "foo"}, None, None),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patches_do_what_the_rfc_shows(target: Any, patch: Any, expected: Any) -> None:
    """Cases of RFC 7396, appendix A."""
    assert merge(target, patch) == expected


@pytest.mark.parametrize(
    ("collection", "item"),
    [
        ("/things", "/things/{id}"),
        ("/things/", "/things/{thing_id}/"),
        ("/api/v2/things", "/api/v2/things/{thingId}"),
        ("/things.json", "/things/{id}.json"),
    ],
)
def test_collections_and_items_are_found_however_paths_are_written(
    tmp_path: Path, collection: str, item: str
) -> None:
    """Trailing slashes, versions and suffixes do not hide a resource."""
    answers = told(tmp_path, things(item, collection))

    assert list(answers.values()) == [
        "list of things",
        "create things by id",
        "read things by id",
        "delete things by id",
    ]


def test_what_plays_no_part_is_answered_by_the_document(tmp_path: Path) -> None:
    """Computed things, texts and statuses without a body are not mistaken for records."""
    paths = {
        "/sum": {"post": {**taking({"type": "object"}), **answering({"type": "integer"})}},
        "/version": {"get": answering({"type": "object", "properties": {"version": {"type": "string"}}})},
        "/jobs": {"post": {"responses": {"202": {"description": ""}}}},
    }

    assert list(told(tmp_path, paths).values()) == ["200 generated", "200 generated", "202 without a body"]


def test_inference_can_be_switched_off(tmp_path: Path) -> None:
    """`x-mock: {stateless: true}` leaves an operation, a path or a document to what it documents."""
    paths = things()
    paths["/things/{id}"]["delete"]["x-mock"] = {"stateless": True}
    off = {"x-mock": {"stateless": True}}

    assert told(tmp_path, paths)["DELETE /things/{id}"] == "204 without a body"
    assert told(tmp_path, paths)["GET /things/{id}"] == "read things by id"
    assert told(tmp_path, things(), **off)["GET /things/{id}"] == "200 generated"
    paths["/things/{id}"]["x-mock"] = {"stateless": True}
    assert told(tmp_path, paths)["GET /things/{id}"] == "200 generated"


def test_name_and_id_can_be_said(tmp_path: Path) -> None:
    """`x-mock` beside a collection's path names the resource and the property that identifies."""
    paths = things(item="/things/{ref}")
    paths["/things"]["x-mock"] = {"resource": "stuff", "id": "size"}

    assert told(tmp_path, paths)["GET /things/{ref}"] == "read stuff by size"
    call = mock({"paths": paths}, tmp_path)
    assert call("GET", "/things/12").json["size"] == 12
    assert call("GET", "/__admin/state/api/stuff/12").json["size"] == 12


def test_two_collections_of_one_name_are_kept_apart(tmp_path: Path) -> None:
    """Collections whose records differ share no state, whatever they are called."""
    other = {**THING, "properties": {"id": {"type": "string"}, "colour": {"type": "string"}}}
    paths = {**things(), "/shed/things": {"get": answering({"type": "array", "items": other})}}
    paths["/shed/things/{id}"] = {"get": {"parameters": [parameter("id", "path")], **answering(other)}}

    assert told(tmp_path, paths)["GET /shed/things"] == "list of /shed/things"
    assert "colour" in mock({"paths": paths}, tmp_path)("GET", "/shed/things/1").json


def test_another_way_to_list_is_a_list_of_the_same(tmp_path: Path) -> None:
    """`/things/bySize` lists the things that are there."""
    ref = {"$ref": "#/components/schemas/Thing"}
    listing = {
        "parameters": [parameter("size", type="integer")],
        **answering({"type": "array", "items": ref}),
    }
    paths = {
        "/things": {"post": {**taking(ref), **answering(ref, "201")}},
        "/things/bySize": {"get": listing},
        "/things/{id}": {"get": {"parameters": [parameter("id", "path")], **answering(ref)}},
    }
    call = mock({"paths": paths, "components": {"schemas": {"Thing": THING}}}, tmp_path)
    created = call("POST", "/things", {"id": "mine", "size": 987654}).json

    assert call("GET", "/things/bySize?size=987654").json == [created]
    assert call("GET", "/things/mine").json == created


def test_records_begin_with_the_documents_examples(tmp_path: Path) -> None:
    """What a list's example shows is what is there."""
    paths = things()
    example = [{"id": "a", "size": 1}, {"id": "b", "size": 2}]
    paths["/things"]["get"] = answering(LIST, example=example)
    call = mock({"paths": paths}, tmp_path)

    assert call("GET", "/things").json == example
    assert call("GET", "/things/b").json == example[1]


def test_an_id_that_is_taken_is_a_conflict_where_that_is_documented(tmp_path: Path) -> None:
    """A client may choose an id; a second of the same is 409 if the document knows that answer."""
    paths = things()
    paths["/things"]["post"]["responses"]["409"] = {"description": ""}
    call = mock({"paths": paths}, tmp_path)

    assert call("POST", "/things", {"id": "mine"}).status == 201
    assert call("POST", "/things", {"id": "mine"}).status == 409


def test_put_creates_where_the_document_says_so(tmp_path: Path) -> None:
    """PUT on what was deleted is 201 where that is documented, else 404."""
    paths = things()
    put = {"parameters": [parameter("id", "path")], **taking(THING), **answering(THING)}
    paths["/things/{id}"]["put"] = put
    call = mock({"paths": paths}, tmp_path)
    call("DELETE", "/things/a")
    assert call("PUT", "/things/a", {"id": "a"}).status == 404

    put["responses"] |= answering(THING, "201")["responses"]
    call = mock({"paths": paths}, tmp_path)
    call("DELETE", "/things/a")
    created = call("PUT", "/things/a", {"id": "a", "size": 3})

    assert (created.status, created.json) == (201, {"id": "a", "size": 3})
    assert call("PUT", "/things/a", {"id": "a", "size": 4}).status == 200
    assert call("GET", "/things/a").json["size"] == 4


def test_a_fixture_closes_the_world(tmp_path: Path) -> None:
    """Where records were written down only those are known."""
    fixtures = tmp_path / "fixtures"
    fixtures.mkdir()
    (fixtures / "api.yaml").write_text("collections: {things: {records: [{id: a, size: 1}]}}", "utf-8")
    call = mock({"paths": things()}, tmp_path, fixtures=fixtures)

    assert call("GET", "/things").json == [{"id": "a", "size": 1}]
    assert call("GET", "/things/b").status == 404
    assert call("DELETE", "/things/a").status == 204
    assert call("GET", "/things").json == []


def test_nothing_is_below_what_a_fixture_does_not_have(tmp_path: Path) -> None:
    """A collection for the parts of all things makes no thing, and keeps none that was deleted."""
    part = {"type": "object", "properties": {"id": {"type": "string"}, "thing_id": {"type": "string"}}}
    paths = things()
    paths["/things/{thingId}/parts"] = {
        "parameters": [parameter("thingId", "path")],
        "get": answering({"type": "array", "items": part}),
    }
    fixtures = tmp_path / "fixtures"
    fixtures.mkdir()
    written = "{things: {records: [{id: a, size: 1}]}, parts: {records: [{id: p, thing_id: a}]}}"
    (fixtures / "api.yaml").write_text(f"collections: {written}", "utf-8")
    call = mock({"paths": paths}, tmp_path, fixtures=fixtures)

    assert call("GET", "/things/a/parts").json == [{"id": "p", "thing_id": "a"}]
    assert call("GET", "/things/b/parts").status == 404
    call("DELETE", "/things/a")
    assert call("GET", "/things/a/parts").status == 404


def test_paths_of_one_word_are_kept_apart(tmp_path: Path) -> None:
    """Templates that differ in how many parameters follow share no state, whichever is asked first."""
    shown = {"type": "object", "properties": {"label": {"type": "string"}}}
    parameters = [parameter(name, "path") for name in "abc"]
    paths = {
        "/chart/{a}/{b}/{c}": {"get": {"parameters": parameters, **answering(shown)}},
        "/chart/{a}/{b}": {"get": {"parameters": parameters[:2], **answering(shown)}},
    }
    answers = set(told(tmp_path, paths).values())
    call = mock({"paths": paths}, tmp_path)

    assert len(answers) == 2
    assert call("GET", "/chart/1/2").status == call("GET", "/chart/1/2/3").status == 200


def test_a_receipt_tells_the_id_of_what_was_created(tmp_path: Path) -> None:
    """An answer that is not the record itself carries its id."""
    paths = things()
    receipt = {"type": "object", "required": ["itemId"], "properties": {"itemId": {"type": "string"}}}
    paths["/things"]["post"] |= answering(receipt, "201")
    call = mock({"paths": paths}, tmp_path)

    created = call("POST", "/things", {"id": "mine", "size": 3})

    assert created.json == {"itemId": "mine"}
    assert call("GET", "/things/mine").json == {"id": "mine", "size": 3}


def test_a_path_of_nothing_but_a_parameter_hides_nobody(tmp_path: Path) -> None:
    """`/` and `/{id}` beside other paths leave those what they are."""
    paths = things()
    paths["/"] = {"get": answering({"type": "object"})}
    paths["/{id}"] = {"get": {"parameters": [parameter("id", "path")], **answering(THING)}}

    assert told(tmp_path, paths)["GET /things"] == "list of things"
    assert mock({"paths": paths}, tmp_path)("GET", "/x").json["id"] == "x"


def test_the_record_is_the_one_that_others_show_too(tmp_path: Path) -> None:
    """A record that is read as itself or as a deleted one is created as itself."""
    schemas = {
        "Thing": THING,
        "Gone": {
            "type": "object",
            "required": ["id", "deleted"],
            "properties": {"id": {"type": "string"}, "deleted": {"type": "boolean", "enum": [True]}},
        },
    }
    ref, gone = ({"$ref": f"#/components/schemas/{name}"} for name in schemas)
    one = [parameter("id", "path")]
    paths = {
        "/things": {"post": {**taking(ref), **answering(ref, "201")}},
        "/things/{id}": {"get": {"parameters": one, **answering({"anyOf": [gone, ref]})}},
    }
    call = mock({"paths": paths, "components": {"schemas": schemas}}, tmp_path)

    created = call("POST", "/things", {"id": "mine", "size": 3}).json

    assert created == {"id": "mine", "size": 3}
    assert call("GET", "/things/mine").json == created


def test_a_post_at_an_item_may_answer_what_is_there_or_what_is_deleted(tmp_path: Path) -> None:
    """It changes the record where `anyOf` its answers shows one."""
    schemas = {
        "Place": {
            "type": "object",
            "required": ["id"],
            "properties": {"id": {"type": "string"}, "city": {"type": "string"}},
        },
        "Deleted": {
            "type": "object",
            "required": ["id", "deleted"],
            "properties": {"id": {"type": "string"}, "deleted": {"enum": [True]}},
        },
    }
    place = {"$ref": "#/components/schemas/Place"}
    either = answering({"anyOf": [place, {"$ref": "#/components/schemas/Deleted"}]})
    sent = {"type": "object", "properties": {"city": {"type": "string"}}}
    named = [parameter("place", "path")]
    paths = {
        "/places": {"get": answering({"type": "array", "items": place}), "post": answering(place)},
        "/places/{place}": {
            "get": {"parameters": named, **either},
            "post": {"parameters": named, **taking(sent), **either},
        },
    }
    call = mock({"paths": paths, "components": {"schemas": schemas}}, tmp_path)

    changed = call("POST", "/places/p1", {"city": "Lima"}).json

    assert changed == {"id": "p1", "city": "Lima"}
    assert call("GET", "/places/p1").json == changed


def test_a_post_at_an_item_that_takes_its_properties_changes_it(tmp_path: Path) -> None:
    """Though it answers nothing; one that takes something else does what nobody knows."""
    named = [parameter("id", "path")]

    def calling(sent: Any) -> Any:
        post = {"parameters": named, **taking(sent), "responses": {"202": {"description": ""}}}
        paths = {"/things/{id}": {"get": {"parameters": named, **answering(THING)}, "post": post}}
        return mock({"paths": paths}, tmp_path)

    call = calling({"type": "object", "properties": {"size": {"type": "integer"}}})
    assert call("POST", "/things/one", {"size": 77}).status == 202
    assert call("GET", "/things/one").json["size"] == 77

    call = calling({"type": "object", "properties": {"size": {}, "times": {}}})
    call("POST", "/things/one", {"size": 77, "times": 2})
    assert call("GET", "/things/one").json["size"] != 77
