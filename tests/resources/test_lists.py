"""Lists of inferred resources: filters, search, order, pages, and the values around them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.http.calling import Caller
from tests.resources.mocking import SHOP, answering, mock, parameter, taking

from mockserver.resources.operations.rendering import ShownBodies

ITEM: dict[str, Any] = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string"},
        "rank": {"type": "integer"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "createdAt": {"type": "string", "format": "date-time"},
    },
}
INTEGER = {"type": "integer"}
TEXT = {"type": "string"}
PAGES = {"anyOf": [{"type": "object", "properties": {"next": TEXT, "last": TEXT}}]}
LIST = {"type": "array", "items": ITEM}


def things(folder: Path, body: Any, *parameters: Any, **response: Any) -> Caller:
    """A mock with a collection `things` that is listed in a body, where six are: a to f, ranked 6 to 1."""
    listing = {"parameters": list(parameters), **answering(body)}
    listing["responses"]["200"] |= response
    creating = {**taking(ITEM), **answering(ITEM, "201")}
    reading = {"parameters": [parameter("id", "path", type="integer")], **answering(ITEM)}
    paths = {
        "/things": {"get": listing, "post": creating},
        "/things/{id}": {"get": reading, "delete": reading},
    }
    call = mock({"paths": paths}, folder)
    for number in range(1, 11):
        call("DELETE", f"/things/{number}")
    for rank, name in enumerate("fedcba", 1):
        call("POST", "/things", {"name": name, "rank": rank, "tags": [name, "all"]})
    return call


def names(answer: Any, key: str | None = None) -> str:
    """The names in a list, in a row."""
    items = answer.json if key is None else answer.json[key]
    return "".join(item["name"] for item in items)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("rank=3", "d"),
        ("name=a&rank=6", "a"),
        ("name=a&rank=1", ""),
        ("tags=b", "b"),
        ("min_rank=5", "ba"),
        ("rank_lt=3", "fe"),
        ("q=C", "c"),
        ("sort=name", "abcdef"),
        ("sort=-name", "fedcba"),
        ("sort=-rank", "abcdef"),
        ("sort=rank:desc", "abcdef"),
        ("sort=name&direction=desc", "fedcba"),
        ("sort=nothing", "fedcba"),
    ],
)
def test_a_list_is_filtered_searched_and_sorted(tmp_path: Path, query: str, expected: str) -> None:
    """The operation's own parameters select and order, by the names of properties."""
    call = things(
        tmp_path,
        LIST,
        *(parameter(name, **INTEGER) for name in ("rank", "min_rank", "rank_lt")),
        *(parameter(name, **TEXT) for name in ("name", "tags", "q", "sort", "direction")),
    )

    assert names(call("GET", f"/things?{query}")) == expected


def test_a_list_follows_every_change_of_its_records(tmp_path: Path) -> None:
    """Creates, deletes, undo, snapshots, resets, sessions, though a selection is worked out once."""
    call = things(tmp_path, LIST, *(parameter(name, **TEXT) for name in ("sort", "name")))

    def seen() -> tuple[str, str, str]:
        asked = ("/things", "/things?sort=name", "/things?name=a")
        first, again = ([names(call("GET", target)) for target in asked] for _ in range(2))
        assert first == again
        return first[0], first[1], first[2]

    assert seen() == ("fedcba", "abcdef", "a")
    last = max(item["id"] for item in call("GET", "/things").json)
    call("PUT", "/__admin/snapshots/before")
    call("POST", "/things", {"name": "A"})
    assert seen() == ("fedcbaA", "aAbcdef", "aA")
    call("DELETE", f"/things/{last}")
    assert seen() == ("fedcbA", "Abcdef", "A")
    assert call("POST", "/__admin/undo").status < 300
    assert seen() == ("fedcbaA", "aAbcdef", "aA")
    assert call("POST", "/__admin/snapshots/before/restore").status < 300
    assert seen() == ("fedcba", "abcdef", "a")
    other = call.in_("other")
    assert len(other("GET", "/things").json) != 6
    call("POST", "/__admin/reset")
    assert call("GET", "/things").json == other("GET", "/things").json


