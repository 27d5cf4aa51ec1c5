"""Kinds of operations that people expect to agree with the records that others show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.http.calling import Caller
from tests.resources.mocking import answering, mock, parameter, taking
from tests.resources.test_files import form

NUMBER: dict[str, Any] = {"type": "integer"}
TEXT: dict[str, Any] = {"type": "string"}
FLAG: dict[str, Any] = {"type": "boolean"}
DAY: dict[str, Any] = {"type": "string", "format": "date"}
MOMENT: dict[str, Any] = {"type": "string", "format": "date-time"}


def obj(required: str = "", **properties: Any) -> dict[str, Any]:
    """An object's schema."""
    return {"type": "object", "required": required.split(), "properties": properties}


def many(items: Any) -> dict[str, Any]:
    """An array's schema."""
    return {"type": "array", "items": items}


def item(name: str = "id", **schema: Any) -> dict[str, Any]:
    """The parameters of an item's path."""
    return {"parameters": [parameter(name, "path", **(schema or NUMBER))]}


def refused(described: str) -> dict[str, Any]:
    """A documented 409."""
    return {"409": {"description": described}}


def call_of(folder: Path, paths: dict[str, Any], **settings: Any) -> Caller:
    """Calls a mock of these paths."""
    return mock({"paths": paths}, folder, **settings)


def with_records(folder: Path, collection: str, records: str) -> dict[str, Any]:
    """Settings with a fixture file that has these records, written as YAML."""
    (folder / "api.yaml").write_text(f"collections: {{{collection}: {{records: {records}}}}}\n", "utf-8")
    return {"fixtures": folder}


def test_what_is_posted_where_nothing_reads_is_answered(tmp_path: Path) -> None:
    """A collection with `POST` alone gives each record an id, and shows what was sent."""
    report = obj("id", id=NUMBER, place=TEXT, size=NUMBER)
    paths = {"/reports": {"post": {**taking(obj("", place=TEXT, size=NUMBER)), **answering(report, "201")}}}
    call = call_of(tmp_path, paths)
    made = [call("POST", "/reports", {"place": place, "size": 3}).json for place in ("Oslo", "Oslo")]
    assert [(one["place"], one["size"]) for one in made] == [("Oslo", 3)] * 2
    assert made[0]["id"] != made[1]["id"]


def test_what_is_put_where_nothing_reads_is_answered(tmp_path: Path) -> None:
    """`PUT` alone answers what was put, and `PATCH` beside it changes that."""
    prefs = obj("theme", theme=TEXT, size=NUMBER)
    operation = {**taking(obj("", theme=TEXT, size=NUMBER)), **answering(prefs)}
    call = call_of(tmp_path, {"/me/preferences": {"put": operation, "patch": operation}})
    assert call("PUT", "/me/preferences", {"theme": "dark", "size": 9}).json == {"theme": "dark", "size": 9}
    assert call("PATCH", "/me/preferences", {"size": 7}).json == {"theme": "dark", "size": 7}


def test_an_answer_without_state_shows_what_the_request_says(tmp_path: Path) -> None:
    """Parameters of the path and the query, and fields of the body, by name."""
    paths = {
        "/convert/{code}/now": {
            **item("code", **TEXT),
            "get": {
                "parameters": [parameter("amount", **NUMBER)],
                **answering(obj("code amount result", code=TEXT, amount=NUMBER, result=NUMBER)),
            },
        },
        "/quote": {
            "post": {
                **taking(obj("", zip=TEXT, weight=NUMBER)),
                **answering(obj("zip weight price", zip=TEXT, weight=NUMBER, price=NUMBER)),
            }
        },
    }
    call = call_of(tmp_path, paths)
    found = call("GET", "/convert/NOK/now?amount=12").json
    assert (found["code"], found["amount"]) == ("NOK", 12)
    quote = call("POST", "/quote", {"zip": "0150", "weight": 4}).json
    assert (quote["zip"], quote["weight"]) == ("0150", 4)


def test_a_parameter_chooses_the_branch_that_has_it(tmp_path: Path) -> None:
    """Of several shapes an answer has the one of the kind that was asked for."""
    shapes = [
        obj("kind radius", kind={"type": "string", "enum": ["circle"]}, radius=NUMBER),
        obj("kind width", kind={"type": "string", "enum": ["square"]}, width=NUMBER),
    ]
    paths = {"/sample/{kind}/now": {**item("kind", **TEXT), "get": answering({"oneOf": shapes})}}
    call = call_of(tmp_path, paths)
    assert "radius" in call("GET", "/sample/circle/now").json
    assert "width" in call("GET", "/sample/square/now").json


