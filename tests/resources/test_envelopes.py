"""Where documents put their records: in envelopes, in lists of one, as bare ids, in objects of the record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.resources.mocking import answering, mock, parameter, taking

TEXT = {"type": "string"}
SENT = {"type": "object", "properties": {"name": TEXT, "size": {"type": "integer"}}}
PORTAL = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {**TEXT, "readOnly": True}, "name": TEXT, "size": {"type": "integer"}},
}
BODY = {"name": "Front", "size": 3}


def enveloped(**properties: Any) -> dict[str, Any]:
    """A body's schema."""
    return {"type": "object", "required": list(properties), "properties": properties}


def portals(create: Any, read: Any, listed: Any, record: str = "{id}", collection: str = "/portals") -> Any:
    """A document's paths: portals are created from a flat body, read, listed and deleted."""
    above = [parameter(name, "path") for name in ("owner",) if name in collection]
    beside = [*above, parameter(record.strip("{}"), "path")]
    return {
        "paths": {
            collection: {
                "get": {"parameters": above, **answering(listed)},
                "post": {"parameters": above, **taking(SENT), **answering(create)},
            },
            f"{collection}/{record}": {
                "get": {"parameters": beside, **answering(read)},
                "delete": {"parameters": beside, "responses": {"204": {"description": ""}}},
            },
        }
    }


def test_the_envelope_is_called_as_one_record_is(tmp_path: Path) -> None:
    """`{"portal": {…}}` below `/portals` holds what was sent flat, beside what else it says."""
    shown = enveloped(portal=PORTAL, errors={"type": "array", "items": {"type": "object"}})
    call = mock(portals(shown, shown, enveloped(portals={"type": "array", "items": PORTAL})), tmp_path)

    created = call("POST", "/portals", BODY).json["portal"]

    assert created == {**BODY, "id": created["id"]}
    assert call("GET", f"/portals/{created['id']}").json["portal"] == created
    assert created in call("GET", "/portals").json["portals"]


def test_the_only_property_of_a_body_is_an_envelope(tmp_path: Path) -> None:
    """Whatever it is called, in the list too: `{"Response": {"Item": [{…}]}}`."""
    shown = enveloped(PortalResponse=PORTAL)
    listed = enveloped(PortalsResponse=enveloped(Item={"type": "array", "items": PORTAL}))
    call = mock(portals(shown, shown, listed), tmp_path)

    created = call("POST", "/portals", BODY).json["PortalResponse"]

    assert created["name"] == "Front"
    assert created in call("GET", "/portals").json["PortalsResponse"]["Item"]


def test_a_property_that_is_an_object_is_no_id(tmp_path: Path) -> None:
    """`{"portal": {…}}` below `/portals/{portal}` is an envelope and not a record with an id."""
    shown = enveloped(portal=PORTAL)
    listed = enveloped(portals={"type": "array", "items": PORTAL})
    call = mock(portals(shown, shown, listed, "{portal}"), tmp_path)

    created = call("POST", "/portals", BODY).json["portal"]

    assert created in call("GET", "/portals").json["portals"]


def test_data_of_any_names_is_the_records_own(tmp_path: Path) -> None:
    """The `data` of a config map is a part of it and no envelope."""
    settings = {"type": "object", "additionalProperties": TEXT}
    record = {
        "type": "object",
        "properties": {"kind": TEXT, "data": settings, "metadata": {"type": "object"}},
    }
    paths = portals(record, record, {"type": "array", "items": record}, "{name}")
    paths["paths"]["/portals"]["post"] |= taking(record)
    call = mock(paths, tmp_path)

    created = call("POST", "/portals", {"kind": "ConfigMap", "data": {"a": "b"}})

    read = call("GET", str(created.header("location"))).json
    assert (read["kind"], read["data"]) == ("ConfigMap", {"a": "b"})