@pytest.mark.parametrize(
    ("parameters", "query", "expected"),
    [
        (("page", "per_page"), "page=2&per_page=4", "ba"),
        (("page", "pageSize"), "page=9&pageSize=4", ""),
        (("limit", "offset"), "limit=2&offset=1", "ed"),
        (("skip", "take"), "skip=5&take=5", "a"),
        (("$top", "$skip"), "$top=1&$skip=2", "d"),
        (("limit",), "limit=3", "fed"),
        (("limit",), "", "fedcba"),
    ],
)
def test_pages_are_cut_as_the_parameters_say(
    tmp_path: Path, parameters: tuple[str, ...], query: str, expected: str
) -> None:
    """Page and size, offset and limit, in the spellings that documents have."""
    call = things(tmp_path, LIST, *(parameter(name, **INTEGER) for name in parameters))

    assert names(call("GET", f"/things?{query}")) == expected


def test_pages_count_from_where_the_document_counts(tmp_path: Path) -> None:
    """A page parameter whose least is 0 names the first page 0."""
    call = things(tmp_path, LIST, parameter("page", type="integer", minimum=0), parameter("size", **INTEGER))

    assert names(call("GET", "/things?page=0&size=2")) == "fe"
    assert names(call("GET", "/things?page=1&size=2")) == "dc"


def test_cursors_lead_through_the_whole_list_once() -> None:
    """Following `next_cursor` shows every customer once and ends."""
    call, seen, cursor = mock(SHOP), [], ""
    for _ in range(20):
        page = call("GET", f"/v1/customers?limit=2{cursor}").json
        seen += [customer["id"] for customer in page["data"]]
        if not page["has_more"]:
            break
        cursor = f"&starting_after={page['next_cursor']}"

    assert seen == [customer["id"] for customer in call("GET", "/v1/customers?limit=50").json["data"]]
    assert page["next_cursor"] is None
    assert call("GET", "/v1/customers?starting_after=nobody").json["data"] == []


@pytest.mark.parametrize(
    ("around", "expected"),
    [
        ({"total": INTEGER, "page": INTEGER, "per_page": INTEGER}, {"total": 6, "page": 2, "per_page": 2}),
        ({"count": INTEGER}, {"count": 6}),
        ({"count": INTEGER, "totalCount": INTEGER}, {"count": 2, "totalCount": 6}),
        ({"hasMore": {"type": "boolean"}, "pageCount": INTEGER}, {"hasMore": True, "pageCount": 3}),
        ({"total": TEXT}, {"total": "6"}),
        (
            {"meta": {"type": "object", "properties": {"total_pages": INTEGER, "current_page": INTEGER}}},
            {"meta": {"total_pages": 3, "current_page": 2}},
        ),
        (
            {"next": {"type": "string", "format": "uri"}, "previous": {"type": "string", "format": "uri"}},
            {
                "next": "http://mock.test/things?per_page=2&page=3",
                "previous": "http://mock.test/things?per_page=2&page=1",
            },
        ),
        (
            {"first_page_url": TEXT, "last_page_url": TEXT},
            {
                "first_page_url": "http://mock.test/things?per_page=2&page=1",
                "last_page_url": "http://mock.test/things?per_page=2&page=3",
            },
        ),
        (
            {"links": {"type": "object", "properties": {"pages": PAGES}}},
            {
                "links": {
                    "pages": {
                        "next": "http://mock.test/things?per_page=2&page=3",
                        "last": "http://mock.test/things?per_page=2&page=3",
                    }
                }
            },
        ),
        (
            {
                "_links": {
                    "type": "object",
                    "properties": {"next": {"type": "object", "properties": {"href": TEXT}}},
                }
            },
            {"_links": {"next": {"href": "http://mock.test/things?per_page=2&page=3"}}},
        ),
    ],
)
def test_an_envelope_tells_about_its_list(
    tmp_path: Path, around: dict[str, Any], expected: dict[str, Any]
) -> None:
    """Totals, page numbers and links in the body say how things are."""
    body = {"type": "object", "required": ["items", *around], "properties": {"items": LIST, **around}}
    call = things(tmp_path, body, parameter("page", **INTEGER), parameter("per_page", **INTEGER))

    answer = call("GET", "/things?page=2&per_page=2")

    assert names(answer, "items") == "dc"
    assert {name: answer.json[name] for name in expected} == expected