@pytest.mark.parametrize("verb", ["create", "new"])
def test_a_path_that_creates_creates_what_the_list_shows(tmp_path: Path, verb: str) -> None:
    """`POST /pools/create` makes a record of `/pools`."""
    pool = obj("id name", id=NUMBER, name=TEXT)
    paths = {
        "/pools": {"get": answering(many(pool))},
        f"/pools/{verb}": {"post": {**taking(obj("name", name=TEXT)), **answering(pool, "201")}},
        "/pools/{id}": {**item(), "get": answering(pool)},
    }
    call = call_of(tmp_path, paths)
    made = call("POST", f"/pools/{verb}", {"name": "Deep"}).json
    assert call("GET", f"/pools/{made['id']}").json == made
    assert made in call("GET", "/pools").json


def board(*, with_items: bool, linked: bool) -> dict[str, Any]:
    """Tasks that are made below projects, and read at the top."""
    properties = {"id": NUMBER, "title": TEXT, **({"projectId": NUMBER} if linked else {})}
    task = obj(" ".join(properties), **properties)
    paths: dict[str, Any] = {
        "/projects/{projectId}/tasks": {
            **item("projectId"),
            "get": answering(many(task)),
            "post": {**taking(obj("title", title=TEXT)), **answering(task, "201")},
        },
        "/tasks": {
            "get": answering(many(task)),
            "post": {**taking(obj("title", title=TEXT, projectId=NUMBER)), **answering(task, "201")},
        },
    }
    if with_items:
        paths["/tasks/{id}"] = {
            **item(),
            "get": answering(task),
            "delete": {"responses": {"204": {"description": ""}}},
        }
    return paths


@pytest.mark.parametrize("linked", [True, False])
@pytest.mark.parametrize("with_items", [True, False])
def test_what_is_made_below_a_parent_is_at_the_top(tmp_path: Path, with_items: bool, linked: bool) -> None:
    """Whether or not records say whose they are, and whether or not they have items."""
    call = call_of(tmp_path, board(with_items=with_items, linked=linked))
    made = call("POST", "/projects/4/tasks", {"title": "Water"}).json
    assert made in call("GET", "/tasks").json
    assert made in call("GET", "/projects/4/tasks").json
    assert made not in call("GET", "/projects/5/tasks").json
    if with_items:
        assert call("GET", f"/tasks/{made['id']}").json == made
        call("DELETE", f"/tasks/{made['id']}")
        assert made not in call("GET", "/projects/4/tasks").json


def test_what_is_made_at_the_top_is_below_its_parent(tmp_path: Path) -> None:
    """The record says whose it is."""
    call = call_of(tmp_path, board(with_items=True, linked=True))
    made = call("POST", "/tasks", {"title": "Mow", "projectId": 9}).json
    assert made in call("GET", "/projects/9/tasks").json


def test_any_id_that_no_list_shows_is_below_any_parent(tmp_path: Path) -> None:
    """Any can be read, and is its parent's by the path; one that was made is below its own parent alone."""
    paths = board(with_items=True, linked=True)
    missing = {"404": {"description": ""}}
    paths["/projects/{projectId}/tasks/{id}"] = {
        "parameters": [*item("projectId")["parameters"], *item()["parameters"]],
        "get": {"responses": {**paths["/tasks/{id}"]["get"]["responses"], **missing}},
        "delete": {"responses": {"204": {"description": ""}, **missing}},
    }
    call = call_of(tmp_path, paths)
    shown = {task["id"] for task in call("GET", "/tasks").json}
    unknown = [number for number in range(5000, 5020) if number not in shown]
    made = call("POST", "/projects/4/tasks", {"title": "Mow"}).json["id"]

    found = [call("GET", f"/projects/4/tasks/{number}") for number in unknown]
    assert [answer.json["projectId"] for answer in found] == [4] * len(unknown)
    assert call("DELETE", f"/projects/4/tasks/{unknown[0]}").status == 204
    assert call("GET", f"/projects/4/tasks/{unknown[0]}").status == 404
    assert call("GET", f"/tasks/{unknown[0]}").status == 404
    assert call("GET", f"/projects/4/tasks/{made}").status == 200
    assert call("GET", f"/projects/5/tasks/{made}").status == 404


def test_a_counter_of_the_record_above_counts(tmp_path: Path) -> None:
    """`replyCount` is how many replies the list shows: before, after one more and after one less."""
    post, reply = obj("id replyCount", id=NUMBER, replyCount=NUMBER), obj("id", id=NUMBER, text=TEXT)
    paths = {
        "/posts/{id}": {**item(), "get": answering(post)},
        "/posts/{id}/replies": {
            **item(),
            "get": answering(many(reply)),
            "post": {**taking(obj("", text=TEXT)), **answering(reply, "201")},
        },
        "/posts/{id}/replies/{replyId}": {
            "parameters": [parameter("id", "path", **NUMBER), parameter("replyId", "path", **NUMBER)],
            "get": answering(reply),
            "delete": {"responses": {"204": {"description": ""}}},
        },
    }
    call = call_of(tmp_path, paths)

    def counted() -> tuple[int, int]:
        return call("GET", "/posts/3").json["replyCount"], len(call("GET", "/posts/3/replies").json)

    before = counted()
    made = call("POST", "/posts/3/replies", {"text": "Yes"}).json
    after = counted()
    call("DELETE", f"/posts/3/replies/{made['id']}")
    assert before[0] == before[1]
    assert after == (before[0] + 1, before[1] + 1)
    assert counted() == before