def test_elements_of_lists_have_envelopes_too(tmp_path: Path) -> None:
    """`[{"portal": {…}}]`, as Rails writes lists."""
    call = mock(portals(PORTAL, PORTAL, {"type": "array", "items": {**enveloped(portal=PORTAL)}}), tmp_path)

    created = call("POST", "/portals", BODY).json

    assert {"portal": created} in call("GET", "/portals").json


def test_a_list_may_be_one_of_ids(tmp_path: Path) -> None:
    """`{"portalIds": […]}` has the new one, and has it no more when it is deleted."""
    call = mock(portals(PORTAL, PORTAL, enveloped(portalIds={"type": "array", "items": TEXT})), tmp_path)

    created = call("POST", "/portals", BODY).json["id"]

    assert created in call("GET", "/portals").json["portalIds"]
    call("DELETE", f"/portals/{created}")
    assert created not in call("GET", "/portals").json["portalIds"]


def test_reading_and_creating_may_answer_a_list_of_one(tmp_path: Path) -> None:
    """The record alone is in it; when it is deleted, it is not found."""
    several = {"type": "array", "items": PORTAL}
    call = mock(portals(several, several, several), tmp_path)

    (created,) = call("POST", "/portals", BODY).json

    assert call("GET", f"/portals/{created['id']}").json == [created]
    call("DELETE", f"/portals/{created['id']}")
    assert call("GET", f"/portals/{created['id']}").status == 404


def test_creating_may_answer_the_bare_id(tmp_path: Path) -> None:
    """The number that comes back leads to what was sent."""
    record = {**PORTAL, "properties": {**PORTAL["properties"], "id": {"type": "integer"}}}  # type: ignore[dict-item]
    call = mock(portals({"type": "integer"}, record, {"type": "array", "items": record}), tmp_path)

    created = call("POST", "/portals", BODY).json

    assert call("GET", f"/portals/{created}").json == {**BODY, "id": created}


def test_location_leads_to_what_no_answer_names(tmp_path: Path) -> None:
    """Where the answer has no id, of whatever status it is, `Location` has it."""
    call = mock(portals(SENT, SENT, {"type": "array", "items": SENT}), tmp_path)

    created = call("POST", "/portals", BODY)

    assert created.status == 200
    assert call("GET", str(created.header("location"))).json == BODY


def test_a_collection_may_stand_right_below_its_owner(tmp_path: Path) -> None:
    """`POST /portals/{owner}` creates what `GET /portals/{owner}/{id}` reads."""
    call = mock(
        portals(PORTAL, PORTAL, {"type": "array", "items": PORTAL}, collection="/portals/{owner}"), tmp_path
    )

    created = call("POST", "/portals/ada", BODY).json

    assert call("GET", f"/portals/ada/{created['id']}").json == created
    assert created in call("GET", "/portals/ada").json


def test_what_is_sent_flat_is_shown_in_the_object_that_has_it(tmp_path: Path) -> None:
    """Of `{"name": …, "definition": {"size": …}}` the size is sent beside the name."""
    record = {
        "type": "object",
        "required": ["id", "definition"],
        "properties": {
            "id": {**TEXT, "readOnly": True},
            "name": TEXT,
            "definition": enveloped(size={"type": "integer"}, colour=TEXT),
        },
    }
    call = mock(portals(record, record, {"type": "array", "items": record}), tmp_path)

    created = call("POST", "/portals", BODY).json

    assert created["definition"]["size"] == 3
    assert call("GET", f"/portals/{created['id']}").json == created


def test_what_is_missing_in_an_object_is_added_to_what_was_sent(tmp_path: Path) -> None:
    """A server's part of an object does not take the place of the client's."""
    inner = {**enveloped(guid=TEXT, code={**TEXT, "readOnly": True}), "nullable": True}
    record = {"type": "object", "required": ["id"], "properties": {"id": TEXT, "owner": inner}}
    paths = portals(record, record, {"type": "array", "items": record})
    sent = {"type": "object", "properties": {"owner": {"type": "object", "properties": {"guid": TEXT}}}}
    paths["paths"]["/portals"]["post"] |= taking(sent)
    call = mock(paths, tmp_path)

    created = call("POST", "/portals", {"owner": {"guid": "g-1"}}).json

    assert created["owner"]["guid"] == "g-1"
    assert created["owner"]["code"]