def test_links_of_a_list_are_those_of_its_request(tmp_path: Path) -> None:
    """The host, the session and every parameter are in the link, though the same records are shown again."""
    body = {"type": "object", "required": ["items"], "properties": {"items": LIST, "next": TEXT}}
    call = things(tmp_path, body, parameter("page", **INTEGER), parameter("per_page", **INTEGER))

    def link(target: str, host: str) -> str:
        first, again = (call("GET", target, headers={"Host": host}).json["next"] for _ in range(2))
        assert first == again
        return str(first)

    assert link("/things?per_page=2", "a.test") == "http://a.test/things?per_page=2&page=2"
    assert link("/things?per_page=2", "b.test") == "http://b.test/things?per_page=2&page=2"
    assert link("/things?per_page=2&x=1", "a.test") == "http://a.test/things?per_page=2&x=1&page=2"
    assert link("/~other/things?per_page=2", "a.test") == "http://a.test/~other/things?per_page=2&page=2"


def test_links_are_added_where_the_example_has_none(tmp_path: Path) -> None:
    """An example of the last page says `links: {}`; what does not fit is left out."""
    strict = {"type": "object", "required": ["href", "title"], "properties": {"href": TEXT, "title": TEXT}}
    links = {"type": "object", "properties": {"pages": PAGES, "prev": strict}}
    body = {"type": "object", "properties": {"items": LIST, "links": links}}
    paging = (parameter("page", **INTEGER), parameter("per_page", **INTEGER))
    shown = answering(body, example={"items": [], "links": {}})["responses"]["200"]
    call = things(tmp_path, body, *paging, **shown)

    found = call("GET", "/things?page=2&per_page=2").json["links"]

    assert found == {
        "pages": {
            "next": "http://mock.test/things?per_page=2&page=3",
            "last": "http://mock.test/things?per_page=2&page=3",
        }
    }


def test_hal_lists_are_found(tmp_path: Path) -> None:
    """Lists in `_embedded` are looked into."""
    embedded = {"type": "object", "properties": {"things": LIST}}
    call = things(
        tmp_path, {"type": "object", "required": ["_embedded"], "properties": {"_embedded": embedded}}
    )

    assert "".join(item["name"] for item in call("GET", "/things").json["_embedded"]["things"]) == "fedcba"


def test_link_and_total_headers_are_sent_where_documented(tmp_path: Path) -> None:
    """`Link` (RFC 8288) leads to the neighbours; total headers count."""
    headers = {"Link": {"schema": TEXT}, "X-Total-Count": {"schema": INTEGER}}
    call = things(
        tmp_path, LIST, parameter("page", **INTEGER), parameter("per_page", **INTEGER), headers=headers
    )

    answer = call("GET", "/things?page=2&per_page=2")

    assert answer.header("x-total-count") == "6"
    assert '<http://mock.test/things?per_page=2&page=3>; rel="next"' in (answer.header("link") or "")
    assert '<http://mock.test/things?per_page=2&page=1>; rel="prev"' in (answer.header("link") or "")
    assert call("GET", "/things?per_page=50").header("link") is None


def test_a_summary_shows_what_a_summary_has(tmp_path: Path) -> None:
    """A list whose elements have fewer properties shows those."""
    summary = {"type": "object", "required": ["id"], "properties": {"id": INTEGER, "name": TEXT}}
    call = things(tmp_path, {"type": "array", "items": summary})

    assert [set(item) for item in call("GET", "/things").json] == [{"id", "name"}] * 6


def test_an_object_is_asked_for_by_what_it_is_called(tmp_path: Path) -> None:
    """`?owner=ada` lists those whose owner has that id, or that name."""
    owner = {"type": "object", "properties": {"gid": TEXT, "name": TEXT, "city": TEXT}}
    item = {"type": "object", "properties": {"id": INTEGER, "owner": owner}}
    listing = {**answering({"type": "array", "items": item}), "parameters": [parameter("owner")]}
    one = {**answering(item), "parameters": [parameter("id", "path")]}
    creating = {**taking(item), **answering(item)}
    paths = {"/things": {"get": listing, "post": creating}, "/things/{id}": {"get": one}}
    call = mock({"paths": paths}, tmp_path)

    created = call("POST", "/things", {"owner": {"gid": "ada", "name": "Ada", "city": "London"}}).json

    assert call("GET", "/things?owner=ada").json == [created]
    assert call("GET", "/things?owner=london").json == []