ORDER = obj("id status", id=NUMBER, status={"type": "string", "enum": ["open", "shipped", "cancelled"]})


@pytest.mark.parametrize(
    ("described", "statuses"),
    [
        ("The order is cancelled already.", {"open": 200, "shipped": 200, "cancelled": 409}),
        ("A shipped order cannot be cancelled.", {"open": 200, "shipped": 409, "cancelled": 409}),
        ("Only open orders can be cancelled.", {"open": 200, "shipped": 409, "cancelled": 409}),
        ("The order is not open.", {"open": 200, "shipped": 409, "cancelled": 409}),
        (None, {"open": 200, "shipped": 200, "cancelled": 200}),
    ],
)
def test_an_action_is_refused_as_its_409_says(
    tmp_path: Path, described: str | None, statuses: dict[str, int]
) -> None:
    """In the states that the description names, and in that of the action's own result."""
    cancel = answering(ORDER)
    cancel["responses"] |= refused(described) if described else {}
    paths = {
        "/orders/{id}": {**item(), "get": answering(ORDER)},
        "/orders/{id}/cancel": {**item(), "post": cancel},
    }
    records = "[" + ", ".join(f"{{id: {n}, status: {state}}}" for n, state in enumerate(statuses, 1)) + "]"
    call = call_of(tmp_path, paths, **with_records(tmp_path, "orders", records))
    found = {state: call("POST", f"/orders/{n}/cancel").status for n, state in enumerate(statuses, 1)}
    assert found == statuses


@pytest.mark.parametrize(
    ("described", "own", "status"),
    [
        ("The slug is taken.", "", 409),
        ("Conflict.", "Unique among pages.", 409),
        ("A page with this slug already exists.", "", 409),
        ("The page is locked.", "", 201),
        (None, "Unique among pages.", 201),
    ],
)
def test_a_value_that_is_there_once_is_refused_where_409_is_documented(
    tmp_path: Path, described: str | None, own: str, status: int
) -> None:
    """The description of the answer, or of the property, says that no two have it."""
    page = obj("id slug", id=NUMBER, slug={**TEXT, "description": own})
    create = {**taking(obj("slug", slug=TEXT)), **answering(page, "201")}
    create["responses"] |= refused(described) if described else {}
    call = call_of(tmp_path, {"/pages": {"post": create}, "/pages/{id}": {**item(), "get": answering(page)}})
    assert call("POST", "/pages", {"slug": "home"}).status == 201
    assert call("POST", "/pages", {"slug": "home"}).status == status
    assert call("POST", "/pages", {"slug": "other"}).status == 201


def test_the_example_of_the_document_is_not_taken_until_it_is_sent(tmp_path: Path) -> None:
    """A generated record may have the example; the first who sends it gets it."""
    page = obj("id slug", id=NUMBER, slug={**TEXT, "example": "home", "description": "Unique."})
    create = {**taking(obj("slug", slug={**TEXT, "example": "home"})), **answering(page, "201")}
    create["responses"] |= refused("The slug is taken.")
    paths = {
        "/pages": {"get": answering(many(page)), "post": create},
        "/pages/{id}": {**item(), "get": answering(page)},
    }
    call = call_of(tmp_path, paths)
    listed = call("GET", "/pages").json
    statuses = [
        call("POST", "/pages", {"slug": slug}).status for slug in ("home", "home", listed[-1]["slug"])
    ]
    assert statuses == [201, 409, 409]


def test_a_required_list_that_nothing_fills_later_has_elements(tmp_path: Path) -> None:
    """The answer to a question has candidates; it has no errors, and no comments yet."""
    fields = {"candidates": many(obj("text", text=TEXT)), "errors": many(TEXT), "comments": many(TEXT)}
    answer = obj("id candidates errors comments", id=NUMBER, **fields)
    paths = {
        "/answers": {"post": {**taking(obj("question", question=TEXT)), **answering(answer, "201")}},
        "/answers/{id}": {**item(), "get": answering(answer)},
        "/answers/{id}/comments": {**item(), "get": answering(many(obj("id", id=NUMBER)))},
    }
    made = call_of(tmp_path, paths)("POST", "/answers", {"question": "Why?"}).json
    assert made["candidates"]
    assert (made["errors"], made["comments"]) == ([], [])


def test_links_of_a_record_lead_to_it(tmp_path: Path) -> None:
    """`href`, and `self` in `_links`, of what is made and of what is there."""
    uri = {"type": "string", "format": "uri"}
    links = obj("self", self=obj("href", href=uri))
    trip = obj("id href _links", id=NUMBER, href=uri, _links=links)
    paths = {
        "/trips": {
            "post": {**taking(obj("", to=TEXT)), **answering(trip, "201")},
            "get": answering(many(trip)),
        },
        "/trips/{id}": {**item(), "get": answering(trip)},
    }
    call = call_of(tmp_path, paths)
    made = call("POST", "/trips", {"to": "Bergen"}).json
    for one in (made, *call("GET", "/trips").json):
        assert one["href"].endswith(f"/trips/{one['id']}")
        assert one["_links"]["self"]["href"].endswith(f"/trips/{one['id']}")