def test_a_code_is_no_id_where_the_parameter_is_called_as_the_record(tmp_path: Path) -> None:
    """`/promo_codes/{promo_code}` means the id of a record that has a code too."""
    record = {
        "type": "object",
        "required": ["id", "code"],
        "properties": {"id": {**TEXT, "readOnly": True}, "code": TEXT},
    }
    paths = portals(record, record, {"type": "array", "items": record}, "{promo_code}", "/promo_codes")
    paths["paths"]["/promo_codes"]["post"] |= taking({"type": "object", "properties": {"code": TEXT}})
    call = mock(paths, tmp_path)

    created = call("POST", "/promo_codes", {"code": "SPRING"}).json

    assert created["code"] == "SPRING"
    assert call("GET", f"/promo_codes/{created['id']}").json == created


def test_the_last_change_is_now(tmp_path: Path) -> None:
    """`last_updated` of a new record is the moment of its creation."""
    record = {
        "type": "object",
        "required": ["id", "last_updated"],
        "properties": {"id": TEXT, "last_updated": {**TEXT, "format": "date-time", "readOnly": True}},
    }
    call = mock(portals(record, record, {"type": "array", "items": record}), tmp_path)

    assert call("POST", "/portals", BODY).json["last_updated"] == "2026-03-02T09:30:00Z"


def test_a_record_is_known_by_the_name_in_its_metadata(tmp_path: Path) -> None:
    """As Kubernetes has it: what is created as `web` is read as `web`, in its namespace, renamed or not."""
    metadata = {"type": "object", "properties": {"name": TEXT, "namespace": TEXT}}
    record = {"type": "object", "properties": {"kind": TEXT, "metadata": metadata}}
    listed = enveloped(items={"type": "array", "items": record})
    paths = {
        "/spaces/{namespace}/pods": {
            "parameters": [parameter("namespace", "path")],
            "get": answering(listed),
            "post": {**taking(record), **answering(record, "201")},
        },
        "/spaces/{namespace}/pods/{name}": {
            "parameters": [parameter("namespace", "path"), parameter("name", "path")],
            "get": answering(record),
            "put": {**taking(record), **answering(record)},
        },
    }
    call = mock({"paths": paths}, tmp_path)

    created = call("POST", "/spaces/one/pods", {"kind": "Pod", "metadata": {"name": "web"}})
    call("PUT", "/spaces/one/pods/web", {"kind": "Box", "metadata": {"name": "other"}})

    assert created.header("location") == "/spaces/one/pods/web"
    expected = {"kind": "Box", "metadata": {"name": "web", "namespace": "one"}}
    assert call("GET", "/spaces/one/pods/web").json == expected
    assert expected in call("GET", "/spaces/one/pods").json["items"]


def threads(summary: Any) -> Any:
    """A document's paths: reading a thread shows its comment beside the children, the list shows comments."""
    children = {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}
    properties = {"comment": {"$ref": "#/components/schemas/Comment"}, "children": children}
    tree = {"type": "object", "properties": properties}
    comment = {"type": "object", "properties": {"id": {"type": "integer"}, "name": TEXT, "size": TEXT}}
    shown = {"$ref": "#/components/schemas/Comment"}
    created = {"type": "object", "properties": {"comment": shown}}
    listed = enveloped(data={"type": "array", "items": summary or shown}, total={"type": "integer"})
    paths = portals(created, {"$ref": "#/components/schemas/Tree"}, listed, "{threadId}", "/threads")
    return {**paths, "components": {"schemas": {"Comment": comment, "Tree": tree}}}