def _matches(folder: Path, page_info: Any, query: str) -> Any:
    """A page of a Relay connection."""
    text = {"type": "string"}
    match = {"type": "object", "required": ["id", "home"], "properties": {"id": text, "home": text}}
    edge = {"type": "object", "required": ["cursor", "node"], "properties": {"cursor": text, "node": match}}
    body = {
        "type": "object",
        "required": ["edges", "pageInfo"],
        "properties": {"edges": {"type": "array", "items": edge}, "pageInfo": page_info},
    }
    first = parameter("first", type="integer")
    get = {**answering(body), "parameters": [first, parameter("after")]}
    post = {**taking({"type": "object", "properties": {"home": text}}), **answering(match, "201")}
    call = mock({"paths": {"/matches": {"get": get, "post": post}}}, folder)
    made = call("POST", "/matches", {"home": "Bari"}).json
    return made, call("GET", f"/matches{query}").json, call


def test_a_connection_has_cursors_of_its_edges_and_an_end(tmp_path: Path) -> None:
    """Its cursors are those of the first and last edge, on the last page, too, where none may be null."""
    text, flag = {"type": "string"}, {"type": "boolean"}
    page_info = {
        "type": "object",
        "required": ["hasNextPage", "hasPreviousPage", "startCursor", "endCursor"],
        "properties": {
            "hasNextPage": flag, "hasPreviousPage": flag, "startCursor": text, "endCursor": text
        },
    }  # fmt: skip
    made, page, call = _matches(tmp_path, page_info, "?first=2")
    assert page["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": False,
        "startCursor": page["edges"][0]["cursor"],
        "endCursor": page["edges"][1]["cursor"],
    }
    rest = call("GET", f"/matches?first=100&after={page['pageInfo']['endCursor']}").json
    assert rest["pageInfo"]["hasNextPage"] is False
    assert made in [edge["node"] for edge in rest["edges"]]
    assert page["edges"][1]["node"] not in [edge["node"] for edge in rest["edges"]]


def test_a_link_whose_address_is_required_is_left_out_with_its_object(tmp_path: Path) -> None:
    """`next: {}` breaks the document; the numbers of the envelope stay right, and Spring counts from 0."""
    link = {"type": "object", "required": ["href"], "properties": {"href": {"type": "string"}}}
    number = {"type": "integer"}
    clinic = {"type": "object", "required": ["id"], "properties": {"id": number}}
    clinics = {"type": "array", "items": clinic}
    body = {
        "type": "object",
        "required": ["_embedded", "_links", "page"],
        "properties": {
            "_embedded": {"type": "object", "required": ["clinics"], "properties": {"clinics": clinics}},
            "_links": {"type": "object", "required": ["self"], "properties": {"self": link, "next": link}},
            "page": {
                "type": "object",
                "required": ["size", "totalElements", "totalPages", "number"],
                "properties": {
                    "size": number,
                    "totalElements": number,
                    "totalPages": number,
                    "number": number,
                },
            },
        },
    }
    pages = [parameter("page", type="integer"), parameter("size", type="integer")]
    call = mock({"paths": {"/clinics": {"get": {**answering(body), "parameters": pages}}}}, tmp_path)
    whole = call("GET", "/clinics?size=100").json
    count = len(whole["_embedded"]["clinics"])
    assert whole["page"] == {"size": 100, "totalElements": count, "totalPages": 1, "number": 0}
    assert whole["_links"].keys() == {"self"}
    second = call("GET", "/clinics?size=1&page=1").json
    assert second["_embedded"]["clinics"] == whole["_embedded"]["clinics"][1:2]
    assert second["page"]["number"] == 1
    assert "page=2" in second["_links"]["next"]["href"]


def test_cached_bodies_are_limited_by_the_records_that_they_show() -> None:
    """A thousand records a collection: with more, those before are forgotten; a longer list is not kept."""
    bodies = ShownBodies()
    for number in range(5_000):
        bodies.keep(number, {}, 3)
        assert len(bodies) * 3 <= 1_000
    assert 4_999 in bodies

    bodies.keep("long", {}, 1_001)
    assert "long" not in bodies