PLACE = obj("id name", id=NUMBER, name=TEXT, kind={"type": "string", "enum": ["park", "museum"]})


@pytest.mark.parametrize("path", ["/search", "/search/places", "/places/search"])
def test_a_search_looks_through_the_collection(tmp_path: Path, path: str) -> None:
    """What is made is found by its name, and nothing else is."""
    found = obj("results", results=many(PLACE))
    paths = {
        "/places": {
            "post": {**taking(obj("name", name=TEXT)), **answering(PLACE, "201")},
            "get": answering(many(PLACE)),
        },
        "/places/{id}": {**item(), "get": answering(PLACE)},
        path: {"get": {"parameters": [parameter("phrase")], **answering(found)}},
    }
    if path == "/places/search":
        paths[path]["get"]["parameters"] = [parameter("q")]
    name = paths[path]["get"]["parameters"][0]["name"]
    call = call_of(tmp_path, paths)
    made = call("POST", "/places", {"name": "Quibblewick Garden"}).json
    assert call("GET", f"{path}?{name}=quibblewick").json == {"results": [made]}
    assert call("GET", f"{path}?{name}=zzyzx-not-there").json == {"results": []}


def test_statistics_count_records_by_what_they_are(tmp_path: Path) -> None:
    """All of them, those in a state, and those of each value."""
    by_kind = obj("", park=NUMBER, museum=NUMBER)
    summary = obj("total parks by_kind", total=NUMBER, parks=NUMBER, museum=NUMBER, by_kind=by_kind)
    summary["properties"]["park_count"] = NUMBER
    paths = {
        "/places": {"get": answering(many(PLACE))},
        "/places/summary": {"get": answering(summary)},
        "/places/{id}": {**item(), "get": answering(PLACE)},
    }
    records = "[{id: 1, name: A, kind: park}, {id: 2, name: B, kind: museum}, {id: 3, name: C, kind: park}]"
    found = call_of(tmp_path, paths, **with_records(tmp_path, "places", records))(
        "GET", "/places/summary"
    ).json
    assert (found["total"], found["museum"], found["park_count"]) == (3, 1, 2)
    assert found["by_kind"] == {"park": 2, "museum": 1}


def test_elements_of_a_list_are_added_changed_and_taken_away(tmp_path: Path) -> None:
    """The answer of each, and what is read afterwards, is the whole as it is now."""
    line = obj("productId quantity", productId=NUMBER, quantity=NUMBER)
    basket = obj("items count", items=many(line), itemsCount=NUMBER)
    basket["required"] = ["items", "itemsCount"]
    operation = {**taking(obj("", productId=NUMBER, quantity=NUMBER)), **answering(basket)}
    paths = {
        "/basket": {"get": answering(basket)},
        "/basket/items": {"post": operation, "delete": answering(basket)},
        "/basket/items/{productId}": {
            **item("productId"),
            "patch": operation,
            "delete": answering(basket),
        },
    }
    call = call_of(tmp_path, paths)
    assert call("DELETE", "/basket/items").json == {"items": [], "itemsCount": 0}
    line_of_two = {"productId": 7, "quantity": 2}
    assert call("POST", "/basket/items", line_of_two).json == {"items": [line_of_two], "itemsCount": 1}
    assert call("PATCH", "/basket/items/7", {"quantity": 5}).json["items"] == [{**line_of_two, "quantity": 5}]
    assert call("DELETE", "/basket/items/8").status == 404
    assert call("DELETE", "/basket/items/7").json == {"items": [], "itemsCount": 0}
    assert call("GET", "/basket").json == {"items": [], "itemsCount": 0}


def test_a_plan_says_which_property_names_an_element(tmp_path: Path) -> None:
    """`element_ids`: a label is not an id by its name, but the document's author may say that it is one."""
    line = obj("label quantity", label={"type": "string"}, quantity=NUMBER)
    basket = obj("items", items=many(line))
    corrected = {"x-mock": {"plan": {"element_ids": ["label"]}}}
    paths = {
        "/basket": {"get": answering(basket)},
        "/basket/items": {
            "post": {**taking(line), **answering(basket)},
            "delete": answering(basket),
        },
        "/basket/items/{label}": {**item("label"), "delete": {**answering(basket), **corrected}},
    }
    call = call_of(tmp_path, paths)
    call("DELETE", "/basket/items")
    red, blue = {"label": "71", "quantity": 2}, {"label": "72", "quantity": 1}
    call("POST", "/basket/items", red)
    call("POST", "/basket/items", blue)

    assert call("DELETE", "/basket/items/71").json["items"] == [blue]
    assert call("DELETE", "/basket/items/71").status == 404