def test_the_record_is_what_stands_in_each_of_the_answers(tmp_path: Path) -> None:
    """Reading shows `{"comment": {…}, "children": […]}`, creating and the list show the comment."""
    call = mock(threads(None), tmp_path)

    created = call("POST", "/threads", {"name": "First"}).json["comment"]

    assert created["name"] == "First"
    assert call("GET", f"/threads/{created['id']}").json["comment"] == created
    assert created in call("GET", "/threads").json["data"]


def test_a_list_of_something_else_is_not_one_of_empty_objects(tmp_path: Path) -> None:
    """An element that shares no property with the record shows what its schema has, and the id."""
    summary = {"type": "object", "properties": {"threadId": {"type": "integer"}, "colour": TEXT}}
    call = mock(threads(summary), tmp_path)

    created = call("POST", "/threads", {"name": "First"}).json["comment"]
    shown = call("GET", "/threads").json["data"]

    assert {} not in shown
    assert created["id"] in [entry.get("threadId") for entry in shown]


def test_examples_tell_the_record_where_there_is_no_schema(tmp_path: Path) -> None:
    """What is created is read and listed, in the envelopes that the examples show."""
    shown = {"portalId": 4, "name": "Back", "size": 2, "checked": True, "closed": None}
    one, several = {"data": shown, "code": "OK"}, {"data": [shown, {**shown, "portalId": 5}], "code": "OK"}
    document = portals({}, {}, {}, "{portalId}")
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            example = one if path.endswith("}") or method == "post" else several
            for answer in operation["responses"].values():
                answer["content"] = {"application/json": {"examples": {"answer": {"value": example}}}}
    call = mock(document, tmp_path)

    created = call("POST", "/portals", BODY).json["data"]

    assert {**created, **BODY} == created
    assert created["portalId"] not in {4, 5}
    assert call("GET", f"/portals/{created['portalId']}").json == {"data": created, "code": "OK"}
    assert call("GET", "/portals").json["data"] == [shown, {**shown, "portalId": 5}, created]


def test_the_schema_may_stand_beside_the_examples(tmp_path: Path) -> None:
    """`application/json` has an example, `application/json; charset=utf-8` the schema."""
    document = portals(PORTAL, PORTAL, {"type": "array", "items": PORTAL})
    read = document["paths"]["/portals/{id}"]["get"]["responses"]["200"]
    schema = read["content"].pop("application/json")
    example = {"id": "p1", "name": "Back", "size": 2}
    read["content"] = {
        "application/json": {"examples": {"answer": {"value": example}}},
        "application/json; charset=utf-8": schema,
    }
    call = mock(document, tmp_path)

    created = call("POST", "/portals", BODY).json

    assert call("GET", f"/portals/{created['id']}").json == created
    assert call("GET", "/portals/p1").json == example


def test_location_leads_to_what_the_answer_does_not_tell(tmp_path: Path) -> None:
    """Where the answer is empty, or about something else, whatever its status; not where it shows the id."""
    empty = portals(PORTAL, PORTAL, {"type": "array", "items": PORTAL})
    empty["paths"]["/portals"]["post"]["responses"] = {"202": {"description": ""}}
    job = enveloped(job=TEXT, state={"enum": ["queued"]})
    other = portals(job, PORTAL, {"type": "array", "items": PORTAL})
    for document in (empty, other):
        call = mock(document, tmp_path)

        path = call("POST", "/portals", BODY).header("location")

        assert path is not None
        assert call("GET", path).json == {**BODY, "id": path.rpartition("/")[2]}

    plain = mock(portals(PORTAL, PORTAL, {"type": "array", "items": PORTAL}), tmp_path)
    assert plain("POST", "/portals", BODY).header("location") is None


def test_creating_may_answer_a_list_of_receipts(tmp_path: Path) -> None:
    """201 with `[{"portalId": …}]`: it is the new one's id."""
    receipt = {"type": "object", "required": ["portalId"], "properties": {"portalId": TEXT, "url": TEXT}}
    document = portals({}, PORTAL, {"type": "array", "items": PORTAL}, "{portalId}")
    post = document["paths"]["/portals"]["post"]
    post["responses"] = answering({"type": "array", "items": receipt}, "201")["responses"]
    call = mock(document, tmp_path)

    (created,) = call("POST", "/portals", BODY).json

    assert call("GET", f"/portals/{created['portalId']}").json == {**BODY, "id": created["portalId"]}