def test_any_element_of_a_generated_list_can_be_removed_once(tmp_path: Path) -> None:
    """Any lobby can be read without fixtures, so any member may be in it; what was sent is known whole."""
    lobby = obj("id members", id=NUMBER, members=many(obj("id", id=NUMBER)))
    paths = {
        "/lobbies": {
            "post": {**taking(obj("", members=many(obj("id", id=NUMBER)))), **answering(lobby, "201")}
        },
        "/lobbies/{id}": {**item(), "get": answering(lobby)},
        "/lobbies/{id}/members/{memberId}": {
            "parameters": [*item()["parameters"], *item("memberId")["parameters"]],
            "delete": {"responses": {"204": {"description": ""}, "404": {"description": ""}}},
        },
    }
    call = call_of(tmp_path, paths)
    members = call("GET", "/lobbies/5").json["members"]

    assert call("DELETE", "/lobbies/5/members/68015").status == 204
    assert call("DELETE", "/lobbies/5/members/68015").status == 404
    assert call("GET", "/lobbies/5").json["members"] == members

    made = call("POST", "/lobbies", {"members": [{"id": 1}]}).json["id"]
    assert call("DELETE", f"/lobbies/{made}/members/68015").status == 404
    assert call("DELETE", f"/lobbies/{made}/members/1").status == 204
    assert call("GET", f"/lobbies/{made}").json["members"] == []


def test_one_id_has_one_name_wherever_it_is_embedded(tmp_path: Path) -> None:
    """Also where no collection has the persons."""
    person = obj("id name", id=NUMBER, name=TEXT)
    boat = obj("id owner", id=NUMBER, ownerId=NUMBER, owner=person)
    paths = {
        "/boats": {"post": {**taking(obj("ownerId", ownerId=NUMBER)), **answering(boat, "201")}},
        "/boats/{id}": {**item(), "get": answering(boat)},
    }
    call = call_of(tmp_path, paths)
    first, second, other = (call("POST", "/boats", {"ownerId": owner}).json["owner"] for owner in (6, 6, 8))
    assert first == second
    assert (first["id"], other["id"]) == (6, 8)


def test_new_records_count_on_from_the_example(tmp_path: Path) -> None:
    """The example shows the form of a number, and is that of one record at most."""
    bill = obj("id number", id=NUMBER, number={**TEXT, "example": "R-0007"})
    paths = {
        "/bills": {"post": {**taking(obj("", note=TEXT)), **answering(bill, "201")}},
        "/bills/{id}": {**item(), "get": answering(bill)},
    }
    call = call_of(tmp_path, paths)
    numbers = [call("POST", "/bills", {"note": "x"}).json["number"] for _ in range(3)]
    assert len(set(numbers)) == 3
    assert all(number.startswith("R-") and len(number) == 6 for number in numbers)


EVENT = obj(
    "id startsAt seats tags",
    id=NUMBER, startsAt=MOMENT, seats=NUMBER, tags=many(TEXT), countryCode=TEXT, venueId=NUMBER,
)  # fmt: skip
EVENTS = (
    "[{id: 1, startsAt: '2026-03-01T08:00:00Z', seats: 0, tags: [a], countryCode: NO, venueId: 1},"
    " {id: 2, startsAt: '2026-03-02T08:00:00Z', seats: 4, tags: [], countryCode: SE, venueId: 2}]"
)


@pytest.mark.parametrize(
    ("query", "schema", "ids"),
    [
        ("hasSeats=true", FLAG, [2]),
        ("hasSeats=false", FLAG, [1]),
        ("hasTags=true", FLAG, [1]),
        ("date=2026-03-02", DAY, [2]),
        ("startDate=2026-03-02", DAY, [2]),
        ("country=NO", TEXT, [1]),
        ("venue=harbour", TEXT, [2]),
        ("venue=2", TEXT, [2]),
    ],
)
def test_filters_that_are_called_otherwise_select(
    tmp_path: Path, query: str, schema: dict[str, Any], ids: list[int]
) -> None:
    """Flags over numbers and lists, days over moments, a country's code, a venue by its slug or id."""
    venue, name = obj("id slug", id=NUMBER, slug=TEXT), query.split("=", maxsplit=1)[0]
    paths = {
        "/events": {
            "get": {"parameters": [parameter(name, **schema)], **answering(many(EVENT))},
        },
        "/venues": {"get": answering(many(venue))},
    }
    records = f"{{records: {EVENTS}}}"
    venues = "{records: [{id: 1, slug: hill}, {id: 2, slug: harbour}]}"
    (tmp_path / "api.yaml").write_text(f"collections: {{events: {records}, venues: {venues}}}\n", "utf-8")
    call = call_of(tmp_path, paths, fixtures=tmp_path)
    assert [event["id"] for event in call("GET", f"/events?{query}").json] == ids


def test_a_list_whose_items_have_no_ids_is_paged(tmp_path: Path) -> None:
    """Pages follow each other, and end."""
    line = obj("text", text=TEXT)
    parameters = [parameter("offset", **NUMBER), parameter("limit", **NUMBER)]
    call = call_of(tmp_path, {"/log": {"get": {"parameters": parameters, **answering(many(line))}}})
    whole = call("GET", "/log?limit=100").json
    pages = [call("GET", f"/log?limit=2&offset={offset}").json for offset in range(0, len(whole) + 2, 2)]
    assert [entry for page in pages for entry in page] == whole
    assert pages[-1] == []


def test_a_flag_asks_whether_there_is_any_of_what_is_counted_under_another_name(tmp_path: Path) -> None:
    """`available` of `copiesAvailable`, `hasReviews` of `reviewCount`."""
    book = obj("id", id=NUMBER, copiesAvailable=NUMBER, reviewCount=NUMBER)
    flags = [parameter("available", **FLAG), parameter("hasReviews", **FLAG)]
    paths = {"/books": {"get": {"parameters": flags, **answering(many(book))}}}
    records = (
        "[{id: 1, copiesAvailable: 0, reviewCount: 2}, {id: 2, copiesAvailable: 3, reviewCount: 0},"
        " {id: 3, copiesAvailable: 1, reviewCount: 1}]"
    )
    call = call_of(tmp_path, paths, **with_records(tmp_path, "books", records))

    assert [one["id"] for one in call("GET", "/books?available=true").json] == [2, 3]
    assert [one["id"] for one in call("GET", "/books?available=false").json] == [1]
    assert [one["id"] for one in call("GET", "/books?hasReviews=true").json] == [1, 3]


def test_a_parameter_chooses_the_branch_that_is_answered(tmp_path: Path) -> None:
    """Where a path names the kind of thing, the answer is one of that kind, whichever is asked for."""
    kinds = [
        obj("kind doors", kind={"type": "string", "enum": ["bus"]}, doors=NUMBER),
        obj("kind track", kind={"type": "string", "enum": ["tram"]}, track=NUMBER),
    ]
    path = {"parameters": [parameter("kind", "path", type="string")], "get": answering({"oneOf": kinds})}
    call = call_of(tmp_path, {"/vehicles/{kind}/sample": path})

    assert set(call("GET", "/vehicles/tram/sample").json) == {"kind", "track"}
    assert set(call("GET", "/vehicles/bus/sample").json) == {"kind", "doors"}


def test_an_object_around_a_list_shows_what_the_path_below_it_lists(tmp_path: Path) -> None:
    """`/wishlist` has the records of `/wishlist/items`, with what is added and taken away there."""
    entry = obj("id product", id=NUMBER, product=NUMBER)
    paths = {
        "/wishlist": {"get": answering(obj("items count", items=many(entry), count=NUMBER))},
        "/wishlist/items": {
            "post": {**taking(obj("product", product=NUMBER)), **answering(entry, "201")},
            "get": answering(many(entry)),
        },
        "/wishlist/items/{id}": {**item(), "delete": {"responses": {"204": {"description": ""}}}},
    }
    call = call_of(tmp_path, paths)
    made = call("POST", "/wishlist/items", {"product": 5}).json
    shown = call("GET", "/wishlist").json
    assert made in shown["items"]
    assert shown["count"] == len(call("GET", "/wishlist/items").json)

    call("DELETE", f"/wishlist/items/{made['id']}")
    assert made not in call("GET", "/wishlist").json["items"]
    assert call("GET", "/wishlist").json["count"] == shown["count"] - 1


def test_a_subtotal_is_that_of_positions_with_an_amount_each(tmp_path: Path) -> None:
    """`amount` beside `unitPrice` says how many."""
    line = obj("name unitPrice amount", name=TEXT, unitPrice={"type": "number"}, amount=NUMBER)
    shown = {**line, "properties": {**line["properties"], "lineTotal": {"type": "number"}}}
    basket = obj("id positions subtotal", id=NUMBER, positions=many(shown), subtotal={"type": "number"})
    paths = {
        "/baskets": {"post": {**taking(obj("positions", positions=many(line))), **answering(basket, "201")}}
    }
    sent = [{"name": "Tea", "unitPrice": 2.5, "amount": 4}, {"name": "Cup", "unitPrice": 7, "amount": 1}]
    made = call_of(tmp_path, paths)("POST", "/baskets", {"positions": sent}).json

    assert made["subtotal"] == 17
    assert [one.get("lineTotal", want) for one, want in zip(made["positions"], (10, 7), strict=True)] == [
        10,
        7,
    ]


def test_an_assignee_is_one_of_the_agents(tmp_path: Path) -> None:
    """Persons have many names; the only collection of them is meant."""
    agent = obj("id name", id=NUMBER, name=TEXT)
    paths = {
        "/agents": {"get": answering(many(agent))},
        "/tickets": {"get": answering(many(obj("id assignee", id=NUMBER, assignee=agent)))},
    }
    call = call_of(tmp_path, paths)

    agents = call("GET", "/agents").json
    assert all(ticket["assignee"] in agents for ticket in call("GET", "/tickets").json)