def test_what_is_sent_is_shown_however_it_is_spelled(tmp_path: Path) -> None:
    """`FriendlyName` in a form is `friendly_name` in the record, when it is created and when it changes."""
    form = {"type": "object", "properties": {"FriendlyName": TEXT, "Size": {"type": "integer"}}}
    door = {"type": "object", "properties": {"sid": TEXT, "friendly_name": TEXT, "size": {"type": "integer"}}}
    media_type = "application/x-www-form-urlencoded"
    document = portals(door, door, {"type": "array", "items": door}, "{Sid}")
    document["paths"]["/portals"]["post"].update(taking(form, media_type))
    update = {"parameters": [parameter("Sid", "path")], **taking(form, media_type), **answering(door)}
    document["paths"]["/portals/{Sid}"]["post"] = update
    call = mock(document, tmp_path)

    created = call("POST", "/portals", content=b"FriendlyName=Front&Size=3", media_type=media_type).json
    path = f"/portals/{created['sid']}"

    assert created == {"sid": created["sid"], "friendly_name": "Front", "size": 3}
    call("POST", path, content=b"FriendlyName=Back", media_type=media_type)
    assert call("GET", path).json == {**created, "friendly_name": "Back"}


def test_what_is_called_as_one_record_may_have_lists_that_are_called_as_any(tmp_path: Path) -> None:
    """`{"portal": {"name": …, "values": [{…}]}}` is sent: that is a portal, and no list of values."""
    values = {"type": "array", "items": {"type": "object", "properties": {"key": TEXT}}}
    sent = enveloped(portal={"type": "object", "properties": {"name": TEXT, "values": values}})
    shown = enveloped(portal=enveloped(id=TEXT, name=TEXT, values=values))
    document = portals(shown, shown, {"type": "array", "items": PORTAL})
    document["paths"]["/portals"]["post"].update(taking(sent))
    call = mock(document, tmp_path)
    body = {"name": "Front", "values": [{"key": "colour"}]}

    created = call("POST", "/portals", {"portal": body}).json["portal"]

    assert created == {"id": created["id"], **body}


def test_an_example_that_is_text_is_no_record(tmp_path: Path) -> None:
    """A schema without `type` has JSON in text as its example: what is created is kept all the same."""
    text = '{"id": "p1", "name": "Back"}'
    portal = {"required": ["id", "name"], "properties": PORTAL["properties"], "example": text}
    call = mock(portals(portal, portal, {"type": "array", "items": portal}), tmp_path)

    created = call("POST", "/portals", {"size": 3}).json

    assert created["size"] == 3
    assert created in call("GET", "/portals").json


def test_a_list_beside_errors_is_found_by_the_end_of_its_name(tmp_path: Path) -> None:
    """`device_codes` lists what `/devices/codes` creates; `errors` lists what went wrong."""
    code = {"type": "object", "properties": {"id": {"type": "string"}, "name": {"type": "string"}}}
    trouble = {"type": "array", "items": {"type": "object", "properties": {"detail": {"type": "string"}}}}
    several = {"errors": trouble, "device_codes": {"type": "array", "items": code}}
    call = mock(
        {
            "paths": {
                "/devices/codes": {
                    "get": answering({"type": "object", "properties": several}),
                    "post": {**taking(code), **answering(code, "201")},
                },
                "/devices/codes/{id}": {"get": {"parameters": [parameter("id", "path")], **answering(code)}},
            }
        },
        tmp_path,
    )
    made = call("POST", "/devices/codes", {"name": "Counter 1"}).json

    assert made in call("GET", "/devices/codes").json["device_codes"]