def test_a_collection_at_the_root_is_a_collection(tmp_path: Path) -> None:
    """`POST /`, `GET /` and `GET /{id}`: what is made is listed inside of an object, too."""
    one = obj("id name", id=NUMBER, name=TEXT)
    paths = {
        "/": {
            "get": answering(obj("calls count", calls=many(one), count=NUMBER)),
            "post": {**taking(obj("name", name=TEXT)), **answering(one, "201")},
        },
        "/{id}": {**item(), "get": answering(one)},
    }
    call = call_of(tmp_path, paths)
    made = call("POST", "/", {"name": "x"}).json

    assert made in call("GET", "/").json["calls"]
    assert call("GET", f"/{made['id']}").json == made


def test_a_new_record_has_no_properties_of_other_kinds(tmp_path: Path) -> None:
    """A dog that is posted has nothing that only cats have."""
    schemas = {
        "Animal": {
            "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
            "discriminator": {"propertyName": "species"},
        },
        "Cat": obj("id species indoor", id={**NUMBER, "readOnly": True}, species=TEXT, indoor=FLAG),
        "Dog": obj("id species breed", id={**NUMBER, "readOnly": True}, species=TEXT, breed=TEXT),
    }
    animal = {"$ref": "#/components/schemas/Animal"}
    paths = {
        "/animals": {"post": {**taking(animal), **answering(animal, "201")}, "get": answering(many(animal))}
    }
    call = mock({"paths": paths, "components": {"schemas": schemas}}, tmp_path)
    made = call("POST", "/animals", {"species": "Dog", "breed": "Collie"})

    assert (made.status, set(made.json)) == (201, {"id", "species", "breed"})


@pytest.mark.parametrize(
    ("flag", "on", "off"),
    [
        ("enabled", "enable", "disable"),
        ("is_active", "activate", "deactivate"),
        ("on", "turn-on", "turn-off"),
    ],
)
def test_an_action_and_its_opposite_set_one_flag(tmp_path: Path, flag: str, on: str, off: str) -> None:
    """`disable` sets `enabled` to false."""
    device = {
        "type": "object",
        "required": ["id", flag],
        "properties": {"id": {"type": "integer"}, flag: {"type": "boolean"}},
    }
    key = {"parameters": [parameter("id", "path", type="integer")]}
    done = {"responses": {"204": {"description": "Done."}}}
    acts = {f"/devices/{{id}}/{action}": {**key, "post": done} for action in (on, off)}
    call = mock({"paths": {"/devices/{id}": {**key, "get": answering(device)}, **acts}}, tmp_path)
    for action, value in ((on, True), (off, False), (on, True)):
        call("POST", f"/devices/3/{action}")
        assert call("GET", "/devices/3").json[flag] is value


def test_the_kind_in_the_path_of_a_record_chooses_its_branch(tmp_path: Path) -> None:
    """`/assets/drone/7` is a drone."""
    van = {
        "type": "object",
        "required": ["kind", "id", "seats"],
        "properties": {"kind": {"enum": ["van"]}, "id": {"type": "string"}, "seats": {"type": "integer"}},
    }
    drone = {
        "type": "object",
        "required": ["kind", "id", "rotors"],
        "properties": {"kind": {"enum": ["drone"]}, "id": {"type": "string"}, "rotors": {"type": "integer"}},
    }
    parameters = [parameter("kind", "path"), parameter("id", "path")]
    paths = {"/assets/{kind}/{id}": {"parameters": parameters, "get": answering({"oneOf": [van, drone]})}}
    call = mock({"paths": paths}, tmp_path)
    assert call("GET", "/assets/drone/7").json.keys() == {"kind", "id", "rotors"}
    assert call("GET", "/assets/van/7").json.keys() == {"kind", "id", "seats"}


def test_an_answer_of_one_element_shows_the_element_of_the_list(tmp_path: Path) -> None:
    """`POST /basket/items` answers the item that the basket has; ids of elements do not repeat."""
    line = obj("itemId sku quantity", itemId=TEXT, sku=TEXT, quantity=NUMBER)
    basket = obj("items itemCount", items=many(line), itemCount=NUMBER)
    sent = taking(obj("sku quantity", sku=TEXT, quantity=NUMBER))
    key: dict[str, Any] = {"parameters": [parameter("itemId", "path")]}
    paths: dict[str, Any] = {
        "/basket": {"get": answering(basket)},
        "/basket/items": {"post": {**sent, **answering(line, "201")}},
        "/basket/items/{itemId}": {
            **key,
            "patch": {**taking(obj("", quantity=NUMBER)), **answering(line)},
            "delete": {"responses": {"204": {"description": "Gone."}}},
        },
    }
    call = call_of(tmp_path, paths)
    shown = call("GET", "/basket").json["items"]
    for element in shown:
        assert call("DELETE", f"/basket/items/{element['itemId']}").status == 204
    assert call("GET", "/basket").json == {"items": [], "itemCount": 0}

    one = call("POST", "/basket/items", {"sku": "A-1", "quantity": 2})
    two = call("POST", "/basket/items", {"sku": "B-1", "quantity": 1}).json
    assert one.status == 201
    assert (one.json["sku"], one.json["quantity"]) == ("A-1", 2)
    call("DELETE", f"/basket/items/{one.json['itemId']}")
    three = call("POST", "/basket/items", {"sku": "C-1", "quantity": 4}).json
    assert len({entry["itemId"] for entry in (one.json, two, three)}) == 3
    changed = call("PATCH", f"/basket/items/{two['itemId']}", {"quantity": 9}).json
    assert changed == {**two, "quantity": 9}
    assert call("GET", "/basket").json == {"items": [changed, three], "itemCount": 2}


def test_an_action_that_answers_something_else_says_what_was_sent(tmp_path: Path) -> None:
    """A photo's caption and size come from the form that uploads it."""
    photo = obj("caption size", caption=TEXT, size=NUMBER)
    taken = obj("", photo={"type": "string", "format": "binary"}, caption=TEXT)
    paths: dict[str, Any] = {
        "/animals/{id}": {**item(), "get": answering(obj("id", id=NUMBER))},
        "/animals/{id}/photo": {
            **item(),
            "post": {**taking(taken, "multipart/form-data"), **answering(photo)},
        },
    }
    call = call_of(tmp_path, paths)
    content = form(("caption", "", "", b"Swims"), ("photo", "k.jpg", "image/jpeg", b"abcd"))
    kind = "multipart/form-data; boundary=xx"
    answer = call("POST", "/animals/3/photo", content=content, media_type=kind)
    assert answer.json == {"caption": "Swims", "size": 4}


def test_a_query_searches_the_collection(tmp_path: Path) -> None:
    """The body of QUERY (OpenAPI 3.2) has the parameters of the list."""
    note = obj("id text", id=NUMBER, text=TEXT)
    post = {**taking(obj("text", text=TEXT)), **answering(note, "201")}
    query = {**taking(obj("", text=TEXT)), **answering(many(note))}
    call = mock({"openapi": "3.2.0", "paths": {"/notes": {"post": post, "query": query}}}, tmp_path)
    made = call("POST", "/notes", {"text": "hay"}).json
    assert call("QUERY", "/notes", {"text": "hay"}).json == [made]
    assert call("QUERY", "/notes", {"text": "straw"}).json == []


@pytest.mark.parametrize(("shown", "key"), [("id", "id"), ("id login", "login"), ("login", "login")])
def test_what_the_creation_shows_identifies_a_record(tmp_path: Path, shown: str, key: str) -> None:
    """A path with a text means the login of a user, unless a creation tells the number alone."""
    user = obj("id login bio", id=NUMBER, login=TEXT, bio=TEXT)
    told = obj(shown, **{name: user["properties"][name] for name in shown.split()})
    paths = {
        "/users": {"post": {**taking(obj("login bio", login=TEXT, bio=TEXT)), **answering(told, "201")}},
        "/users/{userHandle}": {
            "parameters": [parameter("userHandle", "path", **TEXT)],
            "get": answering(user),
        },
    }
    call = mock({"paths": paths}, tmp_path)

    made = call("POST", "/users", {"login": "ada", "bio": "Countess"}).json

    name = made["id"] if key == "id" else "ada"
    assert call("GET", f"/users/{name}").json["bio"] == "Countess"


def test_verbs_in_paths_act_on_one_collection(tmp_path: Path) -> None:
    """`/Customer/Create`, `/Customer/Get/{id}` and the others, where no path is without a verb."""
    customer = {"$ref": "#/components/schemas/Customer"}
    text = {"type": "string"}
    properties = {"Id": {"type": "integer", "readOnly": True}, "Name": text}
    record = {"type": "object", "required": [*properties], "properties": properties}
    sent = {"type": "object", "required": ["Name"], "properties": {"Name": text}}
    item = [parameter("id", "path", type="integer")]
    call = mock(
        {
            "components": {"schemas": {"Customer": record}},
            "paths": {
                "/Customer/Create": {"post": {**taking(sent), **answering(customer)}},
                "/Customer/Update/{id}": {"parameters": item, "put": {**taking(sent), **answering(customer)}},
                "/Customer/Get/{id}": {"parameters": item, "get": answering(customer)},
                "/Customer/List": {"get": answering({"type": "array", "items": customer})},
                "/Customer/Delete/{id}": {
                    "parameters": item,
                    "delete": {"responses": {"204": {"description": ""}}},
                },
            },
        },
        tmp_path,
    )
    made = call("POST", "/Customer/Create", {"Name": "Ada"}).json
    path = f"/Customer/Get/{made['Id']}"

    assert call("GET", path).json == made
    assert made in call("GET", "/Customer/List").json
    changed = call("PUT", f"/Customer/Update/{made['Id']}", {"Name": "Eve"}).json
    assert call("GET", path).json == changed == {**made, "Name": "Eve"}
    assert call("DELETE", f"/Customer/Delete/{made['Id']}").status == 204
    assert call("GET", path).status == 404
